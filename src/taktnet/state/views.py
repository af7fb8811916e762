"""Views of the state: what the tables hold, as rows with names, sorted by name."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np

from taktnet.base.names import Domain, Names
from taktnet.ledger.fact import ACTION, MILLION, RULE, STATUS, instant
from taktnet.state import tables as t
from taktnet.state.memory import Memory
from taktnet.state.rows import Anomaly, Decision, Order, Point, Stock, Transit
from taktnet.state.tables import Table

_STATUS: dict[int, str] = {v: k for k, v in STATUS.items()}
_RULE, _ACTION = {v: k for k, v in RULE.items()}, {v: k for k, v in ACTION.items()}
#: What became of a decision, in the order in which it may come.
STATUSES = ("waiting", "taken", "sent", "acknowledged", "refused", "declined", "done")
_DECISION = {t.UNSENT: "taken", t.SENT: "sent", t.ACKNOWLEDGED: "acknowledged"}


def when(us: int) -> datetime | None:
    """An instant, or None for 0."""
    return instant(us) if us else None


def of(rows: np.ndarray, names: Names, site: str, item: str) -> np.ndarray:
    """The rows of a site and an item, where they are given."""
    for field, domain, text in (("site", Domain.SITE, site), ("item", Domain.ITEM, item)):
        if text:
            rows = rows[rows[field] == names.find(domain, text)]
    return rows


def stocked(memory: Memory, names: Names) -> tuple[list[str], list[str]]:
    """See `State.stocked`."""
    rows = memory.live(Table.POINT)
    rows = rows[(rows["available"] != 0) | (rows["held"] != 0) | (rows["inspection"] != 0)]
    sites, items = np.unique(rows["site"]).tolist(), np.unique(rows["item"]).tolist()
    return [names.text(Domain.SITE, i) for i in sites], [names.text(Domain.ITEM, i) for i in items]


def points(memory: Memory, names: Names, site: str, item: str) -> list[Point]:
    """See `State.points`."""
    rows = of(memory.live(Table.POINT), names, site, item)
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
    rows = of(memory.live(Table.STOCK), names, site, item)
    plain = of(memory.live(Table.POINT), names, site, item)
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
    rows = of(memory.live(Table.TRANSIT), names, site, item)
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
    rows = of(rows[rows["kinds"] & (t.ORDERED | t.CALLED) != 0], names, "", item)
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


def decisions(memory: Memory, names: Names, site: str, closed: bool) -> list[Decision]:
    """See `State.decisions`."""
    rows = _lines(memory, closed)
    rows = of(rows[rows["kinds"] & t.DECIDED != 0], names, site, "")
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
