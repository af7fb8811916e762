"""The event log: search, one event in full, and the chain from event to decision to signal."""

from __future__ import annotations

from dataclasses import dataclass

from taktnet.app.screens.model import EventLine, Level


@dataclass(frozen=True, slots=True)
class LogQuery:
    """What to look for; empty fields match all. `since`, `until` are ISO text in UTC."""

    kind: str = ""
    site: str = ""
    item: str = ""
    ref: str = ""
    text: str = ""
    since: str = ""
    until: str = ""
    before: int = 0  # only rows with a smaller number; 0: from the newest

    @property
    def narrow(self) -> bool:
        """Whether anything at all is asked for."""
        return any(
            (
                self.kind,
                self.site,
                self.item,
                self.loop,
                self.ref,
                self.text,
                self.since,
                self.until,
            )
        )


@dataclass(frozen=True, slots=True)
class LogScreen:
    """One page of the log, newest first. `before` continues it; 0 when the log is at its end."""

    query: LogQuery
    rows: tuple[EventLine, ...]
    before: int
    searched: int  # the smallest number looked at
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Proof:
    """What the hash chain says about a row."""

    level: Level
    text: str
    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class EventScreen:
    """One event: its fields (name, text, address), the chain it is part of, its proof."""

    row: EventLine
    fields: tuple[tuple[str, str, str], ...]
    chain: tuple[tuple[str, str, tuple[EventLine, ...]], ...]
    proof: Proof
