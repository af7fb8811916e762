"""The six KPIs of simulated days, read by their definitions from the facts that the twin writes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from taktnet.app.parts import Parts
from taktnet.app.simulation.forks import TracedRun, traced
from taktnet.app.simulation.question import Question
from taktnet.kpi.catalogue import CATALOGUE
from taktnet.kpi.exact import DAY
from taktnet.kpi.kpis import Kpis
from taktnet.twin.intervals import interval
from taktnet.twin.options import answered
from taktnet.twin.scenario import Scenario
from taktnet.twin.start import Start
from taktnet.twin.trace import numbered

#: KPIs are dear to read: so many replications of each option are.
REPLICATIONS = 8
_LEADING = {kpi.key: kpi.leading for kpi in CATALOGUE}


def on_record(parts: Parts) -> bytes:
    """The KPIs of all that is on record; to be taken before the start of a simulation is made.

    Rows that come after the start would give its new orders' and shipments' numbers to others.
    """
    return parts.kpis.look(lambda kpis: kpis.to_bytes())


def up_to(record: bytes, parts: Parts, start: Start) -> bytes:
    """The same with the rows up to where the start stands."""
    assert start.state is not None
    kpis = Kpis.from_bytes(record, start.network, start.own_names)
    if kpis.seq == start.state.seq:
        return record
    for facts in parts.past.facts(kpis.seq, start.state.seq):
        kpis.update(facts)
    return kpis.to_bytes()


def read_kpis(
    start: Start,
    question: Question,
    record: bytes,
    on_progress: Callable[[int, int], None] | None = None,
    stop: Callable[[], bool] | None = None,
    *,
    tell: Callable[[list[dict[str, Any]]], None] | None = None,
) -> list[dict[str, Any]]:
    """The leading variant of every KPI over the simulated days, by option, with intervals.

    What is on record before the start (`up_to`) counts where a definition looks back. Differences
    from the base are paired. `tell` gets what there is after a quarter of the replications, and
    after half.
    """
    options = answered(question.base, question.answers)
    count = min(REPLICATIONS, question.replications)
    values = {o.name: [dict[str, float]() for _ in range(0)] for o in options}
    for r in range(count):
        known: dict[tuple[str, bytes], dict[str, float]] = {}  # an answer may change nothing
        for i, option in enumerate(options):
            if stop is not None and stop():
                break
            run = traced(start, option, question.seed, r, question.days)
            key = run.network.digest, run.facts.tobytes()
            if key not in known:
                known[key] = _measured(start, run, question, record)
            values[option.name].append(known[key])
            if on_progress is not None:
                on_progress(r * len(options) + i + 1, count * len(options))
        if tell is not None and r + 1 in (count // 4, count // 2) and r > 0:
            tell([_row(key, options, values) for key in _LEADING])
    return [_row(key, options, values) for key in _LEADING]


def _measured(start: Start, run: TracedRun, question: Question, record: bytes) -> dict[str, float]:
    """The KPIs of one traced run."""
    kpis = Kpis.from_bytes(record, run.network, run.names)
    kpis.update(numbered(run.facts, kpis.seq))
    end = start.at + round(question.days * DAY)
    return {
        v.key: v.value
        for v in kpis.report(start.at, end)
        if v.variant == _LEADING[v.key].name and v.value is not None
    }


def _row(
    key: str, options: Sequence[Scenario], values: dict[str, list[dict[str, float]]]
) -> dict[str, Any]:
    """One KPI over the options."""
    variant = _LEADING[key]
    told = {o.name: np.array([v.get(key, np.nan) for v in values[o.name]]) for o in options}
    base = told[options[0].name]
    return {
        "key": key,
        "variant": variant.name,
        "unit": variant.unit,
        "better": variant.better,
        "options": {name: interval(rows).to_json() for name, rows in told.items()},
        "differences": {
            name: interval(rows[: len(base)] - base[: len(rows)]).to_json()
            for name, rows in told.items()
            if rows is not base
        },
    }
