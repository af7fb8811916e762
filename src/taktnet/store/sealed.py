"""Parquet files that are whole or not there, and of which nothing is read but what was written.

Of each file the SHA-256 is kept, and that of each part of it: one part for each row group and a
last one for what stands behind them. So a part can be checked right before it is decoded.
"""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from msgspec import Struct

from taktnet.base.errors import TaktnetError

_REMEDY = "Export the segments again"


class SegmentError(TaktnetError):
    """A segment that is not what its manifest says, or not of this ledger."""


class Part(Struct, frozen=True):
    """The bytes of a file from the part before up to `end`."""

    end: int
    sha256: str


class File(Struct, frozen=True):
    """A file of a segment: its rows and its digests. Files of old have no parts."""

    name: str
    rows: int
    sha256: str
    parts: tuple[Part, ...] = ()


class Sealed:
    """A file that is there as written, as far as it is read. Raises SegmentError where it is not.

    What stands behind the row groups is checked at once; `group` checks a row group. A file
    without parts is checked as a whole.
    """

    def __init__(self, folder: Path, wanted: File) -> None:
        self._path, self._parts = folder / wanted.name, wanted.parts
        if not wanted.parts:
            check_whole(folder, wanted)
            self.parquet = pq.ParquetFile(self._path, memory_map=True)
            return
        size, end = _size(self._path), wanted.parts[-1].end
        if size != end:
            raise SegmentError(f"{self._path}: {size} bytes, wanted {end}. {_REMEDY}")
        with pa.memory_map(str(self._path)) as source:
            self._bytes = source.read_buffer()
        self._check(len(wanted.parts) - 1)
        self.parquet = pq.ParquetFile(pa.BufferReader(self._bytes))

    def group(self, number: int) -> tuple[pq.ParquetFile, int]:
        """The row group with this number, as written."""
        if self._parts:
            self._check(number)
        return self.parquet, number

    def _check(self, number: int) -> None:
        begin = self._parts[number - 1].end if number else 0
        part = self._parts[number]
        digest = sha256(self._bytes.slice(begin, part.end - begin)).hexdigest()
        if digest != part.sha256:
            raise SegmentError(
                f"{self._path}: SHA-256 of bytes {begin} to {part.end} is {digest}, "
                f"wanted {part.sha256}. {_REMEDY}"
            )


def check_whole(folder: Path, wanted: File) -> None:
    """Raise SegmentError unless the whole file is as written."""
    path = folder / wanted.name
    _size(path)
    with path.open("rb") as file:
        digest = _digest(file)
    if digest != wanted.sha256:
        raise SegmentError(f"{path}: SHA-256 is {digest}, wanted {wanted.sha256}. {_REMEDY}")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError as error:
        raise SegmentError(f"{path} is missing. {_REMEDY}") from error


class Writer:
    """A Parquet file under a temporary name until it is whole and on disk."""

    def __init__(self, path: Path, schema: pa.Schema, form: dict[str, Any]) -> None:
        self._path, self._draft = path, path.with_suffix(".tmp")
        self._sink = pa.OSFile(str(self._draft), "wb")
        self._out = pq.ParquetWriter(self._sink, schema, **form)
        self._ends: list[int] = []
        self._rows, self._file = 0, File("", 0, "")

    @property
    def file(self) -> File:
        """What was written, once it is whole."""
        return self._file

    def __enter__(self) -> Writer:
        return self

    def write(self, *tables: pa.Table) -> None:
        """Append tables, a row group each."""
        for table in tables:
            self._out.write_table(table)
            self._ends.append(self._sink.tell())
            self._rows += len(table)

    def __exit__(self, kind: object, *_: object) -> None:
        self._out.close()
        self._sink.close()
        if kind is not None:
            self._draft.unlink()
            return
        with self._draft.open("rb") as file:
            ends = (*self._ends, os.fstat(file.fileno()).st_size)
            parts = tuple(
                Part(end, sha256(file.read(end - file.tell())).hexdigest()) for end in ends
            )
            file.seek(0)
            self._file = File(self._path.name, self._rows, _digest(file), parts)
            os.fsync(file.fileno())
        self._draft.replace(self._path)
        _sync_folder(self._path.parent)


def replace(path: Path, data: bytes) -> None:
    """Put `data` in the place of the file, which is at any time whole, the old one or the new."""
    draft = path.with_suffix(".tmp")
    with draft.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    _sync_folder(path.parent)


def _digest(file: Any) -> str:
    running = sha256()
    while block := file.read(1 << 20):
        running.update(block)
    return running.hexdigest()


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
