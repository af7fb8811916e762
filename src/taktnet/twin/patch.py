"""Makes the changes of a scenario in a run before it begins.

`apply` finds the records and raises InputFaults for all that do not exist, or are out of range,
before anything is changed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from taktnet.base.errors import InputFaults
from taktnet.twin.changes import (
    AnyChange,
    Begin,
    Cancel,
    Capacity,
    Delay,
    Demand,
    Down,
    Duty,
    Link,
    Lose,
    Move,
    Point,
    Row,
)
from taktnet.twin.finding import demand_rows, hours, links, planned, roads, way_in
from taktnet.twin.layout import CHANGE, DTYPES, HOUR, Change, Table
from taktnet.twin.patch_check import check
from taktnet.twin.streams import name_key

if TYPE_CHECKING:
    from taktnet.twin.sim import Sim

__all__ = ["Begin", "Cancel", "Capacity", "Delay", "Demand", "Down", "Duty", "Link", "Lose", "Move",
           "Point", "Row", "apply", "make"]  # fmt: skip

MILLION = 1_000_000
_KINDS: dict[str, tuple[str, Change]] = {
    "site": ("sites", Change.SITE),
    "supplier": ("sites", Change.SITE),
    "lane": ("lanes", Change.LANE),
    "resource": ("resources", Change.RESOURCE),
}
#: The most parts that a period of partial capacity is cut into.
PARTS = 200
Timed = tuple[Change, int, float, float]


def apply(sim: Sim, changes: Iterable[AnyChange]) -> None:
    """Make the changes; raises InputFaults for all that cannot be made, and makes none then."""
    changes = tuple(changes)
    faults = check(sim, changes)
    if faults:
        raise InputFaults(faults)
    make(sim, changes)


def make(sim: Sim, changes: Iterable[AnyChange]) -> None:
    """Make changes that have been checked."""
    timed: list[Timed] = []
    last = {c.order: c for c in changes if isinstance(c, Begin)}
    for change in changes:
        if isinstance(change, Begin) and last[change.order] is not change:
            continue
        if type(change) in _TIMED:
            timed += _TIMED[type(change)](sim, change)
        else:
            _MAKE[type(change)](sim, change)
    if timed:
        _add(sim, timed)


def _add(sim: Sim, timed: list[Timed]) -> None:
    """Have things change at their times (hours)."""
    timed = [row for row in timed if row[3] < math.inf]
    rows = np.zeros(len(timed), CHANGE)
    for i, (what, entity, value, at) in enumerate(timed):
        rows["what"][i], rows["entity"][i], rows["value"][i] = what, entity, value
        rows["at"][i] = round(at * HOUR)
    sim.resize({Table.CHANGE: np.concatenate([sim.tables[Table.CHANGE], rows])})
    sim.head["changes"] += len(rows)


def _delay(sim: Sim, c: Delay) -> None:
    for i in roads(sim, c.shipment):
        sim.tables[Table.ROAD]["delay"][i] += round(c.hours * HOUR)


def _lose(sim: Sim, c: Lose) -> None:
    for i in roads(sim, c.shipment):
        row: Any = sim.tables[Table.ROAD][i]
        if not row["lost"] and row["ref"] >= 0:
            _no_longer_coming(sim, int(row["ref"]), int(row["qty"]))
        row["lost"] = 1


def _no_longer_coming(sim: Sim, link: int, qty: int) -> None:
    row: Any = sim.tables[Table.LINK][link]
    row["out"] -= qty
    sim.tables[Table.POINT]["coming"][row["dest"]] -= qty


def _cancel(sim: Sim, c: Cancel) -> list[Timed]:
    at = hours(sim, c.start)
    if at > 0:
        found = [i for i, name in enumerate(sim.model.orders) if name == c.order]
        return [(Change.CANCEL, i, 0, at) for i in found]
    points = sim.tables[Table.POINT]
    for i, name in enumerate(sim.model.orders):
        row: Any = sim.tables[Table.OPEN][i]
        if name != c.order or row["qty"] <= 0:
            continue
        who, qty = int(row["who"]), int(row["qty"])
        if who < 0:
            points["reserved"][sim.model.static[Table.DEMAND0]["point"][-1 - who]] -= qty
        else:
            origin = int(sim.tables[Table.LINK]["origin"][who])
            if origin >= 0:
                points["reserved"][origin] -= qty
            _no_longer_coming(sim, who, qty)
        row["qty"] = 0
    return []


def _point(sim: Sim, c: Point) -> None:
    row: Any = sim.tables[Table.POINT][sim.model.find("points", (c.site, c.item))]
    for name in ("level", "reorder", "lot", "onhand"):
        value = getattr(c, name)
        if value is not None:
            row[name] = round(value * MILLION)


def _link(sim: Sim, c: Link) -> None:
    for i in links(sim, c):
        row: Any = sim.tables[Table.LINK][i]
        for name, field in (("cards", "cards"), ("signal_at", "signal_at"), ("lot_cards", "lot")):
            value = getattr(c, name)
            if value is not None:
                row[field] = value
        if c.share is not None:
            row["share"], row["active"] = c.share, int(c.share > 0 or row["cards"] > 0)
        if c.lane is not None:
            row["lane"] = sim.model.find("lanes", c.lane)
        if c.price is not None:
            row["price"], row["breaks"] = c.price / MILLION, 0


def _move(sim: Sim, c: Move) -> None:
    """A parcel more on the road, which leaves at its time; the freight is paid at once."""
    model, qty = sim.model, round(c.qty * MILLION)
    lane, dest = model.find("lanes", c.lane), model.find("points", (c.site, c.item))
    origin = model.find("points", (c.origin, c.item))
    if origin >= 0:
        sim.tables[Table.POINT]["onhand"][origin] -= qty
    link = way_in(sim, dest, c.origin)
    row = np.zeros(1, DTYPES[Table.ROAD])
    row["qty"], row["kind"] = qty, model.static[Table.LANE0]["dist"][lane]
    row["ref"], row["lane"] = link, lane
    row["delay"] = round(hours(sim, c.start) * HOUR)
    row["name"] = name_key("move", c.item, c.origin, c.site, c.lane)
    row["shipment"], row["moved"] = sim.head["ref"], 1
    sim.head["ref"] += 1
    sim.resize({Table.ROAD: np.concatenate([sim.tables[Table.ROAD], row])})
    sim.head["roads"] += 1
    to: Any = sim.tables[Table.LINK][link]
    to["out"] += qty
    sim.tables[Table.POINT]["coming"][dest] += qty
    if origin < 0:
        to["spend"] += qty * to["price"]
        to["given"] += qty
    _freight(sim, lane, qty, dest)


def _freight(sim: Sim, lane: int, qty: int, point: int) -> None:
    rates: Any = sim.model.static[Table.LANE0][lane]
    place: Any = sim.model.static[Table.PLACE][point]
    row: Any = sim.tables[Table.LANE][lane]
    kg, m3 = place["kg"] * qty, place["m3"] * qty
    vehicles = max(1.0, math.ceil(kg / rates["cap_kg"]), math.ceil(m3 / rates["cap_m3"]))
    row["shipments"] += int(vehicles)
    row["cost"] += vehicles * rates["cost_shipment"] + kg * rates["cost_kg"] + m3 * rates["cost_m3"]
    row["kg"] += kg
    row["m3"] += m3
    row["co2_t"] += rates["co2"] * kg


def _down(sim: Sim, c: Down) -> list[Timed]:
    table, what = _KINDS[c.kind]
    entity = sim.model.find(table, c.name)
    return [(what, entity, 1, hours(sim, c.start)), (what, entity, -1, hours(sim, c.end))]


def _begin(sim: Sim, c: Begin) -> list[Timed]:
    """The order stays out of line until its time has come; a customer's waits for its lot."""
    i, link, proc = planned(sim, c)
    orders = sim.tables[Table.OPEN]
    if orders["who"][i] < 0:
        row = orders[i : i + 1].copy()
        left = int(row["qty"][0])
        row["qty"] = qty = left if c.qty is None else min(left, round(c.qty * MILLION))
        row["who"], i = link, len(orders)
        to: Any = sim.tables[Table.LINK][link]
        to["out"] += qty
        sim.tables[Table.POINT]["coming"][to["dest"]] += qty
        sim.resize({Table.OPEN: np.concatenate([orders, row])})
        sim.head["orders_waiting"] += 1
    sim.tables[Table.OPEN]["planned"][i] = 1
    return [(Change.LOT, i, proc, max(0.0, hours(sim, c.start)))]


