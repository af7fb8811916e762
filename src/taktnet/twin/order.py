"""Lists of pending events in their order: (time, kind, entity, sequence of that entity)."""

from __future__ import annotations

from taktnet.state.machine import kernel
from taktnet.twin.engine.access import apart, node_at

#: So many runs of events in order are merged one by one; what is left is sorted.
FEW = 4


@kernel
def ordered(x: int, i: int) -> tuple[int, int]:
    """The first of those of a list that follow one another either way round, and of the others.

    Many events of one instant were mostly pushed in their order, or lie the other way round.
    """
    n = node_at(x, i)
    first, last, others, i = i, i, -1, n.next
    n.next = -1
    while i >= 0:
        n = node_at(x, i)
        after = n.next
        if earlier(x, last, i):
            node_at(x, last).next = i
            n.next = -1
            last = i
        elif earlier(x, i, first):
            n.next = first
            first = i
        else:
            n.next = others
            others = i
        i = after
    return first, others


@kernel
def put_between(x: int, first: int, others: int) -> int:
    """The first of a sorted list, once a list in no order is put between its nodes."""
    for _ in range(FEW):
        run, others = ordered(x, others)
        first = _merged(x, first, run)
        if others < 0:
            return first
    return _merged(x, first, _sort(x, others))


@kernel
def _merged(x: int, i: int, j: int) -> int:
    """The first of two sorted lists in one."""
    if earlier(x, j, i):
        i, j = j, i
    first = i
    while j >= 0:  # i is before j
        after = node_at(x, i).next
        if after < 0 or earlier(x, j, after):
            node_at(x, i).next = j
            i, j = j, after
        else:
            i = after
    return first


@kernel
def earlier(x: int, i: int, j: int) -> bool:
    """Whether node i comes before node j."""
    a, b = node_at(x, i), node_at(x, j)
    return a.t < b.t or (a.t == b.t and a.order < b.order)


@kernel
def _sort(x: int, i: int) -> int:
    """Sort a list of nodes: runs of 1, 2, 4, ... merged bottom up."""
    apart()
    size = 1
    while True:
        left, i, tail, merges = i, -1, -1, 0
        while left >= 0:
            merges += 1
            right, n_left = left, 0
            while n_left < size and right >= 0:
                n_left += 1
                right = node_at(x, right).next
            n_right = size
            while n_left > 0 or (n_right > 0 and right >= 0):
                if n_left == 0 or (n_right > 0 and right >= 0 and earlier(x, right, left)):
                    take, right, n_right = right, node_at(x, right).next, n_right - 1
                else:
                    take, left, n_left = left, node_at(x, left).next, n_left - 1
                if tail < 0:
                    i = take
                else:
                    node_at(x, tail).next = take
                tail = take
            left = right
        node_at(x, tail).next = -1
        if merges <= 1:
            return i
        size *= 2
