"""Working time of a calendar in a site's time zone.

Shifts are meant in local time and turned into instants with the tz database: a wall time that a
spring change skips moves forward by the gap, one that an autumn change repeats is its first
occurrence. A shift belongs to the day it starts on, the production day, which a night shift
leaves. Instants inside are microseconds since 1970 UTC.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from taktnet.base.daytexts import (
    DAY_MIN,
    holiday_dates,
    parse_days,
    parse_holidays,
    parse_shifts,
    parse_shutdowns,
    week_start,
)
from taktnet.base.errors import Malformed

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = 1_000_000
#: How far `next_working` and `add` look ahead before they say "never".
HORIZON_D = 800
_ONE_DAY = timedelta(days=1)

Span = tuple[int, int]


def micros(at: datetime) -> int:
    """Microseconds since 1970 UTC of an aware instant, exactly."""
    since = at - EPOCH
    return (since.days * 86_400 + since.seconds) * SECOND + since.microseconds


def instant(us: int) -> datetime:
    """The UTC instant of `micros`."""
    return EPOCH + timedelta(microseconds=us)


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    """Every IANA zone name that exists here."""
    return frozenset(available_timezones())


def local_micros(day: date, minute: int, zone: ZoneInfo) -> int:
    """The instant of a wall time, `minute` minutes after the day's midnight; may be over 24 h."""
    wall = datetime(day.year, day.month, day.day, tzinfo=zone, fold=0) + timedelta(minutes=minute)
    return micros(wall.replace(fold=0).astimezone(UTC))


