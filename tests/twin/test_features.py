"""What the network says of goods, customers and lanes happens in the twin, one small plant each."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from twin_nets import MONDAY, chain, model, near, site

from taktnet.ledger import event as e
from taktnet.network import Network
from taktnet.network import components as c
from taktnet.twin import run
from taktnet.twin.layout import HOUR, Table

_N = e.NUMBER
RECEIVED, RELEASED, SHIPPED = _N[e.GoodsReceived], _N[e.StockReleased], _N[e.GoodsShipped]
Plan = list[tuple[int, float]]


def told(net: Network, days: float, plans: dict[Any, Plan] | None = None) -> np.ndarray:
    """The trace of a run."""
    sim = model(net, days + 30, plans=plans or {}).sim()
    sim.begin(1, 0, trace=True)
    sim.run_to(days)
    return sim.trace()


def hours(facts: np.ndarray, kind: int) -> list[float]:
    """When facts of a kind happened, in hours."""
    return [(int(f["at"]) - MONDAY) / HOUR for f in facts[facts["kind"] == kind]]


def shop(stock: float, customers: int = 1, **demand: Any) -> Network:
    """N0 keeps A from S, a day away; customers K, K1... fetch what they order."""
    net = chain(0.0, [(stock, "fixed", 1.0)])
    names = ["K", *(f"K{i}" for i in range(1, customers))]
    net = net.with_rows("sites", [*net.sites, *(site(n, "customer") for n in names[1:])])
    return net.with_rows(
        "demand",
        [c.Demand(site=n, item="A", supplier="N0", rate_day=0.0, priority=1 + i, **demand)
         for i, n in enumerate(names)],
    )  # fmt: skip


def test_the_better_priority_is_served_first() -> None:
    """Both ask for ten of nothing; K1 asked first, and K has the better priority."""
    at = MONDAY + 5 * HOUR
    plans = {("K1", "A", "N0"): [(at, 10.0)], ("K", "A", "N0"): [(at + HOUR, 10.0)]}
    reach = model(shop(0.0, 2), 40, plans=plans)
    sim = reach.sim()
    sim.begin(1, 0)
    sim.run_to(29.5 / 24)  # ten have come, a day after the first order
    assert [row[0] for row in reach.demands] == ["K", "K1"]
    assert sim.tables[Table.DEMAND]["units"].tolist() == [10e6, 0]
    sim.run_to(30.5 / 24)
    assert sim.tables[Table.DEMAND]["units"].tolist() == [10e6, 10e6]


@pytest.mark.parametrize(("partial", "parts"), [("yes", [6, 4]), ("no", [10])])
def test_an_order_goes_in_parts_only_where_it_may(partial: str, parts: list[int]) -> None:
    """Ten are ordered and six are there: six go at once, or all ten when they have come."""
    plans = {("K", "A", "N0"): [(MONDAY + 5 * HOUR, 10.0)]}
    facts = told(shop(6.0, partial=partial), 5, plans)
    sent = [int(f["qty"]) // 10**6 for f in facts if f["kind"] == SHIPPED and f["t2"] > 0]
    assert sent == parts


def test_goods_past_their_date_are_thrown_away_and_the_oldest_go_first() -> None:
    """Of twenty, two a day are taken within three days: the rest is scrapped and ordered again."""
    net = chain(2.0, [(20, "fixed", 1.0)])
    short = net.with_rows("items", [replace(net.items[0], shelf_life_d=3.0)])
    sim, plain = model(short, 100).sim(), model(net, 100).sim()
    for one in (sim, plain):
        one.begin(1, 0)
        one.run_to(90)
    tally = sim.tables[Table.TALLY][0]
    assert tally["expired"] > 60e6
    assert sim.tables[Table.POINT]["shipped"][0] > 150e6
    assert plain.tables[Table.TALLY]["expired"][0] == 0


def test_inspected_goods_are_released_after_their_time() -> None:
    """Every receipt is followed by its release eight hours later, and is no stock before."""
    net = chain(10.0, [(40, "fixed", 1.0)], inspect_h=8.0)
    facts = told(net, 30)
    own = facts[facts["to"] == 0]
    came, free = hours(own[own["status"] > 0], RECEIVED), hours(facts, RELEASED)
    assert len(free) > 100
    assert np.allclose(free, np.array(came[: len(free)]) + 8.0)


def test_customs_lengthen_the_way_by_their_mean() -> None:
    """An exponential dwell of 12 h on a fixed way of 24 h: lead times have a mean of 36 h."""
    net = chain(10.0, [(60, "fixed", 1.0)])
    net = net.with_rows("lanes", [replace(net.lanes[0], customs_h=12.0)])
    runs = run(model(net, 120), 100, 60, 1, warmup=10)
    assert near(runs.points["lead_mean_d"][:, 0], 1.5)


@pytest.mark.parametrize("kind", ["poisson", "negbin", "fixed", "normal", "lognormal"])
def test_customers_take_what_their_distribution_says(kind: Any) -> None:
    """Ten a day on average, with the spread of a day's demand, over 100 years."""
    net = chain(0.0, [(1000, "fixed", 1.0)])
    net = net.with_rows(
        "demand", [replace(net.demand[0], rate_day=10.0, distribution=kind, cv=0.6)]
    )
    runs = run(model(net, 370), 365, 100, 1)
    total = runs.points["wanted"][:, 0]
    spread = {"poisson": 10.0, "fixed": 0.0}.get(kind, 36.0) * 365
    if kind == "fixed":
        assert (total == 3650).all()
        return
    # a day's demand below 0 is none: the mean of a normal of cv 0.6 is 10.117
    assert near(total, 3650 * (1.01170 if kind == "normal" else 1.0), z=3.3)
    if kind != "normal":
        assert 0.7 < total.var(ddof=1) / spread < 1.4


