"""Serial lines under random service, beside stockpyl: `uv run python benchmarks/serial.py`.

    python benchmarks/serial.py [--python PYTHON] [stages ...]

Every stage has echelon cost 1 and lead time 2; demand is normal (20, 4), backorders cost 40. Stages
0 is example 6.1 of Snyder & Shen. stockpyl runs in an environment that uv makes, or under PYTHON.
Seconds are of process-CPU time; stockpyl takes half a minute a line.
"""

from __future__ import annotations

import sys
import time

from stockpyl_peer import ask

from taktnet.plan.buffers.serial import Demand, serial

PEER = """
import json, sys, time
from stockpyl.ssm_serial import optimize_base_stock_levels
h, lead, p, mean, sd = json.load(sys.stdin)
n = len(h)
begun = time.process_time()
_, cost = optimize_base_stock_levels(
    num_nodes=n, node_order_in_system=list(range(n, 0, -1)),
    echelon_holding_cost={i + 1: h[i] for i in range(n)},
    lead_time={i + 1: lead[i] for i in range(n)}, stockout_cost=p,
    demand_mean=mean, demand_standard_deviation=sd)
print(json.dumps([cost, time.process_time() - begun]))
"""


def main(words: list[str]) -> None:
    """Print one line a case."""
    python = words[words.index("--python") + 1] if "--python" in words else ""
    serial([1, 1], [1, 1], 9, Demand(5, 1))
    for stages in [int(w) for w in words if w.isdigit()] or [0, 3, 5]:
        case = ([3, 2, 2], [1, 1, 2], 37.12, 5, 1)
        if stages:
            case = ([1] * stages, [2] * stages, 40, 20, 4)
        h, lead, p, mean, sd = case
        begun = time.process_time()
        for _ in range(20):
            cost = serial(h, lead, p, Demand(mean, sd)).cost
        own = (time.process_time() - begun) / 20
        theirs, seconds = ask(PEER, case, python)
        print(
            f"{len(h)} stages: cost {cost:.4f} in {1e3 * own:.2f} ms; stockpyl {theirs:.4f} "
            f"({100 * abs(theirs / cost - 1):.3f} % apart) in {seconds:.1f} s, "
            f"{seconds / own:,.0f} x",
            flush=True,
        )


if __name__ == "__main__":
    main(sys.argv[1:])
