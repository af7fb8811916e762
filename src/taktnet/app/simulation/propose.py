"""Answers that suggest themselves to a disturbance: expedite, another source, more cards, ...

They are candidates, not advice: the twin tries them all, and doing nothing with them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import ceil, floor
from typing import NamedTuple

from taktnet.network import Network
from taktnet.network import components as c
from taktnet.state import State
from taktnet.state.rows import Transit
from taktnet.twin.changes import AnyChange, Delay, Demand, Down, Link, Lose, Move, Point
from taktnet.twin.places import OpenPoints, serving_point
from taktnet.twin.scenario import Scenario

MOST = 8
ACCEPT = Scenario(name="accept", note="Do nothing and let the rules of the plants answer")
_MOST_POINTS = 6
_RAISE = 1.25


class Need(NamedTuple):
    """What would be missing where: an item at a site, from its usual origin over its lane."""

    site: str
    item: str
    qty: float
    origin: str
    lane: str


def propose(
    network: Network, state: State, now: int, changes: Iterable[AnyChange]
) -> tuple[Scenario, ...]:
    """Candidate answers to a disturbance, "accept" first; at most eight."""
    changes = tuple(changes)
    needs = _needs(network, state, now, changes)
    found = [ACCEPT]
    for make in (_expedite, _other_source, _shift, _reroute, _raise):
        found += make(network, state, needs)
    found += _for_demand(network, changes)
    kept: dict[tuple[AnyChange, ...], Scenario] = {}
    for one in found:
        kept.setdefault(one.changes, one)
    return tuple(kept.values())[:MOST]


def _needs(
    network: Network, state: State, now: int, changes: tuple[AnyChange, ...]
) -> tuple[Need, ...]:
    """What the disturbance takes away, the largest first."""
    needs: list[Need] = []
    for change in changes:
        if isinstance(change, Delay | Lose):
            needs += [
                Need(r.to, r.item, r.qty, r.origin, r.lane or _usual(network, r))
                for r in state.transit(now)
                if r.shipment == change.shipment
            ]
        elif isinstance(change, Down):
            needs += _behind(network, change)
    largest = sorted(needs, key=lambda n: -n.qty * network.item(n.item).cost)
    return tuple(dict.fromkeys(largest))[:_MOST_POINTS]


def _usual(network: Network, way: Transit) -> str:
    """The lane that goods without one come by: that of their source."""
    options = network.sources_of(way.to, way.item)
    return next((s.lane for s in options if s.origin == way.origin), "")


def _behind(network: Network, down: Down) -> Iterator[Need]:
    """The supplies that come from a site, or over a lane; those that a resource makes."""
    made = {(p.site, p.item) for p in network.processes if p.resource == down.name}
    known: set[tuple[str, str, str]] = set()
    for need in _supplies(network):
        hit = {
            "site": need.origin == down.name,
            "supplier": need.origin == down.name,
            "lane": need.lane == down.name,
            "resource": (need.origin, need.item) in made,
        }[down.kind]
        way = need.site, need.item, need.origin
        if hit and way not in known:
            known.add(way)
            yield need


def _supplies(network: Network) -> Iterator[Need]:
    """The least orders of primary sources, and of loops from elsewhere that name none."""
    for row in network.sources:
        if row.role == "primary":
            lot = max(row.moq, network.item(row.item).container_qty)
            yield Need(row.site, row.item, lot, row.origin, row.lane)
    for loop in network.loops:
        if loop.origin not in ("", loop.site):
            yield Need(loop.site, loop.item, loop.container_qty, loop.origin, loop.lane)


def _move(
    network: Network, state: State, need: Need, qty: float, *, origin: str, lane: str
) -> Iterator[AnyChange]:
    """An extra shipment of whole containers, as far as the origin has them to give."""
    container = network.item(need.item).container_qty
    units = max(1, ceil(round(qty / container, 9)))
    if (origin, need.item) not in OpenPoints(network):
        has = sum(p.available for p in state.points(site=origin, item=need.item))
        units = min(units, floor(has / container))
    if units > 0:
        yield Move(item=need.item, qty=units * container, origin=origin, site=need.site, lane=lane)


def _lane_time(lane: c.Lane) -> float:
    return lane.transit_h + lane.customs_h


def _expedite(network: Network, state: State, needs: tuple[Need, ...]) -> Iterator[Scenario]:
    """The same goods once more, by the fastest other lane from the usual origin."""
    for mode in ("air", "road", "rail", "sea"):
        moves: list[AnyChange] = []
        for need in needs:
            usual = [x for x in network.lanes_between(need.origin, need.site) if x.id == need.lane]
            lanes = [
                x
                for x in network.lanes_between(need.origin, need.site)
                if x.id != need.lane
                and x.mode == mode
                and (not usual or _lane_time(x) < _lane_time(usual[0]))
            ]
            if lanes:
                lane = min(lanes, key=_lane_time).id
                moves += _move(network, state, need, need.qty, origin=need.origin, lane=lane)
        if moves:
            note = f"Send the same goods again by {mode} from the usual origin"
            yield Scenario(name=f"expedite by {mode}", note=note, changes=tuple(moves))


def _other_source(network: Network, state: State, needs: tuple[Need, ...]) -> Iterator[Scenario]:
    """What is missing from another origin that may supply it, once."""
    moves: list[AnyChange] = []
    names: list[str] = []
    for need in needs:
        others = [s for s in network.sources_of(need.site, need.item) if s.origin != need.origin]
        if others:
            best = min(others, key=lambda s: _lane_time(network.lane(s.lane)) + s.prep_h)
            qty = max(need.qty, best.moq)
            moves += _move(network, state, need, qty, origin=best.origin, lane=best.lane)
            names.append(best.origin)
    if moves:
        where = ", ".join(dict.fromkeys(names))
        yield Scenario(name="backup source", note=f"Order once from {where}", changes=tuple(moves))


def _shift(network: Network, state: State, needs: tuple[Need, ...]) -> Iterator[Scenario]:
    """Stock of another own site, as far as it has any to spare."""
    moves: list[AnyChange] = []
    names: list[str] = []
    for need in needs:
        lanes = {x.origin: x for x in network.lanes if x.destination == need.site}
        held = [
            p
            for p in state.points(item=need.item)
            if p.site in lanes and p.site not in (need.site, need.origin) and p.available > 0
        ]
        if held:
            best = max(held, key=lambda p: p.available)
            moves += _move(
                network, state, need, need.qty, origin=best.site, lane=lanes[best.site].id
            )
            names.append(best.site)
    if moves:
        note = f"Send stock from {', '.join(dict.fromkeys(names))}"
        yield Scenario(name="shift stock", note=note, changes=tuple(moves))


def _reroute(network: Network, state: State, needs: tuple[Need, ...]) -> Iterator[Scenario]:
    """Supply for good by another lane of the same origin, by a backup, or by the other sources."""
    lanes: list[AnyChange] = []
    backups: list[AnyChange] = []
    shares: list[AnyChange] = []
    for need in needs:
        others = [x for x in network.lanes_between(need.origin, need.site) if x.id != need.lane]
        names = [k.id for k in network.loops_of(need.site, need.item) if k.origin == need.origin]
        if others:
            lane = min(others, key=_lane_time).id
            lanes += [
                Link(site=need.site, item=need.item, name=name, lane=lane)
                for name in names or [need.origin]
            ]
        backups += [
            Link(site=need.site, item=need.item, name=s.origin, share=1.0)
            for s in network.sources_of(need.site, need.item)
            if s.role == "backup"
        ]
        shares += _without(network, need)
    if lanes:
        note = "Every order goes by the other lane from now on"
        yield Scenario(name="other lane", note=note, changes=tuple(lanes))
    if backups:
        note = "Order from the backup source as well from now on"
        yield Scenario(name="use backup", note=note, changes=tuple(backups))
    if shares:
        note = "Order only from the other primary sources from now on"
        yield Scenario(name="shift share", note=note, changes=tuple(shares))


def _without(network: Network, need: Need) -> Iterator[AnyChange]:
    """No share for an origin of several, where shares decide and not loops."""
    origins = {s.origin for s in network.sources_of(need.site, need.item) if s.role == "primary"}
    if len(origins) > 1 and need.origin in origins and not network.loops_of(need.site, need.item):
        yield Link(site=need.site, item=need.item, name=need.origin, share=0.0)


def _raise(network: Network, state: State, needs: tuple[Need, ...]) -> Iterator[Scenario]:
    """A quarter more cards, or a level a quarter higher, where the goods are missing."""
    changes = tuple(c for n in needs for c in _more(network, n.site, n.item, _RAISE))
    if changes:
        note = "A quarter more cards or a quarter higher levels where goods would be missing"
        yield Scenario(name="raise cards", note=note, changes=changes)


def _more(network: Network, site: str, item: str, factor: float) -> Iterator[AnyChange]:
    loops = network.loops_of(site, item)
    for loop in loops:
        yield Link(site=site, item=item, name=loop.id, cards=ceil(loop.cards * factor))
    point = network.stock_point(site, item)
    if point is None or loops:
        return
    if point.policy == "base_stock":
        yield Point(site=site, item=item, level=ceil(point.base_stock * factor))
    elif point.policy == "sS":
        more = ceil(point.reorder_point * (factor - 1))
        yield Point(site=site, item=item, level=point.order_up_to + more,
                    reorder=point.reorder_point + more)  # fmt: skip
    elif point.policy == "RQ":
        yield Point(site=site, item=item, reorder=ceil(point.reorder_point * factor))


def _for_demand(network: Network, changes: tuple[AnyChange, ...]) -> Iterator[Scenario]:
    """More cards and levels along with a demand that grows."""
    more: list[AnyChange] = []
    for change in changes:
        if isinstance(change, Demand) and change.factor > 1:
            rows = [
                d
                for d in network.demand
                if change.site in ("", d.site)
                and change.item in ("", d.item)
                and change.supplier in ("", d.supplier)
            ]
            for site, item in dict.fromkeys(serving_point(network, d) for d in rows):
                more += _more(network, site, item, change.factor)
    if more:
        note = "Cards and levels grow with the demand"
        yield Scenario(name="raise with demand", note=note, changes=tuple(more[:100]))
