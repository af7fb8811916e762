"""Generated networks run: what customers order is made and delivered, year after year."""

from __future__ import annotations

import numpy as np
import pytest
from twin_nets import MONDAY

from taktnet.base.names import Names
from taktnet.network.generate import generate
from taktnet.twin import lower
from taktnet.twin.layout import DAY, Table
from taktnet.twin.stats import of_demand, of_points


@pytest.mark.parametrize(("sites", "seed"), [(12, 4), (60, 6), (200, 1)])
def test_goods_flow_through_a_generated_network(sites: int, seed: int) -> None:
    """Once it runs, nine orders in ten are in time, and no point falls further behind."""
    days = 720
    sim = lower(generate(sites, seed), None, Names(), MONDAY, days).sim()
    sim.begin(seed, 0)
    owed: list[np.ndarray] = []
    for day in (240, 480, days):
        sim.run_to(day)
        owed.append(sim.tables[Table.POINT]["queued"] / 1e6)
        if day == 240:
            sim.forget()
    demand, points = of_demand(sim), of_points(sim)
    due = demand["units"].sum() + demand["overdue_units"].sum()
    serving = sim.model.static[Table.PLACE]["kind"] == 1
    assert demand["on_time_units"].sum() / due > 0.9
    assert points["filled"][serving].sum() / points["wanted"][serving].sum() > 0.9
    a_month = points["wanted"] / (sim.head["now"] - sim.head["warm"]) * DAY * 30
    behind = (owed[0] < owed[1]) & (owed[1] < owed[2]) & (owed[2] > a_month)
    assert [sim.model.points[i] for i in np.flatnonzero(behind)] == []
