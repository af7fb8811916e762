"""(r,Q) and (s,S): the parameters of least long-run cost.

Sources: expected-inventory-level approximation, Snyder & Shen 5.2; Federgruen & Zheng, *Operations
Research* 40(4), 1992 (r,Q); Zheng & Federgruen, *Operations Research* 39(4), 1991 (s,S).
"""

# ruff: noqa: PLR0917 - formulas take their symbols in the order of the books
from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

from taktnet.plan.inventory.lots import eoq
from taktnet.plan.inventory.service import (
    normal_loss,
    normal_loss_second,
    poisson_loss,
    poisson_pmf,
)


@dataclass(frozen=True, slots=True)
class ReorderLot:
    """Order `qty` when the position falls to `reorder`; cost a period."""

    reorder: float
    qty: float
    cost: float


@dataclass(frozen=True, slots=True)
class ReorderUpTo:
    """Order up to `up_to` when the position is at or below `reorder`; cost a period."""

    reorder: int
    up_to: int
    cost: float


def rq_expected_level(fixed: float, holding: float, backorder: float, demand: float, sd: float,
                      lead: float) -> ReorderLot:  # fmt: skip
    """(r,Q) by the expected-inventory-level approximation: iterate
    r = F^-1(1 - Q h / (p D)), Q = sqrt(2 D (K + p n(r)) / h). `backorder` is per unit short;
    `demand` and `sd` per period, `lead` in periods.
    """
    mean, deviation = demand * lead, sd * math.sqrt(lead)
    normal = NormalDist(mean, deviation)
    qty = eoq(fixed, holding, demand).qty
    reorder = mean
    for _ in range(1000):
        before = qty, reorder
        reorder = normal.inv_cdf(1 - qty * holding / (backorder * demand))
        short = normal_loss(reorder, mean, deviation)
        qty = math.sqrt(2 * demand * (fixed + backorder * short) / holding)
        if abs(qty - before[0]) + abs(reorder - before[1]) < 1e-12 * qty:
            break
    short = normal_loss(reorder, mean, deviation)
    cost = holding * (reorder - mean + qty / 2) + (fixed + backorder * short) * demand / qty
    return ReorderLot(reorder, qty, cost)


def rq_cost(policy: tuple[float, float], fixed: float, holding: float, backorder: float,
            demand: float, sd: float, lead: float) -> float:  # fmt: skip
    """Cost a period of any (r, Q) under normal demand, exact (Zheng, *Management Science* 1992).

    (K D + integral from r to r + Q of h (y - mean) + (h + p) n(y)) / Q; `backorder` is per unit
    and period.
    """
    reorder, qty = policy
    mean, deviation = demand * lead, sd * math.sqrt(lead)
    top = reorder + qty
    over = ((top - mean) ** 2 - (reorder - mean) ** 2) / 2
    short = normal_loss_second(reorder, mean, deviation) - normal_loss_second(top, mean, deviation)
    return (fixed * demand + holding * over + (holding + backorder) * short) / qty


def rq_reorder(qty: float, holding: float, backorder: float, demand: float, sd: float,
               lead: float) -> float:  # fmt: skip
    """The best reorder point of a given lot: where r and r + Q cost the same rate."""
    mean, deviation = demand * lead, sd * math.sqrt(lead)

    def rate(level: float) -> float:
        short = normal_loss(level, mean, deviation)
        return holding * (level - mean) + (holding + backorder) * short

    # At the best base stock the rate is least: r lies below it, r + Q above.
    high = NormalDist(mean, deviation).inv_cdf(backorder / (holding + backorder))
    low = high - qty
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if rate(middle) > rate(middle + qty) else (low, middle)
    return (low + high) / 2


def rq_normal(fixed: float, holding: float, backorder: float, demand: float, sd: float,
              lead: float) -> ReorderLot:  # fmt: skip
    """(r,Q) of least exact cost under normal demand; the cost is convex in Q at its best r."""

    def cost(qty: float) -> float:
        reorder = rq_reorder(qty, holding, backorder, demand, sd, lead)
        return rq_cost((reorder, qty), fixed, holding, backorder, demand, sd, lead)

    base = eoq(fixed, holding, demand).qty
    low, high = base / 10, 10 * (base + sd * math.sqrt(lead))
    golden = (math.sqrt(5) - 1) / 2
    for _ in range(80):
        a, b = high - golden * (high - low), low + golden * (high - low)
        low, high = (low, b) if cost(a) < cost(b) else (a, high)
    qty = (low + high) / 2
    return ReorderLot(rq_reorder(qty, holding, backorder, demand, sd, lead), qty, cost(qty))


