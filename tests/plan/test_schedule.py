"""The finite schedule: every plan checked apart, repairs, bounds, events, the fence, conflicts."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise, permutations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.shops import DAY, broken, made_shop
from taktnet.base.errors import InputFaults
from taktnet.plan.schedule import (
    Mode,
    Operation,
    Placed,
    Problem,
    Progress,
    Resource,
    check,
    price,
    repair,
    schedule,
)
from taktnet.plan.schedule.bound import alone
from taktnet.plan.schedule.conflict import conflict
from taktnet.plan.schedule.dispatch import dispatch
from taktnet.plan.schedule.hours import add, between, net, next_working
from taktnet.plan.schedule.load import waiting
from taktnet.plan.schedule.model import starts
from taktnet.plan.schedule.repair import Turn, placed, right_shift, times
from taktnet.plan.schedule.shop import Shop, shop
from taktnet.plan.schedule.walk import ready


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    """The search is there before any time is taken."""
    ready()


ALWAYS = ((0, 10_000),)


@st.composite
def problems(draw: st.DrawFn, most: int = 7) -> Problem:
    """A few operations on three resources at two sites, with shifts, set-ups and ways."""
    n = draw(st.integers(1, most))
    edges = sorted(draw(st.sets(st.integers(0, 400), min_size=6, max_size=6)))
    shifts = tuple((edges[i], edges[i + 1]) for i in (0, 2, 4))
    kinds = st.sampled_from(["", "a", "b"])
    resources = tuple(
        Resource(r, site, spans, draw(kinds))
        for r, site, spans in (
            ("R", "S", (*shifts, (500, 5_000))),
            ("Q", "S", ALWAYS),
            ("T", "U", ALWAYS),
        )
    )
    rows = []
    for i in range(n):
        names = draw(st.lists(st.sampled_from("RQT"), min_size=1, max_size=2, unique=True))
        modes = tuple(Mode(r, draw(st.integers(1, 60))) for r in names)
        after = draw(st.sets(st.sampled_from([str(j) for j in range(i)]), max_size=2)) if i else ()
        due = draw(st.none() | st.integers(0, 200))
        rows.append(
            Operation(str(i), modes, tuple(sorted(after)), draw(st.integers(0, 80)), due,
                      float(draw(st.integers(0, 60))), draw(kinds))
        )  # fmt: skip
    setups = {("a", "b"): draw(st.integers(0, 30)), ("b", "a"): draw(st.integers(0, 30))}
    return Problem(resources, tuple(rows), setups, {}, {("S", "U"): 20, ("U", "S"): 15})


@given(problems())
def test_every_first_plan_can_be_worked(p: Problem) -> None:
    """No rule is broken, and compiled and uncompiled decoding give the same times and money."""
    plan = repair(p)
    assert check(p, plan) == ()
    s = shop(p)
    turn = right_shift(p, s)
    slow, start, end = times(s, turn)
    assert placed(p, s, turn) == plan
    assert slow / 1000 == pytest.approx(price(p, plan).total, abs=0.02 * sum(end))
    assert (start < end).all()


@settings(max_examples=8)
@given(problems(most=4))
def test_nothing_is_cheaper_than_a_proven_plan(p: Problem) -> None:
    """Against every order and every choice of resources of four operations; the bound holds."""
    s = shop(p)
    base = right_shift(p, s)
    best = None
    for order in permutations(range(len(p.operations))):
        seat = {i: k for k, i in enumerate(order)}
        if any(seat[int(a)] > seat[int(o.id)] for o in p.operations for a in o.after):
            continue
        for mode in product(
            *(range(int(s.first[i]), int(s.first[i + 1])) for i in range(len(order)))
        ):
            turn = Turn(base.order * 0 + order, base.mode * 0 + mode, s.floor, 0)
            cost = times(s, turn)[0]
            best = cost if best is None else min(best, cost)
    assert best is not None
    result = schedule(p, seconds=0.25)
    assert check(p, result.plan) == ()
    assert result.lower <= best / 1000 + 0.01
    assert result.cost.total >= best / 1000 * 0.98 - 0.05
    assert result.cost.total <= result.first.total
    if result.proven:
        assert result.cost.total <= best / 1000 * 1.02 + 0.05


@settings(max_examples=30)
@given(problems(), st.integers(0, 60), st.integers(0, 60), st.integers(1, 200))
def test_a_repair_keeps_turns_and_what_runs(p: Problem, now: int, fence: int, lost: int) -> None:
    """After a breakdown: nothing breaks, nothing moves earlier, what runs stays where it is."""
    old = repair(p)
    down = tuple(replace(r, down=((now, now + lost),)) if r.id == "R" else r for r in p.resources)
    q = replace(p, resources=down, old=old, now=now, fence=now + fence, move_price=6.0)
    plan = repair(q)
    assert {b.kind for b in check(q, plan)} <= set()
    was = {x.operation: x for x in old}
    for x in plan:
        assert x.resource == was[x.operation].resource
        assert x.start >= was[x.operation].start
        if was[x.operation].start < now:
            assert x.start == was[x.operation].start
    better = schedule(q, seconds=0.1, workers=1)
    assert check(q, better.plan) == ()
    assert better.cost.total <= price(q, plan).total


def test_without_an_event_the_old_plan_stays_as_it_is() -> None:
    """Nothing moves where nothing has changed and moving costs money."""
    p = made_shop(60)
    old = schedule(p, seconds=0.5, workers=1).plan
    q = replace(p, old=old, now=0, fence=0, move_price=1000.0, change_price=1e5)
    assert repair(q) == old
    assert schedule(q, seconds=0.3, workers=1).cost.moved == 0


def test_a_breakdown_of_450_operations_is_answered_and_improved() -> None:
    """Four plants: a plan that can be worked at once, a cheaper one soon, a gap always."""
    p = made_shop(450, tightness=0.6)
    old = schedule(p, seconds=1.0, workers=1).plan
    q = broken(p, old)
    heard: list[Progress] = []
    result = schedule(q, seconds=2.0, watch=lambda x: heard.append(x) or True)
    assert check(q, result.plan) == ()
    assert result.cost.total < result.first.total
    assert 0 <= result.gap < 1
    assert 0 < result.lower <= result.cost.total
    assert heard
    assert heard[0].cost == pytest.approx(result.first.total)
    assert all(a.cost >= b.cost for a, b in pairwise(heard))


def test_a_new_order_and_late_material_are_planned_in() -> None:
    """A new lot finds its place; a lot whose material is late waits for it."""
    p = made_shop(30)
    old = repair(p)
    new = Operation("NEW", p.operations[0].modes, (), 500, 900, 100.0, "red")
    last = old[-1].operation
    late = [replace(o, release=4000) if o.id == last else o for o in p.operations]
    q = replace(p, operations=(*late, new), old=old, now=400, fence=420, move_price=1.0)
    plan = {x.operation: x for x in schedule(q, seconds=0.3, workers=1).plan}
    assert check(q, tuple(plan.values())) == ()
    assert plan[last].start >= 4000
    assert "NEW" in plan


def test_a_search_is_stopped_and_keeps_what_it_has() -> None:
    """False from who watches ends it; a problem of windows is searched as well."""
    p = made_shop(900)
    result = schedule(p, seconds=60, watch=lambda x: x.seconds < 1.0)
    assert result.seconds < 30
    assert check(p, result.plan) == ()
    assert result.cost.total < result.first.total


@given(st.lists(st.integers(0, 300), min_size=2, max_size=8, unique=True), st.integers(0, 120))
def test_idle_minutes_of_the_model_are_those_of_the_shifts(edges: list[int], minutes: int) -> None:
    """A start of the model ends where counting along the shifts ends; none is left out."""
    cut = sorted(edges)
    spans = tuple(zip(cut[::2], cut[1::2], strict=False))
    ways = starts(spans, minutes, 0, 400)
    told = {
        t: t + minutes + idle for idle, d in ways.items() for a, b in d for t in range(a, b + 1)
    }
    for t in range(401):
        end = add(spans, t, minutes)
        works = next_working(spans, t) == t and end is not None
        assert told.get(t) == (end if works else None)
    assert between(spans, 0, 400) == sum(b - a for a, b in spans)


def test_downtime_is_cut_out_of_shifts() -> None:
    """Spans that touch become one; what is down is gone."""
    assert net(((0, 10), (10, 20), (30, 40)), ((5, 7), (35, 99))) == ((0, 5), (7, 20), (30, 35))


def test_a_check_names_everything_that_a_drawn_plan_breaks() -> None:
    """One plan with one fault of every kind."""
    p = Problem(
        (Resource("R", "S", ((0, 100), (200, 300)), "a"), Resource("T", "U", ALWAYS)),
        (
            Operation("one", (Mode("R", 20),), setup="b"),
            Operation("two", (Mode("T", 20),), ("one",), release=500, must_end=60),
            Operation("three", (Mode("T", 20),)),
            Operation("four", (Mode("R", 20),)),
            Operation("five", (Mode("R", 20),)),
            Operation("six", (Mode("R", 20),)),
        ),
        {("a", "b"): 15},
        transport={("S", "U"): 30},
        old=(Placed("five", "R", 80, 100), Placed("six", "R", 0, 20)),
        now=5,
        fence=90,
    )
    drawn = (
        Placed("one", "R", 5, 25),
        Placed("two", "T", 50, 70),
        Placed("three", "T", 60, 80),
        Placed("four", "T", 0, 20),
        Placed("five", "R", 70, 90),
        Placed("six", "R", 1, 150),
    )
    kinds = {b.kind for b in check(p, drawn)}
    assert kinds == {
        "setup", "material", "after", "must_end", "overlap", "resource", "fence", "past", "hours",
    } - {"setup"}  # fmt: skip
    assert "missing" in {b.kind for b in check(p, drawn[1:])}
    words = next(b for b in check(p, drawn) if b.kind == "after")
    assert words.words == "two starts 5 min before one can be there by way of 30 min from S"
    mended = repair(p, drawn)
    assert {b.kind for b in check(p, mended)} == {"must_end"}


def test_impossible_demands_are_named_and_nothing_else() -> None:
    """Two orders that one line cannot both finish: the two and the breakdown, not the third."""
    p = Problem(
        (Resource("R", "S", ALWAYS, down=((0, 30),)), Resource("Q", "S", ALWAYS)),
        (
            Operation("x", (Mode("R", 40),), must_end=100, order="ORD-1"),
            Operation("y", (Mode("R", 40),), must_end=100, order="ORD-2"),
            Operation("z", (Mode("Q", 40),), must_end=100, release=10, order="ORD-3"),
        ),
    )
    found = conflict(p)
    assert found is not None
    assert found.smallest
    assert [d.words for d in found.demands] == [
        "ORD-1 must be done by minute 100",
        "ORD-2 must be done by minute 100",
        "R is down from minute 0 to minute 30",
    ]
    assert conflict(replace(p, resources=(Resource("R", "S", ALWAYS), p.resources[1]))) is None


def test_work_without_a_shift_is_told_and_not_lost() -> None:
    """An operation that no shift is left for is unplaced; the others have their plan."""
    p = Problem(
        (Resource("R", "S", ((0, 50),)),),
        (Operation("a", (Mode("R", 40),)), Operation("b", (Mode("R", 40),))),
    )
    result = schedule(p, seconds=0.1)
    assert result.unplaced == ("b",)
    assert [x.operation for x in result.plan] == ["a"]
    assert not result.proven


def test_faults_of_a_problem_are_told_together() -> None:
    """Names, spans, modes, circles: where and what."""
    with pytest.raises(InputFaults) as caught:
        Problem(
            (Resource("R", "S", ((5, 5),)),),
            (Operation("a", (Mode("X", -1),), ("b",)), Operation("a", ())),
            move_price=-1,
        )
    fields = [f.field for f in caught.value.faults]
    assert fields == ["spans", "mode", "minutes", "after", "id", "modes", "move_price"]
    with pytest.raises(InputFaults, match="wait for each other"):
        Problem(
            (Resource("R", "S", ALWAYS),),
            (Operation("a", (Mode("R", 1),), ("b",)), Operation("b", (Mode("R", 1),), ("a",))),
        )


@pytest.mark.parametrize("names", ["highspy, ortools.sat.python.cp_model",
                                   "ortools.sat.python.cp_model, highspy"])  # fmt: skip
def test_both_solvers_live_in_one_process(names: str) -> None:
    """HiGHS and CP-SAT, imported in either order, both solve."""
    program = (
        f"import {names}\n"
        "from ortools.sat.python import cp_model\n"
        "m = cp_model.CpModel(); x = m.new_int_var(0, 9, ''); m.maximize(x)\n"
        "s = cp_model.CpSolver(); s.solve(m); assert s.value(x) == 9\n"
        "h = highspy.Highs(); h.setOptionValue('output_flag', False)\n"
        "h.addVar(0.0, 9.0); h.changeColCost(0, -1.0); h.run()\n"
        "assert h.getInfo().objective_function_value == -9.0\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_day_has_its_minutes() -> None:
    """The made shops work two shifts on five days."""
    p = made_shop(30)
    assert between(p.resources[0].spans, 0, 7 * DAY) == 5 * 930


def test_what_was_begun_outside_the_shifts_goes_on_in_them() -> None:
    """A lot that runs since minute 20 of a line that works from 100: its plan can be worked."""
    p = Problem(
        (Resource("R", "S", ((100, 200), (300, 400))),),
        (Operation("a", (Mode("R", 30),)), Operation("b", (Mode("R", 10),))),
        old=(Placed("a", "R", 20, 50), Placed("b", "R", 150, 160)), now=60, fence=60,
    )  # fmt: skip
    plan = repair(p)
    assert {x.operation: (x.start, x.end) for x in plan} == {"a": (100, 130), "b": (150, 160)}
    assert check(p, plan) == ()
    moved = (Placed("a", "R", 110, 140), plan[1])
    assert [b.words for b in check(p, moved)] == ["a runs already"]


def test_goods_wait_for_the_next_departure() -> None:
    """A truck at 100 and at 300 takes an hour: what ends at 101 is there at 360, by road at 341."""
    timed = {("S", "U"): ((100, 160), (300, 360))}
    p = Problem(
        (Resource("R", "S", ALWAYS), Resource("T", "U", ALWAYS)),
        (Operation("one", (Mode("R", 101),)), Operation("two", (Mode("T", 10),), ("one",))),
        departures=timed,
    )
    assert {x.operation: x.start for x in repair(p)}["two"] == 360
    assert check(p, repair(p)) == ()
    early = (Placed("one", "R", 0, 101), Placed("two", "T", 350, 360))
    (told,) = check(p, early)
    assert told.words == "two starts 10 min before one can be there by way of 259 min from S"
    soon = replace(p, transport={("S", "U"): 240})
    assert {x.operation: x.start for x in repair(soon)}["two"] == 341
    late = replace(p, operations=(replace(p.operations[0], release=250), p.operations[1]))
    result = schedule(late, seconds=0.1, workers=1)
    assert result.unplaced == ("two",)
    left = (Placed("one", "R", 250, 351), early[1])
    assert "two waits for one, and no departure from S is left" in [
        b.words for b in check(late, left)
    ]
    with pytest.raises(InputFaults, match="none overtaken"):
        replace(p, departures={("S", "U"): ((100, 160), (300, 150))})


@settings(max_examples=40)
@given(problems(most=4), st.data())
def test_bounds_of_resources_hold(p: Problem, data: st.DataObject) -> None:
    """What resource by resource is proven is never above any order, on any line, early or kept."""
    # Prices that are whole thousandths a minute.
    p = replace(p, operations=tuple(replace(o, late_price=60 * o.late_price) for o in p.operations))
    if data.draw(st.booleans()):
        fence = data.draw(st.sampled_from([3, 5, 40, 90]))
        p = replace(p, old=repair(p), now=3, fence=fence, move_price=30.0, change_price=2.0)
        down = ((5, data.draw(st.integers(6, 90))),)
        p = replace(p, resources=tuple(replace(r, down=down) for r in p.resources))
    s = shop(p)
    turn = right_shift(p, s)
    found = alone(p, s, turn, times(s, turn)[2].tolist())
    lower = found.cost + max(waiting(p, s, turn, found, lambda: False), default=0.0)
    assert lower <= min(times(s, x)[0] for x in _turns(p, s, turn)) + 1e-3


def _turns(p: Problem, s: Shop, turn: Turn) -> Iterator[Turn]:
    """Every order of what is not locked, with every choice of lines and of old starts kept."""
    locked, rest = turn.order[: turn.locked].tolist(), turn.order[turn.locked :].tolist()
    before = {i: {int(o.id) for o in p.operations if o.id in p.operations[i].after} for i in rest}
    modes = product(*(range(s.first[i], s.first[i + 1]) for i in rest))
    floors = product(*({int(s.floor[i]), max(int(s.floor[i]), int(s.old_start[i]))} for i in rest))
    orders = [
        x for x in permutations(rest)
        if all(not before[i] & set(x[n:]) for n, i in enumerate(x))
    ]  # fmt: skip
    for order, mode, floor in product(orders, list(modes), list(floors)):
        chosen, held = turn.mode.copy(), turn.floor.copy()
        chosen[rest], held[rest] = mode, floor
        yield Turn(np.array([*locked, *order], np.int64), chosen, held, turn.locked)


def test_a_bound_is_never_above_a_plan_that_there_is() -> None:
    """After a breakdown of 150 operations, summed over all resources before it is cut."""
    p = made_shop(150, 3, tightness=1.2)
    q = broken(p, placed(p, shop(p), dispatch(p, shop(p), right_shift(p, shop(p)))))
    s = shop(q)
    turn = right_shift(q, s)
    found = alone(q, s, turn, times(s, turn)[2].tolist())
    added = max(waiting(q, s, turn, found, lambda: False))
    best = schedule(q, seconds=2.0, workers=1)
    assert added > 0
    assert (found.cost + added) / 1000 <= best.cost.total * 1.001


def test_one_resource_is_bounded_by_its_work() -> None:
    """Ten lots of an hour due at once: no order ends before all, and the bound knows most of it."""
    p = Problem(
        (Resource("R", "S", ALWAYS),),
        tuple(Operation(str(i), (Mode("R", 60),), due=60, late_price=60.0) for i in range(10)),
    )
    s = shop(p)
    turn = right_shift(p, s)
    found = alone(p, s, turn, times(s, turn)[2].tolist())
    assert found.cost == 0
    assert schedule(p, seconds=0.5).bounded_by in {"crowded lines", "CP-SAT"}
    lower = max(waiting(p, s, turn, found, lambda: False)) / 1000
    assert 0.97 * 2700 < lower <= 2700 == price(p, repair(p)).total


def test_a_plan_of_new_work_begins_with_what_is_urgent() -> None:
    """By the clock, 600 new operations are planned far cheaper than one behind another."""
    p = made_shop(600, tightness=0.7)
    s = shop(p)
    turn = right_shift(p, s)
    made = dispatch(p, s, turn)
    assert check(p, placed(p, s, made)) == ()
    assert times(s, made)[0] < 0.9 * times(s, turn)[0]


def test_large_plans_are_searched_by_windows() -> None:
    """900 operations: a plan that can be worked, cheaper than the first, within its time."""
    p = made_shop(900, tightness=0.7)
    old = repair(p)
    q = broken(p, old)
    result = schedule(q, seconds=2.0, workers=1)
    assert check(q, result.plan) == ()
    assert result.cost.total < 0.95 * result.first.total
