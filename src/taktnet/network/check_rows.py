"""Checks of a row against itself and the rows it names."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from taktnet.base.calendars import WorkingTime
from taktnet.base.errors import Fault, Malformed
from taktnet.base.exact import ceil_to, is_multiple
from taktnet.network import components as c
from taktnet.network.cells import did_you_mean, quoted, to_text
from taktnet.network.draft import Draft, Part

MAKING = ("production", "signal", "conwip")


def _not_whole(part: Part, i: int, column: str, qty: float, item: c.Item | None) -> Iterator[Fault]:
    if item is None or not qty or is_multiple(qty, item.container_qty):
        return
    more = to_text(float(ceil_to(qty, item.container_qty)))
    size = to_text(item.container_qty)
    wanted = f"whole containers of {size} {item.unit} of {quoted(item.id)}"
    yield part.fault(i, column, to_text(qty), wanted, f"Did you mean {more}?")


def _items(draft: Draft) -> dict[str, c.Item]:
    return {row.id: row for _, row in draft.each("items")}


def check_items(draft: Draft) -> Iterator[Fault]:
    """The temperature band of an item is not upside down."""
    part = draft.parts["items"]
    for i, row in draft.each("items"):
        low, high = row.temp_min_c, row.temp_max_c
        if low is not None and high is not None and low > high:
            wanted = f"at most temp_max_c, {high:g}"
            yield part.fault(i, "temp_min_c", f"{low:g}", wanted, "Exchange the two.")


def check_bom_rows(draft: Draft) -> Iterator[Fault]:
    """A line's dates are in order."""
    part = draft.parts["bom"]
    for i, row in draft.each("bom"):
        if row.valid_from and row.valid_to and row.valid_to < row.valid_from:
            wanted = f"on or after valid_from, {row.valid_from}"
            yield part.fault(i, "valid_to", str(row.valid_to), wanted, "Exchange the two.")


def check_stock_points(draft: Draft) -> Iterator[Fault]:
    """A policy has its parameters, and consigned stock its owner."""
    part = draft.parts["stock_points"]
    items = _items(draft)
    looped = {(row.site, row.item) for _, row in draft.each("loops")}
    loops_known = not draft.parts["loops"].broken and not draft.parts["loops"].unreadable
    for i, row in draft.each("stock_points"):
        if row.policy == "sS" and row.order_up_to <= row.reorder_point:
            found, wanted = f"{row.order_up_to:g}", f"above reorder_point, {row.reorder_point:g}"
            yield part.fault(i, "order_up_to", found, wanted)
        if row.policy == "RQ" and row.order_qty <= 0:
            wanted = "> 0 for policy RQ"
            yield part.fault(i, "order_qty", "0", wanted, "Give the lot in whole containers.")
        if row.policy == "RQ":
            yield from _not_whole(part, i, "order_qty", row.order_qty, items.get(row.item))
        loop = (row.site, row.item) in looped
        if row.policy == "kanban" and not loop and loops_known:
            wanted = "a policy with its loop"
            yield part.fault(i, "policy", '"kanban"', wanted, "Add a row to loops.")
        if row.policy in ("base_stock", "sS", "RQ") and loop:
            wanted = '"kanban", because a loop orders too'
            remedy = "Remove the loop or write kanban."
            yield part.fault(i, "policy", quoted(row.policy), wanted, remedy)
        yield from _consignment(part, i, row)


def _consignment(part: Part, i: int, row: c.StockPoint) -> Iterator[Fault]:
    if row.owner == "consigned" and not row.consignor:
        wanted = "the site that owns consigned stock"
        yield part.fault(i, "consignor", "blank", wanted, "Fill it in, or write own.")
    if row.owner == "own" and row.consignor:
        wanted = "blank for own stock"
        yield part.fault(i, "consignor", quoted(row.consignor), wanted, "Or is it consigned?")


