"""A plain SimPy model of a shop with one shared machine agrees with the twin in distribution.

One machine makes P of two A and one B, and Q of one B, to production kanbans: lots of eight in
containers of four, a set-up when the product or the lot changes, a tenth is scrap and made again,
and it fails. A and B come by (R,Q). The site is closed for two days. Hours since Monday 00:00 UTC.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
import simpy
from test_oracle_ways import agree
from twin_nets import model, site

from taktnet.network import Network
from taktnet.network import components as c
from taktnet.twin import patch, run

DAYS, REPLICATIONS = 28, 100
BOX, LOT, CYCLE, SETUP, GOOD, MTBF, MTTR = 4, 8, 0.25, 0.5, 0.9, 30.0, 2.0
RATE = {"P": 24.0, "Q": 16.0}
CARDS = {"P": 9, "Q": 7}
PARTS = {"P": {"A": 2, "B": 1}, "Q": {"B": 1}}
POINT = {"A": (110, 40, 30.0), "B": (90, 30, 30.0)}  # R, Q, mean hours on the road
SHUT = (240.0, 288.0)


def shop() -> Network:
    """The shop as Taktnet's tables."""
    return Network(
        sites=(site("S", "supplier"), site("W"), site("K", "customer")),
        items=tuple(c.Item(id=i, cost=1.0) for i in "PQAB"),
        bom=tuple(c.BomLine(parent=p, component=i, qty=float(n))
                  for p, parts in PARTS.items() for i, n in parts.items()),
        stock_points=(
            *(c.StockPoint(site="W", item=i, policy="kanban") for i in "PQ"),
            *(c.StockPoint(site="W", item=i, policy="RQ", reorder_point=r, order_qty=q)
              for i, (r, q, _) in POINT.items()),
        ),
        processes=tuple(
            c.Process(site="W", item=i, resource="M", cycle_s=CYCLE * 3600, setup_s=SETUP * 3600,
                      lot_qty=float(LOT), yield_rate=GOOD)
            for i in "PQ"
        ),
        resources=(c.Resource(id="M", site="W", mtbf_h=MTBF, mttr_h=MTTR),),
        lanes=tuple(
            c.Lane(id=f"L{i}", origin="S", destination="W", transit_h=h, transit_kind="gamma",
                   transit_sd_h=h)
            for i, (_, _, h) in POINT.items()
        ),
        sources=tuple(c.Source(site="W", item=i, origin="S", lane=f"L{i}") for i in POINT),
        loops=tuple(
            c.Loop(id=f"K{i}", kind="production", site="W", item=i, origin="W", resource="M",
                   cards=CARDS[i], container_qty=float(BOX))
            for i in "PQ"
        ),
        demand=tuple(c.Demand(site="K", item=i, supplier="W", rate_day=RATE[i]) for i in "PQ"),
    )  # fmt: skip


