"""A due time keeps to the hours of who prepares, of the road, and of who receives."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from support.chains import Chain, kanban, network, point, source
from taktnet.base.calendars import instant, micros, next_departure
from taktnet.base.daytexts import parse_departures
from taktnet.ledger.event import StockConsumed, StockCounted
from taktnet.network import Network
from taktnet.network.components import Calendar, Lane

H = timedelta(hours=1)
_CALENDARS = (
    Calendar(id="day", days="Mon-Fri", shifts="06:00-14:00", break_min=30),
    Calendar(id="two", days="Mon-Sat", shifts="06:00-14:00,14:00-22:00"),
    Calendar(id="night", days="Sun-Thu", shifts="22:00-06:00"),
    Calendar(id="shut", shifts="08:00-17:00", shutdowns="2026-08-03..2026-08-21"),
)


def at(text: str) -> datetime:
    """An instant in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def chain(
    origin: dict[str, Any], destination: dict[str, Any], lane: dict[str, Any], prep_h: float
) -> Network:
    """Krakow supplies Porto by a loop of one card, both with zone and calendar as told."""
    base = network(calendars=_CALENDARS)
    changed = {"KRK": origin, "OPO": destination}
    sites = tuple(replace(site, **changed.get(site.id, {})) for site in base.sites)
    road = Lane(**{"id": "KO", "origin": "KRK", "destination": "OPO"} | lane)
    return network(
        calendars=_CALENDARS,
        sites=sites,
        lanes=(road, *(way for way in base.lanes if way.id != "KO")),
        sources=(source("KRK", "KO", site="OPO", prep_h=prep_h),),
        loops=(kanban(cards=1),),
    )


def due(net: Network, now: datetime) -> datetime:
    """The due time of the card that is pulled now."""
    us = micros(now)
    told = Chain(net)
    (decision,) = told.tell(_counted(now), now=us)
    return decision.due


def _counted(now: datetime) -> StockCounted:
    return StockCounted(source="t", id="1", site="OPO", item="CELL", qty=0.0, at=now)


def wanted(net: Network, now: datetime, prep_h: float) -> datetime:
    """The same, by the calendars themselves, step by step."""
    way, origin = net.lane("KO"), net.site("KRK")
    ready = now + prep_h * H
    if origin.calendar:
        ready = net.working_time("KRK").add(now, prep_h * 3600)
    assert ready is not None
    gone = next_departure(parse_departures(way.departures), origin.zone, ready)
    there = gone + (way.transit_h if way.agreed_h is None else way.agreed_h) * H
    received = net.working_time("OPO").add(there, 0) if net.site("OPO").calendar else there
    assert received is not None
    return received


def test_prepared_in_working_time_and_received_when_open() -> None:
    """Asked on Friday 13:00 in Krakow for 4 h of work: 1 h is left, 3 h are done on Monday."""
    net = chain({"calendar": "day"}, {"calendar": "day"}, {"transit_h": 30.0}, 4.0)
    # Monday 09:00 local without the break at 09:45; 30 h later Porto has closed: Wednesday 06:00
    assert due(net, at("2026-06-12T11:00")) == at("2026-06-17T05:00")


def test_a_departure_is_waited_for_in_the_zone_of_the_origin() -> None:
    """Ready on Monday 10:00 local; the truck goes Tuesdays at 18:00 local: 16:00 UTC in summer."""
    lane = {"transit_h": 30.0, "departures": "Tue 18:00"}
    net = chain({}, {}, lane, 2.0)
    assert due(net, at("2026-06-15T06:00")) == at("2026-06-16T16:00") + 30 * H
    assert due(net, at("2026-01-12T06:00")) == at("2026-01-13T17:00") + 30 * H


def test_a_night_shift_over_the_spring_change_has_an_hour_less() -> None:
    """Sunday 29 March 2026: the shift from Saturday... starts Sunday 22:00; Krakow is then +2."""
    net = chain({"calendar": "night"}, {}, {"transit_h": 1.0}, 3.0)
    # Thursday's shift ended on Friday 06:00; the next begins on Sunday 22:00 local = 20:00 UTC
    assert due(net, at("2026-03-28T12:00")) == at("2026-03-29T20:00") + 4 * H
    assert due(net, at("2026-03-21T12:00")) == at("2026-03-22T21:00") + 4 * H


