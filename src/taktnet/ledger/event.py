"""Every kind of event, in canonical form. A kind's name is `noun.verb/version`, for ever.

The golden file `tests/golden/events.json` freezes names and fields; a change of meaning is a
new version. Quantities are in the item's own unit, at most six decimals. Instants carry an
offset or `Z` and are kept in UTC; `zone` keeps the source's IANA zone.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, get_args

from msgspec import Meta, Struct

Name = Annotated[str, Meta(min_length=1, max_length=200)]
OptionalName = Annotated[str, Meta(max_length=200)]
Text = Annotated[str, Meta(max_length=4000)]
Instant = Annotated[datetime, Meta(tz=True)]
Quantity = Annotated[float, Meta(ge=0, le=1e9)]
Positive = Annotated[float, Meta(gt=0, le=1e9)]
Money = Annotated[float, Meta(ge=-1e12, le=1e12)]
Currency = Annotated[str, Meta(pattern=r"^[A-Z]{3}$")]
Count = Annotated[int, Meta(ge=0, le=1_000_000_000)]
Document = Annotated[str, Meta(max_length=4_000_000)]
Status = Literal["available", "held", "inspection"]
Party = Literal["buyer", "seller"]
StopReason = Literal["breakdown", "stockout", "hold", "quality", "changeover", "planned", "other"]
CostComponent = Literal[
    "price",
    "origin",
    "freight",
    "insurance",
    "duty",
    "fees",
    "broker",
    "demurrage",
    "inland",
    "handling",
    "carrying",
    "expedite",
    "quality",
    "fx",
]
CostBasis = Literal["estimate", "invoice"]
RuleName = Literal[
    "production", "withdrawal", "two_bin", "signal", "conwip", "base_stock", "sS", "RQ"
]
Action = Literal["produce", "move", "buy"]


class Event(
    Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    forbid_unknown_fields=True,
    tag_field="kind",
    gc=False,
):
    """What every event carries.

    `(tenant, source, id)` is the event's key: the same key with the same content is the same
    event. `site` is where it happened, `at` when (business time). `cause` is the id of the event
    that led to this one, `correlation` groups a whole story. `corrects` is the id, at the same
    source, of the one event that this one undoes and replaces.
    """

    source: Name
    id: Name
    at: Instant
    site: OptionalName = ""
    tenant: Name = "main"
    zone: OptionalName = ""
    cause: OptionalName = ""
    correlation: OptionalName = ""
    corrects: OptionalName = ""


class OrderPlaced(Event, tag="order.placed/1", frozen=True, kw_only=True):
    """A customer's order line on `site`; to be delivered to `party` within the window."""

    order: Name
    party: Name
    item: Name
    qty: Positive
    window_start: Instant
    window_end: Instant
    price: Money = 0.0
    currency: Currency = "EUR"


class OrderChanged(Event, tag="order.changed/1", frozen=True, kw_only=True):
    """New quantity or window of an order or call-off line; absent fields stay as they were."""

    order: Name
    qty: Positive | None = None
    window_start: Instant | None = None
    window_end: Instant | None = None
    by: Party = "buyer"
    reason: Text = ""


class OrderCancelled(Event, tag="order.cancelled/1", frozen=True, kw_only=True):
    """An order or call-off line is cancelled."""

    order: Name
    by: Party = "buyer"
    reason: Text = ""


class ForecastPublished(Event, tag="forecast.published/1", frozen=True, kw_only=True):
    """Expected demand of an item at a site over `days` from `start`."""

    item: Name
    start: Instant
    days: Positive
    qty: Quantity
    version: OptionalName = ""


class ForecastOverridden(Event, tag="forecast.overridden/1", frozen=True, kw_only=True):
    """A person expects `qty` of the item over `days` from `start`, in place of `statistical`.

    Undone by an `event.voided` that corrects it.
    """

    item: Name
    start: Instant
    days: Positive
    qty: Quantity
    statistical: Quantity
    by: Name
    reason: Annotated[str, Meta(min_length=1, max_length=4000)]


