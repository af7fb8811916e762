"""How long exact levelling takes: `uv run python benchmarks/levelling.py [--json]`.

1,000 units of 30 products in five mixes, from near equal to one product with most of the demand.
Both exact methods, each against goal chasing on the products themselves (the same rule with every
product its own part), in the same run. One untimed call compiles the kernel first. Times
are those of the processor: one thread that never waits. Bars: <= 0.5 s,
greatest deviation <= 1 unit.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from random import Random
from typing import Any

from taktnet.plan.chasing import chase_goals
from taktnet.plan.levelling import level_greatest, level_squares, strays

UNITS, PRODUCTS = 1000, 30
MIXES = {"equal": 0.0, "mild": 0.5, "mixed": 1.0, "skewed": 2.0, "one giant": 6.0}


def mix(power: float, seed: int) -> dict[str, int]:
    """A demand of 1,000 units in which shares are random numbers to the power."""
    rng = Random(seed)
    shares = [rng.random() ** power for _ in range(PRODUCTS)]
    counts = [1 + int((UNITS - PRODUCTS) * s / sum(shares)) for s in shares]
    counts[counts.index(max(counts))] += UNITS - sum(counts)
    return {f"P{i:02}": n for i, n in enumerate(counts)}


def chased(demand: dict[str, int]) -> tuple[str, ...]:
    """Goal chasing with every product as its own part."""
    names = sorted(demand)
    return chase_goals(demand, {p: [int(p == q) for q in names] for p in names}).sequence


def measure(
    name: str, demand: dict[str, int], method: str, run: Callable[..., Any]
) -> dict[str, Any]:
    """Seconds, greatest deviation, sum of squares, and whether it is proven the best."""
    start = time.process_time()
    result = run(demand)
    seconds = time.process_time() - start
    if isinstance(result, tuple):
        most, squares = strays(result, demand)
        proven = False
    else:
        most, squares, proven = result.deviation, result.square, result.proven
    return {
        "mix": name, "method": method, "seconds": round(seconds, 3),
        "deviation": round(float(most), 4), "squares": round(float(squares), 2), "proven": proven,
    }  # fmt: skip


def main() -> None:
    """Measure, print, and exit with 1 where a bar is missed."""
    level_squares({"A": 2, "B": 1})
    methods = {
        "least greatest deviation": level_greatest,
        "least squares": level_squares,
        "goal chasing": chased,
    }
    rows = [
        measure(name, mix(power, 3), method, run)
        for name, power in MIXES.items()
        for method, run in methods.items()
    ]
    exact = [r for r in rows if r["method"] != "goal chasing"]
    kept = all(r["seconds"] <= 0.5 and r["deviation"] <= 1 and r["proven"] for r in exact)
    if "--json" in sys.argv:
        print(json.dumps({"rows": rows, "bars_kept": kept}))
    else:
        print(f"{UNITS} units of {PRODUCTS} products")
        print(f"{'mix':10} {'method':25} {'s':>6} {'deviation':>10} {'squares':>9}  proven")
        for r in rows:
            print(
                f"{r['mix']:10} {r['method']:25} {r['seconds']:6.3f} {r['deviation']:10.4f} "
                f"{r['squares']:9.2f}  {'yes' if r['proven'] else 'no'}"
            )
        print("bars: 0.5 s, 1 unit:", "kept" if kept else "MISSED")
    sys.exit(0 if kept else 1)


if __name__ == "__main__":
    main()
