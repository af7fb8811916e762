"""Who is served when, of how much, and when what was ordered is there: by formulas."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from twin_nets import MONDAY, chain, model, near, point, simulate, site, station

from taktnet.network import Network
from taktnet.network import components as c
from taktnet.twin import Sim, patch, run, stats
from taktnet.twin.layout import HOUR, Table

Orders = list[tuple[float, float]]


def ran(net: Network, hours: float, plans: dict[str, Orders], *changes: Any) -> Sim:
    """A run in which customers order at these hours so many units."""
    rows = {row.site: (row.site, row.item, row.supplier) for row in net.demand}
    given: Any = {
        rows[name]: [(MONDAY + round(h * HOUR), qty) for h, qty in orders]
        for name, orders in plans.items()
    }
    sim = model(net, 60, plans=given).sim()
    sim.patch(changes)
    sim.begin(1, 0)
    sim.run_to(hours / 24)
    return sim


def hub(container: float = 1.0) -> Network:
    """N0 keeps 10 and supplies N1, which keeps 8, and the customer K0; K takes from N1."""
    net = chain(0.0, [(10, "fixed", 5.0), (8, "fixed", 1.0)])
    net = net.with_rows("items", [replace(net.items[0], container_qty=container)])
    own = c.Demand(site="K0", item="A", supplier="N0", rate_day=0.0, priority=2)
    return replace(net, sites=(*net.sites, site("K0", "customer")), demand=(*net.demand, own))


@pytest.mark.parametrize(("container", "come"), [(1.0, 6), (4.0, 4)])
def test_a_plants_order_goes_in_whole_containers(container: float, come: int) -> None:
    """N0 has six of the eight that N1 asks for: six boxes of one go, or one box of four."""
    plans: dict[str, Orders] = {"K0": [(1.0, 4.0)], "K": [(2.0, 8.0)]}
    sim = ran(hub(container), 2.5, plans)
    at = sim.model.find("points", ("N0", "A"))
    assert sim.tables[Table.POINT]["shipped"][at] == (4 + come) * 1e6
    assert sim.tables[Table.POINT]["queued"][at] == (8 - come) * 1e6


@pytest.mark.parametrize(("priority", "first"), [(1, "K0"), (2, "N1")])
def test_a_plant_stands_in_line_with_the_customers_of_the_first_priority(
    priority: int, first: str
) -> None:
    """K0 asks the empty N0 before N1 does: it stays before it with priority 1, behind it with 2."""
    net = hub()
    net = replace(net, demand=(net.demand[0], replace(net.demand[1], priority=priority)))
    plans: dict[str, Orders] = {"K0": [(1.0, 10.0), (2.0, 6.0)], "K": [(3.0, 6.0)]}
    sim = ran(net, 121.5, plans)  # the first ten have come again
    at = sim.model.find("points", ("N0", "A"))
    assert sim.tables[Table.POINT]["queued"][at] == (2e6 if first == "K0" else 6e6)


def test_what_is_there_of_an_order_in_parts_counts_as_filled() -> None:
    """Six of ten are there at once: a fill of 6 / 10; of an order that waits whole, of none."""
    for partial, fill in (("yes", 0.6), ("no", 0.0)):
        net = chain(0.0, [(6, "fixed", 1.0)])
        net = net.with_rows("demand", [replace(net.demand[0], partial=partial)])
        sim = ran(net, 40.0, {"K": [(1.0, 10.0)]})
        assert stats.of_points(sim)["fill"][0] == pytest.approx(fill)


def test_a_site_that_is_closed_ships_when_it_opens() -> None:
    """Ordered at 6 o'clock while N0 is closed from 5 to 20: at 19:59 nothing has gone out."""
    closed = patch.Down("site", "N0", 5.0, 20.0)
    net, plans = chain(0.0, [(6, "fixed", 1.0)]), {"K": [(6.0, 2.0)]}
    assert ran(net, 19.99, plans, closed).tables[Table.POINT]["shipped"][0] == 0
    assert ran(net, 20.0, plans, closed).tables[Table.POINT]["shipped"][0] == 2e6


def test_cards_go_with_the_next_collection() -> None:
    """Collected every six hours, a card that is free at 1:00 leaves at 6:00, for ten hours."""
    net = chain(0.0, [(1, "fixed", 10 / 24)])
    loop = c.Loop(id="L", kind="withdrawal", site="N0", item="A", origin="S", lane="L0", cards=3,
                  container_qty=2.0, collection_h=6.0)  # fmt: skip
    net = replace(net, loops=(loop,), stock_points=(replace(net.stock_points[0], policy="kanban"),))
    for hours, received in ((15.99, 0), (16.0, 2e6)):
        sim = ran(net, hours, {"K": [(1.0, 2.0)]})
        assert sim.tables[Table.POINT]["received"][0] == received


