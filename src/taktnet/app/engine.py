"""The live state and its rules, and how a group of batches becomes rows of the ledger.

Used by the writer's thread alone. Nothing of a group shows before its commit; when the commit
fails, `recover` throws state and network away and loads both again from the ledger.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from taktnet.app.clock import Clock
from taktnet.app.revisions import Revisions
from taktnet.app.writer import Batch
from taktnet.base.errors import Fault, InputFaults
from taktnet.ledger.admission import settle
from taktnet.ledger.event import (
    AnyEvent,
    DecisionTaken,
    NetworkChanged,
    PlanApproved,
    PlanProposed,
    PlanRefused,
    PlanTried,
    PlanWithdrawn,
)
from taktnet.ledger.fact import FACT, Flag
from taktnet.ledger.ledger import Admitted, Entry, Ledger, Receipt
from taktnet.network import Network
from taktnet.policy.step import OWN, Rules, Step
from taktnet.state import State

__all__ = ["OWN", "Engine"]
_FIRST = int(Flag.FIRST)
_OWN_KINDS = (DecisionTaken, PlanProposed, PlanTried, PlanApproved, PlanRefused, PlanWithdrawn)
_RESERVED = (
    f"the source {OWN!r}, decisions and proposals are Taktnet's own; use another source name"
)


class Published(Protocol):
    """What hears of every commit: rows from `first` on, their facts and bodies."""

    def __call__(
        self, first: int, recorded: int, facts: np.ndarray, bodies: Sequence[bytes]
    ) -> None:
        """Called in the writer's thread, after the rows are durable."""
        ...


