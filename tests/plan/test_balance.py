"""Line balance: the methods' example, brute force, bounds that never lie, faults in plain words."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taktnet.base.errors import InputFaults
from taktnet.plan.balance import Balance, Task, balance, longest_task

EXAMPLE = [
    Task("A", 70),
    Task("B", 60, ("A",)),
    Task("C", 120, ("B",)),
    Task("D", 60),
    Task("E", 240, ("C", "D")),
    Task("F", 100, ("A",)),
    Task("G", 190, ("E", "F")),
]


def check(tasks: list[Task], result: Balance) -> None:
    """Every task once, behind all it waits for, and no station over the cycle."""
    times = {t.id: t.time_s for t in tasks}
    order = [j for station in result.stations for j in station]
    assert sorted(order) == sorted(times)
    for t in tasks:
        assert all(order.index(p) < order.index(t.id) for p in t.after)
    for station, load in zip(result.stations, result.load_s, strict=True):
        assert load == pytest.approx(sum(times[j] for j in station))
        assert load <= result.cycle_s
    assert result.lower <= len(result.stations)


def test_the_methods_example_takes_three_stations_and_the_old_rule_four() -> None:
    """Methods B2: longest task 4 stations, 70 %, idle 360 s; optimum 3 stations, 93.33 %."""
    rule = longest_task(EXAMPLE, 300)
    assert (len(rule.stations), rule.efficiency, rule.idle_s) == (4, pytest.approx(0.7), 360)
    best = balance(EXAMPLE, 300)
    check(EXAMPLE, best)
    assert [set(s) for s in best.stations] == [set("ABC"), set("DE"), set("FG")]
    assert best.load_s == (250, 300, 290)
    assert best.proven
    assert best.gap == 0
    assert best.efficiency == pytest.approx(0.933333, abs=1e-5)
    assert best.delay == pytest.approx(1 - 840 / 900)
    assert best.smoothness == pytest.approx((50**2 + 0 + 10**2) ** 0.5)


@st.composite
def lines(draw: st.DrawFn) -> tuple[list[Task], int]:
    """A few tasks with times up to the cycle, each waiting for some of those before it."""
    cycle = draw(st.integers(3, 12))
    n = draw(st.integers(1, 7))
    tasks = []
    for j in range(n):
        after = draw(st.sets(st.integers(0, j - 1), max_size=2)) if j else set()
        time = draw(st.integers(0, cycle))
        tasks.append(Task(str(j), time, tuple(str(p) for p in sorted(after))))
    return tasks, cycle


def fewest(tasks: list[Task], cycle: float) -> int:
    """Least stations over all workable orders, each cut greedily: brute force over sets."""
    best = {frozenset[str](): (1, 0.0)}
    for _ in tasks:
        grown: dict[frozenset[str], tuple[int, float]] = {}
        for done, (used, load) in best.items():
            for t in tasks:
                if t.id in done or not set(t.after) <= done:
                    continue
                fits = load + t.time_s <= cycle
                now = (used, load + t.time_s) if fits else (used + 1, t.time_s)
                key = done | {t.id}
                grown[key] = min(grown.get(key, now), now)
        best = grown
    return next(iter(best.values()))[0]


@given(lines())
def test_small_lines_are_solved_exactly(line: tuple[list[Task], int]) -> None:
    """The fewest stations of any order, and proven so."""
    tasks, cycle = line
    result = balance(tasks, cycle)
    check(tasks, result)
    assert len(result.stations) == fewest(tasks, cycle)
    assert result.proven


@given(lines())
def test_a_cut_off_search_still_answers_with_a_true_bound(line: tuple[list[Task], int]) -> None:
    """Without a single step: a feasible line, and a bound not above the optimum."""
    tasks, cycle = line
    result = balance(tasks, cycle, steps=0)
    check(tasks, result)
    assert result.lower <= fewest(tasks, cycle) <= len(result.stations)


def test_a_long_line_states_its_gap() -> None:
    """150 tasks: within one station of a proven bound, and never worse than the old rule."""
    rng = random.Random(4)
    tasks = []
    for j in range(150):
        after = {f"T{rng.randrange(j):03}" for _ in "ab"} if j else set()
        tasks.append(Task(f"T{j:03}", rng.randint(5, 60), tuple(sorted(after))))
    result = balance(tasks, 100, steps=20_000)
    check(tasks, result)
    assert len(result.stations) - result.lower <= 1
    assert result.gap == 1 - result.lower / len(result.stations)
    assert len(result.stations) <= len(longest_task(tasks, 100).stations)


def test_times_are_compared_as_they_are_written() -> None:
    """0.1 + 0.2 fills a cycle of 0.3 s, though their doubles add to more."""
    result = balance([Task("a", 0.1), Task("b", 0.2)], 0.3)
    assert len(result.stations) == 1
    assert result.efficiency == pytest.approx(1)


def test_a_task_longer_than_the_cycle_is_named_with_the_way_out() -> None:
    """Infeasible: the task, the cycle, and how many stations in parallel it would take."""
    with pytest.raises(InputFaults) as caught:
        balance([Task("weld", 130), Task("bolt", 40, ("glue",))], 60)
    assert [str(f) for f in caught.value.faults] == [
        "tasks row 2: weld: time_s is 130, wanted at most the cycle of 60 s. "
        "Split the task, or run 3 stations in parallel for it.",
        "tasks row 3: bolt: after is glue, wanted the id of a task.",
    ]


def test_tasks_that_wait_for_each_other_are_named() -> None:
    """The circle alone is the smallest conflicting set; tasks that hang on it are not named."""
    tasks = [
        Task("z", 1, ("a",)),
        Task("a", 1, ("b",)),
        Task("b", 1, ("a", "free")),
        Task("free", 1),
    ]
    with pytest.raises(InputFaults, match="after is a after b after a, wanted an order"):
        balance(tasks, 10)


@pytest.mark.parametrize("cycle", [0, -1, float("nan"), float("inf")])
def test_a_cycle_must_be_a_time(cycle: float) -> None:
    """Without demand there is no takt, and without takt nothing to balance."""
    with pytest.raises(InputFaults, match="cycle_s"):
        balance(EXAMPLE, cycle)


@pytest.mark.parametrize(
    ("tasks", "said"),
    [
        ([], "no task"),
        ([Task("a", 1), Task("a", 2)], "a name used once"),
        ([Task("a", -1)], "seconds, 0 or more"),
        ([Task("a", float("nan"))], "seconds, 0 or more"),
    ],
)
def test_wrong_tasks_are_refused(tasks: list[Task], said: str) -> None:
    """No task, a name twice, a time that is none."""
    with pytest.raises(InputFaults, match=said):
        balance(tasks, 10)
