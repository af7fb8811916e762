"""What the crash harness kills: a bare ledger with its state, or a whole tower with dispatcher."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Protocol

from taktnet.ledger.checkpoint import Checkpointer, check_checkpoints
from taktnet.ledger.event import AnyEvent, DecisionTaken, SignalRefused, SignalSent
from taktnet.ledger.ledger import Ledger, Receipt
from taktnet.ledger.note import open_signer
from taktnet.ledger.verify import verify
from taktnet.state import State
from taktnet.store import open_ledger

STATE = "state"
KEY = "key"
_SNAPSHOT_ROWS = 400  # often, so that restarts begin from snapshots of every age


Answer = Callable[[tuple[Receipt, ...]], None]


class Subject(Protocol):
    """A process's inside: takes batches, tells its live state."""

    def submit(self, events: list[AnyEvent], answer: Answer) -> None:
        """Record a batch; `answer` when it is durable, in the order of the batches."""
        ...

    def digest(self) -> tuple[int, str]:
        """(row, digest) of the live state, behind the batches before."""
        ...

    def close(self) -> None:
        """The client has gone: end in good order."""
        ...


class LedgerSubject:
    """A ledger, the state folded beside it, checkpoints and snapshots; no rules."""

    def __init__(self, place: Path, url: str) -> None:
        self.ledger = open_ledger(url, takeover=True)
        signer = open_signer(place / KEY, "crash.example/log", os.urandom(32))
        self.checkpointer = Checkpointer(self.ledger, signer, interval_us=5_000)
        self.state = load_state(self.ledger)
        self._saved = self.state.seq

    def submit(self, events: list[AnyEvent], answer: Answer) -> None:
        """Append, answer, fold what is new, sign and keep snapshots now and then."""
        receipts = self.ledger.append(events, self.ledger.stamp(time.time_ns() // 1000))
        answer(receipts)
        for facts in self.ledger.facts(self.state.seq):
            self.state.fold(facts)
        now = time.monotonic_ns() // 1000
        if self.checkpointer.due(now, self.ledger.head.seq):
            self.checkpointer.make(now)
        if self.state.seq - self._saved >= _SNAPSHOT_ROWS:
            self._saved = self.state.seq
            self.ledger.save_snapshot(STATE, self.state.seq, self.state.to_bytes())
            self.checkpointer.save()

    def digest(self) -> tuple[int, str]:
        """(row, digest) of the state folded live."""
        return self.state.seq, self.state.digest()

    def close(self) -> None:
        """Let go."""
        self.ledger.close()


def load_state(ledger: Ledger) -> State:
    """Snapshot and tail, as a restart does."""
    kept = ledger.load_snapshot(STATE)
    state = State.from_bytes(kept[1], ledger.names) if kept else State(ledger.names)
    for facts in ledger.facts(state.seq):
        state.fold(facts)
    return state


def serve(subject: Subject, make: Any, inbox: int, outbox: int) -> None:
    """Answer the client's lines until it goes away: `batch NUMBER...` or `digest`."""

    def answer(receipts: tuple[Receipt, ...]) -> None:
        bad = [r for r in receipts if r.outcome not in ("recorded", "duplicate")]
        if bad:
            print(f"unexpected receipt: {bad[0]}", file=sys.stderr, flush=True)
            os._exit(3)
        again = sum(r.outcome == "duplicate" for r in receipts)
        os.write(outbox, f"ack {again}\n".encode())

    with os.fdopen(inbox, "r") as lines:
        for line in lines:
            words = line.split()
            if words[0] == "digest":
                seq, told = subject.digest()
                os.write(outbox, f"digest {seq} {told}\n".encode())
            else:
                subject.submit([make(int(word)) for word in words[1:]], answer)
    subject.close()


def examine(
    ledger: Ledger, place: Path, acked: Iterable[int], live: dict[int, str], make: Any
) -> dict[str, Any]:
    """Everything that must hold after any number of kills; `wrong` lists what does not."""
    wrong: list[str] = []
    signer = open_signer(place / KEY, "unused", bytes(32))
    verdict = verify(ledger, None, lambda known: check_checkpoints(known, signer.verifier))
    if not verdict.good:
        wrong.append(f"the log does not verify: {verdict}")
    counted: dict[tuple[str, str], int] = {}
    bodies: dict[str, bytes] = {}
    after = 0
    while page := ledger.read(after, 5_000):
        for row in page:
            event = row.event
            key = event.source, event.id
            counted[key] = counted.get(key, 0) + 1
            if event.source != "taktnet":
                bodies[event.id] = row.body
        after = page[-1].seq
    twice = [key for key, count in counted.items() if count > 1]
    lost = [n for n in acked if make(n).id not in bodies]
    if twice:
        wrong.append(f"{len(twice)} counted twice, first {twice[0]}")
    if lost:
        wrong.append(f"{len(lost)} acknowledged events lost, first number {lost[0]}")
    wrong += states_differ(ledger, live)
    return {"rows": after, "events": len(bodies), "wrong": wrong, "sent": _sent(ledger)}


def states_differ(ledger: Ledger, live: dict[int, str]) -> list[str]:
    """Where the state folded from the first row differs from what was live, or a restart loads."""
    wrong: list[str] = []
    state = State(ledger.names)
    for seq in [*sorted(live), ledger.head.seq]:
        for facts in ledger.facts(state.seq, seq):
            state.fold(facts)
        if seq in live and state.digest() != live[seq]:
            wrong.append(f"the live state at row {seq} was not the state folded from the rows")
    if load_state(ledger).digest() != state.digest():
        wrong.append("the state from snapshot and tail is not the state folded from the rows")
    return wrong


def _sent(ledger: Ledger) -> dict[str, int]:
    """How many decisions, and how many of them were reported sent or refused."""
    found = {"decisions": 0, "sent": 0, "refused": 0}
    after = 0
    while page := ledger.read(after, 5_000):
        for row in page:
            found["decisions"] += isinstance(row.event, DecisionTaken)
            found["sent"] += isinstance(row.event, SignalSent)
            found["refused"] += isinstance(row.event, SignalRefused)
        after = page[-1].seq
    return found


def as_json(found: dict[str, Any]) -> bytes:
    """For the pipe."""
    return json.dumps(found).encode()
