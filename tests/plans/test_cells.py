"""POLCA cards for the cells of a network, CONWIP in its worst case, and policies side by side."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from math import ceil

import pytest

from support.web_tower import small_network
from taktnet.app.plans.cells import conwip_detail, conwip_line, polca
from taktnet.app.plans.draft import Draft
from taktnet.app.plans.loops import takt_of
from taktnet.app.plans.overload import overload
from taktnet.app.plans.verticals import vertical
from taktnet.app.plans.view import PlanView
from taktnet.network import Network
from taktnet.network import components as c
from taktnet.network.rates import LineRate, NetworkTakt, ProcessRate

ON = date(2026, 3, 2)


def made(network: Network, **given: object) -> Draft:
    """The plan for cards, without the twin."""
    one = vertical("cards")
    asked = one.asked({"twin": "no", **given})
    return one.make(PlanView(network), asked, lambda done, total: None)


def test_pairs_of_cells_are_found_across_plants() -> None:
    """The winding line in Krakow feeds the assembly in Porto; the cards follow from the times."""
    network = small_network()
    rows = polca(PlanView(network), 0.1)
    assert rows
    made_on = {p.resource: (p.site, p.item) for p in network.processes}
    for row in rows:
        (_, part), (site, whole) = made_on[row["first"]], made_on[row["second"]]
        parts = [line.component for line in network.components_of(whole, ON)]
        assert part in parts
        around = row["lead_a_d"] + row["move_d"] + row["lead_b_d"]
        assert row["cards"] == ceil(around * row["jobs_day"] * 1.1 - 1e-9)
        assert (row["move_d"] > 0) == (made_on[row["first"]][0] != site)


def line_of_two() -> Network:
    """One line that takes an hour a container of 40, with 2 h of set-up before it elsewhere."""
    network = small_network()
    loop = c.Loop(id="W", kind="conwip", site="KRK", item="MOT-36", origin="KRK", cards=3,
                  container_qty=40, resource="WIND-1")  # fmt: skip
    return replace(network, loops=(*network.loops, loop))


def test_conwip_stands_beside_its_practical_worst_case() -> None:
    """The critical work in process is rate times raw time; what is asked for says the cards."""
    network = line_of_two()
    view, loop = PlanView(network), network.loop("W")
    line = conwip_line(view, loop)
    assert line is not None
    assert float(line.critical_wip) == pytest.approx(float(line.rate * line.raw_time))
    told = conwip_detail(line, 3, 120, takt_of(network, view.day()), loop)
    rate, time = line.practical_worst(3)
    assert (told["throughput_h"], told["cycle_h"]) == (float(rate), float(time))
    too_much = conwip_detail(line, 3, 1e9, takt_of(network, view.day()), loop)
    assert too_much["needs"] is None
    assert conwip_line(view, network.loops[0]) is None
    draft = made(network, site="KRK", item="MOT-36")
    assert draft.details["loops"][0]["conwip"] is not None


def with_policy(policy: str) -> Network:
    """The bearings of Krakow under a policy of their own."""
    network = small_network()
    points = tuple(
        replace(p, policy=policy, reorder_point=9000, order_up_to=18000, order_qty=9000)
        if (p.site, p.item) == ("KRK", "BRG-608") else p
        for p in network.stock_points
    )  # fmt: skip
    return replace(network, stock_points=points)


def test_every_policy_is_tried_side_by_side() -> None:
    """Base stock, (s,S), (R,Q), two-bin and DDMRP reach the target; the least stock comes first."""
    network = with_policy("RQ")
    (point,) = made(network, site="KRK", item="BRG-608").details["points"]
    others = point["others"]
    assert {one["policy"] for one in others} == {"base stock", "(s,S)", "(R,Q)", "two-bin", "DDMRP"}
    assert all(one["fill"] >= point["target"] for one in others)
    stocks = [one["stock"] for one in others]
    assert stocks == sorted(stocks)
    assert point["proposed"]["policy"] == "as today"


def test_the_policy_with_the_least_stock_is_proposed_if_asked() -> None:
    """The stock point gets another policy with its numbers, and the network stays right."""
    network = with_policy("RQ")
    draft = made(network, site="KRK", item="BRG-608", policy="best")
    (change,) = draft.changes
    assert change.after["policy"] == "base_stock"
    changed = network.set_row("stock_points", "KRK|BRG-608", change.after)
    point = changed.stock_point("KRK", "BRG-608")
    assert point is not None
    assert point.base_stock > 0
    assert draft.money is not None and draft.money.today is not None
    assert draft.money.proposed is not None and draft.money.proposed < draft.money.today


def test_a_line_without_time_names_the_fewest_items_that_conflict() -> None:
    """No number of cards serves a line that is asked for more than its time: who asks is told."""
    network = line_of_two()
    slow = tuple(replace(p, cycle_s=40 * p.cycle_s) for p in network.processes)
    draft = made(replace(network, processes=slow), site="KRK", item="MOT-36")
    line = next(one for one in draft.lines if one.what == "W")
    assert line.proposed is None
    assert "WIND-1 has no time for it: MOT-36" in line.why
    assert not [change for change in draft.changes if change.key == "W"]


def test_only_the_largest_of_the_items_that_overload_a_line_are_named() -> None:
    """Loads of 70, 40 and 5 % conflict by the first two; 60 and 30 % with set-ups of 20 %."""
    assert told(0.7, 0.4, 0.05) == "A (70 %) and B (40 %)"
    assert told(0.6, 0.3, use=1.1) == "A (60 %) and B (30 %) and set-ups (20 %)"
    assert told(0.6, 0.35, 0.01, use=1.16) == "A (60 %) and B (35 %) and set-ups (20 %)"
    assert told(0.6, 0.3) == ""


def told(*loads: float, use: float = 0.0) -> str:
    """Who conflicts on a line of one second a day, by their loads."""
    processes = tuple(
        ProcessRate("L", "S", item, load, load, 1.0, None)
        for item, load in zip("ABC", loads, strict=False)
    )
    line = LineRate("L", "S", 1.0, 1.0, 1.0, 1, None, use or sum(loads))
    words = overload(NetworkTakt(ON, 7, (), (), (line,), processes, ()), "L")
    return words.partition("it: ")[2].partition(" take")[0]
