"""How far demand over a lead time strays from its forecast, and the quantiles that follow.

Counts are negative binomial (their mean and variance given; Poisson at the limit), everything else
is gamma. The variance begins at the dispersion of the history, lent by the series beside it, and
moves to the squared errors that a method has made since.
"""

# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# Its library has no types.
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from taktnet.learn.panel import Floats, Panel

#: Demands of its own after which a series counts as much as its panel; begins as known periods.
LENT = 2.0
#: Lead times of errors after which they weigh as much as the history's dispersion.
TRUSTED = 4.0


def counted(values: Floats) -> bool:
    """Whether all demand is whole units."""
    return bool(np.all(values == np.rint(values)))


@dataclass(frozen=True, slots=True)
class Dispersion:
    """Variance over mean of a period's demand per series, and the rate that nobody can exclude.

    `least` is one demand more in one period more (the rule of succession): a history without
    demand still leaves some doubt.
    """

    ratio: Floats
    least: Floats

    def variance(self, mean: Floats, span: int) -> Floats:
        """The variance of a span's demand around its forecast, before any error is known."""
        return self.ratio * np.maximum(mean, span * self.least)


def dispersion(panel: Panel, until: int) -> Dispersion:
    """The dispersion seen before `until`, each series lent some of the panel's.

    The more demands a series has, the less it borrows (credibility, Bühlmann 1967).
    """
    begun = np.arange(until)[None, :] >= panel.first[:, None]
    x = np.where(begun, panel.values[:, :until], 0.0)
    length, count, total = begun.sum(axis=1), np.count_nonzero(x, axis=1), x.sum(axis=1)
    mean = np.divide(total, length, out=np.zeros(len(x)), where=length > 0)
    squares = np.where(begun, (x - mean[:, None]) ** 2, 0.0).sum(axis=1)
    variance = squares / np.maximum(length - 1, 1)
    shared = variance.sum() / mean.sum() if total.any() else 1.0
    own = np.divide(variance, mean, out=np.full_like(mean, shared), where=mean > 0)
    size = total.sum() / max(1, count.sum())
    sizes = np.divide(total, count, out=np.full_like(mean, size), where=count > 0)
    return Dispersion((count * own + LENT * shared) / (count + LENT), sizes / (length + 1))


def quantile(mean: ArrayLike, variance: ArrayLike, level: ArrayLike, whole: bool) -> Floats:
    """The quantile of demand with this mean and variance; `whole` rounds up to units.

    Negative binomial for counts that spread more than Poisson, else gamma; 0 without demand.
    """
    from scipy import special, stats

    m, v, q = np.broadcast_arrays(
        np.asarray(mean, float), np.asarray(variance, float), np.asarray(level, float)
    )
    out = np.where(np.isnan(m), np.nan, np.maximum(m, 0.0))
    wide = (m > 0) & (v > m) & whole & (m < 1e5)
    p = m[wide] / v[wide]
    out[wide] = stats.nbinom.ppf(q[wide], m[wide] * p / (1 - p), p)
    rest = (m > 0) & ~wide & (v > 1e-12 * m * m)
    form = m[rest] ** 2 / v[rest]
    out[rest] = special.gammaincinv(form, q[rest]) * m[rest] / form
    return np.ceil(np.round(out, 6)) if whole else out


def learnt(prior: Floats, squares: Floats, span: int) -> Floats:
    """Variance of the span's demand after seeing squared errors (series, origins); NaN is none.

    Overlapping spans say little new: `span` of them count as one.
    """
    known = np.isfinite(squares)
    weight = known.sum(axis=1) / span
    total = np.where(known, squares, 0.0).sum(axis=1) / span
    return (TRUSTED * prior + total) / (TRUSTED + weight)
