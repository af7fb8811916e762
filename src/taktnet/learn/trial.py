"""Rolling backtests: what every method would have said at past moments, and what came.

At each origin a method sees only what was known by then. Methods that take long are fitted at every
`stride`-th origin and their paths used in between; so are all others tried on the same series.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from taktnet.learn.methods import FLAT, rate, shaped
from taktnet.learn.panel import Floats, Ints, Panel
from taktnet.learn.spread import Dispersion, dispersion, learnt

#: Most origins judged; the least history before the first, in periods.
ORIGINS, LEAST = 24, 6
#: How often a slow method is fitted in a backtest.
REFITS = 4

#: Paths (series, horizon) of a panel, seen from its end.
Paths = Callable[[Panel, int], Floats]
Tell = Callable[[int, int], None]


@dataclass(frozen=True)
class Trial:
    """What methods said at `origins` of the demand of the next `span` periods, and what came.

    `actual`, `means[method]` and `variances[method]` are (series, origins); NaN where a series had
    not begun or a method could not say.
    """

    span: int
    origins: Ints
    actual: Floats
    means: Mapping[str, Floats]
    variances: Mapping[str, Floats]


def origins(panel: Panel, span: int) -> Ints:
    """The last moments from which `span` periods are known, in the later half of history."""
    last = panel.periods - span
    first = max(LEAST, panel.periods // 3, last - ORIGINS + 1)
    return np.arange(first, last + 1, dtype=np.int64)


def sums(values: Floats, at: Ints, span: int) -> Floats:
    """Demand of the `span` periods from each origin: shape (series, origins)."""
    total = np.concatenate([np.zeros((len(values), 1)), np.cumsum(values, axis=1)], axis=1)
    return total[:, at + span] - total[:, at]


def run(
    panel: Panel,
    span: int,
    names: Mapping[str, Ints],
    extra: Mapping[str, Paths] | None = None,
    tell: Tell | None = None,
) -> Trial:
    """Try methods: `names` gives the rows each is tried on, `extra` are methods from outside.

    Raises ValueError where history is too short to look back at all.
    """
    at = origins(panel, span)
    if not len(at):
        raise ValueError(f"{panel.periods} periods are too few to look back {span} of them")
    begun = panel.first[:, None] + 2 <= at[None, :]
    actual = np.where(begun, sums(panel.values, at, span), np.nan)
    patient = _patient(panel, names, bool(extra))
    stride = -(-len(at) // REFITS)
    means: dict[str, Floats] = {}
    steps = len(names) + len(extra or {})
    for name, rows in names.items():
        means[name] = np.full(actual.shape, np.nan)
        paths, late = paths_of(name), np.intersect1d(rows, patient)
        if name in FLAT and len(late) < len(rows):
            means[name][rows] = _rolled(panel.pick(rows), paths, at, span, 1)
        if len(late):
            means[name][late] = _rolled(panel.pick(late), paths, at, span, stride)
        if tell:
            tell(len(means), steps)
    for name, paths in (extra or {}).items():
        means[name] = _rolled(panel, paths, at, span, stride)
        if tell:
            tell(len(means), steps)
    means = {name: np.where(begun, said, np.nan) for name, said in means.items()}
    spread = [dispersion(panel, int(t)) for t in at]
    variances = {
        name: _variances(at, span, said, actual, _priors(spread, said, span))
        for name, said in means.items()
    }
    return Trial(span, at, actual, means, variances)


def _patient(panel: Panel, names: Mapping[str, Ints], all_rows: bool) -> Ints:
    """The rows on which a slow method is tried: all their methods are renewed as seldom."""
    if all_rows:
        return np.arange(len(panel.keys))
    slow = [rows for name, rows in names.items() if name not in FLAT]
    return np.unique(np.concatenate(slow)) if slow else np.zeros(0, np.int64)


def paths_of(name: str) -> Paths:
    """A method by its name."""
    return _flat(name) if name in FLAT else _shaped(name)


def _flat(name: str) -> Paths:
    return lambda panel, horizon: np.repeat(rate(name, panel)[:, None], horizon, axis=1)


def _shaped(name: str) -> Paths:
    def paths(panel: Panel, horizon: int) -> Floats:
        one = shaped(name, panel.season)
        return np.array([one(panel.history(i), horizon) for i in range(len(panel.keys))])

    return paths


def _rolled(panel: Panel, paths: Paths, at: Ints, span: int, stride: int) -> Floats:
    """Sums over the span from every origin, a path renewed at every `stride`-th."""
    out = np.full((len(panel.keys), len(at)), np.nan)
    for j in range(0, len(at), stride):
        used = min(stride, len(at) - j)
        rows = np.flatnonzero(panel.first < at[j])
        if not len(rows):
            continue
        path = paths(panel.until(int(at[j])), span + used - 1)
        total = np.concatenate([np.zeros((len(rows), 1)), np.cumsum(path, axis=1)], axis=1)
        for k in range(used):
            out[rows, j + k] = total[:, k + span] - total[:, k]
    return out


def known(at: Ints, span: int, moment: int) -> int:
    """How many of the origins have their outcome known at a moment."""
    return int(np.searchsorted(at + span, moment, side="right"))


def _priors(spread: list[Dispersion], means: Floats, span: int) -> Floats:
    return np.stack([d.variance(means[:, j], span) for j, d in enumerate(spread)], axis=1)


def _variances(at: Ints, span: int, means: Floats, actual: Floats, prior: Floats) -> Floats:
    """Variance of the span's demand around each forecast, by what was known at the origin."""
    squares = (actual - means) ** 2
    columns = [
        learnt(prior[:, j], squares[:, : known(at, span, int(origin))], span)
        for j, origin in enumerate(at)
    ]
    return np.stack(columns, axis=1)
