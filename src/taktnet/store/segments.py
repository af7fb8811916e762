"""Closed stretches of the ledger as Parquet files, for rebuilds and for anybody's own tools.

A segment is two files: `facts-*.parquet` with one column per slot of the fact, which is all that a
projection reads, and `bodies-*.parquet` with (seq, recorded, body, hash). The manifest names for
each the range of rows, the hash of the last, the Merkle root up to it and the SHA-256 of the
files and of their parts (`sealed`), and is replaced whole when both files are safely on disk: a
segment is there or it is not.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from msgspec import Struct

from taktnet.base.errors import Fault
from taktnet.ledger.chain import GENESIS, row_hash
from taktnet.ledger.fact import FACT
from taktnet.ledger.ledger import Ledger, Row
from taktnet.ledger.merkle import MerkleLog
from taktnet.store import columns
from taktnet.store.sealed import File, Sealed, SegmentError, Writer, check_whole, replace

ROWS = 1_000_000
_PAGE = 10_000
#: So many blocks are made ahead of those that are folded: more than a row group has.
_AHEAD = 24
_MANIFEST = "manifest.json"
_BODIES_FORM: dict[str, Any] = {
    "compression": "zstd",
    "use_dictionary": ["recorded"],
    "column_encoding": {"seq": "DELTA_BINARY_PACKED"},
}
_BODIES = pa.schema(
    [("seq", pa.int64()), ("recorded", pa.int64()), ("body", pa.binary()), ("hash", pa.binary(32))]
)


class Segment(Struct, frozen=True):
    """Rows `first` to `last` of a ledger; digests are in hex."""

    first: int
    last: int
    end_hash: str
    root: str
    facts: File
    bodies: File


class Manifest(Struct, frozen=True):
    """All segments of a folder, in order and without a hole."""

    version: int
    segments: tuple[Segment, ...] = ()


class Segments:
    """The segments in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._manifest = self._load()

    @property
    def segments(self) -> tuple[Segment, ...]:
        """What the manifest lists."""
        return self._manifest.segments

    @property
    def last(self) -> int:
        """The last row that is in a segment; 0 if there is none."""
        return self.segments[-1].last if self.segments else 0

    def _load(self) -> Manifest:
        path = self.folder / _MANIFEST
        if not path.exists():
            return Manifest(1)
        try:
            found = msgspec.json.decode(path.read_bytes(), type=Manifest)
        except msgspec.MsgspecError as error:
            raise SegmentError(f"{path}: not a manifest of segments ({error})") from error
        if found.version != 1:
            raise SegmentError(f"{path}: version is {found.version}, wanted 1. Upgrade Taktnet")
        after = 0
        for one in found.segments:
            if one.first != after + 1 or one.last < one.first:
                raise SegmentError(f"{path}: {one.first} to {one.last} does not follow {after}")
            after = one.last
        return found

    def export(
        self,
        ledger: Ledger,
        until: int | None = None,
        rows: int = ROWS,
        root: Callable[[int], bytes] | None = None,
        pause: Callable[[int, int], object] | None = None,
    ) -> list[Segment]:
        """Write every stretch of `rows` rows that is complete up to `until`; the new segments.

        Each row is checked against the chain on its way. `root` gives the Merkle root of the
        first so many rows (by default they are hashed here); `pause` is called after each page
        with (rows written, rows in the segment) and may raise to stop.
        """
        until = ledger.head.seq if until is None else min(until, ledger.head.seq)
        if self.last + rows > until:
            return []
        self.folder.mkdir(parents=True, exist_ok=True)
        root = root or _roots(ledger)
        if self.segments and root(self.last).hex() != self.segments[-1].root:
            raise SegmentError(
                f"{self.folder}: these are segments of another ledger, or its rows were changed"
            )
        made: list[Segment] = []
        while self.last + rows <= until:
            one = self._write(ledger, self.last, self.last + rows, root, pause)
            self._manifest = Manifest(1, (*self.segments, one))
            replace(self.folder / _MANIFEST, msgspec.json.encode(self._manifest))
            made.append(one)
        return made

    def _write(
        self,
        ledger: Ledger,
        after: int,
        last: int,
        root: Callable[[int], bytes],
        pause: Callable[[int, int], object] | None,
    ) -> Segment:
        names = [f"{what}-{after + 1:012d}-{last:012d}.parquet" for what in ("facts", "bodies")]
        out = Writer(self.folder / names[0], columns.SCHEMA, columns.FORM)
        told = Writer(self.folder / names[1], _BODIES, _BODIES_FORM)
        waiting, end = list[np.ndarray](), b""
        with out, told:
            for page in _pages(ledger, after, last):
                waiting.append(np.frombuffer(b"".join([row.facts for row in page]), FACT))
                end = page[-1].hash
                told.write(_bodies(page))
                if sum(map(len, waiting)) >= columns.GROUP:
                    *whole, rest = columns.parted(waiting)
                    out.write(*map(columns.table, whole))
                    waiting = [rest]
                if pause is not None:
                    pause(page[-1].seq - after, last - after)
            out.write(*map(columns.table, columns.parted(waiting)))
        return Segment(after + 1, last, end.hex(), root(last).hex(), out.file, told.file)

    def check_end(self, ledger: Ledger) -> None:
        """Raise SegmentError unless the segments end in the ledger's own row."""
        if self.segments and ledger.hashes(self.last - 1, self.last).hex() != (
            self.segments[-1].end_hash
        ):
            raise SegmentError(f"{self.folder}: segments do not end in this ledger's row")

    def faults(self, ledger: Ledger) -> list[Fault]:
        """Every segment whose end is not the ledger's, or whose files are not as written."""
        found: list[Fault] = []
        remedy = "Remove the folder; segments are made anew from the ledger."
        for one in self.segments:
            end = ledger.hashes(one.last - 1, one.last).hex()
            if end != one.end_hash:
                wanted = f"the ledger's, {end or 'of a row it has not'}"
                found.append(Fault("segment", one.first, "hash", one.end_hash, wanted, remedy))
            for file in (one.facts, one.bodies):
                try:
                    check_whole(self.folder, file)
                except (SegmentError, OSError) as error:
                    told = str(error)
                    found.append(Fault("segment", one.first, file.name, told, "as written", remedy))
        return found

    def facts(self, after: int = 0, until: int | None = None) -> Iterator[np.ndarray]:
        """Arrays of facts with after < seq <= until, in order; a thread makes the next ones ahead.

        Raises SegmentError at the first part of a file that is not as it was written.
        """
        blocks = self._blocks(after, self.last if until is None else until)
        with ThreadPoolExecutor(1) as reader:
            ahead = deque(reader.submit(next, blocks, None) for _ in range(_AHEAD))
            try:
                while (facts := ahead.popleft().result()) is not None:
                    ahead.append(reader.submit(next, blocks, None))
                    yield facts
            finally:
                for one in ahead:
                    one.cancel()

    def _blocks(self, after: int, until: int) -> Iterator[np.ndarray]:
        for one in self.segments:
            if one.last <= after or one.first > until:
                continue
            file = Sealed(self.folder, one.facts)
            for group in range(file.parquet.num_row_groups):
                seqs = file.parquet.metadata.row_group(group).column(0).statistics
                if seqs.max > after and seqs.min <= until:
                    yield from _cut(columns.columns_of(*file.group(group)), after, until)

    def bodies(self, after: int = 0) -> Iterator[tuple[int, int, bytes, bytes]]:
        """(seq, recorded, body, hash) of every row with seq > after."""
        for one in self.segments:
            if one.last <= after:
                continue
            check_whole(self.folder, one.bodies)
            file = pq.ParquetFile(self.folder / one.bodies.name, memory_map=True)
            for batch in file.iter_batches(_PAGE):
                columns = [column.to_pylist() for column in batch.columns]
                for row in zip(*columns, strict=True):
                    if row[0] > after:
                        yield row


