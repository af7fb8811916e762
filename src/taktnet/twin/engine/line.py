"""Lines and machines: what they start, with which parts, for how long, and what comes out."""

# ruff: noqa: PLR0917  (compiled functions take their arguments by position)

from __future__ import annotations

from typing import Any

from taktnet.policy.choose import SERVES, furthest_behind_by
from taktnet.state.memory import kernel
from taktnet.twin.engine import note
from taktnet.twin.engine.access import (
    cell_at,
    head_at,
    link_at,
    place_at,
    point_at,
    proc0_at,
    proc_at,
    res0_at,
    res_at,
    server_at,
    setup_of,
    traced,
    user_of,
)
from taktnet.twin.engine.hours import end_of, works
from taktnet.twin.engine.pool import new_cell
from taktnet.twin.engine.takes import take_parts
from taktnet.twin.layout import Kind
from taktnet.twin.queue import push
from taktnet.twin.streams import Purpose, uniform
from taktnet.twin.variates import quantile

END = int(Kind.END)
TIME = int(Purpose.TIME)


@kernel
def process_terms(x: int, y: int, p: int, i: int) -> tuple[int, float, int]:
    """What `furthest_behind` reads of a process."""
    return SERVES, proc0_at(x, i).share, proc_at(x, i).given


furthest_behind = furthest_behind_by(process_terms)


@kernel
def order_make(x: int, p: int, link: int, qty: int, placed: int, mark: int, ref: int) -> None:
    """An order to make reaches the process that is furthest behind its share."""
    s = place_at(x, p)
    best = link_at(x, link).proc
    if best < 0:
        best = furthest_behind(x, 0, p, s.first_proc, s.procs, qty)
    hand_to(x, best, link, qty, placed, mark, ref)


@kernel
def hand_to(x: int, proc: int, link: int, qty: int, placed: int, mark: int, ref: int) -> None:
    """An order to make takes its place in line at a process."""
    o = proc_at(x, proc)
    o.given += qty
    i = add_order(x, o, link, qty, placed, mark)
    if traced(x):
        note.name_work(x, i, ref, 0, qty)
    want(x, proc, o, qty)
    try_start(x, proc0_at(x, proc).res)


@kernel
def add_order(x: int, o: Any, link: int, qty: int, placed: int, mark: int) -> int:
    """An order stands in line at a process until so much good output is made for it."""
    i = new_cell(x)
    c = cell_at(x, i)
    c.qty, c.placed, c.mark, c.who, c.next = qty, placed, mark, link, -1
    if o.head < 0:
        o.head = i
    else:
        cell_at(x, o.tail).next = i
    o.tail = i
    return i


@kernel
def want(x: int, proc: int, o: Any, qty: int) -> None:
    """So much more is to be started."""
    o.queued += qty
    if not o.listed and o.queued > 0:
        r = res_at(x, proc0_at(x, proc).res)
        o.listed, o.next = 1, -1
        if r.head < 0:
            r.head = proc
        else:
            proc_at(x, r.tail).next = proc
        r.tail = proc


@kernel
def try_start(x: int, res: int) -> None:
    """Start what can be started: first come, first served among those that have their parts."""
    r, s = res_at(x, res), res0_at(x, res)
    if r.head < 0 or r.idle < 0 or r.hold or not works(x, s.cal):
        return
    while r.head >= 0:
        while r.idle >= 0 and server_at(x, r.idle).hold:
            m = server_at(x, r.idle)
            m.listed, r.idle = 0, m.next
        if r.idle < 0:
            return
        before, i, qty = -1, r.head, 0
        while i >= 0:
            o = proc_at(x, i)
            if o.blocked == 0:
                qty = _job(x, o, proc0_at(x, i))
                if take_parts(x, i, o, qty):
                    break
            before, i = i, o.next
        if i < 0:
            if traced(x):
                note.starved(x, res)
            return
        machine = r.idle
        m = server_at(x, machine)
        m.listed, r.idle = 0, m.next
        _run(x, machine, m, i, qty, s.cal)
        _turn(x, r, i, before, m.run)


@kernel
def _job(x: int, o: Any, s: Any) -> int:
    """What is started at once: the order, or one container of a lot."""
    c = cell_at(x, o.head)
    return min(o.queued, link_at(x, c.who).container if s.lot > 0 else c.qty)


@kernel
def leave_line(x: int, r: Any, proc: int, before: int) -> None:
    """Take a process out of the line of its resource; `before` stands before it, or -1."""
    o = proc_at(x, proc)
    if before < 0:
        r.head = o.next
    else:
        proc_at(x, before).next = o.next
    if r.tail == proc:
        r.tail = before
    o.next, o.listed = -1, 0


@kernel
def _turn(x: int, r: Any, proc: int, before: int, run: int) -> None:
    """A process leaves the line when all is started, and goes to its end when its lot is."""
    o = proc_at(x, proc)
    if o.queued > 0 and (run < proc0_at(x, proc).lot or (r.head == proc and r.tail == proc)):
        return
    leave_line(x, r, proc, before)
    if o.queued > 0:
        want(x, proc, o, 0)


@kernel
def _run(x: int, machine: int, m: Any, proc: int, qty: int, cal: int) -> None:
    """Set up where the machine made something else or its lot is done, and make a job."""
    o, s, h = proc_at(x, proc), proc0_at(x, proc), head_at(x, 0)
    work = s.cycle * qty
    if s.dist >= 0:
        work *= quantile(x, s.dist, uniform(h.key, s.name, TIME, o.ordinal))
    o.ordinal += 1
    if m.last != proc or (s.lot > 0 and m.run >= s.lot):
        change = _changeover(x, m, proc, s)
        work += change
        m.setups += change > 0
        m.run = 0
    m.last, m.proc, m.qty, m.point = proc, proc, qty, s.point
    m.run += qty
    o.queued -= qty
    o.started += qty
    span = int(work + 0.5)
    if traced(x):
        note.started(x, proc, o.head, qty)
    m.end = end_of(x, cal, h.now, span)
    m.busy += span
    m.seq += 1
    push(x, m.end, END, machine, m.seq, m.proc)


@kernel
def _changeover(x: int, m: Any, proc: int, s: Any) -> int:
    """The time to change over from what the machine made last."""
    r = res0_at(x, m.res)
    if r.kinds == 0 or m.last < 0 or m.last == proc:
        return s.setup
    return setup_of(x, r.first_setup + proc0_at(x, m.last).kind * r.kinds + s.kind)


@kernel
def wake(x: int, p: int) -> None:
    """A part is here: processes that waited for it try again."""
    a, s, now = point_at(x, p), place_at(x, p), head_at(x, 0).now
    a.waiting = 0
    for k in range(s.first_user, s.first_user + s.users):
        i = user_of(x, k)
        o = proc_at(x, i)
        if o.blocked == p + 1:
            o.blocked = 0
            o.starved += now - o.starved_at
    for k in range(s.first_user, s.first_user + s.users):
        try_start(x, proc0_at(x, user_of(x, k)).res)
