"""What each kind of event does to the state, kind by kind."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from support.plants import HOUR_US, START, START_US, Plants, event
from taktnet.ledger import event as e
from taktnet.state import State
from taktnet.state.meaning import MEANING
from taktnet.state.rows import Point


def cell(kind: Any, id: str, qty: float, **more: Any) -> Any:
    """An event about the item CELL."""
    return event(kind, id, item="CELL", qty=qty, **more)


def order(id: str, qty: float, site: str = "OPO", **more: Any) -> Any:
    """A customer's order of CELL."""
    window = {"window_start": START, "window_end": START + timedelta(days=2)}
    return cell(e.OrderPlaced, f"e-{id}", qty, site=site, order=id, party="CUST", **window, **more)


def ship(id: str, qty: float, shipment: str = "S", **more: Any) -> Any:
    """Goods from Porto to Krakow, unless told otherwise."""
    return cell(e.GoodsShipped, id, qty, **{"to": "KRK", "shipment": shipment} | more)


def receive(id: str, qty: float, shipment: str = "S", **more: Any) -> Any:
    """Goods unloaded at Krakow."""
    return cell(e.GoodsReceived, id, qty, **{"site": "KRK", "shipment": shipment} | more)


def at(state: State, site: str) -> Point:
    """The point of CELL at a site."""
    return state.points(site, "CELL")[0]


def odd(state: State) -> dict[str, int]:
    """Anomalies and how often."""
    return {a.kind: a.count for a in state.anomalies()}


@pytest.fixture
def plants() -> Plants:
    """Nothing has happened."""
    return Plants()


def test_every_kind_of_event_has_its_meaning_told() -> None:
    """The visible table names each of the kinds, and no other."""
    assert list(MEANING) == list(e.KINDS)
    assert all(len(text) > 5 for text in MEANING.values())


def test_stock_is_kept_by_lot_and_status(plants: Plants) -> None:
    """Received 100 of a lot under inspection, 60 released, 10 held, 5 scrapped of those."""
    state = plants.happen(
        cell(e.StockReceived, "1", 100, lot="L1", status="inspection"),
        cell(e.StockReleased, "2", 60, lot="L1", status="inspection"),
        cell(e.StockHeld, "3", 10, lot="L1"),
        cell(e.StockScrapped, "4", 5, lot="L1", status="held"),
    )
    assert {(s.lot, s.status): s.qty for s in state.stock()} == {
        ("L1", "available"): 50.0, ("L1", "held"): 5.0, ("L1", "inspection"): 40.0,
    }  # fmt: skip
    opo = at(state, "OPO")
    assert (opo.available, opo.held, opo.inspection, opo.position) == (50.0, 5.0, 40.0, 90.0)


def test_a_count_moves_the_balance_and_a_corrected_count_keeps_what_happened_since(
    plants: Plants,
) -> None:
    """10, counted 7, 2 used, the count was really 8: 6 are left, as if counted right at first."""
    state = plants.happen(
        cell(e.StockReceived, "1", 10),
        cell(e.StockCounted, "2", 7),
        cell(e.StockConsumed, "3", 2),
        cell(e.StockCounted, "4", 8, corrects="2"),
    )
    assert at(state, "OPO").available == 6.0
    plants.happen(event(e.EventVoided, "5", corrects="4"))
    assert at(state, "OPO").available == 8.0, "no count at all: 10 - 2"


def test_stock_below_nothing_is_kept_and_counted_as_odd(plants: Plants) -> None:
    """More used than was ever reported: the truth of the reports, and a mark on the site."""
    state = plants.happen(cell(e.StockConsumed, "1", 3))
    assert at(state, "OPO").available == -3.0
    assert odd(state) == {"negative_stock": 1}


