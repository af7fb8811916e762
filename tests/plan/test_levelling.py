"""Levelling: brute force, Monden's numbers, and laws for every demand."""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taktnet.base.errors import InputFaults
from taktnet.plan.assignment import assign
from taktnet.plan.chasing import TIE_RULE, chase_goals
from taktnet.plan.levelling import level_greatest, level_squares, strays

small = st.dictionaries(st.sampled_from("ABCD"), st.integers(0, 4), min_size=1).filter(
    lambda d: 0 < sum(d.values()) <= 7
)
larger = st.dictionaries(st.sampled_from("ABCDEFGH"), st.integers(0, 30), min_size=1).filter(
    lambda d: any(d.values())
)


def orders(demand: dict[str, int]) -> set[tuple[str, ...]]:
    """Every order of the units."""
    return set(permutations(p for p, d in demand.items() for _ in range(d)))


@given(small)
def test_no_order_has_a_smaller_greatest_deviation(demand: dict[str, int]) -> None:
    """Against every order of up to seven units."""
    result = level_greatest(demand)
    assert result.deviation == min(strays(o, demand)[0] for o in orders(demand))
    assert result.proven


@given(small)
def test_no_order_has_a_smaller_sum_of_squares(demand: dict[str, int]) -> None:
    """Against every order of up to seven units, and every one within a unit: exact ORV."""
    found = [strays(o, demand) for o in orders(demand)]
    free, level = level_squares(demand, within=None), level_squares(demand)
    assert free.square == min(squares for _, squares in found)
    assert level.square == min(squares for most, squares in found if most <= 1)
    assert free.proven
    assert level.proven


def test_a_unit_of_deviation_is_kept_where_the_squares_would_break_it() -> None:
    """Eight single units among thirty: least squares alone strays 39/38 of a unit."""
    demand = dict.fromkeys("ABCDEFGH", 1) | {"Y": 15, "Z": 15}
    free, level = level_squares(demand, within=None), level_squares(demand)
    assert free.deviation == Fraction(39, 38)
    assert level.deviation <= 1
    assert free.square < level.square
    assert free.proven
    assert level.proven


@given(larger)
def test_both_answers_are_proven_and_stay_within_their_laws(demand: dict[str, int]) -> None:
    """Below one unit always (Steiner & Yeomans); each best by its own measure; bounds are met."""
    greatest, squares = level_greatest(demand), level_squares(demand)
    assert greatest.deviation < 1
    assert greatest.proven
    assert squares.proven
    assert greatest.deviation <= squares.deviation <= 1
    assert level_squares(demand, within=None).square <= squares.square <= greatest.square


@given(larger)
def test_every_prefix_holds_its_share(demand: dict[str, int]) -> None:
    """After k units, product i was made between k d_i / D - 1 and k d_i / D + 1 times."""
    result, total = level_greatest(demand), sum(demand.values())
    for k in range(1, total + 1):
        for p, d in demand.items():
            assert abs(result.sequence[:k].count(p) - Fraction(k * d, total)) < 1


@given(small, st.integers(2, 4))
def test_a_demand_many_times_over_is_no_harder_to_level(demand: dict[str, int], n: int) -> None:
    """The pattern repeats: n times the demand keeps the same greatest deviation."""
    repeated = {p: n * d for p, d in demand.items()}
    assert level_greatest(repeated).deviation == level_greatest(demand).deviation


def test_the_toyota_pattern_is_within_one_unit_and_the_best_within_a_half() -> None:
    """Toyota Way Fieldbook: 200/100/50/50 runs ABACABAD, 7/8 of a unit late with D."""
    demand = {"A": 4, "B": 2, "C": 1, "D": 1}
    assert strays("ABACABAD", demand) == (Fraction(7, 8), Fraction(37, 8))
    assert level_greatest(demand).deviation == Fraction(1, 2)
    assert level_squares(demand).square == Fraction(25, 8)


def test_a_thousand_units_of_thirty_products_are_levelled_exactly() -> None:
    """Both methods prove their optimum, at most one unit away."""
    rng = Random(7)
    demand = {f"P{i:02}": rng.randint(5, 40) for i in range(29)}
    demand["P29"] = 1000 - sum(demand.values())
    assert sum(demand.values()) == 1000
    assert min(demand.values()) > 0
    for method in (level_greatest, level_squares):
        result = method(demand)
        assert result.proven
        assert result.deviation <= 1


@given(st.integers(1, 6).flatmap(lambda n: st.lists(
    st.lists(st.integers(-20, 20), min_size=n, max_size=n), min_size=n, max_size=n)))  # fmt: skip
def test_assignments_cost_the_least_of_all(table: list[list[int]]) -> None:
    """Against all permutations, and each column once."""
    columns, lower = assign(np.array(table))
    n = len(table)
    assert sorted(columns) == list(range(n))
    cost = sum(table[r][c] for r, c in enumerate(columns))
    assert cost == lower
    assert cost == min(sum(table[r][c] for r, c in enumerate(p)) for p in permutations(range(n)))


def test_goal_chasing_gives_mondens_sequence() -> None:
    """Methods A7: 2, 3, 5 of A, B, C; D_1 = .79 for C; the tie at 5 goes to B over C."""
    result = chase_goals(
        {"A": 2, "B": 3, "C": 5}, {"A": [1, 0, 1, 1], "B": [1, 1, 0, 1], "C": [0, 1, 1, 0]}
    )
    assert "".join(result.sequence) == "CBACBCCABC"
    assert round(result.distances[0], 2) == 0.79
    assert round(result.distances[4], 2) == 0.87
    assert 5 in result.ties
    assert result.tie_rule == TIE_RULE


@given(larger, st.randoms(use_true_random=False))
def test_goal_chasing_makes_what_was_asked_in_an_order_of_its_own(
    demand: dict[str, int], rng: Random
) -> None:
    """The units of the demand, whatever the order in which the models are handed over."""
    parts = {p: [rng.randint(0, 2) for _ in range(3)] for p in demand}
    result = chase_goals(demand, parts)
    assert {p: result.sequence.count(p) for p in demand} == demand
    turned = dict(reversed(list(demand.items())))
    assert chase_goals(turned, parts) == result
    assert result.distances[-1] == 0  # at the end every part is used as planned


@pytest.mark.parametrize("method", [level_greatest, level_squares])
@pytest.mark.parametrize("demand", [{}, {"A": 0}, {"A": -1}, {"A": 1.5}])
def test_a_demand_that_is_none_is_refused(method, demand) -> None:
    """Nothing to level, less than nothing, and half a unit."""
    with pytest.raises(InputFaults):
        method(demand)


def test_goal_chasing_names_what_is_missing() -> None:
    """A model without parts, a list of another length, a demand that is none: all at once."""
    with pytest.raises(InputFaults) as caught:
        chase_goals({"A": 1, "B": -1, "C": 1, "D": 1}, {"A": [1], "B": [1], "C": [1, 1]})
    assert [f.where for f in caught.value.faults] == ["demand", "parts", "parts"]
    with pytest.raises(InputFaults, match="at least one unit"):
        chase_goals({"A": 0}, {"A": [1]})


def test_another_sequence_than_the_demand_is_refused() -> None:
    """Deviations are only told of the same units."""
    with pytest.raises(InputFaults, match="the units of the demand"):
        strays("AB", {"A": 2})
