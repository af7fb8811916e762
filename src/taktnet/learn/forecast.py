"""Forecasts of a panel: every method tried, the cheapest believed, its doubt measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from taktnet.learn import choose, trial
from taktnet.learn.classes import Shape, shape
from taktnet.learn.conformal import adaptive, coverage, parametric, rounded
from taktnet.learn.methods import FLAT, SHAPED, eligible
from taktnet.learn.panel import Floats, Ints, Key, Panel
from taktnet.learn.spikes import Spike, cleaned, find
from taktnet.learn.spread import counted, dispersion, learnt, quantile
from taktnet.learn.trial import Paths, Tell, Trial

#: What is believed where nothing can be judged yet.
DEFAULT = ("pooled", "parametric")


@dataclass(frozen=True, slots=True)
class Ask:
    """What is wanted: periods ahead, the service level of stock, the width of bands.

    `span` is how many periods stock has to last, lead time and review, per series or for all;
    `methods` narrows the choice; `clean` cuts spikes before anything is learnt.
    """

    horizon: int = 12
    level: float = 0.95
    band: float = 0.8
    span: int | tuple[int, ...] = 4
    methods: tuple[str, ...] = ()
    clean: bool = False

    def __post_init__(self) -> None:
        spans = (self.span,) if isinstance(self.span, int) else self.span
        if not 1 <= self.horizon <= 1000 or min(spans) < 1 or max(spans) > 1000:
            raise ValueError("horizon and span are between 1 and 1,000 periods")
        if not (0.5 <= self.level < 1 and 0 < self.band < 1):
            raise ValueError("level is from 0.5 to below 1, band between 0 and 1")


@dataclass(frozen=True, slots=True)
class Coverage:
    """How often outcomes of the backtest lay where they should: wanted and seen shares."""

    what: str
    wanted: float
    seen: float
    judged: int


@dataclass(frozen=True)
class Forecast:
    """What is expected of one series, from `start`, the first day after the history.

    `mean`, `low` and `high` are a period each, in item units; `total`, `deviation` and `stock` are
    of the next `span` periods: expected demand, its deviation, and its quantile at the service
    level. `candidates` begin with the chosen one; empty where nothing could be judged.
    """

    key: Key
    start: date
    shape: Shape
    method: str
    interval: str
    mean: Floats
    low: Floats
    high: Floats
    span: int
    total: float
    deviation: float
    stock: float
    candidates: tuple[choose.Candidate, ...]
    spikes: tuple[Spike, ...]
    why: str


@dataclass(frozen=True)
class Outlook:
    """The forecasts of a panel, in its order, and what their quantiles really covered."""

    panel: Panel
    ask: Ask
    forecasts: tuple[Forecast, ...]
    coverage: tuple[Coverage, ...]


@dataclass(frozen=True)
class _Part:
    """Series of one span, and all that their forecasts are made from."""

    panel: Panel
    ask: Ask
    span: int
    shapes: list[Shape]
    outside: Mapping[str, Paths]
    whole: bool


@dataclass
class _Chosen:
    """The choice per row while it is being made, and errors (rows, origins) that it made."""

    method: list[str]
    interval: list[str]
    score: Floats
    candidates: list[tuple[choose.Candidate, ...]]


def forecast(
    panel: Panel, ask: Ask, extra: Mapping[str, Paths] | None = None, tell: Tell | None = None
) -> Outlook:
    """Forecast every series of a panel; `extra` are methods from outside (trees with drivers)."""
    found = find(panel)
    learnt_from = cleaned(panel, found) if ask.clean else panel
    shapes = [shape(learnt_from.history(i), panel.season) for i in range(len(panel.keys))]
    spans = _spans(panel, ask)
    outside = {k: v for k, v in (extra or {}).items() if not ask.methods or k in ask.methods}
    made: dict[int, Forecast] = {}
    seen: list[Coverage] = []
    groups = [np.flatnonzero(spans == span) for span in np.unique(spans)]
    for n, rows in enumerate(groups):
        picked, mine = learnt_from.pick(rows), [shapes[int(r)] for r in rows]
        part = _Part(picked, ask, int(spans[rows[0]]), mine, outside, counted(picked.values))
        told, judged = _of_span(part, None if tell is None else _share(tell, n, len(groups)))
        made |= {int(r): replace(f, spikes=found[r]) for r, f in zip(rows, told, strict=True)}
        seen += judged
    forecasts = tuple(made[i] for i in range(len(panel.keys)))
    return Outlook(panel, ask, forecasts, _joined(seen))


def _share(tell: Tell, part: int, parts: int) -> Tell:
    return lambda done, of: tell(part * of + done, parts * of)


def _spans(panel: Panel, ask: Ask) -> Ints:
    given = np.asarray(ask.span, dtype=np.int64)
    return np.broadcast_to(given, (len(panel.keys),)).copy()


def _of_span(part: _Part, tell: Tell | None) -> tuple[list[Forecast], list[Coverage]]:
    """The forecasts of a part, and what they covered in the backtest."""
    if not len(trial.origins(part.panel, part.span)):
        return _forecasts(part, None, _by_default(len(part.shapes))), []
    run = trial.run(part.panel, part.span, _tried(part), part.outside, tell)
    chosen = _choose(part, run)
    return _forecasts(part, run, chosen), _measure(part, run, chosen)


def _tried(part: _Part) -> dict[str, Ints]:
    """Which rows each method is tried on."""
    asked = part.ask.methods
    names = [eligible(s, part.panel.periods, part.panel.season) for s in part.shapes]
    wanted = asked or (*FLAT, *SHAPED)
    rows = {
        m: np.array([i for i, known in enumerate(names) if m in known or asked], np.int64)
        for m in (*FLAT, *SHAPED)
        if m in wanted
    }
    return {m: at for m, at in rows.items() if len(at)}


def _by_default(count: int) -> _Chosen:
    return _Chosen([DEFAULT[0]] * count, [DEFAULT[1]] * count, np.full(count, np.nan),
                   [()] * count)  # fmt: skip


def _choose(part: _Part, run: Trial) -> _Chosen:
    classes = [s.pattern for s in part.shapes]
    board = choose.judge(part.panel, run, part.ask.level, part.whole, classes)
    chosen = _by_default(len(classes))
    for i in range(len(classes)):
        table = choose.candidates(board, run, i)
        if not table:
            continue
        best = table[0]
        number = board.names.index((best.method, best.interval))
        score = board.bounds[number].score
        chosen.method[i], chosen.interval[i] = best.method, best.interval
        chosen.score[i] = np.nan if score is None else score
        chosen.candidates[i] = (replace(best, chosen=True), *table[1:])
    return chosen


def _of_choice(run: Trial, chosen: _Chosen) -> Trial:
    """The backtest of the chosen methods alone, as one method."""
    means = np.full_like(run.actual, np.nan)
    variances = np.full_like(run.actual, np.nan)
    for i, name in enumerate(chosen.method):
        if name in run.means:
            means[i], variances[i] = run.means[name][i], run.variances[name][i]
    return replace(run, means={"": means}, variances={"": variances})


def _measure(part: _Part, run: Trial, chosen: _Chosen) -> list[Coverage]:
    """What the stock's quantile and the band over the span covered, out of their own sample."""
    own, ask, whole = _of_choice(run, chosen), part.ask, part.whole
    flags = np.array([how == "conformal" for how in chosen.interval])[:, None]

    def bound(level: float) -> Floats:
        upper = parametric(own, "", level, whole).upper
        return np.where(flags, adaptive(own, "", level, whole).upper, upper)

    rows = np.arange(len(part.shapes))
    low, high = bound((1 - ask.band) / 2), bound((1 + ask.band) / 2)
    at_level = coverage(own, bound(ask.level), rows)
    above = coverage(own, high, rows)
    below = coverage(own, np.where(np.isfinite(low), low - 1e-9, np.nan), rows)
    told: list[Coverage] = []
    if at_level and above and below:
        told.append(Coverage("stock", ask.level, *at_level))
        told.append(Coverage("band", ask.band, above[0] - below[0], above[1]))
    return told


