"""Closed stretches of the ledger as Parquet files, for rebuilds and for anybody's own tools.

A segment is two files: `facts-*.parquet` with one column per slot of the fact, which is all that a
projection reads, and `bodies-*.parquet` with (seq, recorded, body, hash). The manifest names for
each the range of rows, the hash of the last, the Merkle root up to it and the SHA-256 of the
files, and is replaced whole when both files are safely on disk: a segment is there or it is not.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from msgspec import Struct

from taktnet.base.errors import TaktnetError
from taktnet.ledger.ledger import Ledger
from taktnet.ledger.merkle import MerkleLog
from taktnet.store import columns

ROWS = 1_000_000
_PAGE = 10_000
_MANIFEST = "manifest.json"
_BODIES_FORM: dict[str, Any] = {
    "compression": "zstd",
    "use_dictionary": ["recorded"],
    "column_encoding": {"seq": "DELTA_BINARY_PACKED"},
}
_BODIES = pa.schema(
    [("seq", pa.int64()), ("recorded", pa.int64()), ("body", pa.binary()), ("hash", pa.binary(32))]
)


class SegmentError(TaktnetError):
    """A segment that is not what its manifest says, or not of this ledger."""


class File(Struct, frozen=True):
    """A file of a segment: its rows and its digest."""

    name: str
    rows: int
    sha256: str


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

    def export(self, ledger: Ledger, until: int | None = None, rows: int = ROWS) -> list[Segment]:
        """Write every stretch of `rows` rows that is complete up to `until`; the new segments."""
        until = ledger.head.seq if until is None else min(until, ledger.head.seq)
        if self.last + rows > until:
            return []
        self.folder.mkdir(parents=True, exist_ok=True)
        log = MerkleLog(ledger.hashes)
        log.extend(ledger.hashes(0, self.last))
        self._same_ledger(log)
        made: list[Segment] = []
        while self.last + rows <= until:
            after, last = self.last, self.last + rows
            log.extend(ledger.hashes(after, last))
            one = Segment(
                after + 1,
                last,
                ledger.hashes(last - 1, last).hex(),
                log.root().hex(),
                self._write_facts(ledger, after, last),
                self._write_bodies(ledger, after, last),
            )
            self._manifest = Manifest(1, (*self.segments, one))
            _replace(self.folder / _MANIFEST, msgspec.json.encode(self._manifest))
            made.append(one)
        return made

    def _same_ledger(self, log: MerkleLog) -> None:
        if self.segments and log.root().hex() != self.segments[-1].root:
            raise SegmentError(
                f"{self.folder}: these are segments of another ledger, or its rows were changed"
            )

    def _write_facts(self, ledger: Ledger, after: int, last: int) -> File:
        path = self.folder / f"facts-{after + 1:012d}-{last:012d}.parquet"
        count, held, waiting = 0, 0, list[np.ndarray]()
        with _Writer(path, columns.SCHEMA, columns.FORM) as out:
            for facts in ledger.facts(after, last):
                waiting.append(facts)
                held += len(facts)
                count += len(facts)
                if held >= columns.GROUP:
                    out.write(*columns.groups(waiting))
                    held, waiting = 0, []
            if held:
                out.write(*columns.groups(waiting))
        return File(path.name, count, out.digest)

    def _write_bodies(self, ledger: Ledger, after: int, last: int) -> File:
        path = self.folder / f"bodies-{after + 1:012d}-{last:012d}.parquet"
        first = after
        with _Writer(path, _BODIES, _BODIES_FORM) as out:
            while after < last:
                page = ledger.rows(after, min(_PAGE, last - after))
                if not page or page[-1].seq != after + len(page):
                    raise SegmentError(f"rows after {after} are missing from the ledger")
                cells = (
                    [row.seq for row in page],
                    [row.recorded for row in page],
                    [row.body for row in page],
                    [row.hash for row in page],
                )
                arrays = [pa.array(c, f.type) for c, f in zip(cells, _BODIES, strict=True)]
                out.write(pa.Table.from_arrays(arrays, schema=_BODIES))
                after = page[-1].seq
        return File(path.name, last - first, out.digest)

    def facts(self, after: int = 0, until: int | None = None) -> Iterator[np.ndarray]:
        """Arrays of facts with after < seq <= until, in order; the next group is decoded ahead."""
        until = self.last if until is None else until
        groups = (columns.columns_of(*found) for found in self._groups(after, until))
        with ThreadPoolExecutor(1) as ahead:
            waiting = ahead.submit(next, groups, None)
            while (decoded := waiting.result()) is not None:
                waiting = ahead.submit(next, groups, None)
                yield from _cut(decoded, after, until)

    def _groups(self, after: int, until: int) -> Iterator[tuple[pq.ParquetFile, int]]:
        for one in self.segments:
            if one.last <= after or one.first > until:
                continue
            file = self._open(one.facts)
            for group in range(file.num_row_groups):
                seqs = file.metadata.row_group(group).column(0).statistics
                if seqs.max > after and seqs.min <= until:
                    yield file, group

    def bodies(self, after: int = 0) -> Iterator[tuple[int, int, bytes, bytes]]:
        """(seq, recorded, body, hash) of every row with seq > after."""
        for one in self.segments:
            if one.last <= after:
                continue
            for batch in self._open(one.bodies).iter_batches(_PAGE):
                columns = [column.to_pylist() for column in batch.columns]
                for row in zip(*columns, strict=True):
                    if row[0] > after:
                        yield row

    def _open(self, wanted: File) -> pq.ParquetFile:
        path = self.folder / wanted.name
        try:
            with path.open("rb") as file:
                digest = _digest(file)
        except FileNotFoundError as error:
            raise SegmentError(f"{path} is missing. Export the segments again") from error
        if digest != wanted.sha256:
            raise SegmentError(
                f"{path}: SHA-256 is {digest}, wanted {wanted.sha256}. Export the segments again"
            )
        return pq.ParquetFile(path, memory_map=True)


def all_facts(
    ledger: Ledger, segments: Segments, after: int = 0, until: int | None = None
) -> Iterator[np.ndarray]:
    """The ledger's facts with after < seq <= until: from segments first, then its live rows."""
    head = ledger.head.seq
    until = head if until is None else min(until, head)
    if segments.last and after < segments.last:
        last = segments.segments[-1]
        if ledger.hashes(last.last - 1, last.last).hex() != last.end_hash:
            raise SegmentError(f"{segments.folder}: segments do not end in this ledger's row")
        yield from segments.facts(after, min(until, segments.last))
        after = min(until, segments.last)
    if after < until:
        yield from ledger.facts(after, until)


