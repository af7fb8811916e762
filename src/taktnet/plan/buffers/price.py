"""What a stage's safety stock costs for every net replenishment time.

Fixed times: Graves & Willems (2000), k sigma sqrt(SI + T - S). Random times: Humair, Ruark, Tomlin
& Willems, *Interfaces* 43(5), 2013. With X = SI + T - S, mean demand mu and deviation sigma, the
base stock is mu E[X+] + k sqrt(sigma^2 E[X+] + mu^2 Var[X+]); what arrives before it is due adds
the early-arrival stock mu E[X-].
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from taktnet.plan.buffers.convolve import FAR
from taktnet.plan.buffers.links import Links
from taktnet.plan.buffers.stage import Stage, distribution


@dataclass(frozen=True, slots=True)
class Want:
    """Demand that reaches each stage through all paths: arrays (n,) per period.

    `mean`; `spread` k sigma, the root of the sum over end items of (paths k sigma)^2; and `pull`
    k mu, the sum of paths k mu, which random times multiply.
    """

    mean: np.ndarray
    spread: np.ndarray
    pull: np.ndarray


def want(rows: Sequence[Stage], links: Links) -> Want:
    """Sum the end items' demand over all paths downstream."""
    ends = [i for i, s in enumerate(rows) if s.demand_sd > 0 or s.demand_mean > 0]
    paths = links.paths(np.array(ends, np.int64))
    factor = np.array([rows[i].factor for i in ends], float)
    mean = np.array([rows[i].demand_mean for i in ends], float)
    size = factor * np.array([rows[i].demand_sd for i in ends], float)
    return Want(paths @ mean, np.sqrt(((paths * size) ** 2).sum(axis=1)), paths @ (mean * factor))


@dataclass(frozen=True, slots=True)
class Stock:
    """Arrays (n, K) by gap = SI + longest T - S in steps: E[X+] in periods, and safety stock."""

    covered: np.ndarray
    safety: np.ndarray


def stock(rows: Sequence[Stage], wants: Want, steps: int, scale: float) -> Stock:
    """Safety stock of every stage for every gap from 0 to `steps` - 1."""
    gaps = np.arange(steps) / scale
    covered = np.tile(gaps, (len(rows), 1))
    safety = np.outer(wants.spread, np.sqrt(gaps))
    for i, row in enumerate(rows):
        if row.times is None and row.time_sd <= 0:
            continue
        times, chances = distribution(row, scale)
        x = gaps[:, None] - (max(times) - np.array(times)) / scale
        late, early = np.maximum(x, 0.0), np.maximum(-x, 0.0)
        covered[i] = late @ chances
        variance = np.maximum(0.0, late**2 @ chances - covered[i] ** 2)
        bound = wants.spread[i] ** 2 * covered[i] + wants.pull[i] ** 2 * variance
        safety[i] = np.sqrt(bound) + wants.mean[i] * (early @ chances)
    return Stock(covered, safety)


def table(rows: Sequence[Stage], stocks: Stock, held: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Yearly cost by gap (n, K), FAR where no stock may be kept; and whether each is concave."""
    price = held[:, None] * stocks.safety
    concave = np.array([s.times is None and s.time_sd <= 0 and s.keeps_stock for s in rows])
    for i, row in enumerate(rows):
        if not row.keeps_stock:
            price[i, 1:] = FAR
    return price, concave


def expected_time(row: Stage) -> float:
    """The stage's mean time in periods."""
    if row.times is None:
        return row.time
    return math.fsum(t * p for t, p in row.times) / math.fsum(p for _, p in row.times)
