"""Quantities and money as whole millionths."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taktnet.base import units

MICRO = st.integers(-(2**62), 2**62)


@given(st.integers(-(10**15), 10**15))
def test_millionths_survive_as_text(micro: int) -> None:
    """Text of millionths reads back exactly, and so does the float while it has the digits."""
    assert units.to_micro(units.micro_text(micro)) == micro
    assert units.round_micro(units.from_micro(micro)) == micro


def test_known_texts() -> None:
    """A million and a half millionths is 1.5; minus one millionth keeps its sign."""
    assert units.micro_text(1_500_000) == "1.5"
    assert units.micro_text(-1) == "-0.000001"
    assert units.micro_text(0) == "0"


def test_more_than_six_decimals_are_refused_unless_rounded() -> None:
    """Nothing is lost in silence; rounding goes to the even neighbour."""
    with pytest.raises(ValueError, match="more than six decimals"):
        units.to_micro("0.0000001")
    assert units.round_micro("0.0000005") == 0
    assert units.round_micro("0.0000015") == 2


@pytest.mark.parametrize("convert", [units.to_micro, units.round_micro])
def test_what_int64_cannot_hold_is_refused(convert: object) -> None:
    """Ten trillion millionths do not fit and are refused, not wrapped."""
    with pytest.raises(ValueError, match="too large"):
        convert(10**13)  # type: ignore[operator]


@given(st.integers(1, 10**9), st.sampled_from(sorted(units.SECONDS)))
def test_time_converts_there_and_back(value: int, unit: str) -> None:
    """A duration in another unit and back is the same duration."""
    for other in units.SECONDS:
        assert units.convert_time(units.convert_time(value, unit, other), other, unit) == value


def test_a_day_and_a_half() -> None:
    """1.5 days are 36 hours and 129,600 seconds."""
    assert units.convert_time(1.5, "d", "h") == 36
    assert units.convert_time(1.5, "d", "s") == 129_600
    assert units.convert_time(20, "min", "d") == Fraction(1, 72)


def test_money_crosses_currencies_exactly() -> None:
    """11 USD at 1.1 per euro are 10 EUR and 80 CNY at 8 per euro."""
    assert units.convert_money(11_000_000, 1.1, 1) == 10_000_000
    assert units.convert_money(11_000_000, 1.1, 8) == 80_000_000


@given(MICRO)
def test_money_in_its_own_currency_is_itself(micro: int) -> None:
    """Conversion into the same currency changes nothing."""
    assert units.convert_money(micro, 1.1, 1.1) == micro


def test_money_is_shown_with_thousands() -> None:
    """Half a cent rounds to the even cent."""
    assert units.money_text(1_234_505_000, "EUR") == "1,234.50 EUR"
    assert units.money_text(1_234_515_000, "EUR") == "1,234.52 EUR"
    assert units.money_text(-5_000_000, "JPY", 0) == "-5 JPY"
