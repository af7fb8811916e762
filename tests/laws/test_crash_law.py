"""Crash: stop anywhere, restart, go on: nothing acknowledged is lost, nothing is counted twice, and
every decision goes out at least once under one stable id.

Real processes are killed in `tests/ledger/test_crash_tower.py`. Here the stop comes in every place
that differs from another: before and after a commit that the caller never hears of, and before and
after a partner takes a signal.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from test_decision_laws import BUSY

from support.inline import Inline
from support.plants import START_US, history
from taktnet.app.dispatch import Dispatcher
from taktnet.app.engine import Engine
from taktnet.app.past import Past
from taktnet.app.reading import load_state
from taktnet.app.revisions import Revisions
from taktnet.app.settings import Settings
from taktnet.app.writer import Batch
from taktnet.exchange.transport import Undelivered
from taktnet.ledger.event import AnyEvent, DecisionTaken, SignalSent
from taktnet.ledger.ledger import Receipt
from taktnet.policy import Rules
from taktnet.store.sqlite import SqliteLedger

SETTINGS = Settings(signal_attempts=1000, signal_backoff_s=1, signal_backoff_max_s=2)
#: What happens in turn: some events are offered, or a signal's turn comes; and where it stops.
turns = st.lists(
    st.tuples(st.integers(0, 6), st.sampled_from(["", "", "", "before", "after", "fails"])),
    max_size=20,
)


class Stop(BaseException):
    """The process is gone."""


class Partner:
    """Notes every signal; the next may fail, or end the sender's process."""

    most, lanes = 1, 9

    def __init__(self) -> None:
        self.got: list[tuple[str, bytes]] = []
        self.fate = ""

    def send(self, messages: Sequence[tuple[str, bytes]]) -> None:
        """Take them, or not, or both: taken, and nobody hears of it."""
        fate, self.fate = self.fate, ""
        if fate == "before":
            raise Stop
        if fate == "fails":
            raise Undelivered("no route")
        self.got += messages
        if fate == "after":
            raise Stop

    def close(self) -> None:
        """Nothing to close."""


class Process:
    """Engine and dispatcher over the ledger of a file; a commit may be the last thing it does."""

    def __init__(self, path: Path, partner: Partner) -> None:
        self.ledger = ledger = SqliteLedger(str(path), takeover=True)
        past = Past(ledger, None, 1000, 1.0)
        self.end: str = ""
        self._commit, ledger.commit = ledger.commit, self.commit  # type: ignore[method-assign]
        self.engine = Engine(
            ledger,
            Revisions(ledger, past, BUSY),
            clock=self,
            tenant="main",
            make_rules=lambda network: Rules(network, ledger.names),
            load_state=lambda: load_state(ledger, past),
            publish=lambda *_: None,
        )
        self.dispatcher = Dispatcher(
            ledger, self.own, {"default": partner}, clock=self, settings=SETTINGS,
            executor=Inline(), chance=random.Random(1),
        )  # type: ignore[arg-type]  # fmt: skip

    def now(self) -> int:
        """A clock that stands."""
        return START_US

    def commit(self, *what: Any) -> None:
        """The ledger's commit, with the end before or after it."""
        end, self.end = self.end, ""
        if end == "before":
            raise Stop
        self._commit(*what)
        if end == "after":
            raise Stop

    def offer(
        self, events: Sequence[AnyEvent], own: bool = False, **more: Any
    ) -> tuple[Receipt, ...]:
        """Commit a batch; returning is the acknowledgement."""
        batch = Batch(events, lambda _: None, own, more.get("positions", {}))
        return self.engine.commit([batch])[0]

    def own(self, events: Sequence[AnyEvent], positions: Mapping[str, int]) -> None:
        """What the dispatcher records."""
        self.offer(events, own=True, positions=positions)


class Life:
    """Processes one after the other over one file, their partner, and a sender who repeats."""

    def __init__(self, path: Path) -> None:
        self.path, self.partner, self.seconds = path, Partner(), count(0, 10)
        self.process = Process(path, self.partner)
        self.stops = 0

    def restart(self) -> None:
        """The process is gone, with all that it had not committed; another one takes over."""
        self.stops += 1
        self.process.ledger.close()
        self.process, self.partner.fate = Process(self.path, self.partner), ""

    def tell(self, events: Sequence[AnyEvent], end: str = "") -> None:
        """Offer a batch until it is acknowledged."""
        while True:
            self.process.end = end if end in ("before", "after") else ""
            try:
                receipts = self.process.offer(events)
            except Stop:
                self.restart()
                end = ""
                continue
            assert {r.outcome for r in receipts} <= {"recorded", "duplicate"}
            return

    def send(self, fate: str = "") -> None:
        """A turn of the dispatcher, which the partner or the process may not live to see."""
        self.partner.fate = fate
        try:
            self.process.dispatcher.step(next(self.seconds))
        except Stop:
            self.restart()

    def rows(self) -> list[AnyEvent]:
        """Every event on record, once all is sent."""
        for _ in range(200):
            self.send()
            if self.process.dispatcher.idle:
                break
        found = [row.event for row in self.process.ledger.read(0, 100_000)]
        assert self.process.dispatcher.idle
        assert (
            self.process.engine.state.digest()
            == load_state(self.process.ledger, Past(self.process.ledger, None, 1000, 1.0)).digest()
        )
        self.process.ledger.close()
        return found


def decided(rows: Sequence[AnyEvent]) -> list[tuple[Any, ...]]:
    """What was decided, in order."""
    taken = [one for one in rows if isinstance(one, DecisionTaken)]
    return [(d.decision, d.action, d.site, d.item, d.qty, d.origin, d.loop) for d in taken]


@given(st.integers(0, 2**32), st.integers(1, 40), turns)
@settings(max_examples=30, deadline=None)
def test_crash_nothing_acknowledged_is_lost_and_every_decision_goes_out(
    seed: int, n: int, script: list[tuple[int, str]]
) -> None:
    """Stopped in any of these places, any number of times, it ends as if it never had been."""
    events: list[AnyEvent] = history(random.Random(seed), n)
    with tempfile.TemporaryDirectory() as folder:
        calm, life = Life(Path(folder) / "calm.db"), Life(Path(folder) / "life.db")
        calm.tell(events)
        left = list(events)
        for size, end in script:
            if size and left:
                life.tell(left[:size], end)
                left = left[size:]
            else:
                life.send(end)
        if left:
            life.tell(left)
        life.tell(events)  # the sender is unsure of everything: it counts once
        rows, expected = life.rows(), calm.rows()
    assert [one.id for one in rows if one.source != "taktnet"] == [one.id for one in events]
    assert decided(rows) == decided(expected)
    taken = [d.decision for d in rows if isinstance(d, DecisionTaken) and not d.waiting]
    assert {name for name, _ in life.partner.got} == set(taken)
    assert len(set(life.partner.got)) == len(taken), "one body under each id"
    sent = [one.decision for one in rows if isinstance(one, SignalSent)]
    assert sorted(sent) == sorted(taken), "each is reported as sent, once"
