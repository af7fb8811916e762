"""Lines and assemblies under random service: the published optimum, bounds, and simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taktnet.plan.buffers.serial import Demand, Part, assembly, bounds, serial, shang_song

# Snyder & Shen, example 6.1, from the customer upstream.
HOLDING, LEAD, BACKORDER, DEMAND = [3, 2, 2], [1, 1, 2], 37.12, Demand(5, 1)


def simulated(levels: tuple[float, ...], poisson: bool, n: int = 400_000) -> tuple[float, float]:
    """Mean cost of example 6.1 and three standard errors, drawn period by period."""
    chance = np.random.default_rng(7)
    position, cost = np.full(n, np.inf), np.zeros(n)
    for h, periods, level in reversed(list(zip(HOLDING, LEAD, levels, strict=True))):
        drawn = (
            chance.poisson(5 * periods, n)
            if poisson
            else chance.normal(5 * periods, periods**0.5, n)
        )
        position = np.minimum(level, position) - drawn
        cost += h * position
    cost += (BACKORDER + sum(HOLDING)) * np.maximum(-position, 0)
    return float(cost.mean()), float(3 * cost.std() / n**0.5)


def test_example_6_1_reaches_the_published_cost() -> None:
    """C* = 47.668653 within .05 %, levels 6.51, 12.01 and 22.70 (vector ssm.6_1)."""
    line = serial(HOLDING, LEAD, BACKORDER, DEMAND)
    assert line.cost == pytest.approx(47.668653127136345, rel=5e-4)
    assert line.levels == pytest.approx((6.5144, 12.0123, 22.7002), abs=0.03)
    assert sum(line.local) == pytest.approx(line.levels[-1])


def test_poisson_demand_is_exact_on_whole_units() -> None:
    """The same line with Poisson demand of 5: 72.04, published between 72.025 and 72.044."""
    line = serial(HOLDING, LEAD, BACKORDER, Demand(5))
    assert line.cost == pytest.approx(72.0435433050749, rel=5e-4)
    assert line.cost == pytest.approx(72.02506008691718, rel=5e-4)
    assert line.levels == (9, 15, 26)


@pytest.mark.parametrize("levels", [(4, 9, 10), (10, 10, 12), (3, -1, 4), (6.5, 12, 22.7)])
def test_cost_of_given_levels_agrees_with_simulation(levels: tuple[float, ...]) -> None:
    """Any levels, good or bad, cost what drawing four hundred thousand periods says."""
    mean, error = simulated(levels, poisson=False)
    found = serial(HOLDING, LEAD, BACKORDER, DEMAND, levels)
    assert abs(found.cost - mean) <= error
    assert found.levels == levels


@pytest.mark.parametrize(
    ("levels", "published"),
    [((4, 9, 10), 402.3432419162113), ((10, 10, 12), 320.6804885397852),
     ((3, -1, 4), 631.0057613782569), ((6.696779, 12.296447, 23.090356), 47.77466134840843)],
)  # fmt: skip
def test_costs_published_on_a_coarse_grid_are_near(
    levels: tuple[float, ...], published: float
) -> None:
    """stockpyl's values are of ten steps of demand; they lie within 2 % of the exact cost."""
    assert serial(HOLDING, LEAD, BACKORDER, DEMAND, levels).cost == pytest.approx(
        published, rel=0.02
    )


@pytest.mark.parametrize("published", [47.77466134840843, 47.82055507534589])
def test_the_optimum_is_no_dearer_than_those_of_coarse_grids(published: float) -> None:
    """Published optima of example 6.1 on coarse grids lie up to .4 % above the exact one."""
    assert 0.996 * published <= serial(HOLDING, LEAD, BACKORDER, DEMAND).cost <= published


@pytest.mark.parametrize(
    ("levels", "published"),
    [((4, 9, 10), 29.94926804079309), ((10, 10, 12), 29.94946588408094),
     ((3, -1, 4), 29.949464010124)],
)  # fmt: skip
def test_holding_cost_of_given_levels(levels: tuple[float, ...], published: float) -> None:
    """With hardly any backorder cost only the holding cost is left, on the road too."""
    assert serial(HOLDING, LEAD, 1e-9, DEMAND, levels).cost == pytest.approx(published, rel=0.01)


