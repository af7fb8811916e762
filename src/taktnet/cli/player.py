"""Plays event files into a running tower, in a thread of its own."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread
from typing import NamedTuple

from taktnet.app.clock import ReplayClock
from taktnet.app.replay import Pace, replay
from taktnet.app.tower import Tower
from taktnet.app.writer import Closed
from taktnet.base.errors import TaktnetError
from taktnet.exchange.events import read_file
from taktnet.kpi.exact import DAY
from taktnet.ledger.event import AnyEvent
from taktnet.ledger.fact import micros

_LOG = logging.getLogger(__name__)
_NEVER = 1 << 62
_ENDINGS = (".ndjson", ".ndjson.gz", ".jsonl", ".jsonl.gz")


class Source(NamedTuple):
    """A file of events; its last `live_days` are lived through at the player's speed."""

    path: Path
    live_days: float


def example_sources(folder: Path) -> list[Source]:
    """The history of an example, without pause, then all of its live events at speed."""
    found: list[Source] = []
    for stem, days in (("history", 0.0), ("live", math.inf)):
        files = (folder / f"{stem}{ending}" for ending in _ENDINGS)
        found += [Source(file, days) for file in files if file.is_file()]
    return found


def live_from(source: Source) -> int:
    """The business time from which a file is lived through, microseconds since 1970 UTC."""
    if source.live_days in (0.0, math.inf):
        return 0 if source.live_days else _NEVER
    pieces = read_file(source.path)
    newest = max((micros(event.at) for piece in pieces for event in piece), default=0)
    return newest - round(source.live_days * DAY)


class Player:
    """Plays sources one after the other, live at `speed` seconds of history a second."""

    def __init__(self, tower: Tower, sources: list[Source], speed: float) -> None:
        for source in sources:
            if not source.path.is_file():
                raise TaktnetError(f"there is no file {source.path}")
        self._tower, self._sources, self._speed = tower, sources, speed
        self._stop = Event()
        self._thread = Thread(target=self._run, name="taktnet-replay", daemon=True)
        if isinstance(tower.clock, ReplayClock):
            tower.clock.reach(tower.ledger.head.recorded)

    def start(self) -> None:
        """Begin."""
        if self._sources:
            self._thread.start()

    def close(self) -> None:
        """Stop, and wait for it."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        try:
            for source in self._sources:
                # What was played before goes by without pause.
                since = max(live_from(source), self._tower.ledger.head.recorded)
                pace = Pace(speed=self._speed, since=since, stop=self._stop.is_set)
                replay(self._tower, self._pieces(source.path), pace)
        except Closed:
            return
        except TaktnetError as error:
            _LOG.error("the replay has stopped: %s", error)

    def _pieces(self, path: Path) -> Iterator[list[AnyEvent]]:
        for piece in read_file(path):
            if self._stop.is_set():
                return
            yield piece
