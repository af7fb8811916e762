"""The calendar queue pops exactly what the heap pops, whatever the load."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit
from twin_nets import chain, model

from taktnet.twin.engine.access import head_at, node_at
from taktnet.twin.layout import Table
from taktnet.twin.queue import drop_first, entity_of, first, kind_of, push, seq_of


@njit
def hold(x: int, start: np.ndarray, gaps: np.ndarray, pops: int) -> np.ndarray:
    """Push all of `start`, then pop and push again after a gap; returns (t, order) of the pops."""
    for i in range(len(start)):
        push(x, start[i], 1 + i % 7, i % 50, i, i)
    out = np.empty((pops, 2), np.int64)
    for i in range(pops):
        j = first(x)
        n = node_at(x, j)
        t, order = n.t, n.order
        drop_first(x, j)
        head_at(x, 0).now = t
        out[i, 0], out[i, 1] = t, order
        gap = gaps[i % len(gaps)]
        if gap >= 0:
            push(x, t + gap, 1 + i % 7, i % 50, len(start) + i, i)
    return out


def pops(heap: bool, start: list[int], gaps: list[int], n: int) -> np.ndarray:
    """The order in which a queue gives the events of a load."""
    sim = model(chain(1.0, [(1, "fixed", 1.0)]), 10).sim(heap=heap)
    sim.head["shift"] = 20
    return hold(sim.address, np.array(start, np.int64), np.array(gaps, np.int64), n)


times = st.one_of(
    st.integers(0, 100), st.integers(0, 10**7), st.integers(0, 10**12), st.just(0),
    st.integers(0, 10**14),
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(times, min_size=1, max_size=300), st.lists(times, min_size=1, max_size=40))
def test_both_queues_pop_the_same(start: list[int], gaps: list[int]) -> None:
    """Time by time and word by word, over loads with ties, bursts and a far future."""
    calendar, heap = pops(False, start, gaps, 9000), pops(True, start, gaps, 9000)
    assert np.array_equal(calendar, heap)
    assert (np.diff(calendar[:, 0]) >= 0).all()


def test_a_load_that_changes_its_pace_keeps_the_order() -> None:
    """From microseconds between events to hours and back; the width of buckets follows."""
    rng = np.random.default_rng(1)
    gaps = np.concatenate([rng.integers(0, 10**k, 5000) for k in (2, 11, 4, 9)]).tolist()
    start = rng.integers(0, 1000, 2000).tolist()
    calendar, heap = pops(False, start, gaps, 60_000), pops(True, start, gaps, 60_000)
    assert np.array_equal(calendar, heap)


def test_ties_break_by_kind_then_entity_then_sequence() -> None:
    """At one instant the lower kind goes first, then the lower entity, then the earlier number."""
    found = pops(False, [5] * 200, [-1], 200)[:, 1]
    keys = [(kind_of.py_func(int(o)), entity_of.py_func(int(o)), seq_of.py_func(int(o)))
            for o in found]  # fmt: skip
    assert keys == sorted(keys)
    assert len(set(keys)) == 200


def test_the_ring_is_rebuilt_for_a_load() -> None:
    """With 5,000 pending events there are at least as many buckets, and few are far away."""
    sim = model(chain(1.0, [(1, "fixed", 1.0)]), 10).sim()
    rng = np.random.default_rng(2)
    hold(sim.address, rng.integers(0, 10**9, 5000), rng.integers(0, 10**9, 4000), 20_000)
    assert sim.head["buckets"] >= 5000
    assert sim.head["rebuilds"] >= 1
    assert len(sim.tables[Table.BUCKET]) >= sim.head["buckets"]
