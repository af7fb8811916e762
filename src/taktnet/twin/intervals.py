"""Confidence intervals of means and of paired differences (Student's t)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean with the interval that covers the true one with a probability of `level`.

    `half` is half of its width, infinite for fewer than two values; `n` how many there were. A
    replication without data does not count; `mean` is nan when there is none. `enough` is how
    many values it takes for the level to hold with values as skew as these: 25 times the squared
    skewness (Cochran, "Sampling Techniques", 3rd ed. 1977, section 2.15).
    """

    mean: float
    half: float
    n: int
    level: float = 0.95
    enough: float = 0.0

    @property
    def low(self) -> float:
        """The lower end."""
        return self.mean - self.half

    @property
    def high(self) -> float:
        """The upper end."""
        return self.mean + self.half

    @property
    def clear(self) -> bool:
        """Whether the interval leaves 0 out."""
        return self.low > 0 or self.high < 0

    @property
    def doubtful(self) -> bool:
        """Whether the values are too skew, or too few, for the level to hold."""
        return self.n < 2 or self.n < self.enough

    def to_json(self) -> dict[str, float | int | bool | None]:
        """Plain values; what is not a finite number is None."""
        return {"mean": plain(self.mean), "low": plain(self.low), "high": plain(self.high),
                "n": self.n, "level": self.level, "doubtful": self.doubtful}  # fmt: skip


def plain(value: float) -> float | None:
    """A number that JSON has, or None."""
    return float(value) if math.isfinite(value) else None


def interval(values: np.ndarray, level: float = 0.95) -> Interval:
    """The t interval of the mean of independent values."""
    kept = values[np.isfinite(values)]
    n = len(kept)
    if n == 0:
        return Interval(math.nan, math.inf, 0, level)
    mean = float(kept.mean())
    if n == 1:
        return Interval(mean, math.inf, 1, level)
    spread = float(kept.std(ddof=1))
    if spread <= 1e-12 * abs(mean):
        return Interval(mean, 0.0, n, level)
    half = t_quantile((1 + level) / 2, n - 1) * spread / math.sqrt(n)
    skew = float((((kept - mean) / spread) ** 3).mean())
    return Interval(mean, half, n, level, 25 * skew * skew)


def t_quantile(p: float, freedom: int) -> float:
    """The quantile of Student's t distribution: t(0.975, 10) = 2.228."""
    from scipy.special import stdtrit  # pyright: ignore[reportMissingTypeStubs]

    return float(stdtrit(freedom, p))


def t_above(x: float, freedom: int) -> float:
    """The probability that a t variable exceeds x."""
    from scipy.special import stdtr  # pyright: ignore[reportMissingTypeStubs]

    return float(stdtr(freedom, -x))


def t_loss(x: float, freedom: int) -> float:
    """E[max(0, T - x)] of a t variable: (f + x^2) / (f - 1) * density(x) - x * P(T > x).

    The standardised expected opportunity cost of Branke, Chick and Schmidt, "Selecting a
    selection procedure", Management Science 53 (2007), 1916-1932. Infinite for one degree of
    freedom.
    """
    if freedom <= 1:
        return math.inf
    f = freedom
    log = math.lgamma((f + 1) / 2) - math.lgamma(f / 2) - 0.5 * math.log(f * math.pi)
    density = math.exp(log - (f + 1) / 2 * math.log1p(x * x / f))
    return max(0.0, (f + x * x) / (f - 1) * density - x * t_above(x, f))
