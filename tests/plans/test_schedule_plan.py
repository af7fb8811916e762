"""The schedule of a tower: lots of orders and work, pegged, published, redrawn and repaired."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from support.shop_tower import shop_network, shop_world
from support.web_tower import NOW, World
from taktnet.app.plans import schedule as door
from taktnet.app.plans.desk import TowerPlans
from taktnet.app.plans.draft import Draft
from taktnet.app.plans.gantt import gantt
from taktnet.app.plans.trial import try_draft, try_proposal
from taktnet.app.plans.verticals import vertical
from taktnet.app.plans.view import PlanView
from taktnet.base.errors import InputFaults, TaktnetError
from taktnet.ledger import event as e
from taktnet.ledger.fact import micros
from taktnet.plan.schedule import check
from taktnet.plan.schedule.floor import read_floor
from taktnet.twin import Scenario
from taktnet.twin.changes import Begin, Cancel, Demand
from taktnet.twin.layout import Table

QUICK = {"seconds": 0.3, "days": 3}


@pytest.fixture
def world() -> Iterator[World]:
    """A tower with six orders and a lot that runs."""
    made = shop_world()
    yield made
    made.close()


def worked(world: World, **given: object) -> Draft:
    """The draft of a schedule."""
    one = vertical("schedule")
    asked = one.asked({**QUICK, **given})
    return one.make(PlanView.of(world.tower), asked, lambda done, total: None)


def test_lots_come_from_orders_and_from_what_runs(world: World) -> None:
    """Six orders and a running lot; set-ups, two lines, due times, and motors that must come."""
    floor = read_floor(world.network, world.tower.state(), world.clock.now(), days=3)
    lots = {o.id: o for o in floor.problem.operations}
    assert set(lots) == {*(f"SO-{k}" for k in range(1, 7)), "WO-1"}
    assert {m.resource for m in lots["SO-1"].modes} == {"ASM-1", "ASM-2"}
    assert {m.resource for m in lots["WO-1"].modes} == {"ASM-1"}
    assert lots["SO-2"].modes[0].minutes == 50 * 4
    assert floor.at(lots["SO-1"].due or 0) == micros(NOW + timedelta(hours=9))
    assert floor.problem.setup("ASM-1", "DU-250", "DU-500") == 20
    assert floor.problem.old[0].operation == "WO-1"
    late = [o for o in lots.values() if o.release > floor.problem.now]
    assert late
    assert "on the road" in floor.assumed[0]


def test_material_that_must_come_takes_the_next_departure(world: World) -> None:
    """Monday afternoon; the truck leaves on Thursday at 10:00 in Krakow and takes 66 h."""
    network = world.network
    lanes = tuple(replace(x, departures="Thu 10:00", customs_h=6) for x in network.lanes)
    floor = read_floor(
        replace(network, lanes=lanes), world.tower.state(), world.clock.now(), days=3
    )
    late = {o.release for o in floor.problem.operations if o.release > floor.problem.now + 60}
    leaves = NOW.replace(day=24, hour=8, minute=0, second=0, microsecond=0)
    assert {floor.at(minute) for minute in late} == {micros(leaves + timedelta(hours=66))}


def test_a_plan_can_be_worked_and_says_what_it_costs(world: World) -> None:
    """No rule broken, money and service beside each other, an event for each lot to start."""
    draft = worked(world)
    problem, plan = door.opened(draft)
    assert check(problem, plan) == ()
    assert draft.money is not None
    assert draft.money.proposed is not None
    assert len(draft.events) == 6
    assert draft.details["gap"] >= 0
    assert "EUR" in draft.summary


def test_what_is_approved_is_published_and_the_next_plan_starts_from_it(world: World) -> None:
    """Approval records schedule.frozen along each line; then nothing moves that need not."""
    plans = TowerPlans(world.tower)
    draft = worked(world)
    made = plans.record(draft, "Ana")
    plans.answer("approve", made.id, "Ana", "")
    rows = [
        row.event
        for row in world.tower.ledger.read(0, 1000)
        if isinstance(row.event, e.ScheduleFrozen)
    ]
    assert {row.lot for row in rows} == {f"SO-{k}" for k in range(1, 7)}
    assert {row.schedule for row in rows} == {draft.details["schedule"]}
    for line in ("ASM-1", "ASM-2"):
        mine = sorted((r for r in rows if r.resource == line), key=lambda r: r.start)
        assert [r.position for r in mine] == list(range(1, len(mine) + 1))
    again = worked(world, move=100.0)
    _, plan = door.opened(again)
    assert {x.operation: x.start for x in plan} == {
        x.operation: x.start for x in door.opened(draft)[1]
    }
    assert all(line.today == line.proposed for line in again.lines)


def test_a_lot_drawn_elsewhere_is_checked_and_can_be_repaired(world: World) -> None:
    """What it breaks is told, nothing is published; repair moves right and all is well."""
    draft = worked(world)
    problem, plan = door.opened(draft)
    first, second = [x for x in plan if x.start >= problem.now][:2]
    drawn = door.moved(draft, second.operation, first.resource, first.start)
    assert drawn.events == ()
    assert drawn.details["breaks"]
    assert "rules broken" in drawn.summary
    mended = door.repaired(drawn)
    assert mended.details["breaks"] == []
    assert len(mended.events) == 6
    with pytest.raises(TaktnetError, match="cannot be done on 'WIND-1'"):
        door.moved(draft, second.operation, "WIND-1", 0)
    with pytest.raises(TaktnetError, match="no lot of the plan"):
        door.moved(draft, "nothing", "ASM-1", 0)


def test_the_desk_keeps_what_a_person_drew(world: World) -> None:
    """A draft that was redrawn is the one that is proposed."""
    plans = TowerPlans(world.tower)
    with pytest.raises(TaktnetError, match="no schedule plan"):
        plans.redraw("schedule", door.repaired)
    plans.work("schedule", QUICK).wait(30)
    problem, plan = door.opened(plans.kind("schedule").worked.draft)  # type: ignore[union-attr]
    lot = next(x for x in reversed(plan) if x.start >= problem.now)
    later = plans.redraw(
        "schedule", lambda d: door.moved(d, lot.operation, lot.resource, lot.start + 60)
    )
    assert plans.worked("schedule").draft == later  # type: ignore[union-attr]


def test_lots_that_may_not_be_late_conflict_in_plain_words(world: World) -> None:
    """Orders that two lines cannot finish in time: named, with their times."""
    with pytest.raises(TaktnetError, match=r"SO-\d must be done by \d\d Sep") as caught:
        worked(world, must="SO-1,SO-2,SO-3,SO-4,SO-5,SO-6", seconds=0.5)
    assert "Give way on one of them" in str(caught.value)
    with pytest.raises(InputFaults, match="SO-77"):
        worked(world, must="SO-77")


def test_the_chart_draws_every_lot_once(world: World) -> None:
    """Bars lie on their line and inside the chart; hours are those of the zone."""
    draft = worked(world)
    chart = gantt(draft.details, ZoneInfo("Europe/Lisbon"))
    assert chart is not None
    assert sorted(b.id for b in chart.bars) == sorted([*(f"SO-{k}" for k in range(1, 7)), "WO-1"])
    y = {line.id: line.y for line in chart.lines}
    for bar in chart.bars:
        assert y[bar.line] < bar.y < y[bar.line] + 34
        assert 0 <= bar.x <= bar.x + bar.width <= chart.width
    assert next(b for b in chart.bars if b.id == "WO-1").state == "runs"
    assert any(t.day for t in chart.ticks)


def test_a_network_alone_is_planned_by_its_rates() -> None:
    """Containers a day of everything that is made, without a state."""
    one = vertical("schedule")
    draft = one.make(PlanView(shop_network()), one.asked(QUICK), lambda done, total: None)
    names = {line.item for line in draft.lines}
    assert names == {"DU-500", "DU-250", "MOT-36"}
    assert "rates of demand" in draft.assumptions[0]


def test_a_schedule_is_tried_in_the_twin_beside_the_plan_in_force(world: World) -> None:
    """Lots begin where and when they are planned, on both sides with the same luck."""
    plans = TowerPlans(world.tower)
    made = plans.record(worked(world), "Ana")
    told = try_proposal(world.tower, made.id, days=5, replications=4).trial
    assert told is not None
    assert told["live"]
    assert "published plan" in told["notes"][0]
    assert any(one["difference"]["low"] is not None for one in told["effects"])
    one = vertical("schedule")
    alone = one.make(PlanView(shop_network()), one.asked(QUICK), lambda done, total: None)
    with pytest.raises(TaktnetError, match=r"nothing open.*Give a tower's folder"):
        try_draft(shop_network(), alone)


def test_a_lot_planned_later_is_made_later(world: World) -> None:
    """The twin hands out a customer's lot at its planned time, on the planned line, once."""
    start = world.tower.parts.forks.start(world.tower.parts, 10)
    at = (NOW + timedelta(hours=2), NOW + timedelta(days=3))
    plan = [Begin("SO-2", "ASM-2", when, 50.0) for when in at]
    quiet = (Demand(0.0), *(Cancel(f"SO-{k}") for k in (1, 3, 4, 5, 6)))

    def made(*lots: Begin) -> tuple[int, int]:
        sim = start.sim(Scenario(name="x", changes=(*quiet, *lots)))
        place = sim.model.find("points", ("OPO", "DU-250"))
        sim.begin(1, 0)
        sim.run_to(2)
        early = int(sim.tables[Table.POINT]["made"][place])
        sim.run_to(9)
        return early, int(sim.tables[Table.POINT]["made"][place])

    soon, late = made(plan[0]), made(plan[1])
    assert soon == (50_000_000, 50_000_000)
    assert late == made(*plan) == (0, 50_000_000)
    with pytest.raises(InputFaults, match="a resource that makes"):
        made(Begin("SO-2", "WIND-1", at[0]))
    with pytest.raises(InputFaults, match="an open order"):
        made(Begin("SO-99", "ASM-1", at[0]))