def test_goods_are_under_way_between_shipped_and_received(plants: Plants) -> None:
    """Off the shelf here, under way with age and ETA, on the shelf there; the rejected are held."""
    eta = START + timedelta(hours=30)
    state = plants.happen(
        cell(e.StockReceived, "0", 100),
        ship("1", 40, eta=eta, promised=START + timedelta(hours=20), lane="KO"),
        event(e.GoodsPosition, "2", shipment="S", latitude=41.1, longitude=-8.6, hours=5,
              eta=START + timedelta(hours=26)),
    )  # fmt: skip
    assert (at(state, "OPO").available, at(state, "KRK").in_transit) == (60.0, 40.0)
    (way,) = state.transit(START_US + 10 * HOUR_US)
    assert (way.origin, way.to, way.qty, way.lane, way.age_h) == ("OPO", "KRK", 40.0, "KO", 10.0)
    assert (way.eta, way.late_h) == (START + timedelta(hours=26), 6.0)
    assert (way.latitude, way.longitude, way.arrived) == (41.1, -8.6, None)
    plants.happen(event(e.GoodsArrived, "3", site="KRK", shipment="S", hours=25))
    assert state.transit(START_US)[0].arrived == START + timedelta(hours=25)
    plants.happen(receive("4", 40, rejected=3.0))
    krakow = at(state, "KRK")
    assert (krakow.available, krakow.held, krakow.in_transit) == (37.0, 3.0, 0.0)
    assert state.transit(START_US) == []
    assert odd(state) == {}


def test_what_was_not_announced_or_is_too_much_is_taken_in_and_counted(plants: Plants) -> None:
    """A receipt without a shipment, one beyond it, one at another site: stock is stock."""
    state = plants.happen(receive("1", 10, "unknown"))
    plants.happen(ship("2", 40), receive("3", 45))
    plants.happen(ship("4", 5, "S2"), receive("5", 5, "S2", site="PUN"))
    assert (at(state, "KRK").available, at(state, "PUN").available) == (55.0, 5.0)
    assert at(state, "KRK").in_transit == 0.0
    assert odd(state) == {
        "negative_stock": 1, "over_receipt": 1, "receipt_without_shipment": 1,
        "received_elsewhere": 1,
    }  # fmt: skip


def test_a_receipt_that_comes_before_its_shipment_leaves_nothing_under_way(plants: Plants) -> None:
    """Out of order: received 40, then the ship notice of 40."""
    state = plants.happen(receive("1", 40), ship("2", 40))
    assert (at(state, "KRK").available, at(state, "KRK").in_transit) == (40.0, 0.0)


def test_an_order_is_reserved_until_shipped_and_open_until_delivered(plants: Plants) -> None:
    """Ordered 50, changed to 60, 40 shipped, all delivered; backorder is what stock lacks."""
    state = plants.happen(cell(e.StockReceived, "0", 45), order("O1", 50))
    opo = at(state, "OPO")
    assert (opo.reserved, opo.backorder, opo.position) == (50.0, 5.0, -5.0)
    plants.happen(event(e.OrderChanged, "2", order="O1", qty=60))
    assert at(state, "OPO").reserved == 60.0
    plants.happen(ship("3", 40, to="CUST", order="O1"))
    assert (at(state, "OPO").reserved, at(state, "CUST").on_order) == (20.0, 20.0)
    (line,) = state.orders()
    assert (line.status, line.shipped, line.open, line.buyer) == ("open", 40.0, 20.0, "CUST")
    plants.happen(ship("4", 20, "S2", to="CUST", order="O1"))
    assert state.orders()[0].status == "shipped"
    plants.happen(receive("5", 40, site="CUST"), receive("6", 20, "S2", site="CUST"))
    assert state.orders() == []
    assert state.orders(closed=True)[0].status == "delivered"


def test_changes_and_cancellations_can_be_undone(plants: Plants) -> None:
    """An order cancelled by mistake is open again; a wrong change gives way to what was before."""
    state = plants.happen(
        order("O1", 50),
        event(e.OrderChanged, "2", order="O1", qty=60),
        event(e.OrderCancelled, "3", order="O1"),
    )
    assert (at(state, "OPO").reserved, state.orders()) == (0.0, [])
    plants.happen(event(e.EventVoided, "4", corrects="3"))
    assert at(state, "OPO").reserved == 60.0
    plants.happen(event(e.EventVoided, "5", corrects="2"))
    assert at(state, "OPO").reserved == 50.0
    plants.happen(event(e.OrderCancelled, "6", order="never"))
    assert odd(state) == {"unknown_order": 1}