@dataclass(frozen=True, eq=False)
class WorkingTime:
    """When a place works: shifts by weekday, less holidays, shutdowns and breaks.

    `shifts` are (start, end) minutes of the day; `break_us` is taken out of the middle of every
    shift. Make it with `parse`, or `always` for day and night.
    """

    days: frozenset[int]
    shifts: tuple[Span, ...]
    break_us: int
    holidays: str
    shutdowns: tuple[tuple[date, date], ...]
    zone: ZoneInfo
    _cache: dict[date, tuple[Span, ...]] = field(
        default_factory=dict[date, tuple[Span, ...]], init=False, repr=False
    )

    @staticmethod
    def parse(
        *,
        days: str = "Mon-Sun",
        shifts: str = "00:00-24:00",
        break_min: float = 0.0,
        holidays: str = "",
        shutdowns: str = "",
        zone: str = "UTC",
    ) -> WorkingTime:
        """The working time in the words of the calendars table; raises Malformed."""
        if zone not in zone_names():
            raise Malformed("an IANA time zone like Europe/Lisbon", f"{zone!r} is none.")
        spans = parse_shifts(shifts)
        break_us = round(break_min * 60 * SECOND)
        if any(break_us >= (end - start) * 60 * SECOND for start, end in spans):
            raise Malformed("a break shorter than every shift", f"{break_min:g} min is not.")
        if holidays:
            parse_holidays(holidays)
        off = parse_shutdowns(shutdowns)
        return WorkingTime(parse_days(days), spans, break_us, holidays, off, ZoneInfo(zone))

    @staticmethod
    def always(zone: str = "UTC") -> WorkingTime:
        """Working time day and night, every day."""
        return WorkingTime.parse(zone=zone)

    def works_on(self, day: date) -> bool:
        """Whether shifts start on this production day."""
        return (
            day.weekday() in self.days
            and not any(first <= day <= last for first, last in self.shutdowns)
            and (not self.holidays or day not in holiday_dates(self.holidays, day.year))
        )

    def _gross(self, day: date) -> list[Span]:
        if not self.works_on(day):
            return []
        return [
            (local_micros(day, start, self.zone), local_micros(day, end, self.zone))
            for start, end in self.shifts
        ]

    def spans(self, day: date) -> tuple[Span, ...]:
        """The working spans (start, end) of a production day in microseconds, breaks taken out."""
        known = self._cache.get(day)
        if known is None:
            known = self._cache[day] = tuple(self._net(day))
        return known

    def _net(self, day: date) -> Iterator[Span]:
        gross = self._gross(day)
        # A wall time in a spring gap moves forward, perhaps past the start of the next shift.
        done = max((end for _, end in self._gross(day - _ONE_DAY)), default=0) if gross else 0
        for gross_start, end in gross:
            start = max(gross_start, done)
            done = max(done, end)
            length = end - start
            if length <= 0:
                continue
            if not 0 < self.break_us < length:
                yield start, end
                continue
            pause = start + (length - self.break_us) // 2
            yield start, pause
            yield pause + self.break_us, end

    def day_seconds(self, day: date) -> float:
        """Net working seconds of a production day, real ones: 23 h and 25 h days count as such."""
        return sum(end - start for start, end in self.spans(day)) / SECOND

    def mean_day_seconds(self, first: date, days: int) -> float:
        """Net working seconds per calendar day, averaged over `days` production days."""
        if days < 1:
            raise ValueError("a mean needs at least one day")
        return sum(self.day_seconds(first + timedelta(days=i)) for i in range(days)) / days

    def edges(self, start_us: int, end_us: int) -> list[Span]:
        """The working spans within [start, end), cut at both, in order."""
        if end_us <= start_us:
            return []
        day = instant(start_us).astimezone(self.zone).date() - 2 * _ONE_DAY
        last = instant(end_us).astimezone(self.zone).date()
        found: list[Span] = []
        while day <= last:
            for start, end in self.spans(day):
                a, b = max(start, start_us), min(end, end_us)
                if a < b:
                    found.append((a, b))
            day += _ONE_DAY
        return found

    def seconds(self, start: datetime, end: datetime) -> float:
        """Net working seconds between two instants; negative when `end` is first."""
        a, b = micros(start), micros(end)
        if b < a:
            return -self.seconds(end, start)
        return sum(y - x for x, y in self.edges(a, b)) / SECOND

    def is_working(self, at: datetime) -> bool:
        """Whether `at` lies in working time."""
        us = micros(at)
        return bool(self.edges(us, us + 1))

    def production_day(self, at: datetime) -> date:
        """The day whose shift covers `at`; outside every shift, the local calendar day."""
        us = micros(at)
        today = at.astimezone(self.zone).date()
        for day in (today - _ONE_DAY, today):
            if any(start <= us < end for start, end in self._gross(day)):
                return day
        return today

    def _from(self, us: int) -> Iterator[Span]:
        day = instant(us).astimezone(self.zone).date() - 2 * _ONE_DAY
        for i in range(HORIZON_D + 2):
            for start, end in self.spans(day + i * _ONE_DAY):
                if end > us:
                    yield max(start, us), end

    def next_working(self, at: datetime) -> datetime | None:
        """The first working instant at or after `at` (UTC); None if none within two years."""
        first = next(self._from(micros(at)), None)
        return None if first is None else instant(first[0])

    def add(self, at: datetime, seconds: float) -> datetime | None:
        """The instant by which `seconds` of working time have passed since `at` (UTC).

        With 0 seconds it is the next working instant; None if it lies over two years ahead.
        """
        if seconds < 0:
            raise ValueError("working time is added forward only")
        left = round(seconds * SECOND)
        for start, end in self._from(micros(at)):
            if left <= end - start:
                return instant(start + left)
            left -= end - start
        return None


def next_departure(departures: tuple[int, ...], zone: str, at: datetime) -> datetime:
    """The first departure at or after `at` (UTC); `departures` are minutes of the local week.

    Without departures goods leave at once.
    """
    if not departures:
        return at.astimezone(UTC)
    place, us = ZoneInfo(zone), micros(at)
    monday = week_start(at.astimezone(place).date())
    for week in (-1, 0, 1):
        leaving = sorted(
            local_micros(monday + timedelta(days=7 * week + m // DAY_MIN), m % DAY_MIN, place)
            for m in departures
        )
        later = bisect_right(leaving, us - 1)
        if later < len(leaving):
            return instant(leaving[later])
    raise AssertionError("a weekly departure comes within two weeks")
