"""Safety-stock placement on published chains: `uv run python benchmarks/gsm.py chains 60`.

    python benchmarks/gsm.py large [seconds] [stages] [arcs] [seed]
    python benchmarks/gsm.py chains [seconds] [folder of willems_NN.csv]
    python benchmarks/gsm.py exact [seconds]
    python benchmarks/gsm.py trees [stages ...] [--python PYTHON]

`large` is a generated network of the size of Willems' largest. `exact` stops branching after its
first cut, and shows what CP-SAT makes of the gap, beside branching that goes on. `trees` stand
beside stockpyl, which must reach the same cost, in an environment that uv makes or under PYTHON.
Compiling is done before any clock starts; the clock is this process's own time on one core, so
that other work on the machine does not count.
"""

from __future__ import annotations

import os
import random
import sys
import time
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

from stockpyl_peer import ask

from taktnet.plan.buffers import Arc, Stage, branch, exact, place
from taktnet.plan.buffers.place import Table

DATA = Path(os.environ.get("TAKTNET_DATA", Path(__file__).parents[1] / ".." / "shared" / "data"))

PEER = """
import json, sys, time
from stockpyl.gsm_tree import optimize_committed_service_times
from stockpyl.supply_chain_network import SupplyChainNetwork
from stockpyl.supply_chain_node import SupplyChainNode
from stockpyl.demand_source import DemandSource
from stockpyl.gsm_tree import preprocess_tree, relabel_nodes
data = json.load(sys.stdin)
net = SupplyChainNetwork()
for i, (t, h, sd) in enumerate(data["nodes"]):
    node = SupplyChainNode(i)
    node.processing_time, node.local_holding_cost = t, h
    node.external_inbound_cst = 0
    if sd:
        node.demand_source = DemandSource(type="N", mean=0, standard_deviation=sd)
        node.external_outbound_cst, node.demand_bound_constant = 0, 1
    net.add_node(node)
for a, b in data["arcs"]:
    net.add_edge(a, b)
net = preprocess_tree(net)
taken = []
for _ in range(3):
    begun = time.process_time()
    _, cost = optimize_committed_service_times(net)
    taken.append(time.process_time() - begun)
print(json.dumps([cost, min(taken)]))
"""


def network(stages: int, arcs: int, seed: int) -> tuple[list[Stage], list[Arc]]:
    """A layered acyclic network of the form of Willems' largest: many parts, few end items."""
    chance = random.Random(seed)
    shares = [0.35, 0.25, 0.2, 0.12, 0.08]
    ends = [round(stages * sum(shares[: k + 1])) for k in range(len(shares))]
    layers = [list(range(a, b)) for a, b in zip([0, *ends], ends, strict=False)]
    of = {i: k for k, layer in enumerate(layers) for i in layer}
    links: set[tuple[int, int]] = set()
    for i in range(stages):
        k = of[i]
        if k:
            links.add((chance.choice(layers[k - 1]), i))
        if k + 1 < len(layers):
            links.add((i, chance.choice(layers[k + 1])))
    while len(links) < arcs:
        k = chance.randrange(len(layers) - 1)
        down = chance.choice(layers[min(len(layers) - 1, k + 1 + (chance.random() < 0.2))])
        links.add((chance.choice(layers[k]), down))
    rows = [
        Stage(
            str(i), chance.choice([1, 2, 3, 5, 7, 10, 14, 21, 30, 45]) if of[i] < 2
            else chance.choice([1, 2, 3, 4, 5, 7, 10]),
            chance.lognormvariate(2 - 0.4 * of[i], 1),
            demand_sd=chance.lognormvariate(3, 1) if of[i] == len(layers) - 1 else 0.0,
            max_service_time=chance.choice([0, 0, 2, 5]) if of[i] == len(layers) - 1 else None,
        )
        for i in range(stages)
    ]  # fmt: skip
    return rows, [(str(a), str(b)) for a, b in sorted(links)]


def tree(stages: int, seed: int) -> tuple[list[Stage], list[Arc]]:
    """A random tree; stages without customers have demand."""
    chance = random.Random(seed)
    links = []
    for i in range(1, stages):
        other = chance.randrange(max(0, i - 12), i)
        links.append((other, i) if chance.random() < 0.6 else (i, other))
    ends = set(range(stages)) - {a for a, _ in links}
    rows = [
        Stage(str(i), chance.randint(1, 6), holding=chance.randint(1, 20),
              demand_sd=chance.randint(1, 9) if i in ends else 0.0, k=1.0,
              max_service_time=0 if i in ends else None)
        for i in range(stages)
    ]  # fmt: skip
    return rows, [(str(a), str(b)) for a, b in links]


