"""The twin beside SimPy, SupplyNetPy and stockpyl: one model, one machine, one run.

    uv run python benchmarks/twin_peers.py [--days 3650]

The model is the three-echelon base-stock chain of `twin_models`; a logical event is a customer's
order or an arrival, counted alike for every tool. Each peer runs in an environment of its own
that uv makes. All rates are per process-CPU second, import and compilation left out.
stockpyl knows only fixed whole lead times, so its rate is by days simulated.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from twin_models import MONDAY, serial

from taktnet.base.names import Names
from taktnet.twin import lower, run

PEERS = (
    ("SimPy, idiomatic", "simpy==4.1.2", "process"),
    ("SimPy, callbacks only", "simpy==4.1.2", "lean"),
    ("SupplyNetPy", "SupplyNetPy==0.5.1", "supplynetpy"),
    ("stockpyl", "stockpyl==1.0.2", "stockpyl"),
)
SCRIPT = Path(__file__).with_name("twin_peer.py")


def twin(days: int, replications: int) -> dict[str, float]:
    """Logical events, CPU seconds and fill rate of the twin."""
    model = lower(serial(), None, Names(), MONDAY, days + 1)
    run(model, 10, 1, 0, threads=1)
    start = time.process_time()
    runs = run(model, days, replications, 1, threads=1)
    spent = time.process_time() - start
    fill = float(np.mean(runs.points["fill"][:, -1]))
    return {"events": float(runs.events.sum()), "seconds": spent, "fill": fill,
            "days": float(days * replications)}  # fmt: skip


def peer(package: str, what: str, days: int) -> dict[str, float] | str:
    """What a peer says of itself, or the last line of why it did not run."""
    command = ["uv", "run", "--no-project", "--python", sys.executable, "--with", package,
               "python", str(SCRIPT), what, str(days)]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    if done.returncode:
        return (done.stderr.strip().splitlines() or ["no answer"])[-1]
    return json.loads(done.stdout.strip().splitlines()[-1])


def main() -> None:
    """Print the table of ratios."""
    args = argparse.ArgumentParser(description=__doc__)
    args.add_argument("--days", type=int, default=3650)
    days = args.parse_args().days
    own = twin(days, 40)
    rate = own["events"] / own["seconds"]
    print("| tool | logical events / CPU-s | days / CPU-s | fill rate | twin is faster by |")
    print("|--|--|--|--|--|")
    per_day = own["days"] / own["seconds"]
    print(f"| twin | {rate:,.0f} | {per_day:,.0f} | {own['fill']:.4f} | 1 |")
    for name, package, what in PEERS:
        found = peer(package, what, days)
        if isinstance(found, str):
            print(f"| {name} | did not run: {found} | | | |")
            continue
        days_rate = found["days"] / found["seconds"]
        made = found["events"] / found["seconds"]
        ratio = rate / made if found["events"] else per_day / days_rate
        print(f"| {name} | {made:,.0f} | {days_rate:,.0f} | {found['fill']:.4f} | {ratio:,.0f} |")


if __name__ == "__main__":
    main()
