"""What orders and lanes cost is what the tables of the network say, in EUR, to the cent."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from twin_nets import MONDAY, chain, model

from taktnet.network import Network
from taktnet.network import components as c
from taktnet.twin import Sim, patch, stats
from taktnet.twin.layout import HOUR, Table

DOLLARS = (c.Rate(currency="USD", per_eur=1.25),)
#: Customers' orders, in hours after the start, and for how much.
ORDERS = [(5, 10.0), (6, 7.0), (40, 3.0)]


def ran(net: Network, days: float = 10.0, *changes: Any) -> Sim:
    """A run in which the customer orders as `ORDERS` say."""
    plans: Any = {("K", "A", "N0"): [(MONDAY + h * HOUR, qty) for h, qty in ORDERS]}
    sim = model(net, days, plans=plans).sim()
    sim.patch(changes)
    sim.begin(1, 0)
    sim.run_to(days)
    return sim


@pytest.mark.parametrize(
    ("lot", "price"), [(99.0, 10.0), (100.0, 9.5), (101.0, 9.5), (499.0, 9.5), (500.0, 9.0)]
)
def test_an_order_pays_the_price_of_its_quantity(lot: float, price: float) -> None:
    """10 dollars each, 9.50 from a hundred on, 9 from five hundred on; 1.25 dollars a euro."""
    net = chain(0.0, [(0, "fixed", 1.0)], policy="RQ", reorder_point=0.0, order_qty=lot)
    way = replace(net.sources[0], price=10.0, currency="USD", price_breaks="100:9.5;500:9")
    empty = patch.Point("N0", "A", onhand=0.0)
    sim = ran(replace(net, sources=(way,), rates=DOLLARS), 10.0, empty)
    (link,) = sim.tables[Table.LINK]
    assert link["decisions"] == 1
    assert link["spend"] == pytest.approx(lot * price / 1.25)
    item = replace(net.items[0], cost=10.0, currency="USD")
    dear = ran(replace(net, sources=(way,), rates=DOLLARS, items=(item,)), 10.0, empty)
    (point,) = stats.of_points(dear)
    assert point["premium_eur"] == pytest.approx(lot * (price - 10.0) / 1.25)
    assert point["stock_eur"] == pytest.approx(point["stock"] * 8.0)


def by_road(**lane: Any) -> Network:
    """Units of 2 kg and 0.1 m3 that come on a lane of 500 km with rates in dollars."""
    net = chain(0.0, [(100, "fixed", 1.0)])
    item = replace(net.items[0], weight_kg=2.0, volume_m3=0.1, container_qty=1.0)
    rates: dict[str, Any] = {"cost_shipment": 100.0, "cost_kg": 0.5, "cost_m3": 20.0}
    rates |= {"currency": "USD", "distance_km": 500.0, "co2_kg_tkm": 0.06}
    way = replace(net.lanes[0], **rates, **lane)
    return replace(net, items=(item,), lanes=(way,), rates=DOLLARS)


@pytest.mark.parametrize(
    ("limit", "vehicles"),
    [({}, 3), ({"capacity_kg": 14.0}, 4), ({"capacity_m3": 0.35}, 6),
     ({"capacity_kg": 14.0, "capacity_m3": 0.35}, 6)],
)  # fmt: skip
def test_a_shipment_pays_its_vehicles_its_weight_and_its_volume(
    limit: dict[str, float], vehicles: int
) -> None:
    """10, 7 and 3 units, one shipment each, on as many vehicles as weight and volume need."""
    (lane,) = stats.of_lanes(ran(by_road(**limit)))
    assert lane["shipments"] == vehicles
    assert lane["kg"] == pytest.approx(40.0)
    assert lane["m3"] == pytest.approx(2.0)
    assert lane["freight_eur"] == pytest.approx((100 * vehicles + 0.5 * 40 + 20 * 2) / 1.25)
    assert lane["co2_kg"] == pytest.approx(0.06 * 500 * 40 / 1000)


@pytest.mark.parametrize(
    ("limit", "loads"),
    [({"capacity_kg": 14.0}, [7, 7, 6]), ({"capacity_m3": 0.55}, [5, 5, 5, 5]),
     ({"capacity_kg": 14.0, "capacity_m3": 0.55}, [5, 5, 5, 5])],
)  # fmt: skip
def test_a_departure_takes_what_weight_and_volume_let_it(
    limit: dict[str, float], loads: list[int]
) -> None:
    """Of 20 units ordered by the second day one vehicle a day takes what it holds."""
    net = by_road(departures="18:00", vehicles=1, **limit)
    loaded: list[int] = []
    for days in range(1, 7):
        (lane,) = stats.of_lanes(ran(net, float(days)))
        loaded.append(round(lane["kg"] / 2) - sum(loaded))
    assert [n for n in loaded if n] == loads


def test_only_whole_containers_are_left_behind() -> None:
    """In boxes of 4 a vehicle for 7 units takes one box, and an empty one at least a box."""
    for kg in (14.0, 3.0):
        net = by_road(departures="18:00", vehicles=1, capacity_kg=kg)
        net = replace(net, items=(replace(net.items[0], container_qty=4.0),))
        assert round(stats.of_lanes(ran(net, 1.0))["kg"][0] / 2) == 4