@dataclass
class Oracle:
    """The shop in SimPy: processes, and a bell that rings when anything changes."""

    seed: int
    env: Any = field(default_factory=simpy.Environment)

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)
        full = {i: BOX * n for i, n in CARDS.items()} | {i: r + q for i, (r, q, _) in POINT.items()}
        self.stock, self.coming = dict(full), dict.fromkeys(full, 0)
        self.area, self.last = dict.fromkeys(full, 0.0), dict.fromkeys(full, 0.0)
        self.owed, self.wanted, self.filled = ({"P": 0, "Q": 0} for _ in range(3))
        self.todo = {"P": 0, "Q": 0}
        self.line: deque[str] = deque()
        self.broken, self.setups, self.gate = False, 0, []
        self.bell = self.env.event()
        for i in "PQ":
            self.env.process(self.customers(i))
        for work in (self.machine(), self.failures(), self.closure()):
            self.env.process(work)

    def open(self) -> bool:
        """Whether the site works."""
        return not SHUT[0] <= self.env.now < SHUT[1]

    def put(self, i: str, units: int) -> None:
        """Into stock, or out of it."""
        self.area[i] += self.stock[i] * (self.env.now - self.last[i])
        self.last[i] = self.env.now
        self.stock[i] += units

    def ring(self) -> None:
        """The pull rules look again, and all who wait."""
        for i in "PQ":
            n = (BOX * CARDS[i] - self.stock[i] - self.coming[i]) // BOX * BOX
            if n > 0:
                self.coming[i] += n
                self.ask(i, n)
        for i, (r, q, hours) in POINT.items():
            while self.stock[i] + self.coming[i] <= r:
                self.coming[i] += q
                self.env.process(self.road(i, q, hours))
        self.bell.succeed()
        self.bell = self.env.event()

    def ask(self, i: str, units: int) -> None:
        """So much more is to be started; a product that has nothing in line joins its end."""
        self.todo[i] += units
        if i not in self.line:
            self.line.append(i)

    def road(self, i: str, units: int, hours: float) -> Iterator[Any]:
        """Parts on the road; at a closed site they wait outside."""
        yield self.env.timeout(self.rng.expovariate(1 / hours))
        if not self.open():
            yield self.env.timeout(SHUT[1] - self.env.now)
        self.coming[i] -= units
        self.put(i, units)
        self.ring()

    def customers(self, i: str) -> Iterator[Any]:
        """One unit at a time; a closed site gives nothing out."""
        while True:
            yield self.env.timeout(self.rng.expovariate(RATE[i] / 24))
            self.wanted[i] += 1
            if self.stock[i] > 0 and self.open():
                self.filled[i] += 1
                self.put(i, -1)
            else:
                self.owed[i] += 1
            self.ring()

    def serve(self, i: str) -> None:
        """Those who wait get theirs."""
        given = min(self.owed[i], self.stock[i])
        self.owed[i] -= given
        self.put(i, -given)

    def closure(self) -> Iterator[Any]:
        """The site closes, and opens again."""
        yield self.env.timeout(SHUT[0])
        self.ring()
        yield self.env.timeout(SHUT[1] - SHUT[0])
        for i in "PQ":
            self.serve(i)
        self.ring()

    def failures(self) -> Iterator[Any]:
        """Exponential hours of a day and night clock between repair and failure."""
        while True:
            yield self.env.timeout(self.rng.expovariate(1 / MTBF))
            self.broken = True
            self.ring()
            yield self.env.timeout(self.rng.expovariate(1 / MTTR))
            self.broken = False
            self.ring()

    def ready(self) -> bool:
        """Whether the machine can work."""
        return self.open() and not self.broken

    def able(self) -> str:
        """The first in line that has the parts of its next job."""
        for i in self.line:
            n = min(self.todo[i], BOX)
            if all(self.stock[part] >= per * n for part, per in PARTS[i].items()):
                return i
        return ""

    def until(self, holds: Callable[[], Any]) -> Iterator[Any]:
        """Wait until something holds."""
        while not holds():
            yield self.bell

    def machine(self) -> Iterator[Any]:
        """One container after another until the lot is done, then the other product's turn."""
        made, done = "", 0
        while True:
            yield from self.until(lambda: self.ready() and self.able())
            i = self.able()
            n = min(self.todo[i], BOX)
            left = CYCLE * n
            if i != made or done >= LOT:
                left += SETUP
                self.setups += 1
                done = 0
            made, done = i, done + n
            self.todo[i] -= n
            for part, per in PARTS[i].items():
                self.put(part, -per * n)
            self.turn(i, done)
            self.ring()
            yield from self.work(left)
            good = sum(self.rng.random() < GOOD for _ in range(n))
            if good < n:
                self.ask(i, n - good)
            self.coming[i] -= good
            self.put(i, good)
            self.serve(i)
            self.ring()

    def turn(self, i: str, done: int) -> None:
        """Who has all started leaves the line; whose lot is done goes to its end."""
        if self.todo[i] == 0:
            self.line.remove(i)
        elif done >= LOT:
            self.line.remove(i)
            self.line.append(i)

    def work(self, left: float) -> Iterator[Any]:
        """So many hours of work, while the machine can."""
        while left > 1e-9:
            yield from self.until(self.ready)
            start = self.env.now
            yield self.env.timeout(left) | self.stops()
            left -= self.env.now - start

    def stops(self) -> Any:
        """An event for when the machine cannot go on."""
        return self.env.process(self.until(lambda: not self.ready()))

    def result(self) -> list[float]:
        """Fill rates, mean stocks of P, Q, A and B, and set-ups."""
        self.env.run(until=DAYS * 24)
        for i in self.stock:
            self.put(i, 0)
        means = [self.area[i] / (DAYS * 24) for i in "PQAB"]
        return [*(self.filled[i] / self.wanted[i] for i in "PQ"), *means, float(self.setups)]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_shared_machine_with_lots_scrap_and_a_closed_site_agrees_in_distribution() -> None:
    """Means and spreads of fill rates, stocks and set-ups over four weeks."""
    oracle = np.array([Oracle(seed).result() for seed in range(REPLICATIONS)])
    reach = model(shop(), DAYS)
    sim = reach.sim()
    sim.patch([patch.Down("site", "W", *SHUT)])
    runs = run(sim, DAYS, 400, 1)
    at = [reach.find("points", ("W", i)) for i in "PQAB"]
    twin = np.column_stack([runs.points["fill"][:, at[:2]], runs.points["stock"][:, at],
                            runs.resources["setups"][:, 0]])  # fmt: skip
    assert 0.3 < oracle[:, :2].mean() < 0.99
    names = ("fill P", "fill Q", "P", "Q", "A", "B", "set-ups")
    agree(names, oracle, twin)
