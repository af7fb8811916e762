"""Goods at a stocking point: what is taken, owed, served and put away."""

# ruff: noqa: PLR0917  (compiled functions take their arguments by position)

from __future__ import annotations

from typing import Any

from taktnet.state.memory import kernel
from taktnet.twin.engine import note
from taktnet.twin.engine.access import (
    apart,
    cell_at,
    demand0_at,
    head_at,
    link_at,
    place_at,
    point_at,
    tally_at,
    traced,
)
from taktnet.twin.engine.line import wake
from taktnet.twin.engine.pool import free_cell, new_cell
from taktnet.twin.engine.road import dispatch
from taktnet.twin.engine.settle import BATCHED, EXPIRES, REVIEWED, SHUT, settle, touch
from taktnet.twin.layout import Kind
from taktnet.twin.queue import push

__all__ = ["ask", "drop", "expire", "serve", "settle", "stock_in", "touch"]
EXPIRE = int(Kind.EXPIRE)
UNIT = 1_000_000


@kernel
def ask(x: int, p: int, who: int, qty: int, placed: int, mark: int, ref: int) -> None:
    """A request of a link (who >= 0) or a customer (-1 - demand) reaches a point."""
    settle(x, p)
    a = point_at(x, p)
    a.wanted += qty
    if a.head < 0 and a.onhand >= qty and not a.flags & SHUT:
        a.filled += qty
        send(x, p, a, who, qty, placed, mark, ref)
        return
    tally_at(x, p).stockouts += 1
    alone = a.head < 0
    _line_up(x, p, a, who, qty, placed, mark, ref)
    a.queued += qty
    if alone:
        owed = a.queued
        serve(x, p)
        a.filled += owed - a.queued


@kernel
def _line_up(x: int, p: int, a: Any, who: int, qty: int, placed: int, mark: int, ref: int) -> None:
    """Into the line of the point: behind all of its own and of a better priority."""
    i = new_cell(x)
    c = cell_at(x, i)
    c.qty, c.placed, c.mark, c.who = qty, placed, mark, who
    note.name_cell(x, i, ref, 0)
    prio = _prio(x, who)
    if a.head < 0:
        c.next, a.head, a.tail = -1, i, i
    elif _prio(x, cell_at(x, a.tail).who) <= prio:
        c.next = -1
        cell_at(x, a.tail).next = i
        a.tail = i
    else:
        before, j = -1, a.head
        while _prio(x, cell_at(x, j).who) <= prio:
            before, j = j, cell_at(x, j).next
        c.next = j
        if before < 0:
            a.head = i
        else:
            cell_at(x, before).next = i


@kernel
def drop(x: int, p: int, who: int, number: int) -> tuple[int, int]:
    """Take an order out of the line of a point: what was left of it, and its name."""
    apart()
    settle(x, p)
    a = point_at(x, p)
    before, i = -1, a.head
    while i >= 0 and (cell_at(x, i).who != who or cell_at(x, i).mark >> 6 != number):
        before, i = i, cell_at(x, i).next
    if i < 0:
        return 0, 0
    c = cell_at(x, i)
    qty, after, ref = c.qty, c.next, note.order_of(x, i)
    if before < 0:
        a.head = after
    else:
        cell_at(x, before).next = after
    if a.tail == i:
        a.tail = before
    a.queued -= qty
    free_cell(x, i)
    return qty, ref


@kernel
def _prio(x: int, who: int) -> int:
    return demand0_at(x, -1 - who).prio if who < 0 else 1


@kernel
def serve(x: int, p: int) -> None:
    """Give what is there to those in line, whole or in whole containers where parts may go."""
    a = point_at(x, p)
    if a.flags & SHUT:
        return
    while a.head >= 0 and a.onhand > 0:
        i = a.head
        c = cell_at(x, i)
        qty = c.qty
        if a.onhand < qty:
            unit = _part(x, c.who)
            if unit <= 0:
                return
            qty = a.onhand // unit * unit
            if qty <= 0:
                return
        who, placed, mark, ref = c.who, c.placed, c.mark, note.order_of(x, i)
        a.queued -= qty
        if qty == c.qty:
            a.head = c.next
            if a.head < 0:
                a.tail = -1
            free_cell(x, i)
        else:
            c.qty -= qty
            c.mark += 1
        send(x, p, a, who, qty, placed, mark, ref)


