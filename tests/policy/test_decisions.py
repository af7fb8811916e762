"""What each policy decides, when, from whom, for when, and in which words."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from support.chains import Chain, kanban, network, point, source
from support.plants import HOUR_US, START, START_US, event
from taktnet.base.names import Domain
from taktnet.ledger import event as e
from taktnet.network.components import Lane, Source
from taktnet.policy.step import StaleRules


def opening(qty: float, site: str = "OPO", id: str = "open", **more: object) -> object:
    """Opening stock."""
    return event(e.StockReceived, id, site=site, item="CELL", qty=qty, **more)


def used(id: str, qty: float, site: str = "OPO", **more: object) -> object:
    """Stock used."""
    return event(e.StockConsumed, id, site=site, item="CELL", qty=qty, **more)


def test_containers_emptied_together_are_one_decision_in_a_planners_words() -> None:
    """85 of 320 used: two containers, due after the lane's 30 hours, window 8 hours before."""
    chain = Chain(network(loops=(kanban(),)))
    chain.tell(opening(320), opening(500, "KRK", "open2"))
    assert chain.tell(used("u1", 25)) == []
    (made,) = chain.tell(used("u2", 60))
    assert made.decision == made.id == "L#1"
    assert (made.source, made.site, made.zone) == ("taktnet", "OPO", "Europe/Lisbon")
    assert (made.rule, made.action, made.origin, made.lane) == ("withdrawal", "move", "KRK", "KO")
    assert (made.qty, made.containers, made.loop, made.cards) == (80.0, 2, "L", ())
    assert made.due == START + timedelta(hours=30)
    assert made.due_from == START + timedelta(hours=22)
    assert made.evidence == (4,)
    assert made.reason == (
        "2 of 8 containers of loop L emptied at Porto, 40 pcs each (235 on hand, 0 coming)"
        " -> move 80 pcs from Krakow by Tue 3 Mar 12:00 (Lisbon)"
    )


def test_preparation_and_collection_are_part_of_the_due_time() -> None:
    """Prep 6 h at the source and collections every 4 h: 40 hours with 30 h on the lane."""
    way = Source(site="OPO", item="CELL", origin="KRK", lane="KO", prep_h=6.0)
    chain = Chain(network(loops=(kanban(collection_h=4.0, lane=""),), sources=(way,)))
    (made,) = chain.tell(opening(280))
    assert made.due == START + timedelta(hours=40)
    assert made.lane == "KO", "the lane of the source"


def test_a_production_loop_orders_from_its_own_line() -> None:
    """Produce at Krakow: 600 s set-up and 60 s a piece, 40 pieces: due after 50 minutes."""
    chain = Chain(network(loops=(kanban("production", site="KRK", origin="KRK", lane="",
                                        resource="LINE"),)))  # fmt: skip
    chain.tell(opening(320, "KRK"))
    (made,) = chain.tell(used("u", 40, "KRK"))
    assert (made.action, made.origin, made.qty) == ("produce", "KRK", 40.0)
    assert made.due == START + timedelta(minutes=50)
    assert made.reason.endswith("-> produce 40 pcs at Krakow by Mon 2 Mar 07:50 (Warsaw)")
    net = chain.rules.network
    chain.tell(event(e.LotStarted, "w", site="KRK", item="CELL", order="W1", qty=40))
    assert chain.state.loops(net)[0].in_process == 1
    (lot,) = chain.state.lots()
    assert (lot.order, lot.decision, lot.qty) == ("W1", "L#1", 40.0)
    chain.tell(event(e.StockProduced, "p", site="KRK", item="CELL", order="W1", qty=38))
    chain.tell(event(e.LotFinished, "f", site="KRK", item="CELL", order="W1", qty=38, scrap=2))
    assert chain.state.lots() == []
    assert chain.state.decisions() == [], "the two that were scrapped will not come"
    assert chain.state.points("KRK")[0].position == 318.0


def test_conwip_releases_a_job_when_one_leaves_the_line() -> None:
    """3 jobs of 40 in the line: what is used at its end is released at its start."""
    line = kanban("conwip", site="KRK", origin="KRK", lane="", cards=3, resource="LINE")
    chain = Chain(network(loops=(line,)))
    (first,) = chain.tell(opening(40, "KRK"))
    assert (first.rule, first.containers) == ("conwip", 2)
    assert (
        chain.tell(event(e.StockProduced, "p", site="KRK", item="CELL", qty=80, order="L#1")) == []
    )
    (second,) = chain.tell(used("u", 40, "KRK"))
    assert (second.decision, second.containers) == ("L#2", 1)


