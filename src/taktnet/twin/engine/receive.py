"""Goods come in: unloading, incoming inspection, finished jobs; lead times are noted."""

# ruff: noqa: PLR0917  (compiled functions take their arguments by position)

from __future__ import annotations

from typing import Any

from taktnet.state.machine import kernel, prefetch
from taktnet.twin.engine import note
from taktnet.twin.engine.access import (
    cell_at,
    eighths,
    head_at,
    lane0_at,
    link_at,
    place_at,
    point_at,
    proc0_at,
    proc_at,
    res_at,
    server_at,
    site_at,
    tally_at,
    traced,
)
from taktnet.twin.engine.ahead import cell_place
from taktnet.twin.engine.goods import stock_in
from taktnet.twin.engine.line import try_start, want
from taktnet.twin.engine.pool import free_cell, new_cell
from taktnet.twin.engine.road import delivered
from taktnet.twin.engine.settle import INSPECTED, settle
from taktnet.twin.layout import SKETCH, Kind
from taktnet.twin.queue import push
from taktnet.twin.streams import Purpose, uniform
from taktnet.twin.variates import all_good, good_of

RELEASE, GOOD = int(Kind.RELEASE), int(Purpose.GOOD)
UNIT = 1_000_000


@kernel
def arrive(x: int, entity: int, cell: int) -> None:
    """A shipment is there; at a site that is down, or outside its hours, it waits at the gate."""
    h = head_at(x, 0)
    if entity < h.lanes:
        t = site_at(x, lane0_at(x, entity).dest)
        if t.down > 0 or t.shut:
            if traced(x):
                note.at_gate(x, cell)
            if t.gate_head < 0:
                t.gate_head = cell
            else:
                cell_at(x, t.gate_tail).next = cell
            while cell_at(x, cell).next >= 0:
                cell = cell_at(x, cell).next
            t.gate_tail = cell
            return
    unload(x, cell)


@kernel
def unload(x: int, i: int) -> None:
    """Every parcel of a shipment goes where it belongs."""
    while i >= 0:
        c = cell_at(x, i)
        who, qty, placed, born, after = c.who, c.qty, c.placed, c.mark, c.next
        prefetch(cell_place(x, after))
        order, ref = note.order_of(x, i), note.shipment_of(x, i)
        free_cell(x, i)
        if who < 0:
            delivered(x, -1 - who, qty, placed, order, ref)
        else:
            receive(x, who, qty, placed, born, order, ref)
        i = after


@kernel
def receive(x: int, link: int, qty: int, placed: int, born: int, order: int, ref: int) -> None:
    """A delivery of a link: into stock, or into inspection first."""
    k = link_at(x, link)
    p = k.dest
    settle(x, p)
    a = point_at(x, p)
    k.out -= qty
    a.coming -= qty
    a.received += qty
    note_lead(x, p, a, head_at(x, 0).now - placed)
    inspect = place_at(x, p).inspect if a.flags & INSPECTED else 0
    if traced(x):
        note.received(x, link, qty, inspect, order, ref)
    if inspect == 0:
        stock_in(x, p, qty, born)
        return
    a.inspecting += qty
    i = new_cell(x)
    c = cell_at(x, i)
    c.qty, c.placed, c.mark, c.who, c.next = qty, placed, born, link, -1
    push(x, head_at(x, 0).now + inspect, RELEASE, p, i, i)


@kernel
def note_lead(x: int, p: int, a: Any, span: int) -> None:
    """A lead time, in moments (days) and in eight equal buckets to an octave, from a minute on."""
    days = span / 86_400e6
    a.leads += 1
    a.lead_sum += days
    a.lead_squares += days * days
    place = 0
    if span > 60_000_000:
        place = min(SKETCH - 1, 1 + eighths(span / 60e6))
    tally_at(x, p).sketch[place] += 1


@kernel
def released(x: int, p: int, i: int) -> None:
    """Inspected goods are released."""
    c = cell_at(x, i)
    qty, born = c.qty, c.mark
    free_cell(x, i)
    settle(x, p)
    point_at(x, p).inspecting -= qty
    if traced(x):
        note.released(x, p, qty)
    stock_in(x, p, qty, born)


@kernel
def finish(x: int, machine: int, seq: int) -> bool:
    """A job is done; what is no good is made again. False for an end that was put off."""
    m = server_at(x, machine)
    if seq != m.seq & 0xFFFFFFFF or m.proc < 0:
        return False
    proc, qty, h = m.proc, m.qty, head_at(x, 0)
    m.proc = -1
    r = res_at(x, m.res)
    m.next, m.listed, r.idle = r.idle, 1, machine
    o, s = proc_at(x, proc), proc0_at(x, proc)
    good = qty
    if s.yield_rate < 1.0:
        good = qty - int(qty * (1.0 - s.yield_rate))  # the last millionth is good: it ends
        if qty % UNIT == 0:
            u = uniform(h.key, s.name, GOOD, o.jobs)
            if o.sized != qty:  # mostly jobs are of one size
                o.sized, o.whole = qty, all_good(qty // UNIT, s.yield_rate)
            good = good_of(u, qty // UNIT, s.yield_rate, o.whole) * UNIT
        o.jobs += 1
        o.scrapped += qty - good
        if good < qty:
            want(x, proc, o, qty - good)
    if traced(x):
        note.scrap(x, proc, qty - good)
    if good > 0:
        _complete(x, proc, o, s.point, good)
    try_start(x, m.res)
    return True


@kernel
def _complete(x: int, proc: int, o: Any, p: int, good: int) -> None:
    """Good output fills the oldest orders of the process."""
    o.made += good
    settle(x, p)
    a, now = point_at(x, p), head_at(x, 0).now
    a.coming -= good
    a.made += good
    left = good
    while left > 0:
        i = o.head
        c = cell_at(x, i)
        part = min(left, c.qty)
        link_at(x, c.who).out -= part
        left -= part
        c.qty -= part
        if traced(x):
            note.produced(x, proc, i, part, c.qty)
        if c.qty == 0:
            note_lead(x, p, a, now - c.placed)
            o.head = c.next
            if o.head < 0:
                o.tail = -1
            free_cell(x, i)
    stock_in(x, p, good, now)
