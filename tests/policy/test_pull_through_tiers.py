"""A use at the customer pulls through four tiers, decision by decision, card by card."""

from __future__ import annotations

from typing import Any

import pytest

from support.chains import Chain, kanban, network, point, source
from support.plants import event
from taktnet.ledger import event as e
from taktnet.ledger.event import DecisionTaken
from taktnet.network import Network
from taktnet.network.components import Lane, Source


@pytest.fixture(scope="module")
def net() -> Network:
    """Berlin <- Porto (4 cards) <- Krakow (8 cards) <- Pune (two bins) <- Osaka (base stock)."""
    tables = network()
    return network(
        lanes=(*tables.lanes, Lane(id="OP", origin="OSA", destination="PUN", transit_h=100.0)),
        loops=(
            kanban(id="C", site="CUST", origin="OPO", lane="OC", cards=4),
            kanban(id="L"),
            kanban("two_bin", id="S", site="KRK", origin="PUN", lane="PK", cards=2,
                   container_qty=200.0),
        ),
        stock_points=(point("base_stock", site="PUN", base_stock=600.0),),
        sources=(
            source(prep_h=5.0),
            Source(site="PUN", item="CELL", origin="OSA", lane="OP"),
        ),
    )  # fmt: skip


@pytest.fixture
def chain(net: Network) -> Chain:
    """Every container full, nothing to decide."""
    chain = Chain(net)
    stock = {"CUST": 160, "OPO": 320, "KRK": 400, "PUN": 600}
    opening = [
        event(e.StockReceived, f"open-{site}", site=site, item="CELL", qty=qty)
        for site, qty in stock.items()
    ]
    assert chain.tell(*opening) == []
    return chain


def board(chain: Chain) -> dict[str, tuple[int, int, int, int]]:
    """Full, empty, ordered, in transit of each loop."""
    loops = chain.state.loops(chain.rules.network)
    assert all(
        loop.full + loop.empty + loop.ordered + loop.in_process + loop.in_transit == loop.issued
        for loop in loops
    )
    return {loop.loop: (loop.full, loop.empty, loop.ordered, loop.in_transit) for loop in loops}


def told(decisions: list[DecisionTaken]) -> list[tuple[Any, ...]]:
    """What was decided, without times and words."""
    return [
        (d.decision, d.rule, d.action, d.site, d.origin, d.qty, d.containers) for d in decisions
    ]


def use(id: str, qty: float) -> Any:
    """The customer uses some."""
    return event(e.StockConsumed, id, site="CUST", item="CELL", qty=qty)


def ship(id: str, site: str, to: str, order: str, qty: float) -> Any:
    """A site ships what a decision asked for."""
    return event(
        e.GoodsShipped, id, site=site, to=to, order=order, item="CELL", qty=qty, shipment=f"S-{id}"
    )


def receive(id: str, site: str, shipment: str, qty: float) -> Any:
    """A site unloads a shipment."""
    return event(e.GoodsReceived, id, site=site, shipment=f"S-{shipment}", item="CELL", qty=qty)