def all_facts(
    ledger: Ledger, segments: Segments, after: int = 0, until: int | None = None
) -> Iterator[np.ndarray]:
    """The ledger's facts with after < seq <= until: from segments first, then its live rows."""
    head = ledger.head.seq
    until = head if until is None else min(until, head)
    if segments.last and after < segments.last:
        segments.check_end(ledger)
        yield from segments.facts(after, min(until, segments.last))
        after = min(until, segments.last)
    if after < until:
        yield from ledger.facts(after, until)


def _roots(ledger: Ledger) -> Callable[[int], bytes]:
    log = MerkleLog(ledger.hashes)

    def root(size: int) -> bytes:
        log.extend(ledger.hashes(log.size, size))
        return log.root(size)

    return root


def _pages(ledger: Ledger, after: int, last: int) -> Iterator[list[Row]]:
    """The rows up to `last`, each checked against the chain."""
    previous = ledger.hashes(after - 1, after) if after else GENESIS
    while after < last:
        page = ledger.rows(after, min(_PAGE, last - after))
        if not page or page[-1].seq != after + len(page):
            raise SegmentError(f"rows after {after} are missing from the ledger")
        for row in page:
            previous = row_hash(previous, row.seq, row.recorded, row.facts, row.body)
            if previous != row.hash:
                raise SegmentError(f"row {row.seq} does not follow in the chain: run verify")
        after = page[-1].seq
        yield page


def _bodies(page: list[Row]) -> pa.Table:
    cells = (
        [row.seq for row in page],
        [row.recorded for row in page],
        [row.body for row in page],
        [row.hash for row in page],
    )
    arrays = [pa.array(c, f.type) for c, f in zip(cells, _BODIES, strict=True)]
    return pa.Table.from_arrays(arrays, schema=_BODIES)


def _cut(decoded: list[np.ndarray], after: int, until: int) -> Iterator[np.ndarray]:
    """The records of a decoded row group with after < seq <= until, in blocks."""
    seqs = decoded[0]
    if seqs[0] <= after or seqs[-1] > until:
        low, high = np.searchsorted(seqs, [after, until], side="right")
        decoded = [column[low:high] for column in decoded]
    yield from columns.blocks(decoded)
