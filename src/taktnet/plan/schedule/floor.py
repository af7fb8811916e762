"""The problem of a network as it stands: lots that run or are pulled, on its lines and lanes.

Lots come from the state: what runs, open decisions to produce with the time they are due, and
customers' orders of what no loop pulls. A network alone is planned by its rates: whole containers
of each item a day. A lot waits for the lots that make its components (bill of materials), first
come first pegged, after stock at hand and goods on the road; between sites goods go by the lane
that is there first, with its next departure and in its mean time.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from taktnet.base.calendars import instant, micros
from taktnet.base.exact import ceil_div, exact
from taktnet.network import Network
from taktnet.network.changeovers import Changeovers, setup_of
from taktnet.network.rates import network_takt
from taktnet.plan.schedule.pegging import Lot, Pegs
from taktnet.plan.schedule.problem import Mode, Operation, Placed, Problem, Resource
from taktnet.plan.schedule.ways import ways

if TYPE_CHECKING:
    from taktnet.state import State

MINUTE = 60_000_000
#: Days before now that the origin lies, so that what runs has begun after it.
BACK_D = 14
#: Most units of one resource that are planned apart; more are never needed than there are lots.
MOST_UNITS = 200
#: Hours a line is taken to be down that does not say how long its repairs take.
REPAIR_H = 4.0


@dataclass(frozen=True, slots=True)
class Prices:
    """Money of a plan: a day's lateness as a share of a lot's value, an hour moved, a line changed.

    In EUR; `late_day` is a share.
    """

    late_day: float = 0.02
    move_hour: float = 1.0
    change: float = 5.0


@dataclass(frozen=True, slots=True)
class Floor:
    """A problem, the instant of its minute 0 in microseconds, and what was assumed."""

    problem: Problem
    origin: int
    assumed: tuple[str, ...]

    def at(self, minute: int) -> int:
        """The instant of a minute, microseconds since 1970 UTC."""
        return self.origin + minute * MINUTE

    def minute(self, us: int) -> int:
        """The minute of an instant, rounded up."""
        return -(-(us - self.origin) // MINUTE)


@dataclass(frozen=True, slots=True)
class Frozen:
    """A lot of a published plan: its line, start and end in microseconds."""

    lot: str
    resource: str
    start: int
    end: int


def read_floor(
    network: Network,
    state: State | None,
    now: int,
    *,
    days: int = 3,
    fence_h: float = 4.0,
    prices: Prices = Prices(),
    published: Sequence[Frozen] = (),
    site: str = "",
) -> Floor:
    """The problem of `days` from `now` (microseconds); `site` leaves what other sites need out.

    `published` is the plan in force: what of it starts within `fence_h` is frozen.
    """
    origin = (now // MINUTE - BACK_D * 1440) * MINUTE
    minutes = BACK_D * 1440
    lots: list[Lot] = []
    if state is not None:
        until = now + days * 1440 * MINUTE
        asked = _pulled(state, network, now) + _ordered(state, network)
        lots = _running(state) + [x for x in asked if x.due <= until]
    by_rate = () if lots else ("No lot runs or is pulled: planned by the rates of demand",)
    lots = lots or _levelled(network, now, days)
    pegs = Pegs(network, state, now, lots)
    units, short = _units(network, lots)
    span = origin, now + (days * 4 + 28) * 1440 * MINUTE
    free, departures = ways(network, origin, span)
    resources = _resources(network, state, units, span, now)
    old = _old(lots, published, units, origin)
    operations = [
        _operation(network, lot, pegs=pegs, units=units, prices=prices, span=(origin, now))
        for lot in lots
    ]
    if site:
        operations = _needed(operations, {lot.id for lot in lots if lot.site == site})
    kept = {o.id for o in operations}
    problem = Problem(
        tuple(resources),
        tuple(operations),
        {},
        _setups(network, units, {lot.item for lot in lots}),
        free,
        tuple(x for x in old if x.operation in kept),
        minutes,
        minutes + round(fence_h * 60),
        prices.move_hour,
        prices.change,
        departures,
    )
    return Floor(problem, origin, (*by_rate, *pegs.assumed, *short))


def _running(state: State) -> list[Lot]:
    return [
        Lot(
            r.order, r.site, r.item, r.qty - r.produced, micros(r.started), r.decision or r.order,
            r.resource, micros(r.started),
        )
        for r in state.lots()
        if r.qty > r.produced
    ]  # fmt: skip


def _pulled(state: State, network: Network, now: int) -> list[Lot]:
    """Open decisions to produce, less what runs for them."""
    begun: defaultdict[str, float] = defaultdict(float)
    for r in state.lots():
        begun[r.decision] += r.qty - r.produced
    lots: list[Lot] = []
    for d in state.decisions():
        left = d.outstanding - begun.get(d.decision, 0.0)
        if d.action != "produce" or left <= 0 or d.status in {"declined", "refused", "done"}:
            continue
        place = d.origin if d.origin and network.processes_of(d.origin, d.item) else d.site
        if network.processes_of(place, d.item):
            due = now if d.due is None else micros(d.due)
            lots.append(Lot(d.decision, place, d.item, left, due, d.loop or d.decision))
    return lots


def _ordered(state: State, network: Network) -> list[Lot]:
    """Customers' orders of what a site makes to order, less what it has: no loop pulls it there."""
    stock = {(p.site, p.item): max(0.0, p.available) for p in state.points()}
    lots: list[Lot] = []
    rows = [o for o in state.orders() if o.status == "open" and o.open > 0]
    for o in sorted(rows, key=lambda o: (o.window_end or o.placed_at, o.order)):
        place = network.stock_point(o.seller, o.item)
        pulled = any(x.origin == o.seller for x in network.loops_of(o.seller, o.item))
        if pulled or (place is not None and place.policy != "none"):
            continue
        if not network.processes_of(o.seller, o.item):
            continue
        used = min(stock.get((o.seller, o.item), 0.0), o.open)
        stock[o.seller, o.item] = stock.get((o.seller, o.item), 0.0) - used
        if o.open > used:
            due = micros(o.window_end or o.placed_at)
            lots.append(Lot(o.order, o.seller, o.item, o.open - used, due, o.order))
    return lots