class _Writer:
    """A Parquet file under a temporary name until it is whole and on disk."""

    def __init__(self, path: Path, schema: pa.Schema, form: dict[str, Any]) -> None:
        self._path, self._draft = path, path.with_suffix(".tmp")
        self.digest = ""
        self._out = pq.ParquetWriter(self._draft, schema, **form)

    def __enter__(self) -> _Writer:
        return self

    def write(self, *tables: pa.Table) -> None:
        """Append tables, a row group each."""
        for table in tables:
            self._out.write_table(table)

    def __exit__(self, kind: object, *_: object) -> None:
        self._out.close()
        if kind is not None:
            self._draft.unlink()
            return
        with self._draft.open("rb") as file:
            self.digest = _digest(file)
            os.fsync(file.fileno())
        self._draft.replace(self._path)
        _sync_folder(self._path.parent)


def _cut(decoded: list[np.ndarray], after: int, until: int) -> Iterator[np.ndarray]:
    """The records of a decoded row group with after < seq <= until, in blocks."""
    seqs = decoded[0]
    if seqs[0] <= after or seqs[-1] > until:
        low, high = np.searchsorted(seqs, [after, until], side="right")
        decoded = [column[low:high] for column in decoded]
    yield from columns.blocks(decoded)


def _digest(file: Any) -> str:
    running = sha256()
    while block := file.read(1 << 20):
        running.update(block)
    return running.hexdigest()


def _replace(path: Path, data: bytes) -> None:
    draft = path.with_suffix(".tmp")
    with draft.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
