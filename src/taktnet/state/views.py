"""Views of the state: what the tables hold, as rows with names, sorted by name."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from taktnet.base.names import Domain, Names
from taktnet.ledger.fact import ACTION, MILLION, RULE, STATUS, STOP, instant
from taktnet.state import tables as t
from taktnet.state.memory import Memory
from taktnet.state.rhythm import feed_limits
from taktnet.state.rows import (
    Anomaly,
    Card,
    Decision,
    Feed,
    Loop,
    Lot,
    Order,
    Pace,
    Point,
    Resource,
    ResourcePace,
    Stock,
    Transit,
)
from taktnet.state.tables import Table

if TYPE_CHECKING:
    from taktnet.network import Network

__all__ = [
    "Anomaly",
    "Card",
    "Decision",
    "Feed",
    "Loop",
    "Lot",
    "Order",
    "Pace",
    "Point",
    "Resource",
    "ResourcePace",
    "Stock",
    "Transit",
]

_STATUS: dict[int, str] = {v: k for k, v in STATUS.items()}
_RULE, _ACTION = {v: k for k, v in RULE.items()}, {v: k for k, v in ACTION.items()}
_STOP: dict[int, str] = {v: k for k, v in STOP.items()}
_CARD = ("unknown", "full", "empty", "ordered", "in_process", "in_transit", "withdrawn")
_DECISION = {t.UNSENT: "taken", t.SENT: "sent", t.ACKNOWLEDGED: "acknowledged"}


def when(us: int) -> datetime | None:
    """An instant, or None for 0."""
    return instant(us) if us else None


def _of(rows: np.ndarray, names: Names, site: str, item: str) -> np.ndarray:
    """The rows of a site and an item, where they are given."""
    for field, domain, text in (("site", Domain.SITE, site), ("item", Domain.ITEM, item)):
        if text:
            rows = rows[rows[field] == names.find(domain, text)]
    return rows


def points(memory: Memory, names: Names, site: str, item: str) -> list[Point]:
    """See `State.points`."""
    rows = _of(memory.live(Table.POINT), names, site, item)
    made = [_point(row, names) for row in rows]
    return sorted(made, key=lambda p: (p.site, p.item))


def _point(row: Any, names: Names) -> Point:
    available, reserved = int(row["available"]), int(row["reserved"])
    supply = sum(int(row[f]) for f in ("inspection", "on_order", "in_process", "in_transit"))
    return Point(
        names.text(Domain.SITE, row["site"]),
        names.text(Domain.ITEM, row["item"]),
        available / MILLION,
        int(row["held"]) / MILLION,
        int(row["inspection"]) / MILLION,
        int(row["on_order"]) / MILLION,
        int(row["in_process"]) / MILLION,
        int(row["in_transit"]) / MILLION,
        reserved / MILLION,
        max(0, reserved - max(0, available)) / MILLION,
        (available + supply - reserved) / MILLION,
        when(int(row["refused"])),
        int(row["seq"]),
    )


def stock(memory: Memory, names: Names, site: str, item: str) -> list[Stock]:
    """See `State.stock`."""
    rows = _of(memory.live(Table.STOCK), names, site, item)
    plain = _of(memory.live(Table.POINT), names, site, item)
    plain = plain[plain["plain"] != 0]
    text = names.text
    made = [
        Stock(text(Domain.SITE, s), text(Domain.ITEM, i), text(Domain.LOT, lot), _STATUS[n], q)
        for s, i, lot, n, q in zip(
            *(rows[f].tolist() for f in ("site", "item", "lot", "status")),
            (rows["qty"] / MILLION).tolist(),
            strict=True,
        )
    ]
    made += [
        Stock(text(Domain.SITE, s), text(Domain.ITEM, i), "", "available", q)
        for s, i, q in zip(
            plain["site"].tolist(),
            plain["item"].tolist(),
            (plain["plain"] / MILLION).tolist(),
            strict=True,
        )
    ]
    return sorted(made, key=lambda s: (s.site, s.item, s.lot, s.status))


def transit(memory: Memory, names: Names, now: int, site: str, item: str) -> list[Transit]:
    """See `State.transit`."""
    rows = _of(memory.live(Table.TRANSIT), names, site, item)
    rows = rows[rows["shipped"] > rows["received"]]
    shipments = memory.arrays[Table.SHIPMENT]
    made = [_transit(row, shipments[row["shipment"] - 1], names, now) for row in rows]
    return sorted(made, key=lambda w: (w.to, w.item, w.shipment))


def _transit(row: Any, shipment: Any, names: Names, now: int) -> Transit:
    shipped, received, at = int(row["shipped"]), int(row["received"]), int(row["at"])
    eta, promised = int(shipment["eta"]), int(row["promised"])
    due = promised or eta
    seen = int(shipment["position_at"]) != 0
    text = names.text
    return Transit(
        text(Domain.REF, row["ref"]),
        text(Domain.ITEM, row["item"]),
        text(Domain.SITE, row["origin"]),
        text(Domain.SITE, row["site"]),
        text(Domain.LANE, row["lane"]),
        text(Domain.LOOP, row["loop"]),
        text(Domain.REF, row["order"]),
        text(Domain.LOT, row["lot"]),
        (shipped - received) / MILLION,
        shipped / MILLION,
        received / MILLION,
        when(at),
        when(eta),
        when(promised),
        when(int(shipment["arrived"])),
        int(shipment["latitude"]) / MILLION if seen else None,
        int(shipment["longitude"]) / MILLION if seen else None,
        when(int(shipment["position_at"])),
        max(0, now - at) / t.HOUR if at else None,
        max(0, max(now, eta) - due) / t.HOUR if due else 0.0,
    )


def _lines(memory: Memory, closed: bool) -> np.ndarray:
    rows = memory.live(Table.LINE)
    return rows if closed else rows[rows["listed"] == 1]


def orders(memory: Memory, names: Names, site: str, item: str, closed: bool) -> list[Order]:
    """See `State.orders`."""
    rows = _lines(memory, closed)
    rows = _of(rows[rows["kinds"] & (t.ORDERED | t.CALLED) != 0], names, "", item)
    if site:
        id_ = names.find(Domain.SITE, site)
        rows = rows[(rows["site"] == id_) | (rows["origin"] == id_)]
    return sorted((_order(row, names) for row in rows), key=lambda o: (o.placed_at, o.order))


def _order(row: Any, names: Names) -> Order:
    text = names.text
    qty, shipped, received = int(row["qty"]), int(row["shipped"]), int(row["received"])
    status = "open"
    if row["ended"]:
        status = "cancelled"
    elif received >= qty:
        status = "delivered"
    elif shipped >= qty:
        status = "shipped"
    still = 0 if row["ended"] else max(0, qty - int(row["short"]) - max(shipped, received))
    return Order(
        text(Domain.REF, row["ref"]),
        "call-off" if row["kinds"] & t.CALLED else "order",
        text(Domain.SITE, row["site"]),
        text(Domain.SITE, row["origin"]),
        text(Domain.ITEM, row["item"]),
        qty / MILLION,
        shipped / MILLION,
        received / MILLION,
        still / MILLION,
        int(row["price"]) / MILLION,
        text(Domain.CURRENCY, row["currency"]),
        when(int(row["t1"])),
        when(int(row["t2"])),
        instant(int(row["at"])),
        status,
        text(Domain.LOOP, row["loop"]),
    )


def loops(memory: Memory, names: Names, network: Network | None) -> list[Loop]:
    """See `State.loops`."""
    rows = {int(r["loop"]): r for r in memory.live(Table.LOOP)}
    made = [_named_loop(row, names) for row in rows.values() if network is None or row["issued"]]
    if network is not None:
        known = {loop.loop for loop in made}
        at_hand = {(p.site, p.item): p for p in points(memory, names, "", "")}
        for loop in network.loops:
            if loop.id not in known:
                row = rows.get(names.find(Domain.LOOP, loop.id))
                made.append(_counted_loop(loop, row, at_hand.get((loop.site, loop.item))))
    return sorted(made, key=lambda loop: loop.loop)


def _named_loop(row: Any, names: Names) -> Loop:
    full, empty = int(row["full"]), int(row["empty"])
    ordered = int(row["ordered"]) + int(row["free_ordered"])
    process = int(row["in_process"]) + int(row["free_in_process"])
    moving = int(row["in_transit"]) + int(row["free_in_transit"])
    return Loop(
        names.text(Domain.LOOP, row["loop"]),
        names.text(Domain.SITE, row["site"]),
        names.text(Domain.ITEM, row["item"]),
        int(row["issued"]) if row["issued"] else ordered + process + moving,
        full,
        empty,
        ordered,
        process,
        moving,
        bool(row["issued"]),
        int(row["decisions"]),
        when(int(row["refused"])),
    )


def _counted_loop(loop: Any, row: Any, point: Point | None) -> Loop:
    """Cards without names: what is not ordered is full as far as the stock reaches, else empty."""
    ordered, process, moving = (
        (0, 0, 0)
        if row is None
        else (int(row["free_ordered"]), int(row["free_in_process"]), int(row["free_in_transit"]))
    )
    left = max(0, loop.cards - ordered - process - moving)
    on_hand = 0.0 if point is None else point.available + point.held + point.inspection
    full = min(left, max(0, round(on_hand * MILLION)) // round(loop.container_qty * MILLION))
    if on_hand > full * loop.container_qty and full < left:
        full += 1  # a container in use is still with its card
    return Loop(
        loop.id,
        loop.site,
        loop.item,
        full + (left - full) + ordered + process + moving,
        full,
        left - full,
        ordered,
        process,
        moving,
        False,
        0 if row is None else int(row["decisions"]),
        None if point is None else point.refused,
    )


def cards(memory: Memory, names: Names, loop: str) -> list[Card]:
    """See `State.cards`."""
    rows = memory.live(Table.CARD)
    rows = rows[(rows["status"] != t.Card.UNKNOWN) & (rows["status"] != t.Card.WITHDRAWN)]
    if loop:
        rows = rows[rows["loop"] == names.find(Domain.LOOP, loop)]
    made = [_card(row, names) for row in rows]
    return sorted(made, key=lambda c: (c.loop, c.card))


def _card(row: Any, names: Names) -> Card:
    carrier = int(row["carrier"])
    return Card(
        names.text(Domain.LOOP, row["loop"]),
        names.text(Domain.REF, row["card"]),
        _CARD[int(row["status"])],
        instant(int(row["since"])),
        names.text(Domain.REF, carrier >> 32) if 0 < carrier < 1 << 62 else "",
        int(row["cycle"]),
    )


def lots(memory: Memory, names: Names, site: str) -> list[Lot]:
    """See `State.lots`."""
    rows = _of(memory.live(Table.WORK), names, site, "")
    rows = rows[(rows["ended"] == 0) & (rows["started"] != 0)]
    text = names.text
    made = [
        Lot(
            text(Domain.REF, r["ref"]),
            text(Domain.SITE, r["site"]),
            text(Domain.ITEM, r["item"]),
            text(Domain.RESOURCE, r["resource"]),
            text(Domain.LOT, r["lot"]),
            text(Domain.LOOP, r["loop"]),
            text(Domain.REF, r["line"]),
            int(r["qty"]) / MILLION,
            int(r["produced"]) / MILLION,
            int(r["scrap"]) / MILLION,
            instant(int(r["started"])),
        )
        for r in rows
    ]
    return sorted(made, key=lambda lot: (lot.site, lot.started, lot.order))


def resources(memory: Memory, names: Names, site: str) -> list[Resource]:
    """See `State.resources`."""
    rows = _of(memory.live(Table.RESOURCE), names, site, "")
    text = names.text
    made = [
        Resource(
            text(Domain.RESOURCE, r["resource"]),
            text(Domain.SITE, r["site"]),
            not r["stopped"],
            when(int(r["since"])),
            _STOP[int(r["reason"])] if r["stopped"] else "",
            text(Domain.ITEM, r["item"]) if r["stopped"] else "",
            int(r["stops"]),
            int(r["down"]) / t.HOUR,
        )
        for r in rows
    ]
    return sorted(made, key=lambda r: (r.site, r.resource))


def _days(row: Any, measure: int, known: int, today: int) -> tuple[float, ...]:
    """The ring of one measure as the days up to `today`, oldest first."""
    ring = row["day"][:, measure]
    return tuple(
        int(ring[d % t.RING]) / MILLION if known - t.RING < d <= known else 0.0
        for d in range(today - t.RING + 1, today + 1)
    )


def _total(row: Any, measure: int) -> float:
    return (int(row["day"][:, measure].sum()) + int(row["past"][measure])) / MILLION


def pace(memory: Memory, names: Names, now: int, site: str, item: str) -> list[Pace]:
    """See `State.pace`."""
    today = now // t.DAY
    rows = memory.used(Table.POINT)
    beside = memory.arrays[Table.POINT_PACE]
    keep = rows["day"] > 0
    for field, domain, text in (("site", Domain.SITE, site), ("item", Domain.ITEM, item)):
        if text:
            keep &= rows[field] == names.find(domain, text)
    made: list[Pace] = []
    for i in np.flatnonzero(keep).tolist():
        ring, known = beside[i], int(rows["day"][i])
        made.append(
            Pace(
                names.text(Domain.SITE, rows["site"][i]),
                names.text(Domain.ITEM, rows["item"][i]),
                _days(ring, 0, known, today),
                _days(ring, 1, known, today),
                _days(ring, 2, known, today),
                _total(ring, 0),
                _total(ring, 1),
                _total(ring, 2),
            )
        )
    return sorted(made, key=lambda p: (p.site, p.item))


def resource_pace(memory: Memory, names: Names, now: int) -> list[ResourcePace]:
    """See `State.resource_pace`."""
    today = now // t.DAY
    rows = memory.used(Table.RESOURCE)
    beside = memory.arrays[Table.RESOURCE_PACE]
    made: list[ResourcePace] = []
    for i in np.flatnonzero(rows["day"] > 0).tolist():
        row, ring = rows[i], beside[i]
        made.append(
            ResourcePace(
                names.text(Domain.RESOURCE, row["resource"]),
                names.text(Domain.SITE, row["site"]),
                names.text(Domain.ITEM, row["last_item"]),
                _days(ring, 0, int(row["day"]), today),
                _total(ring, 0),
            )
        )
    return sorted(made, key=lambda p: (p.site, p.resource))


def feeds(memory: Memory, names: Names, now: int, factor: float, floor_h: float) -> list[Feed]:
    """See `State.feeds`."""
    rows = memory.used(Table.FEED)
    usual = np.zeros(len(rows), np.int64)
    allowed = np.zeros(len(rows), np.int64)
    floor = round(floor_h * t.HOUR)
    feed_limits(memory.address, len(rows), usual.ctypes.data, allowed.ctypes.data, factor, floor)
    made = [
        Feed(
            names.text(Domain.SOURCE, r["system"]),
            names.text(Domain.SITE, r["site"]),
            instant(int(r["last"])),
            instant(int(r["heard"])),
            int(r["events"]),
            int(usual[i]) / t.HOUR if usual[i] else None,
            max(0, now - int(r["last"])) / t.HOUR,
            now - int(r["last"]) > int(allowed[i]),
        )
        for i, r in enumerate(rows)
    ]
    return sorted(made, key=lambda f: (f.source, f.site))


def decisions(memory: Memory, names: Names, site: str, closed: bool) -> list[Decision]:
    """See `State.decisions`."""
    rows = _lines(memory, closed)
    rows = _of(rows[rows["kinds"] & t.DECIDED != 0], names, site, "")
    return sorted((_decision(row, names) for row in rows), key=lambda d: (d.taken_at, d.decision))


def _decision(row: Any, names: Names) -> Decision:
    text = names.text
    qty, shipped, received = int(row["qty"]), int(row["shipped"]), int(row["received"])
    wanted = max(shipped, received) if row["ended"] else qty - int(row["short"])
    status = _DECISION[int(row["signal"])]
    if row["ended"] == t.DECLINED:
        status = "declined"
    elif row["ended"]:
        status = "refused"
    elif received >= wanted:
        status = "done"
    elif row["waiting"]:
        status = "waiting"
    return Decision(
        text(Domain.REF, row["ref"]),
        _RULE.get(int(row["rule"]), ""),
        _ACTION[int(row["action"])],
        text(Domain.SITE, row["site"]),
        text(Domain.ITEM, row["item"]),
        text(Domain.SITE, row["origin"]),
        text(Domain.LANE, row["lane"]),
        text(Domain.LOOP, row["loop"]),
        qty / MILLION,
        int(row["containers"]),
        shipped / MILLION,
        received / MILLION,
        max(0, wanted - received) / MILLION,
        when(int(row["t1"])),
        when(int(row["t2"])),
        instant(int(row["at"])),
        when(int(row["promised"])),
        status,
        bool(row["stale"]),
        int(row["signals"]),
    )


def anomalies(memory: Memory, names: Names) -> list[Anomaly]:
    """See `State.anomalies`."""
    made = [
        Anomaly(
            t.Anomaly(int(r["code"])).name.lower(),
            names.text(Domain.SITE, r["site"]),
            int(r["n"]),
            int(r["qty"]) / MILLION,
            int(r["seq"]),
        )
        for r in memory.live(Table.ANOMALY)
    ]
    return sorted(made, key=lambda a: (a.kind, a.site))
