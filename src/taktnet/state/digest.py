"""The canonical digest of a state: by names, whatever the layout and the order of ids."""

from __future__ import annotations

import hashlib

import numpy as np

from taktnet.base.names import Domain, Names
from taktnet.state.memory import Memory
from taktnet.state.tables import BESIDE, DOMAINS, DTYPES, KEYED, LINKS, Table

#: Tables that only serve other tables.
_HELPERS = (Table.CARRIER, Table.COUNT)


def digest(memory: Memory, names: Names) -> str:
    """SHA-256 (hex) over each table's live rows, ids replaced by a hash of their name, sorted."""
    total = hashlib.sha256()
    head = memory.arrays[Table.HEAD][0]
    total.update(repr([int(head[f]) for f in ("seq", "recorded", "closed_until")]).encode())
    hashes: dict[Domain, dict[int, int]] = {}
    for table in KEYED:
        if table in _HELPERS:
            continue
        rows = memory.used(table)
        live = rows["key"] >= 0
        columns = [_column(rows[live], f, names, hashes) for f in _fields(table)]
        for follower, leader in BESIDE.items():
            if leader == table:
                side = memory.arrays[follower][: len(rows)][live]
                flat = side.view(np.int64).reshape(len(side), -1) if len(side) else side
                columns += list(flat.T) if len(side) else []
        total.update(table.name.encode())
        if columns and len(columns[0]):
            matrix = np.ascontiguousarray(np.stack(columns, axis=1))
            order = np.lexsort(matrix.T[::-1])
            total.update(matrix[order].tobytes())
    return total.hexdigest()


def _fields(table: Table) -> list[str]:
    return [f for f in DTYPES[table].names or () if f not in LINKS]


def _column(
    rows: np.ndarray, field: str, names: Names, hashes: dict[Domain, dict[int, int]]
) -> np.ndarray:
    values = rows[field].astype(np.int64)
    domain = DOMAINS.get(field)
    if domain is None or len(values) == 0:
        return values
    known = hashes.setdefault(domain, {})
    unique, inverse = np.unique(values, return_inverse=True)
    for id_ in unique.tolist():
        if id_ not in known:
            known[id_] = _hash(names.text(domain, id_))
    table = np.array([known[i] for i in unique.tolist()], np.int64)
    return table[inverse]


def _hash(name: str) -> int:
    encoded = name.encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(encoded, digest_size=8).digest(), "little", signed=True)