class CalloffPlaced(Event, tag="calloff.placed/1", frozen=True, kw_only=True):
    """A frozen delivery line: `qty` of `item` from `origin` to `site`'s dock in the window."""

    order: Name
    origin: Name
    item: Name
    qty: Positive
    window_start: Instant
    window_end: Instant
    dock: OptionalName = ""
    loop: OptionalName = ""
    price: Money = 0.0
    currency: Currency = "EUR"
    fixed: bool = True


class StockCounted(Event, tag="stock.counted/1", frozen=True, kw_only=True):
    """A count: the balance of item, lot and status at the site is `qty`."""

    item: Name
    qty: Quantity
    lot: OptionalName = ""
    status: Status = "available"


class StockConsumed(Event, tag="stock.consumed/1", frozen=True, kw_only=True):
    """Stock used: by a line (`resource`), a work order, or a customer's `order` line."""

    item: Name
    qty: Positive
    lot: OptionalName = ""
    resource: OptionalName = ""
    order: OptionalName = ""


class StockProduced(Event, tag="stock.produced/1", frozen=True, kw_only=True):
    """Good units added by a process; `scrap` units were made and rejected."""

    item: Name
    qty: Quantity
    lot: OptionalName = ""
    resource: OptionalName = ""
    order: OptionalName = ""
    scrap: Quantity = 0.0
    status: Status = "available"


class StockReceived(Event, tag="stock.received/1", frozen=True, kw_only=True):
    """Stock taken in without a shipment on record (opening stock, local purchase, return)."""

    item: Name
    qty: Positive
    lot: OptionalName = ""
    origin: OptionalName = ""
    order: OptionalName = ""
    status: Status = "available"


class StockMoved(Event, tag="stock.moved/1", frozen=True, kw_only=True):
    """Stock moved at once from `site` to `to` (a shuttle, a supermarket next door)."""

    item: Name
    qty: Positive
    to: Name
    lot: OptionalName = ""


class StockScrapped(Event, tag="stock.scrapped/1", frozen=True, kw_only=True):
    """Stock thrown away."""

    item: Name
    qty: Positive
    lot: OptionalName = ""
    status: Status = "available"
    reason: Text = ""


class StockHeld(Event, tag="stock.held/1", frozen=True, kw_only=True):
    """Stock blocked: from available to held."""

    item: Name
    qty: Positive
    lot: OptionalName = ""
    reason: Text = ""


class StockReleased(Event, tag="stock.released/1", frozen=True, kw_only=True):
    """Stock freed: from held or inspection to available."""

    item: Name
    qty: Positive
    lot: OptionalName = ""
    status: Literal["held", "inspection"] = "held"


class CardPulled(Event, tag="card.pulled/1", frozen=True, kw_only=True):
    """A container is emptied and its card detached: the signal to replenish."""

    loop: Name
    card: Name


class CardReturned(Event, tag="card.returned/1", frozen=True, kw_only=True):
    """The card is back on a full container at the point of use."""

    loop: Name
    card: Name


class CardIssued(Event, tag="card.issued/1", frozen=True, kw_only=True):
    """A card is put into circulation, attached to a full container or (`empty`) detached."""

    loop: Name
    card: Name
    empty: bool = False


class CardWithdrawn(Event, tag="card.withdrawn/1", frozen=True, kw_only=True):
    """A card is taken out of circulation."""

    loop: Name
    card: Name


class LotStarted(Event, tag="lot.started/1", frozen=True, kw_only=True):
    """A work order starts on a resource."""

    order: Name
    item: Name
    qty: Positive
    resource: OptionalName = ""
    lot: OptionalName = ""
    cards: tuple[Name, ...] = ()
    loop: OptionalName = ""


class LotFinished(Event, tag="lot.finished/1", frozen=True, kw_only=True):
    """A work order ends. Stock is added by `stock.produced`, not by this event."""

    order: Name
    item: Name
    qty: Quantity
    resource: OptionalName = ""
    lot: OptionalName = ""
    scrap: Quantity = 0.0


