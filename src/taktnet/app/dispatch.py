"""Sends decisions to partners: a follower of the ledger with its own stored position.

Every decision that does not wait for a person (or was approved) goes out at least once under its
own id. What came of it is recorded as `signal.sent` or `signal.refused`, together with the new
position, so a restart at any moment repeats at most what was on its way.
"""

from __future__ import annotations

import heapq
import logging
import random
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Any

import numpy as np

from taktnet.app.clock import Clock
from taktnet.app.engine import OWN
from taktnet.app.ids import outcome_id
from taktnet.app.settings import Settings
from taktnet.app.writer import Closed
from taktnet.base.errors import TaktnetError
from taktnet.exchange.signals import message
from taktnet.exchange.transport import (
    FolderTransport,
    Transport,
    Undelivered,
    WebhookTransport,
)
from taktnet.ledger.event import (
    NUMBER,
    AnyEvent,
    DecisionApproved,
    DecisionTaken,
    SignalRefused,
    SignalSent,
)
from taktnet.ledger.fact import instant
from taktnet.ledger.ledger import Ledger

_LOG = logging.getLogger(__name__)
FOLLOWER = "dispatch"
_KINDS = (NUMBER[DecisionTaken], NUMBER[DecisionApproved])
_MOST_PENDING = 10_000
_LAZY = 10_000  # rows without a decision before the position is stored for its own sake
_PAUSE_S = 0.05  # between two steps, so that what comes close together goes together
_IDLE_S = 0.5


@dataclass(slots=True)
class Pending:
    """A decision on its way: `attempt` counts the tries, `seq` is the row that set it off."""

    seq: int
    decision: DecisionTaken
    channel: str
    attempt: int = 1


