"""A plain SimPy model of supply by several ways agrees with the twin in distribution.

W keeps A to a base stock: six tenths from S on a truck every six hours that holds twelve, four
tenths from T by air at any time, U by sea as a backup. The truck's road is closed for four days,
then T is, then both. Hours since Monday 00:00 UTC throughout.
"""

from __future__ import annotations

import math
import random
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
import simpy
from twin_nets import model, site

from taktnet.network import Network
from taktnet.network import components as c
from taktnet.twin import patch, run
from taktnet.twin.layout import Table

DAYS, REPLICATIONS = 42, 100
RATE, BASE, SIZE = 40.0, 56, 12
SHARE = {"S": 0.6, "T": 0.4}
TRANSIT = {"S": 20.0, "T": 30.0, "U": 60.0}
DEPARTURES = (3.0, 9.0, 15.0, 21.0)
#: What is closed from when to when, in hours.
ROAD, PLACE = ((240, 336), (720, 800)), ((480, 576), (700, 780))


def ways() -> Network:
    """The three ways as Taktnet's tables."""
    lanes = (
        c.Lane(id="ROAD", origin="S", destination="W", transit_h=20.0, transit_kind="gamma",
               transit_sd_h=20.0, departures="03:00,09:00,15:00,21:00", capacity_kg=float(SIZE),
               vehicles=1),
        c.Lane(id="AIR", origin="T", destination="W", transit_h=30.0),
        c.Lane(id="SEA", origin="U", destination="W", transit_h=60.0, transit_kind="gamma",
               transit_sd_h=60.0),
    )  # fmt: skip
    return Network(
        sites=(site("S", "supplier"), site("T", "supplier"), site("U", "supplier"),
               site("W", "warehouse"), site("K", "customer")),
        items=(c.Item(id="A", cost=1.0, weight_kg=1.0),),
        stock_points=(c.StockPoint(site="W", item="A", policy="base_stock", base_stock=BASE),),
        lanes=lanes,
        sources=(c.Source(site="W", item="A", origin="S", lane="ROAD", share=SHARE["S"]),
                 c.Source(site="W", item="A", origin="T", lane="AIR", share=SHARE["T"]),
                 c.Source(site="W", item="A", origin="U", lane="SEA", role="backup")),
        demand=(c.Demand(site="K", item="A", supplier="W", rate_day=RATE),),
    )  # fmt: skip


def closed(periods: tuple[tuple[int, int], ...], now: float) -> bool:
    """Whether a moment is in one of the periods."""
    return any(start <= now < end for start, end in periods)


@dataclass
class Oracle:
    """The warehouse in SimPy, a unit at a time."""

    seed: int
    env: Any = field(default_factory=simpy.Environment)
    stock: int = BASE
    owed: int = 0
    wanted: int = 0
    filled: int = 0
    area: float = 0.0
    last: float = 0.0
    asked: dict[str, int] = field(default_factory=lambda: {"S": 0, "T": 0, "U": 0})

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)
        self.dock = deque[float]()
        self.lead: list[float] = []
        for work in (self.customers(), self.trucks()):
            self.env.process(work)

    def customers(self) -> Iterator[Any]:
        """One unit each, at a time; every one is ordered again at once."""
        while True:
            yield self.env.timeout(self.rng.expovariate(RATE / 24))
            self.wanted += 1
            if self.stock > 0:
                self.filled += 1
                self.put(-1)
            else:
                self.owed += 1
            self.order(self.source())

    def source(self) -> str:
        """The open one that is furthest behind its share, else the backup."""
        now, total = self.env.now, sum(self.asked.values()) + 1
        shut = {"S": closed(ROAD, now), "T": closed(PLACE, now)}
        ready = [name for name in "ST" if not shut[name]]
        if not ready:
            return "U"
        return max(ready, key=lambda name: SHARE[name] * total - self.asked[name])

    def order(self, source: str) -> None:
        """To the dock of the truck, or on its way."""
        self.asked[source] += 1
        if source == "S":
            self.dock.append(self.env.now)
        elif source == "T":
            self.env.process(self.road(TRANSIT["T"], [self.env.now]))
        else:
            self.env.process(self.road(self.rng.expovariate(1 / TRANSIT["U"]), [self.env.now]))

    def trucks(self) -> Iterator[Any]:
        """Twelve at most, in the order of their orders; none while the road is closed."""
        while True:
            for hour in DEPARTURES:
                wait = (hour - self.env.now) % 24
                yield self.env.timeout(wait if wait > 1e-9 else 0)
                load = [] if closed(ROAD, self.env.now) else [
                    self.dock.popleft() for _ in range(min(SIZE, len(self.dock)))
                ]  # fmt: skip
                if load:
                    hours = self.rng.expovariate(1 / TRANSIT["S"])
                    self.env.process(self.road(hours, load))
                yield self.env.timeout(0.5)

    def road(self, hours: float, load: list[float]) -> Iterator[Any]:
        """A load on its way."""
        yield self.env.timeout(hours)
        self.lead += [(self.env.now - at) / 24 for at in load]
        given = min(self.owed, len(load))
        self.owed -= given
        self.put(len(load) - given)

    def put(self, units: int) -> None:
        """Into stock, or out of it."""
        self.area += self.stock * (self.env.now - self.last)
        self.last = self.env.now
        self.stock += units

    def result(self) -> list[float]:
        """Fill rate, mean stock, mean lead time, orders to S and to the backup."""
        self.env.run(until=DAYS * 24)
        self.put(0)
        return [self.filled / self.wanted, self.area / (DAYS * 24), float(np.mean(self.lead)),
                float(self.asked["S"]), float(self.asked["U"])]  # fmt: skip


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_departures_capacity_shares_closures_and_a_backup_agree_in_distribution() -> None:
    """Means and spreads of fill, stock, lead time and orders by way over six weeks."""
    oracle = np.array([Oracle(seed).result() for seed in range(REPLICATIONS)])
    reach = model(ways(), DAYS)
    sim = reach.sim()
    sim.patch([patch.Down("lane", "ROAD", *p) for p in ROAD])
    sim.patch([patch.Down("supplier", "T", *p) for p in PLACE])
    runs = run(sim, DAYS, 400, 1)
    twin = np.column_stack([runs.points[name][:, reach.find("points", ("W", "A"))]
                            for name in ("fill", "stock", "lead_mean_d")])  # fmt: skip
    given = np.array([orders_of(sim, r) for r in range(REPLICATIONS)])
    assert 0.3 < oracle[:, 0].mean() < 0.97
    assert oracle[:, 4].mean() > 50  # the backup was used
    agree(("fill", "stock", "lead"), oracle[:, :3], twin)
    agree(("S", "U"), oracle[:, 3:], given)


def orders_of(sim: Any, replication: int) -> list[int]:
    """What S and the backup were asked for in a replication."""
    fork = sim.fork()
    fork.begin(1, replication)
    fork.run_to(DAYS)
    given = fork.tables[Table.LINK]["given"] // 10**6
    by = dict(zip((name[2] for name in fork.model.links), given.tolist(), strict=True))
    return [by["S"], by["U"]]


def agree(names: tuple[str, ...], oracle: np.ndarray, twin: np.ndarray) -> None:
    """Means within 99.9 % of their difference; spreads within a half."""
    for i, name in enumerate(names):
        a, b = oracle[:, i], twin[:, i]
        error = math.sqrt(a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b))
        assert abs(a.mean() - b.mean()) < 3.3 * error, (name, a.mean(), b.mean(), error)
        assert 0.6 < a.std(ddof=1) / b.std(ddof=1) < 1.6, (name, a.std(), b.std())
