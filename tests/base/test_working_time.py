"""Working time in a site's zone: shifts, nights, both clock changes, holidays, shutdowns."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taktnet.base.calendars import WorkingTime, instant, local_micros, micros, next_departure
from taktnet.base.clock import FixedClock
from taktnet.base.daytexts import (
    parse_days,
    parse_departures,
    parse_shifts,
    parse_shutdowns,
)
from taktnet.base.errors import Malformed

HOUR = 3600.0
BERLIN, LISBON, KOLKATA = "Europe/Berlin", "Europe/Lisbon", "Asia/Kolkata"
KATHMANDU, LORD_HOWE = "Asia/Kathmandu", "Australia/Lord_Howe"


def utc(text: str) -> datetime:
    """An instant given in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def local(text: str, zone: str, fold: int = 0) -> datetime:
    """An instant given in local time."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)


def test_acme_has_55200_seconds_a_day() -> None:
    """Two shifts of 8 h less 20 min each (Rother & Shook) are 55,200 s."""
    acme = WorkingTime.parse(shifts="06:00-14:00,14:00-22:00", break_min=20)
    assert acme.day_seconds(date(2026, 3, 2)) == 55_200


def test_days_of_23_and_25_hours_count_as_such() -> None:
    """Day and night in Berlin: 23 h on 29 March 2026, 25 h on 25 October, else 24 h."""
    always = WorkingTime.always(BERLIN)
    assert always.day_seconds(date(2026, 3, 29)) == 23 * HOUR
    assert always.day_seconds(date(2026, 10, 25)) == 25 * HOUR
    assert always.day_seconds(date(2026, 10, 26)) == 24 * HOUR


def test_a_half_hour_clock_change_counts_too() -> None:
    """Lord Howe moves its clocks by half an hour: 23.5 h and 24.5 h."""
    always = WorkingTime.always(LORD_HOWE)
    assert always.day_seconds(date(2026, 10, 4)) == 23.5 * HOUR
    assert always.day_seconds(date(2026, 4, 5)) == 24.5 * HOUR


def test_a_night_shift_is_shorter_in_spring_and_longer_in_autumn() -> None:
    """22:00 to 06:00 over the change is 7 h and 9 h, and belongs to the day it starts on."""
    nights = WorkingTime.parse(shifts="22:00-06:00", zone=BERLIN)
    assert nights.day_seconds(date(2026, 3, 28)) == 7 * HOUR
    assert nights.day_seconds(date(2026, 10, 24)) == 9 * HOUR
    assert nights.day_seconds(date(2026, 3, 29)) == 8 * HOUR


def test_a_wall_time_in_the_spring_gap_moves_forward_by_the_gap() -> None:
    """02:30 on 29 March 2026 in Berlin does not exist: it is 03:30, 01:30 UTC."""
    us = local_micros(date(2026, 3, 29), 150, ZoneInfo(BERLIN))
    assert instant(us) == utc("2026-03-29T01:30")
    assert instant(us).astimezone(ZoneInfo(BERLIN)).strftime("%H:%M") == "03:30"


def test_an_ambiguous_wall_time_is_its_first_occurrence() -> None:
    """02:30 on 25 October 2026 in Berlin comes twice: the first is 00:30 UTC."""
    us = local_micros(date(2026, 10, 25), 150, ZoneInfo(BERLIN))
    assert instant(us) == utc("2026-10-25T00:30")


def test_a_window_in_the_gap_keeps_its_length_of_wall_time_rule() -> None:
    """A shift 02:00-03:00 on the spring day is empty of wall time: 03:00-03:00, no work."""
    shift = WorkingTime.parse(shifts="02:00-03:00", zone=BERLIN)
    assert shift.day_seconds(date(2026, 3, 29)) == 0
    assert shift.day_seconds(date(2026, 3, 30)) == HOUR
    assert shift.day_seconds(date(2026, 10, 25)) == 2 * HOUR


def test_shifts_that_a_gap_pushes_together_are_not_counted_twice() -> None:
    """A shift that ends in the gap, moved to 03:30, does not work beside the next from 03:00."""
    both = WorkingTime.parse(shifts="20:00-02:30,03:00-06:00", zone=BERLIN)
    spans = both.edges(
        micros(local("2026-03-28T12:00", BERLIN)), micros(local("2026-03-29T12:00", BERLIN))
    )
    assert all(a[1] <= b[0] for a, b in pairwise(spans))
    assert sum(e - s for s, e in spans) / 1e6 == 9 * HOUR


@pytest.mark.parametrize(("zone", "start"), [(KOLKATA, "00:30"), (KATHMANDU, "00:15")])
def test_zones_off_the_hour(zone: str, start: str) -> None:
    """06:00 in Kolkata (+5:30) is 00:30 UTC, in Kathmandu (+5:45) 00:15 UTC."""
    early = WorkingTime.parse(shifts="06:00-14:00", zone=zone)
    first = early.next_working(utc("2026-03-02T00:00"))
    assert first == utc(f"2026-03-02T{start}")
    assert early.day_seconds(date(2026, 3, 2)) == 8 * HOUR


def test_the_production_day_of_a_night_shift_is_the_day_it_starts() -> None:
    """Saturday 03:00 belongs to Friday's night shift; Saturday noon to Saturday."""
    week = WorkingTime.parse(days="Mon-Fri", shifts="06:00-14:00,22:00-06:00", zone=BERLIN)
    assert week.production_day(local("2026-03-07T03:00", BERLIN)) == date(2026, 3, 6)
    assert week.production_day(local("2026-03-07T12:00", BERLIN)) == date(2026, 3, 7)
    assert week.is_working(local("2026-03-07T03:00", BERLIN))
    assert not week.is_working(local("2026-03-08T03:00", BERLIN))


