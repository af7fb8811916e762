"""Exact sums over columns: integers that come out the same however the rows were grouped.

Quantities and money are millionths, instants microseconds, so a single product of the two may
pass 64 bits. Sums are therefore taken in lanes of 20 bits, or in one lane where a bound shows
that it cannot overflow, and put together as Python integers.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Objects = NDArray[np.object_]
Rows = NDArray[Any]

_LANE = 20
_MASK = (1 << _LANE) - 1
_ROOM = 1 << 62

DAY = 86_400_000_000  #: microseconds
HOUR = 3_600_000_000  #: microseconds
MILLION = 1_000_000


class Log:
    """Rows of one dtype that are only ever added to, kept in one growing array."""

    __slots__ = ("_count", "_rows")

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self._rows: Rows = np.zeros(64, dtype)
        self._count = 0

    def append(self, rows: Rows) -> None:
        """Add rows at the end; cost is that of copying them."""
        need = self._count + len(rows)
        if need > len(self._rows):
            grown = np.zeros(max(need, 2 * len(self._rows)), self._rows.dtype)
            grown[: self._count] = self._rows[: self._count]
            self._rows = grown
        self._rows[self._count : need] = rows
        self._count = need

    def __len__(self) -> int:
        return self._count

    @property
    def rows(self) -> Rows:
        """All rows, as a view that may be written to but not kept past the next `append`."""
        return self._rows[: self._count]


def _largest(values: Ints) -> int:
    return max(int(values.max()), -int(values.min())) if len(values) else 0


def _lane(index: Ints, values: Ints, size: int) -> Objects:
    out = np.zeros(size, np.int64)
    np.add.at(out, index, values)
    return out.astype(object)


def sums(index: Ints, values: Ints, size: int) -> Objects:
    """Sum of `values` per cell `index` (0 <= index < size), as exact Python integers."""
    if _largest(values) * len(values) < _ROOM:
        return _lane(index, values, size)
    high = _lane(index, values >> _LANE, size)
    return high * (1 << _LANE) + _lane(index, values & _MASK, size)


def moments(index: Ints, values: Ints, spans: Ints, size: int) -> Objects:
    """Sum of `values * spans` per cell, exactly: stock deltas times the time they last.

    `spans` are microseconds >= 0. Partial products of 20-bit lanes are summed apart; in the rare
    case that even these may overflow, Python integers are summed instead.
    """
    if _largest(values) * _largest(spans) * len(values) < _ROOM:
        return _lane(index, values * spans, size)
    a, b = values >> _LANE, values & _MASK
    c, d = spans >> _LANE, spans & _MASK
    if max(_largest(a), _MASK) * max(_largest(c), _MASK) * 2 * len(values) >= _ROOM:
        cells: Objects = np.zeros(size, object)
        np.add.at(cells, index, values.astype(object) * spans.astype(object))
        return cells
    low, middle, high = np.zeros((3, size), np.int64)
    np.add.at(low, index, b * d)
    np.add.at(middle, index, a * d + b * c)
    np.add.at(high, index, a * c)
    middle += low >> _LANE
    high += middle >> _LANE
    rest = ((middle & _MASK) << _LANE) | (low & _MASK)
    return high.astype(object) * (1 << 2 * _LANE) + rest.astype(object)


def order(*keys: Ints) -> Ints:
    """Positions that sort by the keys, the first one leading; equal rows keep their order."""
    return np.lexsort(keys[::-1])


def starts(keys: Ints) -> Ints:
    """Positions in a sorted column where a new value begins."""
    if not len(keys):
        return np.zeros(0, np.int64)
    return np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))


def runs(keys: Ints) -> list[tuple[int, int]]:
    """(first, past the last) of each run of equal values in a sorted column."""
    first = starts(keys).tolist()
    return list(zip(first, [*first[1:], len(keys)], strict=True)) if first else []


def pair(left: Ints, right: Ints) -> Ints:
    """Two ids of 31 bits as one key."""
    return (left.astype(np.int64) << 32) | right.astype(np.int64)


def ratio(numerator: Fraction | int, denominator: Fraction | int) -> float | None:
    """The quotient as a float rounded once; None where the denominator is 0: no data."""
    if denominator == 0:
        return None
    # Division of whole numbers rounds once; making a Fraction first would cost a gcd.
    over = numerator.numerator * denominator.denominator
    return over / (numerator.denominator * denominator.numerator)
