"""Demand-driven buffers: zones, net flow, and orders to the unit."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taktnet.plan.ddmrp import buffer, net_flow, qualified


def test_zones_and_order_of_the_worked_example() -> None:
    """ADU 10, DLT 12, LTF .5, VF .5, MOQ 50, cycle 7: 90 / 210 / 280, order 170 (D5)."""
    zones = buffer(10, 12, "0.5", "0.5", cycle=7, moq=50)
    assert (zones.red_base, zones.red_safety, zones.yellow, zones.green) == (60, 30, 120, 70)
    assert (zones.top_of_red, zones.top_of_yellow, zones.top_of_green) == (90, 210, 280)
    answer = net_flow(zones, 65, 70, 25)
    assert (answer.net_flow, answer.order) == (110, 170)
    assert float(answer.priority or 0) == pytest.approx(0.393, abs=5e-4)
    assert answer.execution == Fraction(65, 90)


def test_nothing_is_ordered_above_yellow() -> None:
    """At TOY an order goes out, one unit above none does."""
    zones = buffer(10, 12, "0.5", "0.5", cycle=7)
    assert net_flow(zones, 210, 0, 0).order == 70
    assert net_flow(zones, 211, 0, 0).order == 0


def test_a_large_minimum_order_is_named_with_the_days_it_covers() -> None:
    """MOQ 500 at 10 a day makes green 50 days."""
    zones = buffer(10, 12, "0.5", "0.5", cycle=7, moq=500)
    assert (zones.green_rule, zones.green_days) == ("minimum order", 50)


def test_only_spikes_above_half_of_red_count_ahead() -> None:
    """Red 90: a day of 46 counts, a day of 45 does not; what is due always does."""
    zones = buffer(10, 12, "0.5", "0.5")
    assert qualified(25, (45, 46, 10), zones) == 71


def test_an_item_without_use_has_no_zones_and_no_priority() -> None:
    """ADU 0: the buffer is empty, ratios are no data, only the shortage is ordered."""
    zones = buffer(0, 12, "0.5", "0.5")
    answer = net_flow(zones, 0, 0, 5)
    assert (answer.order, answer.priority, answer.execution) == (5, None, None)
    assert zones.green_days is None


@pytest.mark.parametrize("wrong", [(-1, 1, 0, 0), (1, 1, 2, 0), (1, 1, 0, "-0.1")])
def test_impossible_factors_are_refused(wrong: tuple) -> None:
    """Negative use and factors outside 0 to 1 are refused."""
    with pytest.raises(ValueError, match=r"must not be negative|between 0 and 1"):
        buffer(*wrong)


@given(st.tuples(st.integers(1, 500), st.integers(1, 60), st.integers(0, 100), st.integers(0, 100),
       st.integers(0, 5000), st.integers(1, 48)))  # fmt: skip
def test_an_order_always_reaches_the_top_of_green_in_whole_containers(
    drawn: tuple[int, ...],
) -> None:
    """After ordering, the net flow is at least TOG and less than a container above."""
    use, lead, ltf, vf, hand, container = drawn
    zones = buffer(use, lead, Fraction(ltf, 100), Fraction(vf, 100))
    answer = net_flow(zones, hand, 0, 0, multiple=container)
    if answer.order:
        assert answer.order % container == 0
        after = answer.net_flow + answer.order
        assert zones.top_of_green <= after < zones.top_of_green + container
    hours = buffer(Fraction(use, 24), lead * 24, Fraction(ltf, 100), Fraction(vf, 100))
    assert hours.top_of_green == zones.top_of_green
