"""What is wrong with the changes of a scenario: names that are not there, numbers out of range."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from taktnet.base.errors import Fault
from taktnet.network.cells import did_you_mean, quoted
from taktnet.twin import changes as c
from taktnet.twin.finding import demand_rows, hours, links, planned, roads, way_in
from taktnet.twin.layout import Table

if TYPE_CHECKING:
    from taktnet.twin.sim import Sim

Found = Iterator[tuple[str, str, str, str]]
_MOST = 1e12
#: The longest time that a change may name, in hours.
LONGEST_H = 1e6
_TABLES = {"site": "sites", "supplier": "sites", "lane": "lanes", "resource": "resources"}


def check(sim: Sim, changes: Iterable[c.AnyChange], where: str = "scenario") -> list[Fault]:
    """All that is wrong with the changes for this run, told by their number from 1."""
    return [
        Fault(where, 0, field, found, wanted, remedy, f"change {i}")
        for i, change in enumerate(changes, start=1)
        for field, found, wanted, remedy in _CHECKS[type(change)](sim, change)
    ]


def _unknown(field: str, name: str, wanted: str, known: Iterable[str]) -> Found:
    names = sorted(set(known))
    yield field, quoted(name), wanted, did_you_mean(name, names)


def _shipment(sim: Sim, x: c.Delay | c.Lose) -> Found:
    if not roads(sim, x.shipment):
        known = [name for name, _ in sim.model.shipments]
        yield from _unknown("shipment", x.shipment, "a shipment on the road", known)
    if isinstance(x, c.Delay) and not abs(x.hours) <= LONGEST_H:
        yield "hours", f"{x.hours:g}", f"at most {LONGEST_H:g} either way", ""


def _cancel(sim: Sim, x: c.Cancel) -> Found:
    rows = [i for i, name in enumerate(sim.model.orders) if name == x.order]
    begun = sim.tables[Table.OPEN]["started"]
    if not rows:
        yield from _unknown("order", x.order, "an open order", sim.model.orders)
    elif any(begun[i] for i in rows):
        yield "order", quoted(x.order), "an order on which no work has begun", ""
    yield from _period(sim, x.start, None)


def _begin(sim: Sim, x: c.Begin) -> Found:
    if x.order not in sim.model.orders:
        yield from _unknown("order", x.order, "an open order", sim.model.orders)
    elif sim.model.find("resources", x.resource) < 0:
        known = sim.model.resources
        yield from _unknown("resource", x.resource, "a resource of the network", known)
    elif planned(sim, x)[0] < 0:
        wanted = f"a resource that makes {quoted(x.order)}, on which no work has begun"
        yield "resource", quoted(x.resource), wanted, ""
    if x.qty is not None and not 0 < x.qty < _MOST:
        yield "qty", f"{x.qty:g}", "more than 0", ""
    yield from _period(sim, x.start, None)


def _named(sim: Sim, x: c.Down | c.Capacity) -> Found:
    table = _TABLES[x.kind]
    if sim.model.find(table, x.name) < 0:
        known = getattr(sim.model, table)
        yield from _unknown("name", x.name, f"a {x.kind} of the network", known)


def _down(sim: Sim, x: c.Down) -> Found:
    yield from _named(sim, x)
    yield from _period(sim, x.start, x.end)


def _capacity(sim: Sim, x: c.Capacity) -> Found:
    yield from _named(sim, x)
    yield from _period(sim, x.start, x.end)
    for field in ("share", "to_share"):
        value = getattr(x, field)
        if value is not None and not 0 <= value <= 1:
            remedy = f"Did you mean {value / 100:g}?" if 1 < value <= 100 else ""
            yield field, f"{value:g}", "0 to 1", remedy


def _demand(sim: Sim, x: c.Demand) -> Found:
    if not demand_rows(sim, x):
        wanted = "a demand of the network"
        for i, field in enumerate(("site", "item", "supplier")):
            known = {row[i] for row in sim.model.demands}
            if getattr(x, field) and getattr(x, field) not in known:
                yield from _unknown(field, getattr(x, field), wanted, known)
                return
        yield "item", quoted(f"{x.site}|{x.item}|{x.supplier}"), wanted, ""
    if not (x.factor == 0 or 1e-3 <= x.factor <= 1e3):
        yield "factor", f"{x.factor:g}", "0, or 0.001 to 1000", ""
    yield from _period(sim, x.start, x.end)


def _period(sim: Sim, start: c.When, end: c.When | None) -> Found:
    naive = [
        (name, when)
        for name, when in (("start", start), ("end", end))
        if isinstance(when, datetime) and when.tzinfo is None
    ]
    for name, when in naive:
        yield name, quoted(when.isoformat()), "an instant with its zone", "Add Z for UTC."
    if naive:
        return
    first = hours(sim, start)
    if not 0 <= first <= LONGEST_H:
        yield "start", _when(start), f"0 to {LONGEST_H:g} hours after the start", ""
    if end is not None and not first < hours(sim, end) <= LONGEST_H:
        yield "end", _when(end), f"after {_when(start)}", ""


def _when(when: c.When) -> str:
    return when.isoformat() if isinstance(when, datetime) else f"{when:g}"


def _point(sim: Sim, x: c.Point | c.Link | c.Move) -> Found:
    if sim.model.find("points", (x.site, x.item)) < 0:
        known = [f"{site}|{item}" for site, item in sim.model.points]
        name = f"{x.site}|{x.item}"
        yield from _unknown("item", name, "a stocking point (site|item) of the network", known)


def _numbers(x: c.Point | c.Link, names: tuple[str, ...]) -> Found:
    for name in names:
        value = getattr(x, name)
        if value is not None and not 0 <= value < _MOST:
            yield name, f"{value:g}", "0 or more", ""


def _stock(sim: Sim, x: c.Point) -> Found:
    yield from _point(sim, x)
    yield from _numbers(x, ("level", "reorder", "lot", "onhand"))


def _link(sim: Sim, x: c.Link) -> Found:
    at = list(_point(sim, x))
    yield from at
    found = links(sim, x)
    if not at and not found:
        known = [
            name for site, item, name, _ in sim.model.links if (site, item) == (x.site, x.item)
        ]
        yield from _unknown("name", x.name, "a loop or an origin that supplies the point", known)
    if x.lane:
        origins = [int(sim.tables[Table.LINK]["origin_site"][i]) for i in found]
        yield from _lane(sim, x.lane, origins, sim.model.find("sites", x.site))
    yield from _numbers(x, ("cards", "share", "signal_at", "lot_cards", "price"))


def _lane(sim: Sim, lane: str, origins: list[int], dest: int) -> Found:
    """A lane must be there and go from one of the origins to the site."""
    model = sim.model
    number = model.find("lanes", lane)
    if number < 0:
        yield from _unknown("lane", lane, "a lane of the network", model.lanes)
        return
    rows = model.static[Table.LANE0]
    if (origins and rows["origin"][number] not in origins) or rows["dest"][number] != dest >= 0:
        start = " or ".join(dict.fromkeys(model.sites[i] for i in origins))
        fit = [
            model.lanes[i]
            for i in np.flatnonzero(np.isin(rows["origin"], origins) & (rows["dest"] == dest))
        ]
        remedy = f"There is {', '.join(map(quoted, fit[:5]))}." if fit else ""
        yield "lane", quoted(lane), f"a lane from {start} to {model.sites[dest]}", remedy


def _move(sim: Sim, x: c.Move) -> Found:
    at = list(_point(sim, x))
    yield from at
    yield from _period(sim, x.start, None)
    model = sim.model
    if not 0 < x.qty < _MOST:
        yield "qty", f"{x.qty:g}", "more than 0", ""
    site, point = model.find("sites", x.origin), model.find("points", (x.origin, x.item))
    if site < 0:
        yield from _unknown("origin", x.origin, "a site of the network", model.sites)
        return
    yield from _lane(sim, x.lane, [site], model.find("sites", x.site))
    if point >= 0:
        have = int(sim.tables[Table.POINT]["onhand"][point]) / 1e6
        if x.qty > have:
            yield "qty", f"{x.qty:g}", f"at most {have:g}, the stock of {x.origin}", ""
        return
    dest = model.find("points", (x.site, x.item))
    supplied = way_in(sim, dest, x.origin) if dest >= 0 else -1
    if not at and (supplied < 0 or sim.tables[Table.LINK]["origin_site"][supplied] != site):
        wanted = f"a site that keeps {x.item}, or a supplier of it to {x.site}"
        yield "origin", quoted(x.origin), wanted, ""


def _of_network(_sim: Sim, x: Any) -> Found:
    kind = type(x).__name__.lower()
    yield "change", quoted(kind), "a change of a run", "Use a Start: it changes the network."


_CHECKS: dict[type, Callable[[Any, Any], Found]] = {
    c.Delay: _shipment,
    c.Lose: _shipment,
    c.Cancel: _cancel,
    c.Begin: _begin,
    c.Down: _down,
    c.Capacity: _capacity,
    c.Demand: _demand,
    c.Point: _stock,
    c.Link: _link,
    c.Move: _move,
    c.Duty: _of_network,
    c.Row: _of_network,
}
