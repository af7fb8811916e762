"""Events as others send them: JSON, NDJSON or CloudEvents, told apart by content type or name."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import Literal

from taktnet.base.errors import Fault, InputFaults
from taktnet.exchange import cloudevents
from taktnet.ledger import codec
from taktnet.ledger.event import AnyEvent

Format = Literal["json", "ndjson", "cloudevent", "cloudevents"]

#: Content types that are understood; anything after `;` is not looked at.
CONTENT_TYPES: dict[str, Format] = {
    "application/json": "json",
    "application/x-ndjson": "ndjson",
    "application/ndjson": "ndjson",
    "application/jsonl": "ndjson",
    cloudevents.ONE: "cloudevent",
    cloudevents.BATCH: "cloudevents",
}
_LINES = 2000  # of a file at a time,
_PIECE = 16 * 1024 * 1024  # and about so many bytes
_LONGEST = codec.LIMITS.total_bytes
_NDJSON = (".ndjson", ".jsonl")


def format_of(content_type: str) -> Format | None:
    """The format of a Content-Type header; None when it is not understood."""
    return CONTENT_TYPES.get(content_type.partition(";")[0].strip().lower())


def read(body: bytes, form: Format, where: str = "request") -> list[AnyEvent]:
    """The events in `body`; raises InputFaults with every fault of every event."""
    if form == "ndjson":
        return codec.decode(body, "ndjson", where)
    if form == "json":
        return codec.decode(body, "json", where)
    return codec.decode(cloudevents.events(body, where, form == "cloudevents"), "json", where)


def read_file(path: Path) -> Iterator[list[AnyEvent]]:
    """The events of a .json, .ndjson or .jsonl file (also .gz), in pieces.

    Raises InputFaults for the piece that has faults; `row` is the line of the file.
    """
    name = path.name.removesuffix(".gz")
    if not name.endswith(_NDJSON):
        yield read(_bytes(path), "json", path.name)
        return
    for first, piece in _pieces(path):
        try:
            yield codec.decode(piece, "ndjson", path.name)
        except InputFaults as found:
            raise InputFaults(_moved(fault, first - 1) for fault in found.faults) from None


def _bytes(path: Path) -> bytes:
    """All of a file, or a byte more than the codec takes: a small file may unpack to a huge one."""
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        try:
            return file.read(codec.LIMITS.total_bytes + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise InputFaults([Fault(path.name, 0, "", str(error), "a gzip file")]) from error


def _pieces(path: Path) -> Iterator[tuple[int, bytes]]:
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        first = 1
        try:
            while lines := _lines(file, path.name, first):
                yield first, b"".join(lines)
                first += len(lines)
        except (OSError, EOFError, zlib.error) as error:
            raise InputFaults([Fault(path.name, first, "", str(error), "a gzip file")]) from error


def _lines(file: gzip.GzipFile | BufferedReader, where: str, first: int) -> list[bytes]:
    """The next lines of a file, numbered from `first`: not too many, and none too long."""
    lines, size = list[bytes](), 0
    while len(lines) < _LINES and size < _PIECE and (line := file.readline(_LONGEST + 1)):
        if len(line) > _LONGEST:
            row, wanted = first + len(lines), f"at most {_LONGEST} bytes a line"
            raise InputFaults([Fault(where, row, "", "a longer line", wanted)])
        lines.append(line)
        size += len(line)
    return lines


def _moved(fault: Fault, lines: int) -> Fault:
    return Fault(
        fault.where,
        fault.row + lines if fault.row else 0,
        fault.field,
        fault.found,
        fault.wanted,
        fault.remedy,
        fault.subject,
    )
