"""Facts as columns of a Parquet file, and back to records in blocks that stay in the cache.

Columns rather than one binary column: an eighth of the size and open to other tools. What costs
time is taken out: a column that is constant in a row group is not read but filled in from its
statistics; narrow numbers are split by byte and not put in dictionaries, which are slower to
read; the records are laid by one compiled loop, so many at a time that they are still in the cache
when they are folded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from taktnet.ledger.fact import FACT

#: Most facts in a row group.
GROUP = 65_536
#: Facts laid at once: 850 kB.
BLOCK = 8_192
_SLOTS: tuple[str, ...] = FACT.names or ()
SCHEMA = pa.schema([(name, pa.from_numpy_dtype(FACT[name])) for name in _SLOTS])
# rising or nearly so: stored as differences
_DELTA = ("seq", "at", "qty2")
_DICTIONARY = ("recorded", "qty", "t2", "tenant", "flags")
_PLAIN = ("t1",)
#: LZ4 and not zstd: half as large again, read a quarter faster.
FORM: dict[str, Any] = {
    "compression": "lz4",
    "use_dictionary": list(_DICTIONARY),
    "column_encoding": {
        name: "DELTA_BINARY_PACKED" if name in _DELTA else "BYTE_STREAM_SPLIT"
        for name in _SLOTS
        if name not in (*_DICTIONARY, *_PLAIN)
    },
}


def parted(parts: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Facts of whole events in arrays of at most GROUP that never part an event; all but the last
    are of about that many."""
    facts = parts[0] if len(parts) == 1 else np.concatenate(parts)
    return [facts[first:last] for first, last in _cuts(facts["seq"], GROUP)]


def table(facts: np.ndarray) -> pa.Table:
    """Facts as columns."""
    return pa.table({n: np.ascontiguousarray(facts[n]) for n in _SLOTS}, schema=SCHEMA)


def columns_of(file: pq.ParquetFile, group: int) -> list[np.ndarray]:
    """One row group, decoded: an array for each slot; a constant one takes no room."""
    meta = file.metadata.row_group(group)
    known: dict[str, np.ndarray] = {}
    for at in range(meta.num_columns):
        column = meta.column(at)
        said: Any = column.statistics
        if said is not None and said.has_min_max and said.min == said.max:
            name = column.path_in_schema
            known[name] = np.broadcast_to(np.array(said.min, FACT[name]), meta.num_rows)
    wanted = [name for name in _SLOTS if name not in known]
    table = file.read_row_group(group, columns=wanted, use_threads=False)
    return [known[n] if n in known else table.column(n).to_numpy() for n in _SLOTS]


def blocks(columns: list[np.ndarray]) -> Iterator[np.ndarray]:
    """The records of a row group, whole events at a time."""
    lay = _compiled()
    for first, last in _cuts(columns[0], BLOCK):
        facts = np.empty(last - first, FACT)
        lay(facts, *[column[first:last] for column in columns])
        yield facts


def _cuts(seqs: np.ndarray, most: int) -> Iterator[tuple[int, int]]:
    """Stretches of about `most` rows; one ends only where an event ends."""
    first = 0
    while first < len(seqs):
        last = min(first + most, len(seqs))
        if last < len(seqs) and seqs[last] == seqs[last - 1]:
            before = int(np.searchsorted(seqs, seqs[last]))
            after = int(np.searchsorted(seqs, seqs[last], side="right"))
            last = before if before > first else after
        yield first, last
        first = last


@cache
def _compiled() -> Callable[..., None]:
    """`_lay` in machine code, for columns of any stride."""
    from numba import njit, types
    from numba.np.numpy_support import from_dtype

    kinds: Any = types
    compiler: Any = njit
    columns = [kinds.Array(from_dtype(FACT[n]), 1, "A", readonly=True) for n in _SLOTS]
    signature = kinds.void(kinds.Array(from_dtype(FACT), 1, "C"), *columns)
    return compiler([signature], nogil=True, cache=True)(_lay)


def _lay(  # noqa: PLR0917 - a column each
    facts: Any,
    seq: Any, at: Any, recorded: Any, qty: Any, qty2: Any, t1: Any, t2: Any,
    site: Any, item: Any, to: Any, lot: Any, ref: Any, ref2: Any, loop: Any, res: Any,
    source: Any, tenant: Any, kind: Any, status: Any, reason: Any, flags: Any,
) -> None:  # fmt: skip
    for i in range(len(facts)):
        f = facts[i]
        f.seq, f.at, f.recorded = seq[i], at[i], recorded[i]
        f.qty, f.qty2, f.t1, f.t2 = qty[i], qty2[i], t1[i], t2[i]
        f.site, f.item, f.to, f.lot = site[i], item[i], to[i], lot[i]
        f.ref, f.ref2, f.loop, f.res = ref[i], ref2[i], loop[i], res[i]
        f.source, f.tenant, f.flags = source[i], tenant[i], flags[i]
        f.kind, f.status, f.reason = kind[i], status[i], reason[i]
