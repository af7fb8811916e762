"""Exact arithmetic before every ceiling."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taktnet.base.exact import ceil, ceil_div, ceil_to, exact, is_multiple, product

DECIMALS = st.integers(1, 10**9).map(lambda n: Decimal(n) / 1000)


def test_the_float_trap_is_avoided() -> None:
    """100 * 2 * 1.1 / 20 is 11 in truth; floats say 11.000000000000002 and so 12."""
    assert math.ceil(100 * 2 * 1.1 / 20) == 12
    assert ceil_div(product(100, 2, 1.1), 20) == 11


def test_a_float_is_the_decimal_it_is_written_as() -> None:
    """1.1 is eleven tenths, however it is given."""
    assert exact(1.1) == exact("1.1") == exact(Decimal("1.1")) == Fraction(11, 10)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_refused(value: float) -> None:
    """NaN and infinity cannot be counted with."""
    with pytest.raises(ValueError, match="not a number"):
        exact(value)


@given(need=DECIMALS, container=DECIMALS)
def test_a_ceiling_does_not_depend_on_the_unit(need: Decimal, container: Decimal) -> None:
    """The count is the same in units, dozens, thousands and as floats."""
    count = ceil_div(need, container)
    assert ceil_div(need * 12, container * 12) == count
    assert ceil_div(exact(need) / 1000, exact(container) / 1000) == count
    assert ceil_div(float(need), float(container)) == count


@given(value=DECIMALS, step=DECIMALS)
def test_rounding_up_to_containers_is_the_least_multiple(value: Decimal, step: Decimal) -> None:
    """The result is a multiple, not below the value, and less than one step above it."""
    up = ceil_to(value, step)
    assert is_multiple(up, step)
    assert 0 <= up - exact(value) < exact(step)


def test_a_step_of_nothing_is_refused() -> None:
    """There are no multiples of zero."""
    with pytest.raises(ValueError, match="above zero"):
        ceil_to(1, 0)


def test_multiples_are_exact() -> None:
    """0.3 is three times 0.1 although floats disagree; 0.3 is not a multiple of 0.2."""
    assert 0.3 % 0.1 != 0
    assert is_multiple(0.3, 0.1)
    assert not is_multiple(0.3, 0.2)
    assert ceil("2.0000001") == 3
