"""Generated networks run: what customers order is made and delivered, year after year."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from twin_nets import MONDAY

from taktnet.base.names import Names
from taktnet.network.generate import generate
from taktnet.twin import lower
from taktnet.twin.layout import DAY, Table
from taktnet.twin.stats import of_demand, of_points, of_resources

#: Day 240 after `MONDAY`.
FROM = date(2026, 9, 2)


@pytest.mark.parametrize(("sites", "seed"), [(12, 4), (60, 6), (200, 1), (200, 2)])
def test_goods_flow_through_a_generated_network(sites: int, seed: int) -> None:
    """Nine orders in ten are in time, no line is busy all day, no point falls further behind."""
    days = 720
    network = generate(sites, seed)
    sim = lower(network, None, Names(), MONDAY, days).sim()
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
    span_d = (sim.head["now"] - sim.head["warm"]) / DAY
    for name, busy_h in zip(sim.model.resources, of_resources(sim)["busy_h"], strict=True):
        line = network.resource(name)
        open_s = network.working_time(line.site, name).mean_day_seconds(FROM, days - 240)
        assert busy_h * 3600 < 0.95 * open_s * line.count * span_d, name
