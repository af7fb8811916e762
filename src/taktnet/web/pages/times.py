"""Pages as of another time: what was asked for, and links that stay in that time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from fastapi import Request

from taktnet.base.errors import TaktnetError
from taktnet.ledger.fact import micros
from taktnet.web.pages.format import utc, zone_of

_NAMES = ("at", "known")
#: Links to pages, and the search while typing.
_LINK = re.compile(r'(href="(?=/(?!static/|api/))|hx-get="(?=/search/))([^"#]*)(#[^"]*)?"')


class NoTime(TaktnetError):
    """What was asked for is no time that can be looked at."""


@dataclass(frozen=True, slots=True)
class Past:
    """A time that a page is shown as of: `at` it was so, `known` is when it was known."""

    at: datetime | None
    known: datetime | None

    @property
    def at_us(self) -> int:
        """Microseconds since 1970 UTC, 0 for none."""
        return micros(self.at) if self.at else 0

    @property
    def known_us(self) -> int:
        """Microseconds since 1970 UTC, 0 for none."""
        return micros(self.known) if self.known else 0

    def field(self, name: str, zone: str) -> str:
        """The value of a field of the form, in `zone`."""
        when: datetime | None = getattr(self, name)
        return when.astimezone(zone_of(zone)).strftime("%Y-%m-%dT%H:%M") if when else ""

    @property
    def query(self) -> str:
        """The time as parameters of an address."""
        return urlencode({n: v.isoformat() for n in _NAMES if (v := getattr(self, n))})

    def within(self, html: str) -> str:
        """The page with links that lead to other pages of the same time."""
        more = self.query.replace("&", "&amp;")

        def linked(found: re.Match[str]) -> str:
            name, url, place = found[1], found[2], found[3] or ""
            if re.search(r"[?&;](at|known)=", url):
                return found[0]
            return f'{name}{url}{"&amp;" if "?" in url else "?"}{more}{place}"'

        return _LINK.sub(linked, html)


def asked(request: Request, zone: str, now: int) -> Past | None:
    """The time that a request asks for; one without an offset is meant in `zone`.

    Raises NoTime for a text that is no time and for a time after `now`.
    """
    times = [_time(request.query_params.get(name, "").strip(), zone) for name in _NAMES]
    if not any(times):
        return None
    if any(t and t > utc(now) + timedelta(minutes=1) for t in times):
        raise NoTime("That time is still to come.")
    return Past(*times)


def others(request: Request) -> list[tuple[str, str]]:
    """What else the request asks for."""
    return [(n, v) for n, v in request.query_params.multi_items() if n not in _NAMES]


def _time(text: str, zone: str) -> datetime | None:
    if not text:
        return None
    try:
        when = datetime.fromisoformat(text.replace(" ", "+"))
        when = when if when.tzinfo else when.replace(tzinfo=zone_of(zone))
        if micros(when) < 0:
            raise ValueError
    except (ValueError, OverflowError):
        raise NoTime(f"“{text[:40]}” is no time such as 2026-03-02T14:30.") from None
    return when
