"""Quantities and money as whole millionths, and conversion between units and currencies.

The ledger counts in int64 millionths so that sums are exact and equal however they are grouped.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from fractions import Fraction

from taktnet.base.exact import Number, exact

MILLION = 1_000_000
#: Seconds in a unit of time.
SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86400, "week": 604800}
_MAX = 2**63 - 1


def to_micro(value: Number) -> int:
    """Whole millionths of a number, exactly; raises ValueError below a millionth or past int64."""
    micro = exact(value) * MILLION
    if micro.denominator != 1:
        raise ValueError(f"{value} has more than six decimals")
    if abs(micro.numerator) > _MAX:
        raise ValueError(f"{value} is too large to count in millionths")
    return micro.numerator


def round_micro(value: Number) -> int:
    """Whole millionths of a number, the nearest; ties go to the even one."""
    micro = round(exact(value) * MILLION)
    if abs(micro) > _MAX:
        raise ValueError(f"{value} is too large to count in millionths")
    return micro


def from_micro(micro: int) -> float:
    """The float nearest to so many millionths."""
    return micro / MILLION


def micro_text(micro: int) -> str:
    """Millionths as a decimal number without loss: 1_500_000 is `1.5`."""
    sign, whole = ("-" if micro < 0 else ""), abs(micro)
    fraction = f"{whole % MILLION:06}".rstrip("0")
    return f"{sign}{whole // MILLION}" + (f".{fraction}" if fraction else "")


def convert_time(value: Number, unit: str, to: str) -> Fraction:
    """A duration in another unit of `SECONDS`, exactly."""
    return exact(value) * SECONDS[unit] / SECONDS[to]


def convert_money(micro: int, per_eur: Number, to_per_eur: Number) -> int:
    """Millionths of one currency as the nearest millionths of another.

    Both currencies are given as units per euro; exact until the one rounding, half to even.
    """
    return round(Fraction(micro) * exact(to_per_eur) / exact(per_eur))


def money_text(micro: int, currency: str, decimals: int = 2) -> str:
    """Money for a reader: `1,234.50 EUR`, rounded half to even."""
    try:
        amount = (Decimal(micro) / MILLION).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN)
    except InvalidOperation as e:
        raise ValueError(f"{micro} millionths cannot be shown with {decimals} decimals") from e
    return f"{amount:,} {currency}"
