"""Lines, stocking policies and loops of a generated network, sized from its exploded rates.

Cards follow `sizing` with the time a loop really takes: preparation, wait for the
next departure, transit, collection, and the days on which either end does not work.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from taktnet.base.exact import ceil_to
from taktnet.network import components as c
from taktnet.network.explode import explode, process_shares
from taktnet.network.generate.lanes import wait_h
from taktnet.network.generate.places import PER_EUR
from taktnet.network.generate.shelf import shelf_lives
from taktnet.network.generate.world import Node, World
from taktnet.network.network import Network
from taktnet.network.rates import WINDOW_D
from taktnet.network.sizing import kanban_cards, signal_cards, two_bin_qty

NICE: Final = (1, 2, 4, 5, 6, 8, 10, 12, 16, 20, 24, 30, 40, 50, 60, 80, 100, 120, 160, 200, 250,
               300, 400, 500, 600, 800, 1000, 1500, 2000, 3000, 5000, 10000)  # fmt: skip
LOAD = 0.72
#: Days of one machine that a lot takes at most.
LOT_D = 1.0
SETUP_LOAD = 0.08
#: Items on one line of a plant; a supplier has one line.
ITEMS_PER_LINE = 2
CONTAINERS_A_DAY = 4
#: Standard deviations above the mean that a customer's order hardly ever exceeds.
TAIL = 4
#: How often what comes by road is pulled by cards, by kind of site; else it is ordered in lots.
PULLED: Final = {"plant": 0.75, "supplier": 0.3, "customer": 1.0}
#: How much longer the slower of two sources may take for cards to keep their shares.
EVEN = 1.5
#: Safety of loops, as a share of what is needed over their lead time.
SAFETY_MADE, SAFETY_BOUGHT = 0.5, 0.3


@dataclass(slots=True)
class _Plan:
    """What sizing needs: the network so far, and the highest rate of each node over the year.

    `at_once` is the most that one job, customer or bin takes of a node in one piece, `docked`
    the most that waits there for its departures.
    """

    world: World
    network: Network
    rates: dict[Node, float]
    at_once: dict[Node, float] = field(default_factory=dict[Node, float])
    docked: dict[Node, float] = field(default_factory=dict[Node, float])

    def takes(self, node: Node, qty: float) -> None:
        """So much is taken of a node in one piece."""
        self.at_once[node] = max(self.at_once.get(node, 0.0), qty)


def size(world: World) -> Network:
    """The finished network: containers, lines, policies and loops from the rates."""
    network = _skeleton(world)
    rates: dict[Node, float] = {}
    carried: dict[tuple[str, str], float] = {}
    for month in (1, 11):
        flows = explode(network, date(world.year, month, 15))
        for found, made in ((rates, flows.nodes), (carried, flows.lanes)):
            for key, rate in made.items():
                found[key] = max(found.get(key, 0.0), rate)
    for row in network.demand:
        if network.sources_of(row.site, row.item):  # the customer has stock of its own
            rates[row.site, row.item] = row.rate_day
    network = replace(network, items=_containers(network, rates))
    plan = _Plan(world, network, rates)
    plan.network = replace(network, processes=_paced(plan), sources=_minimums(plan))
    _pieces(plan)
    for (lane, item), rate in carried.items():
        node = network.lane(lane).origin, item
        plan.docked[node] = plan.docked.get(node, 0.0) + rate * wait_h(network.lane(lane)) / 24
    points: list[c.StockPoint] = []
    loops: list[c.Loop] = []
    needed = [node for node, rate in rates.items() if rate > 0]
    for node in sorted(needed, key=lambda n: bool(plan.network.processes_of(*n))):
        _keep(plan, node, points, loops)  # what is bought first: its bins say what is made
    items = shelf_lives(plan.network.items, points, loops, rates)
    return replace(plan.network, items=items, stock_points=tuple(points), loops=tuple(loops))


def _skeleton(world: World) -> Network:
    resources: list[c.Resource] = []
    processes: list[c.Process] = []
    for site, items in world.made.items():
        each = ITEMS_PER_LINE if world.sites[site].kind == "plant" else len(items)
        for number in range(math.ceil(len(items) / each)):
            line = _line(world, site, number + 1)
            resources.append(line)
            for item in items[number * each : (number + 1) * each]:
                good = world.rng.choice((1.0, 0.99, 0.985, 0.97))
                processes.append(
                    c.Process(site=site, item=item, resource=line.id, cycle_s=60.0, yield_rate=good)
                )
    sources = [s for rows in world.sources.values() for s in rows]
    return Network(
        sites=tuple(world.sites.values()),
        items=tuple(world.items.values()),
        bom=tuple(world.bom),
        processes=tuple(processes),
        resources=tuple(resources),
        lanes=tuple(world.lanes.values()),
        sources=tuple(sources),
        demand=tuple(world.demand),
        calendars=tuple(world.calendars.values()),
        rates=tuple(c.Rate(currency=k, per_eur=float(v)) for k, v in PER_EUR.items()),
    )


def _line(world: World, site: str, number: int) -> c.Resource:
    rng = world.rng
    fails = rng.random() < 0.6
    return c.Resource(
        id=f"{site}-L{number}",
        site=site,
        kind=rng.choice(("line", "cell", "press", "machine")),
        count=rng.choice((1, 1, 2, 3)),
        mtbf_h=float(rng.choice((120, 200, 400))) if fails else None,
        mttr_h=float(rng.choice((1, 2, 4))) if fails else 0.0,
    )


def _containers(network: Network, rates: dict[Node, float]) -> tuple[c.Item, ...]:
    """Containers of about a quarter of the highest daily need of any place.

    The tenth of Sugimori et al. (1977) is for lines next to one another; between plants far apart
    a card stands for a pallet.
    """
    most: dict[str, float] = {}
    for (_, item), rate in rates.items():
        most[item] = max(most.get(item, 0.0), rate)
    made: list[c.Item] = []
    for item in network.items:
        wanted = max(1.0, most.get(item.id, 10.0) / CONTAINERS_A_DAY)
        qty = min(NICE, key=lambda n: abs(math.log(n / wanted)))
        made.append(replace(item, container_qty=float(qty)))
    return tuple(made)


def _paced(plan: _Plan) -> tuple[c.Process, ...]:
    """Cycle times that load every line to about three quarters, set-ups to a tenth at most.

    A container of what is made elsewhere in quantity does not block a line for days, and who
    shares a buyer has room for half of the other's share: such lines have less to do.
    """
    network, rates = plan.network, plan.rates
    start = date(plan.world.year, 2, 1)
    share = {
        (p.site, p.item, p.resource): w
        for site, item in {(p.site, p.item): None for p in network.processes}
        for p, w in process_shares(network, site, item)
    }
    room: dict[Node, float] = {}
    for s in network.sources:
        node = s.origin, s.item
        room[node] = room.get(node, 0.0) + (1 - s.share) / 2 * rates.get((s.site, s.item), 0.0)
    on_line: dict[str, int] = {}
    for p in network.processes:
        on_line[p.resource] = on_line.get(p.resource, 0) + 1
    made: list[c.Process] = []
    for p in network.processes:
        rate = rates.get((p.site, p.item), 0.0) + room.get((p.site, p.item), 0.0)
        rate *= share.get((p.site, p.item, p.resource), 0.0)
        starts = max(rate, 0.5) / p.yield_rate
        resource = network.resource(p.resource)
        day = network.working_time(p.site, p.resource).mean_day_seconds(start, WINDOW_D)
        time = day * resource.count / on_line[p.resource]
        container = network.item(p.item).container_qty
        lot = float(ceil_to(round(max(starts * 0.8, container), 6), container))
        cycle = math.floor(min(time * LOAD / starts, day * LOT_D / lot) * 100) / 100
        setup = min(60.0 * plan.world.rng.choice((5, 10, 15, 20)), time * SETUP_LOAD * lot / starts)
        made.append(
            replace(p, cycle_s=max(0.01, cycle), lot_qty=lot, setup_s=float(math.floor(setup)))
        )
    return tuple(made)


def _minimums(plan: _Plan) -> tuple[c.Source, ...]:
    """Least orders of some containers at suppliers."""
    made: list[c.Source] = []
    for s in plan.network.sources:
        container = plan.network.item(s.item).container_qty
        supplier = plan.network.site(s.origin).kind == "supplier"
        made.append(replace(s, moq=container * plan.world.rng.choice((1, 2)) if supplier else 0.0))
    return tuple(made)


def _pieces(plan: _Plan) -> None:
    """What jobs take of their parts, and customers of products, in one piece."""
    network = plan.network
    for p in network.processes:
        job = network.item(p.item).container_qty
        for line in network.bom_of(p.item):
            plan.takes((p.site, line.component), job * line.qty / (1 - line.scrap))
    for row in network.demand:
        daily = row.distribution != "poisson"
        kept = network.sources_of(row.site, row.item)
        place = row.site if kept else row.supplier
        plan.takes((place, row.item), row.rate_day * (1 + TAIL * row.cv) if daily else 1.0)


def _cards(
    plan: _Plan, node: Node, rate: float, lead: float, safety: float, *, moq: float = 0.0
) -> int:
    """Cards for the flow, for what is taken in one piece or waits at the dock, and for those that
    must come together.

    Two at least: one is filled while the other is emptied. With fewer a loop could stand still:
    stock too small for the next job, and no card to ask for more.
    """
    container = plan.network.item(node[1]).container_qty
    flow = kanban_cards(rate, lead, safety, container, 2)
    return flow + _containers_held(plan, node) + max(0, math.ceil(moq / container) - 1)


def _containers_held(plan: _Plan, node: Node) -> int:
    held = plan.at_once.get(node, 0.0) + plan.docked.get(node, 0.0)
    return math.ceil(round(held / plan.network.item(node[1]).container_qty, 6))


def _rest_d(plan: _Plan, site: str) -> float:
    """Days lost to nights and weekends of a site, at worst."""
    working = plan.network.working_time(site)
    return max(0.0, (7 - len(working.days)) + (24 - _day_h(plan, site)) / 24)


def _day_h(plan: _Plan, site: str) -> float:
    """Hours that a site works on a working day."""
    return sum(end - start for start, end in plan.network.working_time(site).shifts) / 60


def lead_d(plan: _Plan, source: c.Source, collection_h: float) -> float:
    """Days from a freed card to the full container over a source."""
    lane = plan.network.lane(source.lane)
    prep_d = source.prep_h / _day_h(plan, source.origin)
    hours = collection_h + wait_h(lane) + lane.transit_h
    rest_d = max(_rest_d(plan, source.origin), _rest_d(plan, source.site))
    return round(prep_d + hours / 24 + rest_d, 3)


_SAFETY: Final[dict[str, float]] = {"road": 0.2, "rail": 0.3, "sea": 0.35, "air": 0.3}


def _keep(plan: _Plan, node: Node, points: list[c.StockPoint], loops: list[c.Loop]) -> None:
    """Choose how a node is replenished and append its stock point and loops."""
    site, item = node
    world, network = plan.world, plan.network
    primary = [s for s in network.sources_of(site, item) if s.role == "primary"]
    point = c.StockPoint(
        site=site,
        item=item,
        holding_rate=world.rng.choice((0.15, 0.2, 0.25)),
        service_target=world.rng.choice((0.95, 0.98, 0.99)),
    )
    if network.processes_of(site, item):
        point = _made(plan, point, loops)
    elif _by_cards(plan, site, primary):
        point = _pulled(plan, point, primary, loops)
    else:
        point = _ordered(plan, point, primary)
    points.append(point)


def _by_cards(plan: _Plan, site: str, primary: list[c.Source]) -> bool:
    """Whether cards pull what comes by road; two sources keep their shares if they take as long."""
    if any(plan.network.lane(s.lane).mode != "road" for s in primary):
        return False
    leads = [lead_d(plan, s, 0.0) for s in primary]
    often = PULLED.get(plan.network.site(site).kind, 0.0)
    return max(leads) <= EVEN * min(leads) and plan.world.rng.random() < often


def _made(plan: _Plan, point: c.StockPoint, loops: list[c.Loop]) -> c.StockPoint:
    """Production, signal or CONWIP kanban; a supplier's materials in lots by (R,Q)."""
    network, node = plan.network, (point.site, point.item)
    rate = round(plan.rates[node], 6)
    container = network.item(point.item).container_qty
    process = network.processes_of(point.site, point.item)[0]
    lead = round(1.5 + _rest_d(plan, point.site), 3)
    choice = plan.world.rng.random()
    if network.site(point.site).tier == 2 and choice < 0.3:
        least = float(math.ceil(rate * lead * (1 + SAFETY_MADE) + plan.at_once.get(node, 0.0)))
        return replace(point, policy="RQ", reorder_point=least, order_qty=process.lot_qty)
    loop = c.Loop(
        id=f"KB-{point.site}-{point.item}",
        kind="production",
        site=point.site,
        item=point.item,
        origin=point.site,
        resource=process.resource,
        cards=_cards(plan, node, rate, lead, SAFETY_MADE),
        container_qty=container,
    )
    if choice > 0.85:
        loop = replace(loop, kind="conwip")
    elif choice > 0.7:
        at, lot = signal_cards(rate, lead, round(rate * lead * SAFETY_MADE, 6), 1, container)
        at += _containers_held(plan, node)
        loop = replace(loop, kind="signal", cards=at + lot, signal_at=at, lot_cards=lot)
    loops.append(loop)
    return replace(point, policy="kanban")


