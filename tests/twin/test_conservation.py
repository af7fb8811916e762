"""Nothing appears and nothing is lost: items, cards and money, in random networks."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from twin_nets import MONDAY

from taktnet.base.names import Names
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
        if int(node["order"]) >> 58 in CARRY:
            heads.append(int(node["arg"]))
    for head in heads:
        for cell in chain_of(sim, head):
            found[int(cell["who"])] += int(cell["qty"])
    return found


def check(sim: Sim) -> None:
    """All balances of a run that has begun."""
    point, fresh = sim.tables[Table.POINT], sim.model.fresh[Table.POINT]
    tally, link = sim.tables[Table.TALLY], sim.tables[Table.LINK]
    came = fresh["onhand"] + tally["received"] + tally["made"]
    went = tally["used"] + tally["shipped"] + tally["expired"]
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


def run_one(size: int, seed: int, data: Any) -> None:
    """A network, some trouble, three weeks."""
    model = lower(generate(size, seed), None, Names(), MONDAY, 22)
    sim = model.sim(heap=True)
    sim.patch(trouble(model.sites, model.lanes, data.draw))
    sim.begin(seed, 0)
    for day in (1, 7.3, 21):
        sim.run_to(day)
        check(sim)


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
