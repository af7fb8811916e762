"""Finds the best of several options by sequential halving, with a stated error.

All options share the luck of a replication, so that pairs are compared. After each round half of
the options are left to run on; in the end replications go to the leader and to the rival that
could most likely be better, until the error asked for is reached. The error is that of the
posterior with no prior knowledge and normal differences, summed over all rivals (Bonferroni), so
that looking again after each round does not spoil it: PGS and EOC of Branke, Chick and Schmidt,
"Selecting a selection procedure", Management Science 53 (2007), 1916-1932. Differences up to an
indifference zone do not matter (Kim and Nelson, "A fully sequential procedure for
indifference-zone selection in simulation", ACM TOMACS 11 (2001), 251-273), so options that are
nearly the same do not keep the race going. Halving: Karnin, Koren and Somekh, "Almost optimal
exploration in multi-armed bandits", ICML 2013.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from taktnet.twin.intervals import t_above, t_loss

#: Runs replications `first` to `first + count - 1` of some options: for each option its costs, in
#: the order of the replications; nan where one was not run.
Evaluate = Callable[[Sequence[int], int, int], Sequence[np.ndarray]]


@dataclass(frozen=True, slots=True)
class Rules:
    """How long a race goes on.

    It begins with `first` replications of every option and gives none more than `most`; it ends
    when the probability that a rival is better by more than `indifference` is at most `error`.
    """

    first: int = 4
    most: int = 128
    error: float = 0.05
    indifference: float = 0.0


@dataclass(frozen=True, eq=False)
class Result:
    """The order of the options, the best first, and how sure it is.

    `values` are costs by option and replication, `rival` the probability that each option is
    truly better than the first by more than the zone, `apart` that it is better or worse by more,
    `loss` what is expected to be lost by taking the first instead of it. `error` and `lost` bound
    them for all rivals together.
    """

    order: tuple[int, ...]
    values: tuple[np.ndarray, ...]
    rival: tuple[float, ...]
    apart: tuple[float, ...]
    loss: tuple[float, ...]

    @property
    def error(self) -> float:
        """The most probable that another option is better than the first by more than the zone."""
        return min(1.0, sum(self.rival))

    @property
    def lost(self) -> float:
        """The most that is expected to be lost because another is better."""
        return sum(self.loss)


def race(evaluate: Evaluate, options: int, rules: Rules | None = None) -> Result:
    """Run options against one another; the lowest mean is best."""
    rule = rules or Rules()
    values = [np.zeros(0) for _ in range(options)]
    left = list(range(options))

    def more(who: Sequence[int], to: int) -> bool:
        """Bring options to so many replications; whether all of them were run."""
        whole = True
        for have in sorted({len(values[i]) for i in who}):
            some = [i for i in who if len(values[i]) == have]
            if have < to:
                for i, new in zip(some, evaluate(some, have, to - have), strict=True):
                    values[i] = np.concatenate([values[i], new])
                    whole = whole and bool(np.isfinite(new).any())
        return whole

    n = rule.first
    going = more(left, n)
    while going and len(left) > 2 and _result(values, rule).error > rule.error:
        left = _order(values, left)[: (len(left) + 1) // 2]
        n = min(2 * n, rule.most)
        going = more(left, n)
    while going:
        found = _result(values, rule)
        best = found.order[0]
        open_rivals = [i for i in found.order[1:] if len(values[i]) < rule.most]
        if found.error <= rule.error or not open_rivals:
            break
        rival = max(open_rivals, key=lambda i: found.rival[i])
        if found.rival[rival] <= rule.error / options:
            break
        going = more([best, rival], min(2 * max(len(values[rival]), rule.first), rule.most))
    return _result(values, rule)


def _order(values: Sequence[np.ndarray], who: Sequence[int]) -> list[int]:
    """Options by the mean over the replications that all of them have."""
    n = min(len(values[i]) for i in who)
    rows = np.array([values[i][:n] for i in who])
    shared = rows[:, np.isfinite(rows).all(0)]
    if shared.shape[1] == 0:
        return list(who)
    means = shared.mean(1)
    return [who[k] for k in np.argsort(means, kind="stable")]


def _result(values: Sequence[np.ndarray], rule: Rules) -> Result:
    """Who leads, and how sure that is."""
    best = _leader(values)
    one = _Against(0.0, 0.0, 0.0, 0.0)
    against = [
        one if i == best else _against(values[best], other, rule.indifference)
        for i, other in enumerate(values)
    ]
    order = sorted(range(len(values)), key=lambda i: (i != best, against[i].lead, i))
    rival, apart, loss = (
        tuple(getattr(a, name) for a in against) for name in ("rival", "apart", "loss")
    )
    return Result(tuple(order), tuple(values), rival, apart, loss)


def _leader(values: Sequence[np.ndarray]) -> int:
    """The option with the lowest mean that no other, on the replications both have, beats."""
    order = sorted(range(len(values)), key=lambda i: (-len(values[i]), i))
    best = order[0]
    for i in order[1:]:
        n = min(len(values[best]), len(values[i]))
        d = values[i][:n] - values[best][:n]
        d = d[np.isfinite(d)]
        if len(d) and d.mean() < 0:
            best = i
    return best


class _Against(NamedTuple):
    """P(other is better by more than the zone), P(better or worse by more), loss, mean lead."""

    rival: float
    apart: float
    loss: float
    lead: float


def _against(best: np.ndarray, other: np.ndarray, zone: float) -> _Against:
    """The best beside another option."""
    n = min(len(best), len(other))
    d = other[:n] - best[:n]
    d = d[np.isfinite(d)]
    if len(d) < 2:
        return _Against(1.0, 1.0, math.inf, math.inf)
    lead, se = float(d.mean()), float(d.std(ddof=1)) / math.sqrt(len(d))
    if se <= 1e-12 * max(1.0, abs(lead)):
        # The same in every replication: a tie loses nothing.
        return _Against(0.0, float(abs(lead) > zone), 0.0, lead)
    freedom = len(d) - 1
    better, worse = (t_above((zone + x) / se, freedom) for x in (lead, -lead))
    return _Against(better, better + worse, se * t_loss(lead / se, freedom), lead)