def test_a_shipment_that_comes_before_its_order_still_serves_it(plants: Plants) -> None:
    """Out of order: shipped for O1, then O1 placed: nothing of it is reserved any more."""
    state = plants.happen(ship("1", 50, to="CUST", order="O1"), order("O1", 50))
    assert (at(state, "OPO").reserved, at(state, "CUST").on_order) == (0.0, 0.0)
    assert state.orders()[0].status == "shipped"


def test_a_shipment_without_an_order_serves_the_oldest_open_lines(plants: Plants) -> None:
    """Two call-offs of 40 and a shipment of 60 that names none: the first is shipped, half the
    second."""
    window = {"window_start": START, "window_end": START + timedelta(days=1), "site": "KRK"}
    state = plants.happen(
        *(cell(e.CalloffPlaced, f"c{n}", 40, order=f"C{n}", origin="OPO", **window) for n in (1, 2))
    )
    assert (at(state, "OPO").reserved, at(state, "KRK").on_order) == (80.0, 80.0)
    plants.happen(ship("1", 60))
    assert [(o.kind, o.shipped) for o in state.orders("KRK")] == [
        ("call-off", 40.0), ("call-off", 20.0),
    ]  # fmt: skip
    assert (at(state, "OPO").reserved, at(state, "KRK").in_transit) == (20.0, 60.0)


def test_a_calloff_under_a_decisions_name_confirms_it_and_counts_once(plants: Plants) -> None:
    """The ERP answers decision D#1 with a call-off of that number: still 40 on order, not 80."""
    state = plants.happen(
        cell(e.DecisionTaken, "D#1", 40, source="taktnet", site="KRK", decision="D#1",
             rule="base_stock", action="move", origin="OPO", reason="because"),
        cell(e.CalloffPlaced, "2", 40, site="KRK", order="D#1", origin="OPO", window_start=START,
             window_end=START),
    )  # fmt: skip
    assert at(state, "KRK").on_order == 40.0
    plants.happen(event(e.SignalAcknowledged, "3", decision="D#1", promised=START))
    (decision,) = state.decisions()
    assert (decision.status, decision.promised) == ("acknowledged", START)


def test_work_that_nobody_decided_is_in_process_until_it_is_produced(plants: Plants) -> None:
    """A planner's own order of 40: in process, then on the shelf; finished, nothing is left."""
    state = plants.happen(cell(e.LotStarted, "1", 40, order="W1", resource="R1"))
    assert (at(state, "OPO").in_process, at(state, "OPO").position) == (40.0, 40.0)
    plants.happen(cell(e.StockProduced, "2", 25, resource="R1", scrap=2.0))
    (lot,) = state.lots("OPO")
    assert (lot.order, lot.produced, lot.scrap, lot.resource) == ("W1", 25.0, 2.0, "R1")
    assert (at(state, "OPO").in_process, at(state, "OPO").available) == (15.0, 25.0)
    plants.happen(cell(e.LotFinished, "3", 25, order="W1"))
    assert (state.lots(), at(state, "OPO").in_process) == ([], 0.0)
    plants.happen(event(e.EventVoided, "4", corrects="3"))
    assert at(state, "OPO").in_process == 15.0


