"""Which plans there are, each loaded when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from taktnet.app.plans.vertical import UnknownPlan, Vertical


@dataclass(frozen=True, slots=True)
class Entry:
    """A kind of plan that is there, loaded when it is first asked for."""

    kind: str
    label: str
    load: Callable[[], Vertical]


def _forecast() -> Vertical:
    from taktnet.app.plans.forecast import VERTICAL

    return VERTICAL


def _cards() -> Vertical:
    from taktnet.app.plans.cards import VERTICAL

    return VERTICAL


def _buffers() -> Vertical:
    from taktnet.app.plans.buffers import VERTICAL

    return VERTICAL


def _segments() -> Vertical:
    from taktnet.app.plans.segments import VERTICAL

    return VERTICAL


def _level() -> Vertical:
    from taktnet.app.plans.level import VERTICAL

    return VERTICAL


def _schedule() -> Vertical:
    from taktnet.app.plans.schedule import VERTICAL

    return VERTICAL


#: In the order of the tabs: forecast, segments, buffers, cards, levelling, schedule.
VERTICALS: tuple[Entry, ...] = (
    Entry("forecast", "Forecast", _forecast),
    Entry("segments", "Segments", _segments),
    Entry("buffers", "Buffers", _buffers),
    Entry("cards", "Cards", _cards),
    Entry("level", "Levelling", _level),
    Entry("schedule", "Schedule", _schedule),
)


def vertical(kind: str) -> Vertical:
    """The plan of this kind; raises UnknownPlan."""
    for entry in VERTICALS:
        if entry.kind == kind:
            return entry.load()
    known = ", ".join(entry.kind for entry in VERTICALS)
    raise UnknownPlan(f"there is no plan called {kind[:100]!r}; there are: {known}")
