"""Trouble: machines that fail, places, lines and lanes that are down, shifts that end."""

from __future__ import annotations

from typing import Any

from taktnet.state.memory import kernel
from taktnet.twin.engine import note
from taktnet.twin.engine.access import (
    cal0_at,
    cal_at,
    cell_at,
    change_at,
    demand0_at,
    demand_at,
    head_at,
    lane0_at,
    lane_at,
    lane_id_at,
    link_at,
    member_of,
    open_at,
    place_at,
    point_at,
    res0_at,
    res_at,
    server_at,
    site0_at,
    site_at,
    span_at,
    traced,
)
from taktnet.twin.engine.call_off import call_off, mark_of
from taktnet.twin.engine.customer import change_rate, take_back
from taktnet.twin.engine.goods import serve
from taktnet.twin.engine.hours import end_of, work_until
from taktnet.twin.engine.line import hand_to, try_start
from taktnet.twin.engine.pool import free_cell
from taktnet.twin.engine.pull import forward
from taktnet.twin.engine.receive import unload
from taktnet.twin.engine.road import go, leave_dock, plan_departure
from taktnet.twin.engine.settle import SHUT, settle, touch
from taktnet.twin.layout import Change, Kind
from taktnet.twin.logarithm import log
from taktnet.twin.queue import push
from taktnet.twin.streams import Purpose, uniform

SITE, LANE, RESOURCE, RATE, LOT, CANCEL = (int(c) for c in Change)
END, FAILS, REPAIRED, SHIFT = int(Kind.END), int(Kind.FAIL), int(Kind.REPAIR), int(Kind.SHIFT)
FAIL, REPAIR = int(Purpose.FAIL), int(Purpose.REPAIR)


@kernel
def hold(x: int, machine: int, why: int) -> None:
    """A machine stops (why = 1) or one reason to stand still is gone (-1).

    A job under way is resumed where it was left, as soon as no reason is left.
    """
    m, now = server_at(x, machine), head_at(x, 0).now
    cal = res0_at(x, m.res).cal
    before = m.hold
    m.hold += why
    if before == 0:
        m.down_at = now
        if m.proc >= 0:
            m.left = work_until(x, cal, now, m.end)
            m.seq += 1
    elif m.hold == 0:
        m.down += now - m.down_at
        if m.proc >= 0:
            m.end = end_of(x, cal, now, m.left)
            m.seq += 1
            push(x, m.end, END, machine, m.seq, m.proc)
        elif not m.listed:
            idle(x, machine)
    if traced(x):
        note.held(x, m.res)


@kernel
def idle(x: int, machine: int) -> None:
    """A machine has nothing to do."""
    m = server_at(x, machine)
    r = res_at(x, m.res)
    m.next, m.listed, r.idle = r.idle, 1, machine


@kernel
def fail(x: int, machine: int) -> None:
    """A machine breaks down."""
    m, h = server_at(x, machine), head_at(x, 0)
    s = res0_at(x, m.res)
    hold(x, machine, 1)
    u = uniform(h.key, s.name, REPAIR, _number(machine - s.first_server, m.fails))
    push(x, h.now + int(-s.mttr * log(u) + 0.5), REPAIRED, machine, 0, 0)


@kernel
def _number(server: int, fails: int) -> int:
    return (server << 32) | fails


@kernel
def repaired(x: int, machine: int) -> None:
    """A machine works again."""
    m = server_at(x, machine)
    m.fails += 1
    hold(x, machine, -1)
    next_failure(x, machine)
    try_start(x, m.res)


@kernel
def next_failure(x: int, machine: int) -> None:
    """Draw how much working time passes until the next failure."""
    m, h = server_at(x, machine), head_at(x, 0)
    s = res0_at(x, m.res)
    if s.mtbf > 0.0:
        u = uniform(h.key, s.name, FAIL, _number(machine - s.first_server, m.fails))
        work = int(-s.mtbf * log(u) + 0.5)
        push(x, end_of(x, s.cal, h.now, work), FAILS, machine, 0, 0)


@kernel
def shift(x: int, cal: int) -> None:
    """A shift begins or ends."""
    c, s = cal_at(x, cal), cal0_at(x, cal)
    if c.on:
        c.on = 0
        c.cursor += 1
        shut(x, s, 1)
        if c.cursor < s.spans:
            push(x, span_at(x, s.first + c.cursor).on, SHIFT, cal, 0, 0)
        return
    c.on = 1
    push(x, span_at(x, s.first + c.cursor).off, SHIFT, cal, 0, 0)
    shut(x, s, 0)
    for k in range(s.first_site, s.first_site + s.sites):
        open_gate(x, member_of(x, k))
    for k in range(s.first_member, s.first_member + s.members):
        try_start(x, member_of(x, k))