def test_work_under_a_name_of_its_own_is_for_the_signal_that_asked_for_just_so_much(
    plants: Plants,
) -> None:
    """Asked for 80, then 20; the 20 are made first, 30 fit neither and are for the oldest."""
    made = {"rule": "production", "action": "produce", "reason": "r", "origin": "OPO"}
    plants.happen(
        *(cell(e.DecisionTaken, d, q, decision=d, **made) for d, q in (("D1", 80), ("D2", 20))),
        cell(e.LotStarted, "1", 20, order="W1"),
        cell(e.StockProduced, "2", 20, order="W1"),
        cell(e.LotStarted, "3", 30, order="W2"),
    )
    (left,) = plants.state.decisions()
    assert (left.decision, left.received) == ("D1", 0.0)
    assert [(lot.order, lot.decision) for lot in plants.state.lots() if not lot.produced] == [
        ("W2", "D1")
    ]


def test_a_resource_is_down_since_a_time_and_for_a_reason(plants: Plants) -> None:
    """Stopped for want of an item at 2 h, running at 5 h: 3 hours down in one stop."""
    stop = event(e.ResourceStopped, "1", resource="R1", reason="stockout", item="CELL", hours=2)
    state = plants.happen(event(e.ResourceStarted, "0", resource="R1"), stop)
    (line,) = state.resources("OPO")
    assert (line.up, line.since, line.reason, line.item) == (
        False, START + timedelta(hours=2), "stockout", "CELL",
    )  # fmt: skip
    plants.happen(event(e.ResourceStarted, "2", resource="R1", hours=5))
    (line,) = state.resources()
    assert (line.up, line.reason, line.stops, line.down_h) == (True, "", 1, 3.0)
    plants.happen(event(e.EventVoided, "3", corrects="2"))
    assert state.resources()[0].up is False


def test_a_site_and_a_lane_are_closed_since_a_time_until_they_open(plants: Plants) -> None:
    """Closed at 2 h until 50 h, then until 80 h: since 2 h all the while; undone one by one."""
    later, last = START + timedelta(hours=50), START + timedelta(hours=80)
    site = event(e.SiteClosed, "1", site="KRK", until=later, hours=2)
    lane = event(e.LaneClosed, "2", site="", lane="SEA", hours=3)
    state = plants.happen(site, lane)
    told = [(c.kind, c.name, c.since, c.until) for c in state.closures()]
    assert told == [
        ("lane", "SEA", START + timedelta(hours=3), None),
        ("site", "KRK", START + timedelta(hours=2), later),
    ]
    plants.happen(event(e.SiteClosed, "3", site="KRK", until=last, hours=40))
    assert [(c.since, c.until) for c in state.closures()][1] == (START + timedelta(hours=2), last)
    plants.happen(event(e.EventVoided, "4", corrects="3"))
    assert state.closures()[1].until == later
    plants.happen(event(e.SiteOpened, "5", site="KRK", hours=45))
    plants.happen(event(e.LaneOpened, "6", site="", lane="SEA", hours=46))
    assert state.closures() == []
    plants.happen(event(e.EventVoided, "7", corrects="6"))
    assert [c.name for c in state.closures()] == ["SEA"]


def test_pace_is_kept_by_business_day_and_in_total(plants: Plants) -> None:
    """Made 30 and 20 on two days, used 5, a late report of 7 for the first day counts there."""
    state = plants.happen(
        cell(e.StockProduced, "1", 30, resource="R1"),
        cell(e.StockProduced, "2", 20, resource="R1", hours=24),
        cell(e.StockConsumed, "3", 5, hours=24),
        cell(e.StockProduced, "4", 7, resource="R1", hours=1),
        ship("5", 4, hours=25),
    )
    (pace,) = state.pace(START_US + 48 * HOUR_US, "OPO", "CELL")
    assert pace.made[-3:] == (37.0, 20.0, 0.0)
    assert (pace.used[-2], pace.shipped[-2]) == (5.0, 4.0)
    assert (pace.total_made, pace.total_used, pace.total_shipped) == (57.0, 5.0, 4.0)
    (own,) = state.resource_pace(START_US + 24 * HOUR_US)
    assert (own.resource, own.item, own.made[-2:], own.total_made) == (
        "R1",
        "CELL",
        (37.0, 20.0),
        57.0,
    )


