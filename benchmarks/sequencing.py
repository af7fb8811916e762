"""Car sequencing against CP-SAT: `uv run python benchmarks/sequencing.py [--json] [files ...]`.

Problems of CSPLib's problem 1: the files named, else six of 200 to 400 cars made like its own (five
options) and like those of Perron & Shaw (eight). Taktnet and CP-SAT alone each have 20 s of the
wall clock and two workers, one after the other, and make the same thing small: cars above p, summed
over all windows of q. One untimed call compiles the walk first. Bar: fewer than CP-SAT on every
one, or as few where that is proven to be the least.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from taktnet.plan.sequencing import Cars, read_cars, score, sequence_cars

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from support.cars import EIGHT, FIVE, made_cars

SECONDS, WORKERS = 20.0, 2


def cp_sat(cars: Cars) -> tuple[int | None, int]:
    """Cars above p of the order that CP-SAT finds, and its bound."""
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    x = [[model.new_bool_var("") for _ in cars.classes] for _ in range(cars.count)]
    for place in x:
        model.add_exactly_one(place)
    for c, k in enumerate(cars.classes):
        model.add(sum(place[c] for place in x) == k.count)
    over = []
    for o in cars.options:
        carry = [c for c, k in enumerate(cars.classes) if o.id in k.options]
        for t in range(cars.count - o.window + 1):
            more = model.new_int_var(0, o.window - o.most, "")
            held = sum(x[u][c] for u in range(t, t + o.window) for c in carry)
            model.add(held <= o.most + more)
            over.append(more)
    model.minimize(sum(over))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = SECONDS
    solver.parameters.num_workers = WORKERS
    status = solver.solve(model)
    bound = int(solver.best_objective_bound)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None, bound
    order = [
        next(k.id for c, k in enumerate(cars.classes) if solver.boolean_value(place[c]))
        for place in x
    ]
    return sum(score(cars, order).excess.values()), bound


def problems(files: list[str]) -> dict[str, Cars]:
    """The problems to solve, by name."""
    if files:
        return {Path(f).name: read_cars(Path(f).read_text("utf-8"), f) for f in files}
    sizes = (200, 300, 400)
    five = {f"five options, {n} cars": made_cars(n, n, ratios=FIVE) for n in sizes}
    return five | {f"eight options, {n} cars": made_cars(n, n, ratios=EIGHT) for n in sizes}


def main() -> None:
    """Measure, print, and exit with 1 where CP-SAT is as good without a proof."""
    sequence_cars(made_cars(20, 1), moves=20_000)
    rows: list[dict[str, Any]] = []
    for name, cars in problems([a for a in sys.argv[1:] if not a.startswith("--")]).items():
        own = sequence_cars(cars, seconds=SECONDS, workers=WORKERS)
        assert sum(score(cars, own.sequence).excess.values()) == own.ratios
        peer, bound = cp_sat(cars)
        least = own.ratios == max(bound, own.lower)
        kept = peer is None or own.ratios < peer or (own.ratios == peer and least)
        rows.append(
            {"problem": name, "taktnet": own.ratios, "cp_sat": peer, "kept": kept,
             "bound": max(bound, own.lower), "million_moves": round(own.moves / 1e6, 1)}
        )  # fmt: skip
        if "--json" not in sys.argv:
            r = rows[-1]
            print(f"{name:26} {r['taktnet']:6} CP-SAT {r['cp_sat']} bound {r['bound']}"
                  f" ({r['million_moves']} M moves) {'kept' if kept else 'MISSED'}")  # fmt: skip
    kept = all(r["kept"] for r in rows)
    if "--json" in sys.argv:
        print(json.dumps({"rows": rows, "bars_kept": kept}))
    sys.exit(0 if kept else 1)


if __name__ == "__main__":
    main()
