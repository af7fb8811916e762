"""Stock along a line of stages when service is random: Clark-Scarf, exact on a grid.

Sources: Clark & Scarf, *Management Science* 6(4), 1960; Shang & Song, *Management Science* 49(5),
2003 (bounds); Rosling, *Operations Research* 37(4), 1989 (assembly); Snyder & Shen 6.2. Stage 0
serves the customer and the last stage buys outside. Symbols: h echelon holding cost, L lead time,
p backorder cost, all per unit and period; levels are echelon base stocks.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from taktnet.plan.inventory.service import poisson_cdf, poisson_pmf

#: Grid points per deviation of one period's demand, and the most points in all.
FINE, MOST = 64, 1 << 16
#: Deviations of the total lead-time demand that the grid covers to both sides.
WIDE = 9.0


@dataclass(frozen=True, slots=True)
class Demand:
    """Demand of one period, independent between periods; `sd` None makes it Poisson.

    With `sd` it is normal, or `uniform` between mean -+ sqrt(3) sd: then times are whole periods.
    """

    mean: float
    sd: float | None = None
    uniform: bool = False

    def __post_init__(self) -> None:
        if self.uniform and not self.sd:
            raise ValueError("uniform demand has a deviation above zero")

    def over(self, periods: float) -> tuple[float, float]:
        """Mean and deviation over some periods."""
        variance = self.mean if self.sd is None else self.sd**2
        return self.mean * periods, math.sqrt(variance * periods)

    def quantile(self, level: float, periods: float) -> float:
        """The least demand over `periods` not exceeded with probability `level`."""
        mean, sd = self.over(periods)
        if self.uniform and sd > 0:
            step = sd / FINE
            first, weight = self.chances(periods, step)
            return step * (first + int(np.searchsorted(np.cumsum(weight), level)))
        if self.sd is not None:
            return NormalDist(mean, sd).inv_cdf(level) if sd > 0 else mean
        x = 0
        while poisson_cdf(x, mean) < level:
            x += 1
        return float(x)

    def chances(self, periods: float, step: float) -> tuple[int, np.ndarray]:
        """Chances of demand over `periods` on the grid, and the grid point of the first.

        The normal density is summed by the rectangle rule, which for a smooth density errs by
        less than floats do; uniform periods are folded one by one.
        """
        mean, sd = self.over(periods)
        if self.sd is None:
            last = math.ceil((mean + WIDE * sd) / step) + 30
            return 0, np.array([poisson_pmf(k, mean) for k in range(last + 1)])
        if self.uniform:
            return self._folded(int(periods), step)
        first, last = math.floor((mean - WIDE * sd) / step), math.ceil((mean + WIDE * sd) / step)
        return first, np.exp(-0.5 * ((np.arange(first, last + 1) * step - mean) / sd) ** 2)

    def _folded(self, periods: int, step: float) -> tuple[int, np.ndarray]:
        """Sums of uniform periods: each grid point has the length of its cell that is covered."""
        assert self.sd is not None
        half = math.sqrt(3) * self.sd
        first, last = (round((self.mean + side * half) / step) for side in (-1, 1))
        edge = (np.arange(first, last + 2) - 0.5) * step
        one = np.diff(np.clip(edge, self.mean - half, self.mean + half))
        one *= 1.0 / one.sum()
        weight = one
        for _ in range(periods - 1):
            weight = np.convolve(weight, one)
        return first * periods, weight


@dataclass(frozen=True, slots=True)
class Line:
    """Echelon base stocks from the customer upstream, and the cost a period they lead to."""

    levels: tuple[float, ...]
    cost: float

    @property
    def local(self) -> tuple[float, ...]:
        """Local base stocks: each stage's echelon level less that of the stage it serves."""
        lowest = np.minimum.accumulate(np.array(self.levels)[::-1])[::-1]
        return tuple(float(x) for x in np.diff(lowest, prepend=0.0))


def serial(
    holding: Sequence[float],
    lead: Sequence[float],
    backorder: float,
    demand: Demand,
    levels: Sequence[float] | None = None,
) -> Line:
    """Best echelon base stocks of a line, or the cost of the given `levels`.

    The recursion C_j(y) = E[h_j (y - D_j) + C_{j-1}(min(S_{j-1}, y - D_j))], D_j demand over L_j,
    starts from (p + sum h) x-. Raises ValueError for costs or times that are not positive.
    """
    _check(holding, lead, backorder, demand)
    x = _grid(sum(lead), demand, levels)
    below = (backorder + sum(holding)) * np.maximum(-x, 0.0)
    found: list[float] = []
    cost = 0.0
    for j, (h, periods) in enumerate(zip(holding, lead, strict=True)):
        ahead = _expect(h * x + below, x, periods, demand)
        at = int(ahead.argmin()) if levels is None else int(np.abs(x - levels[j]).argmin())
        level, cost = float(x[at]), float(ahead[at])
        if levels is None and demand.sd is not None:
            level, cost = _vertex(x, ahead, at)
        elif levels is not None:
            cost = float(np.interp(levels[j], x, ahead))
        found.append(level)
        below = np.where(x <= level, ahead, cost)
    return Line(tuple(found if levels is None else levels), cost)


