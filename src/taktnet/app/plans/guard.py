"""A plan that moves stock is tried in the twin first: what costs service is taken back.

Formulas look at one loop at a time; the network does not. So moves are taken into the plan by the
money that they save, and stay in it while the twin keeps the service: all at once where it does,
else by halves (each half that costs service is halved again, down to single rows), with the same
luck for every try. What was taken is tried once more with other luck, step by step where it must.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from taktnet.app.jobs import Cancelled
from taktnet.app.plans.draft import Change, Figure
from taktnet.app.plans.vertical import Option
from taktnet.app.plans.view import PlanView, Progress
from taktnet.app.simulation import Trial, trial
from taktnet.app.simulation.trial import SERVICE, TOLERANCE
from taktnet.base.errors import TaktnetError

#: Days of a try after as many to warm up, its runs, and those of the last.
DAYS, RUNS, LAST_RUNS = 28.0, 8, 16
#: Most tries and seconds, halvings of the share of one row, and the part of all money worth a try.
MOST_TRIES, SECONDS, HALVINGS, WORTH = 40, 60.0, 3, 0.01
#: How much service may be lost, as an option of a plan.
OPTION = Option("tolerance", "Tolerance, points", 100 * TOLERANCE,
                "Points of service that may be lost, at 95 %", 0, 100)  # fmt: skip
#: The share of the move of a row that is taken, by its key.
Shares = Callable[[str], float]
Changes = Callable[[Shares], Sequence[Change]]


@dataclass(frozen=True, slots=True)
class Move:
    """A row that a plan moves, where it is, and the money that the whole move saves."""

    key: str
    site: str
    saving: float


@dataclass(frozen=True, slots=True)
class Guarded:
    """The shares of moves that the twin allows (1 where none is named), and its last word.

    `kept` is the part of the money saved that is left; `why` says it in words.
    """

    shares: Mapping[str, float] = field(default_factory=dict[str, float])
    trial: Trial | None = None
    why: str = ""
    kept: float = 1.0

    def share(self, key: str) -> float:
        """The share of a row's move that is proposed."""
        return self.shares.get(key, 1.0)

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
        return {"trial": told, "share": self.kept, "guard": self.why}


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
    view: PlanView,
    changes: Changes,
    moves: Iterable[Move],
    asked: Mapping[str, Any],
    progress: Progress,
    *,
    what: str = "reductions",
) -> Guarded:
    """The moves of `changes(shares)` that keep the service, those that save most money first.

    Service is kept where neither the fill rate nor the orders on time fall by more than the
    tolerance asked for (`Trial.keeps_service`; few runs leave wide intervals, so that the mean may
    not fall by more either), and neither comes to lie clearly below what is owed; what costs more
    and serves no better is not kept. From a cold start, so that it is the long run. `moves` are
    the rows that may be left out; any other change stands.
    """
    rows = sorted(moves, key=lambda m: (m.site, -m.saving, m.key))
    if not changes(lambda key: 1.0):
        return Guarded()
    tries = _Tries(view, changes, [m.key for m in rows], asked, progress)
    try:
        found, shares = tries.last(_taken(tries, rows))
    except Cancelled:
        raise
    except TaktnetError as error:
        return Guarded(why=f"not tried in the twin: {error}")
    total = sum(max(0.0, m.saving) for m in rows)
    kept = sum(shares[m.key] * max(0.0, m.saving) for m in rows) / total if total else 1.0
    return Guarded(shares, found, _told(rows, shares, kept, what, found is None), kept)


def _taken(tries: _Tries, rows: Sequence[Move]) -> list[dict[str, float]]:
    """What was taken in, step by step: rows with their shares."""
    taken: list[dict[str, float]] = []
    known = tries.standing() if rows else None
    worth = WORTH * sum(abs(m.saving) for m in rows)
    waits = [list(rows)] if rows else []
    while waits and tries.left:
        # The most money first; towards the end what is most likely to be kept, the fewest rows.
        late = 2 * tries.used > 1
        waits.sort(key=lambda rows: (late * -len(rows), _saving(rows)))
        some = waits.pop()
        step = {m.key: 1.0 for m in some}
        if found := tries.keeps([*taken, step], known):
            taken, known = [*taken, step], found
        elif len(some) == 1:
            taken, known = _portion(tries, taken, known, some[0].key)
        else:
            waits += [half for half in _halves(some) if _saving(half) >= worth]
    return taken


def _saving(rows: Sequence[Move]) -> float:
    return sum(abs(m.saving) for m in rows)


def _halves(rows: list[Move]) -> tuple[list[Move], list[Move]]:
    """Two parts of about the same money, sites left whole where there are several."""
    ends = [i for i in range(1, len(rows)) if rows[i].site != rows[i - 1].site]
    total = _saving(rows)
    at = min(ends or range(1, len(rows)), key=lambda i: abs(total - 2 * _saving(rows[:i])))
    return rows[:at], rows[at:]


