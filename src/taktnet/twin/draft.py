"""Tables of a model in the making: records, distributions, calendars and timetables."""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.lib.recfunctions import unstructured_to_structured

from taktnet.base.errors import Fault
from taktnet.base.names import Names
from taktnet.base.timetable import leaves, spans
from taktnet.network import Network
from taktnet.network.formats import parse_quantiles
from taktnet.policy import lower as policy_lower
from taktnet.twin import layout as y
from taktnet.twin.layout import DTYPES, HOUR, Table
from taktnet.twin.variates import KNOTS, gamma_knots

MICRO = 1e-6
#: What a customer orders and when: (customer, item, supplier) -> (microseconds UTC, quantity), and
#: when it cancels the order, where it does.
Plans = Mapping[tuple[str, str, str], Sequence[tuple[int, float] | tuple[int, float, int]]]
_PLAIN = (Table.USER, Table.LEAVE, Table.KNOT, Table.MEMBER, Table.SPAN, Table.SETUP)


def millionths(qty: float) -> int:
    """A quantity as the live rules count it."""
    return policy_lower.millionths(qty)


def micros(hours: float) -> int:
    """Hours in microseconds."""
    return round(hours * HOUR)


def fault(table: str, row: str, name: str, found: str, wanted: str, *, remedy: str = "") -> Fault:
    """A fault of a row of the network."""
    return Fault(f"network/{table}.csv", 0, name, found, wanted, remedy, f'"{row}"')


def records(dtype: np.dtype, rows: Iterable[dict[str, Any]]) -> np.ndarray:
    """Records of rows; fields not given are 0."""
    rows = list(rows)
    array = np.zeros(len(rows), dtype)
    given = set[str]().union(*rows)
    alike = all(len(row) == len(given) for row in rows)
    for name in given.intersection(dtype.names or ()):
        array[name] = [row[name] for row in rows] if alike else [row.get(name, 0) for row in rows]
    return array


def _promised_ahead(network: Network) -> int:
    """Microseconds after the end of a run within which what is ordered at its end falls due."""
    ways = (x.customs_h + (x.transit_h if x.agreed_h is None else x.agreed_h)
            for x in network.lanes)  # fmt: skip
    longest = max(ways, default=0.0) + max((s.prep_h for s in network.sources), default=0.0)
    return 14 * y.DAY + micros(2 * longest)


@dataclass
class Draft:
    """The tables in the making."""

    network: Network
    names: Names
    at: int
    end: int
    plans: Plans
    rows: dict[Table, list[dict[str, Any]]] = field(default_factory=dict[Any, Any])
    plain: dict[Table, list[np.ndarray]] = field(default_factory=dict[Any, Any])
    sizes: dict[Table, int] = field(default_factory=dict[Any, int])
    points: list[tuple[str, str]] = field(default_factory=list[Any])
    links: list[tuple[str, str, str, str]] = field(default_factory=list[Any])
    index: dict[tuple[str, str], int] = field(default_factory=dict[Any, int])
    procs: list[tuple[str, str, str]] = field(default_factory=list[Any])
    faults: list[Fault] = field(default_factory=list[Fault])
    dists: dict[Any, int] = field(default_factory=dict[Any, int])
    calendars: dict[Any, int] = field(default_factory=dict[Any, int])
    leaving: dict[Any, tuple[int, int]] = field(default_factory=dict[Any, tuple[int, int]])

    site_no: dict[str, int] = field(default_factory=dict[str, int])
    lane_no: dict[str, int] = field(default_factory=dict[str, int])
    res_no: dict[str, int] = field(default_factory=dict[str, int])
    open: Container[tuple[str, str]] = ()
    serving: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    lines: dict[str, str] = field(default_factory=dict[str, str])
    laid: int = 0  # until when calendars and timetables are laid out

    def __post_init__(self) -> None:
        self.rows = {t: [] for t in Table}
        self.plain = {t: [np.zeros(0, DTYPES[t])] for t in _PLAIN}
        self.sizes = dict.fromkeys(_PLAIN, 0)
        self.lines = {loop.id: loop.resource for loop in self.network.loops}
        self.site_no = {s.id: i for i, s in enumerate(self.network.sites)}
        self.lane_no = {lane.id: i for i, lane in enumerate(self.network.lanes)}
        self.laid = self.end + _promised_ahead(self.network)

    def add(self, table: Table, **values: Any) -> int:
        """Append a record; fields not given are 0."""
        rows = self.rows[table]
        rows.append(values)
        return len(rows) - 1

    def lay(self, table: Table, rows: Any) -> int:
        """Append many plain rows; the number of the first."""
        first = self.sizes[table]
        self.plain[table].append(np.asarray(rows, DTYPES[table]))
        self.sizes[table] = first + len(rows)
        return first

    def dist(self, *key: Any) -> int:
        """The number of a distribution: (kind, mean us, cv) or ("quantiles", text)."""
        known = self.dists.get(key)
        if known is None:
            known = self.dists[key] = self._new_dist(*key)
        return known

    def _new_dist(self, kind: str, mean: Any, cv: float = 0.0) -> int:
        if kind == "quantiles":
            pairs = parse_quantiles(mean)
            first = self.lay(Table.KNOT, [x for p, h in pairs for x in (p, h * HOUR)])
            return self.add(Table.DIST, kind=y.QUANTILES, first=first, knots=len(pairs))
        if kind == "fixed" or cv <= 0:
            return self.add(Table.DIST, kind=y.FIXED, a=mean)
        if kind == "lognormal":
            b = math.sqrt(math.log1p(cv * cv))
            return self.add(Table.DIST, kind=y.LOGNORMAL, a=math.log(mean) - b * b / 2, b=b)
        if math.isclose(cv, 1.0, rel_tol=1e-12):
            return self.add(Table.DIST, kind=y.EXPONENTIAL, a=mean)
        shape = 1 / (cv * cv)
        known = self.dists.get(("knots", shape))
        if known is None:
            known = self.dists["knots", shape] = self.lay(Table.KNOT, gamma_knots(shape))
        return self.add(Table.DIST, kind=y.TABLE, a=mean, first=known, knots=KNOTS)

    def calendar(self, site: str, resource: str) -> int:
        """The number of a resource's calendar, or a site's without one; -1 works day and night."""
        place = self.network.site(site)
        own = self.network.resource(resource).calendar if resource else ""
        name = own or place.calendar
        if not name:
            return -1
        known = self.calendars.get((name, place.zone))
        if known is None:
            found = spans(self.network.working_time(site, resource), self.at, self.laid)
            first = self.lay(Table.SPAN, unstructured_to_structured(found, DTYPES[Table.SPAN]))
            known = self.add(Table.CAL0, first=first, spans=len(found))
            self.add(Table.CAL)
            self.calendars[name, place.zone] = known
        return known

    def leaving_of(self, row: Any) -> tuple[int, int]:
        """Where the departures of a lane begin in their table, and how many they are."""
        if not row.departures:
            return 0, 0
        key = (row.departures, self.network.site(row.origin).zone)
        if key not in self.leaving:
            found = leaves(*key, self.at, self.laid)
            self.leaving[key] = self.lay(Table.LEAVE, found), len(found)
        return self.leaving[key]