def test_a_triangle_orders_its_lot_at_the_signal() -> None:
    """10 cards, signal at 4, lot 6: nothing down to 5 containers, then 240 at once."""
    chain = Chain(network(loops=(kanban("signal", cards=10, signal_at=4, lot_cards=6),)))
    chain.tell(opening(400))
    assert chain.tell(used("u1", 200)) == []
    (made,) = chain.tell(used("u2", 40))
    assert (made.rule, made.qty, made.containers) == ("signal", 240.0, 6)


def test_a_least_order_of_the_source_holds_cards_back_until_there_are_enough() -> None:
    """MOQ 100 and containers of 40: three cards together."""
    way = Source(site="OPO", item="CELL", origin="KRK", lane="KO", moq=100.0)
    chain = Chain(network(loops=(kanban(),), sources=(way,)))
    chain.tell(opening(320))
    assert chain.tell(used("u1", 80)) == []
    (made,) = chain.tell(used("u2", 40))
    assert made.containers == 3


def test_base_stock_orders_what_was_promised_before_it_is_shipped() -> None:
    """A customer's order is demand at once: the position falls, Pune is asked for whole boxes."""
    net = network(
        stock_points=(point("base_stock", base_stock=500.0),), sources=(source(moq=120.0),)
    )
    chain = Chain(net)
    chain.tell(opening(500, "KRK"))
    order = event(
        e.OrderPlaced, "o", site="KRK", order="O1", party="CUST", item="CELL", qty=50,
        window_start=START, window_end=START + timedelta(days=2),
    )  # fmt: skip
    (made,) = chain.tell(order)
    assert (made.decision, made.action, made.origin) == ("KRK/CELL#1", "buy", "PUN")
    assert made.qty == 120.0, "50 are needed, 120 is the least, 3 boxes of 40"
    assert made.reason == (
        "Position of CELL at Krakow is 450 pcs, below the base stock of 500"
        " (500 on hand, 0 coming, 50 promised)"
        " -> buy 120 pcs from Pune by Sat 14 Mar 19:00 (Warsaw)"
    )
    assert chain.tell(event(e.GoodsShipped, "s", site="KRK", to="CUST", item="CELL", qty=50,
                            shipment="S1", order="O1")) == []  # fmt: skip
    krakow = chain.state.points("KRK")[0]
    assert (krakow.reserved, krakow.position) == (0.0, 570.0)


@pytest.mark.parametrize(
    ("policy", "used_up", "qty"),
    [
        ({"policy": "sS", "reorder_point": 100.0, "order_up_to": 400.0}, 300, 320.0),
        ({"policy": "RQ", "reorder_point": 100.0, "order_qty": 120.0}, 300, 120.0),
        ({"policy": "RQ", "reorder_point": 100.0, "order_qty": 120.0}, 420, 240.0),
    ],
)
def test_reorder_points_order_at_and_not_above_them(
    policy: dict[str, object], used_up: int, qty: float
) -> None:
    """From 400: at 101 nothing; at 100 up to S in whole boxes, or as many lots as are needed."""
    chain = Chain(network(stock_points=(point(**policy),), sources=(source(),)))  # type: ignore[arg-type]
    chain.tell(opening(400, "KRK"))
    assert chain.tell(used("u1", 299, "KRK")) == []
    (made,) = chain.tell(used("u2", used_up - 299, "KRK"))
    assert made.qty == qty
    assert chain.tell(used("u3", 1, "KRK")) == []


def test_needs_are_split_over_sources_by_their_shares_exactly_in_the_long_run() -> None:
    """Shares of 3/4 and 1/4: whoever is furthest behind gets the next order; a backup none."""
    ways = (
        source("PUN", "PK", share=0.75),
        source("OSA", "SK", share=0.25),
        source("OPO", "KO", share=1.0, role="backup"),
    )
    net = network(
        stock_points=(point("base_stock", base_stock=4000.0),), sources=ways, processes=()
    )
    chain = Chain(net)
    chain.tell(opening(4000, "KRK"))
    origins = [chain.tell(used(f"u{i}", 40, "KRK"))[0].origin for i in range(40)]
    assert origins[:4].count("PUN") == 3
    assert Counter(origins) == {"PUN": 30, "OSA": 10}


