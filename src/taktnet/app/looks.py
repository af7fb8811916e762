"""Looks at another time: each folded once, as a job that tells how far it is and can be stopped."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock

from taktnet.app.history import Sight, state_as_of
from taktnet.app.jobs import Job
from taktnet.app.parts import Parts
from taktnet.base.errors import TaktnetError
from taktnet.ledger.fact import micros
from taktnet.state import State

KIND = "look"
_MOST = 4  # each holds a state and, where `known` is given, KPIs
_STANDS = 10.0  # times what the folding took: so long it stands, whatever comes late meanwhile
_Key = tuple[datetime | None, datetime | None]


@dataclass(frozen=True, slots=True)
class Look:
    """What is seen from a time: its state, and KPIs and network behind `sight`."""

    state: State
    sight: Sight


class NotLooked(TaktnetError):
    """The folding was stopped or has failed; the next to ask begins anew."""


class Folding(TaktnetError):
    """The look is still being folded, by `job`."""

    def __init__(self, job: Job) -> None:
        super().__init__(f"the ledger is still being folded for that time: see job {job.id}")
        self.job = job


@dataclass(slots=True)
class _Kept:
    """A job that folds and, once it is done, what came of it; `seq` is how far it is known good."""

    seq: int
    final: bool
    job: Job = field(init=False)
    look: Look | None = None
    stands: float = 0.0


class Looks:
    """The last few looks of a tower; all methods may be called from any thread."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._lock = Lock()
        self._kept: OrderedDict[_Key, _Kept] = OrderedDict()

    def get(self, at: datetime | None, known: datetime | None, wait: float | None = None) -> Look:
        """What is seen from that time (`history.Sight`); without a time it is now.

        Waits at most `wait` seconds, then raises Folding with the job that folds it. Raises
        NotLooked where that was stopped or failed, and TaktnetError for a time that cannot be
        looked at.
        """
        if at is None and known is None:
            return Look(self._parts.state.state(), Sight(self._parts))
        kept = self._at((at, known))
        if not kept.job.wait(wait):
            raise Folding(kept.job)
        if kept.look is None:
            raise NotLooked(f"the look at that time was not finished: {kept.job.error}")
        return kept.look

    def _at(self, key: _Key) -> _Kept:
        with self._lock:
            kept = self._kept.get(key)
            if kept is None or not self._holds(key[0], kept):
                kept = self._kept[key] = self._begin(*key)
            self._kept.move_to_end(key)
            done = [k for k, one in self._kept.items() if one.job.state != "running"]
            for old in done[: max(0, len(done) - _MOST)]:
                del self._kept[old]
            return kept

    def _holds(self, at: datetime | None, kept: _Kept) -> bool:
        """Whether it is being folded, or nothing recorded since can have changed it."""
        if kept.job.state == "running" or kept.look is None:
            return kept.job.state == "running"
        head = self._parts.ledger.head.seq
        if kept.final or kept.seq == head or time.monotonic() < kept.stands:
            return True
        if at is None or kept.look.sight.network is not self._parts.revisions.network:
            return False
        until, since = micros(at), self._parts.past.facts(kept.seq, head)
        if any((facts["at"] <= until).any() for facts in since):
            return False
        kept.seq = head
        return True

    def _begin(self, at: datetime | None, known: datetime | None) -> _Kept:
        parts, sight = self._parts, Sight(self._parts, at, known)
        seq = parts.ledger.head.seq if sight.seq is None else sight.seq
        final = known is not None and micros(known) < parts.clock.now()
        twice = 1 if sight.seq is None else 2  # the state, and then the KPIs

        def work(job: Job) -> dict[str, int]:
            begun = time.monotonic()
            state = state_as_of(
                parts.past, parts.ledger.names, at, seq, lambda done, _: job.at(done, twice * seq)
            )
            sight.fold(lambda done, _: job.at(seq + done, twice * seq))
            now = time.monotonic()
            kept.look, kept.stands = Look(state, sight), now + _STANDS * (now - begun)
            return {"rows": seq}

        kept = _Kept(seq, final)
        kept.job = parts.jobs.start(KIND, work, limit=_MOST)
        return kept
