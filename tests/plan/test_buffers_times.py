"""Random lead times and stages that may keep no stock: brute force, simulation, conflicts."""

from __future__ import annotations

import itertools
import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taktnet.base.errors import InputFaults
from taktnet.plan.buffers import Arc, Stage, place

Chain = tuple[list[Stage], list[Arc]]


def chances(stage: Stage) -> tuple[tuple[float, float], ...]:
    """The distribution of a stage's time."""
    return stage.times or ((stage.time, 1.0),)


def cost_of(stages: list[Stage], arcs: list[Arc], out: dict[str, int]) -> float:
    """Yearly cost of promises by Humair et al.'s formulas, written out; infinite if impossible."""
    ends = {s.id for s in stages} - {a for a, _ in arcs}
    paths: dict[str, dict[str, int]] = {s.id: {s.id: 1} if s.id in ends else {} for s in stages}
    for s in reversed(stages):
        for a, b in arcs:
            if a == s.id:
                for end, n in paths[b].items():
                    paths[a][end] = paths[a].get(end, 0) + n
    by_id = {s.id: s for s in stages}
    total = 0.0
    for s in stages:
        ends_of = [(n, by_id[e]) for e, n in paths[s.id].items()]
        spread = sum((n * e.factor * e.demand_sd) ** 2 for n, e in ends_of)
        pull = sum(n * e.factor * e.demand_mean for n, e in ends_of)
        mean = sum(n * e.demand_mean for n, e in ends_of)
        arrival = max((out[a] for a, b in arcs if b == s.id), default=0)
        best = math.inf
        for wait in range(arrival, 13):  # to order later than the arrivals allow may pay
            x = [(wait + t - out[s.id], p) for t, p in chances(s)]
            longest = max(v for v, _ in x)
            if longest < 0 or (not s.keeps_stock and longest > 0):
                continue
            late = sum(p * max(0, v) for v, p in x)
            variance = sum(p * max(0, v) ** 2 for v, p in x) - late**2
            early = sum(p * max(0, -v) for v, p in x)
            safety = math.sqrt(spread * late + pull**2 * max(0.0, variance)) + mean * early
            best = min(best, (s.holding or 0) * safety)
        total += best
    return total


@st.composite
def uncertain(draw: st.DrawFn) -> Chain:
    """Small acyclic networks with random times and stages without stock."""
    n = draw(st.integers(2, 4))
    arcs = [(str(a), str(b)) for a in range(n) for b in range(a + 1, n) if draw(st.booleans())]
    ends = {str(i) for i in range(n)} - {a for a, _ in arcs}
    stages = []
    for i in range(n):
        first, more = draw(st.integers(0, 3)), draw(st.integers(1, 3))
        end = str(i) in ends
        stages.append(
            Stage(
                str(i), first, holding=draw(st.integers(1, 9)), k=1.5,
                demand_mean=draw(st.integers(1, 5)) if end else 0,
                demand_sd=draw(st.integers(1, 4)) if end else 0,
                max_service_time=draw(st.integers(0, 4)) if end else None,
                times=((first, 0.75), (first + more, 0.25)) if draw(st.booleans()) else None,
                keeps_stock=end or draw(st.booleans()),
            )
        )  # fmt: skip
    return stages, arcs


@settings(max_examples=80, deadline=None)
@given(uncertain())
def test_no_whole_promises_are_cheaper_with_random_times(chain: Chain) -> None:
    """On small networks the answer equals brute force over every promise, and is proven."""
    stages, arcs = chain
    placed = place(stages, arcs, seconds=5)
    ends = {s.id for s in stages} - {a for a, _ in arcs}
    most = int(sum(max(t for t, _ in chances(s)) for s in stages))
    ranges = [
        range(int(min(most, s.max_service_time or 0)) + 1) if s.id in ends else range(most + 1)
        for s in stages
    ]
    ids = [s.id for s in stages]
    truth = min(
        cost_of(stages, arcs, dict(zip(ids, out, strict=True)))
        for out in itertools.product(*ranges)
    )
    assert placed.cost == pytest.approx(truth, abs=1e-9)
    assert placed.lower <= truth + 1e-9
    promised = {p.stage: round(p.outbound) for p in placed.stages}
    assert cost_of(stages, arcs, promised) == pytest.approx(placed.cost)


