"""A customer that keeps stock: what it takes comes from there, and is shipped to it once."""

from __future__ import annotations

from twin_nets import chain, point, simulate, site

from taktnet.network import Network
from taktnet.network import components as c
from taktnet.twin.places import serving_point


def consigned(policy: str) -> Network:
    """Ten a day at a customer whose stock of forty is replenished from a warehouse in a day."""
    net = chain(0.0, [(60, "fixed", 1.0)])
    lane = c.Lane(id="LK", origin="N0", destination="K", transit_h=24.0)
    return Network(
        sites=(*net.sites, site("X", "customer")),
        items=net.items,
        stock_points=(
            *net.stock_points,
            c.StockPoint(site="K", item="A", policy=policy, base_stock=40.0),  # type: ignore[arg-type]
        ),
        lanes=(*net.lanes, lane),
        sources=(*net.sources, c.Source(site="K", item="A", origin="N0", lane="LK")),
        demand=(c.Demand(site="K", item="A", supplier="N0", rate_day=10.0),),
    )


def test_use_at_the_customer_draws_on_its_own_stock() -> None:
    """Shipped from the warehouse is what the customer used: not twice as much."""
    net = consigned("base_stock")
    assert serving_point(net, net.demand[0]) == ("K", "A")
    runs = simulate(net, 100, 20, warmup=20)
    used, shipped = point(runs, "K")["wanted"].mean(), point(runs, "N0")["shipped"].mean()
    assert abs(used / 1000 - 1) < 0.05
    assert abs(shipped / used - 1) < 0.02
    assert 25 < point(runs, "K")["stock"].mean() < 40
    assert runs.demand["on_time_units"].mean() > 0


def test_without_a_policy_of_its_own_the_supplier_ships_each_order() -> None:
    """A stock point that nothing replenishes is no stock to take from."""
    net = consigned("none")
    assert serving_point(net, net.demand[0]) == ("N0", "A")
