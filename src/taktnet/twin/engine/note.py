"""What a traced run writes: the ledger's facts, kind by kind, slot by slot as events lower.

Quantities and money are millionths, instants microseconds since 1970 UTC, money EUR. Every fact
is an event of its own; `twin.trace` numbers them. A run that is not traced calls none of this.
"""

# ruff: noqa: PLR0917  (compiled functions take their arguments by position)

from __future__ import annotations

from taktnet.ledger import event as e
from taktnet.ledger.fact import COMPONENT, STATUS, STOP, Flag
from taktnet.state.memory import kernel
from taktnet.twin.engine.access import (
    cell_at,
    change_at,
    demand0_at,
    demand_id_at,
    head_at,
    lane_id_at,
    link_at,
    link_id_at,
    place_at,
    point_id_at,
    proc0_at,
    proc_at,
    ref_at,
    res0_at,
    res_at,
    res_id_at,
    server_at,
    trace_at,
    traced,
)
from taktnet.twin.engine.hours import due, hours

_N = e.NUMBER
COUNTED, CONSUMED, PRODUCED = _N[e.StockCounted], _N[e.StockConsumed], _N[e.StockProduced]
SCRAPPED, RELEASED = _N[e.StockScrapped], _N[e.StockReleased]
ORDER, CANCELLED, DECISION = _N[e.OrderPlaced], _N[e.OrderCancelled], _N[e.DecisionTaken]
STARTED, FINISHED = _N[e.LotStarted], _N[e.LotFinished]
SHIPPED, ARRIVED, RECEIVED = _N[e.GoodsShipped], _N[e.GoodsArrived], _N[e.GoodsReceived]
SITE_CLOSED, SITE_OPENED = _N[e.SiteClosed], _N[e.SiteOpened]
LANE_CLOSED, LANE_OPENED = _N[e.LaneClosed], _N[e.LaneOpened]
STOPPED, RUNNING, CHARGED = _N[e.ResourceStopped], _N[e.ResourceStarted], _N[e.CostCharged]
FIRST, INSPECTION = int(Flag.FIRST), STATUS["inspection"]
BREAKDOWN, STOCKOUT, OTHER = STOP["breakdown"], STOP["stockout"], STOP["other"]
PRICE, FREIGHT = COMPONENT["price"], COMPONENT["freight"]
#: Bits of `RES.short`: stands for want of a part; stands because all its machines are held.
WANTS, HELD = 1, 2


@kernel
def new_ref(x: int) -> int:
    """A name for a new order, decision or shipment; 0 in a run that is not traced."""
    if traced(x):
        h = head_at(x, 0)
        h.ref += 1
        return h.ref - 1
    return 0


@kernel
def order_of(x: int, cell: int) -> int:
    """The name of a cell's order."""
    if traced(x):
        return ref_at(x, cell).order
    return 0


@kernel
def shipment_of(x: int, cell: int) -> int:
    """The name of a cell's shipment, or of its work order."""
    if traced(x):
        return ref_at(x, cell).shipment
    return 0


@kernel
def name_cell(x: int, cell: int, order: int, shipment: int) -> None:
    """Give a cell the names of its order and its shipment."""
    if traced(x):
        r = ref_at(x, cell)
        r.order, r.shipment, r.qty, r.started = order, shipment, 0, 0


@kernel
def fact(x: int, kind: int, at: int, item: int, qty: int) -> int:
    """A fact of this moment: its row. Without room it is counted as lost, and the run says so."""
    h = head_at(x, 0)
    i = h.trace_n
    if i < h.trace_room:
        h.trace_n = i + 1
    else:
        h.trace_lost += 1
        i = h.trace_room - 1
    f = trace_at(x, i)
    f.seq, f.qty2, f.t1, f.t2 = 0, 0, 0, 0
    f.to, f.lot, f.ref, f.ref2, f.loop, f.res = 0, 0, 0, 0, 0, 0
    f.at = f.recorded = h.at + h.now
    f.source, f.tenant, f.kind, f.flags = h.source, h.tenant, kind, FIRST
    f.status, f.reason = 0, 0
    f.site, f.item, f.qty = at, item, qty
    return i


