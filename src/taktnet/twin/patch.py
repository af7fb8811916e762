"""Changes that a scenario makes to a run before it begins.

Each is a frozen value that names what it changes; `apply` finds the records and raises
InputFaults for all that do not exist, or are out of range, before anything is changed. Times are
hours after the start of the run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from taktnet.base.errors import Fault, InputFaults
from taktnet.twin.layout import CHANGE, HOUR, Change, Table

if TYPE_CHECKING:
    from taktnet.twin.sim import Sim

MILLION = 1_000_000
_END = 1 << 60
_TABLES: dict[str, tuple[str, Change]] = {
    "site": ("sites", Change.SITE),
    "lane": ("lanes", Change.LANE),
    "resource": ("resources", Change.RESOURCE),
}


@dataclass(frozen=True, slots=True)
class Delay:
    """A shipment on the road arrives so many hours later; negative hours are earlier."""

    shipment: str
    hours: float


@dataclass(frozen=True, slots=True)
class Lose:
    """A shipment on the road never arrives; what it carried is ordered again."""

    shipment: str


@dataclass(frozen=True, slots=True)
class Down:
    """A site, supplier (kind site), lane or resource is down from an hour on; None: to the end."""

    kind: Literal["site", "lane", "resource"]
    name: str
    start_h: float = 0.0
    end_h: float | None = None


@dataclass(frozen=True, slots=True)
class Demand:
    """Customers take `factor` times as much; blank site, item or supplier means any."""

    factor: float
    site: str = ""
    item: str = ""
    supplier: str = ""
    start_h: float = 0.0
    end_h: float | None = None


@dataclass(frozen=True, slots=True)
class Point:
    """Another base stock, s and S, or R and Q, of a point (item's units); None stays as it is.

    `level` is the base stock or S, `reorder` s or R, `lot` Q, `onhand` the stock at the start.
    """

    site: str
    item: str
    level: float | None = None
    reorder: float | None = None
    lot: float | None = None
    onhand: float | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """Another supply of a point by a loop or an origin (`name`); None stays as it is.

    `lane` sends it by another lane from the same origin. A share above 0 makes a backup active.
    """

    site: str
    item: str
    name: str
    cards: int | None = None
    share: float | None = None
    lane: str | None = None
    signal_at: int | None = None
    lot_cards: int | None = None
    price: float | None = None


AnyChange = Delay | Lose | Down | Demand | Point | Link


def apply(sim: Sim, changes: Iterable[AnyChange]) -> None:
    """Make the changes; raises InputFaults for all that cannot be made, and makes none then."""
    changes = tuple(changes)
    faults = [f for i, c in enumerate(changes) for f in _check(sim, c, f"change {i + 1}")]
    if faults:
        raise InputFaults(faults)
    for change in changes:
        _MAKE[type(change)](sim, change)


def _check(sim: Sim, c: AnyChange, where: str) -> Iterator[Fault]:
    model = sim.model

    def unknown(field: str, name: str, wanted: str) -> Fault:
        return Fault("scenario", 0, field, f'"{name}"', wanted, subject=where)

    if isinstance(c, Delay | Lose):
        if not _roads(sim, c.shipment):
            yield unknown("shipment", c.shipment, "a shipment on the road")
    elif isinstance(c, Down):
        if model.find(_TABLES[c.kind][0], c.name) < 0:
            yield unknown("name", c.name, f"a {c.kind} of the network")
        yield from _period(c.start_h, c.end_h, where)
    elif isinstance(c, Demand):
        if not _rows(sim, c):
            yield unknown("item", f"{c.site}|{c.item}|{c.supplier}", "a demand of the network")
        if not (c.factor == 0 or 1e-3 <= c.factor <= 1e3):
            wanted = "0, or 0.001 to 1000"
            yield Fault("scenario", 0, "factor", f"{c.factor:g}", wanted, subject=where)
        yield from _period(c.start_h, c.end_h, where)
    elif model.find("points", (c.site, c.item)) < 0:
        yield unknown("item", f"{c.site}|{c.item}", "a stocking point of the network")
    else:
        yield from _check_values(sim, c, where)


def _check_values(sim: Sim, c: Point | Link, where: str) -> Iterator[Fault]:
    if isinstance(c, Link):
        if not _links(sim, c):
            wanted = "a loop or an origin that supplies the point"
            yield Fault("scenario", 0, "name", f'"{c.name}"', wanted, subject=where)
        if c.lane is not None and c.lane and sim.model.find("lanes", c.lane) < 0:
            yield Fault("scenario", 0, "lane", f'"{c.lane}"', "a lane", subject=where)
    fields = ("level", "reorder", "lot", "onhand", "cards", "share", "signal_at", "price")
    for name in (*fields, "lot_cards"):
        value = getattr(c, name, None)
        if value is not None and not 0 <= value < 1e12:
            yield Fault("scenario", 0, name, f"{value:g}", "0 or more", subject=where)


def _period(start: float, end: float | None, where: str) -> Iterator[Fault]:
    if not 0 <= start < 1e6:
        yield Fault("scenario", 0, "start_h", f"{start:g}", "0 or more", subject=where)
    if end is not None and not start < end:
        yield Fault("scenario", 0, "end_h", f"{end:g}", f"more than {start:g}", subject=where)


def _roads(sim: Sim, shipment: str) -> list[int]:
    return [i for i, (name, _) in enumerate(sim.model.shipments) if name == shipment]


def _rows(sim: Sim, c: Demand) -> list[int]:
    wanted = (c.site, c.item, c.supplier)
    return [
        i
        for i, row in enumerate(sim.model.demands)
        if all(w in ("", v) for w, v in zip(wanted, row, strict=True))
    ]


def _links(sim: Sim, c: Link) -> list[int]:
    return [i for i, row in enumerate(sim.model.links) if row[:3] == (c.site, c.item, c.name)]


def _add(sim: Sim, what: Change, entity: int, value: float, at_h: float | None) -> None:
    row = np.zeros(1, CHANGE)
    row["what"], row["entity"], row["value"] = what, entity, value
    row["at"] = _END if at_h is None else round(at_h * HOUR)
    if at_h is None:
        return
    sim.resize({Table.CHANGE: np.concatenate([sim.tables[Table.CHANGE], row])})
    sim.head["changes"] += 1


def _delay(sim: Sim, c: Delay) -> None:
    for i in _roads(sim, c.shipment):
        sim.tables[Table.ROAD]["delay"][i] += round(c.hours * HOUR)


def _lose(sim: Sim, c: Lose) -> None:
    for i in _roads(sim, c.shipment):
        row = sim.tables[Table.ROAD][i]
        if row["lost"] or row["ref"] < 0:
            row["lost"] = 1
            continue
        row["lost"] = 1
        link = sim.tables[Table.LINK][row["ref"]]
        link["out"] -= row["qty"]
        sim.tables[Table.POINT]["coming"][link["dest"]] -= row["qty"]


def _down(sim: Sim, c: Down) -> None:
    table, what = _TABLES[c.kind]
    entity = sim.model.find(table, c.name)
    _add(sim, what, entity, 1, c.start_h)
    _add(sim, what, entity, -1, c.end_h)


def _demand(sim: Sim, c: Demand) -> None:
    for i in _rows(sim, c):
        _add(sim, Change.DEMAND, i, c.factor, c.start_h)
        if c.end_h is not None and c.factor > 0:
            _add(sim, Change.DEMAND, i, 1 / c.factor, c.end_h)
        elif c.end_h is not None:
            _add(sim, Change.DEMAND, i, -1.0, c.end_h)


def _point(sim: Sim, c: Point) -> None:
    row: Any = sim.tables[Table.POINT][sim.model.find("points", (c.site, c.item))]
    for name in ("level", "reorder", "lot", "onhand"):
        value = getattr(c, name)
        if value is not None:
            row[name] = round(value * MILLION)


def _link(sim: Sim, c: Link) -> None:
    for i in _links(sim, c):
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


_MAKE: dict[type, Any] = {
    Delay: _delay,
    Lose: _lose,
    Down: _down,
    Demand: _demand,
    Point: _point,
    Link: _link,
}
