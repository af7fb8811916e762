"""Texts in which planners write time: days, shifts, shutdowns, holidays and departures."""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise

from taktnet.base.errors import Malformed

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
DAY_MIN = 24 * 60
WEEK_MIN = 7 * DAY_MIN
_TIME = re.compile(r"(\d{1,2}):(\d{2})\Z", re.ASCII)


@lru_cache(maxsize=4096)
def parse_days(text: str) -> frozenset[int]:
    """Weekdays (Monday is 0) of `Mon-Fri,Sun`; a range may run over the weekend."""
    days: set[int] = set()
    for part in text.split(","):
        ends = [_weekday(p) for p in part.split("-")]
        if len(ends) > 2:
            raise Malformed("days like Mon-Fri,Sun", f"Split {part.strip()!r} with commas.")
        span = (ends[-1] - ends[0]) % 7
        days.update((ends[0] + i) % 7 for i in range(span + 1))
    return frozenset(days)


def _weekday(text: str) -> int:
    word = text.strip().capitalize()
    if word in WEEKDAYS:
        return WEEKDAYS.index(word)
    short = word[:3] if len(word) > 3 else ""
    remedy = f"Did you mean {short}?" if short in WEEKDAYS else "Use Mon, Tue, Wed, ... Sun."
    raise Malformed("days like Mon-Fri,Sun", remedy)


def parse_time(text: str) -> int:
    """Minutes since midnight of `HH:MM`; `24:00` is the end of the day."""
    found = _TIME.match(text.strip())
    if found:
        minutes = int(found[1]) * 60 + int(found[2])
        if int(found[2]) < 60 and minutes <= DAY_MIN:
            return minutes
    raise Malformed("times like 06:00", f"{text.strip()!r} is no time of day.")


def parse_shifts(text: str) -> tuple[tuple[int, int], ...]:
    """Shifts as (start, end) in minutes of the day they start on, in order.

    An end at or before the start is on the next day. Shifts may touch but not overlap, neither
    on one day nor with those of the next.
    """
    shifts: list[tuple[int, int]] = []
    for part in text.split(","):
        ends = part.split("-")
        if len(ends) != 2:
            raise Malformed("shifts like 06:00-14:00,22:00-06:00", "Write start-end.")
        start, end = (parse_time(t) for t in ends)
        if start == DAY_MIN:
            raise Malformed("shifts like 06:00-14:00,22:00-06:00", "Start at 00:00, not 24:00.")
        shifts.append((start, end if end > start else end + DAY_MIN))
    shifts.sort()
    for (_, end), (start, _) in pairwise(shifts):
        if start < end:
            raise Malformed("shifts that do not overlap", f"{_clock(start)} is before the end.")
    if shifts[-1][1] - DAY_MIN > shifts[0][0]:
        raise Malformed(
            "shifts that do not overlap", f"The last runs into {_clock(shifts[0][0])} next day."
        )
    return tuple(shifts)


def _clock(minutes: int) -> str:
    return f"{minutes // 60 % 24:02}:{minutes % 60:02}"


def parse_shutdowns(text: str) -> tuple[tuple[date, date], ...]:
    """First and last days off of `2026-12-24..2027-01-01;2027-05-14`, in order."""
    spans: list[tuple[date, date]] = []
    for part in filter(None, (p.strip() for p in text.split(";"))):
        ends = part.split("..")
        if len(ends) > 2:
            raise Malformed("shutdowns like 2026-12-24..2027-01-01", "Separate them with ;.")
        first, last = _date(ends[0]), _date(ends[-1])
        if last < first:
            raise Malformed(
                "shutdowns like 2026-12-24..2027-01-01", f"{part} ends before it starts."
            )
        spans.append((first, last))
    return tuple(sorted(spans))


def _date(text: str) -> date:
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text.strip()):
            return date.fromisoformat(text.strip())
    except ValueError:
        pass
    raise Malformed("dates like 2026-12-24", f"{text.strip()!r} is no date.")


@lru_cache(maxsize=4096)
def parse_departures(text: str) -> tuple[int, ...]:
    """Departures as minutes of the week (Monday 00:00 is 0): `Mon,Thu 18:00; 06:00`.

    Entries are separated by `;`; without days an entry holds every day; blank text gives none.
    """
    minutes: set[int] = set()
    for part in filter(None, (p.strip() for p in text.split(";"))):
        days, _, times = part.rpartition(" ")
        for day in parse_days(days) if days.strip() else range(7):
            for time in times.split(","):
                at = parse_time(time)
                if at == DAY_MIN:
                    raise Malformed("departures like Mon,Thu 18:00", "Write 00:00, not 24:00.")
                minutes.add(day * DAY_MIN + at)
    return tuple(sorted(minutes))


def parse_holidays(text: str) -> tuple[str, str]:
    """Country and subdivision of `DE` or `DE-BW`, both known to the `holidays` package."""
    country, _, part = text.strip().partition("-")
    known = _supported()
    if country not in known:
        hint = country.upper() if country.upper() in known else ""
        raise Malformed(
            "a country with known holidays, like DE or DE-BW",
            f"Did you mean {hint}?" if hint else "Use shutdowns for days that are not known.",
        )
    if part and part not in known[country]:
        some = ", ".join(sorted(known[country])[:12])
        raise Malformed(
            f"a subdivision of {country}", f"Known: {some}." if some else f"Write {country} alone."
        )
    return country, part


@lru_cache(maxsize=1)
def _supported() -> dict[str, frozenset[str]]:
    from holidays.utils import list_supported_countries

    return {k: frozenset(v) for k, v in list_supported_countries(include_aliases=True).items()}


@lru_cache(maxsize=4096)
def holiday_dates(text: str, year: int) -> frozenset[date]:
    """The public holidays of `DE` or `DE-BW` in a year; none for blank text."""
    if not text:
        return frozenset()
    from holidays import country_holidays

    country, part = parse_holidays(text)
    found = country_holidays(country, subdiv=part or None, years=year, expand=False)
    return frozenset(d for d in found if d.year == year)


def week_start(day: date) -> date:
    """The Monday of the day's week."""
    return day - timedelta(days=day.weekday())
