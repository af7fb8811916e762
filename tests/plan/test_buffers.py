"""Safety-stock placement: published optima, brute force, and bounds that never lie."""

from __future__ import annotations

import math
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.stages import brute
from taktnet.base.errors import InputFaults
from taktnet.plan.buffers import Arc, Stage, place

DATA = Path(os.environ.get("TAKTNET_DATA", Path(__file__).parents[3] / "shared" / "data"))


def willems(number: int) -> Path:
    """The file of one of Willems' chains (2008)."""
    path = DATA / "gsm" / f"willems_{number:02d}.csv"
    if not path.exists():
        pytest.skip(f"reference data absent: gsm/{path.name}")
    return path


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
    placed = place(willems(2), seconds=10)
    assert placed.proven
    assert math.floor(placed.cost / 1e4) == 951  # printed as 9.51 M


@pytest.mark.parametrize(
    ("number", "safety", "total"),
    [(1, 946, 27280), (4, None, None), (6, 805, 1462215), (10, 3939, 35637)],
)
def test_other_chains_are_proven_and_hold_the_published_stock(
    number: int, safety: int | None, total: int | None
) -> None:
    """Gaps close, and stocks are those published for mean lead times to 0.2 %.

    Safety and total stock in units at the optimum, as they come with the data set.
    """
    placed = place(willems(number), seconds=20)
    assert placed.gap <= 1e-6
    if safety and total:
        held = sum(p.safety_stock for p in placed.stages)
        assert held == pytest.approx(safety, rel=2e-3)
        assert held + sum(p.pipeline for p in placed.stages) == pytest.approx(total, rel=2e-3)


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


def line(*times: float, **last: float) -> tuple[list[Stage], list[Arc]]:
    """A line of stages, each dearer than the one before, with demand at its end."""
    n = len(times)
    stages = [Stage(str(i), t, holding=i + 1.0) for i, t in enumerate(times[:-1])]
    stages.append(Stage(str(n - 1), times[-1], holding=n, demand_sd=3, k=2, **last))
    return stages, [(str(i), str(i + 1)) for i in range(n - 1)]


def test_example_6_3_is_solved_exactly() -> None:
    """Snyder & Shen's line 3 -> 2 -> 1: S* = 0, 0, 1 and cost 2 sqrt 2 (methods D4)."""
    stages = [
        Stage("3", 1, holding=2, inbound_time=1),
        Stage("2", 0, holding=4),
        Stage("1", 1, holding=7, demand_sd=1, k=1, max_service_time=1),
    ]
    placed = place(stages, [("3", "2"), ("2", "1")])
    assert placed.cost == pytest.approx(2.8284271247461903, abs=1e-12)
    assert [p.outbound for p in placed.stages] == [0, 0, 1]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 6), min_size=2, max_size=5), st.sampled_from([24, 0.125, 7000, 0.1]))
def test_the_unit_of_time_changes_nothing_but_the_root(times: list[int], unit: float) -> None:
    """Hours for days, eighths, thousands: on the exact grid the cost grows as the root does."""
    plain = place(*line(*times))
    scaled = place(*line(*(t * unit for t in times)))
    assert not scaled.rounded
    assert scaled.cost == pytest.approx(plain.cost * math.sqrt(unit))


def test_times_that_share_no_step_are_rounded_and_it_is_said() -> None:
    """Times of thousands with seven digits are solved on a coarse grid, near the truth."""
    placed = place(*line(1000.1234567, 2345.7654321, 777.1234567))
    assert placed.rounded
    near = place(*line(1000, 2346, 777))
    assert placed.cost == pytest.approx(near.cost, rel=0.005)


def test_a_fixed_promise_is_kept_and_costs() -> None:
    """A stage bound to promise 1 does, and the answer is no cheaper than the free one."""
    stages, arcs = line(3, 2, 4)
    free = place(stages, arcs)
    stages[0] = Stage("0", 3, holding=1.0, service_time=1)
    held = place(stages, arcs)
    assert held.stages[0].outbound == 1
    assert held.cost >= free.cost
    for s in held.stages:
        assert s.covered >= 0


