"""A plan that moves stock is tried in the twin first: what costs service is taken back.

Formulas look at one loop at a time; the network does not. So a plan is cut to the largest share
of it that keeps the service, by bisection, with the same luck for every try.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from taktnet.app.plans.draft import Change, Figure
from taktnet.app.plans.view import PlanView, Progress
from taktnet.app.simulation import Trial, trial
from taktnet.base.errors import TaktnetError

#: Days of a try after as many to warm up, and its runs; halvings of the share.
DAYS, RUNS, HALVINGS = 28.0, 8, 3
#: How much lower than the goal a simulated share may lie.
SLACK = 0.005
_MEASURES = ("fill", "service")
Changes = Callable[[float], Sequence[Change]]


@dataclass(frozen=True, slots=True)
class Guarded:
    """The `share` of the plan that the twin allows, and its last word; `why` in words."""

    share: float = 1.0
    trial: Trial | None = None
    why: str = ""

    def service(self, formula: Figure | None) -> Figure | None:
        """Fill rate in the twin with its interval; what `formula` says where nothing was tried."""
        if self.trial is None:
            return formula
        fill = self.trial.effect("fill")
        if fill.today.mean is None or fill.proposed.mean is None:
            return formula
        now, then = fill.today, fill.proposed
        return Figure(
            today=_percent(now.mean), proposed=_percent(then.mean), unit="%",
            today_range=_range(now.low, now.high), proposed_range=_range(then.low, then.high),
            means=f"Customers' units served from stock at once, in the twin: "
            f"{self.trial.days:g} days, {self.trial.replications} runs, 95 % intervals",
        )  # fmt: skip

    def details(self) -> dict[str, Any]:
        """What the page and the command show of it."""
        import msgspec

        told = None if self.trial is None else msgspec.to_builtins(self.trial)
        return {"trial": told, "share": self.share, "guard": self.why}


def keep(value: float, wanted: float, share: float) -> float:
    """What becomes of a number: growth stands, of a reduction the share, rounded up."""
    return wanted if wanted >= value else math.ceil(value - share * (value - wanted) - 1e-9)


def target_of(view: PlanView, asked: Mapping[str, Any]) -> float:
    """The share of customers' demand to be served: as asked, else the least that they are owed."""
    points = {(p.site, p.item): p.service_target for p in view.network.stock_points}
    owed = [
        points[node]
        for row in view.network.demand
        for node in ((row.site, row.item), (row.supplier, row.item))
        if node in points
    ]
    return asked["service"] / 100 or min(owed, default=0.95)


def guard(
    view: PlanView, changes: Changes, target: float, progress: Progress, what: str = "reductions"
) -> Guarded:
    """The largest share of `what` in `changes(share)` that keeps the service.

    Service is kept where the twin's fill rate and its share of orders on time do not fall below
    `target`, or below today's where that is less; what costs more and serves no better is not kept
    either. From a cold start, so that it is the long run.
    """
    if not changes(1.0):
        return Guarded()
    low, high = 0.0, 1.0
    kept: Guarded | None = None
    share = 1.0
    try:
        for _ in range(HALVINGS + 1):
            found = _try(view, changes(share), progress)
            if _keeps(found, target):
                kept, low = Guarded(share, found, _told(share, what)), share
            else:
                high = share
            if low == 1.0:
                break
            share = (low + high) / 2
        if kept is None:
            rest = changes(0.0)
            last = _try(view, rest, progress) if rest else None
            left = "only what grows" if rest else "nothing"
            kept = Guarded(0.0, last, f"{_told(0.0, what)}: {left} is proposed")
    except TaktnetError as error:
        return Guarded(why=f"not tried in the twin: {error}")
    return kept


def _try(view: PlanView, changes: Sequence[Change], progress: Progress) -> Trial:
    from taktnet.twin.changes import Row

    rows = [Row(change.table, change.key, dict(change.after)) for change in changes]
    return trial(view.network, rows, DAYS, RUNS, 1, lambda done, of: progress(99, 100))


def _keeps(found: Trial, target: float) -> bool:
    effects = [found.effect(name) for name in _MEASURES]
    for effect in effects:
        now, then = effect.today.mean, effect.proposed.mean
        if now is not None and then is not None and then < min(now, target) - SLACK:
            return False
    dearer = found.effect("cost").better is False
    return not dearer or any(effect.better for effect in effects)


def _told(share: float, what: str) -> str:
    if share == 1.0:
        return f"in the twin all of the {what} stays within the service owed"
    if share == 0.0:
        return f"no part of the {what} keeps service and cost in the twin"
    return (
        f"{100 * share:.0f} % of the {what} is proposed: with that much the twin stays within the "
        "service owed, with more it does not"
    )


def _percent(share: float | None) -> float | None:
    return None if share is None else round(100 * share, 2)


def _range(low: float | None, high: float | None) -> tuple[float, float] | None:
    if low is None or high is None:
        return None
    return round(100 * max(0.0, low), 2), round(100 * min(1.0, high), 2)
