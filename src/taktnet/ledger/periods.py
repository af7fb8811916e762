"""Closed periods, and what an event is flagged with: posted late, or ahead of the clock."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from taktnet.ledger import event as e
from taktnet.ledger.event import AnyEvent
from taktnet.ledger.fact import Flag, micros

LATE, _SKEWED = int(Flag.LATE), int(Flag.SKEWED)


class Closed:
    """Until when periods are closed: for a tenant as a whole and for single sites."""

    def __init__(self, events: Iterable[e.PeriodClosed] = ()) -> None:
        self._until: dict[tuple[str, str], int] = {}
        for event in events:
            self.take(event)

    def take(self, event: e.PeriodClosed) -> None:
        """Close until the event's date; a date before one taken earlier changes nothing."""
        key = (event.tenant, event.site)
        self._until[key] = max(micros(event.until), self._until.get(key, 0))

    def copy(self) -> Closed:
        """A copy that can be changed on its own."""
        other = Closed()
        other._until = dict(self._until)
        return other

    def is_late(self, event: e.Event) -> bool:
        """Whether `event` happened within a closed period of its site."""
        if not self._until:
            return False
        of_all = self._until.get((event.tenant, ""), 0)
        return micros(event.at) < max(of_all, self._until.get((event.tenant, event.site), 0))


def flags_of(event: AnyEvent, latest: datetime, closed: Closed) -> int:
    """LATE and SKEWED (business time after `latest`); never for a decision, which is made now."""
    if type(event) is e.DecisionTaken:
        return 0
    late = LATE if closed.is_late(event) else 0
    return late | _SKEWED if event.at > latest else late
