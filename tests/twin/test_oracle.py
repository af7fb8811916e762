"""A plain SimPy model of the same plant, written apart, agrees with the twin in distribution.

The plant makes P of two A and one B on a line that works one shift on weekdays and breaks down.
A comes by withdrawal kanban over a lane with a departure every evening; B is made day and night
of C to a base stock; C comes by (R,Q) at any time. P goes by production kanban to customers.
Hours since Monday 00:00 UTC throughout.
"""

from __future__ import annotations

import math
import random
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import simpy
from twin_nets import model, site

from taktnet.network import Network
from taktnet.network import components as c
from taktnet.twin import run

DAYS, REPLICATIONS = 56, 80
RATE, BOX_P, CARDS_P = 30.0, 5, 12
BOX_A, CARDS_A, TRANSIT_A = 20, 14, 14.0
BASE_B, JOB_B = 45, 0.5
R_C, Q_C, TRANSIT_C = 40, 30, 20.0
CYCLE_P, MTBF, MTTR = 0.18, 12.0, 1.0


def plant() -> Network:
    """The plant as Taktnet's tables."""
    items = tuple(
        c.Item(id=i, cost=1.0, container_qty=float(q))
        for i, q in (("P", BOX_P), ("A", BOX_A), ("B", 1), ("C", Q_C))
    )
    lanes = (
        c.Lane(id="LA", origin="S", destination="W", transit_h=TRANSIT_A, transit_kind="gamma",
               transit_sd_h=TRANSIT_A, departures="18:00"),
        c.Lane(id="LC", origin="S", destination="W", transit_h=TRANSIT_C, transit_kind="gamma",
               transit_sd_h=TRANSIT_C),
    )  # fmt: skip
    return Network(
        sites=(site("S", "supplier"), site("W"), site("K", "customer")),
        items=items,
        bom=(
            c.BomLine(parent="P", component="A", qty=2.0),
            c.BomLine(parent="P", component="B", qty=1.0),
            c.BomLine(parent="B", component="C", qty=1.0),
        ),
        stock_points=(
            c.StockPoint(site="W", item="P", policy="kanban"),
            c.StockPoint(site="W", item="A", policy="kanban"),
            c.StockPoint(site="W", item="B", policy="base_stock", base_stock=BASE_B),
            c.StockPoint(site="W", item="C", policy="RQ", reorder_point=R_C, order_qty=Q_C),
        ),
        processes=(
            c.Process(site="W", item="P", resource="M", cycle_s=CYCLE_P * 3600),
            c.Process(site="W", item="B", resource="N", cycle_s=JOB_B * 3600, cycle_cv=1.0),
        ),
        resources=(
            c.Resource(id="M", site="W", calendar="day", mtbf_h=MTBF, mttr_h=MTTR),
            c.Resource(id="N", site="W"),
        ),
        lanes=lanes,
        sources=(
            c.Source(site="W", item="A", origin="S", lane="LA"),
            c.Source(site="W", item="C", origin="S", lane="LC"),
        ),
        loops=(
            c.Loop(id="KP", kind="production", site="W", item="P", origin="W", resource="M",
                   cards=CARDS_P, container_qty=float(BOX_P)),
            c.Loop(id="KA", kind="withdrawal", site="W", item="A", origin="S", lane="LA",
                   cards=CARDS_A, container_qty=float(BOX_A)),
        ),
        demand=(c.Demand(site="K", item="P", supplier="W", rate_day=RATE),),
        calendars=(c.Calendar(id="day", days="Mon-Fri", shifts="06:00-14:00"),),
    )  # fmt: skip


@dataclass
class Stock:
    """Pieces on hand and on their way, and the time-weighted sum of those on hand."""

    env: Any
    onhand: int
    coming: int = 0
    area: float = 0.0
    last: float = 0.0

    def add(self, pieces: int) -> None:
        """Put in, or take out."""
        self.area += self.onhand * (self.env.now - self.last)
        self.last = self.env.now
        self.onhand += pieces


