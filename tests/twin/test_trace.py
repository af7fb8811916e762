"""A traced run writes facts; folded, they are the state that the twin ended in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from twin_nets import MONDAY, chain, site, station

from taktnet.base.names import Domain, Names
from taktnet.kpi import Kpis
from taktnet.kpi.definition import KpiValue
from taktnet.network import Network
from taktnet.network import components as c
from taktnet.network.generate import generate
from taktnet.state import State
from taktnet.twin import Sim, lower, patch, stats
from taktnet.twin.layout import DAY, Table
from taktnet.twin.trace import names_of, numbered

UNIT = 1_000_000


def traced(  # noqa: PLR0917 - a helper
           network: Network, days: float, state: State | None = None, names: Names | None = None,
           changes: tuple[Any, ...] = (), at: int = MONDAY) -> tuple[Sim, np.ndarray]:  # fmt: skip
    """A run to its end, and all it wrote."""
    sim = lower(network, state, names or Names(), at, days + 1).sim()
    sim.patch(changes)
    sim.begin(7, 0, trace=True)
    sim.run_to(days)
    return sim, sim.trace()


def differences(sim: Sim, state: State) -> list[Any]:
    """Points where the twin and the state do not agree: name, twin's numbers, state's numbers."""
    point, found = sim.tables[Table.POINT], []
    known = {(row.site, row.item): row for row in state.points()}
    places = sim.model.static[Table.DEMAND0]["point"]
    served = [sim.model.points[p] for p in places]
    own = {p for p, d in zip(served, sim.model.demands, strict=True) if p[0] == d[0]}
    for p, (name, outside) in enumerate(
        zip(sim.model.points, sim.model.fresh[Table.POINT]["onhand"] > 1 << 54, strict=True)
    ):
        if outside:
            continue
        a, row = point[p], known.get(name)
        stock, coming, reserved = a["onhand"] + a["inspecting"], a["coming"], a["reserved"]
        if name in own:  # what a customer wants of its own stock and does not get, nobody is told
            reserved -= a["queued"]
        twin = [int(n) / UNIT for n in (stock, coming, reserved)]
        told = [0.0] * 3
        if row is not None:  # what waits at the dock is available stock that is reserved
            there = row.available + row.inspection + row.held
            told = [there, row.on_order + row.in_process + row.in_transit, row.reserved]
        if not np.allclose(twin, told, atol=1e-5):
            found.append((name, twin, told))
    return found


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_folding_a_trace_gives_the_state_the_twin_ended_in(seed: int) -> None:
    """Cold for 20 days, then live from there for 10 more with trouble: stock, orders, transit."""
    network, names = generate(12, seed), Names()
    sim, facts = traced(network, 20, names=names)
    assert len(facts) > 1000
    assert (np.diff(facts["at"]) >= 0).all()
    names = names_of(sim, names)
    state = State(names)
    state.fold(numbered(facts, 0))
    assert differences(sim, state) == []
    assert state.anomalies() == [] or all(
        network.site(row.site).kind == "supplier" for row in state.anomalies()
    )
    down = patch.Down("site", network.sites[-1].id, 24.0, 72.0)
    slow = patch.Down("resource", network.resources[0].id, 30.0, 50.0)
    later, more = traced(network, 10, state, names, changes=(down, slow), at=MONDAY + 20 * DAY)
    state = State(names_of(later, names), state.memory)
    state.fold(numbered(more, state.seq))
    assert differences(later, state) == []
    assert names_of(later, names).text(Domain.REF, int(later.head["ref"]) - 1).startswith("sim-")


def priced() -> Network:
    """Two stocks of one company in a row, with a price, a freight and a promise to the customer."""
    net = chain(6.0, [(40, "gamma", 2.0), (25, "exponential", 1.0)])
    own = [replace(s, company="Acme" if s.kind == "warehouse" else "") for s in net.sites]
    net = net.with_rows("sites", own)
    net = net.with_rows("lanes", [replace(lane, cost_shipment=3.0) for lane in net.lanes])
    net = net.with_rows("sources", [replace(s, price=2.0) for s in net.sources])
    return net.with_rows("demand", [replace(d, lead_h=2.0) for d in net.demand])


def measured(network: Network, days: float) -> tuple[Sim, dict[tuple[str, str], KpiValue]]:
    """A traced run and the KPIs of its trace."""
    names = Names()
    sim, facts = traced(network, days, names=names)
    kpis = Kpis(network, names_of(sim, names))
    kpis.update(numbered(facts, 0))
    end = MONDAY + int(days) * DAY
    values = kpis.report(MONDAY, end, as_of=end)
    return sim, {(v.key, v.variant): v for v in values}


def test_kpis_of_a_trace_are_the_statistics_of_the_run() -> None:
    """Lead time, on time in full, and cost are measured of the facts as the twin counts them."""
    sim, kpi = measured(priced(), 60)
    points, demand = stats.of_points(sim), stats.of_demand(sim)[0]
    leads = (points["lead_mean_d"] * points["leads"]).sum() / points["leads"].sum()
    assert kpi["lead_time", "mean"].value == pytest.approx(leads, rel=1e-9)
    assert kpi["lead_time", "mean"].denominator == points["leads"].sum()
    customer = kpi["otif", "customer.contract"]
    assert (customer.numerator, customer.denominator) == (demand["on_time_lines"], demand["lines"])
    cost, carrying = kpi["cost", "total"], kpi["cost", "carrying"]
    spent = points["spend_eur"].sum() + stats.of_lanes(sim)["freight_eur"].sum()
    assert cost.value is not None and carrying.value is not None
    assert cost.value - carrying.value == pytest.approx(spent, rel=1e-9)


def test_a_line_that_starves_has_stopped_for_want_of_a_part() -> None:
    """Hours lost to stock-outs are those that the only process of the line waited for its part."""
    net = station(4.0, 0.05, base=6)
    part = net.with_rows("items", [*net.items, c.Item(id="B", cost=1.0)])
    part = part.with_rows("bom", [c.BomLine(parent="A", component="B", qty=1.0)])
    part = part.with_rows("sites", [replace(s, company="Acme") if s.id == "P" else s
                                    for s in [*net.sites, site("S", "supplier")]])  # fmt: skip
    point = c.StockPoint(site="P", item="B", policy="base_stock", base_stock=8)
    part = part.with_rows("stock_points", [*net.stock_points, point])
    lane = c.Lane(id="L", origin="S", destination="P", transit_kind="gamma", transit_h=48,
                  transit_sd_h=48)  # fmt: skip
    part = part.with_rows("lanes", [lane])
    part = part.with_rows("sources", [c.Source(site="P", item="B", origin="S", lane="L")])
    sim, kpi = measured(part, 90)
    lost = kpi["stockout", "lost_hours"]
    starved = stats.of_processes(sim)["starved_h"].sum()
    assert starved > 100
    assert float(lost.numerator) == pytest.approx(starved, rel=1e-9)
    assert float(lost.denominator) == pytest.approx(90 * 24)


def test_a_trace_can_be_taken_in_pieces_and_changes_nothing() -> None:
    """Day by day the pieces are the whole; a run with a trace has the bits of one without."""
    network = generate(10, 4)
    whole, facts = traced(network, 9)
    sim = lower(network, None, Names(), MONDAY, 10).sim()
    sim.begin(7, 0, trace=True)
    pieces = []
    for day in range(1, 10):
        sim.run_to(day)
        pieces.append(sim.trace())
        sim = sim.fork()
    assert np.concatenate(pieces).tobytes() == facts.tobytes()
    plain = whole.model.sim()
    plain.begin(7, 0)
    plain.run_to(9)
    assert plain.events == whole.events
    assert plain.tables[Table.POINT].tobytes() == whole.tables[Table.POINT].tobytes()
