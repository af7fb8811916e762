"""Calendars and timetables as instants over the horizon of a model."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from taktnet.base.calendars import WorkingTime, instant, local_micros
from taktnet.base.daytexts import DAY_MIN, parse_departures, week_start

Span = tuple[int, int, int]


def spans(working: WorkingTime, at: int, end: int) -> list[Span]:
    """Working spans (on, off, working time before) in microseconds since `at`.

    Spans that touch are one. The last reaches beyond `end`, so that a job always ends.
    """
    made: list[list[int]] = []
    for on, off in working.edges(at, end):
        if made and made[-1][1] == on - at:
            made[-1][1] = off - at
        else:
            made.append([on - at, off - at])
    rows: list[Span] = []
    done = 0
    for on, off in made:
        rows.append((on, off, done))
        done += off - on
    return rows


def leaves(departures: str, zone: str, at: int, end: int) -> list[int]:
    """Departures in microseconds since `at`, from `at` until the first after `end`."""
    minutes, place = parse_departures(departures), ZoneInfo(zone)
    monday = week_start(instant(at).astimezone(place).date()) - timedelta(days=7)
    found: list[int] = []
    while True:
        for m in minutes:
            us = local_micros(monday + timedelta(days=m // DAY_MIN), m % DAY_MIN, place)
            if us >= at and (not found or us - at > found[-1]):
                found.append(us - at)
            if us > end:
                return found
        monday += timedelta(days=7)
