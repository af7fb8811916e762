"""The twin beside SimPy, SupplyNetPy and stockpyl: one model, one machine, one run.

    uv run python benchmarks/twin_peers.py [--days 3650]

The model is the three-echelon base-stock chain of `twin_models`; a logical event is a customer's
order or an arrival, counted alike for every tool, those that fall into one of stockpyl's periods
one by one. Each peer runs in an environment of its own that uv makes. All rates are per
process-CPU second, import and compilation left out. Every fill rate must be the twin's within
the error of simulating so many days, as the replications of the twin have it (99.9 %).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

from twin_models import MONDAY, serial

from taktnet.base.names import Names
from taktnet.twin import lower, run

PEERS = (
    ("SimPy, idiomatic", "simpy==4.1.2", "process", 90),
    ("SimPy, callbacks only", "simpy==4.1.2", "lean", 14),
    ("SupplyNetPy", "SupplyNetPy==0.5.1", "supplynetpy", 450),
    ("stockpyl", "stockpyl==1.0.2", "stockpyl", 250),
)
#: Standard deviations within which fill rates are taken as equal.
Z = 3.29
SCRIPT = Path(__file__).with_name("twin_peer.py")


def twin(days: int, replications: int) -> dict[str, float]:
    """Logical events, CPU seconds and fill rate of the twin."""
    model = lower(serial(), None, Names(), MONDAY, days + 1)
    run(model, 10, 1, 0, threads=1)
    start = time.process_time()
    runs = run(model, days, replications, 1, threads=1)
    spent = time.process_time() - start
    fill = runs.points["fill"][:, -1]
    spread = float(fill.std(ddof=1)) * (1 + 1 / replications) ** 0.5
    return {"events": float(runs.events.sum()), "seconds": spent, "fill": float(fill.mean()),
            "spread": spread, "days": float(days * replications)}  # fmt: skip


def peer(package: str, what: str, days: int) -> dict[str, float] | str:
    """What a peer says of itself, or the last line of why it did not run."""
    command = ["uv", "run", "--no-project", "--python", sys.executable, "--with", package,
               "python", str(SCRIPT), what, str(days)]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    if done.returncode:
        return (done.stderr.strip().splitlines() or ["no answer"])[-1]
    return json.loads(done.stdout.strip().splitlines()[-1])


def main() -> int:
    """Print the table of ratios; 1 where a peer did not run or has another fill rate."""
    args = argparse.ArgumentParser(description=__doc__)
    args.add_argument("--days", type=int, default=3650)
    days = args.parse_args().days
    own = twin(days, 40)
    rate, per_day = own["events"] / own["seconds"], own["days"] / own["seconds"]
    error = Z * own["spread"]
    print("| tool | logical events / CPU-s | days / CPU-s | fill rate | twin is faster by | bar |")
    print("|--|--|--|--|--|--|")
    fill = f"{own['fill']:.4f} +- {error:.4f}"
    print(f"| twin | {rate:,.0f} | {per_day:,.0f} | {fill} | 1 | |")
    failed = False
    for name, package, what, bar in PEERS:
        found = peer(package, what, days)
        if isinstance(found, str):
            print(f"| {name} | did not run: {found} | | | | {bar} |")
            failed = True
            continue
        made, days_rate = found["events"] / found["seconds"], found["days"] / found["seconds"]
        ratio = rate / made
        print(
            f"| {name} | {made:,.0f} | {days_rate:,.0f} | {found['fill']:.4f} | {ratio:,.0f}"
            f" | {bar} |"
        )
        if abs(found["fill"] - own["fill"]) > error:
            print(f"{name} does not have the same fill rate", file=sys.stderr)
            failed = True
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
