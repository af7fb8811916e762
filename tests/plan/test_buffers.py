"""Safety-stock placement: published optima, brute force, and bounds that never lie."""

from __future__ import annotations

import csv
import itertools
import math
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taktnet.base.errors import InputFaults
from taktnet.plan.buffers import Arc, Stage, place

DATA = Path(os.environ.get("TAKTNET_DATA", Path(__file__).parents[3] / "shared" / "data"))


def willems(number: int) -> tuple[list[Stage], list[Arc]]:
    """One of Willems' chains (2008)."""
    path = DATA / "gsm" / f"willems_{number:02d}.csv"
    if not path.exists():
        pytest.skip(f"reference data absent: gsm/{path.name}")
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))[1:]
    stages, arcs = [], []
    for row in rows:
        end = row[5] != ""
        stages.append(
            Stage(
                row[0], float(row[1]), float(row[3]),
                demand_sd=float(row[6] or 0) if end else 0.0,
                k=float(row[7] or 0) if end else None,
                max_service_time=float(row[2] or 0) if end else None,
            )
        )  # fmt: skip
        arcs += [(row[u], row[0]) for u in range(8, len(row), 2) if row[u]]
    return stages, arcs


def test_snyder_shen_example_6_5_is_solved_exactly() -> None:
    """Tree with an outside supplier: S* = 0 0 0 1, cost 8.277916867529369 (vector gsm.6_5)."""
    stages = [
        Stage("1", 2, holding=1, inbound_time=1),
        Stage("3", 1, holding=2),
        Stage("2", 1, holding=3, demand_sd=1, k=1, max_service_time=0),
        Stage("4", 1, holding=3, demand_sd=1, k=1, max_service_time=1),
    ]
    placed = place(stages, [("1", "3"), ("3", "2"), ("3", "4")])
    assert placed.cost == pytest.approx(8.277916867529369, abs=1e-12)
    assert placed.proven
    by_id = {p.stage: p for p in placed.stages}
    assert [by_id[i].outbound for i in "1324"] == [0, 0, 0, 1]
    assert [round(by_id[i].safety_stock, 4) for i in "1324"] == [2.4495, 1.4142, 1.0, 0.0]


def test_chain_02_is_proven_at_its_published_cost() -> None:
    """Humair & Willems (2011): 9.51 M for chain 02."""
    placed = place(*willems(2), seconds=10)
    assert placed.proven
    assert math.floor(placed.cost / 1e4) == 951  # printed as 9.51 M


@pytest.mark.parametrize("number", [1, 4, 6, 10])
def test_other_chains_are_solved_to_a_proven_optimum(number: int) -> None:
    """Every chain at hand closes its gap within the time allowed."""
    placed = place(*willems(number), seconds=20)
    assert placed.gap <= 1e-6


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


@st.composite
def chains(draw: st.DrawFn) -> tuple[list[Stage], list[Arc]]:
    """Small acyclic networks; arcs go from earlier to later stages."""
    n = draw(st.integers(2, 5))
    arcs = [(str(a), str(b)) for a in range(n) for b in range(a + 1, n) if draw(st.booleans())]
    ends = {str(i) for i in range(n)} - {a for a, _ in arcs}
    stages = [
        Stage(
            str(i), draw(st.integers(0, 3)), holding=draw(st.integers(1, 9)),
            demand_sd=draw(st.integers(1, 4)) if str(i) in ends else 0, k=1,
            max_service_time=0 if str(i) in ends else None,
        )
        for i in range(n)
    ]  # fmt: skip
    return stages, arcs


@settings(max_examples=120, deadline=None)
@given(chains())
def test_no_whole_service_times_are_cheaper(chain: tuple[list[Stage], list[Arc]]) -> None:
    """On small networks the answer equals brute force, and the bound never exceeds it."""
    placed = place(*chain, seconds=3)
    truth = brute(*chain)
    assert placed.cost == pytest.approx(truth, abs=1e-9)
    assert placed.lower <= truth + 1e-9


def test_faults_are_named_all_at_once() -> None:
    """A negative time, an unknown stage and a loop to itself are three faults."""
    with pytest.raises(InputFaults) as caught:
        place([Stage("A", -1), Stage("B", 1)], [("A", "C"), ("B", "B")])
    assert len(caught.value.faults) == 3


def test_a_cycle_is_refused_by_name() -> None:
    """Arcs that run in a ring have no upstream."""
    with pytest.raises(InputFaults, match="A, B"):
        place([Stage("A", 1), Stage("B", 1)], [("A", "B"), ("B", "A")])
