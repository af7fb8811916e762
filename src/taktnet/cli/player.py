"""Plays event files into a running tower, in a thread of its own."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread
from typing import NamedTuple

from taktnet.app.clock import ReplayClock
from taktnet.app.replay import Pace
from taktnet.app.tower import Tower
from taktnet.app.writer import Closed
from taktnet.base.errors import TaktnetError
from taktnet.exchange.events import read_file
from taktnet.ledger.event import AnyEvent

_LOG = logging.getLogger(__name__)
_ENDINGS = (".ndjson", ".ndjson.gz", ".jsonl", ".jsonl.gz")


class Source(NamedTuple):
    """A file of events, and how fast it is lived through (None: without pause)."""

    path: Path
    speed: float | None


def example_sources(folder: Path) -> list[Source]:
    """The history of an example, without pause, then its live events."""
    found: list[Source] = []
    for stem, paced in (("history", False), ("live", True)):
        files = (folder / f"{stem}{ending}" for ending in _ENDINGS)
        found += [Source(file, 0.0 if paced else None) for file in files if file.is_file()]
    return found


class Player:
    """Plays sources one after the other. A speed of 0 in a source is the player's own speed."""

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
                speed = self._speed if source.speed == 0.0 else source.speed or 0.0
                # What was played before goes by without pause.
                played = self._tower.ledger.head.recorded
                pace = Pace(speed=speed, since=played, stop=self._stop.is_set)
                self._tower.replay(self._pieces(source.path), pace)
        except Closed:
            return
        except TaktnetError as error:
            _LOG.error("the replay has stopped: %s", error)

    def _pieces(self, path: Path) -> Iterator[list[AnyEvent]]:
        for piece in read_file(path):
            if self._stop.is_set():
                return
            yield piece
