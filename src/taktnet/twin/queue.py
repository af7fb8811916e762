"""The queue of pending events: a calendar queue, and a 4-ary heap as its reference.

Both pop in the order (time, kind, entity, sequence of that entity), so runs are equal bit for
bit. The calendar is a ring of buckets that are 2^shift microseconds wide; pushing hangs a node
into its bucket in no order, and a bucket is sorted when the hand reaches it. A bit for each bucket
that holds events shows the hand where to go next. What lies beyond the ring waits in the list of
its turn of the ring, and beyond `TURNS` of these in one list. From time to time the width is set
anew to about a fifth of the mean gap between events, and the ring to several times what is
pending, so that few events share a bucket: a processor then seldom guesses wrong (Brown,
CACM 31(10), 1988; Ronngren and Ayani, ACM TOMACS 7(2), 1997).
"""

# ruff: noqa: PLR0917  (compiled functions take their arguments by position)

from __future__ import annotations

from typing import Any

from taktnet.state.machine import kernel
from taktnet.twin.engine.access import (
    apart,
    bucket_of,
    full_of,
    head_at,
    lowest_bit,
    node_at,
    set_bucket,
    set_full,
)
from taktnet.twin.engine.ahead import MANY, look_ahead, look_at_next
from taktnet.twin.layout import TURNS
from taktnet.twin.order import earlier, ordered, put_between

CHECK = 4096
MIN_SHIFT, MAX_SHIFT = 4, 44
MIN_BUCKETS = 64
#: Buckets beyond two for each event, which are had as long as they lie in a near cache.
IN_CACHE = 12_288
_ENTITY_BITS, _SEQ_BITS = 26, 32


@kernel
def push(x: int, t: int, kind: int, entity: int, seq: int, arg: int) -> int:
    """Have an event at time t; the caller made sure of room. Returns its node."""
    h = head_at(x, 0)
    order = (kind << 58) | (entity << 32) | (seq & 0xFFFFFFFF)
    if h.heap:
        _heap_push(x, h, t, order, arg)
        return -1
    i = h.node_free
    if i >= 0:
        h.node_free = node_at(x, i).next
    else:
        i = h.node_used
        h.node_used = i + 1
    n = node_at(x, i)
    n.t, n.order, n.arg = t, order, arg
    h.pending += 1
    _hang(x, h, i, n)
    return i


@kernel
def _hang(x: int, h: Any, i: int, n: Any) -> None:
    bucket = n.t >> h.shift
    if bucket <= h.cursor:
        _insert_near(x, h, i, n)
    elif bucket - h.cursor < h.buckets:
        _put(x, bucket & (h.buckets - 1), i, n)
    else:
        h.outside += 1
        _put_off(h, i, n, bucket >> h.ring, h.cursor >> h.ring)


@kernel
def _put_off(h: Any, i: int, n: Any, turn: int, now: int) -> None:
    """Beyond the ring: into the list of its turn, or of what is far."""
    if turn - now < TURNS:
        n.next = h.turns[turn & (TURNS - 1)]
        h.turns[turn & (TURNS - 1)] = i
    else:
        n.next = h.far
        h.far = i


@kernel
def _put(x: int, b: int, i: int, n: Any) -> None:
    n.next = bucket_of(x, b)
    set_bucket(x, b, i)
    set_full(x, b >> 6, full_of(x, b >> 6) | (1 << (b & 63)))


@kernel
def _insert_near(x: int, h: Any, i: int, n: Any) -> None:
    """Into the sorted list of the bucket under the hand."""
    before, j = -1, h.near
    while j >= 0:
        m = node_at(x, j)
        if n.t < m.t or (n.t == m.t and n.order < m.order):
            break
        before, j = j, m.next
    n.next = j
    if before < 0:
        h.near = i
    else:
        node_at(x, before).next = i


@kernel
def first(x: int) -> int:
    """The node of the next event, which stays; -1 when there is none."""
    h = head_at(x, 0)
    if h.heap:
        return 0 if h.pending > 0 else -1
    if h.near >= 0:
        return h.near
    if h.pending == 0:
        return -1
    mask = h.buckets - 1
    cursor = h.cursor + 1
    turn = ((cursor - 1) | mask) + 1
    while True:
        if cursor >= turn:
            cursor = _turn(x, h, cursor)
            turn = (cursor | mask) + 1
        b = cursor & mask
        step = lowest_bit(full_of(x, b >> 6), b & 63)
        if step < 64:
            cursor, b = cursor + step, b + step
            break
        cursor = (cursor | 63) + 1
    set_full(x, b >> 6, full_of(x, b >> 6) & ~(1 << (b & 63)))
    i = bucket_of(x, b)
    set_bucket(x, b, -1)
    h.cursor = cursor
    if h.points > MANY:
        look_ahead(x, h, cursor)
    else:
        after = b + lowest_bit(full_of(x, b >> 6), b & 63)
        look_at_next(x, max(0, bucket_of(x, after & mask)))
    return _lay_out(x, h, i)


@kernel
def _lay_out(x: int, h: Any, i: int) -> int:
    """Sort the list of the bucket that the hand has reached; returns its first."""
    first, others = ordered(x, i)
    h.near = put_between(x, first, others) if others >= 0 else first
    return h.near


