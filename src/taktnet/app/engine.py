"""The live state and its rules, and how a group of batches becomes rows of the ledger.

Used by the writer's thread alone. Nothing of a group shows before its commit; when the commit
fails, `recover` throws state and network away and loads both again from the ledger.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np

from taktnet.app.clock import Clock
from taktnet.app.revisions import Revisions
from taktnet.app.writer import Batch
from taktnet.base.errors import InputFaults
from taktnet.base.names import Domain
from taktnet.ledger.admission import settle
from taktnet.ledger.event import (
    NUMBER,
    AnyEvent,
    DecisionTaken,
    NetworkChanged,
)
from taktnet.ledger.fact import FACT, Flag
from taktnet.ledger.ledger import Admitted, Entry, Ledger, Receipt
from taktnet.network import Network

if TYPE_CHECKING:
    from taktnet.policy import Rules
    from taktnet.state import State

#: The source name of Taktnet's own events; nobody else may use it.
OWN = "taktnet"
_DECISION = NUMBER[DecisionTaken]
_FIRST = int(Flag.FIRST)
_RESERVED = f"the source {OWN!r} and decisions are Taktnet's own; use another source name"


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
        entries, facts, seqs = self._fold(admission.admitted, recorded)
        positions: dict[str, int] = {}
        for batch in batches:
            positions |= batch.positions
        ledger.commit(entries, recorded, positions)
        if entries:
            self._publish(first, recorded, facts, [entry.body for entry in entries])
        receipts = list(settle(admission, seqs))
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
            elif event.source == OWN or type(event) is DecisionTaken:
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
        if network is self.revisions.network:
            return
        before = set(self.revisions.network.check())
        faults = [str(fault) for fault in network.check() if fault not in before]
        for i, event in changes:
            if faults and i not in refused:
                detail = "\n".join(faults[:20])
                refused[i] = Receipt("rejected", 0, event.id, detail)

    def _known(self, event: AnyEvent) -> bool:
        return self._ledger.find(event.source, event.id, event.tenant) is not None

    def _fold(
        self, admitted: Sequence[Admitted], recorded: int
    ) -> tuple[list[Entry], np.ndarray, list[int]]:
        """Fold and decide; the rows in final order, their facts, the number of each admitted."""
        parts: list[np.ndarray] = []
        entries: list[Entry] = []
        seqs: list[int] = []
        start = 0
        for i, one in enumerate(admitted):
            if type(one.event) is NetworkChanged:
                self._step(admitted[start : i + 1], recorded, parts, entries, seqs)
                self.revisions.apply(seqs[-1], one.event)
                self.rules = self._make_rules(self.revisions.network)
                start = i + 1
        if start < len(admitted):
            self._step(admitted[start:], recorded, parts, entries, seqs)
        facts = parts[0] if len(parts) == 1 else np.concatenate([np.empty(0, FACT), *parts])
        return entries, facts, seqs

    def _step(
        self,
        admitted: Sequence[Admitted],
        recorded: int,
        parts: list[np.ndarray],
        entries: list[Entry],
        seqs: list[int],
    ) -> None:
        buffer = bytearray().join([one.facts for one in admitted])
        step = self.rules.step(self.state, np.frombuffer(buffer, FACT), recorded)
        facts = step.facts
        parts.append(facts)
        packed = facts.tobytes()
        starts = np.flatnonzero(facts["flags"] & _FIRST)
        ends = np.append(starts[1:], len(facts)) * FACT.itemsize
        heads = facts[starts]
        taken = (heads["kind"] == _DECISION) & (heads["source"] == self._own_id())
        theirs, ours = iter(admitted), iter(step.decisions)
        rows = zip(
            heads["seq"].tolist(),
            (starts * FACT.itemsize).tolist(),
            ends.tolist(),
            taken.tolist(),
            strict=True,
        )
        for seq, begin, end, own in rows:
            if own:
                event: AnyEvent = next(ours)
                body = self._ledger.admit_own(event, recorded).body
            else:
                one = next(theirs)
                event, body = one.event, one.body
                seqs.append(seq)
            entries.append(Entry(seq, event, body, packed[begin:end]))

    def _own_id(self) -> int:
        return self._ledger.names.find(Domain.SOURCE, OWN)


def _share(receipts: list[Receipt], batches: Sequence[Batch]) -> list[tuple[Receipt, ...]]:
    if len(batches) == 1:
        return [tuple(receipts)]
    shares: list[tuple[Receipt, ...]] = []
    at = 0
    for batch in batches:
        shares.append(tuple(receipts[at : at + len(batch.events)]))
        at += len(batch.events)
    return shares