def test_holidays_of_a_subdivision_are_free() -> None:
    """Epiphany is free in Baden-Württemberg, not in Berlin; Christmas in both."""
    for place, works in (("DE-BW", False), ("DE-BE", True)):
        calendar = WorkingTime.parse(days="Mon-Fri", holidays=place, zone=BERLIN)
        assert calendar.works_on(date(2026, 1, 6)) is works
        assert not calendar.works_on(date(2026, 12, 25))


def test_shutdowns_are_free_with_both_ends() -> None:
    """Days from the first to the last of a shutdown are off, its neighbours are not."""
    closed = WorkingTime.parse(shutdowns="2026-08-03..2026-08-14;2026-12-24")
    assert [closed.works_on(date(2026, 8, d)) for d in (2, 3, 14, 15)] == [True, False, False, True]
    assert not closed.works_on(date(2026, 12, 24))


def test_the_break_is_in_the_middle_of_the_shift() -> None:
    """06:00-14:00 with 30 min works until 09:45 and from 10:15."""
    shift = WorkingTime.parse(shifts="06:00-14:00", break_min=30)
    assert shift.seconds(utc("2026-03-02T06:00"), utc("2026-03-02T09:45")) == 3.75 * HOUR
    assert shift.seconds(utc("2026-03-02T09:45"), utc("2026-03-02T10:15")) == 0
    assert shift.next_working(utc("2026-03-02T10:00")) == utc("2026-03-02T10:15")


def test_working_seconds_between_two_instants() -> None:
    """From Friday 21:00 to Monday 07:00 a two-shift week works one hour and one hour."""
    week = WorkingTime.parse(days="Mon-Fri", shifts="06:00-14:00,14:00-22:00", zone=LISBON)
    friday, monday = local("2026-03-06T21:00", LISBON), local("2026-03-09T07:00", LISBON)
    assert week.seconds(friday, monday) == 2 * HOUR
    assert week.seconds(monday, friday) == -2 * HOUR
    assert week.next_working(local("2026-03-07T12:00", LISBON)) == local("2026-03-09T06:00", LISBON)


