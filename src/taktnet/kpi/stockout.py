"""G6, network stockout rate: lines that stood for want of a part, over planned time."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import numpy as np

from taktnet.base.calendars import WorkingTime
from taktnet.base.names import Domain
from taktnet.kpi.catalogue import STOCKOUT
from taktnet.kpi.definition import KpiValue, Number, Scope, Window
from taktnet.kpi.exact import DAY, HOUR, Rows, ratio
from taktnet.kpi.intervals import Span, common, cut, length, merged
from taktnet.kpi.measure import Facet, Members, value
from taktnet.kpi.stops import StopBook
from taktnet.kpi.world import World
from taktnet.ledger.fact import instant

Sums = dict[str, Number]


def stockout(book: StopBook, world: World, window: Window, members: Members) -> list[KpiValue]:
    """Values of all variants for the network, sites or items."""
    if members.by not in ("network", "site", "item"):
        return []
    rows = book.settle()
    rows = rows[(rows["start"] < min(window.end, window.as_of)) & (rows["time"] > window.start)]
    plant = _Plant(book, world, window.end)
    place = members.of(rows)
    if members.by == "site":  # planned time without a stop is a rate of 0, not no data
        known = [world.names.find(Domain.SITE, name) for name in sorted(plant.lines)]
        members.places(np.array([number for number in known if number > 0], np.int64))
    pieces = [window.bucket(b) for b in range(window.buckets)]
    out: list[KpiValue] = []
    for k in range(len(members)):
        mine, scope = rows[place == k], Scope(members.by, members.name(k))
        sums = [_sums(mine, scope, plant, w) for w in pieces]
        whole = {name: sum(s[name] for s in sums) for name in sums[0]}
        whole["out_days"] = len(_days(mine, plant, window.whole))  # a day may lie in two buckets
        out += _values(whole, sums, mine, scope, window)
    return out


class _Plant:
    """Lines with their working time, and how many parts are kept, by names."""

    def __init__(self, book: StopBook, world: World, before: int) -> None:
        self.world = world
        net = world.network
        self.sites = {s.id: s for s in net.sites}
        own = {s.id for s in net.sites if s.company}
        self.lines: defaultdict[str, dict[str, WorkingTime]] = defaultdict(dict)
        for r in net.resources:
            if r.site in own:
                self.lines[r.site][r.id] = net.working_time(r.site, r.id)
        for number, resource in book.places(before):
            site, name = world.site(number), self.line(resource)
            self.lines[site].setdefault(name, self.working(site, name))
        plants = own & {s.id for s in net.sites if s.kind == "plant"}
        points = [p for p in net.stock_points if p.site in plants]
        self.plants = {world.names.find(Domain.SITE, name) for name in plants}
        self.parts = {
            "network": Counter({"": len(points)}),
            "site": Counter(p.site for p in points),
            "item": Counter(p.item for p in points),
        }
        self._planned: dict[tuple[str | None, int, int], int] = {}
        self._zones: dict[int, ZoneInfo] = {}
        self._spans: dict[tuple[int, int, int], tuple[list[Span], int]] = {}

    def line(self, resource: int) -> str:
        """Name of a line."""
        return self.world.names.text(Domain.RESOURCE, resource)

    def working(self, site: str, resource: str) -> WorkingTime:
        """Working time of a line; that of its site, or day and night, where it is not known."""
        net = self.world.network
        if resource in {r.id for r in net.resources_at(site)}:
            return net.working_time(site, resource)
        if site in self.sites:
            return net.working_time(site)
        return WorkingTime.always()

    def spans(self, work: WorkingTime, window: Window) -> tuple[list[Span], int]:
        """Working spans within the window up to as-of and their length, shared by calendar."""
        end = min(window.end, window.as_of)
        key = (id(work), window.start, end)
        found = self._spans.get(key)
        if found is None:
            spans = work.edges(window.start, end)
            found = self._spans[key] = (spans, length(spans))
        return found

    def planned(self, site: str | None, window: Window) -> int:
        """Working time of the lines of a site, or of all lines."""
        key = (site, window.start, window.end)
        found = self._planned.get(key)
        if found is None:
            lines = self.lines.values() if site is None else [self.lines.get(site, {})]
            times = (self.spans(work, window)[1] for own in lines for work in own.values())
            found = self._planned[key] = sum(times)
        return found

    def zone(self, site: int) -> ZoneInfo:
        """Time zone in which a site counts its days."""
        found = self._zones.get(site)
        if found is None:
            known = self.sites.get(self.world.site(site))
            found = self._zones[site] = ZoneInfo(known.zone if known else "UTC")
        return found


def _sums(rows: Rows, scope: Scope, plant: _Plant, window: Window) -> Sums:
    """Numerators and denominators of all variants for one member and bucket."""
    end = min(window.end, window.as_of)
    rows = rows[(rows["start"] < end) & (rows["time"] > window.start)]
    begun = rows[rows["begun"] & (rows["start"] >= window.start) & (rows["start"] < end)]
    days = Fraction(max(end - window.start, 0), DAY)
    return {
        "planned": plant.planned(scope.name if scope.dimension == "site" else None, window),
        "lost": _lost(rows, plant, window),
        "lost_root": _lost(rows[rows["root"] == 0], plant, window),
        "roots": int((begun["root"] == 0).sum()),
        "sites": len(begun),
        "out_days": len(_days(rows, plant, window)),
        "part_days": plant.parts[scope.dimension][scope.name] * days,
    }


def _lost(rows: Rows, plant: _Plant, window: Window) -> int:
    """Working time lost: overlaps on a line merged, planned shutdowns left out."""
    end = min(window.end, window.as_of)
    by_line: defaultdict[tuple[int, int], list[Span]] = defaultdict(list)
    for site, resource, *span in rows[["site", "resource", "start", "time"]].tolist():
        by_line[site, resource].append((span[0], span[1]))
    total = 0
    for (site, resource), spans in by_line.items():
        work = plant.lines[plant.world.site(site)][plant.line(resource)]
        stood = merged(cut(spans, window.start, end))
        total += length(common(stood, plant.spans(work, window)[0]))
    return total


def _days(rows: Rows, plant: _Plant, window: Window) -> set[tuple[int, int, date]]:
    """(site, part, local day) on which a named part stopped a line of one of the own plants."""
    end = min(window.end, window.as_of)
    found: set[tuple[int, int, date]] = set()
    rows = rows[(rows["item"] != 0) & (rows["start"] < end) & (rows["time"] > window.start)]
    for site, item, a, b in rows[["site", "item", "start", "time"]].tolist():
        if site not in plant.plants:
            continue
        zone = plant.zone(site)
        day = instant(max(a, window.start)).astimezone(zone).date()
        last = instant(min(b, end) - 1).astimezone(zone).date()
        while day <= last:
            found.add((site, item, day))
            day += timedelta(days=1)
    return found


def _parts(name: str, sums: Sums) -> tuple[Number, Number]:
    match name:
        case "lost_hours":
            return Fraction(sums["lost"], HOUR), Fraction(sums["planned"], HOUR)
        case "lost_hours.root":
            return Fraction(sums["lost_root"], HOUR), Fraction(sums["planned"], HOUR)
        case "stops":
            return sums["roots"], Fraction(sums["planned"], 1000 * HOUR)
        case "stops.site":
            return sums["sites"], Fraction(sums["planned"], 1000 * HOUR)
        case _:
            return sums["out_days"], sums["part_days"]


def _values(
    whole: Sums, sums: list[Sums], rows: Rows, scope: Scope, window: Window
) -> list[KpiValue]:
    held = int(rows["hold"].sum())
    notes = (f"{held} stops with stock on hold",) if held else ()
    facet = Facet(inputs=len(rows), notes=notes)
    return [
        value(
            variant,
            scope,
            window,
            _parts(variant.name, whole),
            by_bucket=[ratio(*_parts(variant.name, s)) for s in sums],
            facet=facet,
        )
        for variant in STOCKOUT.variants
    ]
