"""Sites and calendars of a generated network."""

from __future__ import annotations

from typing import Final

from taktnet.network import components as c
from taktnet.network.cities import CITIES, City
from taktnet.network.generate.world import EXAMPLE_SITES, World

#: Role to (letter of its ids, kind, tier, sites of 49, words of its name): the mix of the example.
ROLES: Final[dict[str, tuple[str, c.SiteKind, int, int, str]]] = {
    "assembly": ("A", "plant", 0, 3, "assembly plant"),
    "component": ("C", "plant", 0, 2, "component plant"),
    "hub": ("H", "hub", 0, 2, "consolidation hub"),
    "tier1": ("S", "supplier", 1, 24, "components"),
    "tier2": ("M", "supplier", 2, 12, "materials"),
    "customer": ("K", "customer", 0, 6, "customer"),
}  # fmt: skip
#: Shift patterns: name -> (shifts, break in minutes).
PATTERNS: Final[dict[str, tuple[str, float]]] = {
    "1S": ("07:00-15:30", 30.0),
    "2S": ("06:00-14:00,14:00-22:00", 30.0),
    "3S": ("06:00-14:00,14:00-22:00,22:00-06:00", 30.0),
}
_WEEKS: Final[dict[str, str]] = {"EG": "Sun-Thu", "BD": "Sun-Thu", "NP": "Sun-Fri"}
#: Country to currency; the rest use the euro.
CURRENCIES: Final[dict[str, str]] = {
    "AE": "AED", "AR": "USD", "AU": "AUD", "BD": "BDT", "BR": "BRL", "CA": "CAD", "CH": "CHF",
    "CL": "CLP", "CN": "CNY", "CO": "COP", "CR": "USD", "CZ": "CZK", "DK": "DKK", "EG": "EGP",
    "GB": "GBP", "HU": "HUF", "ID": "IDR", "IN": "INR", "JP": "JPY", "KR": "KRW", "LK": "LKR",
    "MA": "MAD", "MX": "MXN", "MY": "MYR", "NP": "NPR", "NZ": "NZD", "PH": "PHP", "PK": "PKR",
    "PL": "PLN", "RO": "RON", "RS": "RSD", "SE": "SEK", "SG": "SGD", "TH": "THB", "TN": "TND",
    "TR": "TRY", "TW": "TWD", "US": "USD", "VN": "VND", "ZA": "ZAR",
}  # fmt: skip
#: Units per euro, rounded; plausible, not of any one day.
PER_EUR: Final[dict[str, float]] = {
    "EUR": 1, "AED": 4.1, "AUD": 1.7, "BDT": 135, "BRL": 6.2, "CAD": 1.58, "CHF": 0.94,
    "CLP": 1080, "CNY": 8.1, "COP": 4600, "CZK": 24.8, "DKK": 7.46, "EGP": 55, "GBP": 0.86,
    "HUF": 395, "IDR": 18500, "INR": 98, "JPY": 165, "KRW": 1580, "LKR": 340, "MAD": 10.7,
    "MXN": 21.5, "MYR": 4.9, "NPR": 157, "NZD": 1.93, "PHP": 65, "PKR": 318, "PLN": 4.28,
    "RON": 5.0, "RSD": 117, "SEK": 11.2, "SGD": 1.48, "THB": 37.5, "TND": 3.4, "TRY": 46,
    "TWD": 35, "USD": 1.12, "VND": 29000, "ZAR": 20.3,
}  # fmt: skip


def settle(world: World, sites: int) -> None:
    """Choose places for every role; the first assembly plants stand on different landmasses."""
    for role, count in _counts(sites).items():
        letter, kind, tier, _, words = ROLES[role]
        width = max(2, len(str(count)))
        world.roles[role] = []
        for number in range(1, count + 1):
            city = _city(world, role, number)
            code = "".join(ch for ch in city.name.upper() if "A" <= ch <= "Z")[:3]
            name = f"{code}-{letter}{number:0{width}}"
            world.roles[role].append(name)
            world.city[name] = city
            calendar = _calendar(world, role, city)
            own = kind in ("plant", "hub")
            world.sites[name] = c.Site(
                id=name,
                name=f"{city.name} {words} {number}",
                kind=kind,
                tier=tier,
                latitude=round(city.latitude + world.rng.uniform(-0.03, 0.03), 4),
                longitude=round(city.longitude + world.rng.uniform(-0.03, 0.03), 4),
                country=city.country,
                zone=city.zone,
                calendar=calendar,
                company=f"Norda {city.country}" if own else "",
            )


def _counts(sites: int) -> dict[str, int]:
    """Sites of every role, one at least, by the largest remainders."""
    exact = {role: sites * share / EXAMPLE_SITES for role, (*_, share, _) in ROLES.items()}
    counts = {role: max(1, int(share)) for role, share in exact.items()}
    behind = sorted(exact, key=lambda role: counts[role] - exact[role])
    for role in behind[: sites - sum(counts.values())]:
        counts[role] += 1
    return counts


def _city(world: World, role: str, number: int) -> City:
    """Plants spread over the world; suppliers settle near plants more often than not."""
    rng = world.rng
    if role == "assembly" and number <= 3:
        land = ("EU", "AS", "NA")[number - 1]
        return rng.choice([city for city in CITIES if city.land == land])
    if role in ("component", "tier1", "tier2", "hub", "customer") and rng.random() < 0.6:
        land = world.city[rng.choice(world.roles["assembly"])].land
        return rng.choice([city for city in CITIES if city.land == land])
    return rng.choice(CITIES)


def _calendar(world: World, role: str, city: City) -> str:
    """A calendar of the country's holidays and a shift pattern; hubs work day and night."""
    if role == "hub":
        return ""
    weights = {"customer": (5, 3, 1), "assembly": (1, 5, 2), "component": (0, 4, 4)}
    pattern = world.rng.choices(tuple(PATTERNS), weights.get(role, (2, 4, 2)))[0]
    name = f"{city.country}-{pattern}"
    if name not in world.calendars:
        shifts, pause = PATTERNS[pattern]
        world.calendars[name] = c.Calendar(
            id=name,
            days=_WEEKS.get(city.country, "Mon-Fri"),
            shifts=shifts,
            break_min=pause,
            holidays=city.country,
            shutdowns=f"{world.year}-12-24..{world.year + 1}-01-01",
        )
    return name


def currency_of(country: str) -> str:
    """The currency in which sites of a country deal."""
    return CURRENCIES.get(country, "EUR")