def test_what_no_source_supplies_is_made_on_the_spot() -> None:
    """A primary share of 0.6 with a process at the site: the rest is produced there."""
    net = network(
        stock_points=(point("base_stock", base_stock=4000.0),), sources=(source(share=0.6),)
    )
    chain = Chain(net)
    chain.tell(opening(4000, "KRK"))
    actions = [chain.tell(used(f"u{i}", 40, "KRK"))[0].action for i in range(20)]
    assert Counter(actions) == {"buy": 12, "produce": 8}


def test_a_periodic_review_waits_for_its_day() -> None:
    """Reviewed daily: a second use on the day waits, and the next day's look decides it."""
    net = network(
        stock_points=(point("base_stock", base_stock=400.0, review_h=24.0),), sources=(source(),)
    )
    chain = Chain(net)
    chain.tell(opening(400, "KRK"))
    assert len(chain.tell(used("u1", 40, "KRK"))) == 1
    assert chain.tell(used("u2", 80, "KRK")) == []
    assert chain.look() == []
    (made,) = chain.look(START_US + 24 * HOUR_US)
    assert made.qty == 80.0


def test_what_was_declined_is_visible_and_only_a_new_pull_decides_again() -> None:
    """Declined: off order, not decided again by a look or a receipt; the next use decides both."""
    chain = Chain(network(loops=(kanban(),)))
    chain.tell(opening(320))
    chain.tell(used("u", 40))
    answer = {"source": "planner", "site": "OPO", "decision": "L#1", "by": "Ana"}
    assert chain.tell(event(e.DecisionDeclined, "no", **answer)) == []
    porto = chain.state.points("OPO")[0]
    assert (porto.on_order, porto.refused) == (0.0, START)
    assert chain.look() == []
    (loop,) = chain.state.loops(chain.rules.network)
    assert (loop.full, loop.empty, loop.ordered, loop.refused) == (7, 1, 0, START)
    (ended,) = chain.state.decisions(closed=True)
    assert (ended.status, ended.outstanding) == ("declined", 0.0)
    (made,) = chain.tell(used("u2", 40))
    assert (made.decision, made.containers) == ("L#2", 2)


def test_a_signal_that_the_partner_refuses_is_off_order_too() -> None:
    """signal.sent, then refused: reserved nowhere, on order nowhere."""
    net = network(stock_points=(point("base_stock", base_stock=400.0),), sources=(source(),))
    chain = Chain(net)
    chain.tell(opening(360, "KRK"))
    sent = {"source": "taktnet", "decision": "KRK/CELL#1", "site": ""}
    chain.tell(event(e.SignalSent, "x1", channel="webhook", **sent))
    assert chain.state.decisions()[0].status == "sent"
    chain.tell(event(e.SignalRefused, "x2", **sent))
    assert [p.on_order + p.reserved for p in chain.state.points()] == [0.0, 0.0]
    assert chain.look() == []


def test_a_card_that_is_scanned_goes_around_and_back() -> None:
    """e-kanban: full, empty, ordered, in transit, full; a second scan in a cycle does nothing."""
    chain = Chain(network(loops=(kanban(trigger="scan", cards=3),)))
    scan = {"loop": "L", "site": "OPO"}
    for n in "123":
        chain.tell(event(e.CardIssued, f"i{n}", card=n, **scan))
    (made,) = chain.tell(event(e.CardPulled, "p", card="2", **scan))
    assert (made.cards, made.containers, made.qty) == (("2",), 1, 40.0)
    assert made.reason == (
        "Card 2 of 3 of loop L emptied at Porto; 1 empty, 40 pcs each"
        " -> move 40 pcs from Krakow by Tue 3 Mar 12:00 (Lisbon)"
    )
    assert made.evidence == (4,), "the scan"
    assert chain.tell(event(e.CardPulled, "p2", card="2", **scan)) == []
    assert chain.state.anomalies()[0].kind == "card_scanned_twice"

    def status() -> str:
        return chain.state.cards("L")[1].status

    assert status() == "ordered"
    chain.tell(event(e.GoodsShipped, "s", site="KRK", to="OPO", item="CELL", qty=40, shipment="S1",
                     loop="L", cards=("2",)))  # fmt: skip
    assert status() == "in_transit"
    assert chain.tell(event(e.CardPulled, "p3", card="2", **scan)) == []
    assert chain.state.anomalies()[0].kind == "card_out_of_state"
    chain.tell(event(e.GoodsReceived, "r", item="CELL", qty=40, shipment="S1"))
    assert status() == "full"
    assert chain.state.decisions() == []
    (again,) = chain.tell(event(e.CardPulled, "p4", card="2", **scan))
    assert (again.decision, chain.state.cards("L")[1].cycle) == ("L#2", 2)