def test_stock_on_hand_is_what_a_simulation_finds() -> None:
    """Lead time 2 or 8, demand normal (10, 3): base stock less use leaves the stock foretold.

    At a base stock of mu E[L] + SS the mean of stock less backorders is SS.
    """
    stage = Stage("a", holding=1, demand_mean=10, demand_sd=3, k=2, times=((2, 0.5), (8, 0.5)))
    (placed,) = place([stage], []).stages
    assert placed.safety_stock == pytest.approx(2 * math.sqrt(9 * 5 + 100 * 9))
    chance = random.Random(3)
    left = [
        placed.base_stock - sum(chance.gauss(10, 3) for _ in range(chance.choice((2, 8))))
        for _ in range(20_000)
    ]
    assert sum(left) / len(left) == pytest.approx(placed.safety_stock, rel=0.01)


def test_what_arrives_early_lies_and_is_counted() -> None:
    """A stage bound to promise 8 with a time of 2 or 8 holds half of 6 periods of demand."""
    stage = Stage("a", holding=1, demand_mean=10, demand_sd=3, service_time=8,
                  times=((2, 0.5), (8, 0.5)))  # fmt: skip
    (placed,) = place([stage], []).stages
    assert (placed.covered, placed.safety_stock) == (0, pytest.approx(30))


def test_a_certain_distribution_is_a_fixed_time() -> None:
    """One time of chance 1, and a deviation near 0, cost what the fixed time costs."""
    fixed = place([Stage("a", 5, holding=1, demand_mean=9, demand_sd=3)], [])
    one = Stage("a", holding=1, demand_mean=9, demand_sd=3, times=((5, 1.0),))
    assert place([one], []).cost == pytest.approx(fixed.cost)
    near = Stage("a", 5, holding=1, demand_mean=9, demand_sd=3, time_sd=0.02)
    assert place([near], []).cost == pytest.approx(fixed.cost, rel=2e-3)


def test_a_normal_time_has_the_variance_of_the_textbook() -> None:
    """Methods D1: d 100, sigma 20, L 4, sigma_L 1, 95 %: safety stock 177.16, but for the cut."""
    stage = Stage("a", 4, holding=1, demand_mean=100, demand_sd=20, time_sd=1)
    (placed,) = place([stage], []).stages
    assert placed.safety_stock == pytest.approx(177.16, rel=0.01)


def test_a_chain_of_stages_without_stock_is_answered_with_the_fewest_that_conflict() -> None:
    """Wash 5 and paint 4 cannot promise 3; the mill before them may keep stock and is not named."""
    stages = [
        Stage("mill", 9),
        Stage("wash", 5, keeps_stock=False),
        Stage("paint", 4, keeps_stock=False, demand_sd=1, max_service_time=8),
    ]
    with pytest.raises(InputFaults) as caught:
        place(stages, [("mill", "wash"), ("wash", "paint")])
    (fault,) = caught.value.faults
    assert (fault.field, fault.found, fault.wanted) == ("max_service_time", "8", "at least 9")
    assert '"wash" takes 5 and "paint" takes 4, and they keep no stock' in fault.remedy
    assert "mill" not in str(fault)


def test_one_stage_is_named_where_it_conflicts_alone() -> None:
    """Paint alone takes longer than promised: wash before it does not matter."""
    stages = [
        Stage("wash", 5, keeps_stock=False),
        Stage("paint", 4, keeps_stock=False, demand_sd=1, max_service_time=3),
    ]
    with pytest.raises(InputFaults) as caught:
        place(stages, [("wash", "paint")])
    assert "wash" not in str(caught.value)


def test_a_contract_upstream_can_be_part_of_the_conflict() -> None:
    """A mill that by contract delivers in 6 and a paint shop of 4 without stock make 10."""
    stages = [
        Stage("mill", 9, service_time=6),
        Stage("paint", 4, keeps_stock=False, demand_sd=1, max_service_time=9),
    ]
    with pytest.raises(InputFaults, match='"paint" waits 6 for "mill" and "paint" takes 4'):
        place(stages, [("mill", "paint")])
    relaxed = place([stages[0], Stage("paint", 4, keeps_stock=False, demand_sd=1,
                                      max_service_time=10)], [("mill", "paint")])  # fmt: skip
    assert [p.outbound for p in relaxed.stages] == [6, 10]


@pytest.mark.parametrize(
    ("field", "cell"),
    [("times", "5:0.5 9:0.4"), ("times", "soon"), ("time", "long"), ("keeps_stock", "perhaps"),
     ("service_level", 95), ("time_sd", -1), ("demand_mean", math.nan)],
)  # fmt: skip
def test_wrong_cells_are_told_with_row_and_field(field: str, cell: object) -> None:
    """What cannot be read or cannot be is named."""
    with pytest.raises(InputFaults) as caught:
        place([{"id": "a", field: cell}], [])
    assert [(f.row, f.field) for f in caught.value.faults] == [(2, field)]
