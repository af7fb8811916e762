"""What an event says, in a few words: one line per kind, and its fields for the event's page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from msgspec.structs import fields

from taktnet.ledger import event as e
from taktnet.ledger.event import AnyEvent

Unit = Callable[[str], str]


def amount(value: float) -> str:
    """A quantity as people write it."""
    text = f"{round(value, 3):,.3f}".rstrip("0").rstrip(".")
    return text.replace("-", "−") or "0"


def _goods(event: Any, unit: Unit) -> str:
    return f"{amount(event.qty)} {unit(event.item)} {event.item}"


def _by(name: str, word: str = "by") -> str:
    return f" {word} {name}" if name else ""


def _when(at: datetime | None) -> str:
    return "" if at is None else f"{at:%Y-%m-%d %H:%M} UTC"


def _changed(x: e.OrderChanged, _: Unit) -> str:
    parts = [f"{amount(x.qty)} pieces" if x.qty is not None else ""]
    if x.window_end is not None:
        parts.append(f"due {_when(x.window_end)}")
    what = ", ".join(p for p in parts if p) or "nothing new"
    return f"{x.order} changed by the {x.by}: {what}{_by(x.reason, '–')}"


def _decision(x: e.DecisionTaken, unit: Unit) -> str:
    return f"{x.action} {_goods(x, unit)} from {x.origin}: {x.reason}"


_SAYS: dict[type[e.Event], Callable[[Any, Unit], str]] = {
    e.OrderPlaced: lambda x, u: (
        f"{x.order}: {_goods(x, u)} for {x.party}, due {_when(x.window_end)}"
    ),
    e.OrderChanged: _changed,
    e.OrderCancelled: lambda x, u: f"{x.order} cancelled by the {x.by}{_by(x.reason, '–')}",
    e.ForecastPublished: lambda x, u: f"{_goods(x, u)} expected in {amount(x.days)} days",
    e.CalloffPlaced: lambda x, u: (
        f"{x.order}: {_goods(x, u)} from {x.origin}, due {_when(x.window_end)}"
    ),
    e.StockCounted: lambda x, u: f"{_goods(x, u)} counted{_by(x.lot, 'in lot')}, {x.status}",
    e.StockConsumed: lambda x, u: f"{_goods(x, u)} used{_by(x.resource)}{_by(x.order, 'for')}",
    e.StockProduced: lambda x, u: (
        f"{_goods(x, u)} made{_by(x.resource)}"
        + (f", {amount(x.scrap)} rejected" if x.scrap else "")
    ),
    e.StockReceived: lambda x, u: f"{_goods(x, u)} taken in{_by(x.origin, 'from')}",
    e.StockMoved: lambda x, u: f"{_goods(x, u)} moved to {x.to}",
    e.StockScrapped: lambda x, u: f"{_goods(x, u)} scrapped{_by(x.reason, '–')}",
    e.StockHeld: lambda x, u: f"{_goods(x, u)} held{_by(x.reason, '–')}",
    e.StockReleased: lambda x, u: f"{_goods(x, u)} released",
    e.CardPulled: lambda x, u: f"card {x.card} of {x.loop} pulled",
    e.CardReturned: lambda x, u: f"card {x.card} of {x.loop} back on a full container",
    e.CardIssued: lambda x, u: f"card {x.card} of {x.loop} issued{' empty' if x.empty else ''}",
    e.CardWithdrawn: lambda x, u: f"card {x.card} of {x.loop} withdrawn",
    e.LotStarted: lambda x, u: f"{x.order}: {_goods(x, u)} started{_by(x.resource, 'on')}",
    e.LotFinished: lambda x, u: f"{x.order}: {_goods(x, u)} finished{_by(x.resource, 'on')}",
    e.GoodsShipped: lambda x, u: f"{x.shipment}: {_goods(x, u)} to {x.to}",
    e.GoodsPosition: lambda x, u: (
        f"{x.shipment} at {x.latitude:.2f}, {x.longitude:.2f}{_by(x.milestone, '–')}"
    ),
    e.GoodsArrived: lambda x, u: f"{x.shipment} at the gate",
    e.GoodsReceived: lambda x, u: (
        f"{x.shipment}: {_goods(x, u)} received"
        + (f", {amount(x.rejected)} not accepted" if x.rejected else "")
    ),
    e.ResourceStopped: lambda x, u: f"{x.resource} stopped: {x.reason}{_by(x.item, 'of')}",
    e.ResourceStarted: lambda x, u: f"{x.resource} runs again",
    e.ScheduleFrozen: lambda x, u: f"{x.schedule} no. {x.position}: {_goods(x, u)}",
    e.NetworkChanged: lambda x, u: f"{x.table}: {x.key} {'set' if x.values else 'removed'}",
    e.CostCharged: lambda x, u: (
        f"{x.component} {x.amount:,.2f} {x.currency}, {x.basis}{_by(x.shipment, 'for')}"
    ),
    e.PeriodClosed: lambda x, u: f"everything before {_when(x.until)} is closed",
    e.EventVoided: lambda x, u: f"{x.corrects} undone{_by(x.reason, '–')}",
    e.DecisionTaken: _decision,
    e.DecisionApproved: lambda x, u: f"{x.decision} approved by {x.by}",
    e.DecisionDeclined: lambda x, u: f"{x.decision} declined by {x.by}{_by(x.reason, '–')}",
    e.SignalSent: lambda x, u: f"{x.decision} sent by {x.channel}, attempt {x.attempt}",
    e.SignalAcknowledged: lambda x, u: (
        f"{x.decision} taken{_by(x.by)}" + (f", promised {_when(x.promised)}" if x.promised else "")
    ),
    e.SignalRefused: lambda x, u: f"{x.decision} refused{_by(x.by)}{_by(x.reason, '–')}",
    e.ForecastOverridden: lambda x, u: (
        f"{x.by} expects {_goods(x, u)} in {amount(x.days)} days, "
        f"not {amount(x.statistical)} – {x.reason}"
    ),
    e.PlanProposed: lambda x, u: f"{x.proposal} proposed{_by(x.by)}: {x.summary}",
    e.PlanTried: lambda x, u: f"{x.proposal} tried in the twin",
    e.PlanApproved: lambda x, u: f"{x.proposal} approved by {x.by}{_by(x.reason, '–')}",
    e.PlanRefused: lambda x, u: f"{x.proposal} refused by {x.by}{_by(x.reason, '–')}",
    e.PlanWithdrawn: lambda x, u: f"{x.proposal} withdrawn by {x.by}{_by(x.reason, '–')}",
    e.SiteClosed: lambda x, u: f"{x.site} closed{_by(_when(x.until), 'until')}{_by(x.reason, '–')}",
    e.SiteOpened: lambda x, u: f"{x.site} open again",
    e.LaneClosed: lambda x, u: f"{x.lane} closed{_by(_when(x.until), 'until')}{_by(x.reason, '–')}",
    e.LaneOpened: lambda x, u: f"{x.lane} open again",
}

_PAGES = {"site": "/sites/", "to": "/sites/", "party": "/sites/", "origin": "/sites/"}
_REFS = frozenset(("order", "shipment", "card", "decision", "schedule", "corrects", "cause"))
_LONGEST = 2000  # characters of one field that a page shows
_SHOWN_ELSEWHERE = frozenset(("tenant",))


def says(event: AnyEvent, unit: Unit) -> str:
    """One line about the event; `unit` gives the unit of an item."""
    return _SAYS[type(event)](event, unit)


def reference(event: AnyEvent) -> str:
    """The order, shipment, card or decision that an event is about; "" where there is none."""
    for name in ("order", "shipment", "card", "decision", "schedule", "proposal"):
        value = getattr(event, name, "")
        if value:
            return str(value)
    return ""


def told(event: AnyEvent) -> tuple[tuple[str, str, str], ...]:
    """Every field that is set: (name, text, address of the page it leads to or "")."""
    rows: list[tuple[str, str, str]] = []
    for field in fields(type(event)):
        value = getattr(event, field.name)
        if field.name in _SHOWN_ELSEWHERE or value in ("", None, (), {}):
            continue
        rows.append((field.name.replace("_", " "), _text(value), _address(field.name, value)))
    return tuple(rows)


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S} UTC"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return amount(value)
    if isinstance(value, tuple):
        return ", ".join(str(v) for v in value)
    if isinstance(value, dict):
        return ", ".join(f"{k} = {v}" for k, v in value.items())
    text = str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} …"


def _address(name: str, value: Any) -> str:
    if name in _PAGES:
        return _PAGES[name] + quote(str(value), safe="")
    if name == "item":
        return f"/items/{quote(str(value), safe='')}"
    if name in _REFS:
        return f"/events?{urlencode({'ref': str(value)})}"
    return ""


assert set(_SAYS) == set(e.KINDS)
