"""What may enter a ledger: keys new, corrections resolved, lateness and skew flagged, facts made.

One desk per ledger; the ledger supplies three look-ups. Between `admit` and `commit` all findings
wait in `Desk.stage`; `committed` makes them the desk's own, `abandon` forgets them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol, cast

from msgspec import Struct

from taktnet.base.errors import Fault
from taktnet.base.names import Names
from taktnet.ledger import codec
from taktnet.ledger import event as e
from taktnet.ledger.event import AnyEvent
from taktnet.ledger.fact import EPOCH, FACT, Lowering, instant
from taktnet.ledger.ledger import Admission, Admitted, Entry, Parked, Receipt
from taktnet.ledger.periods import LATE, Closed, flags_of

#: tenant, source, id
Key = tuple[str, str, str]

#: Clocks of partners differ: business time up to this far after recorded time is not remarked on.
SKEW_TOLERANCE_US = 300_000_000

#: Kinds that are never undone: what was decided, answered or sent has left the house, a closed
#: period stays closed, a voided event is sent again under a new id, and the network is set anew.
FINAL: frozenset[type[e.Event]] = frozenset(
    {
        e.DecisionTaken,
        e.DecisionApproved,
        e.DecisionDeclined,
        e.SignalSent,
        e.SignalAcknowledged,
        e.SignalRefused,
        e.PlanProposed,
        e.PlanTried,
        e.PlanApproved,
        e.PlanRefused,
        e.PlanWithdrawn,
        e.PeriodClosed,
        e.NetworkChanged,
        e.EventVoided,
    }
)


class Lookups(Protocol):
    """What the desk asks of a store, over committed rows only."""

    def recorded(self, keys: Sequence[Key]) -> dict[Key, tuple[int, bytes]]:
        """(seq, body) of those keys that are recorded."""
        ...

    def original(self, key: Key) -> tuple[bytes, bytes] | None:
        """(facts, body) of the row with this key."""
        ...

    def is_corrected(self, key: Key) -> bool:
        """Whether a recorded event corrects the one with this key."""
        ...


class Conflict(Struct, frozen=True):
    """An event that was offered under a key or for a correction already taken."""

    tenant: str
    source: str
    id: str
    body: bytes


class Stage(Struct):
    """What one batch brings beside its rows; stored with them, or forgotten."""

    names: tuple[int, ...]  # counts of names before the batch
    conflicts: list[Conflict] = []
    parked: list[Parked] = []
    released: list[Key] = []  # keys of parked events now recorded
    closed: list[e.PeriodClosed] = []


def key_of(event: e.Event) -> Key:
    """The key under which an event is recorded once."""
    return event.tenant, event.source, event.id


class Desk:
    """Admits the events of one ledger, batch by batch."""

    def __init__(
        self,
        names: Names,
        lookups: Lookups,
        parked: Iterable[Parked] = (),
        closed: Iterable[e.PeriodClosed] = (),
        tolerance: int = SKEW_TOLERANCE_US,
    ) -> None:
        self._names, self._lookups, self._tolerance = names, lookups, tolerance
        self._lowering = Lowering(names)
        self._closed = Closed(closed)
        self._parked = {_original_key(p.event): p for p in parked}
        self._parked_keys = _by_key(self._parked)
        self._staged: Stage | None = None
        self._stamped = 0, EPOCH  # recorded time, and the latest business time without remark

    @property
    def stage(self) -> Stage:
        """What the current batch brings beside its rows."""
        return self._staged or Stage(self._names.counts())

    @property
    def parked(self) -> list[Parked]:
        """The corrections that wait, as of the last commit."""
        return list(self._parked.values())

    def admit(self, events: Sequence[AnyEvent], recorded: int) -> Admission:
        """See `Ledger.admit`."""
        if self._staged is not None:
            raise ValueError("a batch was admitted and neither committed nor abandoned")
        self._staged = Stage(self._names.counts())
        settled = [codec.settled(event) for event in events]
        if len(settled) == 1 and (alone := self._alone(*settled[0], recorded)) is not None:
            return alone
        waiting = self._parked, self._parked_keys
        batch = _Batch(self._staged, self._closed, waiting, self._lookups, self._lower)
        return batch.run(settled, recorded)

    def _alone(
        self, event: AnyEvent, body: bytes, faults: tuple[Fault, ...], recorded: int
    ) -> Admission | None:
        """A single event that only has to be new, without a `_Batch`; None for any other."""
        key = event.tenant, event.source, event.id
        if faults or event.corrects or key in self._parked or key in self._parked_keys:
            return None
        if type(event) is e.PeriodClosed or self._lookups.recorded((key,)):
            return None
        admitted = Admitted(event, body, self._lower(event, recorded, self._closed))
        return Admission((admitted,), (0,), (Receipt("recorded", 0, event.id),))

    def admit_own(self, event: AnyEvent, recorded: int) -> Admitted:
        """See `Ledger.admit_own`."""
        if self._staged is None:
            self._staged = Stage(self._names.counts())
        event, body, faults = codec.settled(event)
        if faults:
            raise ValueError("; ".join(str(fault) for fault in faults))
        return Admitted(event, body, self._lower(event, recorded, self._closed))

    def committed(self) -> None:
        """The staged batch is durable: its findings count from now on."""
        stage, self._staged = self.stage, None
        for event in stage.closed:
            self._closed.take(event)
        if not (stage.parked or stage.released):
            return
        released = set(stage.released)
        waiting = self._parked | {_original_key(p.event): p for p in stage.parked}
        self._parked = {k: p for k, p in waiting.items() if key_of(p.event) not in released}
        self._parked_keys = _by_key(self._parked)

    def abandon(self) -> None:
        """Forget the staged batch, and the names that came since it began."""
        if self._staged is not None:
            self._names.truncate(self._staged.names)
            self._staged = None

    def _lower(
        self,
        event: AnyEvent,
        recorded: int,
        closed: Closed,
        undone: bytes = b"",
        original: AnyEvent | None = None,
    ) -> bytes:
        if recorded != self._stamped[0]:
            self._stamped = recorded, instant(recorded + self._tolerance)
        flags = flags_of(event, self._stamped[1], closed)
        if original is None:
            return self._lowering.facts(event, recorded, flags)
        again = LATE if closed.is_late(original) else 0
        return self._lowering.facts(event, recorded, flags, undone, again)


class _Lower(Protocol):
    def __call__(
        self,
        event: AnyEvent,
        recorded: int,
        closed: Closed,
        undone: bytes = b"",
        original: AnyEvent | None = None,
    ) -> bytes: ...


class _Batch:
    """One call of `admit`."""

    def __init__(
        self,
        stage: Stage,
        closed: Closed,
        waiting: tuple[dict[Key, Parked], dict[Key, Parked]],
        lookups: Lookups,
        lower: _Lower,
    ) -> None:
        self._stage, self._lookups, self._lower = stage, lookups, lower
        self._closed = closed
        # By the key of the original they wait for, and by their own; copied before a change.
        self._parked, self._parked_keys = waiting
        self._copied = False
        self._taken: dict[Key, int] = {}  # to the place in `_admitted`
        self._corrected: set[Key] = set()
        self._admitted: list[Admitted] = []
        self._index: list[int] = []
        self._twins: list[tuple[int, int]] = []
        self._recorded = 0

    def run(self, settled: Sequence[codec.Settled], recorded: int) -> Admission:
        self._recorded = recorded
        keys = [key_of(event) for event, _, _ in settled]
        known = self._lookups.recorded([k for k, s in zip(keys, settled, strict=True) if s[1]])
        taken = self._taken
        receipts: list[Receipt] = []
        for at, (event, body, faults) in enumerate(settled):
            key = keys[at]
            if faults:
                receipt = Receipt("rejected", 0, _told_id(event), _words(faults))
            elif key in known:
                receipt = self._again(event, body, *known[key])
            elif key in taken:
                receipt = self._twin(event, body, at, taken[key])
            elif key in self._parked_keys:
                receipt = self._still_parked(event, body)
            elif event.corrects:
                receipt = self._correction(event, body, at)
            else:
                receipt = self._take(event, body, at, key)
            receipts.append(receipt)
        return Admission(
            tuple(self._admitted), tuple(self._index), tuple(receipts), tuple(self._twins)
        )

    def _again(self, event: AnyEvent, body: bytes, seq: int, stored: bytes) -> Receipt:
        if body == stored:
            return Receipt("duplicate", seq, event.id)
        return self._conflict(event, body, f"number {seq} has this key and other content", seq)

    def _twin(self, event: AnyEvent, body: bytes, at: int, k: int) -> Receipt:
        self._twins.append((at, k))
        if body == self._admitted[k].body:
            return Receipt("duplicate", 0, event.id)
        return self._conflict(event, body, "an event before it has this key and other content")

    def _still_parked(self, event: AnyEvent, body: bytes) -> Receipt:
        if codec.encode(self._parked_keys[key_of(event)].event) == body:
            return _parked_receipt(event)
        return self._conflict(event, body, "a parked event has this key and other content")

    def _conflict(self, event: AnyEvent, body: bytes, why: str, seq: int = 0) -> Receipt:
        self._stage.conflicts.append(Conflict(event.tenant, event.source, event.id, body))
        return Receipt("conflict", seq, event.id, f"{why}; this one is kept as a conflict")

    def _correction(self, event: AnyEvent, body: bytes, at: int) -> Receipt:
        original = _original_key(event)
        if type(event) in FINAL and type(event) is not e.EventVoided:
            detail = f"{e.kind_name(event)} corrects nothing: leave `corrects` out"
            return Receipt("rejected", 0, event.id, detail)
        taken = original in self._corrected or original in self._parked
        if taken or self._lookups.is_corrected(original):
            return self._conflict(event, body, f"{event.corrects} was corrected before")
        found = self._original(original)
        if found is None:
            self._park(event)
            return _parked_receipt(event)
        if type(found[1]) in FINAL:
            detail = f"{event.corrects} is a {e.kind_name(found[1])}, which is never undone"
            return Receipt("rejected", 0, event.id, detail)
        self._corrected.add(original)
        return self._take(event, body, at, key_of(event), found)

    def _original(self, key: Key) -> tuple[bytes, AnyEvent] | None:
        k = self._taken.get(key)
        if k is not None:
            return self._admitted[k].facts, self._admitted[k].event
        found = self._lookups.original(key)
        return None if found is None else (found[0], codec.decode_one(found[1]))

    def _park(self, event: AnyEvent) -> None:
        self._copy_parked()
        parked = Parked(self._recorded, event)
        self._stage.parked.append(parked)
        self._parked[_original_key(event)] = parked
        self._parked_keys[key_of(event)] = parked

    def _copy_parked(self) -> None:
        if not self._copied:
            self._copied = True
            self._parked, self._parked_keys = dict(self._parked), dict(self._parked_keys)

    def _take(
        self,
        event: AnyEvent,
        body: bytes,
        at: int,
        key: Key,
        corrected: tuple[bytes, AnyEvent | None] = (b"", None),
    ) -> Receipt:
        facts = self._lower(event, self._recorded, self._closed, *corrected)
        self._taken[key] = len(self._admitted)
        self._admitted.append(Admitted(event, body, facts))
        self._index.append(at)
        if type(event) is e.PeriodClosed:
            self._stage.closed.append(event)
            self._closed = self._closed.copy()
            self._closed.take(event)
        if key in self._parked:
            self._release(key, facts, event)
        return Receipt("recorded", 0, event.id)

    def _release(self, original: Key, facts: bytes, undone: AnyEvent) -> None:
        """The parked correction of an event that has just been taken follows it."""
        self._copy_parked()
        event = self._parked.pop(original).event
        body, key = codec.encode(event), key_of(event)
        del self._parked_keys[key]
        self._stage.released.append(key)
        if type(undone) in FINAL:
            self._conflict(event, body, "")
            return
        self._corrected.add(original)
        self._take(event, body, -1, key, (facts, undone))


def _by_key(parked: dict[Key, Parked]) -> dict[Key, Parked]:
    return {key_of(one.event): one for one in parked.values()}


def _original_key(event: AnyEvent) -> Key:
    return event.tenant, event.source, event.corrects


def _parked_receipt(event: AnyEvent) -> Receipt:
    detail = f"{event.corrects} has not come yet; this is recorded right behind it"
    return Receipt("parked", 0, event.id, detail)


def _told_id(event: AnyEvent) -> str:
    return event.id if isinstance(cast(object, event.id), str) else ""


def _words(faults: Sequence[Fault]) -> str:
    return "; ".join(str(fault) for fault in faults)


def number(admitted: Sequence[Admitted], after: int) -> list[Entry]:
    """The admitted events as rows numbered from `after` + 1, with nothing between them."""
    entries: list[Entry] = []
    for seq, one in enumerate(admitted, start=after + 1):
        told, facts = seq.to_bytes(8, "little"), one.facts
        if len(facts) == FACT.itemsize:
            facts = told + facts[8:]
        else:
            size = FACT.itemsize
            facts = b"".join(told + facts[at + 8 : at + size] for at in range(0, len(facts), size))
        entries.append(Entry(seq, one.event, one.body, facts))
    return entries


def settle(admission: Admission, seqs: Sequence[int]) -> tuple[Receipt, ...]:
    """The receipts with their numbers: `seqs[k]` is the number given to `admitted[k]`."""
    receipts = list(admission.receipts)
    for at, seq in zip(admission.index, seqs, strict=True):
        if at >= 0:
            receipts[at] = Receipt("recorded", seq, receipts[at].id)
    for at, k in admission.twins:
        receipt = receipts[at]
        receipts[at] = Receipt(receipt.outcome, seqs[k], receipt.id, receipt.detail)
    return tuple(receipts)