class GoodsShipped(Event, tag="goods.shipped/1", frozen=True, kw_only=True):
    """One item of a shipment leaves `site` for `to`; `order` is the line it serves."""

    shipment: Name
    to: Name
    item: Name
    qty: Positive
    eta: Instant | None = None
    lot: OptionalName = ""
    order: OptionalName = ""
    loop: OptionalName = ""
    cards: tuple[Name, ...] = ()
    lane: OptionalName = ""
    promised: Instant | None = None


class GoodsPosition(Event, tag="goods.position/1", frozen=True, kw_only=True):
    """Where a shipment is, and when it is now expected."""

    shipment: Name
    latitude: Annotated[float, Meta(ge=-90, le=90)]
    longitude: Annotated[float, Meta(ge=-180, le=180)]
    eta: Instant | None = None
    milestone: OptionalName = ""


class GoodsArrived(Event, tag="goods.arrived/1", frozen=True, kw_only=True):
    """A shipment is at the gate of `site`: the time of record for on-time."""

    shipment: Name


class GoodsReceived(Event, tag="goods.received/1", frozen=True, kw_only=True):
    """One item of a shipment is unloaded: `qty` received, of which `rejected` not accepted."""

    shipment: Name
    item: Name
    qty: Positive
    rejected: Quantity = 0.0
    lot: OptionalName = ""
    order: OptionalName = ""
    status: Status = "available"


class ResourceStopped(Event, tag="resource.stopped/1", frozen=True, kw_only=True):
    """A line or machine stops. `item` is the missing part when the cause is a stock-out."""

    resource: Name
    reason: StopReason
    item: OptionalName = ""
    root: OptionalName = ""
    note: Text = ""


class ResourceStarted(Event, tag="resource.started/1", frozen=True, kw_only=True):
    """A line or machine runs again."""

    resource: Name


class ScheduleFrozen(Event, tag="schedule.frozen/1", frozen=True, kw_only=True):
    """One lot of a frozen schedule: what a resource is to build, at which position."""

    schedule: Name
    resource: OptionalName = ""
    item: Name
    qty: Positive
    position: Count
    start: Instant
    end: Instant
    lot: OptionalName = ""


class NetworkChanged(Event, tag="network.changed/1", frozen=True, kw_only=True):
    """A row of the network was set (`values`) or removed (`values` empty)."""

    table: Name
    key: Name
    values: dict[str, str] = {}
    digest: OptionalName = ""
    by: OptionalName = ""


class CostCharged(Event, tag="cost.charged/1", frozen=True, kw_only=True):
    """A cost of delivery, estimated (accrued) or invoiced; an invoice trues up its estimate."""

    component: CostComponent
    amount: Money
    currency: Currency = "EUR"
    item: OptionalName = ""
    qty: Quantity = 0.0
    shipment: OptionalName = ""
    origin: OptionalName = ""
    lane: OptionalName = ""
    basis: CostBasis = "invoice"
    invoice: OptionalName = ""


class PeriodClosed(Event, tag="period.closed/1", frozen=True, kw_only=True):
    """Nothing that happened before `until` changes a closed report any more."""

    until: Instant
    by: OptionalName = ""


class EventVoided(Event, tag="event.voided/1", frozen=True, kw_only=True):
    """Undoes the event named by `corrects` and puts nothing in its place."""

    reason: Text = ""


class DecisionTaken(Event, tag="decision.taken/1", frozen=True, kw_only=True):
    """What a rule decided, why, and on which events (`evidence`: sequence numbers).

    `containers` are the cards of a loop that `qty` stands for, named (`cards`) or not.
    """

    decision: Name
    rule: RuleName
    action: Action
    item: Name
    qty: Positive
    origin: Name
    reason: Text
    evidence: tuple[int, ...] = ()
    loop: OptionalName = ""
    cards: tuple[Name, ...] = ()
    containers: Count = 0
    lane: OptionalName = ""
    due: Instant | None = None
    due_from: Instant | None = None
    stale: bool = False
    waiting: bool = False


class DecisionApproved(Event, tag="decision.approved/1", frozen=True, kw_only=True):
    """A person lets a waiting decision go out."""

    decision: Name
    by: Name


