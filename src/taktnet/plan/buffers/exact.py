"""Close a gap that branching leaves on a small chain: the exact model, solved by CP-SAT.

Stages have whole service times S and SI, in steps of the chain's grid, and the price of
SI + T - S from a table; arcs are S_i <= SI_j. Prices are scaled to whole units and rounded down,
so that a bound on the scaled cost, scaled back, never exceeds the true optimum.
Branching is many times faster as long as it has memory, so this comes last (`benchmarks/gsm.py
exact`).
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import numpy as np

from taktnet.plan.buffers.bound import Sweeps
from taktnet.plan.buffers.convolve import FAR

#: Most prices of all stages together: larger models raised no bound within ten seconds.
MOST_PRICES = 1000
#: Units of cost per stage: rounding takes less than 1e-8 of the cost known before off the bound.
UNITS = 100_000_000
#: Seconds that must be left to load the solver and to build the model.
LOADING, BUILDING = 3.0, 0.2


def fits(sweeps: Sweeps, seconds: float) -> bool:
    """Whether a chain is small enough, and `seconds` long enough, for the exact model."""
    loaded = "ortools.sat.python.cp_model" in sys.modules
    small = int(_widths(sweeps).sum()) <= MOST_PRICES
    return small and seconds >= (BUILDING if loaded else LOADING)


def solve(
    sweeps: Sweeps,
    cost: float,
    values: np.ndarray,
    go_on: Callable[[float], bool],
    *,
    gap: float = 0.0,
    seed: int = 0,
) -> tuple[float, np.ndarray]:
    """A proven lower bound on the cost (0 if there was no time), and the best values found.

    It starts from feasible `values` (2n,) of that `cost` > 0, and keeps within the bounds of
    `sweeps`. It ends at a relative `gap`, or once `go_on(lower)`, asked every tenth of a
    second, says so.
    """
    from ortools.sat.python import cp_model

    model, n = cp_model.CpModel(), sweeps.space.chain.n
    units = UNITS * n / cost
    known, total = _state(model, sweeps, values, units)
    # Each price lost less than one unit: no answer is below this.
    model.add(total >= max(0, math.floor(sweeps.lower * units) - n))
    model.minimize(total)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = seed
    solver.parameters.relative_gap_limit = gap
    solver.parameters.linearization_level = 2  # no bound of use without (benchmarks/gsm.py exact)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(solver.solve, model)
        try:
            while not wait([running], 0.1).done:
                if not go_on(sweeps.lower):
                    solver.stop_search()
        finally:
            solver.stop_search()
    if running.result() not in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
        return 0.0, values
    found = np.array([solver.value(v) for v in known], np.int64)
    return solver.best_objective_bound / units, found


def _widths(sweeps: Sweeps) -> np.ndarray:
    """How many gaps SI + T - S each stage may have, (n,)."""
    c = sweeps.space.chain
    n = c.n
    return np.maximum(0, sweeps.high[n:] + c.time - sweeps.low[:n]) + 1


def _state(model: Any, sweeps: Sweeps, values: np.ndarray, units: float) -> tuple[list[Any], Any]:
    """Write the variables and rules; S and SI of every stage, and the sum of all prices."""
    c = sweeps.space.chain
    n = c.n
    known = [
        model.new_int_var(int(a), int(b), "") for a, b in zip(sweeps.low, sweeps.high, strict=True)
    ]
    for variable, value in zip(known, values.tolist(), strict=True):
        model.add_hint(variable, value)
    for a, b in zip(c.links.ups.tolist(), c.links.downs.tolist(), strict=True):
        model.add(known[a] <= known[n + b])
    prices: list[Any] = []
    for i, width in enumerate(_widths(sweeps).tolist()):
        row = c.price[i, :width]
        able = row[row < FAR]
        gap = model.new_int_var(0, len(able) - 1, "")
        model.add(gap == known[n + i] + int(c.time[i]) - known[i])
        table = np.floor(able * units).astype(np.int64).tolist()
        price = model.new_int_var(min(table), max(table), "")
        model.add_element(gap, table, price)
        prices.append(price)
    return known, sum(prices)
