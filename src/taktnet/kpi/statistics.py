"""Sample statistics with their conventions stated: n - 1, type-7 quantiles, Kaplan-Meier."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from taktnet.kpi.exact import Ints

_ROUNDING = 1e-12  # of a product of shares, so that a share of exactly p is reached


def mean(values: Sequence[int]) -> Fraction | None:
    """Arithmetic mean, exactly; None without values."""
    return Fraction(sum(values), len(values)) if values else None


def variance(values: Sequence[int], less: int = 1) -> Fraction | None:
    """Sum of squared deviations / (n - less), exactly; None with fewer than 1 + less values."""
    n = len(values)
    if n < 1 + less:
        return None
    total = sum(values)
    return Fraction(n * sum(v * v for v in values) - total * total, n * (n - less))


def root(square: Fraction | None) -> float | None:
    """Square root as a float; None stays None."""
    return None if square is None else math.sqrt(square)


def quantile(values: Sequence[int], p: Fraction) -> Fraction | None:
    """Type-7 quantile (Hyndman and Fan 1996): linear between order statistics, exactly."""
    if not values:
        return None
    ordered = sorted(values)
    place = (len(ordered) - 1) * p
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def kaplan_meier(entry: Ints, span: Ints, event: Ints, p: Fraction) -> int | None:
    """Smallest duration by which a share `p` is over, with censoring and delayed entry.

    `span` is each duration so far, `event` 1 where it is over and 0 where it still runs, `entry`
    the age at which it came under observation (Kaplan and Meier 1958; Klein and Moeschberger
    4.6 for delayed entry). None where the estimate does not come that far.
    """
    times, over = np.unique(span[event == 1], return_counts=True)
    entered = np.searchsorted(np.sort(entry), times, side="left")
    left = np.searchsorted(np.sort(span), times, side="left")
    surviving = np.cumprod(1 - over / (entered - left))
    reached = np.flatnonzero(surviving <= float(1 - p) + _ROUNDING)
    return int(times[reached[0]]) if len(reached) else None


def split_variance(groups: Sequence[Sequence[int]]) -> tuple[Fraction, Fraction] | None:
    """(within, between) parts of the variance with divisor n: the law of total variance.

    within = sum n_g var_g / n, between = sum n_g (mean_g - mean)^2 / n; their sum is the pooled
    variance. None without values.
    """
    groups = [g for g in groups if g]
    n = sum(len(g) for g in groups)
    if not n:
        return None
    centre = Fraction(sum(sum(g) for g in groups), n)
    within, between = Fraction(0), Fraction(0)
    for g in groups:
        own = Fraction(sum(g), len(g))
        within += sum(v * v for v in g) - len(g) * own * own
        between += len(g) * (own - centre) ** 2
    return within / n, between / n
