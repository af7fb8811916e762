"""Stock at two times: as it was at one instant, as it was known at another.

The live state folds events as they come. History orders them by business time instead, so that a
late event counts where it happened, a correction replaces what it corrects, and a count sets the
balance of its own instant. `known` leaves out what was recorded later.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

import numpy as np

from taktnet.base.names import Domain, Names
from taktnet.ledger import event as e
from taktnet.ledger.fact import FACT, MILLION, STATUS, Flag
from taktnet.state.rows import Stock

_N = e.NUMBER
_COUNTED, _CONSUMED, _PRODUCED = _N[e.StockCounted], _N[e.StockConsumed], _N[e.StockProduced]
_RECEIVED, _MOVED, _SCRAPPED = _N[e.StockReceived], _N[e.StockMoved], _N[e.StockScrapped]
_HELD, _RELEASED = _N[e.StockHeld], _N[e.StockReleased]
_SHIPPED, _UNLOADED = _N[e.GoodsShipped], _N[e.GoodsReceived]
_STOCK = np.array(
    [_COUNTED, _CONSUMED, _PRODUCED, _RECEIVED, _MOVED, _SCRAPPED, _HELD, _RELEASED, _SHIPPED,
     _UNLOADED]
)  # fmt: skip
_REVERSAL, _CARD = int(Flag.REVERSAL), int(Flag.CARD)
_AVAILABLE, _BLOCKED = STATUS["available"], STATUS["held"]
_NAMES = {v: k for k, v in STATUS.items()}
#: (site, item, lot, status)
Place = tuple[int, int, int, int]


def facts_behind(
    chunks: Iterable[np.ndarray],
    names: Names,
    at: int,
    known: int,
    *,
    site: str = "",
    item: str = "",
) -> np.ndarray:
    """The facts of stock with business time <= `at`, recorded <= `known`, by business time.

    What was corrected by `known` is left out. Instants are microseconds since 1970 UTC.
    """
    kept: list[np.ndarray] = [np.zeros(0, FACT)]
    for chunk in chunks:
        rows = chunk[(chunk["recorded"] <= known) & (chunk["at"] <= at)]
        rows = rows[np.isin(rows["kind"], _STOCK) & (rows["flags"] & _CARD == 0)]
        if site:
            id_ = names.find(Domain.SITE, site)
            moved = (rows["to"] == id_) & (rows["kind"] == _MOVED)
            rows = rows[(rows["site"] == id_) | moved]
        if item:
            rows = rows[rows["item"] == names.find(Domain.ITEM, item)]
        kept.append(rows)
    facts = _without_undone(np.concatenate(kept))
    return facts[np.lexsort((facts["seq"], facts["at"]))]


def stock_as_of(
    chunks: Iterable[np.ndarray],
    names: Names,
    at: int,
    known: int,
    *,
    site: str = "",
    item: str = "",
) -> list[Stock]:
    """Balances that were not zero at business time `at`, as known at recorded time `known`."""
    balances: dict[Place, int] = defaultdict(int)
    for fact in facts_behind(chunks, names, at, known, site=site, item=item):
        if fact["kind"] == _COUNTED:
            balances[_place(fact, int(fact["status"]))] = int(fact["qty"])
            continue
        for place, delta in _deltas(fact):
            balances[place] += delta
    wanted = names.find(Domain.SITE, site) if site else 0
    made = [
        Stock(
            names.text(Domain.SITE, place[0]),
            names.text(Domain.ITEM, place[1]),
            names.text(Domain.LOT, place[2]),
            _NAMES[place[3]],
            qty / MILLION,
        )
        for place, qty in balances.items()
        if qty and (not site or place[0] == wanted)
    ]
    return sorted(made, key=lambda s: (s.site, s.item, s.lot, s.status))


def _without_undone(facts: np.ndarray) -> np.ndarray:
    """Leave out reversals and, for each, the newest fact before it that it undoes."""
    undone: Counter[bytes] = Counter()
    keep = np.ones(len(facts), bool)
    for i in range(len(facts) - 1, -1, -1):
        slots = _slots(facts[i])
        if facts["flags"][i] & _REVERSAL:
            undone[slots] += 1
            keep[i] = False
        elif undone[slots]:
            undone[slots] -= 1
            keep[i] = False
    return facts[keep]


def _slots(fact: Any) -> bytes:
    """A fact without what a reversal does not share with it."""
    bare = fact.copy()
    bare["seq"] = bare["recorded"] = bare["flags"] = 0
    return bare.tobytes()


def _place(fact: Any, status: int, site: int = 0) -> Place:
    return site or int(fact["site"]), int(fact["item"]), int(fact["lot"]), status


def _deltas(fact: Any) -> list[tuple[Place, int]]:
    """What a fact adds to which balances."""
    kind, qty, status = int(fact["kind"]), int(fact["qty"]), int(fact["status"])
    shelf, own = _place(fact, _AVAILABLE), _place(fact, status)
    if kind == _UNLOADED:
        good = max(0, qty - int(fact["qty2"]))
        return [(own, good), (_place(fact, _BLOCKED), qty - good)]
    return {
        _CONSUMED: [(shelf, -qty)],
        _SHIPPED: [(shelf, -qty)],
        _PRODUCED: [(own, qty)],
        _RECEIVED: [(own, qty)],
        _SCRAPPED: [(own, -qty)],
        _MOVED: [(shelf, -qty), (_place(fact, _AVAILABLE, int(fact["to"])), qty)],
        _HELD: [(shelf, -qty), (_place(fact, _BLOCKED), qty)],
        _RELEASED: [(own, -qty), (shelf, qty)],
    }[kind]