def test_a_day_of_half_units_is_made_up_for_the_next_day() -> None:
    """2.5 a day are 250 in a hundred days, though only whole units are ordered."""
    net = chain(0.0, [(1000, "fixed", 1.0)])
    net = net.with_rows("demand", [replace(net.demand[0], rate_day=2.5, distribution="fixed")])
    runs = simulate(net, 100, 1)
    assert abs(point(runs, "N0")["wanted"][0] - 250) <= 3


def test_a_rise_in_demand_does_not_wait_for_the_next_order() -> None:
    """Once in five days, five times as much from the start: ten in ten days on average."""
    net = chain(0.2, [(100, "fixed", 1.0)])
    sim = model(net, 20).sim()
    sim.patch([patch.Demand(5.0, start=0.0, end=480.0)])
    assert near(run(sim, 10, 2000, 1).points["wanted"][:, 0], 10.0, z=3.3)


def test_what_is_made_has_the_lead_time_of_its_queue() -> None:
    """M/M/1 at rho 0.5 with a mean of 0.01 d: from order to stock 0.01 / (1 - 0.5) = 0.02 days."""
    runs = simulate(station(50.0, 0.01), 400, 60, warmup=20)
    assert near(point(runs, "P")["lead_mean_d"], 0.02, z=3.3)


@pytest.mark.parametrize(("vehicles", "days"), [(1, 4), (2, 2), (3, 2), (0, 1)])
def test_a_departure_has_as_many_vehicles_as_its_lane(vehicles: int, days: int) -> None:
    """Twenty units for vehicles of five, once a day."""
    net = chain(0.0, [(40, "fixed", 1.0)])
    item = replace(net.items[0], weight_kg=1.0)
    way = replace(net.lanes[0], departures="18:00", capacity_kg=5.0, vehicles=vehicles)
    sim = ran(replace(net, items=(item,), lanes=(way,)), 24.0 * 8, {"K": [(1.0, 20.0)]})
    carried = [stats.of_lanes(ran(replace(net, items=(item,), lanes=(way,)), 24.0 * d,
                                  {"K": [(1.0, 20.0)]}))["kg"][0] for d in range(1, 6)]  # fmt: skip
    assert stats.of_lanes(sim)["kg"][0] == 20
    assert int(np.argmax(np.array(carried) == 20)) + 1 == days


def test_what_comes_to_a_site_that_is_closed_waits_until_it_opens() -> None:
    """Ordered at 1:00 and a day under way, it is taken in at 40:00, when N0 opens."""
    closed = patch.Down("site", "N0", 20.0, 40.0)
    net, plans = chain(0.0, [(6, "fixed", 1.0)]), {"K": [(1.0, 2.0)]}
    for hours, received in ((39.99, 0), (40.0, 2e6)):
        assert ran(net, hours, plans, closed).tables[Table.POINT]["received"][0] == received


def test_failures_come_in_working_time() -> None:
    """Fifty working days of eight hours, ten hours between failures: forty, not ten weeks' 168."""
    net = station(1.0, 0.001)
    line = replace(net.resources[0], calendar="day", mtbf_h=10.0, mttr_h=0.001)
    day = c.Calendar(id="day", days="Mon-Fri", shifts="06:00-14:00")
    sim = model(replace(net, resources=(line,), calendars=(day,)), 80).sim()
    fails: list[int] = []
    for replication in range(40):
        one = sim.fork()
        one.begin(1, replication)
        one.run_to(70)
        fails.append(int(one.tables[Table.SERVER]["fails"][0]))
    assert near(np.array(fails), 40.0, z=3.3)


def test_customs_count_in_the_time_that_an_order_needs_for_its_window() -> None:
    """Due in 72 h over 20 h of road and 10 h of customs, with a window of 12: out after 36 h."""
    net = chain(0.0, [(6, "fixed", 1.0)])
    out = c.Lane(id="OUT", origin="N0", destination="K", transit_h=20.0, customs_h=10.0,
                 window_h=12.0)  # fmt: skip
    row = replace(net.demand[0], lead_h=72.0)
    net = replace(net, lanes=(*net.lanes, out), demand=(row,))
    for hours, shipped in ((36.9, 0), (37.1, 2e6)):
        assert ran(net, hours, {"K": [(1.0, 2.0)]}).tables[Table.POINT]["shipped"][0] == shipped
