"""Which method to believe: the one whose stock and shortages would have cost least.

Every method's quantile runs as an order-up-to level through the backtest (`stock.run`). Costs of
one series over few lead times are luck in part, so each is seen together with its class: the more
lead times were judged, the more its own count (credibility). Errors are shown, never ranked by.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from taktnet.learn import stock
from taktnet.learn.conformal import Bound, adaptive, parametric
from taktnet.learn.methods import DRIVEN
from taktnet.learn.panel import Floats, Panel
from taktnet.learn.trial import Trial

#: Lead times judged after which a series' own cost counts as much as its class's.
CLASS = 8.0
#: What one series may count in its class at most, in medians of its candidates.
MOST = 10.0
INTERVALS = {"parametric": parametric, "conformal": adaptive}


@dataclass(frozen=True, slots=True)
class Candidate:
    """What a method would have cost: `held` and `short` are means a period, in units.

    `cost` is in units held a period, `fill` the share of units met (None without demand), `error`
    and `bias` are of demand over the span, absolute and signed (forecast less actual).
    """

    method: str
    interval: str
    cost: float
    held: float
    short: float
    fill: float | None
    error: float
    bias: float
    class_cost: float
    chosen: bool = False


@dataclass(frozen=True)
class Board:
    """All candidates of a run on all series: arrays (candidates, series), NaN where not judged."""

    names: tuple[tuple[str, str], ...]
    bounds: tuple[Bound, ...]
    results: Floats
    cost: Floats
    score: Floats
    class_cost: Floats
    judged: int


def judge(panel: Panel, trial: Trial, level: float, whole: bool, classes: Sequence[str]) -> Board:
    """Run every method with every kind of interval; costs relative to a series' median."""
    names = tuple((m, how) for m in trial.means for how in INTERVALS)
    bounds = tuple(INTERVALS[how](trial, m, level, whole) for m, how in names)
    results = np.stack([_stock(panel, trial, b.upper) for b in bounds])
    cost = stock.cost(results[..., 0], results[..., 1], level)
    relative = _relative(cost)
    shared = np.full_like(cost, np.nan)
    for kind in sorted(set(classes)):
        rows = np.array([c == kind for c in classes])
        shared[:, rows] = _mean(relative[:, rows])[:, None]
    lead_times = len(trial.origins) / trial.span
    score = (lead_times * relative + CLASS * shared) / (lead_times + CLASS)
    score = np.where(np.isfinite(cost), score, np.inf)
    _driven_only_where_better(names, cost, score)
    return Board(names, bounds, results, cost, score, shared, len(trial.origins))


def _stock(panel: Panel, trial: Trial, upper: Floats) -> Floats:
    """Held, short, met, wanted; NaN where the method did not speak at every origin judged."""
    out = np.full((len(upper), 4), np.nan)
    rows = np.flatnonzero(np.isfinite(upper).all(axis=1))
    begin = int(trial.origins[0])
    demand = np.ascontiguousarray(panel.values[rows, begin:])
    out[rows] = stock.run(np.ascontiguousarray(upper[rows]), demand, trial.span)
    return out


def _relative(cost: Floats) -> Floats:
    """Cost over the median of the series' candidates, MOST at most; 1 where nothing costs."""
    known = np.where(np.isfinite(cost).any(axis=0), cost, 0.0)
    middle = np.nanmedian(known, axis=0)[None, :]
    ratio = np.divide(cost, middle, out=np.where(cost > 0, MOST, 1.0), where=middle > 0)
    return np.where(np.isfinite(cost), np.minimum(ratio, MOST), np.nan)


def _mean(relative: Floats) -> Floats:
    known = np.isfinite(relative)
    total = np.where(known, relative, 0.0).sum(axis=1)
    return np.divide(total, known.sum(axis=1), out=np.full(len(total), np.nan),
                     where=known.any(axis=1))  # fmt: skip


def _driven_only_where_better(
    names: tuple[tuple[str, str], ...], cost: Floats, score: Floats
) -> None:
    """Trees with drivers are out wherever another method would have cost no more."""
    mine = np.array([m == DRIVEN for m, _ in names])
    if mine.any() and not mine.all():
        others = np.where(np.isfinite(cost[~mine]), cost[~mine], np.inf).min(axis=0)
        score[np.ix_(mine, np.ones(cost.shape[1], bool))] = np.where(
            cost[mine] < others[None, :], score[mine], np.inf
        )


def candidates(board: Board, trial: Trial, row: int) -> tuple[Candidate, ...]:
    """The table of one series, cheapest evidence first; the first is the chosen one."""
    found: list[tuple[float, Candidate]] = []
    for c, (method, interval) in enumerate(board.names):
        if not np.isfinite(board.cost[c, row]):
            continue
        held, short, met, wanted = (float(x) for x in board.results[c, row])
        off = trial.means[method][row] - trial.actual[row]
        off = off[np.isfinite(off)]
        one = Candidate(
            method,
            interval,
            cost=float(board.cost[c, row]) / board.judged,
            held=held / board.judged,
            short=short / board.judged,
            fill=met / wanted if wanted > 0 else None,
            error=float(np.abs(off).mean()),
            bias=float(off.mean()),
            class_cost=float(board.class_cost[c, row]),
        )
        found.append((float(board.score[c, row]), one))
    found.sort(key=lambda pair: pair[0])
    return tuple(one for _, one in found)