def _portion(
    tries: _Tries, taken: list[dict[str, float]], known: Trial | None, key: str
) -> tuple[list[dict[str, float]], Trial | None]:
    """What was taken, with the largest share of one row's move that keeps the service."""
    low, high, best = 0.0, 1.0, (taken, known)
    for _ in range(HALVINGS):
        share = (low + high) / 2
        step = {key: share}
        if tries.left and (found := tries.keeps([*taken, step], known)):
            low, best = share, ([*taken, step], found)
        else:
            high = share
    return best


class _Tries:
    """Tries of a plan in the twin, counted."""

    def __init__(
        self,
        view: PlanView,
        changes: Changes,
        keys: Sequence[str],
        asked: Mapping[str, Any],
        progress: Progress,
    ) -> None:
        self.view, self.changes, self.none = view, changes, dict.fromkeys(keys, 0.0)
        self.tolerance, self.target = asked["tolerance"] / 100, target_of(view, asked)
        self.progress, self.done, self.begun = progress, 0, perf_counter()

    @property
    def left(self) -> bool:
        """Whether another try is allowed."""
        return self.used < 1

    @property
    def used(self) -> float:
        """How much of the tries and of the time is used, as a share."""
        return max(self.done / MOST_TRIES, (perf_counter() - self.begun) / SECONDS)

    def keeps(
        self, taken: Sequence[Mapping[str, float]], known: Trial | None, *, last: bool = False
    ) -> Trial | None:
        """The trial of the plan with these moves where it keeps the service.

        Beside `known`, the plan with fewer of them, it must not cost more without serving better.
        """
        found = self._run(self._shares(taken), last=last)
        return found if _keeps(found, known, self.target) else None

    def standing(self, *, last: bool = False) -> Trial | None:
        """The trial of what stands without any of the moves; None where nothing does."""
        if not self.changes(lambda key: self.none.get(key, 1.0)):
            return None
        return self._run(self.none, last=last)

    def last(self, taken: list[dict[str, float]]) -> tuple[Trial | None, dict[str, float]]:
        """What was taken with other luck, without the steps that it refuses."""
        kept: list[dict[str, float]] = []
        known = self.standing(last=True)
        if len(taken) > 1 and (found := self.keeps(taken, known, last=True)):
            return found, self._shares(taken)
        for step in taken:
            if found := self.keeps([*kept, step], known, last=True):
                kept, known = [*kept, step], found
        return known, self._shares(kept)

    def _shares(self, taken: Sequence[Mapping[str, float]]) -> dict[str, float]:
        return self.none | {key: share for step in taken for key, share in step.items()}

    def _run(self, shares: Mapping[str, float], *, last: bool) -> Trial:
        self.progress(min(self.done, MOST_TRIES), MOST_TRIES)
        self.done += 1
        rows = self.changes(lambda key: shares.get(key, 1.0))
        return _try(self.view, rows, self.tolerance, last=last)


def _try(
    view: PlanView, changes: Sequence[Change], tolerance: float, *, last: bool = False
) -> Trial:
    from taktnet.twin.changes import Row

    rows = [Row(change.table, change.key, dict(change.after)) for change in changes]
    runs, seed = (LAST_RUNS, 2) if last else (RUNS, 1)
    return trial(view.network, rows, DAYS, runs, seed, tolerance=tolerance)


def _keeps(found: Trial, known: Trial | None, target: float) -> bool:
    effects, cost = [found.effect(name) for name in SERVICE], found.effect("cost")
    if not found.keeps_service:
        return False
    for effect in effects:
        now, high, gap = effect.today.mean, effect.proposed.high, effect.difference.mean
        if gap is not None and gap < -found.tolerance:
            return False
        if now is not None and high is not None and high < target <= now:
            return False
    if cost.better is not False or any(effect.better for effect in effects):
        return True
    before = None if known is None else known.effect("cost").proposed.mean
    return before is not None and (cost.proposed.mean or 0.0) <= before


def _told(
    rows: Sequence[Move], shares: Mapping[str, float], kept: float, what: str, nothing: bool
) -> str:
    cut = sorted((m for m in rows if shares[m.key] < 1), key=lambda m: -abs(m.saving))
    if not cut:
        return f"in the twin all of the {what} keep the service"
    if not any(shares.values()):
        left = "nothing" if nothing else "only what grows"
        return f"no part of the {what} keeps service and cost in the twin: {left} is proposed"
    names = ", ".join(m.key for m in cut[:3])
    more = f" and {len(cut) - 3} more" if len(cut) > 3 else ""
    return (
        f"{100 * kept:.0f} % of the money that the {what} save is proposed; with more of {names}"
        f"{more} the twin loses service or money"
    )


def _percent(share: float | None) -> float | None:
    return None if share is None else round(100 * share, 2)


def _range(low: float | None, high: float | None) -> tuple[float, float] | None:
    if low is None or high is None:
        return None
    return round(100 * max(0.0, low), 2), round(100 * min(1.0, high), 2)
