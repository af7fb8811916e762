"""How fast the twin is: events per process-CPU second, and what a fork and a start cost.

    uv run python benchmarks/twin_speed.py [--quick]

An event is what leaves the queue of pending events: a customer's order, an arrival, the end of a
job, a shift, a departure, a failure and so on; orders that wait for nothing are no events of
their own. Statistics are always on.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable

from twin_models import MONDAY, serial

from taktnet.base.names import Names
from taktnet.network.generate import generate
from taktnet.twin import Model, lower, run
from taktnet.twin.layout import DTYPES, Table


def rate(model: Model, days: float, replications: int) -> tuple[int, float]:
    """Events and process-CPU seconds of replications on one thread, after a warm-up."""
    run(model, min(days, 5), 1, 0, threads=1)
    start = time.process_time()
    runs = run(model, days, replications, 1, threads=1)
    return int(runs.events.sum()), time.process_time() - start


def line(what: str, events: int, seconds: float, bar: float) -> None:
    """One row of the table."""
    made = f"{events / seconds / 1e6:.1f} M"
    print(f"| {what} | {events / 1e6:.1f} M | {seconds:.2f} | {made} | {bar} M |")


def least(what: Callable[[], object]) -> float:
    """The least process-CPU milliseconds of a call."""
    best = math.inf
    for _ in range(200):
        start = time.process_time()
        made = what()
        best = min(best, time.process_time() - start)
        del made
    return best * 1e3


def fork(model: Model) -> None:
    """The time of a fork of a run in the middle, and of a reload; what pending events take."""
    sim = model.sim()
    sim.begin(1, 0)
    sim.run_to(30)
    other = sim.fork()
    print(
        f"\nstate of {len(model.sites)} sites: {sim.nbytes / 1e6:.2f} MB,"
        f" fork {least(sim.fork):.2f} ms (bar 0.5), reload {least(lambda: other.load(sim)):.2f} ms"
    )
    node, bucket = DTYPES[Table.NODE].itemsize, DTYPES[Table.BUCKET].itemsize
    print(
        f"a million pending events: {node + bucket} to {2 * (node + bucket)} MB with their"
        f" buckets (bar 64), {DTYPES[Table.CELL].itemsize} more where all carry goods or an order"
    )


def main() -> None:
    """Print the table."""
    args = argparse.ArgumentParser(description=__doc__)
    args.add_argument("--quick", action="store_true", help="a few seconds")
    quick = args.parse_args().quick
    print("| network | events | CPU s | events / CPU-s | bar |\n|--|--|--|--|--|")
    small: list[Model] = []
    chain = lower(serial(), None, Names(), MONDAY, 3651)
    line("3-echelon base-stock chain, 10 years", *rate(chain, 3650, 5 if quick else 50), 15)
    for sites, bar, days in ((200, 8, 365), (1000, 6, 120 if quick else 365)):
        start = time.perf_counter()
        model = lower(generate(sites, 1), None, Names(), MONDAY, days)
        spent = time.perf_counter() - start
        replications = 2 if quick else 10
        events, cpu = rate(model, days, replications)
        line(f"generated, {sites} sites", events, cpu, bar)
        print(f"| lowering {sites} sites for {days} days | | {spent:.2f} | | |")
        if sites == 200:
            small.append(model)
            whole = cpu / replications * 1000
            print(
                f"| 1,000 replications of 1 year, from {replications} | | {whole:.0f} | | 100 s |"
            )
    for model in small:
        fork(model)


if __name__ == "__main__":
    main()
