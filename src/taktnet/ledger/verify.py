"""Whether a ledger is what was once recorded: every row hashed again, every fact lowered again.

Found are: a column edited, a row removed, added or swapped, a name edited or removed, a head that
does not fit. The first bad row is named. A chain that somebody computed anew from some row on is
found by the signed checkpoints: pass their check as `also`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec
from msgspec import Struct

from taktnet.base.errors import Fault
from taktnet.base.names import Domain, Names
from taktnet.ledger import event as e
from taktnet.ledger.chain import GENESIS, row_hash
from taktnet.ledger.codec import decode_one, encode
from taktnet.ledger.event import AnyEvent
from taktnet.ledger.fact import FACT, Flag, Lowering
from taktnet.ledger.ledger import Head, Ledger, Recorded, Row
from taktnet.ledger.periods import Closed

#: Called with (rows verified, rows in all); it may raise to stop.
Progress = Callable[[int, int], object]

_PAGE = 5_000
_SIZE = FACT.itemsize


class Verdict(Struct, frozen=True):
    """What `verify` found. `row` is the first bad one (0: none), `what` is wrong with it."""

    rows: int  # verified and good
    facts: int
    head: Head
    row: int = 0
    id: str = ""
    what: tuple[str, ...] = ()
    others: tuple[Fault, ...] = ()  # of the checks passed as `also`

    @property
    def good(self) -> bool:
        """Whether nothing is wrong."""
        return not self.what and not self.others

    def __str__(self) -> str:
        if self.good:
            return (
                f"{self.rows} events with {self.facts} facts verified; head {self.head.hash.hex()}"
            )
        about = f' "{self.id}"' if self.id else ""
        told = [f"event {self.row}{about}: {'; '.join(self.what)}"] if self.what else []
        return "\n".join(told + [str(fault) for fault in self.others])


class _KnownNames(Names):
    """A ledger's names, to which nothing may be added."""

    __slots__ = ()

    def __init__(self, names: Names) -> None:
        super().__init__()
        self.load(names.since(self.counts()))

    def intern(self, domain: Domain, text: str) -> int:
        found = self.find(domain, text)
        if found < 0:
            raise LookupError(f'the dictionary of names has no {domain.name} "{text}"')
        return found


class RowVerifier:
    """Verifies the rows of one ledger one after the other, from the first on."""

    def __init__(
        self, names: Names, original: Callable[[e.Event], Recorded | None] = lambda _: None
    ) -> None:
        """`original` finds the row that a correction corrects."""
        self._names = _KnownNames(names)
        self._lowering = Lowering(self._names)
        self._original = original
        self._closed = Closed()
        self._recorded = 0
        self.hash = GENESIS
        self.seq = 0
        self.facts = 0

    def take(self, row: Row) -> tuple[str, ...]:
        """What is wrong with the next row; nothing is taken if something is."""
        if row.seq != self.seq + 1:
            return (f"row {self.seq + 1} is missing, the next one is {row.seq}",)
        wrong = list(self._content(row))
        digest = row_hash(self.hash, row.seq, row.recorded, row.facts, row.body)
        if digest != row.hash:
            wrong.append("its hash does not follow from its columns and the hash before it")
        if row.recorded < self._recorded:
            wrong.append("it was recorded before the row before it")
        if wrong:
            return tuple(wrong)
        self.seq, self.hash, self._recorded = row.seq, digest, row.recorded
        self.facts += len(row.facts) // _SIZE
        return ()

    def _content(self, row: Row) -> Iterator[str]:
        try:
            event = decode_one(row.body)
        except (msgspec.MsgspecError, UnicodeDecodeError) as problem:
            yield f"its body is not an event ({problem})"
            return
        if encode(event) != row.body:
            yield "its body is not in canonical form"
        if (row.id, row.corrects) != (event.id, event.corrects):
            yield "its key columns differ from its body"
        try:
            self._check_facts(row, event)
        except LookupError as problem:
            yield str(problem.args[0])
        except ValueError as problem:
            yield str(problem)

    def _check_facts(self, row: Row, event: AnyEvent) -> None:
        """Raises ValueError or LookupError in words."""
        intern = self._names.intern
        key = intern(Domain.TENANT, event.tenant), intern(Domain.SOURCE, event.source)
        if (row.tenant, row.source) != key:
            raise ValueError("its key columns differ from its body")
        undone, again = b"", 0
        if event.corrects:
            first = self._original(event)
            if first is None or first.seq >= row.seq:
                raise ValueError(f'"{event.corrects}", which it corrects, is not before it')
            undone, again = first.facts, self._late(first.event)
        flags = 0 if type(event) is e.DecisionTaken else self._late(event) | _skewed(row, event)
        facts = self._lowering.facts(event, row.recorded, flags, undone, again)
        if _numbered(facts, row.seq) != row.facts:
            raise ValueError("its facts do not follow from its body and the names")
        if type(event) is e.PeriodClosed:
            self._closed.take(event)

    def _late(self, event: AnyEvent) -> int:
        return int(Flag.LATE) if self._closed.is_late(event) else 0


