"""The text formats that columns may have: country, zone, currency, quantiles, price breaks.

Each parser takes the cell's text and gives its value or raises `Malformed` with what was wanted
and what to do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final

from taktnet.base.calendars import zone_names
from taktnet.base.daytexts import (
    parse_days,
    parse_departures,
    parse_holidays,
    parse_shifts,
    parse_shutdowns,
)
from taktnet.base.errors import Malformed
from taktnet.network.countries import COUNTRIES

_PAIR = re.compile(r"\s*(\d{1,12}(?:\.\d{1,12})?)\s*:\s*(\d{1,12}(?:\.\d{1,12})?)\s*\Z", re.ASCII)


def _pairs(text: str, wanted: str) -> list[tuple[float, float]]:
    pairs: list[tuple[float, float]] = []
    for part in text.split(";"):
        found = _PAIR.match(part)
        if not found:
            raise Malformed(wanted, f'"{part.strip()[:40]}" is no pair of numbers with a colon.')
        pairs.append((float(found[1]), float(found[2])))
    return pairs


def parse_quantiles(text: str) -> tuple[tuple[float, float], ...]:
    """Quantiles (probability, hours): at least two, both strictly rising, 0 <= p <= 1."""
    wanted = "quantiles like 0.05:20;0.5:24;0.95:40"
    pairs = _pairs(text, wanted)
    if len(pairs) < 2:
        raise Malformed(wanted, "Give at least two.")
    if not all(0 <= p <= 1 for p, _ in pairs):
        raise Malformed(wanted, "Probabilities lie from 0 to 1.")
    if any(h <= 0 for _, h in pairs):
        raise Malformed(wanted, "Hours are above 0.")
    for (p, h), (q, k) in pairwise(pairs):
        if q <= p or k < h:
            raise Malformed(wanted, "Probabilities must rise and hours must not fall.")
    return tuple(pairs)


def parse_price_breaks(text: str) -> tuple[tuple[float, float], ...]:
    """Price breaks (from quantity, price per unit): quantities rise, prices do not."""
    wanted = "price breaks like 100:9.5;500:9"
    pairs = _pairs(text, wanted)
    for (q, p), (r, o) in pairwise(pairs):
        if r <= q:
            raise Malformed(wanted, "Quantities must rise.")
        if o > p:
            raise Malformed(wanted, "A price for more must not be higher.")
    return tuple(pairs)


def parse_country(text: str) -> str:
    """An ISO 3166-1 alpha-2 code."""
    if text in COUNTRIES:
        return text
    by_name = _country_by_name().get(text.lower(), "")
    code = text.upper() if text.upper() in COUNTRIES else by_name
    code = {"UK": "GB", "EL": "GR"}.get(text.upper(), code)
    remedy = f'Did you mean "{code}"?' if code else "Look it up in ISO 3166-1."
    raise Malformed("a country code of two letters like PT", remedy)


@lru_cache(maxsize=1)
def _country_by_name() -> dict[str, str]:
    return {name.lower(): code for code, name in COUNTRIES.items()}


def parse_zone(text: str) -> str:
    """The name of an IANA time zone."""
    if text in zone_names():
        return text
    from difflib import get_close_matches

    # Only zones whose place begins with the same letter are compared: hints must stay cheap.
    place = text.rsplit("/", 1)[-1].replace(" ", "_").lower()
    zones = _zones_by_letter().get(place[:1], {})
    near = get_close_matches(place, list(zones), n=1, cutoff=0.6)
    remedy = f'Did you mean "{zones[near[0]]}"?' if near else "Look it up in the IANA list."
    raise Malformed("an IANA time zone like Europe/Lisbon", remedy)


@lru_cache(maxsize=1)
def _zones_by_letter() -> dict[str, dict[str, str]]:
    letters: dict[str, dict[str, str]] = {}
    for zone in sorted(zone_names()):
        place = zone.rsplit("/", 1)[-1].lower()
        if "/" in zone and not zone.startswith("Etc/"):
            letters.setdefault(place[:1], {}).setdefault(place, zone)
    return letters


def parse_currency(text: str) -> str:
    """Three capital letters (ISO 4217); that it has a rate is checked with the rates table."""
    if re.fullmatch(r"[A-Z]{3}", text):
        return text
    upper = text.strip().upper()
    sign = {"€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY"}.get(upper, "")
    code = upper if re.fullmatch(r"[A-Z]{3}", upper) else sign
    remedy = f'Did you mean "{code}"?' if code else ""
    raise Malformed("a currency of three capitals like EUR", remedy)


#: Format name, as columns give it, to its parser.
FORMATS: Final[Mapping[str, Callable[[str], Any]]] = {
    "country": parse_country,
    "zone": parse_zone,
    "currency": parse_currency,
    "quantiles": parse_quantiles,
    "price_breaks": parse_price_breaks,
    "departures": parse_departures,
    "days": parse_days,
    "shifts": parse_shifts,
    "holidays": parse_holidays,
    "shutdowns": parse_shutdowns,
}
#: Format name to an example, for the template and the reference.
EXAMPLES: Final[Mapping[str, str]] = {
    "country": "PT",
    "zone": "Europe/Lisbon",
    "currency": "EUR",
    "quantiles": "0.05:20;0.5:24;0.95:40",
    "price_breaks": "100:9.5;500:9",
    "departures": "Mon,Thu 18:00; Sat 06:00",
    "days": "Mon-Fri,Sun",
    "shifts": "06:00-14:00,22:00-06:00",
    "holidays": "DE-BW",
    "shutdowns": "2026-12-24..2027-01-01",
}
