"""F2, landed cost of one flow: customs value, duty, fees, storage charges and carrying cost.

All amounts are exact (Fraction) in one currency; round once, when shown. Rates that change with
time stand in a dated table.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import date
from fractions import Fraction
from typing import Literal

from msgspec import Struct

from taktnet.base.errors import TaktnetError
from taktnet.base.exact import Number, exact

Valuation = Literal["CIF", "FOB"]

#: Components of cost by the part of the variance split that they belong to.
GROUPS: dict[str, tuple[str, ...]] = {
    "price": ("price", "quality"),
    "mode": ("origin", "freight", "insurance", "inland", "handling", "demurrage"),
    "duty": ("duty", "fees", "broker"),
    "carrying": ("carrying",),
    "expedite": ("expedite",),
    "fx": ("fx",),
}


class NoRate(TaktnetError):
    """No rate is on record for that day."""


class FeeRule(Struct, frozen=True):
    """An ad valorem fee from a day on, with its least and most amount."""

    since: date
    rate: Fraction
    least: Fraction | None = None
    most: Fraction | None = None

    def fee(self, value: Fraction) -> Fraction:
        """The fee on a customs value."""
        amount = value * self.rate
        if self.least is not None:
            amount = max(amount, self.least)
        return amount if self.most is None else min(amount, self.most)


#: US Merchandise Processing Fee, USD. Limits are set per fiscal year from 1 October: those of
#: FY2024 (31.67, 614.35) and FY2025 (32.71, 634.62).
MPF: tuple[FeeRule, ...] = (
    FeeRule(date(2023, 10, 1), exact("0.003464"), exact("31.67"), exact("614.35")),
    FeeRule(date(2024, 10, 1), exact("0.003464"), exact("32.71"), exact("634.62")),
)
#: US Harbor Maintenance Fee, USD, ocean freight only.
HMF: tuple[FeeRule, ...] = (FeeRule(date(1991, 1, 1), exact("0.00125")),)


def fee(table: tuple[FeeRule, ...], value: Number, on: date) -> Fraction:
    """The fee by the rule in force on a day; raises NoRate before the first rule."""
    place = bisect_right([rule.since for rule in table], on)
    if not place:
        raise NoRate(f"No fee is on record for {on}; the table starts on {table[0].since}.")
    return table[place - 1].fee(exact(value))


def harbor_fee(value: Number, on: date, *, vessel: bool) -> Fraction:
    """HMF on a customs value; nothing unless it came by vessel."""
    return fee(HMF, value, on) if vessel else Fraction(0)


def tiered_days(days: int, free: int, tiers: tuple[tuple[int | None, Number], ...]) -> Fraction:
    """Demurrage or detention: calendar days beyond the free ones, at rising daily rates.

    `tiers` are (days in the tier, rate per day); the last has None for the rest.
    """
    left, total = max(days - free, 0), Fraction(0)
    for span, rate in tiers:
        taken = left if span is None else min(left, span)
        total += taken * exact(rate)
        left -= taken
    if left:
        raise ValueError(f"{left} days lie beyond the last tier; end the tiers with None")
    return total


def pipeline_cost(value: Number, rate: Number, days: Number) -> Fraction:
    """Carrying cost of goods on the road: value x yearly rate x days / 365."""
    return exact(value) * exact(rate) * exact(days) / 365


class Flow(Struct, frozen=True, kw_only=True):
    """Amounts of one flow in one currency; what VAT can be recovered is no cost."""

    units: Number
    price: Number
    origin: Number = 0
    freight: Number = 0
    insurance: Number = 0
    duty_rate: Number = 0
    valuation: Valuation = "CIF"
    fees: Number = 0
    broker: Number = 0
    demurrage: Number = 0
    inland: Number = 0
    handling: Number = 0
    carrying: Number = 0
    expedite: Number = 0
    quality: Number = 0
    fx: Number = 0

    @property
    def customs_value(self) -> Fraction:
        """CIF countries (EU, most) tax price, freight and insurance; FOB ones (US) the price."""
        if self.valuation == "FOB":
            return exact(self.price)
        return exact(self.price) + exact(self.freight) + exact(self.insurance)

    @property
    def duty(self) -> Fraction:
        """Customs value x rate."""
        return self.customs_value * exact(self.duty_rate)

    @property
    def total(self) -> Fraction:
        """Total delivered cost."""
        names = [name for names in GROUPS.values() for name in names if name != "duty"]
        return self.duty + sum((exact(getattr(self, n)) for n in names), Fraction(0))

    @property
    def per_unit(self) -> Fraction | None:
        """Total delivered cost per unit; None for no units."""
        return self.total / exact(self.units) if exact(self.units) else None
