"""The delivery line as it is measured: target, freeze, and what was said about it."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np

from taktnet.kpi.book import WAITING, number
from taktnet.kpi.exact import HOUR, Ints, Rows, pair
from taktnet.kpi.world import World
from taktnet.ledger import event as e
from taktnet.ledger.fact import BY, Flag

ORDER, CALLOFF, DECISION = number(e.OrderPlaced), number(e.CalloffPlaced), number(e.DecisionTaken)
SHIPPED, RECEIVED = number(e.GoodsShipped), number(e.GoodsReceived)
TAKEN_IN, ARRIVED = number(e.StockReceived), number(e.GoodsArrived)
CHANGED, CANCELLED = number(e.OrderChanged), number(e.OrderCancelled)
APPROVED = number(e.DecisionApproved)
OFF = (number(e.DecisionDeclined), number(e.SignalRefused))

#: Why a line is left out, by code.
LEFT_OUT = (
    "",
    "consigned stock",
    "no due window",
    "cancelled before freeze",
    "declined or refused",
    "waiting for approval",
)
CONSIGNED, NO_WINDOW, WITHDRAWN, REFUSED, WAITS = range(1, 6)

#: One line and how it came out. `time` is when it counts (due, or posted when late), `done` when
#: the accepted quantity was complete (0: open); quantities are capped at the ordered one.
LINE = np.dtype(
    [
        ("time", "<i8"),
        ("due", "<i8"),
        ("opens", "<i8"),
        ("asked", "<i8"),
        ("done", "<i8"),
        ("quoted", "<i8"),
        ("qty", "<i8"),
        ("received", "<i8"),
        ("accepted", "<i8"),
        ("group", "<i4"),
        ("ref", "<i4"),
        ("site", "<i4"),
        ("origin", "<i4"),
        ("item", "<i4"),
        ("lane", "<i4"),
        ("order", "<i4"),
        ("customer", "?"),
        ("strict_received", "?"),
        ("strict_accepted", "?"),
        ("contract", "?"),
        ("excused", "?"),
        ("out", "i1"),
    ]
)


def targets(placed: Rows, group: Ints, words: Rows, world: World, orders: dict[str, int]) -> Rows:
    """LINE rows of facts that place lines: what was asked, when, where; nothing delivered yet."""
    lines = np.zeros(len(placed), LINE)
    for name, slot in (("qty", "qty"), ("asked", "at"), ("ref", "ref"), ("item", "item")):
        lines[name] = placed[slot]
    lines["group"] = group
    own = placed["kind"] == DECISION
    width = world.settings.decision_window_h * HOUR
    lines["due"] = np.where(own, placed["t1"], placed["t2"])
    begin = np.where(placed["t2"] != 0, placed["t2"], placed["t1"] - width)
    lines["opens"] = np.where(own, begin, placed["t1"])
    lines["customer"] = placed["kind"] == ORDER
    lines["site"] = placed["site"]
    lines["origin"] = np.where(lines["customer"], placed["site"], placed["to"])
    lines["lane"] = np.where(own, world.local_lanes(np.where(own, placed["res"], 0)), 0)
    lines["out"][own & ((placed["flags"] & WAITING) != 0)] = WAITS
    _routes(lines, placed, world)
    _hear(lines, words, world.settings.freeze_h * HOUR)
    lines["out"][(lines["due"] == 0) & (lines["out"] == 0)] = NO_WINDOW
    late = (placed["flags"] & int(Flag.LATE)) != 0
    lines["time"] = np.where(late, np.maximum(lines["due"], placed["recorded"]), lines["due"])
    lines["order"] = _orders(lines["ref"], world, orders)
    return lines


def _routes(lines: Rows, placed: Rows, world: World) -> None:
    """Lane and quoted lead time of each line, and the mark of consigned stock."""
    keys = pair(lines["group"], lines["origin"])
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    lane, quoted, consigned = np.zeros((3, len(first)), np.int64)
    for k, i in enumerate(first.tolist()):
        row = placed[i]
        place = int(row["to"] if lines["customer"][i] else row["site"])
        lane[k], quoted[k] = world.route(int(lines["origin"][i]), place, int(row["item"]))
        consigned[k] = world.point(place, int(row["item"])).consigned
    lines["lane"] = np.where(lines["lane"] == 0, lane[inverse], lines["lane"])
    lines["quoted"] = quoted[inverse]
    lines["out"][consigned[inverse] != 0] = CONSIGNED


def _hear(lines: Rows, words: Rows, freeze: int) -> None:
    """Changes, cancellations, approvals and refusals, in the order in which they happened."""
    words = words[words["kind"] != ARRIVED]
    if not len(words):
        return
    said: defaultdict[int, list[Any]] = defaultdict(list)
    for word in words[np.lexsort((words["seq"], words["at"]))]:
        said[int(word["ref"])].append(word)
    for i in np.flatnonzero(np.isin(lines["ref"], words["ref"])).tolist():
        line = lines[i]
        for word in said[int(line["ref"])]:
            _apply(line, word, freeze)


def _apply(line: Any, word: Any, freeze: int) -> None:
    kind = int(word["kind"])
    buyer = word["reason"] == BY["buyer"]
    frozen = word["at"] >= max(line["asked"], line["opens"] - freeze)
    if kind == APPROVED and line["out"] == WAITS:
        line["out"] = 0
    elif kind in OFF and line["out"] in (0, WAITS):
        line["out"] = REFUSED
    elif kind in (CHANGED, CANCELLED) and frozen:
        line["excused"] |= buyer
    elif kind == CANCELLED and line["out"] in (0, WAITS):
        line["out"] = WITHDRAWN
    elif kind == CHANGED:
        for name, slot in (("qty", "qty"), ("opens", "t1"), ("due", "t2")):
            if word[slot]:
                line[name] = word[slot]


def _orders(refs: Ints, world: World, orders: dict[str, int]) -> Ints:
    """A number per order; an order is the line's name before the last separator."""
    unique, inverse = np.unique(refs, return_inverse=True)
    texts = [world.ref(ref) for ref in unique.tolist()]
    split = world.settings.order_separator
    heads = (t.rpartition(split)[0] or t if split else t for t in texts)
    return np.array([orders.setdefault(h, len(orders)) for h in heads], np.int64)[inverse]
