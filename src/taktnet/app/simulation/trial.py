"""A plan tried in the twin before it is approved: what it changes against what goes on today."""

# ruff: noqa: PLR0917  (a public call that is read by position)

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import msgspec

from taktnet.network import Network

if TYPE_CHECKING:
    from taktnet.app.tower import Tower
    from taktnet.twin.changes import AnyChange
    from taktnet.twin.compare import Comparison
    from taktnet.twin.intervals import Interval
    from taktnet.twin.start import Start

#: What counts as nothing, as a part of the figures it is the difference of.
_NIL = 1e-9
#: The measures of service, and how much of one may be lost where nobody says otherwise.
SERVICE = ("fill", "service")
TOLERANCE = 0.001


class Spread(msgspec.Struct, frozen=True):
    """A mean with its 95 % interval; None where there is no data."""

    mean: float | None
    low: float | None
    high: float | None


class Effect(msgspec.Struct, frozen=True):
    """One measure without the change, with it, and the paired difference (with - without).

    `clear` says that the interval of the difference leaves 0 out. `better` is None where it does
    not, and where service is lost within the tolerance (`tolerated`).
    """

    measure: str
    unit: str
    meaning: str
    today: Spread
    proposed: Spread
    difference: Spread
    clear: bool
    better: bool | None
    tolerated: bool = False


class Trial(msgspec.Struct, frozen=True):
    """What a plan does in the twin over `days`: from the live state, or from a cold start.

    `trusted` is whether the twin's last check allows advice (None: a cold start, or no check);
    `error` the figure of that check. `notes` say what was compared, where it is not the change.
    `tolerance` is how much of a share of service may be lost.
    """

    days: float
    replications: int
    seed: int
    live: bool
    currency: str
    stopped: bool
    effects: tuple[Effect, ...]
    error: float | None = None
    trusted: bool | None = None
    notes: tuple[str, ...] = ()
    tolerance: float = TOLERANCE

    @property
    def keeps_service(self) -> bool:
        """Whether no measure of service is clearly lost (`loses`)."""
        return not any(loses(self.effect(name).difference.high, self.tolerance) for name in SERVICE)

    def effect(self, measure: str) -> Effect:
        """The effect on one measure; raises KeyError for one that there is not."""
        for one in self.effects:
            if one.measure == measure:
                return one
        raise KeyError(measure)


def loses(high: float | None, tolerance: float) -> bool:
    """Whether service is lost: the paired 95 % interval lies wholly below -tolerance.

    `high` is the upper end of that interval, None where there is none. The one definition for
    what is proposed, for the verdict of a trial, and for what is approved automatically.
    """
    return high is not None and high < -tolerance


def trial(
    place: Tower | Network,
    changes: Iterable[AnyChange],
    days: float = 28.0,
    replications: int = 32,
    seed: int = 1,
    on_progress: Callable[[int, int], None] | None = None,
    stop: Callable[[], bool] | None = None,
    *,
    today: Iterable[AnyChange] = (),
    notes: tuple[str, ...] = (),
    tolerance: float = TOLERANCE,
) -> Trial:
    """Run the twin with and without changes, with the same luck; both on top of `today`.

    From the live state of a tower; cold, after a warm-up of as many days, for a network. Raises
    InputFaults when the changed network cannot run, before anything runs.
    """
    from taktnet.app.simulation.fidelity import last_check
    from taktnet.twin.cold import BEGIN
    from taktnet.twin.compare import compare
    from taktnet.twin.scenario import Scenario
    from taktnet.twin.start import Start

    error: float | None = None
    trusted: bool | None = None
    warmup = 0.0
    if isinstance(place, Network):
        from taktnet.ledger.fact import micros

        warmup = days
        start = Start(place, micros(BEGIN), days + warmup)
    else:
        start = place.parts.forks.start(place.parts, days)
        checked = last_check(place.parts)
        if checked is not None:
            error = checked.error
            trusted = error <= place.settings.twin_error_limit
    now, left = _playable(start, today)
    then, out = _playable(start, changes)
    base, proposed = (Scenario(name=n, changes=c) for n, c in (("today", now), ("proposed", then)))
    found = compare(
        start, base, (proposed,), days, replications, replications, seed,
        warmup=warmup, on_progress=on_progress, stop=stop,
    )  # fmt: skip
    return Trial(
        days=days,
        replications=found.replications,
        seed=seed,
        live=start.state is not None,
        currency=found.currency,
        stopped=found.stopped,
        effects=tuple(_effects(found, tolerance)),
        error=error,
        trusted=trusted,
        notes=(*notes, *_left_out(max(left, out))),
        tolerance=tolerance,
    )


def _playable(start: Start, changes: Iterable[AnyChange]) -> tuple[tuple[AnyChange, ...], int]:
    """The changes without lots that cannot be handed out as planned, and how many those are."""
    from taktnet.twin.changes import Begin
    from taktnet.twin.finding import planned

    every = tuple(changes)
    if not any(isinstance(c, Begin) for c in every):
        return every, 0
    sim = start.sim()
    kept = tuple(c for c in every if not isinstance(c, Begin) or planned(sim, c)[0] >= 0)
    return kept, len(every) - len(kept)


def _left_out(lots: int) -> Sequence[str]:
    if not lots:
        return ()
    return (
        f"{lots} lots go by the usual rule: work on them has begun, no order of theirs is open, or"
        " their line is a fallback that the twin does not use",
    )


def _effects(found: Comparison, tolerance: float) -> Iterable[Effect]:
    from taktnet.twin.measures import MEASURES

    (answer,) = found.answers
    for name, measure in MEASURES.items():
        today, proposed = found.base.level(name), answer.level(name)
        gap = found.difference(answer, name)
        nil = _NIL * max(1.0, abs(today.mean), abs(proposed.mean))
        clear = gap.clear and abs(gap.mean) > nil
        better = (gap.mean > 0) == measure.more_is_better if clear else None
        tolerated = name in SERVICE and better is False and not loses(gap.high, tolerance)
        yield Effect(
            measure=name,
            unit=found.currency if measure.unit == "currency" else measure.unit,
            meaning=measure.meaning,
            today=_spread(today, nil),
            proposed=_spread(proposed, nil),
            difference=_spread(gap, nil),
            clear=clear,
            better=None if tolerated else better,
            tolerated=tolerated,
        )


def _spread(one: Interval, nil: float) -> Spread:
    """The interval, with 0 for ends that only rounding keeps from it."""
    told = one.to_json()
    ends = (told["mean"], told["low"], told["high"])
    return Spread(*(0.0 if end is not None and abs(end) <= nil else end for end in ends))