def _ordered(plan: _Plan, point: c.StockPoint, primary: list[c.Source]) -> c.StockPoint:
    """Base stock at hubs; else (R,Q), or (s,S) looked at once a day."""
    network, node = plan.network, (point.site, point.item)
    rate = plan.rates[node]
    container = network.item(point.item).container_qty
    hub = network.site(point.site).kind == "hub"
    daily = not hub and plan.world.rng.random() < 0.5
    lead = max(lead_d(plan, s, 0.0) for s in primary) + daily
    safety = max(_SAFETY[network.lane(s.lane).mode] for s in primary)
    least = math.ceil(round(rate * lead * (1 + safety) + plan.at_once.get(node, 0.0), 6))
    far = any(network.lane(s.lane).mode == "sea" for s in primary)
    lot = float(ceil_to(math.ceil(round(rate * (7 if far else 2), 6)), container))
    for source in primary:
        plan.takes((source.origin, point.item), lot * source.share)
    if hub:
        return replace(point, policy="base_stock", base_stock=float(least) + lot)
    if not daily:
        return replace(point, policy="RQ", reorder_point=float(least), order_qty=lot)
    return replace(
        point, policy="sS", reorder_point=float(least), order_up_to=least + lot, review_h=24.0
    )


def _pulled(
    plan: _Plan, point: c.StockPoint, primary: list[c.Source], loops: list[c.Loop]
) -> c.StockPoint:
    """Withdrawal kanban, two bins for some cheap parts; some stock is the supplier's."""
    world, network, node = plan.world, plan.network, (point.site, point.item)
    item = network.item(point.item)
    for number, source in enumerate(primary, start=1):
        rate = round(plan.rates[node] * source.share, 6)
        collection = float(world.rng.choice((0, 2, 4, 8)))
        lead = lead_d(plan, source, collection)
        loop = c.Loop(
            id=f"KB-{point.site}-{point.item}-{number}",
            kind="withdrawal",
            site=point.site,
            item=point.item,
            origin=source.origin,
            lane=source.lane,
            cards=_cards(plan, node, rate, lead, SAFETY_BOUGHT, moq=source.moq),
            container_qty=item.container_qty,
            collection_h=collection,
            trigger=world.rng.choice(("consumption", "consumption", "scan")),
        )
        if item.cost < 2 and world.rng.random() < 0.5:
            spare = max(rate * lead * SAFETY_BOUGHT, plan.at_once.get(node, 0.0), source.moq)
            bin_qty = two_bin_qty(rate, lead, round(spare, 6), item.container_qty)
            loop = replace(loop, kind="two_bin", cards=2, container_qty=bin_qty)
            plan.takes((source.origin, point.item), bin_qty)
        loops.append(loop)
    point = replace(point, policy="kanban")
    supplier = network.site(primary[0].origin).kind == "supplier"
    if supplier and len(primary) == 1 and world.rng.random() < 0.1:
        point = replace(point, owner="consigned", consignor=primary[0].origin)
    return point
