"""How many cards: the published formulas with their published numbers."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taktnet.policy.cards import conwip, kanban_cards, polca_cards, signal_kanban, two_bin


@pytest.mark.parametrize(
    ("demand", "lead", "safety", "container", "cards"),
    [
        (480, "1.5", "0.15", 40, 21),  # 20.7, sixsigmakaizen.com
        (100, 2, "0.1", 20, 11),  # binary floats give 11.000000000000002 and so 12
        (150, 3, "0.2", 30, 18),
        (100, 2, 0.1, 20, 11),  # a float counts as the decimal it prints as
    ],
)
def test_toyota_formula(
    demand: int, lead: object, safety: object, container: int, cards: int
) -> None:
    """N = ceil(D L (1 + alpha) / a), rounded once and exactly."""
    assert kanban_cards(demand, lead, safety, container) == cards  # type: ignore[arg-type]


@given(
    st.fractions(0, 1000, max_denominator=60),
    st.fractions(0, 30, max_denominator=24),
    st.fractions(0, 1, max_denominator=100),
    st.integers(1, 500),
)
def test_cards_do_not_depend_on_the_units(
    demand: Fraction, lead: Fraction, safety: Fraction, container: int
) -> None:
    """Days or hours, pieces or dozens: the same number of cards."""
    cards = kanban_cards(demand, lead, safety, container)
    assert kanban_cards(demand / 24, lead * 24, safety, container) == cards
    assert kanban_cards(demand / 12, lead, safety, Fraction(container, 12)) == cards


def test_two_bin_of_the_method() -> None:
    """d 24/h, L 4 h, SS 24, a 12: a bin of 120 units = 10 containers, at most 240 in the system."""
    bin_ = two_bin(24, 4, 24, 12)
    assert (bin_, bin_ / 12, 2 * bin_) == (120, 10, 240)


def test_signal_kanban_is_a_reorder_point_and_a_lot_in_containers() -> None:
    """d 80/d, L 2 d, SS 20, EPEI 3 d, a 40: 180/40 -> 5 left, 240/40 -> lots of 6, 11 cards."""
    triangle = signal_kanban(80, 2, 20, 3, 40)
    assert (triangle.signal_at, triangle.lot, triangle.cards) == (5, 6, 11)


def test_polca_of_suri() -> None:
    """NUM 128, D 63 d, LT 3 and 1 d, MT and RT 0.25, S 0.1: 10.057 -> 11 cards."""
    cards = polca_cards(
        lead_a=3, move="0.25", lead_b=1, back="0.25", jobs=128, horizon=63, safety="0.1"
    )
    assert cards == 11


@pytest.mark.parametrize(
    ("w", "rate", "cycle"),
    [(1, "0.125", 8), (2, "0.2", 10), (4, "2/7", 14), (8, "4/11", 22), (27, "0.45", 60)],
)
def test_penny_fab_in_the_practical_worst_case(w: int, rate: str, cycle: int) -> None:
    """Hopp & Spearman, rb 0.5/h and T0 8 h: throughput and cycle time of w jobs."""
    line = conwip("0.5", 8)
    assert line.critical_wip == 4
    assert line.practical_worst(w) == (Fraction(rate), cycle)
    assert line.practical_worst(w)[0] * line.practical_worst(w)[1] == w, "Little"


def test_penny_fab_best_and_worst_case_and_cards() -> None:
    """Best: full rate from W0 = 4 on; worst: 1/T0 always; 90 % of the rate needs 27 cards."""
    line = conwip("0.5", 8)
    assert line.best(2) == (Fraction(1, 4), 8)
    assert line.best(8) == (Fraction(1, 2), 16)
    assert line.worst(4) == (Fraction(1, 8), 32)
    assert line.cards("0.9") == 27


@pytest.mark.parametrize("wrong", [{"container": 0}, {"container": -1}, {"lead": -1}])
def test_impossible_numbers_are_refused(wrong: dict[str, int]) -> None:
    """A container of nothing, or a negative time, is an error and not a number of cards."""
    with pytest.raises(ValueError, match=r"wanted > 0|negative"):
        kanban_cards(**{"demand": 1, "lead": 1, "safety": 0, "container": 1} | wrong)


def test_a_line_without_jobs_has_no_throughput() -> None:
    """w < 1 is not a CONWIP line, and the whole rate has no finite number of cards."""
    with pytest.raises(ValueError, match="wanted > 0"):
        conwip("0.5", 8).best(0)
    with pytest.raises(ValueError, match="below 1"):
        conwip("0.5", 8).cards(1)
