"""The road: docks and departures, transit, and who pays what for it."""

# ruff: noqa: PLR0917  (compiled functions take their arguments by position)

from __future__ import annotations

import math
from typing import Any

from taktnet.state.memory import kernel
from taktnet.twin.engine import note
from taktnet.twin.engine.access import (
    apart,
    cell_at,
    demand0_at,
    demand_at,
    head_at,
    lane0_at,
    lane_at,
    leave_of,
    link_at,
    place_at,
    point_at,
    site_at,
    traced,
)
from taktnet.twin.engine.pool import free_cell, new_cell
from taktnet.twin.engine.settle import touch
from taktnet.twin.layout import Kind
from taktnet.twin.logarithm import log
from taktnet.twin.queue import push
from taktnet.twin.streams import Purpose, uniform
from taktnet.twin.variates import quantile

ARRIVE, DEPART = int(Kind.ARRIVE), int(Kind.DEPART)
TRANSIT, CUSTOMS = int(Purpose.TRANSIT), int(Purpose.CUSTOMS)


@kernel
def dispatch(
    x: int, p: int, who: int, qty: int, placed: int, born: int, mark: int, order: int
) -> None:
    """Goods are ready at a site: onto the next departure, on the road, or there at once."""
    lane = link_at(x, who).lane if who >= 0 else demand0_at(x, -1 - who).lane
    h, ref = head_at(x, 0), note.new_ref(x)
    waits = lane >= 0 and (lane0_at(x, lane).leaves > 0 or lane_at(x, lane).down > 0)
    if traced(x) and not waits:
        note.shipped(x, lane, who, qty, placed, order, ref)
    if lane < 0 and who < 0:
        delivered(x, -1 - who, qty, placed, order, ref)
        return
    i = new_cell(x)
    c = cell_at(x, i)
    c.qty, c.placed, c.mark, c.who, c.next = qty, placed, born, who, -1
    note.name_cell(x, i, order, ref)
    if lane < 0:
        push(x, h.now, ARRIVE, h.lanes + who, mark, i)
        return
    way, s = lane_at(x, lane), lane0_at(x, lane)
    if waits:
        on_dock(x, who, qty)
        if way.head < 0:
            way.head = i
        else:
            cell_at(x, way.tail).next = i
        way.tail = i
        if s.leaves > 0:
            plan_departure(x, lane, way, s)
        return
    name = link_at(x, who).name if who >= 0 else demand0_at(x, -1 - who).name
    w = place_at(x, p)
    go(x, lane, way, s, i, w.kg * qty, w.m3 * qty, name, mark)


@kernel
def on_dock(x: int, who: int, qty: int) -> None:
    """Goods wait at the dock: on the books of their origin until they leave, but not free."""
    p = link_at(x, who).origin if who >= 0 else demand0_at(x, -1 - who).point
    if p >= 0:
        a = point_at(x, p)
        a.inspecting += qty
        a.reserved += qty
        a.shipped -= qty
        if qty < 0 and a.policy == 0:
            touch(x, p)


@kernel
def leave_dock(x: int, lane: int, head: int) -> None:
    """Parcels set out from the dock."""
    i = head
    while i >= 0:
        c = cell_at(x, i)
        on_dock(x, c.who, -c.qty)
        if traced(x):
            order, ref = note.order_of(x, i), note.shipment_of(x, i)
            note.shipped(x, lane, c.who, c.qty, c.placed, order, ref)
        i = c.next


@kernel
def plan_departure(x: int, lane: int, way: Any, s: Any) -> None:
    """See that the lane's next departure from now on is in the queue."""
    if way.due or way.down > 0:
        return
    now = head_at(x, 0).now
    low, high = way.next_leave, s.leaves
    if low < high and leave_of(x, s.first_leave + low) < now:
        step = 1
        while low + step < high and leave_of(x, s.first_leave + low + step) < now:
            low += step
            step *= 2
        high = min(high, low + step)
        while low + 1 < high:
            middle = (low + high) // 2
            if leave_of(x, s.first_leave + middle) < now:
                low = middle
            else:
                high = middle
        low = high
    way.next_leave = low
    if low < s.leaves:
        way.due = 1
        push(x, leave_of(x, s.first_leave + low), DEPART, lane, low, low)