@kernel
def at_point(x: int, kind: int, p: int, qty: int) -> int:
    """A fact about the stock of a point."""
    w = point_id_at(x, p)
    return fact(x, kind, w.site, w.item, qty)


@kernel
def counted(x: int, p: int, qty: int) -> None:
    """stock.counted: what a cold start takes to be there."""
    at_point(x, COUNTED, p, qty)


@kernel
def scrapped(x: int, p: int, qty: int) -> None:
    """stock.scrapped: past its date."""
    at_point(x, SCRAPPED, p, qty)


@kernel
def released(x: int, p: int, qty: int) -> None:
    """stock.released: inspected."""
    trace_at(x, at_point(x, RELEASED, p, qty)).status = INSPECTION


@kernel
def consumed(x: int, p: int, proc: int, qty: int) -> None:
    """stock.consumed: a part goes into a job."""
    trace_at(x, at_point(x, CONSUMED, p, qty)).res = res_id_at(x, proc0_at(x, proc).res).res


@kernel
def on_the_spot(x: int, demand: int) -> bool:
    """Whether a customer takes from stock on its own site: that is consumed, not shipped."""
    return point_id_at(x, demand0_at(x, demand).point).site == demand_id_at(x, demand).customer


@kernel
def ordered(x: int, demand: int, qty: int, ref: int) -> None:
    """order.placed: by a customer, for as soon as may be, until its lead time is over."""
    s, w = demand0_at(x, demand), demand_id_at(x, demand)
    if on_the_spot(x, demand):
        return
    f = trace_at(x, at_point(x, ORDER, s.point, qty))
    f.ref, f.to, f.qty2, f.lot = ref, w.customer, w.price, w.currency
    f.t1, f.t2 = f.at + max(0, s.lead - s.window), f.at + s.lead


@kernel
def cancelled(x: int, demand: int, ref: int) -> None:
    """order.cancelled: by the customer."""
    if not on_the_spot(x, demand):
        trace_at(x, at_point(x, CANCELLED, demand0_at(x, demand).point, 0)).ref = ref


@kernel
def called_off(x: int, p: int, ref: int) -> None:
    """order.cancelled: an order of a plant."""
    trace_at(x, at_point(x, CANCELLED, p, 0)).ref = ref


@kernel
def decided(x: int, link: int, qty: int, ref: int, price: float) -> None:
    """decision.taken, and what the origin asks for it."""
    h, k, w = head_at(x, 0), link_at(x, link), link_id_at(x, link)
    lane = lane_id_at(x, k.lane).lane if k.lane >= 0 else 0
    f = trace_at(x, at_point(x, DECISION, k.dest, qty))
    f.ref, f.to, f.loop, f.res, f.status, f.reason = ref, w.origin, w.loop, lane, w.rule, w.action
    if w.loop > 0:
        f.qty2 = qty // k.container
    terms = w.collect, w.lead, w.transit, qty, w.unit_us
    works, opens = hours(x, w.works), hours(x, w.opens)
    f.t1 = h.at + due(x, h.now, terms, works, (w.first_leave, w.leaves), opens)
    f.t2 = f.t1 - w.window
    if price > 0.0:
        c = trace_at(x, at_point(x, CHARGED, k.dest, qty))
        c.ref2, c.to, c.res, c.status = ref, w.origin, lane, PRICE
        c.reason, c.qty2 = 1, int(price * qty * 1e6 + 0.5)


@kernel
def shipped(x: int, lane: int, who: int, qty: int, placed: int, order: int, ref: int) -> None:
    """goods.shipped: off the stock of the origin now, to be there at the usual time."""
    h = head_at(x, 0)
    if who < 0 and on_the_spot(x, -1 - who):
        at_point(x, CONSUMED, demand0_at(x, -1 - who).point, qty)
        return
    way = lane_id_at(x, lane).lane if lane >= 0 else 0
    if who >= 0:
        k, w = link_at(x, who), link_id_at(x, who)
        to = point_id_at(x, k.dest)
        f = trace_at(x, fact(x, SHIPPED, w.origin, to.item, qty))
        f.to, f.loop = to.site, w.loop
    else:
        f = trace_at(x, at_point(x, SHIPPED, demand0_at(x, -1 - who).point, qty))
        f.to = demand_id_at(x, -1 - who).customer
        f.t2 = h.at + placed + demand0_at(x, -1 - who).lead
    f.ref, f.ref2, f.res, f.t1 = ref, order, way, f.at
    if lane >= 0:
        f.t1 += lane_id_at(x, lane).transit


