"""A network as a supply chain of stages and arcs, for the placement of safety stock.

A stage is an item at a site that demand reaches. Its time is that of its slowest way to come there:
preparation, departures, transit and customs of a lane, or the run of its line; plus inspection
and review. Where the network has no stock point, no stock may be kept.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from taktnet.app.plans.loops import lead_time
from taktnet.base.errors import TaktnetError
from taktnet.network import Network
from taktnet.network import components as c
from taktnet.network.explode import Ways, delivery_lane, demand_sd, ways_of
from taktnet.plan.buffers import Stage

Node = tuple[str, str]
_DAY_H = 24.0
#: Steps of time in days; the finest that leaves the longest path about so many steps is taken.
STEPS_D, LONGEST_STEPS = (0.1, 0.25, 0.5, 1.0), 400


@dataclass(frozen=True, slots=True)
class Chain:
    """Stages and arcs of a network; times are in days, on a grid of `step_d`."""

    stages: tuple[Stage, ...]
    arcs: tuple[tuple[str, str, float], ...]
    step_d: float


def name(node: Node) -> str:
    """The stage of a node, which is also the key of its stock point."""
    return "|".join(node)


def chain_of(network: Network, on: date, asked: Mapping[str, Any]) -> Chain:
    """The stages and arcs that supply the demand of the network.

    `asked`: `times` (random or fixed), `service` in % (0: of each stock point), `holding` in % a
    year (0: of each stock point). Raises TaktnetError where no demand is.
    """
    order, ways = ways_of(network, on)
    if not order:
        raise TaktnetError("no customer asks for anything: give the network rows in demand")
    ends = _ends(network)
    nodes = [node for node in ends if node not in ways] + order
    stages = [
        _stage(network, node, _time(network, node, ways.get(node), on), ends.get(node, []), asked)
        for node in nodes
    ]
    arcs = [(name(a), name(b), qty) for b in nodes for a, qty in _into(network, b, ways.get(b))]
    step = _step(stages, arcs)
    return Chain(tuple(_on_grid(stage, step) for stage in stages), tuple(arcs), step)


def _ends(network: Network) -> dict[Node, list[c.Demand]]:
    """Demand by the node that meets it: the customer's own stock, else that of its supplier."""
    ends: defaultdict[Node, list[c.Demand]] = defaultdict(list)
    for row in network.demand:
        ends[_meets(network, row)].append(row)
    return dict(ends)


def _meets(network: Network, row: c.Demand) -> Node:
    kept = network.stock_point(row.site, row.item) is not None
    comes = any(s.origin == row.supplier for s in network.sources_of(row.site, row.item))
    return (row.site if kept and comes else row.supplier), row.item


def _into(network: Network, node: Node, way: Ways | None) -> list[tuple[Node, float]]:
    """What goes into a node, with units for one unit of it."""
    site, item = node
    if way is None:  # a customer's stock, filled by those who supply it
        rows = [row for row in network.demand if _meets(network, row) == node]
        total = sum(row.rate_day for row in rows) or 1.0
        return [((row.supplier, item), row.rate_day / total) for row in rows if row.rate_day > 0]
    parts = [((site, part), qty) for part, qty in way.components]
    return parts + [((s.origin, item), s.share) for s in way.sources]


def _stage(network: Network, node: Node, lead: tuple[float, float], demand: list[c.Demand],
           asked: Mapping[str, Any]) -> Stage:  # fmt: skip
    (site, item), (time, sd) = node, lead
    point = network.stock_point(site, item)
    part = network.item(item)
    if point is not None:
        time += (point.inspect_h + point.review_h) / _DAY_H
    service = asked["service"] / 100 or (point.service_target if point else 0.95)
    rate = asked["holding"] / 100 or (point.holding_rate if point else 0.2)
    return Stage(
        name(node),
        time,
        demand_mean=sum(row.rate_day for row in demand),
        demand_sd=math.sqrt(sum(demand_sd(row) ** 2 for row in demand)),
        service_level=min(0.9999, max(0.5, service)),
        max_service_time=_promise(network, node, demand) if demand else None,
        holding=rate * part.cost / network.per_eur(part.currency),
        time_sd=sd if asked["times"] == "random" else 0.0,
        keeps_stock=point is not None,
    )


def _promise(network: Network, node: Node, demand: list[c.Demand]) -> float:
    """Days that the customers of a node let it wait: their lead time less the way to them."""
    waits: list[float] = []
    for row in demand:
        lane = "" if row.site == node[0] else delivery_lane(network, row)
        way = network.lane(lane).transit_h + network.lane(lane).customs_h if lane else 0.0
        own = 0.0 if row.site == node[0] else row.lead_h
        waits.append(max(0.0, own - way) / _DAY_H)
    return min(waits)


def _time(network: Network, node: Node, way: Ways | None, on: date) -> tuple[float, float]:
    """Mean and deviation in days of the slowest way to a node."""
    site, _ = node
    origins = [(s.origin, s.lane) for s in way.sources] if way else []
    if way is None:
        rows = [row for row in network.demand if _meets(network, row) == node]
        origins = [(row.supplier, delivery_lane(network, row)) for row in rows]
    loops = [_loop(network, node, "withdrawal", origin, lane) for origin, lane in origins]
    if way and way.processes:
        loops += [_loop(network, node, "production", site, "")]
    leads = [lead for loop in loops if (lead := lead_time(network, loop, on)) is not None]
    if not leads:
        return 0.0, 0.0
    slowest = max(leads, key=lambda lead: lead.mean + lead.gap + lead.sd)
    return slowest.mean + slowest.gap, slowest.sd


def _loop(network: Network, node: Node, kind: c.LoopKind, origin: str, lane: str) -> c.Loop:
    """A loop of one container, to ask its lead time."""
    site, item = node
    return c.Loop(id=name(node), kind=kind, site=site, item=item, origin=origin, lane=lane, cards=1,
                  container_qty=network.item(item).container_qty)  # fmt: skip


def _step(stages: list[Stage], arcs: list[tuple[str, str, float]]) -> float:
    """The grid on which the longest path has LONGEST_STEPS steps or fewer, if any has."""
    into: defaultdict[str, list[str]] = defaultdict(list)
    for a, b, _ in arcs:
        into[b].append(a)
    reach: dict[str, float] = {}
    for stage in reversed(stages):  # suppliers stand after those that need them
        before = max((reach[a] for a in into[stage.id]), default=0.0)
        reach[stage.id] = before + stage.time + 3 * stage.time_sd
    longest = max(reach.values())
    return next((s for s in STEPS_D if longest / s <= LONGEST_STEPS), STEPS_D[-1])


def _on_grid(stage: Stage, step: float) -> Stage:
    """Times up to whole steps, promises down: what is promised is kept. A small deviation is 0."""
    limit = stage.max_service_time
    return replace(
        stage,
        time=round(math.ceil(stage.time / step - 1e-9) * step, 6),
        max_service_time=None if limit is None else round(math.floor(limit / step) * step, 6),
        time_sd=stage.time_sd if stage.time_sd >= step / 2 else 0.0,
    )
