"""Car sequencing against CP-SAT: `uv run python benchmarks/sequencing.py [--json] [files ...]`.

Problems of CSPLib's problem 1: the files named, else of 200 to 400 cars made like its own (five
options), like those of Perron & Shaw (eight), and painted in six colours with batches of at most
ten; `--seeds 3` makes three of each. Taktnet and CP-SAT alone each have 20 s of the wall clock and
two workers, one after the other, and make the same thing small: cars above p, summed over all
windows of q, and then changes of colour. One untimed call compiles the walk first. Bar: less than
CP-SAT on every one, or as little where that is proven to be the least.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from taktnet.plan.sequencing import Cars, read_cars, score, sequence_cars

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from support.cars import EIGHT, FIVE, made_cars

SECONDS, WORKERS = 20.0, 2


def worth(cars: Cars, order: Sequence[str]) -> int:
    """Cars above p and then changes of colour, as one number."""
    found = score(cars, order)
    above = sum(found.excess.values())
    return above * cars.count + found.changes if len(cars.colours) > 1 else above


def painted(model: Any, cars: Cars, x: list[list[Any]]) -> list[Any]:
    """The changes of colour in a model, with the limit of batches kept."""
    changes: list[Any] = []
    own = [[c for c, k in enumerate(cars.classes) if k.colour == name] for name in cars.colours]
    worn = [[sum(place[c] for c in rows) for rows in own] for place in x]
    for t in range(1, cars.count):
        new = model.new_bool_var("")
        for now, before in zip(worn[t], worn[t - 1], strict=True):
            model.add(new >= now - before)
        changes.append(new)
    limit = cars.paint_limit or cars.count
    for t in range(cars.count - limit):
        for k in range(len(own)):
            model.add(sum(worn[u][k] for u in range(t, t + limit + 1)) <= limit)
    return changes


def cp_sat(cars: Cars) -> tuple[int | None, int]:
    """What the order that CP-SAT finds is worth, and its bound."""
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
    if len(cars.colours) > 1:
        model.minimize(cars.count * sum(over) + sum(painted(model, cars, x)))
    else:
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
    return worth(cars, order), bound


def problems(files: list[str], seeds: int) -> dict[str, Cars]:
    """The problems to solve, by name."""
    if files:
        return {Path(f).name: read_cars(Path(f).read_text("utf-8"), f) for f in files}
    made: dict[str, Cars] = {}
    for k in range(seeds):
        for n in (200, 300, 400):
            five = made_cars(n, n + k, ratios=FIVE)
            painted = made_cars(n, n + k, ratios=FIVE, colours=6, paint_limit=10)
            made |= {
                f"five options, {n} cars, no. {k}": five,
                f"eight options, {n} cars, no. {k}": made_cars(n, n + k, ratios=EIGHT),
                f"painted, {n} cars, no. {k}": painted,
            }
    return made


def main() -> None:
    """Measure, print, and exit with 1 where CP-SAT is as good without a proof."""
    sequence_cars(made_cars(20, 1), moves=20_000)
    rows: list[dict[str, Any]] = []
    given = sys.argv[1:]
    seeds = int(given.pop(given.index("--seeds") + 1)) if "--seeds" in given else 1
    for name, cars in problems([a for a in given if not a.startswith("--")], seeds).items():
        own = sequence_cars(cars, seconds=SECONDS, workers=WORKERS)
        assert sum(score(cars, own.sequence).excess.values()) == own.ratios
        ours, (peer, bound) = worth(cars, own.sequence), cp_sat(cars)
        many = len(cars.colours) > 1
        bound = max(bound, own.lower * cars.count + own.lower_changes if many else own.lower)
        kept = peer is None or ours < peer or ours == peer == bound
        rows.append(
            {"problem": name, "taktnet": ours, "cp_sat": peer, "kept": kept, "bound": bound,
             "above": own.ratios, "changes": own.score.changes,
             "million_moves": round(own.moves / 1e6, 1)}
        )  # fmt: skip
        if "--json" not in sys.argv:
            r = rows[-1]
            print(f"{name:32} {r['taktnet']:6} CP-SAT {r['cp_sat']} bound {r['bound']}"
                  f" ({r['million_moves']} M moves) {'kept' if kept else 'MISSED'}")  # fmt: skip
    kept = all(r["kept"] for r in rows)
    if "--json" in sys.argv:
        print(json.dumps({"rows": rows, "bars_kept": kept}))
    sys.exit(0 if kept else 1)


if __name__ == "__main__":
    main()