def _levelled(network: Network, now: int, days: int) -> list[Lot]:
    """Containers of every item that is made, day by day at its rate, due when the last is used."""
    day = instant(now).date()
    made: defaultdict[tuple[str, str], Fraction] = defaultdict(Fraction)
    for row in network_takt(network, day).processes:
        made[row.site, row.item] += exact(row.rate_day)
    lots: list[Lot] = []
    for (site, item), rate in made.items():
        pack = exact(network.item(item).container_qty)
        done = 0
        for n in range(1, days + 1):
            upto = ceil_div(rate * n, pack)
            if upto > done:
                due = now + math.ceil(upto * pack / rate * 1440) * MINUTE
                name = f"{item}@{site}.{n}"
                lots.append(Lot(name, site, item, float((upto - done) * pack), due, item))
            done = upto
    return lots


def _units(
    network: Network, lots: Sequence[Lot]
) -> tuple[dict[str, tuple[str, ...]], tuple[str, ...]]:
    """The units of every resource that makes something, as many as have lots; what is left out."""
    used = {p.resource: 0 for p in network.processes}
    for lot in lots:
        for p in network.processes_of(lot.site, lot.item):
            used[p.resource] += 1
    units: dict[str, tuple[str, ...]] = {}
    short: list[str] = []
    for r in network.resources:
        if r.id not in used:
            continue
        wanted = min(r.count, max(1, used[r.id]))
        many = min(wanted, MOST_UNITS)
        units[r.id] = tuple(f"{r.id} #{n + 1}" for n in range(many)) if r.count > 1 else (r.id,)
        if many < wanted:
            short.append(f"{r.id} has {r.count:,} units, of which {many} are planned")
    return units, tuple(short)


