"""The plans for cards and segments, from a network alone and from what a tower has on record."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from support.web_tower import NOW, World, small_network
from taktnet.app.plans.draft import Draft
from taktnet.app.plans.loops import Lead, lead_time
from taktnet.app.plans.record import lead_times, weekly_use
from taktnet.app.plans.verticals import VERTICALS, vertical
from taktnet.app.plans.view import PlanView
from taktnet.base.errors import InputFaults
from taktnet.ledger import event as e
from taktnet.network import Network
from taktnet.network import components as c
from taktnet.network.explode import spreads

LOOP = "KB-OPO-1"


def made(kind: str, view: PlanView, **given: object) -> Draft:
    """The draft of a plan, without anybody watching and without the twin, unless told."""
    one = vertical(kind)
    alone = {"twin": "no"} if kind == "cards" else {}
    return one.make(view, one.asked({**alone, **given}), lambda done, total: None)


def with_loop(**values: object) -> Network:
    """The small network with its loop changed."""
    network = small_network()
    return replace(network, loops=(replace(network.loop(LOOP), **values),))  # type: ignore[arg-type]


def test_every_kind_there_is_can_be_loaded_and_says_what_it_is() -> None:
    """Its name is that of its tab, and it takes its own defaults."""
    for entry in VERTICALS:
        one = entry.load()
        assert (one.kind, one.label) == (entry.kind, entry.label)
        assert one.about
        assert one.asked({}) == {option.name: option.default for option in one.options}
    with pytest.raises(InputFaults, match="colour"):
        vertical("cards").asked({"colour": "red"})


def test_cards_of_a_network_cover_its_lead_time() -> None:
    """120 motors a day for 2.5 days in boxes of 40 are at least 8 cards; the loop has 6."""
    draft = made("cards", PlanView(small_network()))
    line = draft.lines[0]
    assert line.today == 6
    assert isinstance(line.proposed, int | float)
    assert line.proposed >= 8
    assert draft.changes[0].after == {"cards": f"{line.proposed:g}"}
    only = made("cards", PlanView(small_network()), site="OPO")
    assert only.money is not None
    assert only.money.today == 6 * 40 * 48
    counts = draft.details["loops"][0]["counts"]
    assert [one["how"] for one in counts] == [
        "today", "alpha 0", "alpha 0.1", "safety stock", "simulated",
    ]  # fmt: skip
    assert counts[0]["fill"] < counts[-1]["fill"]
    assert counts[0]["stockout"] > counts[-1]["stockout"]


def test_cards_make_up_the_least_order_of_who_fills_them() -> None:
    """A least order of 1,000 in boxes of 40 is 25 cards, whatever the lead time asks for."""
    network = small_network()
    loop = network.loops[0]
    sources = tuple(
        replace(s, moq=1000.0) if (s.site, s.item) == (loop.site, loop.item) else s
        for s in network.sources
    )
    network = replace(network, sources=sources, loops=(replace(loop, cards=30),))
    line = made("cards", PlanView(network), site=loop.site).lines[0]
    assert line.proposed == 25
    assert f"25 make up the least order of {loop.origin}" in line.why


def test_two_bins_are_two_and_a_signal_loop_orders_its_lot() -> None:
    """The changes leave the network right whatever kind of loop it is."""
    far = {"kind": "two_bin", "container_qty": 4000.0, "cards": 2}
    network = with_loop(**far)
    network = replace(network, items=tuple(replace(i, container_qty=1) for i in network.items))
    assert made("cards", PlanView(network), site="OPO").changes == ()
    loop = c.Loop(id="S", kind="signal", site="KRK", item="MOT-36", origin="KRK", cards=9,
                  container_qty=40, signal_at=2, lot_cards=4, resource="WIND-1")  # fmt: skip
    network = replace(small_network(), loops=(loop,))
    change = made("cards", PlanView(network), service=99).changes[0]
    changed = network.set_row("loops", "S", change.after).loop("S")
    assert changed.cards == changed.signal_at + 4


@pytest.mark.parametrize(
    ("policy", "columns"),
    [("RQ", {"reorder_point"}), ("sS", {"reorder_point", "order_up_to"}),
     ("base_stock", {"base_stock"})],
)  # fmt: skip
def test_stock_policies_are_sized_beside_the_formula(policy: str, columns: set[str]) -> None:
    """240 bearings a day over 29 days: some 7,000 where the network says 800; lots stay."""
    network = small_network()
    points = tuple(
        replace(p, policy=policy, order_up_to=2800, base_stock=2800)
        if (p.site, p.item) == ("KRK", "BRG-608") else p
        for p in network.stock_points
    )  # fmt: skip
    network = replace(network, stock_points=points)
    draft = made("cards", PlanView(network), site="KRK")
    (line,) = draft.lines
    assert isinstance(line.proposed, int | float)
    assert 6500 < line.proposed < 8500
    assert "the formula says" in line.why
    assert set(draft.changes[0].after) == columns
    changed = network.set_row("stock_points", "KRK|BRG-608", draft.changes[0].after)
    assert not changed.check()
    if policy == "sS":
        point = changed.stock_point("KRK", "BRG-608")
        assert point is not None
        assert point.order_up_to - point.reorder_point == 2000


def test_a_fast_second_source_is_compared_on_demand() -> None:
    """The slow ship alone beside the best dual policy, in EUR a year; it changes nothing."""
    network = small_network()
    air = c.Lane(id="NGO-KRK-air", origin="NGO", destination="KRK", mode="air", transit_h=72)
    fast = c.Source(site="KRK", item="BRG-608", origin="NGO", lane=air.id, price=1.25,
                    role="backup")  # fmt: skip
    network = replace(network, lanes=(*network.lanes, air), sources=(*network.sources, fast))
    draft = made("cards", PlanView(network), site="KRK", dual="yes")
    line = draft.lines[-1]
    assert line.what == "KRK|BRG-608 two sources"
    assert isinstance(line.proposed, int | float) and isinstance(line.today, int | float)
    assert line.proposed <= line.today
    assert "capped dual index" in line.why
    assert len(draft.changes) == 1


def test_a_line_makes_wait_as_kingman_says_and_a_lane_by_its_departures() -> None:
    """Made here: run and wait of the line; by a lane: transit, and two ships a week."""
    network = small_network()
    on = date(2026, 2, 2)
    loop = replace(network.loop(LOOP), origin="OPO", item="DU-500", lane="", container_qty=10)
    found = lead_time(network, loop, on)
    assert found is not None
    run, use = 10 * 240 / 86400, 120 * 240 / 86400
    assert found.mean == pytest.approx(run + 0.5 * use / (1 - use) * run)
    lanes = tuple(
        replace(lane, departures="Mon,Thu 18:00", transit_sd_h=12, customs_h=5)
        if lane.id == "KRK-OPO" else lane
        for lane in network.lanes
    )  # fmt: skip
    found = lead_time(replace(network, lanes=lanes), network.loop(LOOP), on)
    assert found == Lead(65 / 24, 13 / 24, 3.5)


def test_spread_of_demand_goes_down_the_bill_of_materials() -> None:
    """Poisson 120 a day is 10.95; two bearings a motor double it."""
    found = spreads(small_network(), date(2026, 3, 2))
    assert found["OPO", "DU-500"] == pytest.approx(120**0.5)
    assert found["KRK", "BRG-608"] == pytest.approx(2 * 120**0.5)


def test_lead_times_on_record_take_the_place_of_the_networks() -> None:
    """From thirty receipts on; each from its decision or call-off to the receipt."""
    world = World()
    start = NOW - timedelta(days=2)
    world.tell(world.make(e.StockCounted, start, "KRK", item="MOT-36", qty=9000))
    for n in range(32):
        at = start + timedelta(hours=n)
        world.tell(
            world.make(e.CalloffPlaced, at, "OPO", order=f"C{n}", origin="KRK", item="MOT-36",
                       qty=40, window_start=at, window_end=at + timedelta(hours=9)),
            world.make(e.GoodsShipped, at + timedelta(minutes=1), "KRK", shipment=f"S{n}",
                       to="OPO", item="MOT-36", qty=40, order=f"C{n}"),
            world.make(e.GoodsReceived, at + timedelta(hours=6), "OPO", shipment=f"S{n}",
                       item="MOT-36", qty=40, order=f"C{n}"),
        )  # fmt: skip
    view = PlanView.of(world.tower)
    seen = lead_times(view)["OPO", "MOT-36", "KRK"]
    assert len(seen) >= 30
    assert seen[0] == pytest.approx(0.25, abs=1e-3)
    line = made("cards", view).lines[0]
    assert f"from {len(seen)} receipts" in line.why
    plain = made("cards", PlanView(world.tower.network)).lines[0]
    assert isinstance(line.proposed, int | float) and isinstance(plain.proposed, int | float)
    assert line.proposed < plain.proposed
    world.close()


def test_use_is_counted_by_whole_weeks() -> None:
    """Three days on record are no week; what left in a week is its use."""
    world = World()
    begun = NOW - timedelta(days=2)
    world.tell(world.make(e.StockReceived, begun, "KRK", item="MOT-36", qty=500))
    assert weekly_use(PlanView.of(world.tower)) == {}
    for day, qty in ((3, 10), (9, 30), (10, 5)):
        at = begun + timedelta(days=day)
        world.tell(world.make(e.StockConsumed, at, "KRK", item="MOT-36", qty=qty))
    end = begun + timedelta(days=14)
    world.tell(world.make(e.StockCounted, end, "OPO", item="DU-500", qty=1))
    assert weekly_use(PlanView.of(world.tower))["KRK", "MOT-36"] == (10.0, 35.0)
    world.close()


def test_segments_give_each_stock_point_a_service_with_a_reason() -> None:
    """Limits are kept with the result; the service of the segment becomes the target."""
    draft = made("segments", PlanView(small_network()), a=0.7)
    assert draft.details["limits"]["a"] == 0.7
    assert sum(draft.details["counts"].values()) == len(small_network().stock_points)
    assert all("default policy" in line.why for line in draft.lines)
    motors = next(line for line in draft.lines if line.what.startswith("OPO|MOT-36"))
    assert motors.proposed == 99
    assert {change.table for change in draft.changes} == {"stock_points"}
    assert made("segments", PlanView(small_network()), site="nowhere").lines == ()
