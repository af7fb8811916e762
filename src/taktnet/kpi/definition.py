"""The value of a KPI with everything that makes it a KPI: formula, window, scope, exclusions."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import Any, Literal, get_args

from msgspec import Struct

from taktnet.ledger.fact import instant

Dimension = Literal["network", "site", "supplier", "lane", "item"]
DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)
Number = Fraction | int


class Scope(Struct, frozen=True):
    """What a value is about: the whole network, or one member of a dimension by its name."""

    dimension: Dimension
    name: str = ""


class Window(Struct, frozen=True):
    """The time a report is about: buckets between neighbouring `edges`, looked at from `as_of`.

    All instants are microseconds since 1970 UTC; a bucket holds its start and not its end.
    """

    edges: tuple[int, ...]
    as_of: int

    @property
    def start(self) -> int:
        """First instant of the window."""
        return self.edges[0]

    @property
    def end(self) -> int:
        """First instant after the window."""
        return self.edges[-1]

    @property
    def buckets(self) -> int:
        """How many trend points the window has."""
        return len(self.edges) - 1

    def bucket(self, bucket: int) -> Window:
        """The window of one bucket alone."""
        return Window(self.edges[bucket : bucket + 2], self.as_of)

    @property
    def whole(self) -> Window:
        """The same window as one bucket."""
        return Window((self.start, self.end), self.as_of)


class TrendPoint(Struct, frozen=True):
    """The value of one day or week within the window."""

    start: int
    end: int
    value: float | None


class KpiValue(Struct, frozen=True, kw_only=True):
    """One value of one variant of a KPI for one scope and window, with all that explains it.

    `value` is numerator / denominator rounded once, or None for no data; where a value is no
    ratio (a quantile) both are None. `inputs` counts the records it rests on, `exclusions` those
    that were left out and why. `errors` names data that contradict themselves.
    """

    key: str
    variant: str
    value: float | None
    numerator: Number | None
    denominator: Number | None
    unit: str
    scope: Scope
    start: int
    end: int
    as_of: int
    formula: str
    definition: str
    inputs: int = 0
    exclusions: tuple[tuple[str, int], ...] = ()
    notes: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    points: tuple[float, ...] = ()
    trend: tuple[TrendPoint, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The same as plain JSON: instants as ISO text, exact fractions as `n/d` text."""
        out = {
            name: getattr(self, name)
            for name in ("key", "variant", "value", "unit", "formula", "definition", "inputs")
        }
        out |= {name: list(getattr(self, name)) for name in ("notes", "errors", "points")}
        for name in ("numerator", "denominator"):
            exact = getattr(self, name)
            out[name] = None if exact is None else str(exact)
        for name in ("start", "end", "as_of"):
            out[name] = instant(getattr(self, name)).isoformat()
        out["scope"] = {"dimension": self.scope.dimension, "name": self.scope.name}
        out["exclusions"] = dict(self.exclusions)
        out["trend"] = [
            {
                "start": instant(p.start).isoformat(),
                "end": instant(p.end).isoformat(),
                "value": p.value,
            }
            for p in self.trend
        ]
        return out


def edges(start: int, end: int, step: int) -> tuple[int, ...]:
    """Bucket edges from `start` in steps; the last bucket may be shorter."""
    if not start < end:
        raise ValueError(f"a window must end after it starts: {instant(start)} to {instant(end)}")
    inner = tuple(range(start, end, step)) if step else (start,)
    return (*inner, end)


def trend(window: Window, values: list[float | None]) -> tuple[TrendPoint, ...]:
    """Trend points from one value per bucket; none for a window of one bucket."""
    if window.buckets < 2:
        return ()
    pairs = zip(pairwise(window.edges), values, strict=False)  # some variants have no series
    return tuple(TrendPoint(a, b, v) for (a, b), v in pairs)
