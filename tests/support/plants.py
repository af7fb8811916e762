"""Plants in small: lowers events, numbers their facts, folds them; and random histories."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import numpy as np

from taktnet.base.names import Names
from taktnet.ledger import event as e
from taktnet.ledger.fact import FACT, Lowering, micros
from taktnet.state import State

START = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
START_US = micros(START)
HOUR_US = 3_600_000_000


def event(kind: type[e.Event], id: str, *, hours: float = 0.0, **fields: Any) -> Any:
    """An event of a plant's system, so many hours after the start."""
    return kind(
        **{"source": "mes", "id": id, "at": START + timedelta(hours=hours), "site": "OPO"} | fields
    )


class Plants:
    """One dictionary of names, and the facts of every event lowered so far."""

    def __init__(self) -> None:
        self.names = Names()
        self.lowering = Lowering(self.names)
        self.seq = 0
        self.known: dict[str, bytes] = {}
        self.state = State(self.names)

    def lower(self, *events: Any, recorded: int | None = None) -> np.ndarray:
        """Facts without numbers; a correction undoes what it names. Recorded at `at` or as told."""
        parts: list[np.ndarray] = []
        for one in events:
            when = micros(one.at) if recorded is None else recorded
            undone = self.known[one.corrects] if one.corrects else b""
            packed = self.lowering.facts(one, when, undone=undone)
            self.known[one.id] = packed
            parts.append(np.frombuffer(packed, FACT))
        return np.concatenate(parts) if parts else np.zeros(0, FACT)

    def facts(self, *events: Any, recorded: int | None = None) -> np.ndarray:
        """Numbered facts, right behind the former ones."""
        facts = self.lower(*events, recorded=recorded).copy()
        firsts = np.cumsum(facts["flags"] & 1)
        facts["seq"] = self.seq + firsts
        self.seq += int(firsts[-1]) if len(firsts) else 0
        return facts

    def happen(self, *events: Any) -> State:
        """Fold events into the state."""
        self.state.fold(self.facts(*events))
        return self.state


SITES, ITEMS, LOTS = ("OPO", "KRK", "PUN"), ("CELL", "FRAME"), ("", "L1", "L2")
STATUSES = ("available", "held", "inspection")


def history(rng: Random, n: int, *, corrections: bool = True, cards: bool = True) -> list[Any]:
    """`n` events as plants report them: some late, out of order, over-delivered or corrected."""
    made: list[Any] = []
    open_: dict[str, list[Any]] = {"shipments": [], "orders": [], "lots": []}
    corrected: set[str] = set()
    for i in range(n):
        id_, hours = f"e{i}", i * 0.5 + rng.random() * 0.4
        if corrections and made and rng.random() < 0.15:
            old = made[-1 - rng.randrange(min(len(made), 60))]
            if old.id not in corrected and type(old) is not e.EventVoided:
                corrected.add(old.id)
                made.append(_correction(rng, old, id_))
                continue
        made.append(_next(rng, id_, hours, open_, cards))
    return made


def _correction(rng: Random, old: Any, id_: str) -> Any:
    """The event anew with another quantity where it has one, or voided."""
    fields = {f: getattr(old, f) for f in old.__struct_fields__}
    if "qty" not in fields or type(old) is e.OrderChanged or rng.random() < 0.3:
        return event(e.EventVoided, id_, corrects=old.id, at=old.at, site=old.site)
    fields |= {"id": id_, "corrects": old.id, "qty": float(rng.randint(1, 60))}
    return type(old)(**fields)


def _next(  # noqa: PLR0911
    rng: Random, id_: str, hours: float, open_: dict[str, list[Any]], cards: bool
) -> Any:
    site, item, qty = rng.choice(SITES), rng.choice(ITEMS), float(rng.randint(1, 60))
    key: dict[str, Any] = {"id": id_, "hours": hours, "site": site}
    stock = {**key, "item": item, "qty": qty, "lot": rng.choice(LOTS)}
    at = START + timedelta(hours=hours)
    match rng.randrange(19 if cards else 16):
        case 0 | 1:
            return event(e.StockReceived, **stock, status=rng.choice(STATUSES))
        case 2 | 3:
            return event(e.StockConsumed, **stock)
        case 4 | 5:
            order = rng.choice(open_["lots"])[0] if open_["lots"] and rng.random() < 0.5 else ""
            return event(e.StockProduced, **stock, resource="R1", order=order, scrap=1.0)
        case 6:
            return event(e.StockScrapped, **stock, status=rng.choice(STATUSES))
        case 7:
            return event(e.StockMoved, **stock, to=rng.choice(SITES))
        case 8:
            return event(rng.choice((e.StockHeld, e.StockReleased)), **stock)
        case 9:
            return event(e.StockCounted, **stock, status=rng.choice(STATUSES))
        case 10 | 11:
            shipment = f"S{id_}"
            order = rng.choice(open_["orders"]) if open_["orders"] and rng.random() < 0.6 else ""
            to = rng.choice(SITES)
            open_["shipments"].append((shipment, to, item, qty))
            return event(e.GoodsShipped, **stock, shipment=shipment, to=to, order=order)
        case 12 | 13:
            shipment, to, item, qty = (
                rng.choice(open_["shipments"])
                if open_["shipments"] and rng.random() < 0.9
                else (f"X{id_}", site, item, qty)
            )
            stock |= {"site": to, "item": item, "qty": qty * rng.choice((0.5, 1, 1, 1.25))}
            return event(
                e.GoodsReceived, **stock, shipment=shipment, rejected=rng.choice((0.0, 0.5))
            )
        case 14:
            order = f"O{id_}"
            open_["orders"].append(order)
            return event(
                e.OrderPlaced, **key, order=order, party="CUST", item=item, qty=qty,
                window_start=at, window_end=at + timedelta(days=2),
            )  # fmt: skip
        case 15:
            return _work_or_amend(rng, key, item, qty, open_)
        case _:
            return _scan(rng, key)


def _work_or_amend(
    rng: Random, key: dict[str, Any], item: str, qty: float, open_: dict[str, list[Any]]
) -> Any:
    roll = rng.randrange(4)
    if roll == 0 and open_["orders"]:
        return event(e.OrderCancelled, **key, order=rng.choice(open_["orders"]))
    if roll == 1 and open_["orders"]:
        return event(e.OrderChanged, **key, order=rng.choice(open_["orders"]), qty=qty)
    if roll == 2 and open_["lots"]:
        order, item, qty, site = rng.choice(open_["lots"])
        key["site"] = site
        return event(e.LotFinished, **key, order=order, item=item, qty=max(0.0, qty - 2))
    order = f"W{key['id']}"
    open_["lots"].append((order, item, qty, key["site"]))
    return event(e.LotStarted, **key, order=order, item=item, qty=qty, resource="R1")


def _scan(rng: Random, key: dict[str, Any]) -> Any:
    kind = rng.choice((e.CardIssued, e.CardIssued, e.CardPulled, e.CardReturned, e.CardWithdrawn))
    extra = {"empty": rng.random() < 0.3} if kind is e.CardIssued else {}
    return event(kind, **key, loop=rng.choice(("LA", "LB")), card=f"C{rng.randrange(5)}", **extra)