def _skewed(row: Row, event: AnyEvent) -> int:
    """The flag as recorded: the tolerance is a setting, so only its direction is checked."""
    flags = int.from_bytes(row.facts[-4:], "little") & int(Flag.SKEWED)
    at = int.from_bytes(row.facts[8:16], "little", signed=True)
    if flags and not event.corrects and at <= row.recorded:
        raise ValueError("it is flagged as ahead of its time and is not")
    return flags


def _numbered(facts: bytes, seq: int) -> bytes:
    told = seq.to_bytes(8, "little")
    if len(facts) == _SIZE:
        return told + facts[8:]
    return b"".join(told + facts[at + 8 : at + _SIZE] for at in range(0, len(facts), _SIZE))


def pages(ledger: Ledger, until: int) -> Iterator[Sequence[Row]]:
    """The rows up to `until` as stored, some thousands at a time."""
    after = 0
    while after < until and (page := ledger.rows(after, min(_PAGE, until - after))):
        yield page
        after = page[-1].seq


def verify_rows(rows: Iterable[Row], verifier: RowVerifier) -> tuple[int, str, tuple[str, ...]]:
    """(number, id, what is wrong) of the first bad row; (0, "", ()) if all are good."""
    for row in rows:
        if wrong := verifier.take(row):
            return verifier.seq + 1, row.id if row.seq == verifier.seq + 1 else "", wrong
    return 0, "", ()


def verify(
    ledger: Ledger,
    progress: Progress | None = None,
    also: Callable[[Ledger], Sequence[Fault]] | None = None,
) -> Verdict:
    """Verify all rows that are committed now.

    `also` is one more check whose faults belong to the verdict (the signed checkpoints).
    """
    head = ledger.head
    verifier = RowVerifier(
        ledger.names, lambda event: ledger.find(event.source, event.corrects, event.tenant)
    )
    bad: tuple[int, str, tuple[str, ...]] = (0, "", ())
    for page in pages(ledger, head.seq):
        bad = verify_rows(page, verifier)
        if progress is not None:
            progress(verifier.seq, head.seq)
        if bad[2]:
            break
    if not bad[2]:
        bad = _check_end(ledger, head, verifier)
    others = tuple(also(ledger)) if also is not None else ()
    return Verdict(verifier.seq, verifier.facts, head, *bad, others)


def _check_end(
    ledger: Ledger, head: Head, verifier: RowVerifier
) -> tuple[int, str, tuple[str, ...]]:
    seq = verifier.seq
    if seq < head.seq:
        return seq + 1, "", (f"it is missing: the head is number {head.seq}",)
    if verifier.hash != head.hash:
        return seq, "", ("the hash in the head is not the one of the newest row",)
    # A row that follows properly was committed meanwhile.
    return verify_rows(ledger.rows(head.seq, 1), verifier)


__all__ = ["Progress", "RowVerifier", "Verdict", "pages", "verify", "verify_rows"]