@kernel
def depart(x: int, lane: int, number: int) -> None:
    """A departure takes what is at the dock of an open site, as far as its vehicles hold."""
    way, s = lane_at(x, lane), lane0_at(x, lane)
    way.due = 0
    if way.down > 0 or way.head < 0 or site_at(x, s.origin).down > 0:
        return
    way.next_leave = number + 1
    kg_left = s.cap_kg * way.vehicles if way.vehicles > 0 else 1e300
    m3_left = s.cap_m3 * way.vehicles if way.vehicles > 0 else 1e300
    kg, m3, head, tail = 0.0, 0.0, way.head, -1
    i = head
    while i >= 0:
        c = cell_at(x, i)
        w = place_at(x, _of(x, c.who))
        if c.qty * w.kg > kg_left or c.qty * w.m3 > m3_left:
            _split(x, way, i, c, w, kg_left, m3_left, tail < 0)
            if c.qty == 0:
                break
        kg += w.kg * c.qty
        m3 += w.m3 * c.qty
        kg_left -= w.kg * c.qty
        m3_left -= w.m3 * c.qty
        tail, i = i, c.next
    if tail >= 0:
        cell_at(x, tail).next = -1
        leave_dock(x, lane, head)
        go(x, lane, way, s, head, kg, m3, s.name, number)
    while i >= 0 and cell_at(x, i).qty == 0:  # what is left of a parcel that did not fit
        i = _unsplit(x, i)
    way.head = i
    if i < 0:
        way.tail = -1
    else:
        plan_departure(x, lane, way, s)


@kernel
def _of(x: int, who: int) -> int:
    """A point that has the item of a parcel."""
    return link_at(x, who).dest if who >= 0 else demand0_at(x, -1 - who).point


@kernel
def _split(x: int, way: Any, i: int, c: Any, w: Any, kg: float, m3: float, empty: bool) -> None:
    """Leave behind what does not fit, in whole containers, in a cell that follows.

    An empty vehicle takes at least one container, whatever it weighs.
    """
    apart()
    fits = c.qty
    if w.kg > 0:
        fits = min(fits, int(min(kg / w.kg, 1e18)))
    if w.m3 > 0:
        fits = min(fits, int(min(m3 / w.m3, 1e18)))
    fits = max(0, fits // w.container * w.container)  # an overfull vehicle has less than no room
    if empty:
        fits = min(c.qty, max(fits, w.container))
    j = new_cell(x)
    rest = cell_at(x, j)
    rest.qty, rest.placed, rest.mark, rest.who = c.qty - fits, c.placed, c.mark, c.who
    rest.next = c.next
    c.qty, c.next = fits, j
    if way.tail == i:
        way.tail = j
    note.name_cell(x, j, note.order_of(x, i), note.shipment_of(x, i))


@kernel
def _unsplit(x: int, i: int) -> int:
    """Drop an empty cell; what follows it is next."""
    after = cell_at(x, i).next
    free_cell(x, i)
    return after


@kernel
def go(
    x: int, lane: int, way: Any, s: Any, head: int, kg: float, m3: float, name: Any, number: int
) -> None:
    """A shipment leaves: its time is drawn and its freight is charged."""
    h = head_at(x, 0)
    span = quantile(x, s.dist, uniform(h.key, name, TRANSIT, number))
    if s.customs > 0:
        span -= s.customs * log(uniform(h.key, name, CUSTOMS, number))
    vehicles = vehicles_of(s, kg, m3)
    way.ordinal += 1
    way.shipments += int(vehicles)
    cost = fare(s, vehicles, kg, m3)
    way.cost += cost
    if traced(x) and cost > 0.0:
        note.freight(x, lane, head, kg, cost)
    way.kg += kg
    way.m3 += m3
    way.co2_t += s.co2 * kg
    push(x, h.now + max(0, int(span + 0.5)), ARRIVE, lane, way.ordinal, head)


@kernel
def vehicles_of(s: Any, kg: float, m3: float) -> float:
    """How many vehicles a departure needs."""
    if kg <= s.cap_kg and m3 <= s.cap_m3:
        return 1.0
    return max(1.0, math.ceil(kg / s.cap_kg), math.ceil(m3 / s.cap_m3))


@kernel
def fare(s: Any, vehicles: float, kg: float, m3: float) -> float:
    """What a lane asks for a departure."""
    return vehicles * s.cost_shipment + kg * s.cost_kg + m3 * s.cost_m3


@kernel
def delivered(x: int, demand: int, qty: int, placed: int, order: int, ref: int) -> None:
    """Goods are at the customer's."""
    if traced(x):
        note.received(x, -1 - demand, qty, 0, order, ref)
    d = demand_at(x, demand)
    late = head_at(x, 0).now - placed - demand0_at(x, demand).lead
    d.lines += 1
    d.units += qty
    if late <= 0:
        d.on_time_lines += 1
        d.on_time_units += qty
    else:
        d.late_sum += late // 1_000_000
        d.late_area += float(late) * float(qty)
