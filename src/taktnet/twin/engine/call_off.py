"""Orders of plants, open when the run starts, that are taken back while it goes on."""

from __future__ import annotations

from typing import Any

from taktnet.state.memory import kernel
from taktnet.twin.engine import note
from taktnet.twin.engine.access import (
    apart,
    cell_at,
    head_at,
    link_at,
    open_at,
    place_at,
    point_at,
    proc0_at,
    proc_at,
    res_at,
    site_at,
    traced,
)
from taktnet.twin.engine.goods import drop, serve
from taktnet.twin.engine.line import leave_line
from taktnet.twin.engine.pool import free_cell
from taktnet.twin.engine.settle import touch
from taktnet.twin.layout import MAKE


@kernel
def number_of(mark: int) -> int:
    """The number in OPEN of the order that a mark belongs to, or -1 for one of the run itself."""
    return (mark >> 6) - (1 << 34) if mark >= 1 << 40 else -1


@kernel
def mark_of(number: int) -> int:
    """The mark of an order in OPEN."""
    return (1 << 40) | (number << 6)


@kernel
def call_off(x: int, number: int) -> None:
    """Take an order back: what of it has not been sent, or all that nobody has begun to make."""
    apart()
    o, h = open_at(x, number), head_at(x, 0)
    k = link_at(x, o.who)
    if o.planned != 0 or (o.ready > 0 and o.ready >= h.now):
        qty = o.qty
    elif k.way == MAKE:
        qty = _unmade(x, k, number)
    elif k.origin >= 0:
        qty = drop(x, k.origin, o.who, (1 << 34) | number)[0]
    else:
        qty = _held(x, k.origin_site, number)
    o.qty = 0
    if qty <= 0:
        return
    k.out -= qty
    point_at(x, k.dest).coming -= qty
    if traced(x):
        note.called_off(x, k.dest, o.order)
    touch(x, k.dest)
    if k.way != MAKE and k.origin >= 0:
        point_at(x, k.origin).reserved -= qty
        touch(x, k.origin)
        serve(x, k.origin)


@kernel
def _seek(x: int, head: int, number: int) -> tuple[int, int]:
    """The cell of an order in a list, -1 if it is not there, and the one before it."""
    before, i = -1, head
    while i >= 0 and number_of(cell_at(x, i).mark) != number:
        before, i = i, cell_at(x, i).next
    return before, i


@kernel
def _unmade(x: int, k: Any, number: int) -> int:
    """Take an order out of the line of its process, where no work on it has begun."""
    s = place_at(x, k.dest)
    for proc in range(s.first_proc, s.first_proc + s.procs):
        o = proc_at(x, proc)
        before, i = _seek(x, o.head, number)
        if i < 0:
            continue
        qty, after, behind = cell_at(x, i).qty, cell_at(x, i).next, 0
        j = after
        while j >= 0:
            behind += cell_at(x, j).qty
            j = cell_at(x, j).next
        if o.queued - behind < qty or qty < open_at(x, number).qty:  # work on it has begun
            return 0
        if before < 0:
            o.head = after
        else:
            cell_at(x, before).next = after
        if o.tail == i:
            o.tail = before
        free_cell(x, i)
        o.given -= qty
        o.queued -= qty
        if o.queued == 0:
            _unlist(x, proc)
        return qty
    return 0


@kernel
def _unlist(x: int, proc: int) -> None:
    """A process has nothing left to start."""
    r, before = res_at(x, proc0_at(x, proc).res), -1
    i = r.head
    while i >= 0 and i != proc:
        before, i = i, proc_at(x, i).next
    if i >= 0:
        leave_line(x, r, proc, before)


@kernel
def _held(x: int, site: int, number: int) -> int:
    """Take an order from those that wait at an outside supplier that is down."""
    t = site_at(x, site)
    before, i = _seek(x, t.held_head, number)
    if i < 0:
        return 0
    qty, after = cell_at(x, i).qty, cell_at(x, i).next
    if before < 0:
        t.held_head = after
    else:
        cell_at(x, before).next = after
    if t.held_tail == i:
        t.held_tail = before
    free_cell(x, i)
    return qty