class DecisionDeclined(Event, tag="decision.declined/1", frozen=True, kw_only=True):
    """A person stops a waiting decision; its quantity is no longer on order."""

    decision: Name
    by: Name
    reason: Text = ""


class SignalSent(Event, tag="signal.sent/1", frozen=True, kw_only=True):
    """A decision left the house under one stable id."""

    decision: Name
    channel: Name
    attempt: Count = 1


class SignalAcknowledged(Event, tag="signal.acknowledged/1", frozen=True, kw_only=True):
    """The partner took the signal."""

    decision: Name
    by: OptionalName = ""
    promised: Instant | None = None


class SignalRefused(Event, tag="signal.refused/1", frozen=True, kw_only=True):
    """The partner refused the signal, or the transport gave up; the quantity is off order."""

    decision: Name
    by: OptionalName = ""
    reason: Text = ""


class PlanProposed(Event, tag="plan.proposed/1", frozen=True, kw_only=True):
    """A plan proposes changes; they wait for an answer. Worked out at row `position`."""

    proposal: Name
    plan: Name
    summary: Text
    content: Document
    position: Count = 0
    by: OptionalName = ""


class PlanTried(Event, tag="plan.tried/1", frozen=True, kw_only=True):
    """What the twin said of a proposal."""

    proposal: Name
    content: Document


class PlanApproved(Event, tag="plan.approved/1", frozen=True, kw_only=True):
    """A proposal is approved; its changes are recorded right behind, in the same commit."""

    proposal: Name
    by: Name
    reason: Text = ""


class PlanRefused(Event, tag="plan.refused/1", frozen=True, kw_only=True):
    """A proposal is refused."""

    proposal: Name
    by: Name
    reason: Text = ""


class PlanWithdrawn(Event, tag="plan.withdrawn/1", frozen=True, kw_only=True):
    """A proposal is taken back by those who made it."""

    proposal: Name
    by: Name
    reason: Text = ""


class SiteClosed(Event, tag="site.closed/1", frozen=True, kw_only=True):
    """The site makes, ships and takes in nothing until it opens, which is expected at `until`."""

    until: Instant | None = None
    reason: Text = ""


class SiteOpened(Event, tag="site.opened/1", frozen=True, kw_only=True):
    """The site is open again."""


class LaneClosed(Event, tag="lane.closed/1", frozen=True, kw_only=True):
    """Nothing sets out on the lane until it opens, which is expected at `until`."""

    lane: Name
    until: Instant | None = None
    reason: Text = ""


class LaneOpened(Event, tag="lane.opened/1", frozen=True, kw_only=True):
    """The lane is open again."""

    lane: Name


AnyEvent = (
    OrderPlaced
    | OrderChanged
    | OrderCancelled
    | ForecastPublished
    | CalloffPlaced
    | StockCounted
    | StockConsumed
    | StockProduced
    | StockReceived
    | StockMoved
    | StockScrapped
    | StockHeld
    | StockReleased
    | CardPulled
    | CardReturned
    | CardIssued
    | CardWithdrawn
    | LotStarted
    | LotFinished
    | GoodsShipped
    | GoodsPosition
    | GoodsArrived
    | GoodsReceived
    | ResourceStopped
    | ResourceStarted
    | ScheduleFrozen
    | NetworkChanged
    | CostCharged
    | PeriodClosed
    | EventVoided
    | DecisionTaken
    | DecisionApproved
    | DecisionDeclined
    | SignalSent
    | SignalAcknowledged
    | SignalRefused
    | ForecastOverridden
    | PlanProposed
    | PlanTried
    | PlanApproved
    | PlanRefused
    | PlanWithdrawn
    | SiteClosed
    | SiteOpened
    | LaneClosed
    | LaneOpened
)

#: Number of each kind as stored in facts; a number is never given twice. Order is history.
KINDS: tuple[type[Event], ...] = get_args(AnyEvent)
NUMBER: dict[type[Event], int] = {kind: n for n, kind in enumerate(KINDS, start=1)}


def kind_name(kind: type[Event] | Event) -> str:
    """The frozen name of a kind, for example `stock.consumed/1`."""
    return str(kind.__struct_config__.tag)
