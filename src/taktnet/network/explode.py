"""Customers' demand exploded over bill of materials, yields and supply shares.

Rates are mean good units per calendar day. A unit of demand at (site, item) asks, where the item
is made, 1 / yield starts and for each start qty / (1 - scrap) of every component in use on the
day; where it is bought, its primary share from each origin. Pure functions of the network.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from taktnet.base.errors import TaktnetError
from taktnet.network import components as c
from taktnet.network.network import Network

Node = tuple[str, str]


@dataclass(slots=True)
class Flows:
    """Rates in units per calendar day: of good output per (site, item), starts per process,
    and flow per (lane, item). Keys come in the order from customers to raw materials."""

    nodes: dict[Node, float] = field(default_factory=dict[Node, float])
    starts: dict[tuple[str, str, str], float] = field(
        default_factory=dict[tuple[str, str, str], float]
    )
    lanes: dict[Node, float] = field(default_factory=dict[Node, float])
    shipped: dict[Node, float] = field(default_factory=dict[Node, float])


@dataclass(frozen=True, slots=True)
class Ways:
    """How one unit of a node comes about: shares of processes and of sources."""

    processes: tuple[tuple[c.Process, float], ...]
    sources: tuple[c.Source, ...]
    components: tuple[tuple[str, float], ...]  # item, units per unit of the node


def made_share(network: Network, site: str, item: str) -> float:
    """The part of an item's need that a site makes: what primary sources leave over."""
    if not network.processes_of(site, item):
        return 0.0
    bought = sum(s.share for s in network.sources_of(site, item) if s.role == "primary")
    return max(0.0, 1.0 - bought)


def process_shares(network: Network, site: str, item: str) -> list[tuple[c.Process, float]]:
    """The processes used, those of the lowest priority, and the part each makes (sums to 1).

    Equal priorities share in proportion to the good units their resources can make in an hour.
    """
    rows = network.processes_of(site, item)
    if not rows:
        return []
    first = min(p.priority for p in rows)
    used = [p for p in rows if p.priority == first]
    if len(used) == 1:
        return [(used[0], 1.0)]
    speed = [network.resource(p.resource).count * p.yield_rate / p.cycle_s for p in used]
    return [(p, s / sum(speed)) for p, s in zip(used, speed, strict=True)]


def _ways(network: Network, site: str, item: str, on: date) -> Ways:
    share = made_share(network, site, item)
    processes = [(p, w * share) for p, w in process_shares(network, site, item) if share > 0]
    starts = sum(w / p.yield_rate for p, w in processes)
    components: defaultdict[str, float] = defaultdict(float)
    if starts:
        for line in network.components_of(item, on):
            components[line.component] += starts * line.qty / (1 - line.scrap)
    sources = (s for s in network.sources_of(site, item) if s.role == "primary" and s.share > 0)
    return Ways(tuple(processes), tuple(sources), tuple(components.items()))


def ways_of(network: Network, on: date) -> tuple[list[Node], dict[Node, Ways]]:
    """Every node that demand reaches, each after all that need it."""
    ways: dict[Node, Ways] = {}
    finished: list[Node] = []
    on_path: set[Node] = set()

    def needs(node: Node) -> Iterator[Node]:
        ways[node] = _ways(network, *node, on)
        for item, _ in ways[node].components:
            yield node[0], item
        for source in ways[node].sources:
            yield source.origin, source.item

    for row in network.demand:
        start = (row.supplier, row.item)
        if start in ways:
            continue
        stack = [(start, needs(start))]
        on_path.add(start)
        while stack:
            node, rest = stack[-1]
            step = next(rest, None)
            if step is None:
                stack.pop()
                on_path.discard(node)
                finished.append(node)
            elif step in on_path:
                raise TaktnetError(f"{step[1]!r} at {step[0]!r} needs itself; check the network")
            elif step not in ways:
                on_path.add(step)
                stack.append((step, needs(step)))
    finished.reverse()
    return finished, ways


def explode(network: Network, on: date) -> Flows:
    """The flows that keep customers' demand supplied, with the bill of materials of one day.

    Raises TaktnetError when the network, against its check, has a cycle.
    """
    order, ways = ways_of(network, on)
    rate: defaultdict[Node, float] = defaultdict(float)
    lanes: defaultdict[Node, float] = defaultdict(float)
    shipped: defaultdict[Node, float] = defaultdict(float)
    for row in network.demand:
        rate[row.supplier, row.item] += row.rate_day
        shipped[row.supplier, row.item] += row.rate_day
        lane = delivery_lane(network, row)
        if lane:
            lanes[lane, row.item] += row.rate_day
    starts: dict[tuple[str, str, str], float] = {}
    for node in order:
        need, (site, item), way = rate[node], node, ways[node]
        for process, share in way.processes:
            starts[site, item, process.resource] = need * share / process.yield_rate
        for component, per_unit in way.components:
            rate[site, component] += need * per_unit
        for source in way.sources:
            rate[source.origin, item] += need * source.share
            shipped[source.origin, item] += need * source.share
            lanes[source.lane, item] += need * source.share
    nodes = {node: rate[node] for node in order}
    return Flows(nodes, starts, dict(lanes), dict(shipped))


def delivery_lane(network: Network, row: c.Demand) -> str:
    """The lane on which a customer is served: of its source, else the first between the two."""
    for source in network.sources_of(row.site, row.item):
        if source.origin == row.supplier:
            return source.lane
    between = network.lanes_between(row.supplier, row.site)
    return between[0].id if between else ""


def spreads(network: Network, on: date) -> dict[Node, float]:
    """Standard deviation of a day's need of every node, units, from that of customers' demand.

    Variances add where needs meet, as if they were independent; a share s of a stream has s^2 of
    its variance. A component that two parents of one customer's product need is thereby taken as
    less variable than it is.
    """
    order, ways = ways_of(network, on)
    variance: defaultdict[Node, float] = defaultdict(float)
    for row in network.demand:
        variance[row.supplier, row.item] += demand_sd(row) ** 2
    for node in order:
        site, item = node
        for component, per_unit in ways[node].components:
            variance[site, component] += variance[node] * per_unit**2
        for source in ways[node].sources:
            variance[source.origin, item] += variance[node] * source.share**2
    return {node: variance[node] ** 0.5 for node in order}


def demand_sd(row: c.Demand) -> float:
    """Standard deviation of a customer's demand of a day, in units."""
    if row.distribution == "fixed":
        return 0.0
    return row.rate_day**0.5 if row.distribution == "poisson" else row.cv * row.rate_day