def test_a_promise_too_long_is_answered_with_what_stands_against_it() -> None:
    """Stage 2 cannot promise 9: its own 4 and the 2 that stage 1 promises are all it waits for."""
    stages, arcs = line(3, 5, 4, service_time=9)
    stages[1] = Stage("1", 5, holding=2, service_time=2)
    with pytest.raises(InputFaults) as caught:
        place(stages, arcs)
    (fault,) = caught.value.faults
    assert 'stage "2": service_time is 9, wanted at most 6' in str(fault)
    assert '"1" promises 2' in str(fault)


def test_tables_may_be_dicts_or_frames() -> None:
    """Rows, dicts and Polars frames give the same answer; empty cells take the default."""
    import polars as pl

    stages, arcs = line(3, 2, 4, max_service_time=1)
    dicts = [{n: getattr(s, n) for n in Stage.__slots__} for s in stages]
    links = [{"upstream": a, "downstream": b} for a, b in arcs]
    wanted = place(stages, arcs).cost
    assert place(dicts, links).cost == wanted
    assert place(pl.DataFrame(dicts), pl.DataFrame(links)).cost == wanted


def test_an_arc_may_take_several_units() -> None:
    """Two wheels to a bike: twice the deviation, and the bike carries the cost of both."""
    stages = [Stage("wheel", 4, 10), Stage("bike", 1, 5, demand_sd=3, k=2, demand_mean=7)]
    arcs = [{"upstream": "wheel", "downstream": "bike", "qty": "2"}]
    wheel, bike = place(stages, arcs, holding_rate=1).stages
    assert wheel.pipeline == 2 * 7 * 4
    if wheel.safety_stock:
        assert wheel.cost == pytest.approx(10 * 2 * 2 * 3 * 2)
    assert bike.cost == pytest.approx(25 * 2 * 3 * math.sqrt(bike.covered))
    with pytest.raises(InputFaults, match="qty is two, wanted a number"):
        place(stages, [("wheel", "bike", "two")])


def test_a_published_layout_is_read_as_it_comes(tmp_path: Path) -> None:
    """Columns stageTime, stageCost and so on, arcs from sourceStage to destinationStage."""
    rows = tmp_path / "stages.csv"
    rows.write_text("Stage Name,stageTime,stageCost,avgDemand,stdDevDemand,serviceLevel,xPosition\n"
                    "a,3,5,,,,1\nb,2,1,9,2,0.9,2\n")  # fmt: skip
    links = tmp_path / "links.csv"
    links.write_text("sourceStage,destinationStage\na,b\n")
    same = [Stage("a", 3, 5), Stage("b", 2, 1, 9, 2, 0.9)]
    assert place(rows, links).stages == place(same, [("a", "b")]).stages
    with pytest.raises(InputFaults, match="wanted a CSV file of stages"):
        place(tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("stages", "arcs", "says"),
    [([{"id": "a", "tiem": 1}], [], "tiem"), ([{"time": 1}], [], "id"),
     ([{"id": "a"}], [{"a": "a", "b": "b"}], "upstream and downstream")],
)  # fmt: skip
def test_wrong_columns_are_named(stages: list, arcs: list, says: str) -> None:
    """An unknown or missing column is refused by name."""
    with pytest.raises(InputFaults, match=says):
        place(stages, arcs)


def test_the_time_allowed_holds() -> None:
    """A dense network that cannot be proven stops at its limit, with a bound below its cost."""
    import random

    chance = random.Random(5)
    n = 150
    arcs = [(str(a), str(b)) for a in range(n) for b in range(a + 1, n)
            if b // 30 == a // 30 + 1 and chance.random() < 0.4]  # fmt: skip
    stages = [Stage(str(i), chance.randint(1, 20), chance.randint(1, 9),
                    demand_sd=chance.randint(1, 9) if i >= n - 30 else 0)
              for i in range(n)]  # fmt: skip
    place(stages[:3], [("0", "1")])
    place(stages, arcs, seconds=0.3)
    placed = place(stages, arcs, seconds=1)
    assert placed.seconds <= 1.1
    assert 0 < placed.lower <= placed.cost