@kernel
def _turn(x: int, h: Any, cursor: int) -> int:
    """The hand begins a turn: what waited for it goes into the ring. Returns where that begins."""
    apart()
    turn, mask = cursor >> h.ring, h.buckets - 1
    if h.outside == h.pending:  # the ring is empty
        turn = _next_turn(x, h, turn)
    if turn // TURNS != h.turn // TURNS:
        i, h.far = h.far, -1
        while i >= 0:
            n = node_at(x, i)
            after = n.next
            _put_off(h, i, n, (n.t >> h.shift) >> h.ring, turn)
            i = after
    h.turn = turn
    i = h.turns[turn & (TURNS - 1)]
    h.turns[turn & (TURNS - 1)] = -1
    while i >= 0:
        n = node_at(x, i)
        after = n.next
        _put(x, (n.t >> h.shift) & mask, i, n)
        h.outside -= 1
        i = after
    return turn << h.ring


@kernel
def _next_turn(x: int, h: Any, turn: int) -> int:
    """The turn, from this one on, of the earliest event outside the ring."""
    least = 1 << 62
    for k in range(turn, turn + TURNS):
        if h.turns[k & (TURNS - 1)] >= 0:
            least = k
            break
    i = h.far
    while i >= 0:
        n = node_at(x, i)
        least = min(least, (n.t >> h.shift) >> h.ring)
        i = n.next
    return least


@kernel
def drop_first(x: int, i: int) -> None:
    """Take the first event, node i, off the queue. Its fields were read before."""
    h = head_at(x, 0)
    if h.heap:
        _heap_drop(x, h)
        return
    n = node_at(x, i)
    h.near = n.next
    n.next = h.node_free
    h.node_free = i
    h.pending -= 1
    h.events += 1
    if h.events >= h.check:
        _check(x, h, n.t)


@kernel
def _check(x: int, h: Any, now: int) -> None:
    """Set the width of buckets by the mean gap between events, and their number by the load."""
    apart()
    gap = (now - h.mark) // (h.events - h.mark_events)
    h.mark, h.mark_events = now, h.events
    h.check = h.events + max(CHECK, 2 * h.pending)  # a rebuild costs little beside so many
    shift = MIN_SHIFT
    while shift < MAX_SHIFT and (4 << shift) <= gap:
        shift += 1
    buckets = MIN_BUCKETS
    wanted = min(8 * h.pending, 2 * h.pending + IN_CACHE)
    while buckets < wanted and buckets < h.node_room:
        buckets *= 2
    off = shift - h.shift
    fits = buckets <= h.buckets <= 4 * buckets
    if -1 <= off <= 1 and fits:
        return
    rebuild(x, shift, h.buckets if fits else buckets)


@kernel
def rebuild(x: int, shift: int, buckets: int) -> None:
    """Hang all events anew into so many buckets of 2^shift microseconds."""
    apart()
    h = head_at(x, 0)
    every = _chain(x, h.far, _chain(x, h.near, -1))
    for k in range(TURNS):
        every = _chain(x, h.turns[k], every)
        h.turns[k] = -1
    for b in range(h.buckets):
        every = _chain(x, bucket_of(x, b), every)
    h.shift, h.buckets, h.far, h.near, h.outside = shift, buckets, -1, -1, 0
    h.ring = lowest_bit(buckets, 0)
    h.rebuilds += 1
    for b in range(buckets):
        set_bucket(x, b, -1)
    for b in range(buckets >> 6):
        set_full(x, b, 0)
    h.cursor = h.ahead = (h.now >> shift) - 1
    h.turn = h.cursor >> h.ring
    while every >= 0:
        n = node_at(x, every)
        after = n.next
        _hang(x, h, every, n)
        every = after


@kernel
def _chain(x: int, i: int, every: int) -> int:
    """Put the nodes of one list before those of another."""
    while i >= 0:
        n = node_at(x, i)
        after, n.next = n.next, every
        every, i = i, after
    return every


@kernel
def _heap_push(x: int, h: Any, t: int, order: int, arg: int) -> None:
    apart()
    i = h.pending
    h.pending = i + 1
    h.node_used = max(h.node_used, h.pending)
    while i > 0:
        up = (i - 1) >> 2
        u = node_at(x, up)
        if u.t < t or (u.t == t and u.order < order):
            break
        n = node_at(x, i)
        n.t, n.order, n.arg = u.t, u.order, u.arg
        i = up
    n = node_at(x, i)
    n.t, n.order, n.arg = t, order, arg


@kernel
def _heap_drop(x: int, h: Any) -> None:
    apart()
    last = h.pending - 1
    h.pending = last
    h.events += 1
    e = node_at(x, last)
    t, order, arg = e.t, e.order, e.arg
    i = 0
    while True:
        child = (i << 2) + 1
        if child >= last:
            break
        best = child
        for k in range(child + 1, min(child + 4, last)):
            if earlier(x, k, best):
                best = k
        b = node_at(x, best)
        if t < b.t or (t == b.t and order < b.order):
            break
        n = node_at(x, i)
        n.t, n.order, n.arg = b.t, b.order, b.arg
        i = best
    n = node_at(x, i)
    n.t, n.order, n.arg = t, order, arg


@kernel
def kind_of(order: int) -> int:
    """The kind of event in an order word."""
    return order >> 58


@kernel
def entity_of(order: int) -> int:
    """The entity of an order word."""
    return (order >> 32) & 0x3FFFFFF


@kernel
def seq_of(order: int) -> int:
    """The sequence number of an order word."""
    return order & 0xFFFFFFFF
