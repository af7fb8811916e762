"""Sites and lanes that close: who is asked instead, in which words, and who after."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

from support.chains import Chain, kanban, network, point, source
from support.plants import START, event
from taktnet.ledger import event as e
from taktnet.network import Network
from taktnet.network.components import Lane, Source


def told(kind: Any, id: str, qty: float, **more: Any) -> Any:
    """An event about CELL at Krakow."""
    return event(kind, id, **{"site": "KRK", "item": "CELL", "qty": qty} | more)


def used(id: str, qty: float = 40, **more: Any) -> Any:
    """Stock used."""
    return told(e.StockConsumed, id, qty, **more)


def two_ways(**backup: Any) -> Chain:
    """Krakow keeps 400 from Pune, or from Osaka as a backup."""
    ways = (source(), source("OSA", "SK", role="backup", **backup))
    points = (point("base_stock", base_stock=400.0),)
    chain = Chain(network(stock_points=points, sources=ways, processes=()))
    chain.tell(told(e.StockReceived, "open", 400))
    return chain


def test_a_backup_steps_in_while_the_supplier_is_closed_and_hands_back() -> None:
    """Closed until Friday: Osaka is asked, with the reason and the closure as evidence."""
    chain = two_ways()
    friday = START + timedelta(days=4)
    assert chain.tell(event(e.SiteClosed, "c", site="PUN", until=friday, reason="flood")) == []
    (made,) = chain.tell(used("u1"))
    assert (made.origin, made.lane, made.qty) == ("OSA", "SK", 40.0)
    assert made.evidence == (2, 3)
    assert (
        "; Pune is closed since Mon 2 Mar 11:30 (Kolkata) and expected to open Fri 6 Mar 11:30"
        " (Kolkata): its backup Osaka steps in -> buy 40 pcs from Osaka by "
    ) in made.reason
    chain.tell(event(e.SiteOpened, "o", site="PUN"))
    (made,) = chain.tell(used("u2"))
    assert made.origin == "PUN"
    assert "closed" not in made.reason


def test_a_closed_lane_is_like_a_closed_supplier_for_what_comes_by_it() -> None:
    """Nobody says until when, nor does the reason; with both lanes closed the order waits."""
    chain = two_ways()
    chain.tell(event(e.LaneClosed, "c", site="", lane="PK"))
    (made,) = chain.tell(used("u1"))
    assert made.origin == "OSA"
    assert "; lane PK is closed since Mon 2 Mar 11:30 (Kolkata): its backup Osaka" in made.reason
    chain.tell(event(e.LaneClosed, "d", site="", lane="SK"))
    (made,) = chain.tell(used("u2"))
    assert made.origin == "PUN"
    assert "(Kolkata): no one else delivers, so the order waits there ->" in made.reason


def test_of_two_primaries_the_open_one_delivers_everything() -> None:
    """Shares of a half each, one closed: the other gets all, then the closed one catches up."""
    ways = (source(share=0.5), source("OSA", "SK", share=0.5))
    points = (point("base_stock", base_stock=4000.0),)
    chain = Chain(network(stock_points=points, sources=ways, processes=()))
    chain.tell(told(e.StockReceived, "open", 4000))
    chain.tell(event(e.SiteClosed, "c", site="OSA"))
    made = [chain.tell(used(f"u{i}"))[0] for i in range(4)]
    assert {d.origin for d in made} == {"PUN"}
    assert "Osaka is closed since Mon 2 Mar 15:00 (Tokyo): Pune delivers" in made[0].reason
    chain.tell(event(e.SiteOpened, "o", site="OSA"))
    made = [chain.tell(used(f"v{i}"))[0] for i in range(4)]
    assert {d.origin for d in made} == {"OSA"}


def loops(**fields: Any) -> Network:
    """Porto pulls by a loop from Krakow, and may buy from Pune in lots of 80."""
    lane = Lane(id="PO", origin="PUN", destination="OPO", transit_h=200.0)
    backup = Source(site="OPO", item="CELL", origin="PUN", lane="PO", role="backup", moq=80.0)
    base = network()
    return network(loops=(kanban(**fields),), lanes=(*base.lanes, lane), sources=(backup,))


def test_a_backup_fills_the_cards_of_a_closed_loop_once_they_are_enough_for_it() -> None:
    """One card of 40 waits for the second; both cards go to Pune, and back at opening to none."""
    chain = Chain(loops())
    chain.tell(told(e.StockReceived, "open", 320, site="OPO"))
    chain.tell(event(e.SiteClosed, "c", site="KRK"))
    assert chain.tell(used("u1", site="OPO")) == []
    (made,) = chain.tell(used("u2", site="OPO"))
    assert (made.rule, made.action, made.origin, made.qty) == ("withdrawal", "buy", "PUN", 80.0)
    assert (made.decision, made.loop, made.containers) == ("OPO/CELL#1", "", 0)
    assert made.reason.startswith(
        "2 of 8 containers of loop L emptied at Porto, 40 pcs each (240 on hand, 0 coming);"
        " Krakow is closed since Mon 2 Mar 07:00 (Warsaw): its backup Pune steps in -> buy 80 pcs"
    )
    assert chain.tell(event(e.SiteOpened, "o", site="KRK")) == []
    (made,) = chain.tell(used("u3", site="OPO"))
    assert (made.decision, made.origin, made.qty) == ("L#1", "KRK", 40.0)


def test_cards_that_waited_for_a_backup_go_out_when_their_loop_opens() -> None:
    """The single card that was too few for Pune is ordered at Krakow at once."""
    chain = Chain(loops())
    chain.tell(told(e.StockReceived, "open", 320, site="OPO"))
    chain.tell(event(e.LaneClosed, "c", site="", lane="KO"))
    assert chain.tell(used("u1", site="OPO")) == []
    (made,) = chain.tell(event(e.LaneOpened, "o", site="", lane="KO"))
    assert (made.decision, made.qty, made.evidence) == ("L#1", 40.0, (3, 4))


def test_scanned_cards_travel_with_the_backups_order() -> None:
    """Two scanned cards are named in the order to Pune, and stay cards of their loop."""
    chain = Chain(loops(trigger="scan", cards=2))
    for n in (1, 2):
        chain.tell(event(e.CardIssued, f"i{n}", loop="L", card=f"L-{n}"))
    chain.tell(event(e.SiteClosed, "c", site="KRK"))
    assert chain.tell(event(e.CardPulled, "p1", loop="L", card="L-1")) == []
    (made,) = chain.tell(event(e.CardPulled, "p2", loop="L", card="L-2"))
    assert (made.origin, made.loop, made.cards) == ("PUN", "L", ("L-1", "L-2"))
    assert "its backup Pune steps in" in made.reason


def test_two_lanes_of_one_origin_keep_their_own_shares() -> None:
    """Pune by sea three times in four, by air once: counted by lane, not by origin."""
    base = network()
    air = Lane(id="AIR", origin="PUN", destination="KRK", transit_h=40.0)
    ways = (source(share=0.75), source(lane="AIR", share=0.25))
    points = (point("base_stock", base_stock=4000.0),)
    chain = Chain(network(stock_points=points, sources=ways, processes=(),
                          lanes=(*base.lanes, air)))  # fmt: skip
    chain.tell(told(e.StockReceived, "open", 4000))
    lanes = Counter(chain.tell(used(f"u{i}"))[0].lane for i in range(40))
    assert lanes == {"PK": 30, "AIR": 10}


def test_however_many_points_a_closure_touches_all_are_looked_at() -> None:
    """1,500 loops whose single card was too few for their backups: all order when Krakow opens."""
    base, n = loops(), 1500
    items = [f"I{i:04}" for i in range(n)]
    net = base.with_rows("items", [replace(base.items[0], id=i) for i in items])
    net = net.with_rows("loops", [replace(base.loops[0], id=f"L{i}", item=i) for i in items])
    net = net.with_rows("sources", [replace(base.sources[0], item=i) for i in items])
    net = net.with_rows("processes", [replace(base.processes[0], item=i) for i in items])
    chain = Chain(net)
    at: dict[str, Any] = {"site": "OPO"}
    chain.tell(*(told(e.StockReceived, f"r{i}", 320, **at, item=i) for i in items))
    chain.tell(event(e.SiteClosed, "c", site="KRK"))
    assert chain.tell(*(told(e.StockConsumed, f"u{i}", 40, **at, item=i) for i in items)) == []
    made = chain.tell(event(e.SiteOpened, "o", site="KRK"))
    assert sorted((d.loop, d.qty) for d in made) == [(f"L{i}", 40.0) for i in items]
    assert chain.look() == []
