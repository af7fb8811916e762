"""What the forecast page shows of each series: history, path, band, candidates, overrides."""

from __future__ import annotations

from typing import Any

import numpy as np

from taktnet.learn.adjust import Agreed
from taktnet.learn.choose import Candidate
from taktnet.learn.forecast import Forecast, Outlook
from taktnet.learn.methods import MEANING
from taktnet.learn.panel import Floats
from taktnet.learn.value import Added, Override
from taktnet.network import Network

#: Most series told with their curves, those of most money first; periods of history shown.
SHOWN, HISTORY, CANDIDATES = 250, 78, 8


def details(
    network: Network,
    outlook: Outlook,
    final: list[Floats],
    made: tuple[Override, ...],
    *,
    value: Added,
    levels: Agreed | None,
    most: int = SHOWN,
) -> dict[str, Any]:
    """Everything the page draws, as plain values."""
    panel, ask = outlook.panel, outlook.ask
    items = {item.id: item for item in network.items}
    worth = [f.total * (items[f.key.item].cost if f.key.item in items else 1.0)
             for f in outlook.forecasts]  # fmt: skip
    order = np.argsort(-np.asarray(worth), kind="stable")[:most]
    return {
        "step": panel.step,
        "start": panel.start.isoformat(),
        "end": panel.end.isoformat(),
        "periods": panel.periods,
        "history_days": [
            panel.day(k).isoformat() for k in range(max(0, panel.periods - HISTORY), panel.periods)
        ],
        "days": [panel.day(panel.periods + k).isoformat() for k in range(ask.horizon + 1)],
        "level": ask.level,
        "band": ask.band,
        "clean": ask.clean,
        "total": len(outlook.forecasts),
        "coverage": [
            {"what": c.what, "wanted": c.wanted, "seen": round(c.seen, 5), "judged": c.judged}
            for c in outlook.coverage
        ],
        "drivers": sorted(panel.drivers),
        "value": _value(value),
        "levels": [] if levels is None else _levels(levels),
        "series": [
            _series(outlook, int(i), final[int(i)], made,
                    items[outlook.forecasts[i].key.item].unit
                    if outlook.forecasts[i].key.item in items else "")
            for i in order
        ],
    }  # fmt: skip


def _series(
    outlook: Outlook, row: int, final: Floats, made: tuple[Override, ...], unit: str
) -> dict[str, Any]:
    panel, one = outlook.panel, outlook.forecasts[row]
    begin = max(int(panel.first[row]), panel.periods - HISTORY)
    return {
        "site": one.key.site,
        "item": one.key.item,
        "unit": unit,
        "pattern": one.shape.pattern,
        "seasonal": one.shape.seasonal,
        "trended": one.shape.trended,
        "method": one.method,
        "means": MEANING.get(one.method, "what items like it did at the same age"),
        "interval": one.interval,
        "why": one.why,
        "history": _rounded(panel.values[row, begin:]),
        "mean": _rounded(one.mean),
        "low": _rounded(one.low),
        "high": _rounded(one.high),
        "final": _rounded(final),
        "span": one.span,
        "total": round(one.total, 4),
        "deviation": round(one.deviation, 4),
        "stock": round(one.stock, 4),
        "spikes": [
            {"day": panel.day(s.period).isoformat(), "qty": s.qty, "usual": s.usual,
             "z": round(s.z, 2)}
            for s in one.spikes
        ],
        "candidates": [_candidate(c) for c in best_of_each(one)[:CANDIDATES]],
        "overrides": [_override(o) for o in made if o.key == one.key],
    }  # fmt: skip


def best_of_each(one: Forecast) -> list[Candidate]:
    """Each method once, with its better kind of interval; the chosen one first."""
    seen: dict[str, Candidate] = {}
    for candidate in one.candidates:
        seen.setdefault(candidate.method, candidate)
    return list(seen.values())


def _candidate(c: Candidate) -> dict[str, Any]:
    return {
        "method": c.method, "interval": c.interval, "cost": round(c.cost, 4),
        "held": round(c.held, 4), "short": round(c.short, 4),
        "fill": None if c.fill is None else round(c.fill, 5), "error": round(c.error, 4),
        "bias": round(c.bias, 4), "chosen": c.chosen,
    }  # fmt: skip


def _override(o: Override) -> dict[str, Any]:
    return {
        "start": o.start.isoformat(), "end": o.end.isoformat(), "days": o.days, "qty": o.qty,
        "statistical": o.statistical, "by": o.by, "reason": o.reason, "id": o.id,
    }  # fmt: skip


def _value(value: Added) -> dict[str, Any]:
    return {
        "share": None if value.share is None else round(value.share, 5),
        "statistical_error": round(value.statistical_error, 4),
        "override_error": round(value.override_error, 4),
        "judged": [
            {"site": j.override.key.site, "item": j.override.key.item, "actual": j.actual,
             "better": round(j.better, 4)} | _override(j.override)
            for j in value.judged[-100:]
        ],
    }  # fmt: skip


def _levels(levels: Agreed) -> list[dict[str, Any]]:
    return [
        {"name": name, "before": _rounded(b), "after": _rounded(a)}
        for name, b, a in zip(levels.names, levels.before, levels.after, strict=True)
    ]


def _rounded(path: Floats) -> list[float]:
    return [round(float(x), 4) for x in path]