@kernel
def moved(x: int, cell: int, lane: int, link: int, delay: int, cost: float, ref: int) -> None:
    """goods.shipped, and what it costs: an extra shipment of a scenario, which leaves later."""
    k, w, qty = link_at(x, link), link_id_at(x, link), cell_at(x, cell).qty
    to = point_id_at(x, k.dest)
    f = trace_at(x, fact(x, SHIPPED, w.origin, to.item, qty))
    f.to, f.loop, f.ref, f.res = to.site, w.loop, ref, lane_id_at(x, lane).lane
    f.t1 = f.at + delay + lane_id_at(x, lane).transit
    if cost > 0.0:
        freight(x, lane, cell, place_at(x, k.dest).kg * qty, cost)
    if k.origin < 0 and k.price > 0.0:
        c = trace_at(x, at_point(x, CHARGED, k.dest, qty))
        c.ref, c.to, c.res, c.status = ref, w.origin, f.res, PRICE
        c.reason, c.qty2 = 1, int(k.price * qty * 1e6 + 0.5)


@kernel
def at_gate(x: int, cell: int) -> None:
    """goods.arrived: every parcel of a shipment that waits outside."""
    i = cell
    while i >= 0:
        c = cell_at(x, i)
        if c.who >= 0:
            w = point_id_at(x, link_at(x, c.who).dest)
            trace_at(x, fact(x, ARRIVED, w.site, 0, 0)).ref = shipment_of(x, i)
        else:
            trace_at(
                x, fact(x, ARRIVED, demand_id_at(x, -1 - c.who).customer, 0, 0)
            ).ref = shipment_of(x, i)
        i = c.next


@kernel
def received(x: int, who: int, qty: int, inspect: int, order: int, ref: int) -> None:
    """goods.received: at a point, to be inspected or not, or at a customer's."""
    if who < 0 and on_the_spot(x, -1 - who):
        return
    if who >= 0:
        f = trace_at(x, at_point(x, RECEIVED, link_at(x, who).dest, qty))
        if inspect > 0:
            f.status = INSPECTION
    else:
        w = point_id_at(x, demand0_at(x, -1 - who).point)
        f = trace_at(x, fact(x, RECEIVED, demand_id_at(x, -1 - who).customer, w.item, qty))
    f.ref, f.ref2 = ref, order


@kernel
def freight(x: int, lane: int, head: int, kg: float, cost: float) -> None:
    """cost.charged: the freight of a departure, by the weight of its parcels."""
    i = head
    while i >= 0:
        c = cell_at(x, i)
        p = link_at(x, c.who).dest if c.who >= 0 else demand0_at(x, -1 - c.who).point
        share = 1.0 if i == head else 0.0
        if kg > 0.0:
            share = place_at(x, p).kg * c.qty / kg
        w = point_id_at(x, p)
        if c.who >= 0:
            f = trace_at(x, fact(x, CHARGED, w.site, w.item, c.qty))
            f.to = link_id_at(x, c.who).origin
        else:
            f = trace_at(x, fact(x, CHARGED, demand_id_at(x, -1 - c.who).customer, w.item, c.qty))
            f.to = w.site
        f.ref, f.res, f.status, f.reason = shipment_of(x, i), lane_id_at(x, lane).lane, FREIGHT, 1
        f.qty2 = int(cost * share * 1e6 + 0.5)
        i = c.next


