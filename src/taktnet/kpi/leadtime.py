"""G3, lead-time variability: from the request to the receipt that completes a line."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from taktnet.kpi.catalogue import LEAD_TIME, VARIANTS
from taktnet.kpi.definition import KpiValue, Number, Scope, Window
from taktnet.kpi.exact import DAY, Ints, Rows
from taktnet.kpi.line import LEFT_OUT, NO_WINDOW
from taktnet.kpi.measure import Facet, Members, value
from taktnet.kpi.settings import KpiSettings
from taktnet.kpi.statistics import (
    kaplan_meier,
    mean,
    quantile,
    root,
    split_variance,
    variance,
)

_FEW = 8
_P95 = Fraction(95, 100)
Parts = tuple[Number, Number] | None


def lead_time(
    lines: Rows, members: Members, window: Window, declared: KpiSettings
) -> list[KpiValue]:
    """Values of all variants per member, from supply lines that were asked by as-of."""
    supply = ~lines["customer"] & (lines["asked"] < window.as_of)
    lines = lines[supply]
    place = members.of(lines)
    order = np.argsort(place, kind="stable")
    lines, place = lines[order], place[order]
    bounds = np.searchsorted(place, np.arange(len(members) + 1))
    out: list[KpiValue] = []
    for k in range(len(members)):
        mine = lines[bounds[k] : bounds[k + 1]]
        scope = Scope(members.by, members.name(k))
        out += _Sample(mine, window, declared).values(scope)
    return out


class _Sample:
    """The lines of one member: those completed in the window, and those open at as-of."""

    def __init__(self, lines: Rows, window: Window, declared: KpiSettings) -> None:
        self.window, self.declared = window, declared
        odd = (lines["done"] != 0) & (lines["done"] < lines["asked"])
        counted = np.isin(lines["out"], (0, NO_WINDOW)) & ~odd
        left = np.bincount(np.where(odd, len(LEFT_OUT), lines["out"])[~counted]).tolist()
        reasons = (*LEFT_OUT, "received before it was asked for")
        self.exclusions = tuple((reasons[c], n) for c, n in enumerate(left) if n)
        rows = lines[counted]
        done = rows["done"]
        over = (done != 0) & (done <= window.as_of)
        self.done = rows[over & (done >= window.start) & (done < window.end)]
        self.open = rows[~over & (rows["asked"] < window.end)]
        self.spans: list[int] = (self.done["done"] - self.done["asked"]).tolist()
        total = len(self.spans) + len(self.open)
        self.censored = len(self.open) * 1_000_000 > declared.open_ppm * total

    def values(self, scope: Scope) -> list[KpiValue]:
        """One value per variant."""
        buckets = [self.spans] if self.window.buckets == 1 else list(self._buckets())
        facet = Facet(
            inputs=len(self.spans),
            exclusions=self.exclusions,
            notes=self._notes(),
            points=tuple(s / DAY for s in sorted(self.spans)) if len(self.spans) < _FEW else (),
        )
        out: list[KpiValue] = []
        for variant in LEAD_TIME.variants:
            parts, amount = self._one(variant.name)
            series = [_spread(variant.name, b) for b in buckets]
            made = value(
                VARIANTS[variant.key, variant.name],
                scope,
                self.window,
                parts,
                amount=amount,
                by_bucket=series if variant.name in _SERIES else (),
                facet=facet,
            )
            out.append(made)
        return out

    def _buckets(self) -> Iterator[list[int]]:
        spans = np.array(self.spans, np.int64)
        where = np.searchsorted(np.array(self.window.edges), self.done["done"], side="right") - 1
        for b in range(self.window.buckets):
            yield spans[where == b].tolist()

    def _notes(self) -> tuple[str, ...]:
        notes = [f"calendar days; {len(self.open)} lines still open"]
        if len(self.spans) < _FEW:
            notes.append(f"fewer than {_FEW} lines: see the single points")
        if self.censored:
            notes.append("P95 by Kaplan-Meier, open lines censored at as-of")
        return tuple(notes)

    def _one(self, name: str) -> tuple[Parts, float | None]:
        """(numerator and denominator, amount): the one or the other."""
        if name == "mean":
            n = len(self.spans)
            return (Fraction(sum(self.spans), DAY), n), None
        if name == "reliability":
            quoted = self.done[self.done["quoted"] > 0]
            kept = quoted["done"] - quoted["asked"] <= quoted["quoted"]
            return (int(kept.sum()), len(quoted)), None
        if name == "p95" and self.censored:
            return None, _days(self._survival())
        if name in ("within", "between"):
            return None, self._split(name)
        return None, _spread(name, self.spans)

    def _survival(self) -> int | None:
        rows = np.concatenate((self.done, self.open))
        event = np.arange(len(rows)) < len(self.done)
        upto = np.where(event, rows["done"], self.window.as_of)
        entry: Ints = np.maximum(self.window.start - rows["asked"], 0) - 1
        return kaplan_meier(entry, upto - rows["asked"], event.astype(np.int64), _P95)

    def _split(self, name: str) -> float | None:
        origins = self.done["origin"]
        spans = np.array(self.spans, np.int64)
        groups: list[list[int]] = [spans[origins == o].tolist() for o in np.unique(origins)]
        split = split_variance(groups)
        if split is None:
            return None
        return float(split[0 if name == "within" else 1] / (DAY * DAY))


#: Variants that have a value per day or week.
_SERIES = ("cv", "mean", "sd", "p50", "p95")


def _days(span: Fraction | int | None) -> float | None:
    return None if span is None else float(Fraction(span) / DAY)


def _spread(name: str, spans: list[int]) -> float | None:
    """A statistic of the spans of one window or bucket, in days (cv: share)."""
    if name == "p50":
        return _days(quantile(spans, Fraction(1, 2)))
    if name == "p95":
        return _days(quantile(spans, _P95))
    centre, spread = mean(spans), root(variance(spans))
    if name == "mean":
        return _days(centre)
    if spread is None or centre is None:
        return None
    return spread / DAY if name == "sd" else (spread / float(centre) if centre else None)
