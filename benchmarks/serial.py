"""Serial lines under random service, beside stockpyl.

    python benchmarks/serial.py [--peer PYTHON] [stages ...]

`--peer` is an interpreter with stockpyl 1.0.2 and NumPy below 2. Every stage has echelon cost 1 and
lead time 2; demand is normal (20, 4), backorders cost 40. Example 6.1 of Snyder & Shen is stages 0.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time

from taktnet.plan.buffers.serial import Demand, serial

PEER = """
import json, sys, time
from stockpyl.ssm_serial import optimize_base_stock_levels
h, lead, p, mean, sd = json.load(sys.stdin)
n = len(h)
begun = time.perf_counter()
_, cost = optimize_base_stock_levels(
    num_nodes=n, node_order_in_system=list(range(n, 0, -1)),
    echelon_holding_cost={i + 1: h[i] for i in range(n)},
    lead_time={i + 1: lead[i] for i in range(n)}, stockout_cost=p,
    demand_mean=mean, demand_standard_deviation=sd)
print(json.dumps([cost, time.perf_counter() - begun]))
"""


def main(words: list[str]) -> None:
    """Print one line a case."""
    peer = words[words.index("--peer") + 1] if "--peer" in words else None
    for stages in [int(w) for w in words if w.isdigit()] or [0, 3, 5]:
        case = ([3, 2, 2], [1, 1, 2], 37.12, 5, 1)
        if stages:
            case = ([1] * stages, [2] * stages, 40, 20, 4)
        h, lead, p, mean, sd = case
        times = []
        for _ in range(5):
            begun = time.perf_counter()
            cost = serial(h, lead, p, Demand(mean, sd)).cost
            times.append(time.perf_counter() - begun)
        line = f"{len(h)} stages: cost {cost:.4f} in {1e3 * min(times):.2f} ms"
        if peer:
            done = subprocess.run([peer, "-W", "ignore", "-c", PEER], input=json.dumps(case),
                                  capture_output=True, text=True, check=True)  # fmt: skip
            theirs, seconds = json.loads(done.stdout.splitlines()[-1])
            line += f"; stockpyl {theirs:.4f} ({100 * abs(theirs / cost - 1):.3f} % apart) in "
            line += f"{seconds:.1f} s, {seconds / min(times):,.0f} x"
        print(line, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