def report(label: str, seconds: float, stages: Table, arcs: Table = None) -> float:
    """Solve within `seconds` of this process's own time, and print one line; the gap."""
    begun = time.process_time()
    found = place(stages, arcs, seconds=seconds, clock=time.process_time)
    taken = time.process_time() - begun
    print(
        f"{label}: {len(found.stages)} stages, cost {found.cost:,.2f}, bound {found.lower:,.2f}, "
        f"gap {100 * found.gap:.4f} %, {taken:.2f} s of {seconds:g} s",
        flush=True,
    )
    return found.gap


def chains(seconds: float, folder: Path) -> None:
    """Every chain of a folder, and how many gaps closed."""
    paths = sorted(folder.glob("willems_*.csv"))
    if not paths:
        raise SystemExit(f"no willems_*.csv in {folder}: set TAKTNET_DATA or name the folder")
    gaps = [report(path.stem, seconds, path) for path in paths]
    proven, near = sum(g <= 1e-6 for g in gaps), sum(g <= 0.02 for g in gaps)
    print(f"{len(gaps)} chains: {proven} proven, {near} within 2 %, worst {100 * max(gaps):.3f} %")


def closed(seconds: float) -> None:
    """Gaps that stopped branching leaves, without and with CP-SAT; and branching not stopped."""
    from ortools.sat.python import cp_model  # noqa: F401 - loaded before any clock starts

    for n, m, seed in ((40, 120, 1), (60, 240, 2)):
        chance, (stages, arcs) = random.Random(seed), network(n, m, seed)
        stages = [replace(row, time=chance.choice([1, 1, 2, 3])) for row in stages]
        for label, memory, most in (
            ("stopped", 0, 0),
            ("stopped, then CP-SAT", 0, exact.MOST_PRICES),
            ("not stopped", branch.MEMORY, 0),
        ):
            with patch.object(branch, "MEMORY", memory), patch.object(exact, "MOST_PRICES", most):
                report(f"{n}/{m}/{seed} {label}", seconds, stages, arcs)


def trees(sizes: list[int], python: str) -> None:
    """Trees beside stockpyl, in process-CPU seconds: the best of several runs of either."""
    for size in sizes:
        stages, arcs = tree(size, size)
        runs, own = [], float("inf")
        for _ in range(10):
            begun = time.process_time()
            runs += [place(stages, arcs, clock=time.process_time) for _ in range(20)]
            own = min(own, (time.process_time() - begun) / 20)
        found, solve = runs[0], min(run.solve_seconds for run in runs)
        data = {
            "nodes": [[s.time, s.holding, s.demand_sd] for s in stages],
            "arcs": [[int(a), int(b)] for a, b in arcs],
        }
        cost, seconds = ask(PEER, data, python)
        print(
            f"tree of {size}: cost {found.cost:.9f} in {1e3 * own:.2f} ms; stockpyl {cost:.9f} in "
            f"{seconds:.2f} s, {seconds / own:,.0f} x; {seconds / solve:,.0f} x without "
            "reading the tables",
            flush=True,
        )


def main(words: list[str]) -> None:
    """Run what the words ask for."""
    place(*tree(6, 1))
    place(*network(30, 60, 1), seconds=60)  # compiles every kernel
    kind, rest = (words or ["large"])[0], words[1:]
    if kind == "large":
        numbers = [float(w) for w in rest]
        seconds, n, m, seed = [*numbers, *[10, 2025, 16225, 1][len(numbers) :]]
        report("generated", seconds, *network(int(n), int(m), int(seed)))
    elif kind == "chains":
        folder = Path(rest[1]) if len(rest) > 1 else DATA / "gsm"
        chains(float(rest[0]) if rest else 10.0, folder)
    elif kind == "exact":
        closed(float(rest[0]) if rest else 20.0)
    else:
        python = rest[rest.index("--python") + 1] if "--python" in rest else ""
        trees([int(w) for w in rest if w.isdigit()] or [20, 100], python)


if __name__ == "__main__":
    main(sys.argv[1:])
