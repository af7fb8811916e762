"""The reference of what a scenario may change, made from `taktnet.twin.changes`.

Types and defaults come from the code. What a field means is said here, once, beside an example of
every kind on the shipped network; a test holds both complete and the examples right.
"""

from __future__ import annotations

from typing import Any

import msgspec

from taktnet.twin import changes as c

#: What a field means, wherever it occurs; `kind.field` overrides it for one kind.
MEANING = {
    "shipment": "the shipment, under way when the run starts",
    "hours": "how much later; negative is earlier",
    "order": "the order, open when the run starts",
    "resource": "the line or machine that makes it",
    "start": "when it begins",
    "end": "when it ends",
    "begin.start": "not before this",
    "begin.qty": "how much is made of a customer's order",
    "kind": "what sort of thing it is",
    "name": "its id in the network",
    "share": "part of the time that is worked, 0 to 1",
    "to_share": "the part at the end, reached in a straight line",
    "factor": "so many times the usual",
    "site": "the site that keeps the item",
    "item": "the item",
    "supplier": "the site that serves them",
    "demand.site": "the customer's site",
    "level": "base stock, or the level S that is ordered up to",
    "reorder": "reorder point, s or R",
    "lot": "order quantity Q",
    "onhand": "stock at the start",
    "link.name": "a loop's id, or the origin of a source",
    "cards": "kanban cards of the loop",
    "link.share": "its part of what is ordered; above 0 a backup becomes active",
    "lane": "the lane goods take",
    "signal_at": "empty cards at which a signal loop orders",
    "lot_cards": "cards that one order takes",
    "price": "EUR per unit",
    "qty": "quantity in the item's unit",
    "origin": "the site it is taken from",
    "move.site": "the site it goes to",
    "move.start": "when it leaves",
    "rate": "0.25 makes prices a quarter higher",
    "duty.origin": "where goods come from: a country (two letters) or a site",
    "destination": "where they go: a country or a site",
    "table": "a table of the network, as the file is named",
    "key": "its key; columns of a key of several are joined by |",
    "values": "the columns that are set; none removes the row",
}

#: One of every kind, on the network of the example that is shipped.
EXAMPLES: tuple[c.AnyChange, ...] = (
    c.Delay("SHP-1042", 72.0),
    c.Lose("SHP-1042"),
    c.Cancel("PO-77"),
    c.Begin("WO-9", "BRG-FA2", 8.0),
    c.Down("lane", "SUZ-LGB-sea", 0.0, 240.0),
    c.Capacity("resource", "BRG-FA1", 0.5, 168.0, 1.0),
    c.Demand(1.3, item="DU-C25", start=48.0),
    c.Point("RTM", "CTL-A", level=7200.0, reorder=6400.0),
    c.Link("LGB", "MOT-250", "SUZ", lane="SUZ-LGB-air"),
    c.Move("MOT-250", 240.0, "SUZ", "LGB", "SUZ-LGB-air"),
    c.Duty(0.25, "CN", "US"),
    c.Row("loops", "BRG>C-APE:DU-C25", {"cards": 30}),
)


def meaning(kind: str, field: str) -> str:
    """What a field of a kind of change means."""
    return MEANING.get(f"{kind}.{field}") or MEANING[field]


def example(kind: str) -> str:
    """An example of a kind, as JSON."""
    found = next(x for x in EXAMPLES if isinstance(x, c.KINDS[kind]))
    return msgspec.json.encode(found).decode()


#: JSON types in words.
_WORDS = {"string": "text", "integer": "whole number"}


def _type(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    kinds = [str(s["type"]) for s in schema.get("anyOf", [schema]) if s["type"] != "null"]
    if kinds == ["number", "string"]:
        return "hours, or an instant"
    return " or ".join(_WORDS.get(kind, kind) for kind in kinds)


def _default(schema: dict[str, Any], *, needed: bool) -> str:
    if needed:
        return "required"
    value = schema.get("default")
    return "" if value in (None, "", {}) else f"`{value:g}`"


def _section(kind: str) -> str:
    doc = "\n\n".join(" ".join(p.split()) for p in (c.KINDS[kind].__doc__ or "").split("\n\n"))
    _, parts = msgspec.json.schema_components([c.KINDS[kind]])
    schema = parts[c.KINDS[kind].__name__]
    rows = [
        f"| `{name}` | {_type(one)} | {_default(one, needed=name in schema['required'])}"
        f" | {meaning(kind, name)} |"
        for name, one in schema["properties"].items()
        if name != "change"
    ]
    head = "| field | type | default | meaning |\n|---|---|---|---|"
    lines = "\n".join([head, *rows])
    return f"### `{kind}`\n\n{doc}\n\n{lines}\n\n```json\n{example(kind)}\n```\n"


def markdown() -> str:
    """Every kind of change: what it does, its fields, an example."""
    return "\n".join(_section(kind) for kind in c.KINDS)
