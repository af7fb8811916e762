"""Signed checkpoints of the ledger's Merkle log, in the form of C2SP tlog-checkpoint.

A checkpoint says: this log had `size` rows and this root. Signed, stored with the ledger and given
to a partner (who may cosign it), it fixes all rows under it: nobody can change one later without
the proof failing, not even with the database and the chain in hand.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator

from msgspec import Struct

from taktnet.base.errors import Fault, TaktnetError
from taktnet.ledger import note
from taktnet.ledger.ledger import Ledger
from taktnet.ledger.merkle import DIGEST, MerkleLog
from taktnet.ledger.note import NoteError, Signer, Verifier

SNAPSHOT = "merkle"
SNAPSHOT_ROWS = 65_536
INTERVAL_US = 750_000
#: Checkpoints older than this, by recorded time, are thinned to the last of each minute.
RECENT_US = 3_600_000_000
APART_US = 60_000_000
_PAGE = 1000


class Checkpoint(Struct, frozen=True):
    """The log `origin` at `size` rows."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The body of the note: origin, size, root, a line each."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """The checkpoint in a note's text; lines after the third are extensions and are skipped."""
        lines = text.split("\n")
        if len(lines) < 4 or not lines[0]:
            raise NoteError("not a checkpoint: wanted origin, size and root, a line each")
        if not (lines[1].isascii() and lines[1].isdigit()) or str(int(lines[1])) != lines[1]:
            raise NoteError(f"not a checkpoint: size is {lines[1]!r}, wanted a whole number")
        try:
            root = base64.b64decode(lines[2], validate=True)
        except binascii.Error:
            root = b""
        if len(root) != DIGEST:
            raise NoteError(f"not a checkpoint: root is {lines[2]!r}, wanted 32 bytes in base64")
        return cls(lines[0], int(lines[1]), root)


def read_checkpoint(text: str, verifier: Verifier) -> Checkpoint:
    """The checkpoint of a note signed by this key; raises NoteError if it is not."""
    if note.signature_line(text, verifier) is None:
        raise NoteError(f"checkpoint: no good signature of {verifier.name} on it")
    found = Checkpoint.parse(note.split(text)[0])
    if verifier.kind == note.ED25519 and found.origin != verifier.name:
        raise NoteError(f"checkpoint: log is {found.origin!r}, its key is for {verifier.name!r}")
    return found


class Checkpointer:
    """Keeps the Merkle log of a ledger up to date and signs it at least every second.

    The caller asks `due` with its clock (microseconds) and calls `make`; it reads committed rows
    only, so it may run beside the writer.
    """

    def __init__(self, ledger: Ledger, signer: Signer, interval_us: int = INTERVAL_US) -> None:
        self._ledger, self._signer, self._interval = ledger, signer, interval_us
        self.log = _restore(ledger)
        self._saved = self.log.size
        self._thinned = 0  # up to this size nothing is left to thin
        self._made: int | None = None  # when the last one was made
        self._last = _newest(ledger)
        self._signed = self._last.size if self._last else 0
        self.catch_up()
        self._check_last()

    @property
    def verifier(self) -> Verifier:
        """The key that others need."""
        return self._signer.verifier

    @property
    def last(self) -> Checkpoint | None:
        """The newest checkpoint."""
        return self._last

    def _check_last(self) -> None:
        last = self._last
        if last is None:
            return
        if last.size > self.log.size or self.log.root(last.size) != last.root:
            # the snapshot is only a cache: before accusing the rows, hash them all again
            self.log = MerkleLog(self._ledger.hashes)
            self._saved = 0
            self.catch_up()
        if last.size > self.log.size or self.log.root(last.size) != last.root:
            raise TaktnetError(
                f"the ledger does not fit its checkpoint at {last.size} rows: rows were changed or "
                "removed. Run `taktnet verify`; restore the ledger from a backup"
            )

    def catch_up(self) -> int:
        """Take up the rows committed since; the size of the log now."""
        self.log.extend(self._ledger.hashes(self.log.size))
        return self.log.size

    def due(self, now: int, size: int) -> bool:
        """Whether a ledger of `size` rows wants a new checkpoint at `now` (microseconds)."""
        waited = self._made is None or now - self._made >= self._interval
        return size > self._signed and waited

    def make(self, now: int) -> Checkpoint:
        """Sign and store the log as it is now."""
        size = self.catch_up()
        made = Checkpoint(self._signer.name, size, self.log.root())
        if size > self._signed:  # the same size again would lose cosignatures
            self._ledger.save_checkpoint(size, self._signer.sign(made.text()))
        self._signed, self._made, self._last = size, now, made
        if size - self._saved >= SNAPSHOT_ROWS:
            self.save()
        return made

    def thin(self) -> int:
        """Let go of old checkpoints but for the last of each minute; how many went.

        Those that a witness has cosigned stay. One page at a time: call it again and again.
        """
        until = self._ledger.head.recorded - RECENT_US
        page = self._ledger.checkpoints(self._thinned, _PAGE)
        times = [self._ledger.rows(size - 1, 1)[0].recorded for size, _ in page]
        going: list[int] = []
        for (size, text), at, following in zip(page, times, times[1:], strict=False):
            if following > until:
                break
            self._thinned = size
            if at // APART_US == following // APART_US and text.count("\n\u2014 ") < 2:
                going.append(size)
        if going:
            self._ledger.drop_checkpoints(going)
        return len(going)

    def save(self) -> None:
        """Keep the log's nodes, so that a restart need not hash every row again."""
        self._saved = self.log.size
        self._ledger.save_snapshot(SNAPSHOT, self._saved, self.log.to_bytes())

    def add_cosignature(self, cosigned: str, witness: Verifier) -> int:
        """Keep a witness's signature on a checkpoint of ours; its time in seconds since 1970.

        Raises NoteError when the text is not that of a stored checkpoint or the signature is bad.
        """
        found = note.signature_line(cosigned, witness)
        if found is None or witness.kind != note.COSIGNATURE:
            raise NoteError(f"no good cosignature of {witness.name} on this checkpoint")
        text, _ = note.split(cosigned)
        size = Checkpoint.parse(text).size
        kept = stored_note(self._ledger, size)
        if kept is None or note.split(kept)[0] != text:
            raise NoteError(f"the checkpoint of {size} rows is not one of this ledger")
        if note.signature_line(kept, witness) is None:
            self._ledger.save_checkpoint(size, kept + found[1])
        return found[0]


