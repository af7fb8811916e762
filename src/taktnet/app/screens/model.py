"""The rows of the screens: frozen values with names, ready to be shown and nothing more.

Instants are microseconds since 1970 UTC; quantities are in the item's own unit. `zone` is the
IANA zone in which a row's instants are shown. None means "no data", never zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warn", "crit", "none"]


@dataclass(frozen=True, slots=True)
class Head:
    """Where the record stands: what every page shows at its foot."""

    seq: int
    now: int
    network: str
    sites: int
    waiting: int  # decisions that wait for a person
    attention: int  # open exceptions


@dataclass(frozen=True, slots=True)
class Definition:
    """How a number comes about: shown on demand beside it."""

    title: str
    text: str
    formula: str
    window: str
    excluded: str
    rows: tuple[tuple[str, str], ...] = ()  # further facts: numerator, denominator, basis ...


@dataclass(frozen=True, slots=True)
class Tile:
    """One KPI: its value in display units, target where declared, and its trend."""

    id: str
    label: str
    value: float | None
    unit: str
    digits: int
    target: float | None
    higher_is_better: bool
    trend: tuple[float | None, ...]
    definition: Definition
    level: Level = "none"

    @property
    def gap(self) -> float | None:
        """Value less target, None where either is missing."""
        if self.value is None or self.target is None:
            return None
        return self.value - self.target


@dataclass(frozen=True, slots=True)
class MapSite:
    """A site on the map; `why` says what needs attention there."""

    id: str
    name: str
    kind: str
    latitude: float
    longitude: float
    level: Level
    why: str = ""


@dataclass(frozen=True, slots=True)
class MapFlow:
    """Goods on the way between two sites: `value` in EUR (0: cost unknown), worst lateness in h."""

    origin: str
    destination: str
    mode: str
    shipments: int
    value: float
    late: int
    late_h: float
    level: Level
    progress: tuple[float, ...] = ()  # how far each shipment is, 0 to 1, by time
    closed: str = ""  # that the lane is closed, and until when


@dataclass(frozen=True, slots=True)
class PaceRow:
    """The takt that a plant, or one of its lines, must keep beside the pace it keeps.

    Rates are units a day; `deviation` compares what was done with what working time asked for
    (None: nothing was asked for), `ahead_h` says it in working hours, negative when behind.
    `runs_at` is when the buffer of `item` comes to its end: 0 while it does not.
    """

    site: str
    line: str
    zone: str
    takt_s: float | None
    required: float
    actual: float
    deviation: float | None
    ahead_h: float | None
    level: Level
    item: str = ""
    unit: str = ""
    buffer: float | None = None
    runs: Literal["dry", "full", ""] = ""
    runs_at: int = 0


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something open that a planner should see."""

    kind: Literal["closed", "late", "stopped", "stale", "waiting", "short", "alert"]
    level: Level
    title: str
    detail: str
    since: int
    zone: str
    href: str


@dataclass(frozen=True, slots=True)
class ClosedLine:
    """A site, or a lane with both its ends, that is closed; `until` is 0 where nobody knows."""

    kind: str
    name: str
    origin: str
    destination: str
    since: int
    until: int
    zone: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class DecisionLine:
    """A decision with its reason and what became of it."""

    id: str
    seq: int
    at: int
    zone: str
    site: str
    origin: str
    item: str
    unit: str
    qty: float
    action: str
    rule: str
    status: str
    reason: str
    loop: str = ""
    due: int = 0
    stale: bool = False


@dataclass(frozen=True, slots=True)
class CardMark:
    """One card of a loop; `since` is when it took its status (0: not known)."""

    id: str
    status: str
    since: int = 0


@dataclass(frozen=True, slots=True)
class LoopLine:
    """One loop on the board: how many cards are in each status, and the first of them."""

    id: str
    kind: str
    site: str
    origin: str
    item: str
    zone: str
    container: float
    unit: str
    issued: int
    counts: dict[str, int]
    cards: dict[str, tuple[CardMark, ...]]
    stale: bool
    level: Level
    waiting: tuple[DecisionLine, ...] = ()
    closed: str = ""  # what of its way is closed


@dataclass(frozen=True, slots=True)
class StockLine:
    """Stock of one item at one site by lot and status."""

    site: str
    item: str
    unit: str
    lot: str
    status: str
    qty: float


@dataclass(frozen=True, slots=True)
class Way:
    """A shipment under way; zones of both ends, because each end reads its own clock."""

    shipment: str
    origin: str
    destination: str
    origin_zone: str
    zone: str
    item: str
    unit: str
    qty: float
    shipped: int
    age_h: float
    eta: int
    late_h: float
    level: Level
    order: str = ""
    lane: str = ""


@dataclass(frozen=True, slots=True)
class OrderLine:
    """An order or call-off line that is open."""

    order: str
    site: str
    party: str
    item: str
    unit: str
    qty: float
    open: float
    start: int
    end: int
    zone: str
    level: Level


@dataclass(frozen=True, slots=True)
class ResourceLine:
    """A line or machine, up or down."""

    id: str
    site: str
    zone: str
    up: bool
    since: int
    reason: str = ""
    item: str = ""


@dataclass(frozen=True, slots=True)
class EventLine:
    """One row of the ledger, with what it says in a few words."""

    seq: int
    at: int
    recorded: int
    zone: str
    kind: str
    site: str
    item: str
    ref: str
    text: str
    source: str
    id: str


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a longer list."""

    number: int
    pages: int
    total: int


def page_of(total: int, wanted: int, size: int) -> tuple[Page, slice]:
    """The page nearest to the one wanted, and the slice of the list that it shows."""
    pages = max(1, -(-total // size))
    number = min(max(wanted, 1), pages)
    return Page(number, pages, total), slice((number - 1) * size, number * size)
