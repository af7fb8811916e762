"""Calendars and timetables as instants over the horizon of a model, laid out all at once.

What `base.calendars` says of one wall time holds for all: on days around which the clock is not
changed an instant is that of the day's midnight and the minutes since; the others are asked for
one by one.
"""

from __future__ import annotations

from calendar import isleap
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np

from taktnet.base.calendars import WorkingTime, instant, local_micros
from taktnet.base.daytexts import DAY_MIN, holiday_dates, parse_departures, week_start

_MINUTE = 60_000_000
_DAY = DAY_MIN * _MINUTE
_WEEK = 7 * _DAY


@lru_cache(maxsize=4096)
def _year(year: int, zone: str) -> np.ndarray:
    """The instants at which the days of a year begin in a zone: `local_micros` of minute 0."""
    day, days = datetime(year, 1, 1, tzinfo=ZoneInfo(zone)), 365 + isleap(year)
    ahead = [(day + timedelta(days=i)).utcoffset() or timedelta() for i in range(days)]
    first = (date(year, 1, 1) - date(1970, 1, 1)).days
    offsets = np.array([o // timedelta(microseconds=1) for o in ahead], np.int64)
    return np.arange(first, first + days) * _DAY - offsets


def _midnights(first: int, days: int, zone: str) -> np.ndarray:
    """The instants at which days (ordinals) begin in a zone."""
    years = range(date.fromordinal(first).year, date.fromordinal(first + days).year + 1)
    skip = first - date(years[0], 1, 1).toordinal()
    return np.concatenate([_year(y, zone) for y in years])[skip : skip + days]


def _wall(first: int, days: int, minutes: Iterable[int], zone: str) -> np.ndarray:
    """The instants [day, minute] of wall times, up to 48 h after each day's midnight."""
    minutes = list(minutes)
    midnights, place = _midnights(first, days + 2, zone), ZoneInfo(zone)
    made = midnights[:days, None] + np.array(minutes, np.int64)[None, :] * _MINUTE
    steps = np.diff(midnights)
    for i in np.flatnonzero((steps[:-1] != _DAY) | (steps[1:] != _DAY)).tolist():
        day = date.fromordinal(first + i)
        made[i] = [local_micros(day, m, place) for m in minutes]
    return made


def _works(working: WorkingTime, first: int, days: int) -> np.ndarray:
    """Whether shifts start on each production day, as `WorkingTime.works_on` has it."""
    ordinals = np.arange(first, first + days)
    on = np.isin((ordinals + 6) % 7, list(working.days))
    for begin, end in working.shutdowns:
        on &= (ordinals < begin.toordinal()) | (ordinals > end.toordinal())
    if working.holidays:
        years = range(date.fromordinal(first).year, date.fromordinal(first + days).year + 1)
        off = [d.toordinal() for y in years for d in holiday_dates(working.holidays, y)]
        on &= ~np.isin(ordinals, off)
    return on


def _edges(working: WorkingTime, at: int, end: int) -> tuple[np.ndarray, np.ndarray]:
    """Where working spans begin and end, cut at `at` and `end`: `WorkingTime.edges`."""
    first = instant(at).astimezone(working.zone).date().toordinal() - 3
    days = instant(end).astimezone(working.zone).date().toordinal() - first + 1
    on = _works(working, first, days)
    zone, shifts = str(working.zone), working.shifts
    starts = _wall(first, days, (start for start, _ in shifts), zone)[on].ravel()
    ends = _wall(first, days, (off for _, off in shifts), zone)[on].ravel()
    # A wall time in a spring gap moves forward, perhaps past the start of the next shift.
    starts[1:] = np.maximum(starts[1:], np.maximum.accumulate(ends)[:-1])
    length = ends - starts
    pause = starts + (length - working.break_us) // 2
    split = (working.break_us > 0) & (working.break_us < length)
    rows = np.empty((len(starts), 2, 2), np.int64)
    rows[:, 0, 0], rows[:, 0, 1] = starts, np.where(split, pause, ends)
    rows[:, 1, 0], rows[:, 1, 1] = np.where(split, pause + working.break_us, ends), ends
    a, b = np.maximum(rows[..., 0].ravel(), at), np.minimum(rows[..., 1].ravel(), end)
    kept = a < b
    return a[kept], b[kept]


def spans(working: WorkingTime, at: int, end: int) -> np.ndarray:
    """Working spans [on, off, working time before] in microseconds since `at`.

    Spans that touch are one. The last reaches up to `end`.
    """
    on, off = _edges(working, at, end) if end > at else (np.zeros(0, np.int64),) * 2
    apart = on[1:] != off[:-1]
    on = on[np.append(True, apart)[: len(on)]]
    off = off[np.append(apart, True)[: len(off)]]
    done = np.cumsum(off - on) - (off - on)
    return np.column_stack((on - at, off - at, done))


def leaves(departures: str, zone: str, at: int, end: int) -> np.ndarray:
    """Departures in microseconds since `at`, from `at` until the first after `end`."""
    minutes = parse_departures(departures)
    if not minutes:
        return np.zeros(0, np.int64)
    monday = week_start(instant(at).astimezone(ZoneInfo(zone)).date()) - timedelta(days=7)
    weeks = (end - at) // _WEEK + 4
    clock = sorted({m % DAY_MIN for m in minutes})
    wall = _wall(monday.toordinal(), 7 * weeks, clock, zone).reshape(weeks, 7, len(clock))
    us = wall[:, [m // DAY_MIN for m in minutes], [clock.index(m % DAY_MIN) for m in minutes]]
    us = us.ravel()
    us = us[: int(np.argmax(us > end)) + 1]
    us = us[us >= at]
    later = np.append(True, us[1:] > np.maximum.accumulate(us)[:-1])[: len(us)]
    return us[later] - at
