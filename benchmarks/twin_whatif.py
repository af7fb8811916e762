"""What a what-if costs: eight answers to a late shipment ranked, and what shared luck saves.

    uv run python benchmarks/twin_whatif.py [--quick]

The live state is folded from the facts of a simulated month. Ranking: 14 days, the base and eight
answers, until the best is known with an error of 5 % or 32 replications are spent on each; wall
time is of two threads, the median of repeats, each from a new position of the ledger: the network
was lowered before, the state is laid into it within the time.
Shared luck: ten what-ifs, the variance of the difference of a measure with luck of its own for
either side over that with shared luck.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Sequence

import numpy as np
from twin_models import MONDAY

from taktnet.network import Network
from taktnet.network.generate import generate
from taktnet.state import State
from taktnet.twin import AnyChange, Penalties, Rules, Scenario, Start, Threads, compare, rank
from taktnet.twin import changes as c
from taktnet.twin.layout import DAY, Table
from taktnet.twin.trace import names_of, numbered

BEFORE, DAYS = 30, 14


def live(network: Network) -> Start:
    """A start from the state after a simulated month."""
    start = Start(network, MONDAY, BEFORE + 1)
    sim = start.sim()
    sim.begin(1, 0, trace=True)
    sim.run_to(BEFORE)
    names = names_of(sim, start.own_names)
    state = State(names)
    state.fold(numbered(sim.trace(), 0))
    return Start(network, MONDAY + BEFORE * DAY, DAYS, state, names)


def largest(start: Start) -> tuple[str, str, str]:
    """The most valuable shipment to a point that is due within five days: its name, site, item."""
    model = start.model
    road, link = model.fresh[Table.ROAD], model.fresh[Table.LINK]
    cost = model.static[Table.PLACE]["cost"]
    mean = {lane.id: lane.transit_h * 3600e6 for lane in start.network.lanes}
    left = [mean[model.lanes[r["lane"]]] - r["age"] if r["lane"] >= 0 else 0.0 for r in road]
    worth = [
        float(r["qty"] * cost[link["dest"][r["ref"]]]) if r["ref"] >= 0 and 0 < d < 5 * DAY else 0.0
        for r, d in zip(road, left, strict=True)
    ]
    i = int(np.argmax(worth))
    return (model.shipments[i][0], *model.points[link["dest"][road["ref"][i]]])


def answers(start: Start, shipment: str, site: str, item: str) -> list[Scenario]:
    """Eight answers to a late shipment."""
    p = start.model.find("points", (site, item))
    row = start.model.fresh[Table.POINT][p]
    field = "level" if row["level"] else "reorder"
    level = float(row[field]) / 1e6 or 10.0
    made: list[tuple[str, AnyChange]] = [
        (f"expedite by {h} h", c.Delay(shipment, -h)) for h in (24.0, 48.0, 96.0)
    ]
    made += [
        (f"level x {f}", c.Point(site, item, **{field: level * f})) for f in (0.8, 1.2, 1.5, 2.0)
    ]
    made.append(("sell less", c.Demand(0.9, item=start.model.demands[0][1])))
    return [Scenario(name=name, changes=(change,)) for name, change in made]


def ranking(sites: int, bar: float, repeats: int) -> None:
    """One row: the time to rank eight answers."""
    start = live(generate(sites, 1))
    shipment, site, item = largest(start)
    late = Scenario(name="late", changes=(c.Delay(shipment, 72.0),))
    options = answers(start, shipment, site, item)
    wall, cpu, laid, found = [], [], [], None
    state = start.state
    assert state is not None
    for seed in range(repeats + 1):
        at, used = time.perf_counter(), time.process_time()
        now = start.later(start.at, state)
        assert now is not None and now.model.live
        laid.append(time.perf_counter() - at)
        found = rank(now, late, options, DAYS, seed=seed, rules=Rules(most=32),
                     penalties=Penalties(late_per_day=0.05), workers=Threads(2))  # fmt: skip
        wall.append(time.perf_counter() - at)
        cpu.append(time.process_time() - used)
    assert found is not None
    runs = sum(len(p.option.runs) for p in found.places)
    events = sum(int(p.option.runs.events.sum()) for p in found.places)
    print(
        f"| {sites} sites, 8 answers x {DAYS} d | {statistics.median(wall[1:]):.2f} s"
        f" | {statistics.median(laid[1:]):.2f} s | {statistics.median(cpu[1:]):.2f} | {runs}"
        f" | {events / 1e6:.1f} M"
        f" | {found.error:.3f} | {bar} s |"
    )


def what_ifs(start: Start) -> list[Scenario]:
    """Ten what-ifs of a live network, one of each usual kind."""
    model = start.model
    shipment, site, item = largest(start)
    p = model.find("points", (site, item))
    row = model.fresh[Table.POINT][p]
    level = max(float(row["level"]), float(row["reorder"]), 10e6) / 1e6
    used = model.fresh[Table.LINK]["lane"]
    lane = model.lanes[int(np.bincount(used[used >= 0]).argmax())]
    loop = start.network.loops[0]
    point = next(q for q in start.network.stock_points if q.policy in ("base_stock", "sS"))
    column = "base_stock" if point.policy == "base_stock" else "order_up_to"
    key = f"{point.site}|{point.item}"
    made: list[tuple[str, AnyChange]] = [
        ("a shipment three days late", c.Delay(shipment, 72.0)),
        ("a shipment lost", c.Lose(shipment)),
        ("a lane down for two days", c.Down("lane", lane, 24.0, 72.0)),
        ("a line down for a day", c.Down("resource", model.resources[0], 24.0, 48.0)),
        ("a site down for half a day", c.Down("site", site, 24.0, 36.0)),
        ("half the capacity of a line", c.Capacity("resource", model.resources[0], 0.5, 168.0)),
        ("a customer takes 10 % more", c.Demand(1.1, *model.demands[0])),
        ("another level", c.Point(site, item, level=level * 1.2, reorder=level * 1.1)),
        ("two cards more", c.Row("loops", loop.id, {"cards": loop.cards + 2})),
        (
            "a larger base stock",
            c.Row("stock_points", key, {column: round(1.2 * getattr(point, column), 6)}),
        ),
    ]
    return [Scenario(name=name, changes=(change,)) for name, change in made]


def shared_luck(sites: int, replications: int) -> None:
    """A row for each what-if: how many times shared luck cuts the variance."""
    start = live(generate(sites, 2))
    cuts: dict[str, list[float]] = {"stock": [], "cost": []}
    print("| what-if | stock | cost |\n|--|--|--|")
    found = compare(start, answers=what_ifs(start), days=DAYS, replications=replications,
                    most=replications, penalties=Penalties(late_per_day=0.05))  # fmt: skip
    for option in found.answers:
        row = [_cut(option.values[m], found.base.values[m]) for m in cuts]
        for m, cut in zip(cuts, row, strict=True):
            cuts[m].append(cut)
        print(f"| {option.name} | {_times(row[0])} | {_times(row[1])} |")
    medians = [statistics.median(x for x in v if x < float("inf")) for v in cuts.values()]
    print(f"| **median** | {_times(medians[0])} | {_times(medians[1])} |\n\nThe bar is 20 x.")


def _cut(one: np.ndarray, other: np.ndarray) -> float:
    """Endless where the difference is the same in every replication, but for rounding."""
    shared = (one - other).var(ddof=1)
    apart = one.var(ddof=1) + other.var(ddof=1)
    return float(apart / shared) if shared > 1e-20 * apart else float("inf")


def _times(x: float) -> str:
    return "always the same" if x == float("inf") else f"{x:,.0f} x"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print both tables."""
    args = argparse.ArgumentParser(description=__doc__)
    args.add_argument("--quick", action="store_true", help="a minute")
    quick = args.parse_args(arguments).quick
    print("| ranking | wall | of it the state | CPU s | runs | events | stated error | bar |")
    print("|--|--|--|--|--|--|--|--|")
    for sites, bar in ((200, 0.5), (1000, 1.5)):
        ranking(sites, bar, 2 if quick else 7)
    print()
    shared_luck(60 if quick else 200, 40 if quick else 200)


if __name__ == "__main__":
    main()
