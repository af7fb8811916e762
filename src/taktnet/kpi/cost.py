"""G5, total delivered cost: per unit, in total, as an index, and its change split by cause."""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction

import numpy as np

from taktnet.kpi.catalogue import VARIANTS
from taktnet.kpi.costs import Costs, Money, Units
from taktnet.kpi.definition import KpiValue, Number, Scope, Window
from taktnet.kpi.delivered_cost import GROUPS
from taktnet.kpi.exact import MILLION, Objects, ratio
from taktnet.kpi.measure import Facet, Members, value


def cost(now: Costs, base: Costs, members: Members, window: Window) -> list[KpiValue]:
    """Values of all variants: those of `now`, and index and splits against the window `base`."""
    members.places(np.array(sorted({*now.members(), *base.members()}), np.int64))
    out: list[KpiValue] = []
    for k, m in enumerate(members.ids):
        scope = Scope(members.by, members.name(k))
        facet = _facet(now, m)
        out += _amounts(now, m, scope, window, facet)
        out += _Change(base, now, m).values(scope, window, facet)
    return out


def _facet(now: Costs, member: int) -> Facet:
    _, by_receipt = now.units(member)
    notes = ("units are those received: no price was charged",) if by_receipt else ()
    left = now.left_out[member]
    out = (("carrying cost that was charged", left),) if left else ()
    return Facet(inputs=now.inputs[member], notes=notes, exclusions=out)


def _total(parts: Iterable[Objects], buckets: int) -> list[int]:
    """Sum per bucket."""
    return sum(parts, np.zeros(buckets, object)).tolist()


def _amounts(now: Costs, member: int, scope: Scope, window: Window, facet: Facet) -> list[KpiValue]:
    """Cost per unit, total and carrying cost, with their trends."""
    money, (units, _) = now.money.get(member, {}), now.units(member)
    wide, scale = window.buckets, now.scale
    total = _total((p for groups in money.values() for p in groups.values()), wide)
    carry = _total((g["carrying"] for g in money.values() if "carrying" in g), wide)
    count = _total(units.values(), wide)
    some = 1 if money else 0

    def one(name: str, over: Number, under: Number, series: list[float | None]) -> KpiValue:
        variant = VARIANTS["cost", name]
        return value(variant, scope, window, (over, under), by_bucket=series, facet=facet)

    each = [ratio(t * MILLION, c * scale) for t, c in zip(total, count, strict=True)]
    euros = Fraction(sum(total), scale)
    return [
        one("unit", euros, Fraction(sum(count), MILLION), each),
        one("total", euros, some, [t / scale for t in total]),
        one("carrying", Fraction(sum(carry), scale), some, [c / scale for c in carry]),
    ]


class _Change:
    """Index and split of the change of cost between two windows, at base quantities.

    Terms are rounded once each and summed without further error, so order does not matter.
    """

    def __init__(self, base: Costs, now: Costs, member: int) -> None:
        before, after = base.money.get(member, {}), now.money.get(member, {})
        self.scales = base.scale, now.scale
        self.totals = _all(before), _all(after)
        self.some = bool(before) and bool(after)
        self.q0, self.q1 = _quantities(base.units(member)[0]), _quantities(now.units(member)[0])
        self.both = [i for i in self.q0 if i and self.q0[i] > 0 and self.q1.get(i, 0) > 0]
        self.old = {i: _groups(before.get(i, {})) for i in self.both}
        self.new = {i: _groups(after.get(i, {})) for i in self.both}

    def effect(self, item: int, group: str) -> float:
        """(cost per unit now - before) x base quantity of one item, rounded once."""
        s0, s1 = self.scales
        new, old = self.new[item].get(group, 0), self.old[item].get(group, 0)
        over = new * self.q0[item] * s0 - old * self.q1[item] * s1
        return over / (self.q1[item] * s0 * s1)

    def index(self) -> float | None:
        """Laspeyres index; None where nothing can be compared."""
        s0, s1 = self.scales
        now = math.fsum(
            sum(self.new[i].values()) * self.q0[i] / (self.q1[i] * s1) for i in self.both
        )
        then = sum(sum(groups.values()) for groups in self.old.values())
        return now / (then / s0) if then else None

    def values(self, scope: Scope, window: Window, facet: Facet) -> list[KpiValue]:
        """The index, one split per group, and what volume and mix explain."""
        known = self.some and bool(self.both)
        amounts: dict[str, float | None] = {"index": self.index() if known else None}
        for group in GROUPS:
            split = math.fsum(self.effect(i, group) for i in self.both) if known else None
            amounts[f"split.{group}"] = split
        explained = math.fsum(amounts[f"split.{g}"] or 0.0 for g in GROUPS)
        (t0, t1), (s0, s1) = self.totals, self.scales
        change = (t1 * s0 - t0 * s1) / (s0 * s1)
        amounts["split.volume"] = change - explained if self.some else None
        return [
            value(VARIANTS["cost", name], scope, window, None, amount=amount, facet=facet)
            for name, amount in amounts.items()
        ]


def _all(money: Money) -> int:
    return sum(sum(groups.values()) for groups in map(_groups, money.values()))


def _groups(groups: dict[str, Objects]) -> dict[str, int]:
    return {name: sum(parts.tolist()) for name, parts in groups.items()}


def _quantities(units: Units) -> dict[int, int]:
    return {item: sum(parts.tolist()) for item, parts in units.items()}
