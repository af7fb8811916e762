"""Methods of one flat rate for many short series: exponential smoothing and its kin, compiled.

Sources: Brown 1959 (simple exponential smoothing, SES); Croston 1972; Syntetos & Boylan 2005 (SBA);
Teunter, Syntetos & Babai 2011 (TSB); Nikolopoulos et al. 2011 (ADIDA); Petropoulos & Kourentzes
2015 (IMAPA). Smoothing constants are the usual ones: 0.1 for Croston, SBA and TSB; chosen by least
squares within [0.1, 0.3] for ADIDA and IMAPA, within [0.01, 0.99] for SES.

All entries and what they call lie in this one file, so that the cache notices every change.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

#: Names in the order of their numbers in `rates`.
METHODS = ("mean", "window", "ses", "croston", "sba", "tsb", "adida", "imapa", "blend")
#: What "blend" averages: levels of different memory, whose errors partly cancel
#: (Bates & Granger 1969).
BLENDED = ("window", "ses", "imapa")

MEAN, WINDOW, SES, CROSTON, SBA, TSB, ADIDA, IMAPA, BLEND = range(9)
_GOLDEN = (math.sqrt(5.0) - 1.0) / 2.0
_CLOSE = 1e-7
_SMOOTH = 0.1


@njit(cache=True, nogil=True)
def _level(x: np.ndarray, alpha: float) -> float:
    """The level after the last value, begun at the first."""
    level = x[0]
    for i in range(len(x)):
        level += alpha * (x[i] - level)
    return level


@njit(cache=True, nogil=True)
def _squares(x: np.ndarray, alpha: float) -> float:
    """Sum of squared one-step errors."""
    level, total = x[0], 0.0
    for i in range(1, len(x)):
        level += alpha * (x[i - 1] - level)
        total += (x[i] - level) ** 2
    return total


@njit(cache=True, nogil=True)
def _best(x: np.ndarray, low: float, high: float) -> float:
    """The level with the constant of least squares in [low, high], by golden section."""
    if len(x) == 1:
        return x[0]
    left, right = high - (high - low) * _GOLDEN, low + (high - low) * _GOLDEN
    at_left, at_right = _squares(x, left), _squares(x, right)
    while high - low > _CLOSE and at_left != at_right:
        if at_left < at_right:
            high, right, at_right = right, left, at_left
            left = high - (high - low) * _GOLDEN
            at_left = _squares(x, left)
        else:
            low, left, at_left = left, right, at_right
            right = low + (high - low) * _GOLDEN
            at_right = _squares(x, right)
    return _level(x, (low + high) / 2)


@njit(cache=True, nogil=True)
def _sums(x: np.ndarray, size: int) -> np.ndarray:
    """Sums of whole buckets of `size`, the first values left over."""
    count = len(x) // size
    lost = len(x) - count * size
    out = np.zeros(count)
    for i in range(count):
        for j in range(size):
            out[i] += x[lost + i * size + j]
    return out


@njit(cache=True, nogil=True)
def _croston(x: np.ndarray) -> float:
    """Smoothed size over smoothed interval; the first interval counts from the start."""
    size, gap, before, seen = 0.0, 0.0, -1, False
    for i in range(len(x)):
        if x[i] > 0:
            if seen:
                size += _SMOOTH * (x[i] - size)
                gap += _SMOOTH * (i - before - gap)
            else:
                size, gap, seen = x[i], i - before, True
            before = i
    return size / gap if seen else 0.0


@njit(cache=True, nogil=True)
def _tsb(x: np.ndarray) -> float:
    """Smoothed size times smoothed probability, which sinks while nothing is wanted."""
    size, chance, seen = 0.0, 1.0 if x[0] > 0 else 0.0, False
    for i in range(len(x)):
        wanted = x[i] > 0
        chance += _SMOOTH * ((1.0 if wanted else 0.0) - chance)
        if wanted:
            size, seen = (size + _SMOOTH * (x[i] - size), True) if seen else (x[i], True)
    return size * chance


@njit(cache=True, nogil=True)
def _interval(x: np.ndarray) -> int:
    """The mean interval between demands, whole periods; 0 without demand."""
    last, count = -1, 0
    for i in range(len(x)):
        if x[i] > 0:
            last, count = i, count + 1
    return max(1, int(np.rint((last + 1) / count))) if count else 0


@njit(cache=True, nogil=True)
def _bucketed(x: np.ndarray, size: int) -> float:
    """The rate a period, smoothed on sums of `size` periods."""
    return _best(_sums(x, size), 0.1, 0.3) / size


@njit(cache=True, nogil=True)
def _imapa(x: np.ndarray) -> float:
    """The mean over all bucket sizes up to the mean interval."""
    most = _interval(x)
    total = 0.0
    for size in range(1, most + 1):
        total += _bucketed(x, size)
    return total / most if most else 0.0


@njit(cache=True, nogil=True)
def _rate(method: int, x: np.ndarray, window: int) -> float:  # noqa: PLR0911 - one a method
    if method == MEAN:
        return x.mean()
    if method == WINDOW:
        return x[max(0, len(x) - window) :].mean()
    if method == SES:
        return _best(x, 0.01, 0.99)
    if method == CROSTON:
        return _croston(x)
    if method == SBA:
        return (1 - _SMOOTH / 2) * _croston(x)
    if method == TSB:
        return _tsb(x)
    if method == ADIDA:
        size = _interval(x)
        return _bucketed(x, size) if size else 0.0
    if method == IMAPA:
        return _imapa(x)
    return (x[max(0, len(x) - window) :].mean() + _best(x, 0.01, 0.99) + _imapa(x)) / 3


@njit(cache=True, nogil=True)
def rates(
    method: int, values: np.ndarray, first: np.ndarray, until: int, window: int
) -> np.ndarray:
    """The rate a period of each series, seen from `until` (exclusive): shape (series,).

    `values` is (series, periods), `first` the period in which each begins; `window` the length of
    the moving average. NaN for a series that has not begun.
    """
    out = np.full(len(values), np.nan)
    for i in range(len(values)):
        if first[i] < until:
            out[i] = _rate(method, values[i, first[i] : until], window)
    return out
