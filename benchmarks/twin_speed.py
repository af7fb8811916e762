"""How fast the twin is: events per process-CPU second, and what a fork and a start cost.

    uv run python benchmarks/twin_speed.py [--quick]

An event is what leaves the queue of pending events: a customer's order, an arrival, the end of a
job, a shift, a departure, a failure and so on; orders that wait for nothing are no events of
their own. Statistics are always on.
"""

from __future__ import annotations

import argparse
import time

from twin_models import MONDAY, serial

from taktnet.base.names import Names
from taktnet.network.generate import generate
from taktnet.twin import Model, lower, run


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


def fork(model: Model) -> None:
    """The time of a fork of a run in the middle, and of a reload."""
    sim = model.sim()
    sim.begin(1, 0)
    sim.run_to(30)
    other = sim.fork()
    n, start = 200, time.perf_counter()
    for _ in range(n):
        other.load(sim)
    reload = (time.perf_counter() - start) / n
    start = time.perf_counter()
    for _ in range(n):
        sim.fork()
    made = (time.perf_counter() - start) / n
    print(
        f"\nstate of {len(model.sites)} sites: {sim.nbytes / 1e6:.2f} MB, fork {made * 1e3:.2f} ms,"
        f" reload {reload * 1e3:.2f} ms"
    )


def main() -> None:
    """Print the table."""
    args = argparse.ArgumentParser(description=__doc__)
    args.add_argument("--quick", action="store_true", help="a few seconds")
    quick = args.parse_args().quick
    print("| network | events | CPU s | events / CPU-s | bar |\n|--|--|--|--|--|")
    chain = lower(serial(), None, Names(), MONDAY, 3651)
    line("3-echelon base-stock chain, 10 years", *rate(chain, 3650, 5 if quick else 50), 15)
    for sites, bar, days in ((200, 8, 365), (1000, 6, 120 if quick else 365)):
        start = time.perf_counter()
        model = lower(generate(sites, 1), None, Names(), MONDAY, days)
        spent = time.perf_counter() - start
        replications = 2 if quick else 10
        line(f"generated, {sites} sites", *rate(model, days, replications), bar)
        print(f"| lowering {sites} sites for {days} days | | {spent:.2f} | | |")
        if sites == 200:
            small = model
    fork(small)


if __name__ == "__main__":
    main()
