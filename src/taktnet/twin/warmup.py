"""Where a cold start has settled: the rule MSER-5.

White, "An effective truncation heuristic for bias reduction in simulation output", Simulation 69
(1997), 323-334, in batches of five as by White, Cobb and Spratt, Proc. Winter Simulation
Conference 2000, 755-760.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

BATCH = 5


@dataclass(frozen=True, slots=True)
class Cut:
    """How many observations of a series are left out, of how many.

    `settled` is False when the least error lies at the end of what was searched, the first half:
    the series is too short to tell.
    """

    observations: int
    of: int
    settled: bool


def mser(series: np.ndarray, batch: int = BATCH) -> Cut:
    """The cut that makes the standard error of the mean of what is left least.

    With batch means Y_1..Y_n the cut is d* = argmin over d <= n / 2 of
    sum over i > d of (Y_i - mean)^2 / (n - d)^2, in batches. Observations after the last whole
    batch are not looked at.
    """
    n = len(series) // batch
    if n < 4:
        return Cut(0, len(series), settled=False)
    means = np.asarray(series, float)[: n * batch].reshape(n, batch).mean(1)
    means = means - means.mean()  # sums of squares keep their digits
    counts = np.arange(n, 0, -1)
    sums, squares = np.cumsum(means[::-1])[::-1], np.cumsum(means[::-1] ** 2)[::-1]
    errors = np.maximum(0.0, squares - sums**2 / counts) / counts.astype(float) ** 2
    half = n // 2
    cut = int(np.argmin(errors[: half + 1]))
    return Cut(cut * batch, len(series), settled=cut < half)