def _capacity(sim: Sim, c: Capacity) -> list[Timed]:
    """Down for the rest of every part of the period."""
    model = sim.model
    if c.kind == "resource":
        resources = [model.find("resources", c.name)]
    else:
        rows = model.static[Table.RES0]["site"]
        resources = np.flatnonzero(rows == model.find("sites", c.name)).tolist()
    start, end = hours(sim, c.start), min(hours(sim, c.end), model.days * 24)
    n = max(1, min(PARTS, math.ceil(end - start)))
    part = (end - start) / n
    last = c.share if c.to_share is None else c.to_share
    made: list[Timed] = []
    for i in range(n):
        share = c.share + (last - c.share) * (i + 0.5) / n
        if share < 1:
            stop, again = start + (i + share) * part, start + (i + 1) * part
            for r in resources:
                made += [(Change.RESOURCE, r, 1, stop), (Change.RESOURCE, r, -1, again)]
    return made


def _demand(sim: Sim, c: Demand) -> list[Timed]:
    back = 1 / c.factor if c.factor > 0 else -1.0
    made: list[Timed] = []
    for i in demand_rows(sim, c):
        made += [(Change.DEMAND, i, c.factor, hours(sim, c.start)),
                 (Change.DEMAND, i, back, hours(sim, c.end))]  # fmt: skip
    return made


_MAKE: dict[type, Callable[[Sim, Any], None]] = {
    Delay: _delay,
    Lose: _lose,
    Point: _point,
    Link: _link,
    Move: _move,
}
_TIMED: dict[type, Callable[[Sim, Any], Iterator[Timed] | list[Timed]]] = {
    Begin: _begin,
    Cancel: _cancel,
    Down: _down,
    Capacity: _capacity,
    Demand: _demand,
}