def test_the_ring_of_days_forgets_but_the_total_does_not(plants: Plants) -> None:
    """Forty days later the first day has left the ring; a time far ahead does not empty it."""
    state = plants.happen(*(cell(e.StockConsumed, f"{d}", 1, hours=24 * d) for d in range(40)))
    (pace,) = state.pace(START_US + 39 * 24 * HOUR_US, "OPO")
    assert (sum(pace.used), pace.total_used) == (32.0, 40.0)
    far = cell(e.StockConsumed, "far", 5, hours=24 * 4000)
    state.fold(plants.facts(far, recorded=START_US + 39 * 24 * HOUR_US))
    (pace,) = state.pace(START_US + 39 * 24 * HOUR_US, "OPO")
    assert (sum(pace.used), pace.total_used) == (31.0, 45.0)


def test_a_closed_period_is_known(plants: Plants) -> None:
    """period.closed moves the limit, and never back."""
    state = plants.happen(event(e.PeriodClosed, "1", until=START))
    plants.happen(event(e.PeriodClosed, "2", until=START - timedelta(days=1)))
    assert state.closed_until == START_US


def test_cards_named_on_the_way_are_full_when_their_quantity_is_received(plants: Plants) -> None:
    """Two cards on 80, 40 received: one is full; on a lot they are full when it is produced."""
    loop: dict[str, Any] = {"loop": "L"}
    state = plants.happen(
        *(event(e.CardIssued, f"i{n}", card=str(n), empty=True, **loop) for n in (1, 2, 3)),
        ship("s", 80, cards=("1", "2"), **loop),
        receive("r", 40),
    )
    assert [(c.card, c.status) for c in state.cards("L")] == [
        ("1", "full"), ("2", "in_transit"), ("3", "empty"),
    ]  # fmt: skip
    plants.happen(cell(e.LotStarted, "w", 40, order="W", cards=("3",), **loop))
    assert state.cards()[2].status == "in_process"
    plants.happen(cell(e.StockProduced, "p", 40, order="W"))
    assert state.cards()[2].status == "full"
    plants.happen(event(e.EventVoided, "v", corrects="s"))
    assert state.cards()[1].status == "empty", "never shipped"


def test_scans_that_do_not_fit_are_counted_and_change_nothing(plants: Plants) -> None:
    """An unknown card, a second scan, a card issued twice, one withdrawn while under way."""
    scan: dict[str, Any] = {"loop": "L", "card": "1"}
    state = plants.happen(
        event(e.CardPulled, "1", **scan),
        event(e.CardIssued, "2", **scan),
        event(e.CardIssued, "3", **scan),
        event(e.CardPulled, "4", **scan),
        event(e.CardPulled, "5", **scan),
        ship("6", 40, cards=("1",), loop="L"),
        event(e.CardWithdrawn, "7", **scan),
    )
    (loop,) = state.loops()
    assert (loop.issued, loop.in_transit) == (1, 1)
    assert {k: v for k, v in odd(state).items() if k != "negative_stock"} == {
        "unknown_card": 1, "card_scanned_twice": 2, "card_out_of_state": 1,
    }  # fmt: skip
    plants.happen(event(e.CardReturned, "8", **scan), event(e.CardWithdrawn, "9", **scan))
    assert state.cards() == []
    assert state.loops()[0].issued == 0


def test_views_can_be_asked_for_one_site_or_item(plants: Plants) -> None:
    """Names that nobody knows give nothing, not everything."""
    state = plants.happen(
        cell(e.StockReceived, "1", 1), cell(e.StockReceived, "2", 2, site="KRK"),
        event(e.StockReceived, "3", item="FRAME", qty=3),
    )  # fmt: skip
    assert [s.qty for s in state.stock("OPO")] == [1.0, 3.0]
    assert [s.qty for s in state.stock(item="CELL")] == [2.0, 1.0]
    assert [s.qty for s in state.stock("KRK", "CELL")] == [2.0]
    assert state.stock("NOWHERE") == state.points(item="NOTHING") == []