def _restore(ledger: Ledger) -> MerkleLog:
    kept = ledger.load_snapshot(SNAPSHOT)
    if kept is not None:
        try:
            log = MerkleLog.from_bytes(kept[1], ledger.hashes)
        except ValueError:
            log = MerkleLog(ledger.hashes)
        if log.size <= ledger.head.seq:
            return log
    return MerkleLog(ledger.hashes)


def notes_of(ledger: Ledger) -> Iterator[tuple[int, str]]:
    """Every stored checkpoint (size, signed note), smallest first."""
    after = 0
    while page := ledger.checkpoints(after):
        yield from page
        after = page[-1][0]


def stored_note(ledger: Ledger, size: int) -> str | None:
    """The signed note of the checkpoint at exactly `size` rows."""
    page = ledger.checkpoints(size - 1, 1)
    return page[0][1] if page and page[0][0] == size else None


def _newest(ledger: Ledger) -> Checkpoint | None:
    # looked for from the end: a ledger may hold millions of checkpoints
    window, head = 4096, ledger.head.seq
    while not (page := ledger.checkpoints(head - window)) and window <= head:
        window *= 16
    if not page:
        return None
    while more := ledger.checkpoints(page[-1][0]):
        page = more
    return Checkpoint.parse(note.split(page[-1][1])[0])


def check_checkpoints(ledger: Ledger, verifier: Verifier) -> list[Fault]:
    """What is wrong with the stored checkpoints; `row` is the size of the log each speaks of.

    The rows are hashed as they stand, so a ledger rewritten with a sound chain is found: the
    change lies after the last checkpoint that still fits.
    """
    log = MerkleLog(ledger.hashes)
    faults: list[Fault] = []
    fits = 0
    for size, text in notes_of(ledger):
        try:
            said = read_checkpoint(text, verifier)
        except NoteError as error:
            faults.append(Fault("checkpoint", size, "note", "broken", "a signed note", str(error)))
            continue
        log.extend(ledger.hashes(log.size, size))
        if said.size == size == log.size and said.root == log.root():
            fits = size
            continue
        found = "too few rows" if log.size < size else f"another root, {log.root().hex()}"
        wanted = f"root {said.root.hex()} of {said.size} rows"
        remedy = f"A row after {fits} and up to {size} was changed, removed or inserted."
        faults.append(Fault("checkpoint", size, "root", found, wanted, remedy))
    return faults