def check_processes(draft: Draft) -> Iterator[Fault]:
    """A process runs on a resource of its own site, in lots of whole containers."""
    part, items = draft.parts["processes"], _items(draft)
    places = {row.id: row.site for _, row in draft.each("resources")}
    families: dict[tuple[str, str], float] = {}
    for i, row in draft.each("processes"):
        stands = places.get(row.resource, row.site)
        if stands != row.site:
            wanted = f"a resource of {quoted(row.site)}"
            remedy = f"It stands at {quoted(stands)}."
            yield part.fault(i, "resource", quoted(row.resource), wanted, remedy)
        yield from _not_whole(part, i, "lot_qty", row.lot_qty, items.get(row.item))
        family = (row.resource, row.setup_family)
        if row.setup_family and row.setup_s != families.setdefault(family, row.setup_s):
            wanted = f"{families[family]:g}, as of others of {quoted(row.setup_family)}"
            remedy = "Within a family nothing is changed over."
            yield part.fault(i, "setup_s", f"{row.setup_s:g}", wanted, remedy)


def check_changeovers(draft: Draft) -> Iterator[Fault]:
    """A changeover is between two different set-ups that its resource has."""
    part, processes = draft.parts["changeovers"], draft.parts["processes"]
    known: dict[str, set[str]] = {}
    for _, row in draft.each("processes"):
        known.setdefault(row.resource, set()).add(row.setup_family or row.item)
    for i, row in draft.each("changeovers"):
        if row.before == row.after:
            wanted = f"another set-up than before, {quoted(row.before)}"
            yield part.fault(i, "after", quoted(row.after), wanted)
        for column in ("before", "after"):
            name, own = getattr(row, column), known.get(row.resource, set())
            if name not in own and not processes.broken and not processes.unreadable:
                wanted = f"a set-up family of {quoted(row.resource)}, or an item without one"
                remedy = did_you_mean(name, sorted(own)) or "Add it to processes."
                yield part.fault(i, column, quoted(name), wanted, remedy)


def check_lanes(draft: Draft) -> Iterator[Fault]:
    """A lane goes somewhere else, and its distribution has its parameters."""
    part = draft.parts["lanes"]
    for i, row in draft.each("lanes"):
        if row.origin == row.destination:
            yield part.fault(i, "destination", quoted(row.destination), "another site than origin")
        if row.transit_kind in ("gamma", "lognormal") and row.transit_sd_h <= 0:
            wanted = f"> 0 for {row.transit_kind}"
            yield part.fault(i, "transit_sd_h", "0", wanted, "Or write fixed.")
        if row.transit_kind == "quantiles" and not row.quantiles:
            yield part.fault(i, "quantiles", "blank", "quantiles like 0.05:20;0.5:24;0.95:40")


def check_sources(draft: Draft) -> Iterator[Fault]:
    """A source comes from elsewhere, over a lane between its ends, in whole containers."""
    part, items = draft.parts["sources"], _items(draft)
    lanes = {row.id: row for _, row in draft.each("lanes")}
    for i, row in draft.each("sources"):
        if row.origin == row.site:
            yield part.fault(i, "origin", quoted(row.origin), "another site than the one supplied")
        elif row.lane in lanes:
            yield from _ends(part, i, lanes[row.lane], row.origin, row.site)
        yield from _not_whole(part, i, "moq", row.moq, items.get(row.item))


def _ends(part: Part, i: int, lane: c.Lane, origin: str, site: str) -> Iterator[Fault]:
    if (lane.origin, lane.destination) != (origin, site):
        wanted = f"a lane from {quoted(origin)} to {quoted(site)}"
        remedy = f"It goes from {quoted(lane.origin)} to {quoted(lane.destination)}."
        yield part.fault(i, "lane", quoted(lane.id), wanted, remedy)


