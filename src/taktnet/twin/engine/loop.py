"""The loop of events, and the entries that Python calls."""

# ruff: noqa: PLR0917  (compiled functions take their arguments by position)

from __future__ import annotations

from pathlib import Path
from typing import Any
from zlib import crc32

from taktnet.state.entry import entry
from taktnet.state.memory import kernel
from taktnet.state.stamp import STAMP, stamp
from taktnet.twin.engine.access import (
    apart,
    cell_at,
    demand0_at,
    demand_at,
    head_at,
    lane_at,
    link_at,
    node_at,
    open_at,
    place_at,
    point_at,
    proc_at,
    series_at,
    server_at,
    tally_at,
    traced,
    with_trace,
)
from taktnet.twin.engine.begin import start
from taktnet.twin.engine.call_off import number_of
from taktnet.twin.engine.customer import order, release, take_back
from taktnet.twin.engine.goods import expire
from taktnet.twin.engine.note import order_of
from taktnet.twin.engine.pool import free_cell
from taktnet.twin.engine.pull import drain, forward
from taktnet.twin.engine.receive import arrive, finish, released
from taktnet.twin.engine.road import depart
from taktnet.twin.engine.settle import settle, touch
from taktnet.twin.engine.trouble import change, fail, repaired, shift
from taktnet.twin.layout import DONE, ROOM, SKETCH, TRACE_ROOM, Kind
from taktnet.twin.queue import drop_first, entity_of, first, kind_of, push, seq_of
from taktnet.twin.variates import quantile

(
    CHANGE,
    REPAIR,
    FAIL,
    SHIFT,
    ARRIVE,
    RELEASE,
    END,
    EXPIRE,
    REQUEST,
    DEMAND,
    REVIEW,
    DEPART,
    SNAP,
    CANCEL,
) = (int(k) for k in Kind)
#: Nodes and cells that one event may need at most beside those it frees.
SPARE = 4096
#: Facts that one event may write at most for each cell in use: all that waits may set out at once.
FACTS = 8


@kernel
def until(x: int, end: int) -> int:
    """Let events happen up to and at `end`; ROOM when the pools must grow first."""
    h = head_at(x, 0)
    while True:
        i = first(x)
        if i < 0:
            break
        n = node_at(x, i)
        if n.t > end:
            break
        if h.pending + SPARE > h.node_room or h.cell_used + SPARE > h.cell_room:
            return ROOM
        if traced(x) and h.trace_n + FACTS * h.cell_used + SPARE > h.trace_room:
            return TRACE_ROOM
        t, order_, arg = n.t, n.order, n.arg
        drop_first(x, i)
        h.now = t
        happen(x, h, kind_of(order_), entity_of(order_), seq_of(order_), arg)
        if h.work_head < h.work_tail and not (kind_of(order_) == REVIEW and _reviews_more(x, t)):
            drain(x)
    h.now = end
    return DONE


@kernel
def _reviews_more(x: int, t: int) -> bool:
    """Whether another point is reviewed at this instant: all decide before an order goes off."""
    apart()
    i = first(x)
    return i >= 0 and node_at(x, i).t == t and kind_of(node_at(x, i).order) == REVIEW


@kernel
def happen(x: int, h: Any, kind: int, entity: int, seq: int, arg: int) -> None:
    """One event."""
    if kind == DEMAND:
        order(x, entity, arg)
    elif kind == ARRIVE:
        arrive(x, entity, arg)
    elif kind == END:
        if not finish(x, entity, seq):
            h.stale += 1
    elif kind == REQUEST:
        if entity >= h.links:
            release(x, entity - h.links)
            return
        c = cell_at(x, arg)
        qty, placed, mark, ref = c.qty, c.placed, c.mark, order_of(x, arg)
        free_cell(x, arg)
        number = number_of(mark)
        if number < 0 or open_at(x, number).qty > 0:
            forward(x, entity, qty, placed, mark, ref)
    elif kind == DEPART:
        depart(x, entity, arg)
    elif kind == SHIFT:
        shift(x, entity)
    elif kind == REVIEW:
        touch(x, entity)
        push(x, h.now + place_at(x, entity).review, REVIEW, entity, 0, 0)
    else:
        _seldom(x, h, kind, entity, arg)


@kernel
def _seldom(x: int, h: Any, kind: int, entity: int, arg: int) -> None:
    apart()
    if kind == RELEASE:
        released(x, entity, arg)
    elif kind == FAIL:
        fail(x, entity)
    elif kind == REPAIR:
        repaired(x, entity)
    elif kind == EXPIRE:
        expire(x, entity)
    elif kind == CHANGE:
        change(x, entity)
    elif kind == CANCEL:
        take_back(x, entity, arg)
    else:
        _snapshot(x, h)


