"""The Network: a frozen value with one tuple of rows per table, and its look-ups."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import cached_property
from importlib import import_module
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from taktnet.base.errors import Fault, TaktnetError
from taktnet.network import components as c
from taktnet.network.fields import TABLES, Table

if TYPE_CHECKING:
    from taktnet.base.calendars import WorkingTime
    from taktnet.network.diff import Change
    from taktnet.twin import Cold

R = TypeVar("R")
K = TypeVar("K", bound=Hashable)
#: Separates the parts of a row's key in text; no name may contain it.
KEY_SEPARATOR = "|"


class UnknownName(TaktnetError):
    """A row was asked for by a name that its table does not have."""


@dataclass(frozen=True)
class Network:
    """What the plants are: a value, read from tables, changed only into a new value.

    A Network built by hand may be wrong; `check()` says how. One that came from `read` is right.
    """

    sites: tuple[c.Site, ...] = ()
    items: tuple[c.Item, ...] = ()
    bom: tuple[c.BomLine, ...] = ()
    stock_points: tuple[c.StockPoint, ...] = ()
    processes: tuple[c.Process, ...] = ()
    resources: tuple[c.Resource, ...] = ()
    changeovers: tuple[c.Changeover, ...] = ()
    lanes: tuple[c.Lane, ...] = ()
    sources: tuple[c.Source, ...] = ()
    loops: tuple[c.Loop, ...] = ()
    demand: tuple[c.Demand, ...] = ()
    drivers: tuple[c.Driver, ...] = ()
    calendars: tuple[c.Calendar, ...] = ()
    rates: tuple[c.Rate, ...] = ()

    @staticmethod
    def read(path: str | Path) -> Network:
        """The network in a folder of CSV or Parquet files, or in an .xlsx workbook.

        Raises InputFaults with all faults of all files at once.
        """
        from taktnet.network.read import read

        return read(Path(path))

    def write(self, path: str | Path, format: str = "") -> None:
        """Write to `path`, as "csv", "parquet" (folders) or "xlsx"; nothing is lost.

        Without `format` an .xlsx path makes a workbook and any other a folder of CSV files.
        """
        from taktnet.network.write import write

        write(self, Path(path), format)

    def check(self) -> tuple[Fault, ...]:
        """All faults of the network, in the order of its tables; empty when it is right."""
        return self._faults

    @cached_property
    def _faults(self) -> tuple[Fault, ...]:
        from taktnet.network.check import check

        return check(self)

    def set_row(self, table: str, key: str, values: Mapping[str, str]) -> Network:
        """A network with one row set from text cells, or removed when `values` is empty.

        `key` is the row's key as `row_key` gives it; columns not in `values` stay as they were,
        or take their defaults in a new row. Raises InputFaults for an unknown table, row or
        column and for cells that cannot be typed; `check()` the result for the rest.
        """
        from taktnet.network.change import set_row

        return set_row(self, table, key, values)

    def set_rows(self, changes: Iterable[tuple[str, str, Mapping[str, str]]]) -> Network:
        """A network with many rows set or removed, one after another, as `set_row` does each.

        Raises InputFaults with the faults of all changes.
        """
        from taktnet.network.change import set_rows

        return set_rows(self, changes)

    def diff(self, other: Network) -> tuple[Change, ...]:
        """What must be set or removed to turn this network into `other`, row by row."""
        from taktnet.network.diff import diff

        return diff(self, other)

    def simulate(self, days: float = 365.0, replications: int = 32, **more: Any) -> Cold:
        """Simulate from a cold start: every level full, nothing under way, warm-up left out.

        See `taktnet.twin.simulate` for what else may be given and what comes back.
        """
        return import_module("taktnet.twin").simulate(self, days, replications, **more)

    def table(self, name: str) -> tuple[Any, ...]:
        """The rows of the table called `name`."""
        return getattr(self, TABLES[name].name)

    @cached_property
    def digest(self) -> str:
        """SHA-256 (hex) over the content; the order of rows does not count."""
        parts = {name: _canonical(t, self.table(name)) for name, t in TABLES.items()}
        text = json.dumps(parts, ensure_ascii=False, separators=(",", ":"), default=str)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

    def to_json(self) -> bytes:
        """The network as JSON: table -> list of rows by column name."""
        import msgspec

        return msgspec.json.encode(self)

    @staticmethod
    def from_json(text: bytes | str) -> Network:
        """The network of `to_json`; raises InputFaults when it is not one, and is not checked."""
        from taktnet.network.change import from_json

        return from_json(text)

    # Look-ups; each index is made once, when first asked for.

    def site(self, id: str) -> c.Site:
        """The site called `id`."""
        return _get(self._sites, id, "site")

    def item(self, id: str) -> c.Item:
        """The item called `id`."""
        return _get(self._items, id, "item")

    def resource(self, id: str) -> c.Resource:
        """The resource called `id`."""
        return _get(self._resources, id, "resource")

    def lane(self, id: str) -> c.Lane:
        """The lane called `id`."""
        return _get(self._lanes, id, "lane")

    def loop(self, id: str) -> c.Loop:
        """The loop called `id`."""
        return _get(self._loops, id, "loop")

    def calendar(self, id: str) -> c.Calendar:
        """The calendar called `id`; the blank one works day and night."""
        return _get(self._calendars, id, "calendar")

    def stock_point(self, site: str, item: str) -> c.StockPoint | None:
        """The stocking point of `item` at `site`, if there is one."""
        return self._stock_points.get((site, item))

    def sources_of(self, site: str, item: str) -> tuple[c.Source, ...]:
        """The supply options of `item` at `site`."""
        return self._sources.get((site, item), ())

    def processes_of(self, site: str, item: str) -> tuple[c.Process, ...]:
        """The processes that make `item` at `site`."""
        return self._processes.get((site, item), ())

    def loops_of(self, site: str, item: str) -> tuple[c.Loop, ...]:
        """The loops that supply `item` to `site`."""
        return self._loops_of.get((site, item), ())

    def demand_at(self, supplier: str, item: str) -> tuple[c.Demand, ...]:
        """The customers' demand for `item` that `supplier` ships."""
        return self._demand.get((supplier, item), ())

    def lanes_between(self, origin: str, destination: str) -> tuple[c.Lane, ...]:
        """The lanes from `origin` to `destination`."""
        return self._lanes_between.get((origin, destination), ())

    def resources_at(self, site: str) -> tuple[c.Resource, ...]:
        """The resources that stand at `site`."""
        return self._resources_at.get(site, ())

    def bom_of(self, parent: str) -> tuple[c.BomLine, ...]:
        """All bill-of-material lines of `parent`, whatever their dates."""
        return self._bom.get(parent, ())

    def components_of(self, parent: str, on: date) -> tuple[c.BomLine, ...]:
        """The lines of `parent` in use on a day: of each group of alternatives the first valid."""
        return valid_lines(self.bom_of(parent), on)

    def users_of(self, component: str) -> tuple[c.BomLine, ...]:
        """All lines in which `component` is used."""
        return self._users.get(component, ())

    def per_eur(self, currency: str) -> float:
        """Units of `currency` per euro."""
        return 1.0 if currency == "EUR" else _get(self._rates, currency, "currency").per_eur

    def working_time(self, site: str, resource: str = "") -> WorkingTime:
        """The working time of a site, or of a resource with its own calendar, in local time."""
        own = self.resource(resource).calendar if resource else ""
        place = self.site(site)
        return self._working(own or place.calendar, place.zone)

    def _working(self, calendar: str, zone: str) -> WorkingTime:
        from taktnet.base.calendars import WorkingTime

        known = self._working_times.get((calendar, zone))
        if known is None:
            cal = self.calendar(calendar)
            known = WorkingTime.parse(
                days=cal.days,
                shifts=cal.shifts,
                break_min=cal.break_min,
                holidays=cal.holidays,
                shutdowns=cal.shutdowns,
                zone=zone,
            )
            self._working_times[calendar, zone] = known
        return known

    @cached_property
    def _working_times(self) -> dict[tuple[str, str], WorkingTime]:
        return {}

    @cached_property
    def _sites(self) -> dict[str, c.Site]:
        return {r.id: r for r in self.sites}

    @cached_property
    def _items(self) -> dict[str, c.Item]:
        return {r.id: r for r in self.items}

    @cached_property
    def _resources(self) -> dict[str, c.Resource]:
        return {r.id: r for r in self.resources}

    @cached_property
    def _lanes(self) -> dict[str, c.Lane]:
        return {r.id: r for r in self.lanes}

    @cached_property
    def _loops(self) -> dict[str, c.Loop]:
        return {r.id: r for r in self.loops}

    @cached_property
    def _calendars(self) -> dict[str, c.Calendar]:
        return {"": c.Calendar(id=""), **{r.id: r for r in self.calendars}}

    @cached_property
    def _rates(self) -> dict[str, c.Rate]:
        return {r.currency: r for r in self.rates}

    @cached_property
    def _stock_points(self) -> dict[tuple[str, str], c.StockPoint]:
        return {(r.site, r.item): r for r in self.stock_points}

    @cached_property
    def _sources(self) -> dict[tuple[str, str], tuple[c.Source, ...]]:
        return _group(self.sources, lambda r: (r.site, r.item))

    @cached_property
    def _processes(self) -> dict[tuple[str, str], tuple[c.Process, ...]]:
        return _group(self.processes, lambda r: (r.site, r.item))

    @cached_property
    def _loops_of(self) -> dict[tuple[str, str], tuple[c.Loop, ...]]:
        return _group(self.loops, lambda r: (r.site, r.item))

    @cached_property
    def _demand(self) -> dict[tuple[str, str], tuple[c.Demand, ...]]:
        return _group(self.demand, lambda r: (r.supplier, r.item))

    @cached_property
    def _lanes_between(self) -> dict[tuple[str, str], tuple[c.Lane, ...]]:
        return _group(self.lanes, lambda r: (r.origin, r.destination))

    @cached_property
    def _resources_at(self) -> dict[str, tuple[c.Resource, ...]]:
        return _group(self.resources, lambda r: r.site)

    @cached_property
    def _bom(self) -> dict[str, tuple[c.BomLine, ...]]:
        return _group(self.bom, lambda r: r.parent)

    @cached_property
    def _users(self) -> dict[str, tuple[c.BomLine, ...]]:
        return _group(self.bom, lambda r: r.component)

    def with_rows(self, table: str, rows: Iterable[Any]) -> Network:
        """The same network with other rows in one table."""
        return replace(self, **{TABLES[table].name: tuple(rows)})


