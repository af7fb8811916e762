"""The first moment of a replication: its luck, and the first event of everything."""

# ruff: noqa: PLR0912, PLR1714  (a list of first events; compiled code compares numbers)

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
    link_at,
    open_at,
    place_at,
    point_at,
    proc_at,
    ref_at,
    res0_at,
    road_at,
    server_at,
    span_at,
    traced,
)
from taktnet.twin.engine.call_off import mark_of
from taktnet.twin.engine.customer import await_turn, next_order
from taktnet.twin.engine.goods import keep_date
from taktnet.twin.engine.hours import end_of
from taktnet.twin.engine.line import add_order, try_start
from taktnet.twin.engine.pool import new_cell
from taktnet.twin.engine.pull import drain, forward, make_ready, request_at
from taktnet.twin.engine.road import fare, vehicles_of
from taktnet.twin.engine.settle import ASSUMED, EXPIRES, touch
from taktnet.twin.engine.trouble import change, fail, hold, next_failure, shut
from taktnet.twin.layout import DAY, NEGBIN, PLANNED, POISSON, Kind
from taktnet.twin.queue import push, rebuild
from taktnet.twin.streams import Purpose, run_key, uniform
from taktnet.twin.variates import quantile

ARRIVE, SHIFT, REVIEW = int(Kind.ARRIVE), int(Kind.SHIFT), int(Kind.REVIEW)
CHANGE, SNAPSHOT, RESIDUAL = int(Kind.CHANGE), int(Kind.SNAPSHOT), int(Purpose.RESIDUAL)
END = int(Kind.END)


@kernel
def start(x: int, seed: int, replication: int) -> None:
    """Give a fresh run its luck and its first events, and decide what is due at once."""
    h = head_at(x, 0)
    h.key = run_key(seed, replication)
    for r in range(h.roads):
        _on_road(x, r, h)
    if traced(x):
        _take_stock(x, h)
    for c in range(h.calendars):
        _calendar(x, c)
    for d in range(h.demands):
        _demand(x, d)
    for m in range(h.servers):
        if server_at(x, m).hold == 0:
            next_failure(x, m)
    for p in range(h.points):
        make_ready(x, p)
        _review(x, p, h)
        a = point_at(x, p)
        if a.flags & EXPIRES and a.onhand > 0:
            keep_date(x, p, a, a.onhand, h.now + place_at(x, p).shelf)
    for m in range(h.servers):
        _running(x, m, h.now)
    for c in range(h.changes):
        if change_at(x, c).at <= 0:
            change(x, c)
        else:
            push(x, change_at(x, c).at, CHANGE, c, 0, 0)
    if h.snap_every > 0:
        push(x, h.snap_every, SNAPSHOT, 0, 0, 0)
    for i in range(h.orders_waiting):
        _open(x, open_at(x, i), i)
    for p in range(h.points):
        touch(x, p)
    for r in range(h.resources):
        try_start(x, r)
    drain(x)
    if not h.heap:
        wide = 64
        while wide < h.pending and wide < h.node_room:
            wide *= 2
        rebuild(x, h.shift, wide)


@kernel
def _take_stock(x: int, h: Any) -> None:
    """Count what is taken to be there, where no count says so."""
    for p in range(h.points):
        a = point_at(x, p)
        if a.flags & ASSUMED:
            note.counted(x, p, a.onhand)


@kernel
def _calendar(x: int, c: int) -> None:
    s = cal0_at(x, c)
    if s.spans > 0:
        first = span_at(x, s.first)
        cal_at(x, c).on = 1 if first.on <= 0 else 0
        push(x, first.off if first.on <= 0 else first.on, SHIFT, c, 0, 0)
        if first.on > 0:
            shut(x, s, 1)


@kernel
def _demand(x: int, demand: int) -> None:
    """Rates begin at once; a day's order comes at its own time of the day."""
    d, s = demand_at(x, demand), demand0_at(x, demand)
    if s.kind != POISSON and s.kind != NEGBIN and s.kind != PLANNED:
        d.next = s.first - DAY
    if s.rate > 0.0 or s.kind == PLANNED:
        next_order(x, demand, d, s)


@kernel
def _running(x: int, machine: int, now: int) -> None:
    """A job that is under way ends when the rest of it is done; one that is down waits."""
    m = server_at(x, machine)
    if m.hold > 0:
        fail(x, machine)
        hold(x, machine, -1)
    elif m.proc >= 0:
        m.end = end_of(x, res0_at(x, m.res).cal, now, m.left)
        m.seq += 1
        push(x, m.end, END, machine, m.seq, m.proc)


@kernel
def _open(x: int, o: Any, number: int) -> None:
    """An order that was open: it stands where it stood, in line at its origin."""
    if o.qty <= 0 or o.planned:
        return  # cancelled, or handed over when its time has come
    mark = mark_of(number)
    if o.started:
        k = link_at(x, o.who)
        i = add_order(x, proc_at(x, k.proc if k.proc >= 0 else place_at(x, k.dest).first_proc),
                      o.who, o.qty, o.placed, mark)  # fmt: skip
        if traced(x):
            note.name_work(x, i, o.order, o.work, o.qty + o.done)
            ref_at(x, i).started = o.qty + o.done
    elif o.who >= 0 and o.ready > 0:
        request_at(x, o.ready, o.who, o.qty, o.placed, mark, o.order)
    elif o.who >= 0:
        forward(x, o.who, o.qty, o.placed, mark, o.order)
    else:
        demand = -1 - o.who
        await_turn(x, demand, demand0_at(x, demand).point, o.qty, o.placed, mark, o.order)


@kernel
def _review(x: int, p: int, h: Any) -> None:
    every = place_at(x, p).review
    if every > 0:
        push(x, every - h.start % every, REVIEW, p, 0, 0)


@kernel
def _on_road(x: int, r: int, h: Any) -> None:
    """Goods on the road: the rest of their time, given how long they have been under way."""
    g = road_at(x, r)
    if g.lost:
        return
    rest = 0
    if g.kind >= 0:
        u = g.seen + (1.0 - g.seen) * uniform(h.key, g.name, RESIDUAL, 0)
        rest = max(0, int(quantile(x, g.kind, min(u, 1.0 - 2.0**-53)) + 0.5) - g.age)
    i = new_cell(x)
    c = cell_at(x, i)
    c.qty, c.placed, c.mark, c.who, c.next = g.qty, -g.age, g.born, g.ref, -1
    note.name_cell(x, i, g.order, g.shipment)
    if traced(x) and g.moved:
        s, w = lane0_at(x, g.lane), place_at(x, link_at(x, g.ref).dest)
        kg, m3 = w.kg * g.qty, w.m3 * g.qty
        cost = fare(s, vehicles_of(s, kg, m3), kg, m3)
        note.moved(x, i, g.lane, g.ref, g.delay, cost, g.shipment)
    entity = g.lane if g.lane >= 0 else h.lanes + max(g.ref, 0)
    push(x, rest + g.delay, ARRIVE, entity, (1 << 31) | r, i)