@kernel
def started(x: int, proc: int, head: int, qty: int) -> None:
    """lot.started: for the first order in line that is not all started; and its line runs."""
    s = proc0_at(x, proc)
    if res_at(x, s.res).short & WANTS:
        run_again(x, s.res)
    i, cell = head, head
    while i >= 0:
        r = ref_at(x, i)
        if r.started < r.qty:
            cell = i
            break
        i = cell_at(x, i).next
    r = ref_at(x, cell)
    r.started += qty
    f = trace_at(x, at_point(x, STARTED, s.point, qty))
    f.ref, f.res = r.order, res_id_at(x, s.res).res
    f.loop = link_id_at(x, cell_at(x, cell).who).loop


@kernel
def name_work(x: int, cell: int, order: int, work: int, qty: int) -> None:
    """Give an order to make its names; `work` is that of a lot under way before the run."""
    r = ref_at(x, cell)
    r.order, r.shipment, r.qty, r.started = order, work, qty, 0


@kernel
def scrap(x: int, proc: int, qty: int) -> None:
    """stock.produced of nothing but scrap, which is made again for the order first in line."""
    if qty > 0:
        s = proc0_at(x, proc)
        f = trace_at(x, at_point(x, PRODUCED, s.point, 0))
        f.res, f.qty2 = res_id_at(x, s.res).res, qty
        r = ref_at(x, proc_at(x, proc).head)
        f.ref2 = r.shipment if r.shipment > 0 else r.order


@kernel
def produced(x: int, proc: int, cell: int, qty: int, left: int) -> None:
    """stock.produced, for the order that has waited longest; lot.finished when none is left."""
    s, r = proc0_at(x, proc), ref_at(x, cell)
    ref, res = r.shipment if r.shipment > 0 else r.order, res_id_at(x, s.res).res
    f = trace_at(x, at_point(x, PRODUCED, s.point, qty))
    f.res, f.ref2 = res, ref
    if left == 0:
        f = trace_at(x, at_point(x, FINISHED, s.point, r.qty))
        f.res, f.ref = res, ref


@kernel
def starved(x: int, res: int) -> None:
    """resource.stopped for want of a part, when none of its machines has anything to do."""
    r, s = res_at(x, res), res0_at(x, res)
    if r.short & WANTS:
        return
    for m in range(s.first_server, s.first_server + s.servers):
        if server_at(x, m).proc >= 0 or server_at(x, m).hold > 0:
            return
    r.short |= WANTS
    w = res_id_at(x, res)
    part = proc_at(x, r.head).blocked - 1
    f = trace_at(x, fact(x, STOPPED, w.site, point_id_at(x, part).item, 0))
    f.res, f.reason = w.res, STOCKOUT


@kernel
def run_again(x: int, res: int) -> None:
    """resource.started."""
    res_at(x, res).short = 0
    w = res_id_at(x, res)
    trace_at(x, fact(x, RUNNING, w.site, 0, 0)).res = w.res


@kernel
def turned(x: int, number: int, closed: bool, site: int, lane: int) -> None:
    """site.closed, site.opened, lane.closed, lane.opened, by change `number`.

    Not of what was closed before the run, of which the ledger knows.
    """
    h, c = head_at(x, 0), change_at(x, number)
    if c.at < 0:
        return
    kind = SITE_CLOSED if closed else SITE_OPENED
    if lane > 0:
        kind = LANE_CLOSED if closed else LANE_OPENED
    f = trace_at(x, fact(x, kind, site, 0, 0))
    f.res = lane
    for i in range(h.changes if closed else 0):
        end = change_at(x, i)
        if end.what == c.what and end.entity == c.entity and end.at > h.now and end.value < 0.0:
            at = h.at + end.at
            f.t1 = at if f.t1 == 0 else max(f.t1, at)


@kernel
def held(x: int, res: int) -> None:
    """resource.stopped when the last of its machines stops, resource.started with the first."""
    r, s, n = res_at(x, res), res0_at(x, res), 0
    for m in range(s.first_server, s.first_server + s.servers):
        if server_at(x, m).hold > 0:
            n += 1
    if n == s.servers and not r.short & HELD:
        r.short |= HELD
        w = res_id_at(x, res)
        f = trace_at(x, fact(x, STOPPED, w.site, 0, 0))
        f.res, f.reason = w.res, OTHER if r.hold > 0 else BREAKDOWN
    elif n < s.servers and r.short & HELD:
        run_again(x, res)
