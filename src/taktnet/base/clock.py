"""Time as an argument: the core never reads a wall clock, it is handed one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """What tells the time; the real one lives in `app`."""

    def now(self) -> datetime:
        """The present instant, with a time zone, never going backward."""
        ...


@dataclass
class FixedClock:
    """A clock that stands still until it is moved: for tests, replays and the twin."""

    at: datetime

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise ValueError("an instant needs its time zone")

    def now(self) -> datetime:
        """The instant it was set to."""
        return self.at

    def advance(self, by: timedelta) -> datetime:
        """Move forward and return the new instant; raises ValueError for a step backward."""
        if by < timedelta(0):
            raise ValueError("time does not go backward")
        self.at += by
        return self.at
