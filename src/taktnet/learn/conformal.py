"""Quantiles from the errors a method really made, adapted as coverage is seen.

Split conformal prediction (Vovk, Gammerman & Shafer 2005; Lei et al. 2018) on errors over their
expected deviation, shared by all series of a panel; the level follows what was covered (adaptive
conformal inference, Gibbs & Candès 2021). No distribution is assumed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from taktnet.learn.panel import Floats, Ints
from taktnet.learn.spread import quantile
from taktnet.learn.trial import Trial, known

#: How far one origin's miss moves the level.
GAMMA = 0.1


@dataclass(frozen=True, slots=True)
class Bound:
    """One quantile at every origin of a backtest, and what it takes to say it again.

    `upper` is (series, origins). With `score` (in expected deviations) the next is mean + score *
    deviation, by `parametric` without one.
    """

    upper: Floats
    score: float | None


def parametric(trial: Trial, name: str, level: float, whole: bool) -> Bound:
    """Negative binomial for whole units, gamma else."""
    return Bound(quantile(trial.means[name], trial.variances[name], level, whole), None)


def adaptive(trial: Trial, name: str, level: float, whole: bool) -> Bound:
    """Adaptive conformal quantiles; parametric while too few errors are known."""
    mean, variance = trial.means[name], trial.variances[name]
    deviation = np.sqrt(np.maximum(variance, 1e-12))
    scores = (trial.actual - mean) / deviation
    upper, used = parametric(trial, name, level, whole).upper, level
    heard = 0
    for j, origin in enumerate(trial.origins):
        seen = known(trial.origins, trial.span, int(origin))
        for k in range(heard, seen):
            used = _moved(used, level, trial.actual[:, k], upper[:, k])
        heard = seen
        score = _score(scores[:, :seen], used)
        if score is not None:
            upper[:, j] = rounded(mean[:, j] + score * deviation[:, j], whole)
    for k in range(heard, len(trial.origins)):
        used = _moved(used, level, trial.actual[:, k], upper[:, k])
    return Bound(upper, _score(scores, used))


def rounded(upper: Floats, whole: bool) -> Floats:
    """A bound of demand: not below 0, whole units where demand is."""
    upper = np.maximum(upper, 0.0)
    return np.ceil(np.round(upper, 6)) if whole else upper


def _moved(used: float, level: float, actual: Floats, upper: Floats) -> float:
    judged = np.isfinite(actual) & np.isfinite(upper)
    if not judged.any():
        return used
    missed = float((actual[judged] > upper[judged]).mean())
    return min(0.9999, max(0.0001, used + GAMMA * (missed - (1 - level))))


def _score(scores: Floats, level: float) -> float | None:
    """The score that covers the level of the known ones, with one more to come."""
    flat = np.sort(scores[np.isfinite(scores)])
    rank = math.ceil((len(flat) + 1) * level)
    return None if not len(flat) or rank > len(flat) or rank < 1 else float(flat[rank - 1])


def coverage(trial: Trial, upper: Floats, rows: Ints) -> tuple[float, int] | None:
    """Share of outcomes at or below the bound, and how many there were; None without any."""
    actual, bound = trial.actual[rows], upper[rows]
    judged = np.isfinite(actual) & np.isfinite(bound)
    if not judged.any():
        return None
    return float((actual[judged] <= bound[judged]).mean()), int(judged.sum())
