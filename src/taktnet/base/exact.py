"""Exact arithmetic before every ceiling.

`100*2*1.1/20` is 11.000000000000002 in binary floats, so its ceiling is 12; the right answer is
11. A float is read here as the decimal number it is written as: 1.1 is eleven tenths.
"""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

Number = int | float | str | Decimal | Fraction


def exact(value: Number) -> Fraction:
    """The number as it is written: `exact(1.1) == Fraction(11, 10)`; refuses NaN and infinity."""
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{value} is not a number to count with")
        return Fraction(repr(value))
    return Fraction(value)


def product(*factors: Number) -> Fraction:
    """The exact product of the numbers as written."""
    result = Fraction(1)
    for factor in factors:
        result *= exact(factor)
    return result


def ceil(value: Number) -> int:
    """The least whole number not below the value as written."""
    return math.ceil(exact(value))


def ceil_div(numerator: Number, denominator: Number) -> int:
    """The exact quotient rounded up; raises ZeroDivisionError for a zero denominator."""
    return math.ceil(exact(numerator) / exact(denominator))


def ceil_to(value: Number, step: Number) -> Fraction:
    """The least multiple of `step` (> 0) not below the value: whole containers for a need."""
    unit = exact(step)
    if unit <= 0:
        raise ValueError("a step must be above zero")
    return math.ceil(exact(value) / unit) * unit


def is_multiple(value: Number, step: Number) -> bool:
    """Whether the value is a whole number of steps."""
    return (exact(value) / exact(step)).denominator == 1
