"""Lowers calendars and timetables to the instants that due times look up.

Instants are laid out for a stretch of days that depends on the time alone, so that the same
decision at the same time has the same due time, whenever its rules were made.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from taktnet.base.calendars import WorkingTime, instant, local_micros
from taktnet.base.daytexts import DAY_MIN, parse_departures, week_start
from taktnet.network import Network
from taktnet.policy import records as r
from taktnet.state.tables import HOUR

_DAY = 24 * HOUR
#: Hours are laid out anew every so many days, for so many days ahead.
STRETCH_D, AHEAD_D = 32, 256


class Hours:
    """The calendars and timetables of a network that its rules look at, each once."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._rows: dict[object, int] = {}
        self._entries: list[WorkingTime | tuple[str, str]] = []
        self._stretch = -1

    def works(self, site: str, resource: str = "") -> int:
        """The row of a site's or resource's working time; -1 works day and night."""
        own = self._network.resource(resource).calendar if resource else ""
        if not own and not self._network.site(site).calendar:
            return -1
        working = self._network.working_time(site, resource)
        return self._row(id(working), working)

    def leaves(self, lane: str) -> int:
        """The row of a lane's departures, in its origin's time; -1 leaves at once."""
        if not lane or not parse_departures(self._network.lane(lane).departures):
            return -1
        way = self._network.lane(lane)
        table = way.departures, self._network.site(way.origin).zone
        return self._row(table, table)

    def _row(self, key: object, entry: WorkingTime | tuple[str, str]) -> int:
        row = self._rows.setdefault(key, len(self._entries))
        if row == len(self._entries):
            self._entries.append(entry)
        return row

    def at(self, now: int) -> dict[r.Table, list[dict[str, Any]]] | None:
        """The rows of the tables for decisions at `now`; None when those given last still serve."""
        stretch = now // (STRETCH_D * _DAY)
        if stretch == self._stretch:
            return None
        self._stretch = stretch
        start = stretch * STRETCH_D * _DAY
        end = start + AHEAD_D * _DAY
        made: dict[r.Table, list[dict[str, Any]]] = {
            r.Table.HOURS: [], r.Table.SPAN: [], r.Table.LEAVE: [],
        }  # fmt: skip
        for key, entry in enumerate(self._entries):
            working = isinstance(entry, WorkingTime)
            rows = _spans(entry, start, end) if working else _departures(*entry, start, end)
            table = made[r.Table.SPAN if working else r.Table.LEAVE]
            made[r.Table.HOURS].append({"key": key, "first": len(table), "count": len(rows)})
            table += [{"key": len(table) + i, **row} for i, row in enumerate(rows)]
        return made


def _spans(working: WorkingTime, start: int, end: int) -> list[dict[str, int]]:
    """Working spans, with the working time before each."""
    found: list[dict[str, int]] = []
    before = 0
    for on, off in working.edges(start, end):
        found.append({"on": on, "off": off, "before": before})
        before += off - on
    return found


def _departures(departures: str, zone: str, start: int, end: int) -> list[dict[str, int]]:
    """The departures of a weekly timetable in local time."""
    minutes, place = parse_departures(departures), ZoneInfo(zone)
    monday = week_start(instant(start).astimezone(place).date())
    found: set[int] = set()
    while not found or max(found) < end:
        for m in minutes:
            found.add(local_micros(monday + timedelta(days=m // DAY_MIN), m % DAY_MIN, place))
        monday += timedelta(days=7)
    return [{"at": at} for at in sorted(found) if at >= start]