class Dispatcher:
    """Follows the ledger and sends; `step` does what is due, `run` does it for ever."""

    def __init__(
        self,
        ledger: Ledger,
        append: Callable[[Sequence[AnyEvent], Mapping[str, int]], Any],
        transports: Mapping[str, Transport | None],
        *,
        clock: Clock,
        settings: Settings,
        executor: Executor,
        chance: random.Random,
    ) -> None:
        self._ledger, self._append, self._transports = ledger, append, transports
        self._clock, self._settings, self._executor = clock, settings, executor
        self._chance = chance
        self._cursor = self._stored = ledger.position(FOLLOWER)
        self._before = ledger.head.seq  # rows up to here may have been sent by an earlier run
        self._due: list[tuple[float, int, Pending]] = []
        self._ready: dict[str, deque[Pending]] = {}  # due, and in line for a lane of its channel
        self._flying: dict[Future[None], list[Pending]] = {}
        self._open: set[int] = set()  # rows whose decision is not settled
        self._outcomes: dict[int, AnyEvent] = {}  # settled, not yet recorded
        self._stop, self._news = Event(), Event()
        self.trouble = ""  #: what keeps signals from going out; "" when nothing does
        self._thread: Thread | None = None

    @property
    def idle(self) -> bool:
        """Whether everything up to the head of the ledger is settled."""
        return not self._open and self._cursor >= self._ledger.head.seq

    def step(self, now: float) -> None:
        """Read, send what is due at `now` (seconds), record what was settled."""
        self._read(now)
        self._launch(now)
        self._settle(now)

    def start(self, seconds: Callable[[], float]) -> None:
        """Run in a thread of its own until `close`; `seconds` is a clock that never goes back."""
        self._thread = Thread(
            target=self._run, args=(seconds,), name="taktnet-dispatch", daemon=True
        )
        self._thread.start()

    def hear(self) -> None:
        """There is something new to do; may be called from any thread."""
        self._news.set()

    def _run(self, seconds: Callable[[], float]) -> None:
        while not self._stop.is_set():
            self._news.clear()
            try:
                self.step(seconds())
                self.trouble = ""
            except Closed:
                return
            except Exception as error:
                # The store may be full or away: say so, keep what was sent, try again.
                self.trouble = f"{type(error).__name__}: {error}"
                _LOG.exception("signals are not going out")
                self._stop.wait(1.0)
            self._rest(seconds())

    def _rest(self, now: float) -> None:
        """Until there is something to do; with signals in line that is when a lane is free."""
        if any(self._ready.values()):
            if self._flying:
                self._news.wait(_IDLE_S)
            return
        wait = self._due[0][0] - now if self._due else _IDLE_S
        self._news.wait(min(max(wait, 0.0), _IDLE_S))
        self._stop.wait(_PAUSE_S)

    def close(self) -> None:
        """Stop sending, record what arrived."""
        self._stop.set()
        self._news.set()
        if self._thread is not None:
            self._thread.join()
        self._executor.shutdown(wait=True, cancel_futures=True)
        self._settle(0.0)
        for transport in self._transports.values():
            if transport is not None:
                transport.close()

    def _read(self, now: float) -> None:
        if len(self._open) >= _MOST_PENDING or self._ledger.head.seq <= self._cursor:
            return
        for facts in self._ledger.facts(self._cursor):
            found = facts["seq"][np.isin(facts["kind"], _KINDS)]
            for seq in np.unique(found).tolist():
                self._take(seq, now)
            self._cursor = int(facts["seq"][-1])
            if len(self._open) >= _MOST_PENDING:
                return

    def _take(self, seq: int, now: float) -> None:
        event = self._ledger.read(seq - 1, 1)[0].event
        decision = event
        if isinstance(event, DecisionApproved):
            found = self._ledger.find(OWN, event.decision, event.tenant)
            decision = found.event if found else event
        elif isinstance(event, DecisionTaken) and event.waiting:
            return
        if not isinstance(decision, DecisionTaken):
            return
        if seq <= self._before and self._recorded(decision):
            return
        channel = decision.origin if decision.origin in self._transports else "default"
        if self._transports.get(channel) is None:
            return
        self._open.add(seq)
        heapq.heappush(self._due, (now, seq, Pending(seq, decision, channel)))

    def _recorded(self, decision: DecisionTaken) -> bool:
        key = outcome_id(decision.decision)
        return self._ledger.find(OWN, key, decision.tenant) is not None

    def _launch(self, now: float) -> None:
        """Hand over what is due, to each partner as many as its transport takes."""
        while self._due and self._due[0][0] <= now:
            pending = heapq.heappop(self._due)[2]
            self._ready.setdefault(pending.channel, deque()).append(pending)
        busy = Counter(f[0].channel for done, f in self._flying.items() if not done.done())
        for channel, waiting in self._ready.items():
            transport = self._transports[channel]
            assert transport is not None
            while waiting and busy[channel] < transport.lanes and not self._stop.is_set():
                flight = [waiting.popleft() for _ in range(min(transport.most, len(waiting)))]
                busy[channel] += 1
                messages = [(p.decision.decision, message(p.decision)) for p in flight]
                future = self._executor.submit(transport.send, messages)
                self._flying[future] = flight
                future.add_done_callback(lambda _: self._news.set())

    def _settle(self, now: float) -> None:
        for future in [f for f in self._flying if f.done()]:
            flight = self._flying.pop(future)
            if future.cancelled():
                continue
            error = future.exception()
            for pending in flight:
                if error is None:
                    self._outcomes[pending.seq] = self._sent(pending)
                elif pending.attempt >= self._settings.signal_attempts:
                    self._outcomes[pending.seq] = self._refused(pending, str(error))
                else:
                    self._again(pending, now)
            if error is not None and not isinstance(error, Undelivered):
                raise error
        settled = set(self._outcomes)
        position = min(self._open - settled, default=self._cursor + 1) - 1
        if settled or position - self._stored >= _LAZY:
            self._append(list(self._outcomes.values()), {FOLLOWER: position})
            self._stored = position
            self._open -= settled
            self._outcomes.clear()

    def _again(self, pending: Pending, now: float) -> None:
        """Back off: the pause doubles up to its limit; jitter takes up to half of it away."""
        first, most = self._settings.signal_backoff_s, self._settings.signal_backoff_max_s
        pause = min(most, first * 2.0 ** min(pending.attempt - 1, 60))
        pending.attempt += 1
        due = now + pause * (1 - self._chance.random() / 2)
        heapq.heappush(self._due, (due, pending.seq, pending))

    def _sent(self, pending: Pending) -> SignalSent:
        decision = pending.decision
        return SignalSent(
            **self._envelope(decision),
            channel=pending.channel,
            attempt=pending.attempt,
        )

    def _refused(self, pending: Pending, reason: str) -> SignalRefused:
        decision = pending.decision
        tries = f" after {pending.attempt} tries" if pending.attempt > 1 else ""
        return SignalRefused(
            **self._envelope(decision),
            by=pending.channel,
            reason=f"not delivered{tries}: {reason}"[:4000],
        )

    def _envelope(self, decision: DecisionTaken) -> dict[str, Any]:
        return {
            "source": OWN,
            "id": outcome_id(decision.decision),
            "at": instant(self._clock.now()),
            "site": decision.site,
            "tenant": decision.tenant,
            "cause": decision.id,
            "correlation": decision.correlation,
            "decision": decision.decision,
        }


def open_transports(settings: Settings, place: Path | None) -> dict[str, Transport | None]:
    """The transport of every channel; None where nothing is sent (also: files without a place)."""
    opened: dict[str, Transport | None] = {}
    for site, channel in settings.channels.items():
        opened[site] = None
        if channel.kind == "files" and place is not None:
            opened[site] = FolderTransport(place / channel.folder)
        elif channel.kind == "webhook":
            try:
                opened[site] = WebhookTransport(
                    channel.url, channel.secret, settings.signal_timeout_s
                )
            except TaktnetError as error:
                raise TaktnetError(f"[channels.{site}]: {error}") from error
    return opened