def test_a_use_at_the_customer_pulls_plant_from_plant_from_supplier_from_supplier(
    chain: Chain,
) -> None:
    """Each tier is asked by the one before it, when that one ships; no tier before its turn."""
    assert told(chain.tell(use("u1", 39))) == []
    assert told(chain.tell(use("u2", 1))) == [("C#1", "withdrawal", "buy", "CUST", "OPO", 40.0, 1)]
    assert board(chain) == {"C": (3, 0, 1, 0), "L": (8, 0, 0, 0), "S": (2, 0, 0, 0)}

    assert told(chain.tell(ship("s1", "OPO", "CUST", "C#1", 40))) == [
        ("L#1", "withdrawal", "move", "OPO", "KRK", 40.0, 1)
    ]
    assert board(chain) == {"C": (3, 0, 0, 1), "L": (7, 0, 1, 0), "S": (2, 0, 0, 0)}

    assert told(chain.tell(ship("s2", "KRK", "OPO", "L#1", 40))) == [], "a bin is not empty yet"
    assert told(chain.tell(receive("r1", "CUST", "s1", 40))) == []
    assert told(chain.tell(receive("r2", "OPO", "s2", 40))) == []
    assert board(chain) == {"C": (4, 0, 0, 0), "L": (8, 0, 0, 0), "S": (2, 0, 0, 0)}

    assert told(chain.tell(use("u3", 120))) == [
        ("C#2", "withdrawal", "buy", "CUST", "OPO", 120.0, 3)
    ]
    assert told(chain.tell(ship("s3", "OPO", "CUST", "C#2", 120))) == [
        ("L#2", "withdrawal", "move", "OPO", "KRK", 120.0, 3)
    ]
    assert told(chain.tell(ship("s4", "KRK", "OPO", "L#2", 120))) == []
    assert told(chain.tell(use("u4", 40))) == [("C#3", "withdrawal", "buy", "CUST", "OPO", 40.0, 1)]
    assert told(chain.tell(ship("s5", "OPO", "CUST", "C#3", 40))) == [
        ("L#3", "withdrawal", "move", "OPO", "KRK", 40.0, 1)
    ]
    assert board(chain) == {"C": (0, 0, 0, 4), "L": (4, 0, 1, 3), "S": (2, 0, 0, 0)}

    # The fifth container leaves Krakow: 200 of 400 are left, one bin is empty. Pune is asked, and
    # what is promised to Krakow is off Pune's position, so Osaka is asked behind the same event.
    assert told(chain.tell(ship("s6", "KRK", "OPO", "L#3", 40))) == [
        ("S#1", "two_bin", "buy", "KRK", "PUN", 200.0, 1),
        ("PUN/CELL#1", "base_stock", "buy", "PUN", "OSA", 200.0, 0),
    ]
    assert board(chain) == {"C": (0, 0, 0, 4), "L": (4, 0, 0, 4), "S": (1, 0, 1, 0)}
    assert chain.look() == []


def test_what_is_received_in_parts_fills_cards_one_by_one(chain: Chain) -> None:
    """120 under way and 90 received: two cards are full, one is still in transit."""
    chain.tell(use("u", 120), ship("s", "OPO", "CUST", "C#1", 120))
    assert board(chain)["C"] == (1, 0, 0, 3)
    chain.tell(receive("r", "CUST", "s", 90))
    assert board(chain)["C"] == (3, 0, 0, 1)
    chain.tell(receive("r2", "CUST", "s", 30))
    assert board(chain)["C"] == (4, 0, 0, 0)


def test_a_corrected_shipment_takes_the_pull_with_it_but_no_decision_back(chain: Chain) -> None:
    """Shipped 80, corrected to 40: the plant's card is decided already, and stays decided."""
    chain.tell(use("u", 80))
    wrong = ship("s", "OPO", "CUST", "C#1", 80)
    assert told(chain.tell(wrong)) == [("L#1", "withdrawal", "move", "OPO", "KRK", 80.0, 2)]
    right = ship("fix", "OPO", "CUST", "C#1", 40)
    fields = {f: getattr(right, f) for f in right.__struct_fields__}
    fields |= {"corrects": "s", "shipment": "S-s"}
    assert chain.tell(e.GoodsShipped(**fields)) == []
    (line,) = chain.state.decisions(site="CUST")
    assert (line.shipped, line.outstanding) == (40.0, 80.0)
    porto = chain.state.points("OPO")[0]
    assert (porto.available, porto.on_order, porto.reserved) == (280.0, 80.0, 40.0)
    # The next 40 used at Porto's customer are covered: one card more than needed is on its way.
    assert told(chain.tell(ship("s2", "OPO", "CUST", "C#1", 40))) == []
    assert told(chain.tell(use("u2", 40), ship("s3", "OPO", "CUST", "C#2", 40)))[1:] == [
        ("L#2", "withdrawal", "move", "OPO", "KRK", 40.0, 1)
    ]
