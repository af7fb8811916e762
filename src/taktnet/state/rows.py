"""The rows that views of the state give: frozen, with names, units and instants in UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Point:
    """One item at one site; quantities in the item's unit.

    `position` = available + inspection + on order + in process + in transit - reserved;
    `backorder` is the part of `reserved` that available stock does not cover. `refused` is when
    a decision for this point was last declined or refused with no new pull since.
    """

    site: str
    item: str
    available: float
    held: float
    inspection: float
    on_order: float
    in_process: float
    in_transit: float
    reserved: float
    backorder: float
    position: float
    refused: datetime | None
    seq: int


@dataclass(frozen=True, slots=True)
class Stock:
    """A balance; negative where more was reported out than in."""

    site: str
    item: str
    lot: str
    status: str
    qty: float


@dataclass(frozen=True, slots=True)
class Transit:
    """One item of a shipment under way; `age_h` since it left, `late_h` after promise or ETA."""

    shipment: str
    item: str
    origin: str
    to: str
    lane: str
    loop: str
    order: str
    lot: str
    qty: float
    shipped: float
    received: float
    shipped_at: datetime | None
    eta: datetime | None
    promised: datetime | None
    arrived: datetime | None
    latitude: float | None
    longitude: float | None
    position_at: datetime | None
    age_h: float | None
    late_h: float


@dataclass(frozen=True, slots=True)
class Order:
    """A customer's order line or a call-off; `status` open, shipped, delivered or cancelled."""

    order: str
    kind: str
    buyer: str
    seller: str
    item: str
    qty: float
    shipped: float
    received: float
    open: float
    price: float
    currency: str
    window_start: datetime | None
    window_end: datetime | None
    placed_at: datetime
    status: str
    loop: str


@dataclass(frozen=True, slots=True)
class Loop:
    """Cards of a loop by where they are; their sum is `issued`.

    `named` says whether the cards are known one by one; else full and empty follow from stock.
    """

    loop: str
    site: str
    item: str
    issued: int
    full: int
    empty: int
    ordered: int
    in_process: int
    in_transit: int
    named: bool
    decisions: int
    refused: datetime | None


@dataclass(frozen=True, slots=True)
class Card:
    """A named card: where it is, since when, on what, and how often it was pulled."""

    loop: str
    card: str
    status: str
    since: datetime
    carrier: str
    cycle: int


@dataclass(frozen=True, slots=True)
class Lot:
    """A work order that runs."""

    order: str
    site: str
    item: str
    resource: str
    lot: str
    loop: str
    decision: str
    qty: float
    produced: float
    scrap: float
    started: datetime


@dataclass(frozen=True, slots=True)
class Resource:
    """A line or machine; `down_h` is the time of all stops that ended."""

    resource: str
    site: str
    up: bool
    since: datetime | None
    reason: str
    item: str
    stops: int
    down_h: float


@dataclass(frozen=True, slots=True)
class Closure:
    """A site or a lane (`kind`) that is closed; `until` is when opening was expected, if said."""

    kind: str
    name: str
    since: datetime
    until: datetime | None
    seq: int


@dataclass(frozen=True, slots=True)
class Pace:
    """Units per business day (UTC), oldest first; the last entry is the day of `now`."""

    site: str
    item: str
    made: tuple[float, ...]
    used: tuple[float, ...]
    shipped: tuple[float, ...]
    total_made: float
    total_used: float
    total_shipped: float


@dataclass(frozen=True, slots=True)
class ResourcePace:
    """Units that a resource made per business day (UTC); the last entry is the day of `now`."""

    resource: str
    site: str
    item: str
    made: tuple[float, ...]
    total_made: float


@dataclass(frozen=True, slots=True)
class Feed:
    """What a source said about a site: the newest business time, the usual and present silence."""

    source: str
    site: str
    last: datetime
    heard: datetime
    events: int
    usual_h: float | None
    silent_h: float
    late: bool


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision; `status` waiting, taken, sent, acknowledged, declined, refused or done."""

    decision: str
    rule: str
    action: str
    site: str
    item: str
    origin: str
    lane: str
    loop: str
    qty: float
    containers: int
    shipped: float
    received: float
    outstanding: float
    due_from: datetime | None
    due: datetime | None
    taken_at: datetime
    promised: datetime | None
    status: str
    stale: bool
    sent: int


@dataclass(frozen=True, slots=True)
class Anomaly:
    """How often facts of a site did not fit what was known, and by how much in all."""

    kind: str
    site: str
    count: int
    qty: float
    seq: int