def hub(vehicles: int = 0) -> Network:
    """A hub that takes A and B from S and sends both to X and Y on trucks at 18:00."""
    trucks = [c.Lane(id=f"H{x}", origin="H", destination=x, transit_h=5.0, departures="18:00",
                     capacity_kg=10.0, vehicles=vehicles, cost_shipment=100.0)
              for x in "XY"]  # fmt: skip
    return Network(
        sites=(site("S", "supplier"), site("H", "hub"), site("X"), site("Y"),
               site("K", "customer")),
        items=tuple(c.Item(id=i, cost=1.0, weight_kg=1.0) for i in "AB"),
        stock_points=tuple(
            c.StockPoint(site=s, item=i, policy="base_stock", base_stock=n)
            for s, n in (("H", 40.0), ("X", 30.0), ("Y", 30.0)) for i in "AB"
        ),
        lanes=(c.Lane(id="SH", origin="S", destination="H", transit_h=24.0), *trucks),
        sources=tuple(
            c.Source(site=s, item=i, origin=o, lane=lane)
            for s, o, lane in (("H", "S", "SH"), ("X", "H", "HX"), ("Y", "H", "HY")) for i in "AB"
        ),
        demand=tuple(c.Demand(site="K", item=i, supplier=s, rate_day=3.0)
                     for s in "XY" for i in "AB"),
    )  # fmt: skip


def test_a_hub_puts_orders_together_and_takes_deliveries_apart() -> None:
    """Six units a day of two items go to each plant on one truck of ten, seldom two."""
    reach = model(hub(), 110)
    runs = run(reach, 100, 20, 1)
    for lane in ("HX", "HY"):
        row = runs.lanes[:, reach.find("lanes", lane)]
        assert abs(row["kg"].mean() - 600) < 30
        assert 98 < row["shipments"].mean() < 115
        assert np.allclose(row["freight_eur"], 100 * row["shipments"])


def test_one_truck_leaves_behind_what_it_cannot_take() -> None:
    """With one truck of ten a day the seldom eleventh unit goes the next day; nothing is lost."""
    reach = model(hub(1), 110)
    runs = run(reach, 100, 20, 1)
    more = run(model(hub(), 110), 100, 20, 1)
    row = runs.lanes[:, reach.find("lanes", "HX")]
    assert (row["shipments"] <= 100).all()
    assert abs(row["kg"].mean() - more.lanes["kg"][:, reach.find("lanes", "HX")].mean()) < 10
