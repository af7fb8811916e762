"""Living through a history again: events go in at the pace they happened, or faster."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from taktnet.app.clock import Clock, ReplayClock
from taktnet.app.engine import OWN
from taktnet.app.writer import Writer
from taktnet.ledger.event import AnyEvent
from taktnet.ledger.fact import micros

if TYPE_CHECKING:
    from taktnet.app.tower import Tower

_PIECE = 500  # events committed together where there is no pace to keep, ...
_SPAN_US = 900_000_000  # ... but not more than a quarter of an hour of history
_LONGEST_NAP_S = 0.2


class Pace(Struct, frozen=True):
    """How fast: `speed` seconds of history a second (0: no pause) from business time `since` on.

    Before `since` (microseconds since 1970 UTC) it goes without pause. `stop` is asked often.
    """

    speed: float = 0.0
    since: int = 0
    stop: Callable[[], bool] = lambda: False
    told: Callable[[int, int], Any] = lambda count, at: None


def replay(tower: Tower, pieces: Iterable[Sequence[AnyEvent]], pace: Pace | None = None) -> int:
    """Live through a history at `pace` (as fast as it goes); how many events were new.

    They are appended in the order given, Taktnet's own left out. With a ReplayClock the tower's
    time follows the history.
    """
    pace = pace or Pace()
    runner = _Runner(tower.writer, tower.clock, pace)
    for piece in pieces:
        for event in piece:
            if pace.stop():
                return runner.flush()
            if event.source != OWN:
                runner.take(event)
    return runner.flush()


class _Runner:
    def __init__(self, writer: Writer, clock: Clock, pace: Pace) -> None:
        self._writer, self._clock, self._pace = writer, clock, pace
        self._waiting: list[AnyEvent] = []
        self._new = 0
        self._origin: tuple[int, int] | None = None  # history and wall, where pacing began

    def take(self, event: AnyEvent) -> None:
        """The next event: now if it goes without pause, else when its time has come."""
        at = micros(event.at)
        paced = self._pace.speed > 0 and at >= self._pace.since
        if paced:
            self._wait(at)
        elif self._waiting and abs(at - micros(self._waiting[0].at)) > _SPAN_US:
            self.flush()
        if isinstance(self._clock, ReplayClock):
            self._clock.reach(at)
        self._waiting.append(event)
        if len(self._waiting) >= _PIECE:
            self.flush()

    def flush(self) -> int:
        """Append what waits; how many events were new so far."""
        if self._waiting:
            receipts = self._writer.append(tuple(self._waiting))
            self._new += sum(receipt.outcome == "recorded" for receipt in receipts)
            at = micros(self._waiting[-1].at)
            self._waiting.clear()
            self._pace.told(self._new, at)
        return self._new

    def _wait(self, at: int) -> None:
        wall = time.monotonic_ns() // 1000
        if self._origin is None:
            self.flush()
            self._origin = at, wall
        began, wall_began = self._origin
        due = wall_began + int((at - began) / self._pace.speed)
        while due > wall and not self._pace.stop():
            self.flush()
            wall = time.monotonic_ns() // 1000
            time.sleep(max(0.0, min((due - wall) / 1e6, _LONGEST_NAP_S)))
            wall = time.monotonic_ns() // 1000