@kernel
def shut(x: int, s: Any, why: int) -> None:
    """The sites of a calendar stop taking goods in (why = 1), or take them in again (0)."""
    for k in range(s.first_site, s.first_site + s.sites):
        site_at(x, member_of(x, k)).shut = why


@kernel
def open_gate(x: int, site: int) -> None:
    """What waits at the gate is taken in, where the site works."""
    t = site_at(x, site)
    if t.down > 0 or t.shut:
        return
    i, t.gate_head, t.gate_tail = t.gate_head, -1, -1
    unload(x, i)


@kernel
def change(x: int, number: int) -> None:
    """A timed change of a scenario."""
    c = change_at(x, number)
    if c.what == SITE:
        _site(x, c.entity, int(c.value), number)
    elif c.what == LANE:
        _lane(x, c.entity, int(c.value), number)
    elif c.what == RESOURCE:
        _resource(x, c.entity, int(c.value))
    elif c.what == RATE:
        old = demand_at(x, c.entity).factor
        change_rate(x, c.entity, old * c.value if c.value >= 0.0 else 1.0)
    elif c.what == CANCEL:
        o = open_at(x, c.entity)
        if o.who >= 0:
            call_off(x, c.entity)
        else:
            take_back(x, -1 - o.who, (1 << 34) | c.entity)
    elif c.what == LOT:
        o = open_at(x, c.entity)
        if o.qty > 0:
            o.planned = 0
            hand_to(x, int(c.value), o.who, o.qty, o.placed, mark_of(c.entity), o.order)


@kernel
def _resource(x: int, res: int, why: int) -> None:
    s = res0_at(x, res)
    res_at(x, res).hold += why
    for m in range(s.first_server, s.first_server + s.servers):
        hold(x, m, why)
    try_start(x, res)


@kernel
def _supplied(x: int, site: int, lane: int) -> None:
    """A site or a lane closed or opened: the points that order from it or by it are looked at."""
    for i in range(head_at(x, 0).links):
        k = link_at(x, i)
        if k.origin_site == site or k.lane == lane >= 0:
            touch(x, k.dest)


@kernel
def _site(x: int, site: int, why: int, number: int) -> None:
    """A site that is down makes, ships and takes in nothing; what arrives waits at its gate."""
    t, s = site_at(x, site), site0_at(x, site)
    before = t.down
    t.down += why
    if before > 0 and t.down > 0:
        return
    if traced(x):
        note.turned(x, number, t.down > 0, s.name, 0)
    _supplied(x, site, -1)
    for r in range(s.first_res, s.first_res + s.res):
        _resource(x, r, why)
    for p in range(s.first_point, s.first_point + s.points):
        a = point_at(x, p)
        a.flags = a.flags | SHUT if t.down > 0 else a.flags & ~SHUT
    if t.down > 0:
        return
    open_gate(x, site)
    i, t.held_head, t.held_tail = t.held_head, -1, -1
    while i >= 0:
        c = cell_at(x, i)
        link, qty, placed, mark, after = c.who, c.qty, c.placed, c.mark, c.next
        ref = note.order_of(x, i)
        free_cell(x, i)
        forward(x, link, qty, placed, mark, ref)
        i = after
    for p in range(s.first_point, s.first_point + s.points):
        settle(x, p)
        serve(x, p)
    for i in range(head_at(x, 0).lanes):
        if lane0_at(x, i).origin == site and lane_at(x, i).head >= 0 and lane0_at(x, i).leaves > 0:
            plan_departure(x, i, lane_at(x, i), lane0_at(x, i))


@kernel
def _lane(x: int, lane: int, why: int, number: int) -> None:
    """A lane that is down takes nothing on; what is on the road goes on."""
    way, s = lane_at(x, lane), lane0_at(x, lane)
    before = way.down
    way.down += why
    if (before > 0) == (way.down > 0):
        return
    if traced(x):
        note.turned(x, number, way.down > 0, 0, lane_id_at(x, lane).lane)
    _supplied(x, -1, lane)
    if way.down > 0:
        return
    if s.leaves > 0:
        if way.head >= 0:
            plan_departure(x, lane, way, s)
        return
    i, way.head, way.tail = way.head, -1, -1
    while i >= 0:
        c = cell_at(x, i)
        after, c.next = c.next, -1
        leave_dock(x, lane, i)
        who = c.who
        p = link_at(x, who).dest if who >= 0 else demand0_at(x, -1 - who).point
        name = link_at(x, who).name if who >= 0 else demand0_at(x, -1 - who).name
        number = link_at(x, who).ordinal if who >= 0 else demand_at(x, -1 - who).ordinal
        w = place_at(x, p)
        go(x, lane, way, s, i, w.kg * c.qty, w.m3 * c.qty, name, (number << 6) | 63)
        i = after
