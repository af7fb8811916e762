"""How long a pull decision takes per event: `uv run python benchmarks/decide.py [events]`.

Generated networks of 200 and 2,000 sites, opening stock at every point, then uses at random points
and what the decisions ask for: shipments and receipts, or productions. One event a batch, as the
writer hands them over: fold, look at what it touched, decide, fold the decision, word it. Lowering
is not in it. The two networks are measured in turn, five times each; the best round counts.
Bars: <= 200 us at 200 sites, at 2,000 sites at most 1.3 times that.
"""

from __future__ import annotations

import argparse
import time
from collections import deque
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import numpy as np

from taktnet.base.names import Names
from taktnet.ledger import event as e
from taktnet.ledger.fact import FACT, Lowering, micros
from taktnet.network import Network
from taktnet.network.generate import generate
from taktnet.policy import Rules
from taktnet.state import State

START = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
NOW = micros(START)
ROUNDS = 5


class Bench:
    """One network, opened with full stock, and how many events it decides on."""

    def __init__(self, network: Network) -> None:
        self.names = Names()
        self.rules = Rules(network, self.names)
        self.state = State(self.names)
        self.lowering = Lowering(self.names)
        self.rng, self.n = Random(5), 0
        self.points = _full(network)
        self.keys = list(self.points)
        self.answers: deque[Any] = deque()
        opening = [self._event(e.StockReceived, key, qty) for key, qty in self.points.items()]
        self.rules.step(self.state, self._lower(opening), NOW)

    def round(self, events: int) -> tuple[float, float]:
        """Mean microseconds of so many events, and how many of them led to a decision."""
        spent, decided = 0.0, 0
        for _ in range(events):
            facts = self._lower([self._next()])
            begin = time.perf_counter()
            decisions = self.rules.step(self.state, facts, NOW).decisions
            spent += time.perf_counter() - begin
            decided += len(decisions)
            self.answers.extend(decisions)
        return spent / events * 1e6, decided / events

    def _lower(self, events: list[Any]) -> np.ndarray:
        return np.concatenate([np.frombuffer(self.lowering.facts(x, NOW), FACT) for x in events])

    def _event(self, kind: Any, key: tuple[str, str], qty: float, **more: Any) -> Any:
        self.n += 1
        at = START + timedelta(milliseconds=self.n)
        return kind(source="mes", id=f"e{self.n}", at=at, site=key[0], item=key[1], qty=qty, **more)

    def _next(self) -> Any:
        """A use, or the next thing that a decision asks for."""
        if len(self.answers) < 50 or self.rng.random() < 0.5:
            key = self.rng.choice(self.keys)
            return self._event(e.StockConsumed, key, max(1.0, round(self.points[key] / 10)))
        one = self.answers.popleft()
        key = (one.site, one.item)
        if isinstance(one, e.GoodsShipped):
            return self._event(e.GoodsReceived, (one.to, one.item), one.qty, shipment=one.shipment)
        if one.action == "produce":
            return self._event(e.StockProduced, key, one.qty, order=one.decision)
        shipped = self._event(
            e.GoodsShipped, (one.origin, one.item), one.qty, to=one.site,
            shipment=f"S{self.n}", order=one.decision,
        )  # fmt: skip
        self.answers.append(shipped)
        return shipped


def _full(network: Network) -> dict[tuple[str, str], float]:
    """Every point with a policy or a loop, and the stock that satisfies it."""
    full: dict[tuple[str, str], float] = {}
    for p in network.stock_points:
        level = max(p.base_stock, p.order_up_to, p.reorder_point + p.order_qty)
        full[p.site, p.item] = max(level, 20.0)
    for loop in network.loops:
        full[loop.site, loop.item] = loop.cards * loop.container_qty
    return full


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("events", type=int, nargs="?", default=4_000, help="events a round")
    events = parser.parse_args().events
    benches = {sites: Bench(generate(sites, 1)) for sites in (200, 2_000)}
    rounds = {sites: [bench.round(events)] for sites, bench in benches.items()}
    for _ in range(ROUNDS - 1):
        for sites, bench in benches.items():
            rounds[sites].append(bench.round(events))
    best = {sites: min(means) for sites, means in rounds.items()}
    print(f"{'sites':>6} {'points':>7} {'decisions/event':>16} {'us/event':>9}  bar")
    for sites, bench in benches.items():
        bar = 200 if sites == 200 else 1.3 * best[200][0]
        print(
            f"{sites:>6} {len(bench.points):>7} {best[sites][1]:>16.2f} {best[sites][0]:>9.1f}"
            f"  <= {bar:.1f}"
        )
    begin = time.perf_counter()
    found = len(benches[2_000].rules.examine_all(benches[2_000].state, NOW).decisions)
    print(f"full look at 2,000 sites: {(time.perf_counter() - begin) * 1e3:.1f} ms, {found} found")


if __name__ == "__main__":
    main()
