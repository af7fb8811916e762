"""A state as bytes: the rows of every table, versioned and with a checksum."""

from __future__ import annotations

import hashlib
import struct

import numpy as np

from taktnet.base.errors import TaktnetError
from taktnet.base.names import Domain, Names
from taktnet.state.memory import USED, WORDS, Memory
from taktnet.state.stamp import stamp_of_layout
from taktnet.state.tables import BESIDE, KEYED, Table

_MAGIC = b"TAKTSTATE1"
_KEPT = WORDS - USED
_STORED = tuple(t for t in Table if t is not Table.TOUCHED)


class BadSnapshot(TaktnetError):
    """Bytes that are no snapshot of this ledger by this version; fold the ledger anew instead."""


def to_bytes(memory: Memory, names: Names) -> bytes:
    """Magic, layout, how many names were known, then the rows of each table; SHA-256 last."""
    counts = names.counts()
    parts = [
        _MAGIC,
        struct.pack("<I", stamp_of_layout()),
        struct.pack(f"<{len(counts)}q", *counts),
        *(_last_name(names, d, counts[d]) for d in Domain),
    ]
    for table in _STORED:
        rows = _rows(memory, table)
        parts.append(struct.pack("<q", len(rows)))
        parts.append(memory.context[table, USED:].tobytes())
        parts.append(rows.tobytes())
    body = b"".join(parts)
    return body + hashlib.sha256(body).digest()


def _rows(memory: Memory, table: Table) -> np.ndarray:
    leader = BESIDE.get(table, table)
    if leader in KEYED:
        return memory.arrays[table][: int(memory.context[leader, USED])]
    return memory.arrays[table]


def _last_name(names: Names, domain: Domain, count: int) -> bytes:
    """Eight bytes of the newest name: another ledger's dictionary will not have it there."""
    return hashlib.sha256(names.text(domain, count - 1).encode("utf-8", "surrogatepass")).digest()[
        :8
    ]


def load(memory: Memory, blob: bytes, names: Names) -> None:
    """Fill empty tables from a snapshot; raises BadSnapshot and says why."""
    body, checksum = blob[:-32], blob[-32:]
    head = len(_MAGIC) + 4 + 8 * len(Domain)
    if not body.startswith(_MAGIC) or len(body) < head + 8 * len(Domain):
        raise BadSnapshot("these bytes are no snapshot of a state")
    if hashlib.sha256(body).digest() != checksum:
        raise BadSnapshot("the snapshot is damaged: its checksum does not match")
    (layout,) = struct.unpack_from("<I", body, len(_MAGIC))
    if layout != stamp_of_layout():
        raise BadSnapshot("the snapshot is of another version of the tables")
    counts = struct.unpack_from(f"<{len(Domain)}q", body, len(_MAGIC) + 4)
    _check_names(body[head : head + 8 * len(Domain)], counts, names)
    at = head + 8 * len(Domain)
    for table in _STORED:
        (n,) = struct.unpack_from("<q", body, at)
        words = np.frombuffer(body, np.int64, _KEPT, at + 8)
        at += 8 + words.nbytes
        rows = np.frombuffer(body, memory.arrays[table].dtype, n, at)
        at += rows.nbytes
        memory.load(table, rows, words)


def _check_names(tails: bytes, counts: tuple[int, ...], names: Names) -> None:
    for domain in Domain:
        known = names.count(domain)
        tail = tails[8 * domain : 8 * domain + 8]
        if known < counts[domain] or _last_name(names, domain, counts[domain]) != tail:
            raise BadSnapshot(
                f"the snapshot is of another ledger: its {domain.name} names are not the same"
            )