def test_zones_that_are_not_whole_hours_off() -> None:
    """Prepared in Pune (+5:30), received in Kathmandu's zone (+5:45)."""
    pune = {"calendar": "day", "zone": "Asia/Kolkata"}
    nepal = {"calendar": "day", "zone": "Asia/Kathmandu"}
    net = chain(pune, nepal, {"transit_h": 12.0}, 1.0)
    # 06:00 to 07:00 in Pune is 00:30 to 01:30 UTC; at 13:30 Nepal has closed until 00:15 UTC
    assert due(net, at("2026-06-15T00:00")) == at("2026-06-16T00:15")


def test_what_is_made_here_is_made_in_the_hours_of_its_line() -> None:
    """The line's own calendar, not the site's, sets up and makes; nothing travels."""
    net = network(
        calendars=_CALENDARS,
        resources=tuple(replace(line, calendar="day") for line in network().resources),
        stock_points=(point("base_stock", base_stock=120.0),),
    )
    now = at("2026-06-12T11:00")
    told = StockCounted(source="t", id="1", site="KRK", item="CELL", qty=0.0, at=now)
    (decision,) = Chain(net).tell(told, now=micros(now))
    # 10 min to set up and 120 min of work from Friday 13:00 local: 1 h then, 1 h 10 on Monday
    assert decision.due == at("2026-06-15T05:10")


def test_the_same_time_gives_the_same_due_time_whenever_rules_were_made() -> None:
    """Rules that have run for months, and new ones, promise alike."""
    net = chain(
        {"calendar": "two"},
        {"calendar": "day"},
        {"transit_h": 30.0, "departures": "Thu 07:00"},
        30.0,
    )
    old = Chain(net)
    for n, days in enumerate((0, 31, 64, 200, 420)):
        now = at("2026-02-03T10:00") + timedelta(days=days)
        more = {"source": "t", "site": "OPO", "item": "CELL", "at": now}
        made = old.tell(StockCounted(id=f"c{n}", qty=40.0, **more), now=micros(now))
        made = old.tell(StockConsumed(id=f"u{n}", qty=40.0, **more), now=micros(now)) or made
        if made:
            assert made[-1].due == due(net, now)
    assert due(net, now) == wanted(net, now, 30.0)


def test_a_place_that_never_opens_again_does_not_hold_the_rules_up() -> None:
    """Beyond the hours that are laid out time counts in full."""
    never = (*_CALENDARS, Calendar(id="never", shutdowns="2026-01-01..2036-01-01"))
    net = replace(chain({"calendar": "day"}, {}, {"transit_h": 30.0}, 4.0), calendars=never)
    shut = net.set_row("sites", "KRK", {"calendar": "never"})
    now = at("2026-06-12T11:00")
    assert due(shut, now) == now + 34 * H


@given(
    st.sampled_from(["", *(c.id for c in _CALENDARS)]),
    st.sampled_from(["", *(c.id for c in _CALENDARS)]),
    st.sampled_from(["Europe/Warsaw", "Asia/Kolkata", "America/Monterrey", "Australia/Lord_Howe"]),
    st.sampled_from(["", "Mon 06:00", "Sun 02:30", "Mon-Fri 17:15", "Tue 00:00; Sat 23:59"]),
    st.sampled_from([0.0, 0.25, 7.5, 40.0, 200.0]),
    st.integers(0, 400 * 24 * 60),
)
def test_due_times_are_those_of_the_calendars(  # noqa: PLR0917 - drawn one by one
    works: str, opens: str, zone: str, departures: str, prep_h: float, minutes: int
) -> None:
    """Any hours of both ends, any timetable, any time of a year with both changes of clocks."""
    net = chain(
        {"calendar": works, "zone": zone},
        {"calendar": opens},
        {"transit_h": 30.0, "agreed_h": 26.5, "departures": departures},
        prep_h,
    )
    now = at("2026-01-01T00:00") + timedelta(minutes=minutes)
    assert due(net, now) == wanted(net, now, prep_h), instant(micros(now))
