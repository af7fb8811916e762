"""Forecasts moved by what statistics do not know: sums that have to agree, likes, and people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from taktnet.learn.forecast import Ask, Forecast, Outlook, Tell, forecast
from taktnet.learn.likeness import GROWN, Attributes, newcomer
from taktnet.learn.panel import Floats
from taktnet.learn.reconcile import Hierarchy, added, reconcile
from taktnet.learn.spread import counted, quantile


def moved(one: Forecast, mean: Floats, ask: Ask, whole: bool) -> Forecast:
    """The forecast with another path; its doubt keeps the same variance over mean."""
    before, after = float(one.mean.sum()), float(mean.sum())
    inside = one.span <= len(mean)
    factor = after / before if before > 0 else 1.0
    total = float(mean[: one.span].sum()) if inside else one.total * factor
    ratio = one.deviation**2 / one.total if one.total > 0 else 1.0
    variance = total * ratio
    each = mean * ratio
    margin = (one.stock - one.total) / one.deviation if one.deviation > 0 else 0.0
    stock = max(0.0, total + margin * np.sqrt(variance))
    return replace(
        one,
        mean=mean,
        low=quantile(mean, each, (1 - ask.band) / 2, whole),
        high=quantile(mean, each, (1 + ask.band) / 2, whole),
        total=total,
        deviation=float(np.sqrt(variance)),
        stock=float(np.ceil(round(stock, 6))) if whole else stock,
    )


def with_newcomers(outlook: Outlook, attributes: Sequence[Attributes]) -> Outlook:
    """Series too young to be judged follow what is like them; `attributes` are one a series."""
    panel, ask = outlook.panel, outlook.ask
    whole = counted(panel.values)
    told = list(outlook.forecasts)
    for row, one in enumerate(told):
        if panel.periods - panel.first[row] >= GROWN or one.candidates:
            continue
        found = newcomer(panel, attributes, row, ask.horizon)
        if found is None:
            continue
        likes = ", ".join(str(like.key) for like in found.likes[:3])
        why = f"new: as {likes} at the same age, scaled by its own first periods"
        told[row] = replace(moved(one, found.mean, ask, whole), method="likeness", why=why)
    return replace(outlook, forecasts=tuple(told))


@dataclass(frozen=True)
class Agreed:
    """An outlook whose series add up to the nodes above them: names and paths of those nodes."""

    outlook: Outlook
    names: tuple[str, ...]
    history: Floats
    before: Floats
    after: Floats


def agreed(outlook: Outlook, tree: Hierarchy, tell: Tell | None = None) -> Agreed:
    """Forecast every node above, then make all of them add up (MinT, weights by past errors).

    `tell` hears of the nodes above as `forecast` tells it.
    """
    panel, ask = outlook.panel, outlook.ask
    bottom = np.stack([f.mean for f in outlook.forecasts])
    if not tree.above:
        none = np.zeros((0, ask.horizon))
        return Agreed(outlook, (), np.zeros((0, panel.periods)), none, none)
    above = added(panel, tree)
    span = int(np.max(np.atleast_1d(ask.span)))
    nodes = forecast(above, replace(ask, span=span), None, tell)
    before = np.vstack([np.stack([f.mean for f in nodes.forecasts]), bottom])
    after = reconcile(tree, before, _deviations(nodes, outlook))
    whole = counted(panel.values)
    told = tuple(
        moved(f, path, ask, whole)
        for f, path in zip(outlook.forecasts, after[tree.above :], strict=True)
    )
    return Agreed(
        replace(outlook, forecasts=told), tree.names[: tree.above], above.values,
        before[: tree.above], after[: tree.above],
    )  # fmt: skip


def _deviations(nodes: Outlook, bottom: Outlook) -> Floats:
    """The deviation of one period's demand of every node, nodes above first."""
    both = (*nodes.forecasts, *bottom.forecasts)
    return np.array([max(f.deviation, 1e-6) / np.sqrt(f.span) for f in both])