def check_loops(draft: Draft) -> Iterator[Fault]:
    """A loop has a way and a source, fits its lane, and its cards make sense."""
    part, items = draft.parts["loops"], _items(draft)
    lanes = {row.id: row for _, row in draft.each("lanes")}
    places = {row.id: row.site for _, row in draft.each("resources")}
    made = {(row.site, row.item) for _, row in draft.each("processes")}
    made |= {(key[0], key[1]) for key in draft.parts["processes"].broken}
    bought = {(row.site, row.item, row.origin) for _, row in draft.each("sources")}
    bought |= {(key[0], key[1], key[2]) for key in draft.parts["sources"].broken}
    for i, row in draft.each("loops"):
        yield from _not_whole(part, i, "container_qty", row.container_qty, items.get(row.item))
        yield from _cards(part, i, row)
        stands = places.get(row.resource, row.origin)
        if row.resource and stands != row.origin:
            wanted = f"a resource of {quoted(row.origin)}"
            remedy = f"It stands at {quoted(stands)}."
            yield part.fault(i, "resource", quoted(row.resource), wanted, remedy)
        if row.kind in MAKING:
            readable = not draft.parts["processes"].unreadable
            yield from _making(part, i, row, readable and (row.origin, row.item) not in made)
        elif row.origin != row.site:
            if row.lane in lanes:
                yield from _ends(part, i, lanes[row.lane], row.origin, row.site)
            readable = not draft.parts["sources"].unreadable
            lost = readable and (row.site, row.item, row.origin) not in bought
            if not row.lane and lost:
                wanted = "a lane, or a source from the same origin"
                yield part.fault(i, "lane", "blank", wanted, "Fill it in or add a source.")


def _making(part: Part, i: int, row: c.Loop, unmade: bool) -> Iterator[Fault]:
    if row.origin != row.site:
        wanted = f"{quoted(row.site)}, the site itself, for {row.kind}"
        remedy = f"Write {quoted(row.site)}, or withdrawal as its kind."
        yield part.fault(i, "origin", quoted(row.origin), wanted, remedy)
    elif unmade:
        wanted = f"an item that {quoted(row.origin)} makes"
        yield part.fault(i, "item", quoted(row.item), wanted, "Add a row to processes.")
    if row.lane:
        yield part.fault(i, "lane", quoted(row.lane), f"blank for {row.kind}", "Remove it.")


def _cards(part: Part, i: int, row: c.Loop) -> Iterator[Fault]:
    if row.kind == "two_bin" and row.cards < 2:
        yield part.fault(i, "cards", str(row.cards), ">= 2 for two_bin", "Did you mean 2?")
    if row.kind != "signal":
        return
    for column in ("signal_at", "lot_cards"):
        number = getattr(row, column)
        if not 1 <= number <= row.cards:
            wanted = f"1 to {row.cards}, the cards of a signal loop"
            yield part.fault(i, column, str(number), wanted)


def check_demand(draft: Draft) -> Iterator[Fault]:
    """A customer's demand has a lane from its supplier and a spread where one is needed."""
    part = draft.parts["demand"]
    ways = {(row.origin, row.destination) for _, row in draft.each("lanes")}
    lanes_known = not draft.parts["lanes"].broken and not draft.parts["lanes"].unreadable
    for i, row in draft.each("demand"):
        if row.supplier != row.site and lanes_known and (row.supplier, row.site) not in ways:
            wanted = f"a site with a lane to {quoted(row.site)}"
            yield part.fault(i, "supplier", quoted(row.supplier), wanted, "Add a row to lanes.")
        if row.distribution in ("negbin", "normal", "lognormal") and row.cv <= 0:
            wanted = f"> 0 for {row.distribution}"
            yield part.fault(i, "cv", "0", wanted, "Or write poisson or fixed.")


def check_calendars(draft: Draft) -> Iterator[Fault]:
    """The break of a calendar is shorter than its shifts."""
    part = draft.parts["calendars"]
    for i, row in draft.each("calendars"):
        try:
            WorkingTime.parse(shifts=row.shifts, break_min=row.break_min)
        except Malformed as e:
            yield part.fault(i, "break_min", to_text(row.break_min), e.wanted, e.remedy)


ROW_CHECKS: tuple[Callable[[Draft], Iterator[Fault]], ...] = (
    check_items,
    check_bom_rows,
    check_stock_points,
    check_processes,
    check_changeovers,
    check_lanes,
    check_sources,
    check_loops,
    check_demand,
    check_calendars,
)
