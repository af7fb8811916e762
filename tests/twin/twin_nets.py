"""Small networks with known answers, and one helper that runs them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from taktnet.base.names import Names
from taktnet.network import Network
from taktnet.network import components as c
from taktnet.twin import Model, Runs, lower, run

MONDAY = 1_767_571_200 * 10**6  # 2026-01-05 00:00 UTC
DAY_S = 86_400.0


def site(id: str, kind: Any = "plant", **values: Any) -> c.Site:
    """A site in UTC that works day and night."""
    place = {"latitude": 41.0, "longitude": -8.0, "country": "PT", "zone": "UTC"}
    return c.Site(id=id, kind=kind, **{**place, **values})


def station(
    rate_day: float,
    service_d: float,
    *,
    count: int = 1,
    base: float = 0.0,
    cv: float = 1.0,
    yield_rate: float = 1.0,
) -> Network:
    """One item made on one resource to keep a base stock, for Poisson customers."""
    return Network(
        sites=(site("P"), site("K", "customer")),
        items=(c.Item(id="A", cost=1.0),),
        stock_points=(c.StockPoint(site="P", item="A", policy="base_stock", base_stock=base),),
        processes=(
            c.Process(site="P", item="A", resource="M", cycle_s=service_d * DAY_S, cycle_cv=cv,
                      yield_rate=yield_rate),
        ),
        resources=(c.Resource(id="M", site="P", count=count),),
        demand=(c.Demand(site="K", item="A", supplier="P", rate_day=rate_day),),
    )  # fmt: skip


def chain(rate_day: float, stages: list[tuple[float, Any, float]], **point: Any) -> Network:
    """Stocking points in a row, the last at the customer: (base stock, kind, mean days, sd)."""
    names = [f"N{i}" for i in range(len(stages))]
    points, lanes, sources = [], [], []
    for i, (base, kind, mean_d) in enumerate(stages):
        sd = {"fixed": 0.0, "exponential": mean_d, "gamma": mean_d / 2}[kind]
        values: dict[str, Any] = {"policy": "base_stock", "base_stock": base}
        if i == len(stages) - 1:
            values |= point
        points.append(c.StockPoint(site=names[i], item="A", **values))
        origin = names[i - 1] if i else "S"
        lanes.append(
            c.Lane(id=f"L{i}", origin=origin, destination=names[i], transit_h=mean_d * 24,
                   transit_kind="fixed" if kind == "fixed" else "gamma", transit_sd_h=sd * 24)
        )  # fmt: skip
        sources.append(c.Source(site=names[i], item="A", origin=origin, lane=f"L{i}"))
    return Network(
        sites=(
            site("S", "supplier"),
            *(site(n, "warehouse") for n in names),
            site("K", "customer"),
        ),
        items=(c.Item(id="A", cost=1.0),),
        stock_points=tuple(points),
        lanes=tuple(lanes),
        sources=tuple(sources),
        demand=(c.Demand(site="K", item="A", supplier=names[-1], rate_day=rate_day),),
    )


def model(network: Network, days: float = 400.0, **more: Any) -> Model:
    """The network lowered cold on a Monday."""
    return lower(network, None, Names(), MONDAY, days, **more)


def point(runs: Runs, site: str, item: str = "A") -> np.ndarray:
    """The statistics of one point by replication."""
    return runs.points[:, runs.model.find("points", (site, item))]


def near(values: np.ndarray, exact: float, z: float = 2.576) -> bool:
    """Whether an exact value lies in the interval of a mean at 99 % (z = 2.576)."""
    half = z * values.std(ddof=1) / math.sqrt(len(values))
    return bool(abs(values.mean() - exact) <= half)


def simulate(network: Network, days: float, replications: int, warmup: float = 0.0,
             seed: int = 1) -> Runs:  # fmt: skip
    """Replications of a cold start."""
    reach = model(network, days + warmup)
    return run(reach, days, replications, seed, threads=2, warmup=warmup)
