"""Safety stock and service of one stocking point.

Sources: Snyder & Shen, chapters 4 and 5; Chopra & Meindl; methods D1 and D2. All of demand and
lead time must be in the same bucket; sigma over L buckets grows by sqrt(L) only for independent
buckets. z is the normal quantile of the cycle service level.
"""

# ruff: noqa: PLR0917 - formulas take their symbols in the order of the books
from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

from taktnet.base.exact import ceil, exact

_NORMAL = NormalDist()
#: From so many receipts on the empirical lead-time demand is preferred to the normal formula.
ENOUGH = 30


def quantile(level: float) -> float:
    """z of a cycle service level; raises ValueError unless 0 < level < 1."""
    if not 0 < level < 1:
        raise ValueError("a service level lies between 0 and 1; 1 would take endless stock")
    return _NORMAL.inv_cdf(level)


def lead_time_sd(demand_mean: float, demand_sd: float, lead_mean: float, lead_sd: float) -> float:
    """Deviation of demand over the lead time: sqrt(L sigma_d^2 + d^2 sigma_L^2)."""
    return math.sqrt(lead_mean * demand_sd**2 + (demand_mean * lead_sd) ** 2)


def safety_stock(z: float, demand_mean: float, demand_sd: float, lead_mean: float,
                 lead_sd: float = 0.0, review: float = 0.0) -> float:  # fmt: skip
    """SS = z sqrt((L + T) sigma_d^2 + d^2 sigma_L^2), T the review interval (D1)."""
    return z * lead_time_sd(demand_mean, demand_sd, lead_mean + review, lead_sd)


def reorder_point(
    demand_mean: float, lead_mean: float, safety: float, review: float = 0.0
) -> float:
    """d (L + T) + SS, at least 0."""
    return max(0.0, demand_mean * (lead_mean + review) + safety)


@dataclass(frozen=True, slots=True)
class ReorderPoints:
    """The reorder point by the normal formula and by what was observed; `chosen` is the rule's."""

    normal: float
    empirical: float | None
    samples: int

    @property
    def chosen(self) -> float:
        """The observed one from ENOUGH receipts on: for levels not far above 50 % the normal
        formula gets the effect of lead-time variance wrong (Chopra, Reinhardt & Dada 2004)."""
        return self.normal if self.empirical is None else self.empirical


def reorder_points(level: float, lead_time_demand: Sequence[float]) -> ReorderPoints:
    """Both reorder points for a cycle service level from observed demands over a lead time."""
    n = len(lead_time_demand)
    if n < 2:
        raise ValueError("two observed lead-time demands are the least")
    mean = math.fsum(lead_time_demand) / n
    sd = math.sqrt(math.fsum((x - mean) ** 2 for x in lead_time_demand) / (n - 1))
    ordered = sorted(lead_time_demand)
    observed = ordered[ceil(exact(level) * n) - 1] if n >= ENOUGH else None
    return ReorderPoints(max(0.0, mean + quantile(level) * sd), observed, n)


def pooled(sds: Sequence[float], z: float, lead: float) -> tuple[float, float]:
    """Safety stock kept apart and pooled, for independent demands of deviation `sds`."""
    apart = z * math.fsum(sds) * math.sqrt(lead)
    return apart, z * math.sqrt(math.fsum(s * s for s in sds) * lead)


def unit_loss(z: float) -> float:
    """Standard normal loss G(z) = phi(z) - z (1 - Phi(z)); exact in both tails."""
    upper = 0.5 * math.erfc(z / math.sqrt(2))
    return math.exp(-z * z / 2) / math.sqrt(2 * math.pi) - z * upper


def normal_loss(x: float, mean: float, sd: float) -> float:
    """E[(X - x)+] of a normal X."""
    return sd * unit_loss((x - mean) / sd) if sd > 0 else max(0.0, mean - x)


def normal_loss_second(x: float, mean: float, sd: float) -> float:
    """The integral of the normal loss from x up: E[((X - x)+)^2] / 2."""
    if sd <= 0:
        return max(0.0, mean - x) ** 2 / 2
    z = (x - mean) / sd
    upper = _NORMAL.cdf(-z)
    return sd * sd * ((z * z + 1) * upper - z * _NORMAL.pdf(z)) / 2


def poisson_loss(x: int, mean: float) -> float:
    """E[(X - x)+] of a Poisson X: (mean - x)(1 - F(x)) + mean f(x)."""
    return (mean - x) * (1 - poisson_cdf(x, mean)) + mean * poisson_pmf(x, mean)


def poisson_pmf(x: int, mean: float) -> float:
    """P(X = x); 0 below 0."""
    if x < 0:
        return 0.0
    return math.exp(x * math.log(mean) - mean - math.lgamma(x + 1)) if mean > 0 else float(x == 0)


def poisson_cdf(x: int, mean: float) -> float:
    """P(X <= x)."""
    return min(1.0, math.fsum(poisson_pmf(k, mean) for k in range(x + 1)))


def cycle_service(reorder: float, mean: float, sd: float) -> float:
    """Share of cycles without a stock-out: Phi((ROP - mean) / sd) of lead-time demand."""
    return _NORMAL.cdf((reorder - mean) / sd) if sd > 0 else float(reorder >= mean)


def fill_rate(
    reorder: float,
    qty: float,
    mean: float,
    sd: float,
    *,
    lost_sales: bool = False,
    tail: bool = False,
) -> float:
    """Share of demand met from stock: 1 - ESC/Q, or 1 - ESC/(Q + ESC) when sales are lost (D2).

    ESC counts what was short already when the order was placed once more; with `tail` that part,
    E[(X - r - Q)+], is taken off, which matters where backlogs outlive a cycle.
    """
    short = normal_loss(reorder, mean, sd)
    if tail:
        short -= normal_loss(reorder + qty, mean, sd)
    return 1 - short / (qty + short if lost_sales else qty)


def undershoot(mean: float, sd: float) -> float:
    """How far below the reorder point the position is, on average, when the order goes out.

    For demand in pieces of this mean and deviation, (sd^2 + mean^2) / (2 mean), by renewal theory;
    add it to the demand over the lead time where demand is lumpy or stock is reviewed seldom.
    """
    return (sd * sd + mean * mean) / (2 * mean) if mean > 0 else 0.0


def safety_for_fill_rate(target: float, qty: float, sd: float) -> float:
    """The safety stock at which 1 - ESC/Q reaches the target; below 0 for large lots."""
    if not 0 < target < 1:
        raise ValueError("a fill rate lies between 0 and 1")
    if sd <= 0:
        return 0.0
    wanted = (1 - target) * qty / sd
    low, high = -(wanted + 10), 40.0
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if unit_loss(middle) > wanted else (low, middle)
    return sd * (low + high) / 2
