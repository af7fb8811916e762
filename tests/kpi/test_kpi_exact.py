"""Exact sums: the same as with Python's integers, whatever the sizes."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from taktnet.kpi.exact import moments, sums
from taktnet.kpi.intervals import common, cut, length, merged

#: Up to a thousand million units in millionths, and up to 300 years in microseconds.
QTY = st.integers(-(10**15), 10**15)
SPAN = st.integers(0, 10**16)
ROWS = st.lists(st.tuples(st.integers(0, 3), QTY, SPAN), max_size=40)


@given(ROWS, st.sampled_from([1, 1000]))
def test_sums_and_moments_are_exact(rows: list[tuple[int, int, int]], times: int) -> None:
    """Per cell the sum of q and of q x t, also where 64 bits would overflow."""
    index, qty, span = (np.array([r[k] for r in rows] * times, np.int64) for k in range(3))
    total, area = sums(index, qty, 4).tolist(), moments(index, qty, span, 4).tolist()
    for cell in range(4):
        mine = [(q, t) for i, q, t in rows if i == cell]
        assert total[cell] == times * sum(q for q, _ in mine)
        assert area[cell] == times * sum(q * t for q, t in mine)


SPANS = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=8)


def inside(spans: list[tuple[int, int]]) -> set[int]:
    """The unit steps that spans cover."""
    return {t for a, b in spans for t in range(a, b)}


@given(SPANS, SPANS, st.integers(0, 30), st.integers(0, 30))
def test_spans_are_sets_of_time(
    left: list[tuple[int, int]], right: list[tuple[int, int]], start: int, end: int
) -> None:
    """Union, intersection and cut are those of the sets of instants; length counts them."""
    one, other = merged(left), merged(right)
    assert inside(one) == inside(left)
    assert all(a < b for a, b in one)
    assert all(one[k][1] < one[k + 1][0] for k in range(len(one) - 1))
    assert length(one) == len(inside(left))
    assert inside(common(one, other)) == inside(left) & inside(right)
    assert inside(cut(one, start, end)) == inside(left) & set(range(start, end))
