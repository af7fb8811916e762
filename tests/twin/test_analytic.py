"""Exact figures of queues and stocks lie in 99 % intervals of 400 replications."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from twin_nets import chain, near, point, simulate, station

from taktnet.network import Network
from taktnet.network import components as c

DATA = Path(os.environ.get("TAKTNET_DATA", Path(__file__).parents[2] / ".." / "shared" / "data"))
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
REPLICATIONS = 400


def exact(lam: float, servers: int) -> dict[str, Any]:
    """The published row of an M/M/c queue with mu = 1."""
    path = DATA / "exact" / "queueing.json"
    if not path.exists():
        pytest.skip(f"{path} is not here")
    rows = json.loads(path.read_text())["MMc"]
    return next(r for r in rows if r["lam"] == lam and r["c"] == servers and r["mu"] == 1)


def poisson(mean: float, n: int = 500) -> np.ndarray:
    """Probabilities of 0 to n - 1."""
    return np.array([math.exp(-mean + k * math.log(mean) - math.lgamma(k + 1)) for k in range(n)])


@pytest.mark.parametrize(("lam", "servers"), [(0.5, 1), (0.9, 1), (1.6, 2), (2.4, 3), (4.5, 5)])
def test_orders_in_the_system_are_those_of_m_m_c(lam: float, servers: int) -> None:
    """Make to order on c machines: mean orders in the system L (a hundred services a day)."""
    days = 1500 if lam == 0.9 else 400
    runs = simulate(station(100 * lam, 0.01, count=servers), days, REPLICATIONS, warmup=50)
    assert near(point(runs, "P")["owed"], exact(lam, servers)["L"])


def two_stations(servers: int) -> Network:
    """B on one machine (mu 1) goes into A on several (mu 0.5), with ample cards between them."""
    base = station(80.0, 0.01)
    return Network(
        sites=base.sites,
        items=(c.Item(id="A", cost=1.0), c.Item(id="B", cost=1.0)),
        bom=(c.BomLine(parent="A", component="B", qty=1.0),),
        stock_points=(
            c.StockPoint(site="P", item="A", policy="base_stock"),
            c.StockPoint(site="P", item="B", policy="kanban"),
        ),
        processes=(
            c.Process(site="P", item="A", resource="M2", cycle_s=1728.0, cycle_cv=1.0),
            c.Process(site="P", item="B", resource="M1", cycle_s=864.0, cycle_cv=1.0),
        ),
        resources=(c.Resource(id="M1", site="P"), c.Resource(id="M2", site="P", count=servers)),
        loops=(
            c.Loop(id="KB", kind="production", site="P", item="B", origin="P", resource="M1",
                   cards=1000, container_qty=1.0),
        ),
        demand=base.demand,
    )  # fmt: skip


def test_the_last_of_two_stations_is_a_queue_of_its_own() -> None:
    """With ample parts the last station is M/M/2 at rho 0.8: L = 4.4444."""
    runs = simulate(two_stations(2), 400, REPLICATIONS, warmup=20)
    assert near(point(runs, "P", "A")["owed"], 4.444444444444445)


def test_the_first_of_two_stations_sees_the_starts_of_the_last() -> None:
    """With ample machines at the last station its starts are Poisson; the first is M/M/1: L = 4."""
    runs = simulate(two_stations(60), 400, REPLICATIONS, warmup=20)
    assert near(1000 - point(runs, "P", "B")["stock"], 4.0)
    assert near(point(runs, "P", "A")["owed"], 1.6)


def test_make_to_stock_on_one_machine() -> None:
    """M/M/1, S = 10, rho 0.8: fill 1 - rho^S, E[B] = rho^(S+1) / (1 - rho), E[stock] = 6.4295."""
    runs = simulate(station(80.0, 0.01, base=10), 400, REPLICATIONS, warmup=20)
    found = point(runs, "P")
    assert near(found["fill"], 1 - 0.8**10)
    assert near(found["owed"], 0.8**11 / 0.2)
    assert near(found["stock"], 10 - 0.8 * (1 - 0.8**10) / 0.2)


@pytest.mark.parametrize("kind", ["exponential", "fixed", "gamma"])
def test_palms_theorem(kind: Any) -> None:
    """Outstanding orders are Poisson(lambda L) whatever the shape of the lead time."""
    runs = simulate(chain(10.0, [(60, kind, 5.0)]), 1000, REPLICATIONS, warmup=60)
    p, k, found = poisson(50), np.arange(500), point(runs, "N0")
    assert near(found["fill"], p[:60].sum())
    assert near(found["stock"], (np.maximum(60 - k, 0) * p).sum())
    assert near(found["owed"], (np.maximum(k - 60, 0) * p).sum())


def test_lots_with_poisson_demand_meet_the_newsvendor_loss() -> None:
    """(R,Q) = (25, 10), L = 2 d: the position is uniform on 26 to 35; fill, stock and owed."""
    net = chain(10.0, [(0, "fixed", 2.0)])
    row = c.StockPoint(site="N0", item="A", policy="RQ", reorder_point=25, order_qty=10)
    runs = simulate(net.with_rows("stock_points", [row]), 1000, REPLICATIONS, warmup=20)
    p, k, found = poisson(20), np.arange(500), point(runs, "N0")
    levels = range(26, 36)
    assert near(found["fill"], np.mean([p[:y].sum() for y in levels]))
    assert near(found["stock"], np.mean([(np.maximum(y - k, 0) * p).sum() for y in levels]))
    assert near(found["owed"], np.mean([(np.maximum(k - y, 0) * p).sum() for y in levels]))


def test_two_echelons_with_an_empty_hub_are_one_with_both_lead_times() -> None:
    """A hub without stock: outstanding orders of the shop are Poisson(10 (3 + 5)), S = 90."""
    net = chain(10.0, [(0, "exponential", 3.0), (90, "exponential", 5.0)])
    runs = simulate(net, 1000, REPLICATIONS, warmup=80)
    p, k, found = poisson(80), np.arange(500), point(runs, "N1")
    assert near(found["fill"], p[:90].sum())
    assert near(found["owed"], (np.maximum(k - 90, 0) * p).sum())


def test_scrap_that_is_made_again_loads_the_machine() -> None:
    """lambda 0.6, mu 1, 20 % scrap: rho = lambda / (mu 0.8) = 0.75, L = rho / (1 - rho) = 3."""
    runs = simulate(station(60.0, 0.01, yield_rate=0.8), 400, REPLICATIONS, warmup=20)
    assert near(point(runs, "P")["owed"], 3.0)
