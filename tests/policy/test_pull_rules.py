"""The pull rules as functions of numbers, with the numbers of their sources."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taktnet.policy import rules

UNIT = 1_000_000
few, quantities = st.integers(1, 60), st.integers(0, 10_000 * UNIT)

detached, kanban, signal = rules.detached.py_func, rules.kanban.py_func, rules.signal.py_func
conwip, base_stock = rules.conwip.py_func, rules.base_stock.py_func
order_up_to, fixed_lot = rules.order_up_to.py_func, rules.fixed_lot.py_func
whole, due_review = rules.whole.py_func, rules.due_review.py_func


@pytest.mark.parametrize(
    ("position", "empty"), [(320, 0), (281, 0), (280, 1), (241, 1), (240, 2), (0, 8), (-100, 8)]
)
def test_a_card_is_detached_for_every_whole_container_gone(position: int, empty: int) -> None:
    """8 cards of 40: at a position of 320 none, at 280 one, below nothing all eight."""
    assert detached(8, 40 * UNIT, position * UNIT) == empty


@given(few, st.integers(1, 500), quantities)
def test_detached_cards_and_the_position_never_exceed_the_cards(
    cards: int, each: int, position: int
) -> None:
    """on hand + in process + in transit + detached a <= N a, when the stock itself is not over."""
    container = each * UNIT
    empty = detached(cards, container, position)
    assert 0 <= empty <= cards
    if position <= cards * container:
        assert position + empty * container <= cards * container
        assert position + (empty + 1) * container > cards * container


def test_a_two_bin_loop_orders_a_bin_when_one_is_empty() -> None:
    """d 24/h, L 4 h, SS 24, a 12: bins of 120, the system holds 240, one empty bin is an order."""
    bin_ = 120 * UNIT
    assert detached(2, bin_, 240 * UNIT) == 0
    assert kanban(detached(2, bin_, 121 * UNIT), 1) == 0
    assert kanban(detached(2, bin_, 120 * UNIT), 1) == 1
    assert kanban(detached(2, bin_, 0), 1) == 2


def test_cards_are_kept_until_there_are_enough_for_a_least_order() -> None:
    """A supplier that takes no less than 3 containers gets 3 or more together."""
    assert [kanban(n, 3) for n in (0, 1, 2, 3, 5)] == [0, 0, 0, 3, 5]


def test_the_triangle_orders_its_lot_when_the_signal_is_reached() -> None:
    """ROP 4, lot 6: nothing while more than 4 of 10 are left, then 6."""
    assert [signal(10, n, 4, 6) for n in (0, 5, 6, 7, 10)] == [0, 0, 6, 6, 6]
    assert signal(10, 10, 10, 20) == 10, "no more than is detached"


def test_conwip_releases_one_job_for_each_that_left() -> None:
    """27 cards: with 27 jobs in the line none, with 25 two."""
    assert (conwip(27, 27), conwip(27, 25), conwip(27, 30)) == (0, 2, 0)


@given(quantities, quantities, st.integers(-(10**10), 10**10))
def test_base_stock_and_order_up_to_bring_the_position_to_the_level(
    reorder: int, above: int, position: int
) -> None:
    """After an order the position is S, exactly; (s,S) orders only at or below s."""
    level = reorder + above
    assert position + base_stock(level, position) == max(position, level)
    order = order_up_to(reorder, level, position)
    assert order == (level - position if position <= reorder else 0)


@given(quantities, st.integers(1, 5_000 * UNIT), st.integers(-(10**9), 10**10))
def test_fixed_lots_are_the_fewest_that_lift_the_position_above_the_reorder_point(
    reorder: int, lot: int, position: int
) -> None:
    """(R,Q): n lots of Q with R < position + nQ <= R + Q, none when already above."""
    order = fixed_lot(reorder, lot, position)
    assert order % lot == 0
    if position > reorder:
        assert order == 0
    else:
        assert reorder < position + order <= reorder + lot


@given(st.integers(1, 10**10), st.integers(0, 10**10), st.integers(1, 10**9))
def test_orders_are_whole_containers_and_no_less_than_the_least(
    need: int, least: int, container: int
) -> None:
    """The fewest containers that cover both the need and the least order, in whole numbers."""
    qty = whole(need, least, container)
    assert qty % container == 0
    assert qty >= need
    assert qty >= least
    assert qty - container < max(need, least)


def test_a_periodic_review_decides_once_a_period() -> None:
    """With a review each 24 hours: not twice on one day, again on the next; 0 reviews always."""
    assert due_review(30, 0, 24)
    assert not due_review(30, 25, 24)
    assert due_review(49, 25, 24)
    assert due_review(30, 30, 0)
