"""Lot sizes for known demand. Source of all formulas: Snyder & Shen, *Fundamentals of Supply
Chain Theory*, 2nd ed., chapter 3; Wagner & Whitin, *Management Science* 5(1), 1958.

Symbols: K fixed cost of an order, h holding cost of a unit for a period, D demand a period,
p backorder cost of a unit for a period, P production a period, i holding rate.
"""

# ruff: noqa: PLR0917 - formulas take their symbols in the order of the books
from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lot:
    """A lot size, its cost a period, and what else the formula chooses.

    `short` is the share of demand that waits; `tier` the price tier, counted from 0.
    """

    qty: float
    cost: float
    short: float = 0.0
    tier: int = 0


def eoq(fixed: float, holding: float, demand: float) -> Lot:
    """Q* = sqrt(2 K D / h), cost sqrt(2 K D h) (Snyder & Shen 3.2)."""
    return Lot(math.sqrt(2 * fixed * demand / holding), math.sqrt(2 * fixed * demand * holding))


def eoq_cost(qty: float, fixed: float, holding: float, demand: float) -> float:
    """Cost a period of any lot: K D / Q + h Q / 2. At Q = b Q* it is (b + 1/b) / 2 of the best."""
    return fixed * demand / qty + holding * qty / 2


def eoq_whole(fixed: float, holding: float, demand: float, container: float) -> Lot:
    """The best lot of whole containers: the cheaper of the multiples beside Q*."""
    best = eoq(fixed, holding, demand).qty / container
    options = {max(1, math.floor(best)), max(1, math.ceil(best))}
    return min(
        (Lot(n * container, eoq_cost(n * container, fixed, holding, demand)) for n in options),
        key=lambda lot: lot.cost,
    )


def eoq_backorders(fixed: float, holding: float, backorder: float, demand: float) -> Lot:
    """Planned backorders: Q* = sqrt(2KD(h+p)/(hp)), share short x* = h/(h+p) (3.5)."""
    qty = math.sqrt(2 * fixed * demand * (holding + backorder) / (holding * backorder))
    cost = math.sqrt(2 * fixed * demand * holding * backorder / (holding + backorder))
    return Lot(qty, cost, short=holding / (holding + backorder))


def epq(fixed: float, holding: float, demand: float, production: float) -> Lot:
    """Made, not bought: Q* = sqrt(2KD / (h (1 - D/P))); raises ValueError unless P > D (3.6)."""
    if production <= demand:
        raise ValueError("production must exceed demand")
    return eoq(fixed, holding * (1 - demand / production), demand)


def poq(fixed: float, holding: float, demand: float) -> int:
    """Periods that an order covers: EOQ over mean period demand, rounded, at least 1 (Orlicky)."""
    return max(1, round(eoq(fixed, holding, demand).qty / demand))


def all_units(
    fixed: float, rate: float, demand: float, breaks: Sequence[tuple[float, float]]
) -> Lot:
    """All-units discount: `breaks` are (from quantity, price), rising; h = rate x price (3.4)."""
    lots: list[Lot] = []
    for tier, (start, price) in enumerate(breaks):
        end = breaks[tier + 1][0] if tier + 1 < len(breaks) else math.inf
        qty = max(start, eoq(fixed, rate * price, demand).qty)
        if qty < end and qty > 0:
            cost = price * demand + eoq_cost(qty, fixed, rate * price, demand)
            lots.append(Lot(qty, cost, tier=tier))
    return min(lots, key=lambda lot: lot.cost)


def incremental(
    fixed: float, rate: float, demand: float, breaks: Sequence[tuple[float, float]]
) -> Lot:
    """Incremental discount: a unit costs the price of the tier it falls into (3.4)."""
    lots: list[Lot] = []
    extra = 0.0  # what the units below the tier cost more than at the tier's price
    for tier, (start, price) in enumerate(breaks):
        if tier:
            extra += (breaks[tier - 1][1] - price) * start
        end = breaks[tier + 1][0] if tier + 1 < len(breaks) else math.inf
        qty = eoq(fixed + extra, rate * price, demand).qty
        if start <= qty < end:
            cost = price * demand + eoq_cost(qty, fixed + extra, rate * price, demand)
            lots.append(Lot(qty, cost + rate * extra / 2, tier=tier))
    return min(lots, key=lambda lot: lot.cost)


def disrupted_cost(qty: float, fixed: float, holding: float, stockout: float, demand: float,
                   failure: float, recovery: float) -> float:  # fmt: skip
    """Cost a period of any lot under supply disruptions, lost sales at `stockout` a unit.

    Up and down times are exponential with rates `failure` and `recovery` (Snyder & Shen 9.2):
    cost(Q) = (K + h Q^2 / (2D) + D p b) / (Q/D + b), b = psi / recovery,
    psi = failure / (failure + recovery) (1 - e^{-(failure + recovery) Q / D}).
    """
    both = failure + recovery
    down = failure / both * (1 - math.exp(-both * qty / demand)) / recovery
    money = fixed + holding * qty * qty / (2 * demand) + demand * stockout * down
    return money / (qty / demand + down)


def disrupted(fixed: float, holding: float, stockout: float, demand: float, failure: float,
              recovery: float) -> Lot:  # fmt: skip
    """The lot of least `disrupted_cost`, by golden section."""

    def cost(qty: float) -> float:
        return disrupted_cost(qty, fixed, holding, stockout, demand, failure, recovery)

    low, high = 1e-9, 100 * eoq(fixed, holding, demand).qty
    golden = (math.sqrt(5) - 1) / 2
    for _ in range(200):
        a, b = high - golden * (high - low), low + golden * (high - low)
        low, high = (low, b) if cost(a) < cost(b) else (a, high)
    return Lot((low + high) / 2, cost((low + high) / 2))


def wagner_whitin(
    fixed: float, holding: float, demand: Sequence[float]
) -> tuple[list[float], float]:
    """The order of each period and the least cost; stock at the end of a period costs h."""
    n = len(demand)
    best, first = [math.inf] * n + [0.0], [0] * n
    for t in range(n - 1, -1, -1):
        carried = 0.0
        for s in range(t, n):
            carried += holding * (s - t) * demand[s]
            if fixed + carried + best[s + 1] < best[t]:
                best[t], first[t] = fixed + carried + best[s + 1], s + 1
    orders, t = [0.0] * n, 0
    while t < n:
        orders[t], t = float(sum(demand[t : first[t]])), first[t]
    return orders, best[0]