class Engine:
    """State and rules as of the newest row; implements `writer.Committer`."""

    def __init__(
        self,
        ledger: Ledger,
        revisions: Revisions,
        *,
        clock: Clock,
        tenant: str,
        make_rules: Callable[[Network], Rules],
        load_state: Callable[[], State],
        publish: Published,
    ) -> None:
        self._ledger, self._clock, self._tenant = ledger, clock, tenant
        self._make_rules, self._load_state, self._publish = make_rules, load_state, publish
        self.revisions = revisions
        self.state = load_state()
        self.rules = make_rules(revisions.network)

    def commit(self, batches: Sequence[Batch]) -> list[tuple[Receipt, ...]]:
        """Screen, admit, fold, decide, commit, publish; the receipts of each batch."""
        ledger = self._ledger
        recorded = ledger.stamp(self._clock.now())
        refused: dict[int, Receipt] = {}
        events: list[AnyEvent] = []
        for batch in batches:
            if not batch.own:
                self._screen(batch.events, len(events), refused)
            events.extend(batch.events)
        kept = [i for i in range(len(events)) if i not in refused] if refused else None
        offered = events if kept is None else [events[i] for i in kept]
        admission = ledger.admit(offered, recorded)
        first = self.state.seq + 1
        made = self._fold(admission.admitted, recorded)
        positions: dict[str, int] = {}
        for batch in batches:
            positions |= batch.positions
        ledger.commit(made.entries, recorded, positions)
        if made.entries:
            bodies = [entry.body for entry in made.entries]
            self._publish(first, recorded, made.facts(), bodies)
        receipts = list(settle(admission, made.seqs))
        if kept is not None:
            settled = iter(receipts)
            receipts = [refused[i] if i in refused else next(settled) for i in range(len(events))]
        return _share(receipts, batches)

    def recover(self) -> None:
        """Forget what a failed commit left behind and load what is durable."""
        self._ledger.abandon()
        self.revisions.reload()
        self.state = self._load_state()
        self.rules = self._make_rules(self.revisions.network)

    def _screen(self, events: Sequence[AnyEvent], base: int, refused: dict[int, Receipt]) -> None:
        """Refuse what this tower must not record, before it gets a number."""
        changes: list[tuple[int, NetworkChanged]] = []
        for i, event in enumerate(events, base):
            if event.tenant != self._tenant:
                detail = f"tenant is {event.tenant!r}, this tower serves {self._tenant!r}"
                refused[i] = Receipt("rejected", 0, event.id, detail)
            elif event.source == OWN or type(event) in _OWN_KINDS:
                refused[i] = Receipt("rejected", 0, event.id, _RESERVED)
            elif type(event) is NetworkChanged and not self._known(event):
                changes.append((i, event))
        if changes:
            self._try(changes, refused)

    def _try(
        self, changes: Sequence[tuple[int, NetworkChanged]], refused: dict[int, Receipt]
    ) -> None:
        """Refuse changes that cannot be typed; all of a batch when they bring new faults."""
        network = self.revisions.network
        for i, event in changes:
            try:
                network = network.set_row(event.table, event.key, event.values)
            except InputFaults as faults:
                refused[i] = Receipt("rejected", 0, event.id, str(faults))
        faults = [str(fault) for fault in self._new_faults(network)]
        for i, event in changes:
            if faults and i not in refused:
                detail = "\n".join(faults[:20])
                refused[i] = Receipt("rejected", 0, event.id, detail)

    def _new_faults(self, network: Network) -> list[Fault]:
        """What is wrong with a changed network that was not wrong before."""
        if network is self.revisions.network:
            return []
        before = set(self.revisions.network.check())
        return [fault for fault in network.check() if fault not in before]

    def _known(self, event: AnyEvent) -> bool:
        return self._ledger.find(event.source, event.id, event.tenant) is not None

    def _fold(self, admitted: Sequence[Admitted], recorded: int) -> _Rows:
        """Fold and decide; rules are made anew behind changes of the network, once for a run."""
        made = _Rows()
        start = 0
        run: list[tuple[int, NetworkChanged]] = []
        for i, one in enumerate(admitted):
            if type(one.event) is NetworkChanged:
                self._step(admitted[start : i + 1], recorded, made)
                run.append((made.seqs[-1], one.event))
                start = i + 1
                if start == len(admitted) or type(admitted[start].event) is not NetworkChanged:
                    self.revisions.apply(run)
                    self.rules = self._make_rules(self.revisions.network)
                    run = []
        if start < len(admitted):
            self._step(admitted[start:], recorded, made)
        return made

    def amend(self, make: Callable[[Network, State], Sequence[AnyEvent]]) -> tuple[Receipt, ...]:
        """Commit own events made from network and state as they are now: all of them or none.

        For the writer's thread. Raises what `make` raises, and InputFaults where the events would
        make the network wrong.
        """
        events = tuple(make(self.revisions.network, self.state))
        if not events:
            return ()
        changed = [(e.table, e.key, e.values) for e in events if type(e) is NetworkChanged]
        if faults := self._new_faults(self.revisions.network.set_rows(changed)):
            raise InputFaults(faults)
        try:
            (receipts,) = self.commit([Batch(events, _nobody, True, {})])
        except BaseException:
            self.recover()
            raise
        return receipts

    def review(self) -> int:
        """Decide what came due by time alone and commit it; how many decisions."""
        try:
            return self._review()
        except BaseException:
            self.recover()
            raise

    def _review(self) -> int:
        recorded = self._ledger.stamp(self._clock.now())
        first = self.state.seq + 1
        made = _Rows()
        self._number(self.rules.examine_all(self.state, recorded), (), recorded, made)
        if made.entries:
            self._ledger.commit(made.entries, recorded)
            self._publish(first, recorded, made.facts(), [e.body for e in made.entries])
        return len(made.entries)

    def _step(self, admitted: Sequence[Admitted], recorded: int, made: _Rows) -> None:
        buffer = bytearray().join([one.facts for one in admitted])
        step = self.rules.step(self.state, np.frombuffer(buffer, FACT), recorded)
        self._number(step, admitted, recorded, made)

    def _number(self, step: Step, admitted: Sequence[Admitted], recorded: int, made: _Rows) -> None:
        """The rows of a step: each event with its own facts, decisions where they were taken."""
        facts = step.facts
        if not len(facts):
            return
        made.parts.append(facts)
        packed = facts.tobytes()
        starts = np.flatnonzero(facts["flags"] & _FIRST)
        seqs = facts["seq"][starts].tolist()
        begins = (starts * FACT.itemsize).tolist()
        ends = [*begins[1:], len(packed)]
        ours = dict(zip(step.seqs, step.decisions, strict=True))
        theirs = iter(admitted)
        for seq, begin, end in zip(seqs, begins, ends, strict=True):
            event: AnyEvent | None = ours.get(seq)
            if event is not None:
                body = self._ledger.admit_own(event, recorded).body
            else:
                one = next(theirs)
                event, body = one.event, one.body
                made.seqs.append(seq)
            made.entries.append(Entry(seq, event, body, packed[begin:end]))


class _Rows:
    """What one group comes to: rows, their facts, and the number of each admitted event."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.parts: list[np.ndarray] = []
        self.seqs: list[int] = []

    def facts(self) -> np.ndarray:
        """All facts in final order."""
        if len(self.parts) == 1:
            return self.parts[0]
        return np.concatenate([np.empty(0, FACT), *self.parts])


def _nobody(outcome: object) -> None:
    """Nobody waits for a batch that the writer's own thread commits."""


def _share(receipts: list[Receipt], batches: Sequence[Batch]) -> list[tuple[Receipt, ...]]:
    if len(batches) == 1:
        return [tuple(receipts)]
    shares: list[tuple[Receipt, ...]] = []
    at = 0
    for batch in batches:
        shares.append(tuple(receipts[at : at + len(batch.events)]))
        at += len(batch.events)
    return shares