def test_adding_working_time_jumps_over_the_weekend() -> None:
    """Two working hours after Friday 21:00 is Monday 07:00."""
    week = WorkingTime.parse(days="Mon-Fri", shifts="06:00-14:00,14:00-22:00", zone=LISBON)
    assert week.add(local("2026-03-06T21:00", LISBON), 2 * HOUR) == utc("2026-03-09T07:00")
    assert week.add(local("2026-03-07T12:00", LISBON), 0) == utc("2026-03-09T06:00")
    with pytest.raises(ValueError, match="forward"):
        week.add(utc("2026-03-06T21:00"), -1)


def test_a_place_that_never_works_says_so() -> None:
    """Where a shutdown covers the years ahead there is no next working instant."""
    closed = WorkingTime.parse(shutdowns="2026-01-01..2036-01-01")
    assert closed.next_working(utc("2026-03-02T00:00")) is None
    assert closed.add(utc("2026-03-02T00:00"), 1) is None


WORKING = [
    WorkingTime.parse(
        days="Mon-Fri", shifts="06:00-14:00,14:00-22:00,22:00-06:00", break_min=30,
        holidays="DE-BW", shutdowns="2026-08-03..2026-08-14", zone=BERLIN,
    ),
    WorkingTime.parse(days="Sun-Thu", shifts="22:30-06:30", zone=KATHMANDU),
    WorkingTime.parse(shifts="01:30-03:30,12:00-12:30", break_min=10, zone=LORD_HOWE),
    WorkingTime.always("America/St_Johns"),
]  # fmt: skip
YEAR = st.integers(0, 366 * 24 * 60).map(lambda m: utc("2026-01-01T00:00") + timedelta(minutes=m))


@settings(max_examples=150, deadline=None)
@given(working=st.sampled_from(WORKING), instants=st.tuples(YEAR, YEAR, YEAR))
def test_working_time_adds_up(
    working: WorkingTime, instants: tuple[datetime, datetime, datetime]
) -> None:
    """Time from a to b and from b to c is the time from a to c; it never exceeds elapsed time."""
    a, b, c = sorted(instants)
    assert working.seconds(a, b) + working.seconds(b, c) == pytest.approx(working.seconds(a, c))
    assert 0 <= working.seconds(a, c) <= (c - a).total_seconds()


@settings(max_examples=100, deadline=None)
@given(working=st.sampled_from(WORKING), at=YEAR, hours=st.floats(0, 200))
def test_adding_working_time_is_the_inverse_of_measuring_it(
    working: WorkingTime, at: datetime, hours: float
) -> None:
    """The time worked until `add(at, s)` is s."""
    seconds = round(hours * 3600, 3)
    later = working.add(at, seconds)
    assert later is not None
    assert working.seconds(at, later) == pytest.approx(seconds, abs=1e-5)


@settings(max_examples=60, deadline=None)
@given(working=st.sampled_from(WORKING), at=YEAR)
def test_production_days_cover_the_same_time_as_instants(
    working: WorkingTime, at: datetime
) -> None:
    """Summed by production day, a year's fortnight is what its spans sum to."""
    day = at.date()
    spans = [s for i in range(14) for s in working.spans(day + timedelta(days=i))]
    total = working.seconds(instant(spans[0][0]), instant(spans[-1][1])) if spans else 0.0
    by_day = sum(working.day_seconds(day + timedelta(days=i)) for i in range(14))
    assert total == pytest.approx(by_day)
    assert all(a[1] <= b[0] for a, b in pairwise(spans))


@pytest.mark.parametrize(
    ("text", "days"),
    [("Mon-Fri", {0, 1, 2, 3, 4}), ("Sat-Mon", {5, 6, 0}), ("mon, WED", {0, 2}), ("Sun", {6})],
)
def test_days_are_read(text: str, days: set[int]) -> None:
    """Ranges may run over the weekend; capitals do not count."""
    assert parse_days(text) == days


@pytest.mark.parametrize("text", ["", "Mo", "Mon-Wed-Fri", "Mon;Tue", "8"])
def test_words_that_are_no_days_are_refused(text: str) -> None:
    """What is no day says what a day looks like."""
    with pytest.raises(Malformed, match="days like Mon-Fri"):
        parse_days(text)


