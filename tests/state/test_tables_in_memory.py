"""The open-addressing tables under the state, against a dictionary."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit

from taktnet.state.memory import LIVE, Memory, drop, find, put, reindex

ROW = np.dtype([("key", "<i8"), ("value", "<i8")])


@njit
def _find(x: int, key: int) -> int:
    return find(x, 0, key)


@njit
def _put(x: int, key: int) -> int:
    return put(x, 0, key)


@njit
def _drop(x: int, row: int) -> None:
    drop(x, 0, row)


def table(dense: bool) -> Memory:
    """One keyed table."""
    dense_tables = (0,) if dense else ()
    return Memory({0: ROW}, keyed=(0,), beside={}, sizes={}, fill=reindex, dense=dense_tables)


keys = st.one_of(
    st.integers(0, 40), st.integers(0, 2**62), st.integers(0, 7).map(lambda k: k << 32)
)


@pytest.mark.parametrize("dense", [False, True])
@given(operations=st.lists(st.tuples(st.booleans(), keys), max_size=200))
@settings(max_examples=100)
def test_a_table_is_a_dictionary(dense: bool, operations: list[tuple[bool, int]]) -> None:
    """Put and drop in any order, growing on the way: the keys and values of a dictionary, and a
    row keeps its place while it lives."""
    memory, known, places = table(dense), {}, {}
    for step, (keep, key) in enumerate(operations, 1):
        memory.ensure(0, 1)
        if keep:
            row = _put(memory.address, key)
            assert places.setdefault(key, row) == row
            memory.arrays[0]["value"][row] = known[key] = step
        elif key in known:
            _drop(memory.address, places.pop(key))
            del known[key]
        assert int(memory.context[0, LIVE]) == len(known)
    live = memory.live(0)
    assert dict(zip(live["key"].tolist(), live["value"].tolist(), strict=True)) == known
    for key, row in places.items():
        assert _find(memory.address, key) == row
    for key in range(41):
        assert (_find(memory.address, key) >= 0) == (key in known)
    copy = memory.copy()
    assert all(_find(copy.address, key) == row for key, row in places.items())


def test_a_row_given_back_is_used_again_and_empty() -> None:
    """The table does not grow while as many rows go as come."""
    memory = table(False)
    for n in range(10_000):
        memory.ensure(0, 1)
        row = _put(memory.address, n)
        assert memory.arrays[0]["value"][row] == 0
        memory.arrays[0]["value"][row] = n + 1
        _drop(memory.address, row)
    assert len(memory.arrays[0]) == 16
