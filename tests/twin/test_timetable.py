"""Calendars and timetables laid out at once say what they say moment by moment."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from taktnet.base.calendars import WorkingTime, instant, micros, next_departure
from taktnet.base.daytexts import parse_departures
from taktnet.base.timetable import leaves, spans

#: Clocks that change in spring and autumn, at midnight, by half an hour, around Ramadan, never.
ZONES = ("Europe/Lisbon", "America/Santiago", "America/Havana", "Australia/Lord_Howe",
         "Africa/Casablanca", "Asia/Kolkata", "UTC")  # fmt: skip
STARTS = st.integers(0, 5 * 365 * 24 * 60).map(
    lambda m: micros(datetime(2023, 1, 1, tzinfo=UTC) + timedelta(minutes=m))
)
DAYS = st.integers(0, 500).map(lambda d: d * 86_400_000_000)
WORKING = st.builds(
    WorkingTime.parse,
    days=st.sampled_from(("Mon-Sun", "Mon-Fri", "Sun,Tue")),
    shifts=st.sampled_from(
        ("00:00-24:00", "06:00-14:00,14:00-22:00,22:00-06:00", "23:30-02:15", "00:30-01:30")
    ),
    break_min=st.sampled_from((0.0, 30.0, 59.0)),
    holidays=st.sampled_from(("", "PT", "DE-BW")),
    shutdowns=st.sampled_from(("", "2023-08-01..2024-01-15;2025-03-30")),
    zone=st.sampled_from(ZONES),
)


@given(WORKING, STARTS, DAYS)
def test_working_spans_are_those_of_the_calendar(working: WorkingTime, at: int, days: int) -> None:
    """The edges of the calendar, those that touch joined, with the working time before each."""
    found = spans(working, at, at + days).tolist()
    joined: list[list[int]] = []
    for on, off in working.edges(at, at + days):
        if joined and joined[-1][1] == on - at:
            joined[-1][1] = off - at
        else:
            joined.append([on - at, off - at])
    assert [row[:2] for row in found] == joined
    assert all(b[2] - a[2] == a[1] - a[0] for a, b in pairwise(found))


@given(
    st.sampled_from(("Mon,Thu 18:00; 06:00", "00:00,00:30,02:30", "Sun 02:00,03:00", "23:59")),
    st.sampled_from(ZONES),
    STARTS,
    DAYS.map(lambda d: d // 10),
)
def test_departures_are_those_of_the_timetable(text: str, zone: str, at: int, days: int) -> None:
    """Each is the next after the one before, up to the first beyond the end."""
    found = leaves(text, zone, at, at + days).tolist()
    moment, wanted = at, list[int]()
    while not wanted or wanted[-1] <= days:
        moment = micros(next_departure(parse_departures(text), zone, instant(moment)))
        wanted.append(moment - at)
        moment += 1
    assert found == wanted