def test_shifts_are_read_in_order() -> None:
    """A night shift ends on the next day; shifts come sorted."""
    assert parse_shifts("22:00-06:00, 6:00-14:00") == ((360, 840), (1320, 1800))
    assert parse_shifts("06:00-06:00") == ((360, 1800),)


@pytest.mark.parametrize(
    "text",
    ["", "6-14", "06:00", "06:00-25:00", "06:60-07:00", "24:00-06:00", "06:00-14:00,13:59-15:00",
     "22:00-07:00,06:00-14:00", "06:00-14:00-16:00"],
)  # fmt: skip
def test_words_that_are_no_shifts_are_refused(text: str) -> None:
    """Malformed and overlapping shifts are refused."""
    with pytest.raises(Malformed):
        parse_shifts(text)


def test_shutdowns_are_read() -> None:
    """A single day is its own first and last; spans come in order."""
    assert parse_shutdowns("2026-12-24..2027-01-01; 2026-05-14") == (
        (date(2026, 5, 14), date(2026, 5, 14)),
        (date(2026, 12, 24), date(2027, 1, 1)),
    )


def test_departures_are_read_as_minutes_of_the_week() -> None:
    """Without days an entry holds every day; blank has none."""
    assert parse_departures("Mon,Thu 18:00; Sat 06:00") == (1080, 5400, 7560)
    assert len(parse_departures("06:00,14:00")) == 14
    assert parse_departures("") == ()


@pytest.mark.parametrize("text", ["Mon", "Mon 24:00", "18:00 Mon", "Mon,Thu", "x 18:00", "7"])
def test_words_that_are_no_departures_are_refused(text: str) -> None:
    """Malformed departures are refused."""
    with pytest.raises(Malformed):
        parse_departures(text)


def test_the_next_departure_is_in_local_time() -> None:
    """A truck at Mon,Thu 18:00 in Lisbon, asked on Tuesday, leaves on Thursday 18:00 there."""
    leaves = parse_departures("Mon,Thu 18:00")
    at = local("2026-03-03T09:00", LISBON)
    assert next_departure(leaves, LISBON, at) == local("2026-03-05T18:00", LISBON)
    assert next_departure(leaves, LISBON, local("2026-03-05T18:00", LISBON)) == local(
        "2026-03-05T18:00", LISBON
    )
    assert next_departure((), LISBON, at) == at


@settings(max_examples=100, deadline=None)
@given(YEAR, st.sets(st.integers(0, 7 * 24 * 60 - 1), min_size=1, max_size=5),
       st.sampled_from([BERLIN, KATHMANDU, LORD_HOWE, "America/St_Johns"]))  # fmt: skip
def test_a_departure_is_never_missed_by_more_than_a_week(
    at: datetime, minutes: set[int], zone: str
) -> None:
    """The next departure lies within a week and the hour that a clock change may add."""
    later = next_departure(tuple(sorted(minutes)), zone, at)
    assert timedelta(0) <= later - at <= timedelta(days=7, hours=1)


def test_a_bad_zone_and_a_long_break_are_refused() -> None:
    """Working time needs a zone that exists and a break shorter than every shift."""
    with pytest.raises(Malformed, match="IANA"):
        WorkingTime.parse(zone="Europe/Porto")
    with pytest.raises(Malformed, match="shorter than every shift"):
        WorkingTime.parse(shifts="06:00-06:30,07:00-15:00", break_min=30)


def test_a_fixed_clock_moves_only_forward() -> None:
    """A clock for tests stands until it is advanced, and never goes back."""
    clock = FixedClock(utc("2026-03-02T00:00"))
    assert clock.now() == clock.now()
    assert clock.advance(timedelta(hours=1)) == clock.now() == utc("2026-03-02T01:00")
    with pytest.raises(ValueError, match="backward"):
        clock.advance(timedelta(seconds=-1))
    with pytest.raises(ValueError, match="time zone"):
        FixedClock(datetime(2026, 3, 2))