def bounds(holding: Sequence[float], lead: Sequence[float], backorder: float,
           demand: Demand) -> tuple[tuple[float, float], ...]:  # fmt: skip
    """Shang & Song's newsvendor bounds of every best echelon level, from the customer upstream.

    Both are quantiles of demand over L_1 + ... + L_j, at (p + sum_{i>j} h_i) over
    (p + sum_all h_i) and over (p + sum_{i>=j} h_i).
    """
    _check(holding, lead, backorder, demand)
    out: list[tuple[float, float]] = []
    for j in range(len(holding)):
        above = backorder + sum(holding[j + 1 :])
        periods = sum(lead[: j + 1])
        low = demand.quantile(above / (backorder + sum(holding)), periods)
        out.append((low, demand.quantile(above / (above + holding[j]), periods)))
    return tuple(out)


def shang_song(
    holding: Sequence[float], lead: Sequence[float], backorder: float, demand: Demand
) -> Line:
    """Levels halfway between the bounds, and their exact cost: two formulas a stage, no search."""
    ends = bounds(holding, lead, backorder, demand)
    middle = [(low + high) / 2 for low, high in ends]
    if demand.sd is None:
        middle = [float(math.floor(x)) for x in middle]
    return serial(holding, lead, backorder, demand, middle)


@dataclass(frozen=True, slots=True)
class Part:
    """A node of an assembly: what it goes into ("" for the end item), its lead time and cost.

    One unit goes into one unit of `into`; `holding` is the echelon cost of a unit and period.
    """

    into: str
    lead: float
    holding: float


def assembly(
    parts: Mapping[str, Part], backorder: float, demand: Demand
) -> tuple[dict[str, float], float]:
    """Echelon base stock of every part and the cost, by Rosling's equivalent line.

    Parts are ordered by the total lead time M to the customer; each stage of the line waits the
    difference to the one before, and parts of equal M share a stage.
    """
    total: dict[str, float] = {}

    def reach(name: str) -> float:
        if name not in total:
            part = parts[name]
            total[name] = math.inf  # stands while the way is followed, to notice a ring
            total[name] = part.lead + (reach(part.into) if part.into else 0.0)
        if math.isinf(total[name]):
            raise ValueError(f'"{name}" goes into itself')
        return total[name]

    if sum(not p.into for p in parts.values()) != 1:
        raise ValueError("an assembly has exactly one end item")
    times = sorted({reach(name) for name in parts})
    holding = [sum(p.holding for n, p in parts.items() if total[n] == t) for t in times]
    lead = [b - a for a, b in zip([0.0, *times], times, strict=False)]
    line = serial(holding, lead, backorder, demand)
    level = dict(zip(times, line.levels, strict=True))
    return {name: level[total[name]] for name in parts}, line.cost


def _check(
    holding: Sequence[float], lead: Sequence[float], backorder: float, demand: Demand
) -> None:
    if not holding or len(holding) != len(lead):
        raise ValueError("as many holding costs as lead times, at least one")
    if min(holding) <= 0 or backorder <= 0 or min(lead) < 0 or sum(lead) <= 0:
        raise ValueError("costs must be above zero, lead times not below and not all zero")
    if demand.uniform and any(periods != int(periods) for periods in lead):
        raise ValueError("uniform demand is summed over whole periods: lead times are whole")


def _grid(periods: float, demand: Demand, levels: Sequence[float] | None) -> np.ndarray:
    mean, sd = demand.over(periods)
    given = list(levels or [])
    low = min([-WIDE * sd - 1, *given]) - mean
    high = max([mean + WIDE * sd + 1, *given])
    if demand.sd is None:
        return np.arange(math.floor(low), math.ceil(high) + 1, dtype=float)
    step = max(demand.sd / FINE, (high - low) / MOST)
    return low + step * np.arange(math.ceil((high - low) / step) + 1)


def _expect(value: np.ndarray, x: np.ndarray, periods: float, demand: Demand) -> np.ndarray:
    """E[value(y - D)] on the grid; `value` goes on straight beyond both ends."""
    if periods == 0:
        return value
    first, weight = demand.chances(periods, float(x[1] - x[0]))
    last = first + len(weight) - 1
    weight /= weight.sum()
    n = len(x)
    left, right = max(last, 0), max(-first, 0)
    start = value[0] + (value[1] - value[0]) * np.arange(-left, 0)
    end = value[-1] + (value[-1] - value[-2]) * np.arange(1, right + 1)
    whole = np.concatenate([start, value, end])
    size = 1 << (len(whole) + len(weight) - 1).bit_length()
    mixed = np.fft.irfft(np.fft.rfft(whole, size) * np.fft.rfft(weight, size), size)
    return mixed[left - first : left - first + n]


def _vertex(x: np.ndarray, values: np.ndarray, at: int) -> tuple[float, float]:
    """The minimum of the parabola through the least grid point and its neighbours."""
    if not 0 < at < len(x) - 1:
        return float(x[at]), float(values[at])
    a, b, c = (float(v) for v in values[at - 1 : at + 2])
    bend = a - 2 * b + c
    shift = 0.5 * (a - c) / bend if bend > 0 else 0.0
    return float(x[at] + shift * (x[1] - x[0])), b - 0.125 * (a - c) ** 2 / bend if bend > 0 else b
