"""Just in sequence: the methods' numbers, eligibility, irregular calls, racks and adherence."""

from __future__ import annotations

from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taktnet.base.errors import InputFaults
from taktnet.plan.jis import (
    Call,
    Calls,
    Irregular,
    Way,
    adherence,
    eligibility,
    jobs_in_pipeline,
    load_racks,
    queue,
    sequence_error_ppm,
    unload,
)

WAY = Way(5, 15, 60, 10, 10, 20)  # 120 minutes without picking or making


def test_three_hours_at_a_takt_of_a_minute_hold_180_jobs() -> None:
    """Methods A6: H = 180 min, takt 60 s; without a takt there is no number."""
    assert jobs_in_pipeline(180, 60) == 180
    assert jobs_in_pipeline(180, 61) == 178
    assert jobs_in_pipeline(180, 0) is None


def test_a_supplier_makes_picks_or_does_neither() -> None:
    """By the freeze: 180 min cover making in 60; 179 only picking in 30; 149 nothing, by 1."""
    make = eligibility(WAY, 180, 60, pick_min=30, make_min=60)
    assert (make.how, make.make_horizon_min, make.jobs) == ("make", 180, 180)
    pick = eligibility(WAY, 179, 60, pick_min=30, make_min=60)
    assert (pick.how, pick.pick_horizon_min, pick.jobs) == ("pick", 150, 150)
    none = eligibility(WAY, 149, 60, pick_min=30, make_min=60)
    assert (none.how, none.jobs, none.short_min) == ("none", None, 1)


minutes = st.integers(0, 200)


@given(minutes, minutes, minutes, minutes)
def test_a_longer_freeze_never_takes_a_supplier_out(
    freeze: int, more: int, pick: int, make: int
) -> None:
    """And `short_min` more freeze is just enough."""
    rank = {"none": 0, "pick": 1, "make": 2}
    now = eligibility(WAY, freeze, 60, pick, make)
    later = eligibility(WAY, freeze + more, 60, pick, make)
    assert rank[later.how] >= rank[now.how]
    assert eligibility(WAY, freeze + now.short_min, 60, pick, make).how != "none"
    assert (now.how == "none") == (now.short_min > 0)


def test_minutes_below_zero_are_refused() -> None:
    """All at once, by name."""
    with pytest.raises(InputFaults) as caught:
        eligibility(Way(-1, 0, 0, 0, 0), 10, 60, float("nan"), -2)
    assert [f.field for f in caught.value.faults] == ["message_min", "pick_min", "make_min"]


def test_gaps_duplicates_and_late_calls_are_told() -> None:
    """Numbers rise by one on each line, and every line counts for itself."""
    calls = Calls()
    assert calls.receive(Call("L1", 7, "a")) == ()
    assert calls.receive(Call("L1", 8, "b")) == ()
    assert calls.receive(Call("L2", 1, "x")) == ()
    assert calls.receive(Call("L1", 11, "e")) == (Irregular("gap", "L1", "e", (9, 10)),)
    assert calls.missing("L1") == (9, 10)
    assert calls.receive(Call("L1", 9, "c")) == (Irregular("late", "L1", "c", (9,)),)
    assert calls.missing("L1") == (10,)
    assert calls.receive(Call("L1", 9, "c")) == (Irregular("duplicate", "L1", "c", (9,)),)
    assert calls.receive(Call("L1", 8, "z")) == (Irregular("resequence", "L1", "z", (8,)),)
    assert calls.receive(Call("L1", 12, "f")) == ()
    assert calls.missing("L2") == calls.missing("nowhere") == ()


def test_a_scrap_replacement_keeps_its_job_and_goes_first() -> None:
    """The same number and job again, marked as replacement, is regular; others are not."""
    calls = Calls()
    first = [Call("L", n, f"job{n}") for n in (1, 2, 3)]
    assert [calls.receive(c) for c in first] == [(), (), ()]
    again = Call("L", 1, "job1", replaces=True)
    assert calls.receive(again) == ()
    assert calls.receive(Call("L", 1, "other", replaces=True))[0].kind == "resequence"
    assert queue([*first[1:], again]) == (again, *first[1:])


@given(st.permutations(range(1, 9)))
def test_whatever_the_order_of_arrival_nothing_is_missing_in_the_end(order: list[int]) -> None:
    """Every number came once: no duplicate is told, and no gap is left open."""
    calls = Calls()
    told = [i for n in order for i in calls.receive(Call("L", n, str(n)))]
    assert {i.kind for i in told} <= {"gap", "late"}
    assert calls.missing("L") == ()
    assert (told == []) == (list(order) == sorted(order))


@given(st.lists(st.text(max_size=3), max_size=30), st.integers(1, 7))
def test_racks_give_back_the_sequence(jobs: list[str], places: int) -> None:
    """Loaded in reverse, taken last in first out: the line sees the order it called."""
    racks = load_racks(jobs, places)
    assert unload(racks) == tuple(jobs)
    assert all(len(r) == places for r in racks[:-1])


def test_a_rack_is_loaded_from_the_back() -> None:
    """Two racks of three for five jobs; a rack without places is refused."""
    assert load_racks("12345", 3) == (("3", "2", "1"), ("5", "4"))
    with pytest.raises(InputFaults, match="places is 0"):
        load_racks("1", 0)


def test_one_job_that_waited_costs_one_unit_of_adherence() -> None:
    """Methods A6: built 1, 2, 4, 3, 5, 6 holds five in order: 5/6 = .8333; two are misplaced."""
    assert adherence("123456", "124356") == pytest.approx(0.8333, abs=1e-4)
    assert sequence_error_ppm("123456", "124356") == pytest.approx(2 / 6 * 1e6)
    assert adherence("123456", "123456") == 1
    assert adherence([], []) is None
    assert sequence_error_ppm("12", "") is None
    assert sequence_error_ppm("12", "123") == pytest.approx(1e6 / 3)


@given(st.integers(1, 7), st.lists(st.integers(0, 8), max_size=8))
def test_adherence_is_the_longest_rising_row(n: int, built: list[int]) -> None:
    """Against every choice of built units; repeated and unscheduled units never help."""
    scheduled = [str(i) for i in range(n)]
    longest = max(
        k
        for k in range(len(built) + 1)
        for c in combinations(built, k)
        if all(x < n for x in c) and all(a < b for a, b in pairwise(c))
    )
    assert adherence(scheduled, [str(b) for b in built]) == longest / n


def test_a_job_scheduled_twice_is_refused() -> None:
    """Jobs have one place."""
    with pytest.raises(InputFaults, match="every job once"):
        adherence("11", "1")
