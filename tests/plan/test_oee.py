"""OEE and EPEI: the books' numbers, their identities, and the traps."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taktnet.base.errors import InputFaults
from taktnet.plan.epei import Part, epei
from taktnet.plan.oee import Made, oee, together

MIN = 60.0


def test_the_shift_of_oee_com() -> None:
    """480-min shift, 60 break, 47 down, 1.0 s, 19,271 made, 423 rejects: OEE .747937."""
    result = oee(420 * MIN, 373 * MIN, [Made(1.0, 19_271, 19_271 - 423)])
    assert result.availability == pytest.approx(0.888095, abs=1e-6)
    assert result.performance == pytest.approx(0.861081, abs=1e-6)
    assert result.quality == pytest.approx(0.978050, abs=1e-6)
    assert result.oee == pytest.approx(0.747937, abs=1e-6)


def test_the_second_published_shift() -> None:
    """420 of 480 min, 1 min, 400 made, 380 good: .875 x .952381 x .95 = .791667."""
    result = oee(480 * MIN, 420 * MIN, [Made(MIN, 400, 380)])
    assert (result.availability, result.quality) == (0.875, 0.95)
    assert result.performance == pytest.approx(0.952381, abs=1e-6)
    assert result.oee == pytest.approx(0.7916667, abs=1e-7)


made_rows = st.lists(
    st.tuples(st.floats(0.1, 100), st.integers(1, 999), st.floats(0, 1)), min_size=1, max_size=4
).map(lambda rows: [Made(i, n, int(n * g)) for i, n, g in rows])


@given(st.floats(1, 1e6), st.floats(0.01, 1), made_rows)
def test_the_factors_multiply_to_the_direct_form(
    planned: float, share: float, made: list[Made]
) -> None:
    """A x P x Q = sum(good x ideal) / planned to 1e-12, for mixed products too."""
    result = oee(planned, planned * share, made)
    assert result.availability is not None
    assert result.performance is not None
    assert result.quality is not None
    product = result.availability * result.performance * result.quality
    assert product == pytest.approx(result.oee, rel=1e-12)
    assert result.oee == pytest.approx(sum(m.ideal_s * m.good for m in made) / planned, rel=1e-12)


def test_more_than_possible_is_reported_and_not_capped() -> None:
    """Performance above 1: the ideal cycle is wrong, and the number stays as it is."""
    result = oee(100, 50, [Made(1, 60, 60)])
    assert result.performance == 1.2
    assert result.cycle_wrong
    assert not oee(100, 60, [Made(1, 60, 60)]).cycle_wrong


def test_nothing_planned_is_no_data() -> None:
    """An empty denominator is None, not zero: no planned time, no run time, nothing made."""
    none = oee(0, 0, [])
    assert (none.availability, none.performance, none.quality, none.oee) == (None,) * 4
    idle = oee(100, 0, [])
    assert (idle.availability, idle.performance, idle.quality, idle.oee) == (0, None, None, 0)


def test_machines_add_up_by_time_and_not_by_mean() -> None:
    """A small machine at 100 % and one nine times as large at 50 % are 55 %, not 75 %."""
    small = oee(100, 100, [Made(1, 100, 100)])
    large = oee(900, 900, [Made(1, 450, 450)])
    assert together([small, large]).oee == 0.55
    assert together([]).oee is None


def test_times_and_counts_that_cannot_be_are_refused() -> None:
    """More run than planned, more good than made, no cycle: all at once."""
    with pytest.raises(InputFaults) as caught:
        oee(100, 101, [Made(1, 5, 6), Made(0, 1, 1), Made(1, -1, 0)])
    assert [f.field for f in caught.value.faults] == ["run_s", "good", "ideal_s", "total"]
    with pytest.raises(InputFaults, match="planned_s"):
        oee(-1, 0, [])


THREE = [
    Part("A", 1, 170 * MIN, 45 * MIN),
    Part("B", 1, 150 * MIN, 60 * MIN),
    Part("C", 1, 120 * MIN, 75 * MIN),
]


def test_three_parts_come_round_every_three_days() -> None:
    """500 min a day, 440 run, 180 of changeovers: 180 / 60 = 3.0 days; not 180 / 500."""
    result = epei(THREE, 500 * MIN)
    assert result.days == pytest.approx(3.0, abs=1e-12)
    assert result.days != pytest.approx(180 / 500)
    assert result.spare_s == 60 * MIN
    assert result.batches == pytest.approx({"A": 3, "B": 3, "C": 3})


parts_st = st.lists(
    st.tuples(st.floats(0, 50), st.floats(0.1, 60), st.floats(0, 3600)), min_size=1, max_size=5
).map(lambda rows: [Part(str(i), *row) for i, row in enumerate(rows)])


@given(parts_st, st.floats(1, 30_000))
def test_an_interval_is_just_filled_with_runs_and_changeovers(
    parts: list[Part], available: float
) -> None:
    """Over the interval, demand and one changeover per part take all the time there is."""
    result = epei(parts, available)
    load = sum(p.demand_day * p.cycle_s for p in parts)
    if result.days is None:
        assert load >= available * (1 - 1e-12)
        assert result.overloaded
        assert not result.batches
    else:
        setups = sum(p.setup_s for p in parts if p.demand_day > 0)
        runs = sum(result.batches[p.id] * p.cycle_s for p in parts if p.id in result.batches)
        assert runs + setups == pytest.approx(available * result.days, rel=1e-6, abs=1e-6)


def test_a_line_without_spare_time_has_no_interval() -> None:
    """Run time equal to the day leaves nothing for changeovers: overloaded, never infinite."""
    assert epei(THREE, 440 * MIN).days is None
    assert epei(THREE, 441 * MIN).days == pytest.approx(180)


@given(st.integers(2, 6).flatmap(lambda n: st.lists(
    st.lists(st.integers(0, 90), min_size=n, max_size=n), min_size=n, max_size=n)))  # fmt: skip
def test_set_ups_that_depend_on_the_order_take_the_shortest_tour(table: list[list[int]]) -> None:
    """Against every round of up to six parts; the tour named is one of that length."""
    n = len(table)
    parts = [Part(str(i), 1, 1) for i in range(n)]
    setups = {(str(a), str(b)): float(table[a][b]) for a in range(n) for b in range(n) if a != b}
    result = epei(parts, 1000, setups)

    def length(order: list[int]) -> float:
        return sum(table[a][b] for a, b in zip(order, order[1:] + order[:1], strict=True))

    assert result.setup_s == min(length([0, *p]) for p in permutations(range(1, n)))
    assert length([int(i) for i in result.tour]) == result.setup_s
    assert sorted(result.tour) == [p.id for p in parts]


def test_a_part_without_demand_needs_no_changeover() -> None:
    """What nobody asks for is not made, and not set up."""
    result = epei([*THREE, Part("D", 0, 60, 9999)], 500 * MIN)
    assert result.days == pytest.approx(3.0)
    assert "D" not in result.tour
    assert epei([THREE[0]], 500 * MIN, {}).days == 0  # one part alone never changes over


def test_every_fault_of_a_line_is_told() -> None:
    """Times below zero, a name twice, a set-up that is missing, too many parts for a tour."""
    with pytest.raises(InputFaults) as caught:
        epei([Part("A", 1, -1), Part("A", 1, 1), Part("B", 1, 1)], -5, {("A", "B"): 3})
    said = [f.field for f in caught.value.faults]
    assert said[:3] == ["available_s_day", "cycle_s", "id"]
    assert "B to A" in said
    with pytest.raises(InputFaults, match="at most 14"):
        epei([Part(str(i), 1, 1) for i in range(15)], 100, {})
