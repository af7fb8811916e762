"""Random supply chains for guaranteed service, and the least cost by trying everything."""

from __future__ import annotations

import itertools
import math
import random

from taktnet.plan.buffers import Arc, Stage


def network(stages: int, arcs: int, seed: int, unit: float = 1.0) -> tuple[list[Stage], list[Arc]]:
    """A random network of three layers: few costly end items, many cheap parts; times on a grid."""
    chance = random.Random(seed)
    layer = sorted(chance.choice([0, 0, 1, 2]) for _ in range(stages))
    links = {(a, b) for a in range(stages) for b in range(stages) if layer[b] == layer[a] + 1}
    links = set(chance.sample(sorted(links), min(arcs, len(links))))
    ends = set(range(stages)) - {a for a, _ in links}
    rows = [
        Stage(str(i), unit * chance.choice([1, 2, 3, 5, 7]), chance.lognormvariate(2, 1),
              demand_sd=chance.randint(1, 40) if i in ends else 0,
              max_service_time=unit * chance.choice([0, 0, 2]) if i in ends else None)
        for i in range(stages)
    ]  # fmt: skip
    return rows, [(str(a), str(b)) for a, b in sorted(links)]


def brute(stages: list[Stage], arcs: list[Arc]) -> float:
    """Least cost over every whole outbound service time."""
    ids = [s.id for s in stages]
    at = {s: i for i, s in enumerate(ids)}
    ends = set(ids) - {a for a, _ in arcs}
    paths = {i: {i: 1} if i in ends else {} for i in ids}
    for i in reversed(ids):
        for a, b in arcs:
            if a == i:
                for end, n in paths[b].items():
                    paths[i][end] = paths[i].get(end, 0) + n
    sd = {s.id: s.demand_sd for s in stages}
    spread = [math.sqrt(sum((n * sd[e]) ** 2 for e, n in paths[i].items())) for i in ids]
    longest = [0] * len(ids)
    for k, i in enumerate(ids):
        longest[k] = int(stages[k].time) + max(
            (longest[at[a]] for a, b in arcs if b == i), default=0
        )
    ranges = [range(1) if i in ends else range(longest[k] + 1) for k, i in enumerate(ids)]
    best = math.inf
    for out in itertools.product(*ranges):
        total = 0.0
        for k, s in enumerate(stages):
            arrival = max((out[at[a]] for a, b in arcs if b == s.id), default=0)
            covered = arrival + s.time - out[k]
            if covered < 0:
                total = math.inf
                break
            total += (s.holding or 0) * spread[k] * math.sqrt(covered)
        best = min(best, total)
    return best