def _joined(seen: list[Coverage]) -> tuple[Coverage, ...]:
    """One line for each thing measured, weighted by what was judged."""
    told: list[Coverage] = []
    for what in dict.fromkeys(c.what for c in seen):
        mine = [c for c in seen if c.what == what]
        judged = sum(c.judged for c in mine)
        share = sum(c.seen * c.judged for c in mine) / judged
        told.append(Coverage(what, mine[0].wanted, share, judged))
    return tuple(told)


def _paths(part: _Part, chosen: _Chosen, length: int) -> Floats:
    """What the chosen methods say, a period each; pooled ones see their whole group."""
    paths = np.full((len(part.shapes), length), np.nan)
    for name in dict.fromkeys(chosen.method):
        rows = np.array([i for i, m in enumerate(chosen.method) if m == name])
        if name in part.outside or name == "pooled":
            say = part.outside.get(name) or trial.paths_of(name)
            paths[rows] = say(part.panel, length)[rows]
        else:
            paths[rows] = trial.paths_of(name)(part.panel.pick(rows), length)
    return paths


def _forecasts(part: _Part, run: Trial | None, chosen: _Chosen) -> list[Forecast]:
    ask, span, panel = part.ask, part.span, part.panel
    paths = _paths(part, chosen, max(ask.horizon, span))
    total = paths[:, :span].sum(axis=1)
    variance = dispersion(panel, panel.periods).variance(total, span)
    if run is not None:
        variance = learnt(variance, (run.actual - _of_choice(run, chosen).means[""]) ** 2, span)
    each = np.where(
        total[:, None] > 0,
        paths * (variance / np.maximum(total, 1e-12))[:, None],
        variance[:, None] / span,
    )
    stock = quantile(total, variance, ask.level, part.whole)
    scored = rounded(total + chosen.score * np.sqrt(variance), part.whole)
    stock = np.where(np.isfinite(chosen.score), scored, stock)
    low = quantile(paths, each, (1 - ask.band) / 2, part.whole)
    high = quantile(paths, each, (1 + ask.band) / 2, part.whole)
    return [
        Forecast(
            key, panel.end, part.shapes[i], chosen.method[i], chosen.interval[i],
            paths[i, : ask.horizon], low[i, : ask.horizon], high[i, : ask.horizon], span,
            float(total[i]), float(np.sqrt(variance[i])), float(stock[i]), chosen.candidates[i],
            (), why(chosen.candidates[i], part.shapes[i]),
        )
        for i, key in enumerate(panel.keys)
    ]  # fmt: skip


def why(candidates: tuple[choose.Candidate, ...], shape: Shape) -> str:
    """The choice in a planner's words."""
    if shape.pattern == "none":
        return "no demand yet"
    if not candidates:
        return f"history is too short to try methods; {DEFAULT[0]} by default"
    best = candidates[0]
    second = next((c for c in candidates if c.method != best.method), None)
    return (
        f"{best.method}: the only method tried" if second is None else _against(best, second, shape)
    )


def _against(best: choose.Candidate, second: choose.Candidate, shape: Shape) -> str:
    dear = max(best.cost, second.cost)
    less = (second.cost - best.cost) / dear if dear > 0 else 0.0
    if abs(less) < 0.005:
        return f"{best.method} and {second.method} would have cost the same; its class decides"
    if less > 0:
        return f"{best.method} would have cost {100 * less:.0f} % less than {second.method}"
    return (
        f"{best.method} is best for {shape.pattern} demand; here {second.method} would have cost"
        f" {-100 * less:.0f} % less, too few cases to believe it"
    )