def test_cards_declined_hang_on_the_board_until_the_next_scan() -> None:
    """Declined, the card is empty again; with the next pull both are ordered, oldest first."""
    chain = Chain(network(loops=(kanban(trigger="scan", cards=3),)))
    scan = {"loop": "L", "site": "OPO"}
    chain.tell(*(event(e.CardIssued, f"i{n}", card=n, **scan) for n in "123"))
    chain.tell(event(e.CardPulled, "p1", card="3", **scan))
    chain.tell(event(e.DecisionDeclined, "no", decision="L#1", by="Ana"))
    assert [c.status for c in chain.state.cards()] == ["full", "full", "empty"]
    assert chain.look() == []
    (made,) = chain.tell(event(e.CardPulled, "p2", card="1", **scan))
    assert (made.decision, made.cards, made.qty) == ("L#2", ("3", "1"), 80.0)


def test_two_loops_of_one_point_share_its_position() -> None:
    """Krakow 6 cards and Osaka 2: emptied containers go to whoever has more cards free."""
    loops = (kanban(id="A", cards=6), kanban(id="B", cards=2, origin="OSA", lane=""))
    chain = Chain(network(loops=loops))
    chain.tell(opening(320))
    assert [(d.loop, d.containers) for d in chain.tell(used("u1", 40))] == [("A", 1)]
    assert [(d.loop, d.containers) for d in chain.tell(used("u2", 40))] == [("B", 1)]
    everything = chain.tell(used("u3", 240))
    assert sum(d.containers for d in everything) == 6
    assert chain.state.points("OPO")[0].position == 320.0


def test_a_name_that_is_taken_does_not_take_the_decisions_place() -> None:
    """Somebody's order is called L#1 already: the decision gets another stable id."""
    chain = Chain(network(loops=(kanban(),)))
    chain.tell(opening(320, order="L#1"))
    (made,) = chain.tell(used("u", 40))
    assert made.decision == "L#1'"


def test_points_without_a_supplier_are_named() -> None:
    """A policy with nobody to order from decides nothing, and is not silent about it."""
    chain = Chain(network(stock_points=(point("base_stock", base_stock=10.0, site="OPO"),)))
    assert chain.tell(opening(1)) == []
    assert chain.rules.silent == (("OPO", "CELL"),)


def test_a_ring_of_suppliers_is_named_and_decides_nothing() -> None:
    """Krakow orders from Pune and Pune from Krakow: no end of orders, so none."""
    net = network(
        stock_points=(
            point("base_stock", base_stock=10.0),
            point("base_stock", site="PUN", base_stock=10.0),
            point("base_stock", site="OPO", base_stock=80.0),
        ),
        sources=(
            source(),
            Source(site="PUN", item="CELL", origin="KRK", lane="PK"),
            Source(site="OPO", item="CELL", origin="KRK", lane="KO"),
        ),
    )
    chain = Chain(net)
    assert chain.rules.rings == (("KRK", "CELL"), ("PUN", "CELL"))
    (made,) = chain.tell(opening(1))
    assert (made.site, made.origin) == ("OPO", "KRK")


def test_rules_refuse_to_work_on_names_that_were_forgotten() -> None:
    """After a batch that did not commit, its names are gone: old rules would decide nonsense."""
    chain = Chain(network(loops=(kanban(),)))
    before = chain.names.counts()
    chain.tell(opening(320))
    chain.names.truncate(before)
    chain.rules.examine_all(chain.state.copy(), START_US)
    chain.names.truncate((1,) * len(Domain))
    with pytest.raises(StaleRules, match="make new ones"):
        chain.rules.examine_all(chain.state, START_US)


def test_the_next_departure_of_a_lane_is_waited_for() -> None:
    """Monday 07:00 in Krakow; it leaves at 18:00, then the agreed 48 hours of transit."""
    lane = Lane(id="KO", origin="KRK", destination="OPO", transit_h=30.0, agreed_h=48.0,
                departures="Mon 18:00")  # fmt: skip
    chain = Chain(network(loops=(kanban(),), lanes=(lane,)))
    (made,) = chain.tell(opening(280))
    assert made.due == START + timedelta(hours=11 + 48)