def test_poisson_cost_agrees_with_simulation() -> None:
    """The exact recursion on whole units lies within the error of simulation."""
    line = serial(HOLDING, LEAD, BACKORDER, Demand(5))
    mean, error = simulated(line.levels, poisson=True)
    assert abs(line.cost - mean) <= error


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 9), st.integers(0, 4)), min_size=1, max_size=5),
       st.integers(5, 99), st.booleans())  # fmt: skip
def test_shang_song_bounds_hold_the_optimum(
    stages: list[tuple[int, int]], backorder: int, poisson: bool
) -> None:
    """Every best echelon level lies between its bounds; levels between them cost a little more."""
    holding, lead = [h for h, _ in stages], [t + 1 for _, t in stages]
    demand = Demand(6) if poisson else Demand(20, 4)
    best = serial(holding, lead, backorder, demand)
    for level, (low, high) in zip(
        best.levels, bounds(holding, lead, backorder, demand), strict=True
    ):
        assert low - 0.1 <= level <= high + 0.1
    guess = shang_song(holding, lead, backorder, demand)
    assert best.cost <= guess.cost * (1 + 1e-6)
    assert guess.cost <= best.cost * 1.15


def test_no_near_levels_are_cheaper() -> None:
    """Moving any level of the optimum up or down raises the cost."""
    best = serial(HOLDING, LEAD, BACKORDER, DEMAND)
    for j in range(3):
        for step in (-0.5, 0.5):
            moved = list(best.levels)
            moved[j] += step
            assert serial(HOLDING, LEAD, BACKORDER, DEMAND, moved).cost > best.cost


def test_a_line_is_an_assembly_with_one_part_each() -> None:
    """Rosling's reduction leaves a line as it is."""
    parts = {"c": Part("", 1, 3), "b": Part("c", 1, 2), "a": Part("b", 2, 2)}
    levels, cost = assembly(parts, BACKORDER, DEMAND)
    line = serial(HOLDING, LEAD, BACKORDER, DEMAND)
    assert cost == pytest.approx(line.cost)
    assert [levels[i] for i in "cba"] == pytest.approx(line.levels)


def test_parts_of_equal_total_time_share_a_stage() -> None:
    """Two parts of time 2 under an end item of 1, and one of 5: a line of 1, 2 and 3."""
    parts = {"end": Part("", 1, 3), "x": Part("end", 2, 1), "y": Part("end", 2, 1),
             "z": Part("end", 5, 2)}  # fmt: skip
    levels, cost = assembly(parts, BACKORDER, DEMAND)
    line = serial([3, 2, 2], [1, 2, 3], BACKORDER, DEMAND)
    assert cost == pytest.approx(line.cost)
    assert levels["x"] == levels["y"] == pytest.approx(line.levels[1])
    assert levels["z"] == pytest.approx(line.levels[2])


def test_forms_that_are_no_assembly_are_refused() -> None:
    """Two end items, and parts that go into each other."""
    with pytest.raises(ValueError, match="exactly one end item"):
        assembly({"a": Part("", 1, 1), "b": Part("", 1, 1)}, 9, DEMAND)
    ring = {"a": Part("", 1, 1), "b": Part("c", 1, 1), "c": Part("b", 1, 1)}
    with pytest.raises(ValueError, match="goes into itself"):
        assembly(ring, 9, DEMAND)


@pytest.mark.parametrize("wrong", [([], []), ([1], [1, 2]), ([0], [1]), ([1], [-1]), ([1], [0])])
def test_impossible_lines_are_refused(wrong: tuple[list[float], list[float]]) -> None:
    """No stage, unequal lists, free stock, and times that cannot be."""
    with pytest.raises(ValueError, match=r"lead times|above zero"):
        serial(*wrong, 9, DEMAND)
