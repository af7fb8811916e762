"""Nothing appears and nothing is lost: items, cards and money, in random networks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from twin_nets import MONDAY

from taktnet.base.names import Names
from taktnet.network import Network
from taktnet.network.generate import generate
from taktnet.twin import Sim, lower, patch
from taktnet.twin.layout import MAKE, Kind, Table

CARRY = (Kind.ARRIVE, Kind.REQUEST)


def chain_of(sim: Sim, cell: int) -> list[Any]:
    """The cells of a list."""
    found = []
    while cell >= 0:
        found.append(sim.tables[Table.CELL][cell])
        cell = int(found[-1]["next"])
    return found


def under_way(sim: Sim) -> dict[int, int]:
    """Per link, what is asked for at origins, waits at docks and gates, and is on the road."""
    found: defaultdict[int, int] = defaultdict(int)
    heads = [int(i) for i in sim.tables[Table.POINT]["head"]]
    heads += [int(i) for i in sim.tables[Table.LANE]["head"]]
    for side in ("gate_head", "held_head"):
        heads += [int(i) for i in sim.tables[Table.SITE][side]]
    heads += [int(i) for i in sim.tables[Table.PROC]["head"]]
    for node in sim.tables[Table.NODE][: int(sim.head["pending"])]:  # a heap has no holes
        kind, entity = int(node["order"]) >> 58, (int(node["order"]) >> 32) & 0x3FFFFFF
        if kind in CARRY and not (kind == Kind.REQUEST and entity >= len(sim.tables[Table.LINK])):
            heads.append(int(node["arg"]))  # held orders of customers are no link's
    for head in heads:
        for cell in chain_of(sim, head):
            found[int(cell["who"])] += int(cell["qty"])
    return found


def check(sim: Sim) -> None:
    """All balances of a run that has begun."""
    point, fresh = sim.tables[Table.POINT], sim.model.fresh[Table.POINT]
    tally, link = sim.tables[Table.TALLY], sim.tables[Table.LINK]
    came = fresh["onhand"] + point["received"] + point["made"]
    went = point["used"] + point["shipped"] + tally["expired"]
    assert np.array_equal(came - went, point["onhand"] + point["inspecting"])
    assert (point["onhand"] >= 0).all()
    assert (point["queued"] <= point["reserved"]).all()
    out = np.bincount(link["dest"], link["out"].astype(float), len(point))
    assert np.array_equal(out, point["coming"].astype(float))
    carried = under_way(sim)
    for i, row in enumerate(link):
        assert carried.get(i, 0) == row["out"], sim.model.links[i]
    cards(sim)
    money(sim)


def cards(sim: Sim) -> None:
    """A loop never has more cards under way than it has, and a point no more than its cards."""
    point, link = sim.tables[Table.POINT], sim.tables[Table.LINK]
    loops = link["cards"] > 0
    assert (link["out"][loops] <= (link["cards"] * link["container"])[loops]).all()
    room = np.bincount(link["dest"], link["cards"] * link["container"], len(point))
    full = point["onhand"] + point["inspecting"] + point["coming"]
    by_cards = (point["policy"] == 0) & (room > 0)
    assert (full[by_cards] <= room[by_cards]).all()


def money(sim: Sim) -> None:
    """Freight is rates times what lanes carried; spend is orders times price."""
    lane, rates = sim.tables[Table.LANE], sim.model.static[Table.LANE0]
    freight = lane["shipments"] * rates["cost_shipment"]
    freight = freight + lane["kg"] * rates["cost_kg"] + lane["m3"] * rates["cost_m3"]
    assert np.allclose(lane["cost"], freight)
    link = sim.tables[Table.LINK]
    plain = (link["breaks"] == 0) & (link["way"] != MAKE)
    assert np.allclose((link["given"] * link["price"])[plain], link["spend"][plain])


def trouble(sites: tuple[str, ...], lanes: tuple[str, ...], draw: Any) -> list[Any]:
    """A few changes of every kind, within the first days."""
    day = st.floats(0, 15)
    start = draw(day) * 24
    return [
        patch.Down("site", draw(st.sampled_from(sites)), start, start + 1 + draw(day) * 24),
        patch.Down("lane", draw(st.sampled_from(lanes)), start, start + 1 + draw(day) * 24),
        patch.Demand(draw(st.sampled_from((0.0, 0.3, 1.7, 3.0))), start=start, end=start + 30),
    ]


def network(size: int, seed: int) -> Network:
    """A generated network, and what it has none of: full vehicles, customs, inspection, parts."""
    made, rng = generate(size, seed), Random(seed)
    lanes = [
        replace(
            lane,
            vehicles=rng.choice((0, 0, 1, 2)),
            capacity_kg=rng.choice((20.0, 200.0, 2000.0)),
            customs_h=rng.choice((0.0, 0.0, 12.0)),
        )
        for lane in made.lanes
    ]
    points = [replace(p, inspect_h=rng.choice((0.0, 0.0, 8.0))) for p in made.stock_points]
    demand = [replace(d, partial=rng.choice(("yes", "no"))) for d in made.demand]
    made = made.with_rows("lanes", lanes).with_rows("stock_points", points)
    return made.with_rows("demand", demand)


def run_one(size: int, seed: int, data: Any) -> None:
    """A network, some trouble, three weeks."""
    model = lower(network(size, seed), None, Names(), MONDAY, 22)
    sim = model.sim(heap=True)
    sim.patch(trouble(model.sites, model.lanes, data.draw))
    sim.begin(seed, 0)
    for day in (1, 7.3, 21):
        sim.run_to(day)
        check(sim)


def features(net: Network) -> Iterator[str]:
    """What of all that a network can say this one says."""
    yield from (f"loop {loop.kind}" for loop in net.loops)
    yield from (f"policy {point.policy}" for point in net.stock_points)
    yield from (f"source {source.role}" for source in net.sources)
    yield from (f"site {s.kind}" for s in net.sites)
    yield from (f"demand {d.distribution}" for d in net.demand)
    yield from (f"mode {lane.mode}" for lane in net.lanes)
    yield from (f"partial {d.partial}" for d in net.demand)
    for what, rows in {
        "shelf life": [i.shelf_life_d for i in net.items],
        "inspection": [p.inspect_h for p in net.stock_points],
        "review": [p.review_h for p in net.stock_points],
        "scrap": [p.yield_rate < 1 for p in net.processes],
        "set-up": [p.setup_s for p in net.processes],
        "lot": [p.lot_qty for p in net.processes],
        "failures": [r.mtbf_h for r in net.resources],
        "shifts": [s.calendar for s in net.sites],
        "departures": [lane.departures for lane in net.lanes],
        "vehicles": [lane.vehicles for lane in net.lanes],
        "customs": [lane.customs_h for lane in net.lanes],
        "split": [s.share not in (0.0, 1.0) for s in net.sources],
        "least order": [s.moq for s in net.sources],
        "price breaks": [s.price_breaks for s in net.sources],
        "collection": [loop.collection_h for loop in net.loops],
        "several components": [len(net.bom_of(i.id)) > 1 for i in net.items],
    }.items():
        if any(rows):
            yield what


def test_the_networks_have_everything_that_a_network_can_say() -> None:
    """Fifty of them draw every kind of loop, policy, source and site, and every option of rows."""
    drawn = {f for seed in range(50) for f in features(network(10 + seed % 7, seed))}
    wanted = {f"loop {k}" for k in ("production", "withdrawal", "two_bin", "signal", "conwip")}
    wanted |= {f"policy {k}" for k in ("kanban", "base_stock", "sS", "RQ")}
    wanted |= {f"site {k}" for k in ("plant", "supplier", "hub", "customer")}
    wanted |= {"source primary", "source backup", "partial yes", "partial no", "shelf life",
               "inspection", "review", "scrap", "set-up", "lot", "failures", "shifts", "departures",
               "vehicles", "customs", "split", "least order", "price breaks", "collection",
               "several components", "mode road", "mode sea", "mode air"}  # fmt: skip
    assert not wanted - drawn


SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]


@settings(max_examples=25, deadline=None, suppress_health_check=SLOW)
@given(st.integers(10, 16), st.integers(0, 10**6), st.data())
def test_items_cards_and_money_are_conserved(size: int, seed: int, data: Any) -> None:
    """At any moment of any run every item is where the books say."""
    run_one(size, seed, data)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@settings(max_examples=1000, deadline=None, suppress_health_check=SLOW)
@given(st.integers(10, 25), st.integers(0, 10**9), st.data())
def test_a_thousand_networks_conserve_items_cards_and_money(
    size: int, seed: int, data: Any
) -> None:
    """The same over a thousand networks."""
    run_one(size, seed, data)
