"""How numbers, times and names are written on the screens. Everything returned is escaped."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from urllib.parse import parse_qsl, quote, urlencode
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from markupsafe import Markup, escape

from taktnet.app.screens.model import Tile
from taktnet.ledger.fact import EPOCH

_SECOND = 1_000_000
_DAY_S = 86_400
RULES = {
    "production": "production kanban",
    "withdrawal": "withdrawal kanban",
    "two_bin": "two-bin",
    "signal": "signal kanban",
    "conwip": "CONWIP",
    "base_stock": "base stock",
    "sS": "(s, S)",
    "RQ": "(R, Q)",
}


def num(value: float, digits: int = 0) -> str:
    """A number with a fixed count of decimals, thousands set apart, a true minus sign."""
    text = f"{value:,.{digits}f}"
    if float(text.replace(",", "")) == 0:
        text = text.lstrip("-")
    return text.replace("-", "−")


def qty(value: float) -> str:
    """A quantity: at most three decimals and no trailing zeros."""
    text = f"{round(value, 3):,.3f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text.replace("-", "−")


def rate(value: float) -> str:
    """A rate: three significant digits below a hundred, whole above."""
    return num(value, 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2)


def hours(value: float) -> str:
    """A duration given in hours: minutes, hours or days, two figures at most."""
    size = abs(value)
    if size < 1:
        return f"{num(value * 60)} min"
    if size < 48:
        return f"{num(value, 0 if size >= 10 else 1)} h"
    return f"{num(value / 24, 0 if size >= 240 else 1)} d"


def span(seconds: float) -> str:
    """A duration given in seconds, for work: seconds, minutes or hours."""
    if seconds < 120:
        return f"{qty(round(seconds, 1))} s"
    return f"{num(seconds / 60, 1)} min" if seconds < 7200 else hours(seconds / 3600)


def money(value: float, currency: str = "EUR") -> str:
    """An amount, shortened from a hundred thousand on."""
    sign = {"EUR": "€", "USD": "$", "GBP": "£"}.get(currency, currency)
    size = abs(value)
    if size >= 1e6:
        return f"{sign} {num(value / 1e6, 2)} M"
    return f"{sign} {num(value / 1e3)} k" if size >= 1e5 else f"{sign} {num(value, 2)}"


@lru_cache(maxsize=512)
def zone_of(name: str) -> ZoneInfo:
    """The zone, UTC where it is unknown or empty."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def utc(us: int) -> datetime:
    """The instant `us` microseconds after 1970."""
    return EPOCH + timedelta(microseconds=us)


def when(us: int, zone: str, now: int) -> Markup:
    """An instant in the site's zone, as short as `now` allows; UTC and zone on hover."""
    if not us:
        return Markup('<span class="dim">–</span>')
    there = utc(us).astimezone(zone_of(zone))
    here = utc(now).astimezone(zone_of(zone))
    apart = abs((there.date() - here.date()).days)
    if apart == 0:
        text = f"{there:%H:%M}"
    elif apart < 7:
        text = f"{there:%a %H:%M}"
    else:
        text = f"{there.day} {there:%b %H:%M}"
        text = text if there.year == here.year else f"{there.day} {there:%b %Y}"
    full = f"{there:%a %Y-%m-%d %H:%M:%S} {zone or 'UTC'} = {utc(us):%Y-%m-%d %H:%M:%S} UTC"
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        utc(us).astimezone(UTC).isoformat(), full, text
    )


def moment(us: int, zone: str) -> Markup:
    """Day and time of an instant in a zone, with the zone's place: for "as of"."""
    if not us:
        return Markup("")
    there = utc(us).astimezone(zone_of(zone))
    place = zone.rpartition("/")[2].replace("_", " ")
    return Markup('<time datetime="{}" title="{} UTC">{}</time>').format(
        utc(us).isoformat(),
        f"{utc(us):%Y-%m-%d %H:%M:%S}",
        f"{there:%a} {there.day} {there:%b %Y, %H:%M} in {place}"
        if place != "UTC"
        else f"{there:%a} {there.day} {there:%b %Y, %H:%M} UTC",
    )


def offset(us: int, zone: str) -> str:
    """How far a zone's clock is from UTC at an instant: UTC, UTC+8, UTC−3:30."""
    away = utc(us).astimezone(zone_of(zone)).utcoffset() if us else None
    minutes = int(away.total_seconds()) // 60 if away else 0
    if not minutes:
        return "UTC" if us else ""
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'+' if minutes > 0 else '−'}{hours}" + (f":{rest:02}" if rest else "")


def ago(us: int, now: int) -> str:
    """How long ago, in the largest unit that tells."""
    s = max(0, now - us) // _SECOND
    if s < 60:
        return "now"
    if s < 3600:
        return f"{s // 60} min"
    return f"{s // 3600} h" if s < 2 * _DAY_S else f"{s // _DAY_S} d"


def rule(name: str) -> str:
    """A rule or kind of loop in a planner's words."""
    return RULES.get(name, name)


def kind(name: str) -> str:
    """A kind of event without its version: `stock consumed`."""
    return name.partition("/")[0].replace(".", " ")


def goal(tile: Tile) -> Markup:
    """The target of a tile and how far the value is from it."""
    gap = tile.gap
    if tile.target is None:
        return escape(tile.definition.window.partition(" until")[0])
    unit = " %" if tile.unit == "%" else ""
    text = escape(f"target {num(tile.target, tile.digits)}{unit}")
    if gap is None or tile.level in ("ok", "none"):
        return text
    way = "below" if gap < 0 else "above"
    return text + Markup(' · <span class="{}">{} {}</span>').format(
        tile.level, num(abs(gap), tile.digits), way
    )


def site_url(id: str) -> str:
    """The page of a site."""
    return f"/sites/{quote(id, safe='')}"


def item_url(id: str) -> str:
    """The page of an item."""
    return f"/items/{quote(id, safe='')}"


def decision_url(id: str) -> str:
    """The page of a decision."""
    return f"/signals/{quote(id, safe='')}"


def kpi_url(id: str, scope: str = "") -> str:
    """The page of a KPI; `scope` such as `site:OPO`."""
    return f"/kpis/{quote(id, safe='')}" + (f"?scope={quote(scope, safe='')}" if scope else "")


def events_url(value: str, field: str) -> str:
    """The event log, narrowed to one value of one field."""
    return f"/events?{urlencode({field: value})}"


def with_parameter(url: str, name: str, value: object) -> str:
    """`url` (path and query) with one parameter set."""
    path, _, query = url.partition("?")
    pairs = [(k, v) for k, v in parse_qsl(query) if k != name]
    return f"{path}?{urlencode([*pairs, (name, str(value))])}"


def query_of(url: str) -> str:
    """The query of a URL with its question mark."""
    return "?" + url.partition("?")[2]


def finite(value: float | None) -> float | None:
    """The value, None where it is not a finite number."""
    return value if value is not None and math.isfinite(value) else None
