"""The fact: the fixed-width record that every projection reads, lowered from an event.

An event has one or more facts: first (flag REVERSAL) the undone facts of the event it corrects,
then its own main fact, then one fact per card it names (flag CARD). The first of an event's
facts carries FIRST; all of them share its sequence number. Quantities and money are in millionths,
instants in microseconds since 1970 UTC, names are ids of `base.names`. A slot that a kind does
not use is 0. Slots by kind are the table `SLOTS`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import IntFlag
from typing import cast

import numpy as np

from taktnet.base.names import Domain, Names
from taktnet.ledger import event as e

FACT = np.dtype(
    [
        ("seq", "<i8"),
        ("at", "<i8"),
        ("recorded", "<i8"),
        ("qty", "<i8"),
        ("qty2", "<i8"),
        ("t1", "<i8"),
        ("t2", "<i8"),
        ("site", "<i4"),
        ("item", "<i4"),
        ("to", "<i4"),
        ("lot", "<i4"),
        ("ref", "<i4"),
        ("ref2", "<i4"),
        ("loop", "<i4"),
        ("res", "<i4"),
        ("source", "<i4"),
        ("tenant", "<i4"),
        ("kind", "<i2"),
        ("status", "i1"),
        ("reason", "i1"),
        ("flags", "<i4"),
    ]
)
PACK = struct.Struct("<7q10ihbbi")
assert PACK.size == FACT.itemsize == 104

MILLION = 1_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Flag(IntFlag):
    """Bits of `flags`."""

    FIRST = 1  # the first fact of its event
    REVERSAL = 2  # undo: the same slots as the undone fact
    CARD = 4  # one named card of the event; `ref` is the card
    LATE = 8  # posted into an open period although it belongs to a closed one
    SKEWED = 16  # business time lies after recorded time by more than the tolerance
    STALE = 32  # a decision taken on stale data
    WAITING = 64  # a decision that waits for a person
    EMPTY = 128  # a card issued detached


STATUS = {"available": 0, "held": 1, "inspection": 2}
BY = {"buyer": 0, "seller": 1}
STOP = {
    "breakdown": 0,
    "stockout": 1,
    "hold": 2,
    "quality": 3,
    "changeover": 4,
    "planned": 5,
    "other": 6,
}
COMPONENT = {
    name: n
    for n, name in enumerate(
        (
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
        )
    )
}
BASIS = {"estimate": 0, "invoice": 1}
RULE = {
    name: n
    for n, name in enumerate(
        ("production", "withdrawal", "two_bin", "signal", "conwip", "base_stock", "sS", "RQ"), 1
    )
}
ACTION = {"produce": 0, "move": 1, "buy": 2}

_D = Domain
#: kind -> {slot: (attribute, how)}; how is a Domain (a name), "qty" (millionths), "time",
#: "int", or a dict of codes. `site` and `at` are the same for all kinds.
SLOTS: dict[type[e.Event], dict[str, tuple[str, object]]] = {
    e.OrderPlaced: {
        "ref": ("order", _D.REF),
        "to": ("party", _D.SITE),
        "item": ("item", _D.ITEM),
        "qty": ("qty", "qty"),
        "qty2": ("price", "qty"),
        "lot": ("currency", _D.CURRENCY),
        "t1": ("window_start", "time"),
        "t2": ("window_end", "time"),
    },
    e.OrderChanged: {
        "ref": ("order", _D.REF),
        "qty": ("qty", "qty"),
        "reason": ("by", BY),
        "t1": ("window_start", "time"),
        "t2": ("window_end", "time"),
    },
    e.OrderCancelled: {"ref": ("order", _D.REF), "reason": ("by", BY)},
    e.ForecastPublished: {
        "item": ("item", _D.ITEM),
        "qty": ("qty", "qty"),
        "qty2": ("days", "qty"),
        "t1": ("start", "time"),
        "ref": ("version", _D.REF),
    },
    e.CalloffPlaced: {
        "ref": ("order", _D.REF),
        "to": ("origin", _D.SITE),
        "item": ("item", _D.ITEM),
        "qty": ("qty", "qty"),
        "qty2": ("price", "qty"),
        "lot": ("currency", _D.CURRENCY),
        "loop": ("loop", _D.LOOP),
        "t1": ("window_start", "time"),
        "t2": ("window_end", "time"),
    },
    e.StockCounted: {
        "item": ("item", _D.ITEM),
        "qty": ("qty", "qty"),
        "lot": ("lot", _D.LOT),
        "status": ("status", STATUS),
    },
    e.StockConsumed: {
        "item": ("item", _D.ITEM),
        "qty": ("qty", "qty"),
        "lot": ("lot", _D.LOT),
        "res": ("resource", _D.RESOURCE),
        "ref2": ("order", _D.REF),
    },
    e.StockProduced: {
        "item": ("item", _D.ITEM),
        "qty": ("qty", "qty"),
        "lot": ("lot", _D.LOT),
        "res": ("resource", _D.RESOURCE),
        "ref2": ("order", _D.REF),
        "qty2": ("scrap", "qty"),
        "status": ("status", STATUS),
    },
    e.StockReceived: {
        "item": ("item", _D.ITEM),
        "qty": ("qty", "qty"),
        "lot": ("lot", _D.LOT),
        "to": ("origin", _D.SITE),
        "ref2": ("order", _D.REF),
        "status": ("status", STATUS),
    },
    e.StockMoved: {
        "item": ("item", _D.ITEM),
        "qty": ("qty", "qty"),
        "lot": ("lot", _D.LOT),
        "to": ("to", _D.SITE),
    },
    e.StockScrapped: {
        "item": ("item", _D.ITEM),
        "qty": ("qty", "qty"),
        "lot": ("lot", _D.LOT),
        "status": ("status", STATUS),
    },
    e.StockHeld: {"item": ("item", _D.ITEM), "qty": ("qty", "qty"), "lot": ("lot", _D.LOT)},
    e.StockReleased: {
        "item": ("item", _D.ITEM),
        "qty": ("qty", "qty"),
        "lot": ("lot", _D.LOT),
        "status": ("status", STATUS),
    },
    e.CardPulled: {"loop": ("loop", _D.LOOP), "ref": ("card", _D.REF)},
    e.CardReturned: {"loop": ("loop", _D.LOOP), "ref": ("card", _D.REF)},
    e.CardIssued: {"loop": ("loop", _D.LOOP), "ref": ("card", _D.REF)},
    e.CardWithdrawn: {"loop": ("loop", _D.LOOP), "ref": ("card", _D.REF)},
    e.LotStarted: {
        "ref": ("order", _D.REF),
        "item": ("item", _D.ITEM),
        "qty": ("qty", "qty"),
        "res": ("resource", _D.RESOURCE),
        "lot": ("lot", _D.LOT),
        "loop": ("loop", _D.LOOP),
    },
    e.LotFinished: {
        "ref": ("order", _D.REF),
        "item": ("item", _D.ITEM),
        "qty": ("qty", "qty"),
        "res": ("resource", _D.RESOURCE),
        "lot": ("lot", _D.LOT),
        "qty2": ("scrap", "qty"),
    },
    e.GoodsShipped: {
        "ref": ("shipment", _D.REF),
        "ref2": ("order", _D.REF),
        "to": ("to", _D.SITE),
        "item": ("item", _D.ITEM),
        "qty": ("qty", "qty"),
        "lot": ("lot", _D.LOT),
        "loop": ("loop", _D.LOOP),
        "res": ("lane", _D.LANE),
        "t1": ("eta", "time"),
        "t2": ("promised", "time"),
    },
    e.GoodsPosition: {
        "ref": ("shipment", _D.REF),
        "qty": ("latitude", "qty"),
        "qty2": ("longitude", "qty"),
        "t1": ("eta", "time"),
    },
    e.GoodsArrived: {"ref": ("shipment", _D.REF)},
    e.GoodsReceived: {
        "ref": ("shipment", _D.REF),
        "ref2": ("order", _D.REF),
        "item": ("item", _D.ITEM),
        "qty": ("qty", "qty"),
        "qty2": ("rejected", "qty"),
        "lot": ("lot", _D.LOT),
        "status": ("status", STATUS),
    },
    e.ResourceStopped: {
        "res": ("resource", _D.RESOURCE),
        "reason": ("reason", STOP),
        "item": ("item", _D.ITEM),
        "ref": ("root", _D.REF),
    },
    e.ResourceStarted: {"res": ("resource", _D.RESOURCE)},
    e.ScheduleFrozen: {
        "ref": ("schedule", _D.REF),
        "res": ("resource", _D.RESOURCE),
        "item": ("item", _D.ITEM),
        "qty": ("qty", "qty"),
        "qty2": ("position", "int"),
        "lot": ("lot", _D.LOT),
        "t1": ("start", "time"),
        "t2": ("end", "time"),
    },
    e.NetworkChanged: {},
    e.CostCharged: {
        "status": ("component", COMPONENT),
        "qty2": ("amount", "qty"),
        "qty": ("qty", "qty"),
        "lot": ("currency", _D.CURRENCY),
        "item": ("item", _D.ITEM),
        "ref": ("shipment", _D.REF),
        "to": ("origin", _D.SITE),
        "res": ("lane", _D.LANE),
        "reason": ("basis", BASIS),
        "ref2": ("invoice", _D.REF),
    },
    e.PeriodClosed: {"t1": ("until", "time")},
    e.EventVoided: {},
    e.DecisionTaken: {
        "ref": ("decision", _D.REF),
        "status": ("rule", RULE),
        "reason": ("action", ACTION),
        "item": ("item", _D.ITEM),
        "qty": ("qty", "qty"),
        "qty2": ("containers", "int"),
        "to": ("origin", _D.SITE),
        "loop": ("loop", _D.LOOP),
        "res": ("lane", _D.LANE),
        "t1": ("due", "time"),
        "t2": ("due_from", "time"),
    },
    e.DecisionApproved: {"ref": ("decision", _D.REF)},
    e.DecisionDeclined: {"ref": ("decision", _D.REF)},
    e.SignalSent: {"ref": ("decision", _D.REF), "qty2": ("attempt", "int")},
    e.SignalAcknowledged: {"ref": ("decision", _D.REF), "t1": ("promised", "time")},
    e.SignalRefused: {"ref": ("decision", _D.REF)},
}

_AT = {name: i for i, name in enumerate(FACT.names or ())}
_SITE, _SOURCE, _TENANT = _AT["site"], _AT["source"], _AT["tenant"]
_KIND, _FLAGS = _AT["kind"], _AT["flags"]
_FIRST, _CARD = int(Flag.FIRST), int(Flag.CARD)


def micros(instant: datetime) -> int:
    """Microseconds since 1970 UTC, exactly."""
    return (instant - EPOCH) // _MICROSECOND


def instant(us: int) -> datetime:
    """The UTC instant of `micros`."""
    return EPOCH + timedelta(microseconds=us)


def _reader(attribute: str, how: object, names: Names) -> Callable[[e.Event], int]:
    if isinstance(how, Domain):
        intern, domain = names.intern, how
        return lambda ev: intern(domain, getattr(ev, attribute))
    if isinstance(how, dict):
        codes = cast(dict[str, int], how)
        return lambda ev: codes[getattr(ev, attribute)]
    if how == "time":
        return lambda ev: 0 if (t := getattr(ev, attribute)) is None else micros(t)
    if how == "qty":
        return lambda ev: 0 if (q := getattr(ev, attribute)) is None else round(q * MILLION)
    return lambda ev: int(getattr(ev, attribute))


class Lowering:
    """Lowers events to facts over one dictionary of names, which it extends as it goes."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self._plans = {
            kind: tuple(
                (_AT[slot], _reader(attribute, how, names))
                for slot, (attribute, how) in slots.items()
            )
            for kind, slots in SLOTS.items()
        }

    def facts(
        self,
        event: e.Event,
        recorded: int,
        flags: int = 0,
        undone: bytes = b"",
        undone_flags: int = 0,
    ) -> bytes:
        """The packed facts of `event` (n x 104 bytes), sequence numbers still 0.

        `undone` are the packed facts of the event it corrects; reversals in them are left out.
        `undone_flags` are set on the facts that undo (LATE, when that event's period is closed).
        """
        intern = self.names.intern
        row = [0] * len(_AT)
        row[1] = micros(event.at)
        row[2] = recorded
        row[_SITE] = intern(Domain.SITE, event.site)
        row[_SOURCE] = intern(Domain.SOURCE, event.source)
        row[_TENANT] = intern(Domain.TENANT, event.tenant)
        kind = type(event)
        row[_KIND] = e.NUMBER[kind]
        for slot, read in self._plans[kind]:
            row[slot] = read(event)
        flags |= _decision_flags(event)
        cards = getattr(event, "cards", ())
        reversal = reverse(undone, recorded, undone_flags) if undone else b""
        row[_FLAGS] = flags if reversal else flags | _FIRST
        main = PACK.pack(*row)
        if not cards:
            return reversal + main
        parts = [reversal, main]
        for card in cards:
            row[_AT["ref"]] = intern(Domain.REF, card)
            row[_FLAGS] = flags | _CARD
            parts.append(PACK.pack(*row))
        return b"".join(parts)


def _decision_flags(event: e.Event) -> int:
    if isinstance(event, e.DecisionTaken):
        return event.stale * int(Flag.STALE) | event.waiting * int(Flag.WAITING)
    if isinstance(event, e.CardIssued):
        return event.empty * int(Flag.EMPTY)
    return 0


def reverse(undone: bytes, recorded: int, flags: int = 0) -> bytes:
    """The facts that undo `undone`: REVERSAL and `flags` set, FIRST on the first, the rest same.

    Business time stays too: history by business time must cancel where it happened.
    """
    rows = np.frombuffer(undone, FACT).copy()
    rows = rows[(rows["flags"] & int(Flag.REVERSAL)) == 0]
    rows["seq"], rows["recorded"] = 0, recorded
    rows["flags"] = (rows["flags"] & ~_FIRST) | int(Flag.REVERSAL) | flags
    if len(rows):
        rows["flags"][0] |= _FIRST
    return rows.tobytes()