@dataclass
class Oracle:
    """The plant in SimPy: processes and a bell that rings when anything changes."""

    seed: int
    env: Any = field(default_factory=simpy.Environment)
    wanted: int = 0
    filled: int = 0

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)
        self.stock = {"P": Stock(self.env, BOX_P * CARDS_P), "A": Stock(self.env, BOX_A * CARDS_A),
                      "B": Stock(self.env, BASE_B), "C": Stock(self.env, R_C + Q_C)}  # fmt: skip
        self.owed = 0
        self.jobs_p: deque[int] = deque()
        self.jobs_b: deque[int] = deque()
        self.dock: list[int] = []
        self.broken = False
        self.bell = self.env.event()
        for work in (self.customers, self.trucks, self.line_p, self.line_b, self.breakdowns):
            self.env.process(work())

    def ring(self) -> None:
        """Something changed: all who wait look again, and the pull rules too."""
        self.pull()
        self.bell.succeed()
        self.bell = self.env.event()

    def pull(self) -> None:
        """Every card, the base stock and the reorder point."""
        p, a, b, parts = (self.stock[i] for i in "PABC")
        while BOX_P * CARDS_P - p.onhand - p.coming >= BOX_P:
            n = (BOX_P * CARDS_P - p.onhand - p.coming) // BOX_P * BOX_P
            p.coming += n
            self.jobs_p.append(n)
        n = (BOX_A * CARDS_A - a.onhand - a.coming) // BOX_A * BOX_A
        if n > 0:
            a.coming += n
            self.dock.append(n)
        n = BASE_B - b.onhand - b.coming
        if n > 0:
            b.coming += n
            self.jobs_b.append(n)
        while parts.onhand + parts.coming <= R_C:
            parts.coming += Q_C
            self.env.process(self.road(parts, Q_C, TRANSIT_C))

    def road(self, to: Stock, pieces: int, mean: float) -> Iterator[Any]:
        """Pieces on the road for an exponential time."""
        yield self.env.timeout(self.rng.expovariate(1 / mean))
        to.add(pieces)
        to.coming -= pieces
        self.ring()

    def customers(self) -> Iterator[Any]:
        """One piece at a time, backordered when there is none."""
        while True:
            yield self.env.timeout(self.rng.expovariate(RATE / 24))
            self.wanted += 1
            if self.stock["P"].onhand > 0:
                self.filled += 1
                self.stock["P"].add(-1)
            else:
                self.owed += 1
            self.ring()

    def trucks(self) -> Iterator[Any]:
        """At 18:00 everything at the dock leaves on one truck."""
        yield self.env.timeout(18)
        while True:
            if self.dock:
                self.env.process(self.road(self.stock["A"], sum(self.dock), TRANSIT_A))
                self.dock = []
            yield self.env.timeout(24)

    def shift(self) -> tuple[bool, float]:
        """Whether the shift is on, and hours until that changes."""
        day, hour = int(self.env.now // 24) % 7, self.env.now % 24
        if day < 5 and hour < 6:
            return False, 6 - hour
        if day < 5 and hour < 14:
            return True, 14 - hour
        return False, 24 - hour

    def breakdowns(self) -> Iterator[Any]:
        """After exponential hours of shift time the line is down for exponential hours."""
        while True:
            left = self.rng.expovariate(1 / MTBF)
            while True:
                on, hours = self.shift()
                if on and hours >= left:
                    yield self.env.timeout(left)
                    break
                yield self.env.timeout(hours)
                left -= hours if on else 0
            self.broken = True
            self.ring()
            yield self.env.timeout(self.rng.expovariate(1 / MTTR))
            self.broken = False
            self.ring()

    def until(self, ready: Callable[[], bool]) -> Iterator[Any]:
        """Wait until something holds; shifts change without a bell."""
        while not ready():
            yield self.bell | self.env.timeout(self.shift()[1] + 1e-9)

    def line_p(self) -> Iterator[Any]:
        """The line of P: parts are taken when a job starts, work stands still off shift."""
        a, b, p = self.stock["A"], self.stock["B"], self.stock["P"]
        while True:
            yield from self.until(
                lambda: bool(self.jobs_p) and self.shift()[0] and not self.broken
                and a.onhand >= 2 * self.jobs_p[0] and b.onhand >= self.jobs_p[0]
            )  # fmt: skip
            n = self.jobs_p.popleft()
            a.add(-2 * n)
            b.add(-n)
            left = CYCLE_P * n
            self.ring()
            while left > 1e-9:
                yield from self.until(lambda: self.shift()[0] and not self.broken)
                start, bell = self.env.now, self.bell
                while left > 1e-9 and self.shift()[0] and not self.broken:
                    step = min(left, self.shift()[1])
                    done = self.env.timeout(step)
                    yield done | bell
                    left -= self.env.now - start
                    start, bell = self.env.now, self.bell
            p.coming -= n
            p.add(n)
            served = min(self.owed, p.onhand)
            self.owed -= served
            p.add(-served)
            self.ring()

    def line_b(self) -> Iterator[Any]:
        """The line of B: exponential time per order."""
        b, parts = self.stock["B"], self.stock["C"]
        while True:
            yield from self.until(lambda: bool(self.jobs_b) and parts.onhand >= self.jobs_b[0])
            n = self.jobs_b.popleft()
            parts.add(-n)
            self.ring()
            yield self.env.timeout(n * JOB_B * self.rng.expovariate(1.0))
            b.coming -= n
            b.add(n)
            self.ring()

    def result(self) -> list[float]:
        """Fill rate and mean stock of P, A, B, C."""
        self.env.run(until=DAYS * 24)
        for stock in self.stock.values():
            stock.add(0)
        means = [s.area / (DAYS * 24) for s in self.stock.values()]
        return [self.filled / self.wanted, *means]


def test_an_independent_simpy_plant_agrees_in_distribution() -> None:
    """Means and spreads of fill rate and of four mean stocks over 80 runs of eight weeks."""
    oracle = np.array([Oracle(seed).result() for seed in range(REPLICATIONS)])
    reach = model(plant(), DAYS)
    runs = run(reach, DAYS, 400, 1)
    points = [reach.find("points", ("W", i)) for i in "PABC"]
    twin = np.column_stack([runs.points["fill"][:, points[0]], runs.points["stock"][:, points]])
    assert 0.3 < oracle[:, 0].mean() < 0.999  # neither idle nor drowned
    for i, name in enumerate(("fill", "P", "A", "B", "C")):
        a, b = oracle[:, i], twin[:, i]
        error = math.sqrt(a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b))
        assert abs(a.mean() - b.mean()) < 3.3 * error, (name, a.mean(), b.mean(), error)
        assert 0.6 < a.std(ddof=1) / b.std(ddof=1) < 1.6, (name, a.std(), b.std())
