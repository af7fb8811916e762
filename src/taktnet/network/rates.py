"""Network takt: the rate that every site, line and lane must keep, and its seconds per unit.

takt = net available time / demand of the same period (Rother & Shook, Learning to See). Sites are
in step when their *rates* in units per day are equal; sites with other shifts have other takt
seconds at the same rate. No demand has no takt: None.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from taktnet.network.explode import Flows, explode
from taktnet.network.network import Network

DAY_S = 86400.0
#: Days over which net available time is averaged: four weeks see every shift pattern.
WINDOW_D = 28


def takt_s(available_s: float, demand: float) -> float | None:
    """Seconds per unit: net available seconds / units demanded in the same period."""
    return available_s / demand if demand > 0 else None


def pitch_s(takt: float | None, pack: float) -> float | None:
    """Seconds per container: takt x pack-out quantity."""
    return None if takt is None else takt * pack


@dataclass(frozen=True, slots=True)
class NodeRate:
    """What an item at a site must keep: good units per calendar day, made there or bought.

    `start_day` are the units to start for it, yield included. `available_s_day` is the site's net
    working time per calendar day, averaged over the window.
    """

    site: str
    item: str
    rate_day: float
    made_day: float
    bought_day: float
    start_day: float
    available_s_day: float
    takt_s: float | None
    pitch_s: float | None


@dataclass(frozen=True, slots=True)
class ProcessRate:
    """What one line must make of one item: good units and starts per calendar day."""

    resource: str
    site: str
    item: str
    rate_day: float
    start_day: float
    cycle_s: float
    takt_s: float | None


@dataclass(frozen=True, slots=True)
class LineRate:
    """What a line must keep over all its items.

    `takt_s` is net available time of the line per good unit of any item; `load_s_day` the work
    and set-ups it takes; `utilisation` that load over the time of all `count` resources (None
    without working time). Set-ups count where a line makes more than one item.
    """

    resource: str
    site: str
    rate_day: float
    load_s_day: float
    available_s_day: float
    count: int
    takt_s: float | None
    utilisation: float | None


@dataclass(frozen=True, slots=True)
class LaneRate:
    """What a lane must carry of an item; it runs day and night, so takt is 86,400 s / rate."""

    lane: str
    origin: str
    destination: str
    item: str
    rate_day: float
    kg_day: float
    m3_day: float
    takt_s: float | None


@dataclass(frozen=True, slots=True)
class SiteRate:
    """Units of all items that must leave a site per calendar day, and its takt over them."""

    site: str
    rate_day: float
    available_s_day: float
    takt_s: float | None


@dataclass(frozen=True)
class NetworkTakt:
    """The takt of a whole network on a day: all rows, from customers to raw materials."""

    on: date
    window_d: int
    sites: tuple[SiteRate, ...]
    nodes: tuple[NodeRate, ...]
    lines: tuple[LineRate, ...]
    processes: tuple[ProcessRate, ...]
    lanes: tuple[LaneRate, ...]

    def node(self, site: str, item: str) -> NodeRate | None:
        """The rate of an item at a site; None where no demand reaches."""
        return self._nodes.get((site, item))

    def line(self, resource: str) -> LineRate | None:
        """The rate of a resource; None for one that makes nothing."""
        return self._lines.get(resource)

    def site(self, site: str) -> SiteRate | None:
        """The rate of a site; None for one that ships nothing."""
        return self._sites.get(site)

    @cached_property
    def _nodes(self) -> dict[tuple[str, str], NodeRate]:
        return {(r.site, r.item): r for r in self.nodes}

    @cached_property
    def _lines(self) -> dict[str, LineRate]:
        return {r.resource: r for r in self.lines}

    @cached_property
    def _sites(self) -> dict[str, SiteRate]:
        return {r.site: r for r in self.sites}


class _Available:
    """Net working seconds per calendar day, averaged once for every calendar and zone."""

    def __init__(self, network: Network, on: date, days: int) -> None:
        self._network, self._on, self._days = network, on, days
        self._known: dict[int, float] = {}

    def __call__(self, site: str, resource: str = "") -> float:
        working = self._network.working_time(site, resource)
        known = self._known.get(id(working))
        if known is None:
            known = self._known[id(working)] = working.mean_day_seconds(self._on, self._days)
        return known


def network_takt(network: Network, on: date, window_d: int = WINDOW_D) -> NetworkTakt:
    """The rates that keep demand supplied, with bill of materials and calendars from `on`.

    `window_d` days from `on` are what working time is averaged over.
    """
    flows = explode(network, on)
    available = _Available(network, on, window_d)
    processes = _process_rates(network, flows, available)
    return NetworkTakt(
        on,
        window_d,
        _site_rates(flows, available),
        _node_rates(network, flows, available),
        _line_rates(network, processes, available),
        processes,
        _lane_rates(network, flows),
    )


def _node_rates(network: Network, flows: Flows, available: _Available) -> tuple[NodeRate, ...]:
    made: defaultdict[tuple[str, str], float] = defaultdict(float)
    started: defaultdict[tuple[str, str], float] = defaultdict(float)
    yields = {(p.site, p.item, p.resource): p.yield_rate for p in network.processes}
    for key, starts in flows.starts.items():
        made[key[:2]] += starts * yields[key]
        started[key[:2]] += starts
    rows: list[NodeRate] = []
    for (site, item), rate in flows.nodes.items():
        seconds = available(site)
        takt = takt_s(seconds, rate)
        own = made[site, item]
        bought = rate - own if network.sources_of(site, item) else 0.0
        pitch = pitch_s(takt, network.item(item).container_qty)
        rows.append(
            NodeRate(site, item, rate, own, bought, started[site, item], seconds, takt, pitch)
        )
    return tuple(rows)


def _process_rates(
    network: Network, flows: Flows, available: _Available
) -> tuple[ProcessRate, ...]:
    by_key = {(p.site, p.item, p.resource): p for p in network.processes}
    rows: list[ProcessRate] = []
    for (site, item, resource), starts in flows.starts.items():
        p = by_key[site, item, resource]
        good = starts * p.yield_rate
        takt = takt_s(available(site, resource), good)
        rows.append(ProcessRate(resource, site, item, good, starts, p.cycle_s, takt))
    return tuple(rows)


def _line_rates(
    network: Network, processes: tuple[ProcessRate, ...], available: _Available
) -> tuple[LineRate, ...]:
    by_line: defaultdict[str, list[ProcessRate]] = defaultdict(list)
    for row in processes:
        by_line[row.resource].append(row)
    rows: list[LineRate] = []
    for name, made in by_line.items():
        resource = network.resource(name)
        seconds = available(resource.site, name)
        rate = sum(r.rate_day for r in made)
        load = sum(r.start_day * r.cycle_s for r in made)
        if len(made) > 1:
            load += sum(_setup_s_day(network, r) for r in made)
        time = seconds * resource.count
        use = load / time if time else None
        takt = takt_s(seconds, rate)
        rows.append(LineRate(name, resource.site, rate, load, seconds, resource.count, takt, use))
    return tuple(rows)


def _setup_s_day(network: Network, row: ProcessRate) -> float:
    process = next(
        p for p in network.processes_of(row.site, row.item) if p.resource == row.resource
    )
    lot = process.lot_qty or network.item(row.item).container_qty
    return row.start_day / lot * process.setup_s


def _lane_rates(network: Network, flows: Flows) -> tuple[LaneRate, ...]:
    rows: list[LaneRate] = []
    for (name, item), rate in flows.lanes.items():
        lane, what = network.lane(name), network.item(item)
        kg, m3 = rate * what.weight_kg, rate * what.volume_m3
        takt = takt_s(DAY_S, rate)
        rows.append(LaneRate(name, lane.origin, lane.destination, item, rate, kg, m3, takt))
    return tuple(rows)


def _site_rates(flows: Flows, available: _Available) -> tuple[SiteRate, ...]:
    leaving: defaultdict[str, float] = defaultdict(float)
    for (site, _), rate in flows.shipped.items():
        leaving[site] += rate
    rows: list[SiteRate] = []
    for site, rate in leaving.items():
        seconds = available(site)
        rows.append(SiteRate(site, rate, seconds, takt_s(seconds, rate)))
    return tuple(rows)