def _resources(
    network: Network,
    state: State | None,
    units: Mapping[str, tuple[str, ...]],
    span: tuple[int, int],
    now: int,
) -> list[Resource]:
    last = {r.resource: r.item for r in state.resource_pace(now)} if state else {}
    stopped = {r.resource for r in state.resources() if not r.up} if state else set()
    origin, until = span
    rows: list[Resource] = []
    for name, own in units.items():
        resource = network.resource(name)
        working = network.working_time(resource.site, name)
        spans = tuple(
            (-(-(a - origin) // MINUTE), (b - origin) // MINUTE)
            for a, b in working.edges(origin, until)
            if -(-(a - origin) // MINUTE) < (b - origin) // MINUTE
        )
        start = (now - origin) // MINUTE
        lost = math.ceil((resource.mttr_h or REPAIR_H) * 60)
        down = ((start, start + lost),) if name in stopped else ()
        rows += [Resource(u, resource.site, spans, last.get(name, ""), down) for u in own]
    return rows


def _operation(
    network: Network,
    lot: Lot,
    *,
    pegs: Pegs,
    units: Mapping[str, tuple[str, ...]],
    prices: Prices,
    span: tuple[int, int],
) -> Operation:
    origin, now = span
    item = network.item(lot.item)
    modes: list[Mode] = []
    for p in network.processes_of(lot.site, lot.item):
        if lot.resource and p.resource != lot.resource:
            continue
        minutes = math.ceil(lot.qty / p.yield_rate * p.cycle_s / 60)
        if lot.started:
            working = network.working_time(lot.site, p.resource)
            done = sum(b - a for a, b in working.edges(max(lot.started, origin), now))
            minutes += done // MINUTE
        modes += [Mode(u, max(1, minutes)) for u in units[p.resource]]
    value = lot.qty * item.cost / network.per_eur(item.currency)
    ready, after = pegs.of(lot)
    return Operation(
        lot.id,
        tuple(modes),
        after,
        max(0, -(-(ready - origin) // MINUTE)) if not lot.started else 0,
        None if lot.started else max(0, (lot.due - origin) // MINUTE),
        0.0 if lot.started else min(9e5, value * prices.late_day / 24),
        lot.item,
        None,
        lot.order,
        lot.item,
        lot.qty,
    )


def _needed(operations: Sequence[Operation], wanted: set[str]) -> list[Operation]:
    """The operations asked for and all that they wait for."""
    by_id = {o.id: o for o in operations}
    kept, rest = set[str](), list(wanted)
    while rest:
        id = rest.pop()
        if id not in kept:
            kept.add(id)
            rest += by_id[id].after
    return [o for o in operations if o.id in kept]


def _setups(
    network: Network, units: Mapping[str, tuple[str, ...]], items: set[str]
) -> dict[str, dict[tuple[str, str], int]]:
    """Minutes from item to item on every line, by the set-ups that they need."""
    told = Changeovers(network)
    needs: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for p in network.processes:
        needs[p.resource][p.item] = setup_of(p)
    tables: dict[str, dict[tuple[str, str], int]] = {}
    for name, own in needs.items():
        wanted = [(item, setup) for item, setup in own.items() if item in items]
        tables[name] = {
            (a, b): math.ceil(seconds / 60)
            for a, x in own.items()
            for b, y in wanted
            if (seconds := told.seconds(name, x, y))
        }
    return {u: tables[name] for name, own in units.items() for u in own if tables.get(name)}


def _old(
    lots: Sequence[Lot],
    published: Sequence[Frozen],
    units: Mapping[str, tuple[str, ...]],
    origin: int,
) -> list[Placed]:
    """Where lots stand in the plan in force; what runs stands where it was started."""
    rows: list[Placed] = []
    plan = {f.lot: f for f in published}
    free: dict[str, int] = {}
    wanted: list[tuple[int, int, str, str]] = []
    for lot in lots:
        known = plan.get(lot.id)
        if lot.started and lot.resource in units:
            start = max(0, (lot.started - origin) // MINUTE)
            wanted.append((start, start + 1, lot.id, lot.resource))
        elif known is not None and known.resource in units:
            a, b = ((x - origin) // MINUTE for x in (known.start, known.end))
            wanted.append((max(0, a), max(1, b), lot.id, known.resource))
    for a, b, id, name in sorted(wanted):
        unit = min(units[name], key=lambda u: (free.get(u, 0) > a, u))
        free[unit] = max(free.get(unit, 0), b)
        rows.append(Placed(id, unit, a, b))
    return rows
