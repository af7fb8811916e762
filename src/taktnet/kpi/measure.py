"""From rows to values: members of a dimension, buckets of a window, sums over both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from msgspec import Struct

from taktnet.kpi.catalogue import VARIANTS, Variant
from taktnet.kpi.definition import Dimension, KpiValue, Number, Scope, Window, trend
from taktnet.kpi.exact import Ints, Objects, Rows, ratio, sums
from taktnet.kpi.world import World

#: Column of a row that carries the member of a dimension.
_COLUMN: dict[Dimension, str] = {
    "site": "site",
    "supplier": "origin",
    "lane": "lane",
    "item": "item",
}


class Members:
    """The members of one dimension that occur, and the member of each row."""

    def __init__(self, by: Dimension, world: World) -> None:
        self.by: Dimension = by
        self.world = world
        self._place: dict[int, int] = {0: 0} if by == "network" else {}
        self.ids: list[int] = list(self._place)

    def of(self, rows: Rows) -> Ints:
        """Place of each row's member; -1 where the row names none."""
        if self.by == "network":
            return np.zeros(len(rows), np.int64)
        return self.places(rows[_COLUMN[self.by]])

    def places(self, ids: Ints) -> Ints:
        """Place of each id, made where new; -1 for id 0 (none)."""
        unique, inverse = np.unique(ids, return_inverse=True)
        found = [self._number(i) if i else -1 for i in unique.tolist()]
        return np.array(found, np.int64)[inverse]

    def _number(self, member: int) -> int:
        place = self._place.get(member)
        if place is None:
            place = self._place[member] = len(self.ids)
            self.ids.append(member)
        return place

    def __len__(self) -> int:
        return len(self.ids)

    def name(self, place: int) -> str:
        """Text of a member."""
        member = self.ids[place]
        if self.by == "network":
            return ""
        if self.by == "lane":
            return self.world.lanes[member]
        return self.world.item(member) if self.by == "item" else self.world.site(member)


class Cells:
    """The cell (member, bucket) of rows, for sums. Rows outside are dropped."""

    def __init__(self, members: Members, window: Window, rows: Rows, time: Ints) -> None:
        place = members.of(rows)
        inside = (place >= 0) & (time >= window.start) & (time < window.end)
        self.rows = rows[inside]
        self.members, self.window = members, window
        bucket = np.searchsorted(np.array(window.edges), time[inside], side="right") - 1
        self.place = place[inside]
        self.index = self.place * window.buckets + bucket

    @property
    def shape(self) -> tuple[int, int]:
        """(members, buckets)."""
        return len(self.members), self.window.buckets

    def sum(self, values: Ints, where: Any = None) -> Objects:
        """Exact sums per member and bucket, of the rows where `where` is true."""
        index = self.index
        if where is not None:
            index, values = index[where], values[where]
        shape = self.shape
        return sums(index, values.astype(np.int64), shape[0] * shape[1]).reshape(shape)

    def count(self, where: Any) -> Objects:
        """How many rows per member and bucket."""
        return self.sum(where)


class Facet(Struct, frozen=True):
    """What surrounds a value: how many records it rests on, what was left out, remarks."""

    inputs: int = 0
    exclusions: tuple[tuple[str, int], ...] = ()
    notes: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    points: tuple[float, ...] = ()


NOTHING = Facet()


def value(
    variant: Variant,
    scope: Scope,
    window: Window,
    parts: tuple[Number, Number] | None,
    *,
    amount: float | None = None,
    by_bucket: Sequence[float | None] = (),
    facet: Facet = NOTHING,
) -> KpiValue:
    """One value: from numerator and denominator, or an `amount` that is no ratio."""
    numerator, denominator = parts if parts else (None, None)
    if numerator is not None and denominator is not None:
        amount = ratio(numerator, denominator)
    return KpiValue(
        key=variant.key,
        variant=variant.name,
        value=amount,
        numerator=numerator,
        denominator=denominator,
        unit=variant.unit,
        scope=scope,
        start=window.start,
        end=window.end,
        as_of=window.as_of,
        formula=variant.formula,
        definition=variant.words,
        inputs=facet.inputs,
        exclusions=facet.exclusions,
        notes=facet.notes,
        errors=facet.errors,
        points=facet.points,
        trend=trend(window, list(by_bucket)),
    )


def ratios(
    key: tuple[str, str],
    cells: Cells,
    numerators: Objects,
    denominators: Objects,
    facets: Mapping[int, Facet],
    *,
    scale: int = 1,
) -> list[KpiValue]:
    """Values of one variant that is sum over sum, per member; arrays are members x buckets.

    Numerator and denominator are shown divided by `scale` (a million for quantities).
    """
    out: list[KpiValue] = []
    variant, members, window = VARIANTS[key], cells.members, cells.window
    for place in range(len(members)):
        over, under = numerators[place], denominators[place]
        many = window.buckets > 1
        points = [ratio(n, d) for n, d in zip(over, under, strict=True)] if many else []
        out.append(
            value(
                variant,
                Scope(members.by, members.name(place)),
                window,
                (_shown(over, scale), _shown(under, scale)),
                by_bucket=points,
                facet=facets.get(place, NOTHING),
            )
        )
    return out


def _shown(values: Objects, scale: int) -> Number:
    total = sum(values.tolist())
    return total if scale == 1 else Fraction(total, scale)
