"""Customers: when they order, how much, and the plan or the distribution behind it."""

# ruff: noqa: PLR1714, PLR0917  (compiled code compares numbers, by position)

from __future__ import annotations

import math
from typing import Any

from taktnet.policy.due import sets_out_by
from taktnet.state.memory import kernel
from taktnet.twin.engine import note
from taktnet.twin.engine.access import (
    apart,
    cell_at,
    demand0_at,
    demand_at,
    head_at,
    lane0_at,
    plan_at,
    point_at,
    traced,
)
from taktnet.twin.engine.call_off import mark_of, number_of
from taktnet.twin.engine.goods import ask, drop, serve
from taktnet.twin.engine.hours import leave
from taktnet.twin.engine.pool import free_cell, new_cell
from taktnet.twin.engine.settle import touch
from taktnet.twin.layout import DAY, LOGN, NEGBIN, NORMAL, PLANNED, POISSON, Kind
from taktnet.twin.logarithm import log
from taktnet.twin.queue import push
from taktnet.twin.streams import Purpose, uniform
from taktnet.twin.variates import negbin_lot, normal_quantile

DEMAND, REQUEST, CANCEL = int(Kind.DEMAND), int(Kind.REQUEST), int(Kind.CANCEL)
GAP, SIZE = int(Purpose.GAP), int(Purpose.SIZE)
UNIT = 1_000_000
NEVER = 1 << 60
sets_out = sets_out_by(leave)


@kernel
def next_order(x: int, demand: int, d: Any, s: Any) -> None:
    """Put the next order of a demand row into the queue."""
    h = head_at(x, 0)
    if s.kind == PLANNED:
        if d.plan >= s.plans:
            return
        d.next = plan_at(x, s.plan + d.plan).at
    elif s.kind == POISSON or s.kind == NEGBIN:
        rate = s.rate * d.factor
        if rate <= 0.0:
            d.next = NEVER
            return
        d.next += int(-log(uniform(h.key, s.name, GAP, d.ordinal)) / rate + 0.5)
    else:
        d.next += DAY
    push(x, d.next, DEMAND, demand, d.seq, d.seq)


@kernel
def order(x: int, demand: int, seq: int) -> None:
    """A customer orders, and the next order is drawn."""
    d, s = demand_at(x, demand), demand0_at(x, demand)
    if seq != d.seq:
        return
    qty = _size(x, d, s)
    d.ordinal += 1
    next_order(x, demand, d, s)
    if qty > 0:
        place_order(x, demand, s.point, qty, head_at(x, 0).now)


@kernel
def place_order(x: int, demand: int, p: int, qty: int, placed: int) -> None:
    """An order reaches the point that ships it."""
    point_at(x, p).reserved += qty
    touch(x, p)
    ref = note.new_ref(x)
    if traced(x):
        note.ordered(x, demand, qty, ref)
    d, s = demand_at(x, demand), demand0_at(x, demand)
    await_turn(x, demand, p, qty, placed, d.ordinal << 6, ref)
    if s.kind == PLANNED:
        until = plan_at(x, s.plan + d.plan - 1).until
        if until > placed:
            push(x, until, CANCEL, demand, d.ordinal, d.ordinal)


@kernel
def await_turn(x: int, demand: int, p: int, qty: int, placed: int, mark: int, ref: int) -> None:
    """An order is served when it must set out to be there in its window, not before."""
    s, h = demand0_at(x, demand), head_at(x, 0)
    at = h.now
    if s.slack > 0:
        way = lane0_at(x, s.lane)
        at = sets_out(x, way.first_leave, way.leaves, h.now, placed + s.slack)
    if at <= h.now:
        ask(x, p, -1 - demand, qty, placed, mark, ref)
        return
    i, d, number = new_cell(x), demand_at(x, demand), number_of(mark)
    c = cell_at(x, i)
    c.qty, c.placed, c.mark, c.next = qty, placed, at, -1
    c.who = mark >> 6 if number < 0 else -1 - number
    note.name_cell(x, i, ref, 0)
    if d.held_head < 0:
        d.held_head = i
        _await_release(x, demand, i)
    else:
        cell_at(x, d.held_tail).next = i
    d.held_tail = i


@kernel
def _await_release(x: int, demand: int, i: int) -> None:
    """Put the first held order of a row into the queue; those placed later are not before it."""
    push(x, cell_at(x, i).mark, REQUEST, head_at(x, 0).links + demand, 0, i)


@kernel
def _mark(c: Any) -> int:
    """The mark of a held order, whose cell has the time of its release there."""
    return c.who << 6 if c.who >= 0 else mark_of(-1 - c.who)


@kernel
def release(x: int, demand: int) -> None:
    """The first held order has waited for its window; it is served, unless it was cancelled."""
    d = demand_at(x, demand)
    i = d.held_head
    c = cell_at(x, i)
    qty, placed, mark, ref = c.qty, c.placed, _mark(c), note.order_of(x, i)
    d.held_head = c.next
    free_cell(x, i)
    if d.held_head >= 0:
        _await_release(x, demand, d.held_head)
    if qty > 0:
        ask(x, demand0_at(x, demand).point, -1 - demand, qty, placed, mark, ref)


@kernel
def take_back(x: int, demand: int, number: int) -> None:
    """A customer cancels an order: what of it is not sent."""
    apart()
    p = demand0_at(x, demand).point
    a = point_at(x, p)
    i = demand_at(x, demand).held_head
    while i >= 0 and _mark(cell_at(x, i)) >> 6 != number:
        i = cell_at(x, i).next
    if i >= 0:
        c = cell_at(x, i)
        qty, ref = c.qty, note.order_of(x, i)
        c.qty = 0
    else:
        qty, ref = drop(x, p, -1 - demand, number)
    if qty > 0:
        a.reserved -= qty
        touch(x, p)
        serve(x, p)
        if traced(x):
            note.cancelled(x, demand, ref)


@kernel
def _size(x: int, d: Any, s: Any) -> int:
    """The quantity of an order; days' quantities are whole units, the rest is carried over."""
    if s.kind == POISSON:
        return UNIT
    if s.kind == PLANNED:
        qty = plan_at(x, s.plan + d.plan).qty
        d.plan += 1
        return int(qty * d.factor)
    u = uniform(head_at(x, 0).key, s.name, SIZE, d.ordinal)
    if s.kind == NEGBIN:
        return negbin_lot(u, s.p1) * UNIT
    day = s.p1
    if s.kind == NORMAL:
        day = max(0.0, s.p1 + s.p2 * normal_quantile(u))
    elif s.kind == LOGN:
        day = s.p1 * math.exp(s.p2 * normal_quantile(u) - 0.5 * s.p2 * s.p2)
    have = d.carry + int(day * d.factor + 0.5)
    qty = have // UNIT * UNIT
    d.carry = have - qty
    return qty


@kernel
def change_rate(x: int, demand: int, factor: float) -> None:
    """Another rate from now on; what is left of the gap to the next order shrinks or stretches."""
    apart()
    d, s, now = demand_at(x, demand), demand0_at(x, demand), head_at(x, 0).now
    old = d.factor
    d.factor = factor
    if s.kind != POISSON and s.kind != NEGBIN:
        return
    d.seq += 1
    if old <= 0.0 or d.next >= NEVER:
        d.next = now
        next_order(x, demand, d, s)
        return
    if factor <= 0.0:
        d.next = NEVER
        return
    d.next = now + int((d.next - now) * old / factor + 0.5)
    push(x, d.next, DEMAND, demand, d.seq, d.seq)
