"""Levelling of a tower's lines: takt, box, pattern, intervals, and lots that change by approval."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.shop_tower import shop_network, shop_world
from taktnet.app.plans.desk import TowerPlans
from taktnet.app.plans.draft import Draft
from taktnet.app.plans.level import pattern
from taktnet.app.plans.trial import try_draft
from taktnet.app.plans.verticals import vertical
from taktnet.app.plans.view import PlanView
from taktnet.base.errors import InputFaults
from taktnet.network import Network
from taktnet.network import components as c
from taktnet.plan.levelling import level_greatest


def levelled(view: PlanView, **given: object) -> Draft:
    """The draft of a levelling."""
    one = vertical("level")
    return one.make(view, one.asked(given), lambda done, total: None)


def test_the_fieldbooks_pattern_is_the_shortest_that_repeats() -> None:
    """200, 100, 50 and 50 of four parts repeat every eight: half of it A, as ABACABAD does."""
    order = level_greatest({"A": 200, "B": 100, "C": 50, "D": 50}).sequence
    assert sorted(pattern(order)) == sorted("ABACABAD")
    assert [p == "A" for p in pattern(order)].count(True) == 4
    assert pattern("AB") == ("A", "B")
    assert pattern(["A", "B", "A"]) == ("A", "B", "A")


def test_a_line_has_its_takt_its_box_and_its_interval() -> None:
    """Two drives of 60 a calendar day each on a line of 15 h on five days of the week."""
    draft = levelled(PlanView(shop_network()), line="ASM-1")
    (box,) = draft.details["boxes"]
    assert box["available_s"] == 15 * 3600
    assert {p["item"]: p["demand"] for p in box["products"]} == {"DU-250": 84, "DU-500": 84}
    assert box["takt_s"] == pytest.approx(15 * 3600 / 168)
    assert len(box["slots"]) == 18
    assert box["pattern"] == ["DU-250", "DU-500"]
    assert box["deviation"] <= 1
    # 2 x 1,200 s of set-up over what 90 % of the day leaves beside 168 units of 240 s.
    assert box["epei"] == pytest.approx(2400 / (0.9 * 54_000 - 168 * 240))
    assert [line.proposed for line in draft.lines] == [30, 30]


def test_a_round_takes_the_shortest_tour_of_set_ups() -> None:
    """With a table of changeovers both ways count, 5 and 15 minutes, in place of twice 20."""
    n = shop_network()
    rows = [c.Changeover(resource="ASM-1", before=a, after=b, setup_s=s)
            for a, b, s in (("DU-250", "DU-500", 300.0), ("DU-500", "DU-250", 900.0))]  # fmt: skip
    (box,) = levelled(PlanView(replace(n, changeovers=tuple(rows))), line="ASM-1").details["boxes"]
    assert box["setup_s"] == 1200
    assert box["epei"] == pytest.approx(1200 / (0.9 * 54_000 - 168 * 240))


def test_a_line_with_more_work_than_time_says_so() -> None:
    """No interval is long enough, and no lot is changed."""
    n = shop_network()
    slow = replace(n, processes=tuple(replace(p, cycle_s=900) for p in n.processes))
    draft = levelled(PlanView(slow), line="ASM-1")
    assert draft.changes == ()
    assert "more work than time" in draft.summary
    assert all("DU-250: 84 a day take 21.0 h; the shifts of" in x.why for x in draft.lines)
    assert draft.details["boxes"][0]["epei"] is None


@pytest.mark.parametrize(
    ("cycle_s", "items", "kept"),
    [(240, (), False), (290, ("DU-250", "DU-500"), True), (330, ("DU-250", "DU-500"), False),
     (900, ("DU-250",), False)],
)  # fmt: skip
def test_what_a_line_cannot_meet_is_told_by_the_fewest_demands(
    cycle_s: float, items: tuple[str, ...], kept: bool
) -> None:
    """84 each of two in 15 h, 1.5 h kept free: with any one of the conflict gone, the rest fits."""
    n = shop_network()
    slow = replace(n, processes=tuple(replace(p, cycle_s=cycle_s) for p in n.processes))
    (box,) = levelled(PlanView(slow), line="ASM-1").details["boxes"]
    told = box["conflict"]
    assert tuple(row.partition(":")[0] for row in told if ":" in row) == items
    assert ("1.5 h of it are kept free" in told) == kept
    assert (told[-1].startswith("the shifts of") and told[-1].endswith("15.0 h")) if told else True
    hours = 84 * cycle_s / 3600
    assert len(items) * hours > (13.5 if kept else 15.0) or not told
    assert (len(items) - 1) * hours <= 13.5
    assert len(items) * hours <= 15.0 or not kept


def test_full_containers_that_do_not_fit_are_told() -> None:
    """84 of two in tens are 90: at 305 s the demand fits into 15 h, full containers do not."""
    n = shop_network()
    slow = replace(n, processes=tuple(replace(p, cycle_s=305) for p in n.processes))
    (box,) = levelled(PlanView(slow), line="ASM-1", spare=0).details["boxes"]
    assert [row.partition(" take")[0] for row in box["conflict"]][:2] == [
        "DU-250: 90 in full containers", "DU-500: 90 in full containers",
    ]  # fmt: skip
    assert box["epei"] is not None


def test_a_line_without_a_shift_conflicts_with_what_it_is_asked_for() -> None:
    """One product and the lack of a shift are the fewest."""
    n = shop_network()
    shut = tuple(replace(c, shutdowns="2000-01-01..2099-12-31") for c in n.calendars)
    (box,) = levelled(PlanView(replace(n, calendars=shut)), line="ASM-1").details["boxes"]
    assert len(box["conflict"]) == 2
    assert box["conflict"][1] == "no shift within 21 days"


def test_approval_changes_the_lots() -> None:
    """The network then has the lots of the interval, and levelling again changes none."""
    world = shop_world()
    plans = TowerPlans(world.tower)
    made = plans.record(levelled(PlanView.of(world.tower)), "Ana")
    plans.answer("approve", made.id, "Ana", "")
    lots = {p.resource: p.lot_qty for p in world.tower.network.processes}
    assert lots["ASM-1"] == 30
    assert not levelled(PlanView.of(world.tower)).changes
    world.close()


def test_an_unknown_line_is_refused_and_an_empty_network_has_none() -> None:
    """By name; without demand there is nothing to level."""
    with pytest.raises(InputFaults, match="line is NOWHERE"):
        levelled(PlanView(shop_network()), line="NOWHERE")
    assert levelled(PlanView(Network())).details["boxes"] == []


def test_lots_are_tried_in_the_twin_before_they_change() -> None:
    """Smaller lots against today's, from a cold start, with intervals."""
    draft = levelled(PlanView(shop_network()), line="ASM-1")
    told = try_draft(shop_network(), draft, days=14, replications=4)
    assert not told.live
    assert told.effect("stock").difference.low is not None