def valid_lines(lines: Iterable[c.BomLine], on: date) -> tuple[c.BomLine, ...]:
    """The lines in use on a day: all without a group, and of each group the lowest priority."""
    chosen: dict[tuple[str, str], c.BomLine] = {}
    for line in lines:
        if (line.valid_from and on < line.valid_from) or (line.valid_to and on > line.valid_to):
            continue
        place = ("group", line.alternative) if line.alternative else ("one", line.component)
        best = chosen.get(place)
        if best is None or (line.priority, line.component) < (best.priority, best.component):
            chosen[place] = line
    return tuple(chosen.values())


def row_key(table: str, row: object) -> str:
    """The key of a row as text, its parts joined by `|`: `OPO|MOTOR`."""
    from taktnet.network.cells import to_text

    return KEY_SEPARATOR.join(to_text(getattr(row, name)) for name in TABLES[table].key)


def _get(index: Mapping[str, R], id: str, what: str) -> R:
    try:
        return index[id]
    except KeyError:
        raise UnknownName(f"no {what} is called {id!r}") from None


def _group(rows: Iterable[R], key: Callable[[R], K]) -> dict[K, tuple[R, ...]]:
    groups: defaultdict[K, list[R]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return {k: tuple(v) for k, v in groups.items()}


def _canonical(table: Table, rows: tuple[Any, ...]) -> list[list[Any]]:
    """Rows as lists of cells, numbers as floats, sorted by their text."""
    get = attrgetter(*(f.name for f in table.fields))
    numbers = {i for i, f in enumerate(table.fields) if f.kind == "number"}
    made = [
        [float(v) + 0.0 if i in numbers and v is not None else v for i, v in enumerate(get(row))]
        for row in rows
    ]
    return sorted(made, key=str)


assert {f.name for f in fields(Network)} == set(TABLES)