def rq_poisson(
    fixed: float, holding: float, backorder: float, demand: float, lead: float
) -> ReorderLot:
    """(r,Q) for Poisson demand, exact; `backorder` per unit and period (Federgruen & Zheng)."""
    mean = demand * lead

    def rate(level: int) -> float:
        short = poisson_loss(level, mean) if level >= 0 else mean - level
        return holding * (level - mean + short) + backorder * short

    low = high = max(range(int(mean + 12 * math.sqrt(mean + 1)) + 2), key=lambda y: -rate(y))
    total, qty = fixed * demand + rate(low), 1
    best = total
    while True:
        below, above = rate(low - 1), rate(high + 1)
        step = min(below, above)
        if step >= best:
            return ReorderLot(low - 1, qty, best)
        low, high = (low - 1, high) if below <= above else (low, high + 1)
        total, qty = total + step, qty + 1
        best = total / qty


def ss_poisson(
    fixed: float, holding: float, backorder: float, demand: float, lead: int = 0
) -> ReorderUpTo:
    """(s,S) for periodic review and Poisson demand, exact by Zheng & Federgruen's search."""
    return _zheng_federgruen(
        _poisson_renewal(fixed, holding, backorder, demand, lead), round(demand * (lead + 1))
    )


def ss_poisson_cost(policy: tuple[int, int], fixed: float, holding: float, backorder: float,
                    demand: float, lead: int = 0) -> float:  # fmt: skip
    """Cost a period of any whole (s, S) under Poisson demand, exact."""
    return _poisson_renewal(fixed, holding, backorder, demand, lead).cost(*policy)


def _poisson_renewal(
    fixed: float, holding: float, backorder: float, demand: float, lead: int
) -> _Renewal:
    over = demand * (lead + 1)

    def one(level: int) -> float:
        short = poisson_loss(level, over) if level >= 0 else over - level
        return holding * (level - over + short) + backorder * short

    return _Renewal(fixed, one, lambda k: poisson_pmf(k, demand))


def ss_power(
    fixed: float, holding: float, backorder: float, mean: float, sd: float, lead: float = 0.0
) -> tuple[float, float]:
    """(s, S) by the revised power approximation (Ehrhardt & Mosier, *Management Science* 30, 1984).

    A quick first guess for any demand of this mean and deviation a period; Snyder & Shen 4.4.
    """
    over, deviation = mean * (lead + 1), sd * math.sqrt(lead + 1)
    qty = 1.3 * mean**0.494 * (fixed / holding) ** 0.506 * (1 + (deviation / mean) ** 2) ** 0.116
    z = math.sqrt(qty * holding / (deviation * backorder))
    reorder = 0.973 * over + deviation * (0.183 / z + 1.063 - 2.192 * z)
    return reorder, reorder + qty


class _Renewal:
    """Costs of (s, S): how often each position is visited between two orders."""

    def __init__(
        self, fixed: float, one: Callable[[int], float], pmf: Callable[[int], float]
    ) -> None:
        self.fixed, self.one, self._pmf = fixed, one, pmf
        self._known, self._visits = [pmf(0)], [1 / (1 - pmf(0))]

    def cost(self, s: int, big: int) -> float:
        """Cost a period of ordering up to `big` at or below `s`."""
        while len(self._visits) < big - s:
            j = len(self._visits)
            self._known.append(self._pmf(j))
            total = math.fsum(self._known[k] * self._visits[j - k] for k in range(1, j + 1))
            self._visits.append(total / (1 - self._known[0]))
        periods = math.fsum(self._visits[: big - s])
        held = math.fsum(self._visits[j] * self.one(big - j) for j in range(big - s))
        return (self.fixed + held) / periods


def _zheng_federgruen(costs: _Renewal, start: int) -> ReorderUpTo:
    """The published search from the position of least one-period cost."""
    one, cost = costs.one, costs.cost
    base = start
    while one(base + 1) < one(base):
        base += 1
    while one(base - 1) < one(base):
        base -= 1
    big, s = base, base - 1
    while cost(s, big) > one(s):
        s -= 1
    best, chosen = cost(s, big), big
    big += 1
    while one(big) <= best:
        if cost(s, big) < best:
            chosen = big
            while cost(s, chosen) <= one(s + 1):
                s += 1
            best = cost(s, chosen)
        big += 1
    return ReorderUpTo(s, chosen, best)
