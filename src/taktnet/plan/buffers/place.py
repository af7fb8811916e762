"""Place the safety stock of a supply chain: least holding cost for the promised service."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from taktnet.plan.buffers import exact, tree
from taktnet.plan.buffers.bound import Sweeps, raise_bound
from taktnet.plan.buffers.branch import close
from taktnet.plan.buffers.chain import Chain, read_chain
from taktnet.plan.buffers.price import expected_time
from taktnet.plan.buffers.search import Space, improve
from taktnet.plan.buffers.stage import Arc, Stage

#: A list of Stage rows or pairs, a list of dicts, a Polars frame or a CSV file: see `stage.tables`.
Table = Iterable[Stage] | Iterable[Arc] | Iterable[Mapping[str, Any]] | Path | str | Any
Watch = Callable[[float, float], None]
#: Chains of so many stages are branched on before they are searched.
SMALL = 400


class Placed(NamedTuple):
    """What a stage keeps: times in periods, stock in units, money a year.

    `covered` is the net replenishment time SI + T - S that the safety stock spans, expected where
    T is random; a stage with 0 keeps none and makes to order. `base_stock` is mean demand over
    `covered` and the safety stock, `pipeline` what is in process and on the road on average.
    """

    stage: str
    inbound: float
    outbound: float
    covered: float
    safety_stock: float
    cost: float
    base_stock: float = 0.0
    pipeline: float = 0.0


@dataclass(frozen=True)
class Placement:
    """The answer: cost a year, a proven lower bound, and every stage.

    `rounded` says that times were rounded to `1 / scale` periods, the finest grid that is solved;
    `solve_seconds` leaves out reading the tables. `bounded_by` is the method that proved `lower`:
    "tree" (dynamic programming), "branching" (on message passing) or "CP-SAT" (the exact model).
    """

    cost: float
    lower: float
    stages: tuple[Placed, ...]
    scale: float
    rounded: bool
    seconds: float
    solve_seconds: float = 0.0
    bounded_by: str = "tree"

    @property
    def gap(self) -> float:
        """(cost - lower) / cost; 0 is a proven optimum."""
        return 0.0 if self.cost <= 0 else max(0.0, (self.cost - self.lower) / self.cost)

    @property
    def strategic(self) -> tuple[Placed, ...]:
        """Stages that keep stock and serve at once, dearest first: where the chain is decoupled."""
        at_once = [p for p in self.stages if p.safety_stock > 0 and p.outbound <= 1e-9]
        return tuple(sorted(at_once, key=lambda p: (-p.cost, p.stage)))

    @property
    def proven(self) -> bool:
        """Whether nothing cheaper exists."""
        return self.gap <= 1e-7


def place(
    stages: Table,
    arcs: Table = None,
    *,
    holding_rate: float = 0.35,
    seconds: float = 10.0,
    gap: float = 1e-7,
    seed: int = 0,
    start: Mapping[str, float] | None = None,
    clock: Callable[[], float] = time.perf_counter,
    watch: Watch | None = None,
) -> Placement:
    """Service times and safety stocks of least yearly cost (guaranteed service).

    Trees are solved exactly at once; other networks are searched until `gap` is proven or
    `seconds` are over; a gap that branching must leave on a small one goes to CP-SAT.
    `holding_rate` is the yearly holding cost as a share of cumulative cost.
    `start` are promises by stage to begin from: the answer is no dearer, as far as they can be
    kept. `watch(cost, lower)` hears of progress. Raises InputFaults for bad tables.
    """
    _load()
    begun = clock()
    chain = read_chain(stages, arcs, holding_rate)
    read = clock()
    space = Space(chain)
    cost, values = space.solve(np.arange(len(chain.links.ups)), space.low, space.high)
    lower, (cost, mended) = cost, space.mend(values)
    if space.used.all():
        values = mended if cost <= lower * (1 + 1e-12) else values  # without idle waits if it can
        return _placement(chain, lower, lower, values, (clock() - begun, clock() - read))
    cost, values = min((cost, mended), _from(space, start or {}), key=lambda known: known[0])
    sweeps, chance, proven = Sweeps(space), np.random.default_rng(seed), 0.0

    def left(until: float) -> Callable[[float], bool]:
        def go_on(_: float) -> bool:
            if watch:
                watch(cost, max(sweeps.lower, proven))
            return clock() - begun < until and cost - max(sweeps.lower, proven) > gap * cost

        return go_on

    def propose(proposed: np.ndarray) -> np.ndarray:
        nonlocal cost, values
        new, mended = space.mend(proposed)
        if new < cost:
            cost, values = new, mended
        return mended

    raise_bound(sweeps, propose, left(seconds * 0.1))
    if chain.n <= SMALL:  # a small gap is closed at once, without a search that uses its time
        early = sweeps.copy()
        close(early, lambda: cost, propose, gap, left(clock() - begun + seconds * 0.1))
        proven = early.lower
    cost, values = improve(space, cost, values, chance, left(seconds * 0.2))
    raise_bound(sweeps, propose, left(seconds * 0.4))
    cost, values = improve(space, cost, values, chance, left(seconds * 0.5))
    close(sweeps, lambda: cost, propose, gap, left(seconds * 0.95))
    sweeps.lower, by = max(sweeps.lower, proven), "branching"
    go_on = left(seconds * 0.95)
    if go_on(cost) and exact.fits(sweeps, seconds * 0.95 - (clock() - begun)):
        lower, found = exact.solve(sweeps, cost, values, go_on, gap=gap, seed=seed)
        propose(found)
        if lower > sweeps.lower:
            sweeps.lower, by = min(lower, cost), "CP-SAT"
    cost, values = improve(space, cost, values, chance, left(seconds))
    return _placement(chain, cost, sweeps.lower, values, (clock() - begun, clock() - read), by)


@cache
def _load() -> None:
    """Compile or load every kernel once, so that it does not count as time to search."""
    ring = [("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")]
    chain = read_chain([Stage(id, 1, 1) for id in "abc"] + [Stage("d", 1, 1, 1, 1)], ring, 1.0)
    space = Space(chain)
    cost, values = space.mend(space.solve(np.arange(4), space.low, space.high)[1])
    Sweeps(space).sweep()
    once = iter((True, False))
    improve(space, cost, values, np.random.default_rng(0), lambda _: next(once))


def _from(space: Space, start: Mapping[str, float]) -> tuple[float, np.ndarray]:
    """The cost and values of given promises, mended where they cannot be kept."""
    c = space.chain
    promised = [round(start.get(row.id, 0.0) * c.scale) for row in c.rows]
    return space.mend(np.concatenate([np.array(promised, np.int64), c.inbound]))


def _placement(  # noqa: PLR0917 - the answer's parts
    chain: Chain,
    cost: float,
    lower: float,
    values: np.ndarray,
    seconds: tuple[float, float],
    by: str = "tree",
) -> Placement:
    n, scale = chain.n, chain.scale
    gaps = values[n:] + chain.time - values[:n]
    rows = np.arange(n)
    covered, safety = chain.stocks.covered[rows, gaps], chain.stocks.safety[rows, gaps]
    cost = tree.total_cost(n, values, chain.price, chain.time)
    mean = chain.wants.mean
    columns = (values[n:] / scale, values[:n] / scale, covered, safety, chain.holding * safety,
               mean * covered + safety,
               mean * np.array([expected_time(row) for row in chain.rows]))  # fmt: skip
    placed = tuple(
        Placed(*cells)
        for cells in zip(
            [row.id for row in chain.rows], *(c.tolist() for c in columns), strict=True
        )
    )
    return Placement(cost, min(lower, cost), placed, chain.scale, chain.rounded, *seconds, by)
