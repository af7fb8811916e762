"""Classes of demand by how often and how evenly it comes; they only preselect methods.

Syntetos, Boylan & Croston 2005: mean interval between demands (ADI) against 1.32, squared
coefficient of variation of the sizes (CV2) against 0.49. Season and trend are told by the tests of
the M4 competition's benchmark (Makridakis, Spiliotis & Assimakopoulos 2020) and of Mann 1945.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from taktnet.learn.panel import Floats

Pattern = Literal["smooth", "erratic", "intermittent", "lumpy", "none"]
ADI_CUT, CV2_CUT = 1.32, 0.49
#: Quantile of the two-sided 90 % test, as in the M4 benchmark.
_SURE = 1.645


@dataclass(frozen=True, slots=True)
class Shape:
    """What a history looks like. `adi` is periods per demand, `cv2` of the demands' sizes."""

    pattern: Pattern
    adi: float
    cv2: float
    seasonal: bool
    trended: bool


def shape(history: Floats, season: int) -> Shape:
    """The shape of one history; "none" without any demand."""
    sizes = history[history > 0]
    if not len(sizes):
        return Shape("none", math.inf, 0.0, False, False)
    adi = len(history) / len(sizes)
    cv2 = float(sizes.var() / sizes.mean() ** 2)
    often, even = adi < ADI_CUT, cv2 < CV2_CUT
    pattern: Pattern = (
        ("smooth" if even else "erratic") if often else ("intermittent" if even else "lumpy")
    )
    return Shape(pattern, adi, cv2, is_seasonal(history, season), often and is_trended(history))


def is_seasonal(history: Floats, season: int) -> bool:
    """Whether the autocorrelation at the season stands out; needs three seasons."""
    n = len(history)
    if season < 2 or n < 3 * season:
        return False
    x = history - history.mean()
    total = float(x @ x)
    if total <= 0:
        return False
    lags = [float(x[k:] @ x[:-k]) / total for k in range(1, season + 1)]
    limit = _SURE * math.sqrt((1 + 2 * math.fsum(r * r for r in lags[:-1])) / n)
    return lags[-1] > limit


def is_trended(history: Floats) -> bool:
    """Whether values rise or fall more often than chance would have it (Mann-Kendall)."""
    n = len(history)
    if n < 8:
        return False
    rising = math.fsum(float(np.sign(history[i + 1 :] - history[i]).sum()) for i in range(n - 1))
    _, ties = np.unique(history, return_counts=True)
    tied = float((ties * (ties - 1) * (2 * ties + 5)).sum())
    variance = (n * (n - 1) * (2 * n + 5) - tied) / 18
    return variance > 0 and abs(rising) > 1.96 * math.sqrt(variance)
