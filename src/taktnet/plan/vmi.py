"""Who plans and who owns: vendor-managed inventory within a band, and consigned stock.

Two flags, not one: VMI says that the supplier plans, consignment that he owns until use (methods
E3). Ownership passes at consumption, or when goods have lain for the agreed longest time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise


def in_band(
    levels: Sequence[tuple[float, float]], end: float, low: float, high: float
) -> float | None:
    """Share of time that stock lay in [low, high]; `levels` are (instant, stock from then on).

    None where no time has passed.
    """
    if not 0 <= low <= high:
        raise ValueError("the band is 0 <= low <= high")
    if not levels or end <= levels[0][0]:
        return None
    spans = [(b[0] - a[0], a[1]) for a, b in pairwise([*levels, (end, 0.0)])]
    if min(span for span, _ in spans) < 0:
        raise ValueError("instants come in rising order, up to the end")
    return sum(span for span, stock in spans if low <= stock <= high) / (end - levels[0][0])


@dataclass(frozen=True, slots=True)
class Bill:
    """What passes to the buyer, when and why: the line of a self-billed invoice."""

    at: float
    qty: float
    why: str


def consigned(
    receipts: Iterable[tuple[float, float]],
    uses: Iterable[tuple[float, float]],
    *,
    longest: float = float("inf"),
    until: float,
) -> tuple[list[Bill], float]:
    """Self-billing lines of consigned stock, first in first out, and what the supplier still owns.

    `receipts` and `uses` are (instant, quantity). Stock older than `longest` passes at that age
    and is billed once, not again when it is used. Raises ValueError when more is used than lies.
    """
    lots: deque[list[float]] = deque()
    bought = 0.0
    bills: list[Bill] = []
    moves = [(at, 0, qty) for at, qty in receipts if at <= until]
    moves += [(at, 1, qty) for at, qty in uses if at <= until]
    for at, what, qty in [*sorted(moves), (until, 2, 0.0)]:
        while lots and lots[0][0] + longest <= at:
            received, left = lots.popleft()
            bills.append(Bill(received + longest, left, "longest time"))
            bought += left
        if what == 0:
            lots.append([at, qty])
        elif what == 1:
            own = min(bought, qty)
            bought -= own
            _draw(lots, qty - own, at, bills)
    return bills, sum(left for _, left in lots)


def _draw(lots: deque[list[float]], qty: float, at: float, bills: list[Bill]) -> None:
    if qty > sum(left for _, left in lots) + 1e-9:
        raise ValueError(f"more is used at {at:g} than lies there")
    if qty > 0:
        bills.append(Bill(at, qty, "used"))
    while qty > 1e-9:
        took = min(qty, lots[0][1])
        lots[0][1] -= took
        qty -= took
        if lots[0][1] <= 1e-9:
            lots.popleft()
