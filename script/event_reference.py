"""The reference of events, made from `taktnet.ledger.event`: fields, limits, meaning, example.

Types, limits and defaults come from the code. What a field means and what a kind does to the
state are said here, once, and a test holds both tables complete.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec
from msgspec import inspect

from taktnet.ledger import event as ev

#: What the fields of every event mean.
COMMON = {
    "source": "the system that says so",
    "id": "its own id of the event; with `tenant` and `source` the key: said twice, counted once",
    "at": "when it happened",
    "site": "where it happened",
    "tenant": "whose event it is",
    "zone": "IANA time zone of the source, kept for display",
    "cause": "id of the event that led to this one",
    "correlation": "groups all events of one story",
    "corrects": "id, at the same source, of the one event that this one undoes and replaces",
}

#: What a field means, wherever it occurs; `kind.field` overrides it for one kind.
MEANING = {
    "order": "order, call-off or work order line",
    "party": "the customer's site",
    "item": "the item",
    "qty": "quantity in the item's unit",
    "window_start": "start of the delivery window",
    "window_end": "end of the delivery window",
    "price": "price per unit",
    "currency": "ISO 4217 code",
    "by": "who said so",
    "reason": "why, in words",
    "start": "when it begins",
    "end": "when it ends",
    "days": "length in days",
    "version": "the planner's name of this forecast",
    "origin": "the site that delivers",
    "dock": "the gate at the receiving site",
    "loop": "the kanban loop",
    "fixed": "the line is frozen, no longer a preview",
    "lot": "batch or lot number",
    "status": "stock status",
    "resource": "the line or machine",
    "scrap": "units made and rejected",
    "to": "the receiving site",
    "card": "the kanban card",
    "cards": "the kanban cards that travel along",
    "empty": "the card is issued without a container: it pulls at once",
    "shipment": "the shipment",
    "eta": "expected arrival",
    "lane": "the lane it travels on",
    "promised": "the date that was promised",
    "latitude": "degrees north",
    "longitude": "degrees east",
    "milestone": "what was passed: a port, a border, a hub",
    "rejected": "units of `qty` not accepted",
    "root": "where the cause lies: a resource, a supplier, a shipment",
    "note": "remark",
    "schedule": "the frozen schedule",
    "position": "place in the sequence",
    "table": "table of the network",
    "key": "key of the row, its parts joined by `|`",
    "values": "column to text; empty: the row goes",
    "digest": "SHA-256 of the network after the change",
    "component": "which part of the landed cost",
    "amount": "money in `currency`; may be negative (a credit)",
    "basis": "an estimate, or the invoice that trues it up",
    "invoice": "number of the invoice",
    "until": "the period ends here",
    "decision": "the decision, under its one stable id",
    "rule": "the pull rule that decided",
    "action": "make, move or buy",
    "evidence": "sequence numbers of the events it rests on",
    "containers": "how many containers the quantity stands for",
    "due": "needed at the latest",
    "due_from": "needed not before",
    "stale": "taken on stale data, and marked so",
    "waiting": "waits for a person",
    "channel": "where it was sent",
    "attempt": "how often it was tried",
    "proposal": "the proposal, under its one stable name",
    "plan": "kind of the plan: cards, buffers, ...",
    "summary": "what is proposed, in words",
    "content": "lines, changes and figures as JSON",
    "plan.proposed.position": "the row of the ledger that it was worked out at",
    "plan.tried.content": "the twin's measures, today beside proposed, with intervals, as JSON",
    "order.changed.by": "who changes it; only the buyer's own change moves the promise",
    "order.cancelled.by": "who cancels it",
    "order.changed.qty": "the new quantity",
    "stock.counted.qty": "the balance found, not the difference",
    "stock.consumed.order": "the work order or customer's order line that it was used for",
    "goods.received.qty": "units unloaded, the rejected ones included",
    "resource.stopped.reason": "class of the cause; decides which KPI counts it",
    "resource.stopped.item": "the missing part, where the cause is a stock-out",
    "forecast.published.start": "first instant of the forecast",
    "forecast.overridden.start": "first instant of the span",
    "forecast.overridden.statistical": "what the statistical forecast said for the same span",
    "schedule.frozen.order": "the work order",
    "cost.charged.qty": "units that the cost is for",
    "site.closed.until": "when it is expected to open again; left out where nobody knows",
    "lane.closed.until": "when it is expected to open again; left out where nobody knows",
    "lane.closed.lane": "the lane",
    "lane.opened.lane": "the lane",
    "signal.acknowledged.promised": "when the partner will deliver",
}

#: What a kind does to the state; from `taktnet.state.fold`.
EFFECT = {
    "order.placed": "Opens a line: reserved at `site`, on order for `party` until shipped.",
    "order.changed": "Changes quantity or window of the open line; an order never heard of is "
    "counted as an anomaly.",
    "order.cancelled": "Ends the line: what is open of it is no longer reserved or on order.",
    "forecast.published": "None. The forecast is kept for plans and reports.",
    "calloff.placed": "Opens a line: on order at `site`, reserved at `origin`.",
    "stock.counted": "Sets the balance to what was counted. A corrected count keeps what "
    "happened since the wrong one.",
    "stock.consumed": "Takes from available stock and adds to the pace of use. With the `order` "
    "of a customer's line, that line is shipped and received at once.",
    "stock.produced": "Adds to the stock under `status` and to the pace of the resource; what was "
    "in process for this work order or decision is fulfilled. Components are taken by their own "
    "`stock.consumed`.",
    "stock.received": "Adds to the stock under `status`. With an `order`, that line is received.",
    "stock.moved": "Takes from `site` and adds at `to` at once; fulfils what `to` had on order "
    "from `site`.",
    "stock.scrapped": "Takes from the stock under `status`.",
    "stock.held": "Moves from available to held: the rules no longer count it.",
    "stock.released": "Moves from `status` to available.",
    "card.pulled": "Detaches a full card: it hangs on the board, and the loop is owed a container.",
    "card.returned": "The card is full again, wherever it was.",
    "card.issued": "One more card in the loop: full, or detached with `empty`.",
    "card.withdrawn": "One card less in the loop.",
    "lot.started": "In process, for the decision it is named after, else for the oldest open one.",
    "lot.finished": "No longer in process. What was started and not made well goes off order.",
    "goods.shipped": "Takes from available stock at `site`; in transit to `to`. Fulfils `order`, "
    "or the decision that the cards or the loop belong to, or the oldest open line.",
    "goods.position": "Moves the shipment on the map, and its expected arrival. An older position "
    "than the one known changes nothing.",
    "goods.arrived": "The shipment is at the gate: the instant that counts for on-time.",
    "goods.received": "Out of transit: `qty` less `rejected` to `status`, `rejected` to held.",
    "resource.stopped": "The resource is down from now, with its reason.",
    "resource.started": "The resource is up again; the time between is its downtime.",
    "schedule.frozen": "None. The schedule is kept for its adherence.",
    "network.changed": "Sets or removes one row of the network; rules and KPIs use it from here "
    "on.",
    "cost.charged": "None. The cost is kept for total delivered cost.",
    "period.closed": "What happened before `until` and is recorded later is marked late.",
    "event.voided": "Undoes what the event named by `corrects` did.",
    "decision.taken": "On order at `site`, reserved at `origin`; its cards are ordered.",
    "decision.approved": "The decision waits no longer: it goes out.",
    "decision.declined": "Its open quantity is off order, its cards hang on the board again. "
    "Nothing is decided in its place until a new pull comes.",
    "signal.sent": "The decision has left the house.",
    "signal.acknowledged": "The partner has it, and has perhaps promised a date.",
    "forecast.overridden": "None. Forecasts use it from here on, and measure what it was worth.",
    "signal.refused": "As `decision.declined`: off order until a new pull comes.",
    "plan.proposed": "None. It waits for an answer; an open proposal for the same rows is "
    "superseded.",
    "plan.tried": "None. The proposal shows it.",
    "plan.approved": "The proposal is approved. Its `network.changed`, `card.issued`, "
    "`card.withdrawn`, `forecast.published` and `schedule.frozen` follow in the same commit, with "
    "the proposal as their `correlation`.",
    "plan.refused": "The proposal is closed; nothing changes.",
    "plan.withdrawn": "The proposal is closed; nothing changes.",
    "site.closed": "The site is closed. Orders that it would have got go to other sources or to "
    "backups, each with the reason; the twin starts with the site closed, until `until`.",
    "site.opened": "The site is open; orders go to it again.",
    "lane.closed": "The lane is closed; as with a closed site, but for what comes by this lane.",
    "lane.opened": "The lane is open; orders go by it again.",
}

_SAMPLE: dict[str, Any] = {
    "source": "erp-porto",
    "id": "1007",
    "at": "2026-03-02T06:40:00Z",
    "site": "PLANT-PORTO",
    "order": "SO-4711/10",
    "party": "CUST-LYON",
    "item": "DRIVE-250",
    "qty": 24,
    "window_start": "2026-03-05T07:00:00Z",
    "window_end": "2026-03-06T07:00:00Z",
    "start": "2026-03-02T06:00:00Z",
    "end": "2026-03-02T08:00:00Z",
    "days": 7,
    "statistical": 31,
    "origin": "SUP-BRNO",
    "lot": "L-0302",
    "resource": "LINE-1",
    "to": "PLANT-WROCLAW",
    "loop": "KB-017",
    "card": "KB-017-03",
    "cards": ["KB-017-03"],
    "shipment": "SH-9001",
    "eta": "2026-03-04T15:00:00Z",
    "lane": "OPO-WRO",
    "latitude": 48.21,
    "longitude": 16.37,
    "reason": "demand fell",
    "schedule": "2026-W10",
    "position": 3,
    "table": "loops",
    "key": "KB-017",
    "values": {"cards": "12"},
    "component": "freight",
    "amount": 412.5,
    "until": "2026-03-01T00:00:00Z",
    "decision": "KB-017#58",
    "rule": "withdrawal",
    "action": "move",
    "evidence": [1007],
    "channel": "webhook",
    "by": "m.silva",
    "proposal": "cards-7",
    "plan": "cards",
    "summary": "3 of 14 loops change",
    "content": '{"kind":"cards","summary":"3 of 14 loops change"}',
    "corrects": "1006",
    "price": 118.4,
}
_SHOWN = {
    "order.changed": ("qty", "reason"),
    "stock.consumed": ("resource",),
    "stock.produced": ("resource", "lot"),
    "goods.shipped": ("eta", "order"),
    "goods.position": ("eta",),
    "decision.taken": ("loop", "cards", "lane"),
    "lot.started": ("resource",),
    "lot.finished": ("resource",),
    "cost.charged": ("shipment",),
    "event.voided": ("corrects", "reason"),
    "network.changed": ("values", "by"),
    "calloff.placed": ("price",),
    "signal.refused": ("reason",),
    "site.closed": ("until", "reason"),
    "lane.closed": ("until", "reason"),
}
_SAMPLES_OF = {
    "resource.stopped": {"reason": "stockout", "item": "MAGNET-40"},
    "decision.taken": {
        "reason": "Card KB-017-03 came back empty: 1 of 8 cards is open, so 24 are to be moved."
    },
    "lot.started": {"order": "WO-880"},
    "lot.finished": {"order": "WO-880"},
    "stock.held": {"reason": "suspect bearing"},
    "site.closed": {"site": "SUP-BRNO", "until": "2026-03-06T05:00:00Z", "reason": "flood"},
    "site.opened": {"site": "SUP-BRNO"},
    "lane.closed": {"until": "2026-03-04T05:00:00Z", "reason": "pass closed by snow"},
    "stock.scrapped": {"reason": "dropped"},
}


_WORDS: dict[type[inspect.Type], str] = {
    inspect.DateTimeType: "instant",
    inspect.BoolType: "true or false",
    inspect.FloatType: "number",
    inspect.IntType: "whole number",
    inspect.DictType: "object of texts",
}


def base_name(kind: type[ev.Event]) -> str:
    """`order.placed/1` -> `order.placed`: the name without its version."""
    return ev.kind_name(kind).split("/")[0]


def own_fields(kind: type[ev.Event]) -> list[inspect.Field]:
    """The fields that a kind adds to those of every event."""
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)
    return [f for f in info.fields if f.name not in COMMON]


def meaning(kind: type[ev.Event], field: str) -> str:
    """What a field of a kind means; KeyError when nobody has said it."""
    return MEANING.get(f"{base_name(kind)}.{field}") or MEANING[field]


def type_words(kind: inspect.Type) -> str:
    """A type and its limits in words, for example `number > 0`."""
    if isinstance(kind, inspect.UnionType):
        return " or ".join(type_words(t) for t in kind.types if not isinstance(t, inspect.NoneType))
    if isinstance(kind, inspect.LiteralType):
        return ", ".join(f"`{value}`" for value in kind.values)
    if isinstance(kind, inspect.VarTupleType):
        return f"list of {type_words(kind.item_type)}"
    return _scalar_words(kind)


def _scalar_words(kind: inspect.Type) -> str:
    word = _WORDS.get(type(kind), "text")
    if isinstance(kind, inspect.StrType) and kind.pattern:
        return f"text like `{kind.pattern}`"
    if isinstance(kind, inspect.FloatType | inspect.IntType):
        if kind.gt is not None:
            return f"{word} > {kind.gt:g}"
        if kind.ge is not None and kind.ge > -1e9:
            return f"{word} ≥ {kind.ge:g}"
    return word


def _default(field: inspect.Field) -> str:
    if field.required:
        return "**required**"
    value = field.default if field.default is not msgspec.NODEFAULT else None
    empty = value is None or value in ("", ()) or field.default_factory is not msgspec.NODEFAULT
    return "" if empty else f"`{json.dumps(value)}`"


def example(kind: type[ev.Event]) -> dict[str, Any]:
    """A valid event of the kind, as JSON values: what is required and the most usual rest."""
    name = base_name(kind)
    sample = _SAMPLE | _SAMPLES_OF.get(name, {})
    shown = {"site", *_SHOWN.get(name, ()), *_SAMPLES_OF.get(name, ())}
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)
    found: dict[str, Any] = {"kind": ev.kind_name(kind)}
    found |= {f.name: sample[f.name] for f in info.fields if f.required or f.name in shown}
    msgspec.convert(found, ev.AnyEvent)
    return found


def _table(fields: list[inspect.Field], words: dict[str, str]) -> str:
    head = "| field | type | default | meaning |\n|---|---|---|---|\n"
    return head + "".join(
        f"| `{f.name}` | {type_words(f.type)} | {_default(f)} | {words[f.name]} |\n" for f in fields
    )


def _section(kind: type[ev.Event]) -> str:
    fields = own_fields(kind)
    words = {f.name: meaning(kind, f.name) for f in fields}
    doc = " ".join((kind.__doc__ or "").split())
    table = _table(fields, words) + "\n" if fields else ""
    text = json.dumps(example(kind), indent=2)
    return (
        f"### `{ev.kind_name(kind)}`\n\n{doc}\n\n*Effect:* {EFFECT[base_name(kind)]}\n\n"
        f"{table}```json\n{text}\n```\n"
    )


def markdown() -> str:
    """The reference of all kinds, in the order in which they were introduced."""
    info = inspect.type_info(ev.Event)
    assert isinstance(info, inspect.StructType)
    common = "## Every event\n\n" + _table(list(info.fields), COMMON)
    return "\n".join([common, "## Kinds\n", *(_section(kind) for kind in ev.KINDS)])
