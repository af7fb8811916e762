"""Memory for the tables of runs: on cache lines, and on huge pages where it is large.

A run touches its tables at random, so with pages of 4 KB a large network waits for the translation
of addresses as often as for the data.
"""

from __future__ import annotations

import mmap
from collections.abc import Mapping

import numpy as np

from taktnet.twin.layout import LINE, Table

Tables = Mapping[Table, np.ndarray]
_HUGE = 1 << 21
_ADVICE: int | None = getattr(mmap, "MADV_HUGEPAGE", None)


def room(size: int) -> np.ndarray:
    """So many bytes, of any content, that begin on a cache line."""
    if _ADVICE is None or size < _HUGE // 2:
        raw, unit = np.empty(size + LINE, np.uint8), LINE
    else:
        size = -(-size // _HUGE) * _HUGE
        area = mmap.mmap(-1, size + _HUGE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        area.madvise(_ADVICE)
        raw, unit = np.frombuffer(area, np.uint8), _HUGE
    skip = -raw.ctypes.data % unit
    return raw[skip : skip + size]


def places(tables: Tables) -> tuple[dict[Table, int], int]:
    """Where each table begins in one buffer, and how long that is."""
    found, offset = dict[Table, int](), 0
    for t, array in tables.items():
        found[t] = offset
        offset += -(-array.nbytes // LINE) * LINE
    return found, offset


def copy(to: np.ndarray, rows: np.ndarray) -> None:
    """Copy rows byte by byte, what lies between their fields too: equal runs have equal bytes."""
    to.view(np.uint8)[:] = rows.view(np.uint8)


class Together(dict[Table, np.ndarray]):
    """Tables that lie in one buffer."""

    def __init__(self, tables: Tables) -> None:
        super().__init__()
        where, size = places(tables)
        buffer = room(max(size, LINE))
        for t, array in tables.items():
            self[t] = buffer[where[t] : where[t] + array.nbytes].view(array.dtype)
            copy(self[t], array)