@kernel
def _part(x: int, who: int) -> int:
    """The least part of a request that may go alone: a container, a unit, or none (0)."""
    if who >= 0:
        return link_at(x, who).container
    return UNIT if demand0_at(x, -1 - who).partial else 0


@kernel
def send(x: int, p: int, a: Any, who: int, qty: int, placed: int, mark: int, ref: int) -> None:
    """Take goods off the stock and send them on their way. The point is settled."""
    born = take(x, p, a, qty)
    a.reserved -= qty
    a.shipped += qty
    if a.policy == 0:
        touch(x, p)
    dispatch(x, p, who, qty, placed, born, mark, ref)


@kernel
def take(x: int, p: int, a: Any, qty: int) -> int:
    """Take stock, the oldest first; returns when the oldest of it was made."""
    a.onhand -= qty
    if not a.flags & EXPIRES:
        return head_at(x, 0).now
    shelf, t = place_at(x, p).shelf, tally_at(x, p)
    born, left = head_at(x, 0).now, qty
    if t.batch_head >= 0:
        born = cell_at(x, t.batch_head).mark - shelf
    while left > 0 and t.batch_head >= 0:
        i = t.batch_head
        c = cell_at(x, i)
        if c.qty > left:
            c.qty -= left
            left = 0
        else:
            left -= c.qty
            t.batch_head = c.next
            free_cell(x, i)
    if t.batch_head < 0:
        t.batch_tail = -1
    return born


@kernel
def stock_in(x: int, p: int, qty: int, born: int) -> None:
    """Goods become available: those in line and idle processes get theirs. The point is settled."""
    a = point_at(x, p)
    a.onhand += qty
    if a.flags & EXPIRES:
        keep_date(x, p, a, qty, born + place_at(x, p).shelf)
    if a.head >= 0:
        serve(x, p)
    if a.waiting > 0 and a.onhand > 0:
        wake(x, p)
    if a.flags & REVIEWED:
        touch(x, p)


@kernel
def keep_date(x: int, p: int, a: Any, qty: int, expiry: int) -> None:
    """Keep when goods run out, in order of that date."""
    t = tally_at(x, p)
    i = new_cell(x)
    c = cell_at(x, i)
    c.qty, c.placed, c.mark, c.who = qty, 0, expiry, -1
    before, j = -1, t.batch_head
    if t.batch_tail >= 0 and cell_at(x, t.batch_tail).mark <= expiry:
        before, j = t.batch_tail, -1
    while j >= 0 and cell_at(x, j).mark <= expiry:
        before, j = j, cell_at(x, j).next
    c.next = j
    if before < 0:
        t.batch_head = i
    else:
        cell_at(x, before).next = i
    if j < 0:
        t.batch_tail = i
    if not a.flags & BATCHED or expiry < t.expiry:
        a.flags |= BATCHED
        t.expiry = max(expiry, head_at(x, 0).now)
        push(x, t.expiry, EXPIRE, p, 0, 0)


@kernel
def expire(x: int, p: int) -> None:
    """Throw away what is past its date, and look again when the next is."""
    apart()
    settle(x, p)
    a, t, now = point_at(x, p), tally_at(x, p), head_at(x, 0).now
    if now != t.expiry:  # an older batch came after this look was planned, and had its own
        return
    while t.batch_head >= 0 and cell_at(x, t.batch_head).mark <= now:
        i = t.batch_head
        c = cell_at(x, i)
        a.onhand -= c.qty
        t.expired += c.qty
        if traced(x):
            note.scrapped(x, p, c.qty)
        t.batch_head = c.next
        free_cell(x, i)
        touch(x, p)
    if t.batch_head < 0:
        t.batch_tail = -1
        a.flags &= ~BATCHED
    else:
        t.expiry = cell_at(x, t.batch_head).mark
        push(x, t.expiry, EXPIRE, p, 0, 0)
