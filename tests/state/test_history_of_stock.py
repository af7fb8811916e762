"""Stock as it was, and stock as it was known: two times, told apart."""

from __future__ import annotations

from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from support.plants import HOUR_US, START_US, Plants, event, history
from taktnet.ledger import event as e
from taktnet.state.history import facts_behind, stock_as_of

END = START_US + 10**6 * HOUR_US


def test_late_news_changes_what_was_but_not_what_was_known() -> None:
    """Used at 2 h, told at 10 h: at 5 h there were 90; on hearing of it at 6 h we knew of 100."""
    plants = Plants()
    opening = plants.facts(event(e.StockReceived, "1", item="CELL", qty=100))
    late = plants.facts(
        event(e.StockConsumed, "2", item="CELL", qty=10, hours=2),
        recorded=START_US + 10 * HOUR_US,
    )

    def at(hours: float, known: float) -> list[float]:
        when = [START_US + round(h * HOUR_US) for h in (hours, known)]
        return [s.qty for s in stock_as_of([opening, late], plants.names, *when)]

    assert at(5, 6) == [100.0]
    assert at(5, 11) == [90.0]
    assert at(1, 11) == [100.0]
    assert at(-1, 11) == []


def test_a_count_stands_for_its_own_instant_and_late_uses_before_it_do_not_change_it() -> None:
    """Counted 50 at 4 h; a use at 2 h that is told later was in that count already."""
    plants = Plants()
    facts = plants.facts(
        event(e.StockReceived, "1", item="CELL", qty=100),
        event(e.StockCounted, "2", item="CELL", qty=50, hours=4),
        event(e.StockConsumed, "3", item="CELL", qty=10, hours=2),
    )
    assert [s.qty for s in stock_as_of([facts], plants.names, END, END)] == [50.0]
    assert [s.qty for s in stock_as_of([facts], plants.names, START_US + 3 * HOUR_US, END)] == [
        90.0
    ]


def test_the_facts_behind_a_number_leave_out_what_was_corrected() -> None:
    """Wrong until it was corrected at 8 h; then the right one stands in its place."""
    plants = Plants()
    first = plants.facts(event(e.StockReceived, "1", item="CELL", qty=100))
    wrong = plants.facts(event(e.StockConsumed, "2", item="CELL", qty=30, hours=1))
    fix = plants.facts(
        event(e.StockConsumed, "3", item="CELL", qty=3, hours=1, corrects="2"),
        recorded=START_US + 8 * HOUR_US,
    )
    chunks = [first, wrong, fix]
    before = facts_behind(chunks, plants.names, END, START_US + 7 * HOUR_US, item="CELL")
    after = facts_behind(chunks, plants.names, END, END, site="OPO", item="CELL")
    assert before["seq"].tolist() == [1, 2]
    assert after["seq"].tolist() == [1, 3]
    assert facts_behind(chunks, plants.names, END, END, site="KRK").tolist() == []


def test_goods_moved_and_received_count_at_both_sites() -> None:
    """Moved from Porto to Krakow; received at Krakow with 2 of 10 rejected."""
    plants = Plants()
    facts = plants.facts(
        event(e.StockMoved, "1", item="CELL", qty=5, to="KRK"),
        event(e.GoodsReceived, "2", site="KRK", item="CELL", qty=10, rejected=2, shipment="S"),
    )
    found = stock_as_of([facts], plants.names, END, END, site="KRK")
    assert [(s.status, s.qty) for s in found] == [("available", 13.0), ("held", 2.0)]
    assert [s.qty for s in stock_as_of([facts], plants.names, END, END, site="OPO")] == [-5.0]


@given(st.integers(0, 2**32), st.integers(1, 60))
@settings(max_examples=60)
def test_with_everything_told_in_order_history_agrees_with_the_live_state(
    seed: int, n: int
) -> None:
    """Without counts the order of events does not matter: both ways give the same stock."""
    plants = Plants()
    events: list[Any] = []
    left_out: set[str] = set()
    for one in history(Random(seed), n):
        if type(one) is e.StockCounted or one.corrects in left_out:
            left_out.add(one.id)
        else:
            events.append(one)
    if events:
        facts = plants.facts(*events)
        plants.state.fold(facts)
        assert stock_as_of([facts], plants.names, END, END) == plants.state.stock()
