"""Growable record tables that compiled code addresses through one context.

The context is an array of int64 words, `WORDS` of them per table: address of the rows, address of
the index, mask of the index, capacity, bytes per row, whether keys are dense, rows ever used, free
list, live rows, and the hand of the sweep. Compiled code gets the context's address as one integer
and takes a record by `rows(table, dtype)(x, row)`, which costs one load and no reference count.

A keyed table is found through an open-addressing index of row numbers plus one (0 is empty),
four times as long as the table. The first field of a row is its key, never negative; a row given
back holds minus one minus the next free row plus one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from llvmlite import ir  # pyright: ignore[reportMissingTypeStubs]
from numba.np.numpy_support import from_dtype

from taktnet.state.entry import entry
from taktnet.state.machine import (
    bits,
    clear,
    intrinsic,
    kernel,
    load_word,
    peek,
    peek4,
    poke,
    poke4,
    prefetch,
    record_at,
    types,
)

__all__ = [
    "Memory",
    "address_of",
    "bits",
    "drop",
    "find",
    "kernel",
    "pair",
    "peek",
    "peek4",
    "poke",
    "prefetch",
    "put",
    "record_at",
    "reindex",
    "rows",
    "slot",
    "types",
    "word",
]

WORDS = 12
ROWS, INDEX, MASK, CAPACITY, STRIDE, DENSE, USED, FREE, LIVE, HAND = range(10)
_STEP = WORDS * 8
_LINE = 64  # bytes of a cache line
_SLOTS = 4  # index entries per row: short chains


def rows(table: int, dtype: np.dtype) -> Any:
    """A compiled function (x, row) -> the record of that table, to read and to assign to."""
    record: Any = from_dtype(dtype)
    offset, size = table * _STEP + ROWS * 8, dtype.itemsize

    @intrinsic
    def at(typing_context: Any, x: Any, row: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            long = ir.IntType(64)
            base = load_word(builder, builder.add(args[0], long(offset)))
            address = builder.add(base, builder.mul(args[1], long(size)))
            return builder.inttoptr(address, context.get_value_type(record))

        return record(types.int64, types.int64), generate

    return at


@kernel
def word(x: int, table: int, what: int) -> int:
    """A word of the context."""
    return peek(x + table * _STEP + what * 8)


@kernel
def set_word(x: int, table: int, what: int, value: int) -> None:
    """Set a word of the context."""
    poke(x + table * _STEP + what * 8, value)


@kernel
def pair(high: int, low: int) -> int:
    """One key of two ids."""
    wide: Any = np.int64(high)
    return (wide << 32) | np.int64(low)


@kernel
def _spread(key: int, dense: int) -> Any:
    """Where a key wants to be. Eight dense ids in a row lie together: one cache line finds all.

    Without signs, as products may overflow: compiled code takes it that signed ones never do.
    """
    golden = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio, odd
    if dense:
        block: Any = np.uint64(key >> 3) * golden
        return (np.int64(block ^ (block >> np.uint64(29))) << 3) | (key & 7)
    mixed: Any = np.uint64(key) * golden
    return np.int64(mixed ^ (mixed >> np.uint64(29)))


@kernel
def find(x: int, table: int, key: int) -> int:
    """The row with this key, or -1."""
    base, index = word(x, table, ROWS), word(x, table, INDEX)
    mask, stride = word(x, table, MASK), word(x, table, STRIDE)
    at = _spread(key, word(x, table, DENSE)) & mask
    while True:
        row = peek4(index + at * 4)
        if row == 0:
            return -1
        if peek(base + (row - 1) * stride) == key:
            return row - 1
        at = (at + 1) & mask


@kernel
def slot(x: int, table: int, key: int) -> Any:
    """The address in the index where a key wants to be."""
    at = _spread(key, word(x, table, DENSE)) & word(x, table, MASK)
    return word(x, table, INDEX) + at * 4


@kernel
def put(x: int, table: int, key: int) -> int:
    """The row with this key; a new one of zeros if there is none. The caller made sure of room."""
    base, index = word(x, table, ROWS), word(x, table, INDEX)
    mask, stride = word(x, table, MASK), word(x, table, STRIDE)
    at = _spread(key, word(x, table, DENSE)) & mask
    while True:
        row = peek4(index + at * 4)
        if row == 0:
            break
        if peek(base + (row - 1) * stride) == key:
            return row - 1
        at = (at + 1) & mask
    free = word(x, table, FREE)
    if free > 0:
        row = free - 1
        set_word(x, table, FREE, -1 - peek(base + row * stride))
    else:
        row = word(x, table, USED)
        set_word(x, table, USED, row + 1)
    poke(base + row * stride, key)
    poke4(index + at * 4, row + 1)
    set_word(x, table, LIVE, word(x, table, LIVE) + 1)
    return row


@kernel
def drop(x: int, table: int, row: int) -> None:
    """Give a row back; others keep their place."""
    base, index = word(x, table, ROWS), word(x, table, INDEX)
    mask, stride = word(x, table, MASK), word(x, table, STRIDE)
    dense = word(x, table, DENSE)
    hole = _spread(peek(base + row * stride), dense) & mask
    while peek4(index + hole * 4) != row + 1:
        hole = (hole + 1) & mask
    at = hole
    while True:  # close the gap, so that every chain stays unbroken
        at = (at + 1) & mask
        other = peek4(index + at * 4)
        if other == 0:
            break
        home = _spread(peek(base + (other - 1) * stride), dense) & mask
        if ((at - home) & mask) >= ((at - hole) & mask):
            poke4(index + hole * 4, other)
            hole = at
    poke4(index + hole * 4, 0)
    clear(base + row * stride, stride)
    poke(base + row * stride, -1 - word(x, table, FREE))
    set_word(x, table, FREE, row + 1)
    set_word(x, table, LIVE, word(x, table, LIVE) - 1)


@entry
def address_of(array: Any) -> Any:
    """The address of an array, in a fraction of the time that its `ctypes.data` takes in Python."""
    return array.ctypes.data


@entry
def reindex(x: int, table: int) -> None:
    """Fill an empty index from the live rows."""
    base, index = word(x, table, ROWS), word(x, table, INDEX)
    mask, stride = word(x, table, MASK), word(x, table, STRIDE)
    for row in range(word(x, table, USED)):
        key = peek(base + row * stride)
        if key >= 0:
            at = _spread(key, word(x, table, DENSE)) & mask
            while peek4(index + at * 4) != 0:
                at = (at + 1) & mask
            poke4(index + at * 4, row + 1)


def _zeros(size: int, dtype: np.dtype) -> np.ndarray:
    """Rows of zeros that begin on a cache line."""
    raw = np.zeros(size * dtype.itemsize + _LINE, np.uint8)
    skip = -raw.ctypes.data % _LINE
    return raw[skip : skip + size * dtype.itemsize].view(dtype)


class Memory:
    """The arrays behind a context, and their growth.

    `keyed` tables have an index, `dense` ones among them keys that are ids; a table in `beside`
    grows with the one it is mapped to; all others have one fixed size.
    """

    __slots__ = ("address", "arrays", "beside", "context", "fill", "indexes", "keyed")

    def __init__(
        self,
        dtypes: Mapping[Any, np.dtype],
        *,
        keyed: tuple[int, ...],
        beside: Mapping[Any, Any],
        sizes: Mapping[Any, int],
        fill: Any,
        dense: tuple[int, ...] = (),
    ) -> None:
        self.keyed, self.beside, self.fill = keyed, beside, fill
        self.context = np.zeros((len(dtypes), WORDS), np.int64)
        self.address: int = self.context.ctypes.data
        self.arrays: dict[int, np.ndarray] = {}
        self.indexes: dict[int, np.ndarray] = {}
        for table, dtype in dtypes.items():
            self.context[table, STRIDE] = dtype.itemsize
            self.context[table, DENSE] = int(table in dense)
            size = sizes.get(table, 16 if table in keyed or table in beside else 1)
            self._place(table, _zeros(size, dtype))
            if table in keyed:
                self._index(table)

    def _place(self, table: int, array: np.ndarray) -> None:
        self.arrays[table] = array
        self.context[table, ROWS] = array.ctypes.data
        self.context[table, CAPACITY] = len(array)

    def _index(self, table: int) -> None:
        size = _SLOTS * len(self.arrays[table])
        index = self.indexes[table] = np.zeros(size, np.int32)
        self.context[table, INDEX] = index.ctypes.data
        self.context[table, MASK] = size - 1
        self.fill(self.address, int(table))

    def used(self, table: int) -> np.ndarray:
        """The rows ever used, those given back among them (their key is negative)."""
        return self.arrays[table][: int(self.context[table, USED])]

    def live(self, table: int) -> np.ndarray:
        """The live rows of a keyed table."""
        array = self.used(table)
        return array[array["key"] >= 0]

    def ensure(self, table: int, more: int) -> None:
        """Room for `more` rows in a keyed table, and beside it."""
        wanted = int(self.context[table, USED]) + more
        size = len(self.arrays[table])
        if wanted <= size:
            return
        while size < wanted:
            size *= 2
        self._resize(table, size)
        self._index(table)
        for follower, leader in self.beside.items():
            if leader == table:
                self._resize(follower, size)

    def _resize(self, table: int, size: int) -> None:
        old = self.arrays[table]
        new = _zeros(size, old.dtype)
        new[: len(old)] = old
        self._place(table, new)

    def load(self, table: int, array: np.ndarray, counts: np.ndarray) -> None:
        """Take over stored rows, with the context words from USED on."""
        size = len(self.arrays[table])
        while size < len(array):
            size *= 2
        rows_ = _zeros(size, self.arrays[table].dtype)
        rows_[: len(array)] = array
        self._place(table, rows_)
        self.context[table, USED:] = counts
        if table in self.keyed:
            self._index(table)

    def copy(self) -> Memory:
        """Another memory with the same content."""
        other = object.__new__(Memory)
        other.keyed, other.beside, other.fill = self.keyed, self.beside, self.fill
        other.context = self.context.copy()
        other.address = other.context.ctypes.data
        other.arrays, other.indexes = {}, {}
        for table, array in self.arrays.items():
            other._place(table, _zeros(len(array), array.dtype))
            other.arrays[table][:] = array
        for table, index in self.indexes.items():
            other.indexes[table] = index.copy()
            other.context[table, INDEX] = other.indexes[table].ctypes.data
        return other