@kernel
def _snapshot(x: int, h: Any) -> None:
    """Totals of the network at this moment."""
    apart()
    if h.snap_n >= h.snap_room:
        return
    r = series_at(x, h.snap_n)
    r.at = h.now
    r.stock = r.owed = r.wanted = r.filled = r.coming = r.spend = r.freight = 0.0
    for p in range(h.points):
        a, s = point_at(x, p), place_at(x, p)
        r.stock += s.cost * (a.onhand + a.inspecting)
        if s.kind:
            r.owed += a.queued
            r.wanted += a.wanted
            r.filled += a.filled
        for i in range(s.first_link, s.first_link + s.links):
            r.spend += link_at(x, i).spend
            r.coming += s.cost * link_at(x, i).out
    for i in range(h.lanes):
        r.freight += lane_at(x, i).cost
    h.snap_n += 1
    push(x, h.now + h.snap_every, SNAP, 0, 0, 0)


@kernel
def forget(x: int) -> None:
    """Forget what was counted so far: the end of the warm-up. Nothing else changes."""
    apart()
    h = head_at(x, 0)
    h.warm = h.now
    for p in range(h.points):
        settle(x, p)
        a, t = point_at(x, p), tally_at(x, p)
        a.wanted = a.filled = a.received = a.made = a.used = a.shipped = a.leads = 0
        a.stock_area = a.owed_area = a.lead_sum = a.lead_squares = 0.0
        t.scrapped = t.expired = t.stockouts = 0
        for i in range(SKETCH):
            t.sketch[i] = 0
    for d in range(h.demands):
        r = demand_at(x, d)
        r.lines = r.units = r.on_time_lines = r.on_time_units = r.late_sum = 0
        r.overdue, r.late_area = 0, 0.0
    _forget_flows(x, h)


@kernel
def _forget_flows(x: int, h: Any) -> None:
    apart()
    for i in range(h.lanes):
        way = lane_at(x, i)
        way.shipments = 0
        way.cost = way.kg = way.m3 = way.co2_t = 0.0
    for p in range(h.points):
        s = place_at(x, p)
        for i in range(s.first_link, s.first_link + s.links):
            link_at(x, i).spend = 0.0
            link_at(x, i).decisions = 0
    for i in range(h.procs):
        o = proc_at(x, i)
        o.made = o.scrapped = o.starved = 0
    for i in range(h.servers):
        m = server_at(x, i)
        m.busy = m.down = m.setups = 0


@kernel
def overdue(x: int) -> None:
    """Count how late the customers' orders are that still stand in line."""
    apart()
    h = head_at(x, 0)
    for p in range(h.points):
        i = point_at(x, p).head if place_at(x, p).kind else -1
        while i >= 0:
            c = cell_at(x, i)
            if c.who < 0:
                late = h.now - c.placed - demand0_at(x, -1 - c.who).lead
                if late > 0:
                    d = demand_at(x, -1 - c.who)
                    d.overdue += c.qty
                    d.late_sum += late // 1_000_000
                    d.late_area += float(late) * float(c.qty)
            i = c.next


@kernel
def _share(x: int, dist: int, age: float) -> float:
    """F(age), by halving."""
    low, high = 0.0, 1.0 - 2.0**-53
    if quantile(x, dist, 2.0**-53) >= age:
        return 0.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        if quantile(x, dist, middle) <= age:
            low = middle
        else:
            high = middle
    return low


def _entry(number: int) -> Any:
    """The compiled entry; its cache on disk is good only for these very sources."""

    @entry
    def enter(x: int, what: int, a: int, b: int) -> int:
        """what 0: begin with seed a, replication b. 1: run until a. 2: forget the warm-up.

        3: count the lateness of what customers still wait for."""
        if x == 0:
            return number
        if what == 0:
            start(x, a, b)
            return 0
        if what == 1:
            return until(x, a)
        if what == 2:
            forget(x)
        else:
            overdue(x)
        return 0

    return enter


def _traced_entry(number: int) -> Any:
    @entry
    def enter_traced(x: int, what: int, a: int, b: int) -> int:
        """As `enter`, and what happens is written as facts; TRACE_ROOM when there is no room."""
        if x == 0:
            return number
        y = with_trace(x)
        if what == 0:
            start(y, a, b)
            return 0
        if what == 1:
            return until(y, a)
        forget(y)
        return 0

    return enter_traced


def _passed(number: int) -> Any:
    @entry
    def passed(x: int, dist: Any, age: Any, seen: Any) -> int:
        """F(age) into `seen` [n], row by row: the share of times that are at most so long.

        To the last bit of a uniform; `dist` [n] are numbers of DIST, below 0 for no time at all,
        `age` [n] microseconds.
        """
        for i in range(len(dist)):
            if i > 0 and dist[i] == dist[i - 1] and age[i] == age[i - 1]:  # one shipment's parcels
                seen[i] = seen[i - 1]
            else:
                seen[i] = _share(x, dist[i], age[i]) if dist[i] >= 0 else 0.0
        return number

    return passed


_HERE = Path(__file__).parent
_COMPILED = (
    "layout.py", "logarithm.py", "order.py", "queue.py", "streams.py", "variates.py"
)  # fmt: skip
_TWIN = crc32(b"".join((_HERE.parent / name).read_bytes() for name in _COMPILED))
_NUMBER = STAMP ^ stamp(_HERE, _HERE.parents[1] / "policy") ^ _TWIN
enter = _entry(_NUMBER)
enter_traced = _traced_entry(_NUMBER)
passed = _passed(_NUMBER)
