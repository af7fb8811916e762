"""G4, production schedule adherence: volume, mix and sequence (Ford build-to-schedule)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from fractions import Fraction

from msgspec import Struct

from taktnet.kpi.catalogue import VARIANTS
from taktnet.kpi.definition import KpiValue, Number, Scope, Window
from taktnet.kpi.exact import MILLION, Objects, Rows, ratio
from taktnet.kpi.measure import Cells, Facet, Members, value


class Built(Struct, frozen=True):
    """The sums behind build-to-schedule; quantities in one unit. Sums of sums are the same kind.

    `made` is sum of min(built, planned), `mixed` the sum over items of min(built, planned),
    `lots` the lots built to mix, `in_order` those in planned order.
    """

    planned: Number
    made: Number
    mixed: Number
    lots: int
    in_order: int

    @property
    def volume(self) -> Fraction | None:
        """made / planned; None where nothing was planned."""
        return Fraction(self.made) / self.planned if self.planned else None

    @property
    def mix(self) -> Fraction | None:
        """mixed / made; None where nothing was made."""
        return Fraction(self.mixed) / self.made if self.made else None

    @property
    def sequence(self) -> Fraction | None:
        """in_order / lots; None where no lot was built to mix."""
        return Fraction(self.in_order, self.lots) if self.lots else None

    @property
    def bts(self) -> Fraction | None:
        """volume x mix x sequence; 0 where nothing, or nothing planned, was built."""
        if self.volume is None:
            return None
        if not self.mix or self.sequence is None:
            return Fraction(0)
        return self.volume * self.mix * self.sequence


def compare(planned: Mapping[int, int], built: Mapping[int, int]) -> tuple[int, int, int]:
    """(planned, min(built, planned), sum over items of min(built, planned)) of one schedule."""
    plan, total = sum(planned.values()), sum(built.values())
    mixed = sum(min(built.get(item, 0), qty) for item, qty in planned.items())
    return plan, min(plan, total), mixed


def longest_rising(positions: Sequence[int]) -> int:
    """Length of the longest strictly rising subsequence: how many are in sequence (A6)."""
    tails: list[int] = []
    for p in positions:
        place = bisect_left(tails, p)
        tails[place : place + 1] = [p]
    return len(tails)


def adherence(rows: Rows, members: Members, window: Window) -> list[KpiValue]:
    """Values of all variants from `schedules.CELL` rows; whole schedules, or items of them."""
    if members.by not in ("network", "site", "item"):
        return []
    rows = rows[(rows["end"] <= window.as_of) & ((rows["item"] != 0) == (members.by == "item"))]
    members.of(rows)
    cells = Cells(members, window, rows, rows["time"])
    sums = {name: cells.sum(cells.rows[name]) for name in _SUMS}
    out: list[KpiValue] = []
    for k in range(len(members)):
        mine = {name: table[k] for name, table in sums.items()}
        inputs = int((cells.place == k).sum())
        out += _values(mine, Scope(members.by, members.name(k)), window, inputs)
    return out


_SUMS = (
    "planned",
    "made",
    "mixed",
    "lots",
    "matched",
    "in_order",
    "attained",
    "changed",
    "excess",
)
_QUANTITIES = ("volume", "mix")


def _bts(sums: Mapping[str, int]) -> tuple[Number, Number]:
    names = ("planned", "made", "mixed", "matched", "in_order")
    product = Built(*(sums[n] for n in names)).bts
    return (0, 0) if product is None else (product.numerator, product.denominator)


def _parts(name: str, sums: Mapping[str, int]) -> tuple[Number, Number]:
    if name == "bts":
        return _bts(sums)
    if name == "stability":
        return sums["lots"] - sums["changed"], sums["lots"]
    over, under = _OVER[name]
    return sums[over], sums[under]


_OVER = {
    "volume": ("made", "planned"),
    "mix": ("mixed", "made"),
    "sequence": ("in_order", "matched"),
    "attainment": ("attained", "lots"),
    "sequence_adherence": ("in_order", "lots"),
}


def _values(
    sums: Mapping[str, Objects], scope: Scope, window: Window, inputs: int
) -> list[KpiValue]:
    whole = {name: sum(row.tolist()) for name, row in sums.items()}
    buckets = [{n: int(row[b]) for n, row in sums.items()} for b in range(window.buckets)]
    beyond = Fraction(whole["excess"], MILLION)
    notes = (f"{float(beyond):g} units built beyond plan do not count",) if beyond else ()
    names = ("volume", "attainment", "stability") if scope.dimension == "item" else _NAMES
    out: list[KpiValue] = []
    for name in names:
        over, under = _parts(name, whole)
        scale = MILLION if name in _QUANTITIES else 1
        made = value(
            VARIANTS["schedule", name],
            scope,
            window,
            (Fraction(over, scale), Fraction(under, scale)),
            by_bucket=[ratio(*_parts(name, b)) for b in buckets],
            facet=Facet(inputs=inputs, notes=notes),
        )
        out.append(made)
    return out


_NAMES = tuple(name for key, name in VARIANTS if key == "schedule")
