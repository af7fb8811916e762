"""The fact: the fixed-width record that every projection reads, lowered from an event.

An event has one or more facts: first (flag REVERSAL) the undone facts of the event it corrects,
then its own main fact, then one fact per card it names (flag CARD). The first of an event's
facts carries FIRST; all of them share its sequence number. Quantities and money are in millionths,
instants in microseconds since 1970 UTC, names are ids of `base.names`. A slot that a kind does
not use is 0. Slots by kind are the table `slots.SLOTS`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from decimal import Decimal
from enum import IntFlag
from typing import Any

import numpy as np

from taktnet.base.calendars import EPOCH, instant, micros
from taktnet.base.names import Domain, Names
from taktnet.ledger import event as e
from taktnet.ledger.slots import ACTION, BASIS, BY, COMPONENT, RULE, SLOTS, STATUS, STOP

__all__ = [
    "ACTION",
    "BASIS",
    "BY",
    "COMPONENT",
    "EPOCH",
    "FACT",
    "MILLION",
    "PACK",
    "RULE",
    "SLOTS",
    "STATUS",
    "STOP",
    "Flag",
    "Lowering",
    "instant",
    "micros",
    "millionths",
    "reverse",
]

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
_DIRECT = 2e9


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


def millionths(number: float) -> int:
    """A quantity or an amount of money in millionths, exactly the decimal it is written as."""
    if -_DIRECT < number < _DIRECT:
        return round(number * 1e6)  # the product is off by less than half a millionth
    return int(Decimal(repr(number)).scaleb(6).to_integral_value())


_FIRST, _CARD, _REVERSAL = int(Flag.FIRST), int(Flag.CARD), int(Flag.REVERSAL)
#: Slots that every kind fills in the same way.
_COMMON: dict[str, tuple[str, object]] = {
    "at": ("at", "time"),
    "site": ("site", Domain.SITE),
    "source": ("source", Domain.SOURCE),
    "tenant": ("tenant", Domain.TENANT),
}


def _decided(event: e.DecisionTaken) -> int:
    return event.stale * int(Flag.STALE) | event.waiting * int(Flag.WAITING)


def _issued(event: e.CardIssued) -> int:
    return event.empty * int(Flag.EMPTY)


_OWN_FLAGS: dict[type[e.Event], Callable[[Any], int]] = {
    e.DecisionTaken: _decided,
    e.CardIssued: _issued,
}


_CARDED = frozenset(kind for kind in e.KINDS if "cards" in kind.__struct_fields__)
#: How a slot is filled from its field.
_NAMED = "{slot} = ids_{slot}(v) or intern(how_{slot}, v) if (v := event.{field}) else 0"
_CODED = "{slot} = how_{slot}[event.{field}]"
_FILLED = {
    "qty": "{slot} = millionths(v) if (v := event.{field}) is not None else 0",
    "time": "{slot} = micros(v) if (v := event.{field}) is not None else 0",
    "int": "{slot} = int(event.{field})",
}


def _packing(kind: type[e.Event], names: Names) -> Callable[..., bytes]:
    """The function (event, recorded, flags, card=None) that packs one fact of a kind.

    Its text is made from the table of slots, a line for each, which takes half the time of a loop
    over the table. `card`, if given, stands in the slot `ref`.
    """
    slots = {**_COMMON, **SLOTS[kind]}
    known: dict[str, Any] = {"intern": names.intern, "millionths": millionths, "micros": micros}
    known["pack"] = PACK.pack
    lines = ["def packed(event, recorded, flags, card=None):", f"kind = {e.NUMBER[kind]}"]
    for slot, (field, how) in slots.items():
        form = _FILLED[how] if isinstance(how, str) else _CODED
        known[f"how_{slot}"] = how
        if isinstance(how, Domain):
            form, known[f"ids_{slot}"] = _NAMED, names.ids(how).get
        lines.append(form.format(slot=slot, field=field))
    lines.append("if card is not None: ref = card")
    given = {"recorded", "kind", "flags", *slots}
    told = ", ".join(name if name in given else "0" for name in FACT.names or ())
    exec("\n ".join([*lines, f"return pack({told})"]), known)  # noqa: S102 - of our own table
    return known["packed"]


class Lowering:
    """Lowers events to facts over one dictionary of names, which it extends as it goes."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self._packing: dict[type[e.Event], Callable[..., bytes]] = {}

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
        kind = type(event)
        packed = self._packing.get(kind)
        if packed is None:
            packed = self._packing[kind] = _packing(kind, self.names)
        if kind in _OWN_FLAGS:
            flags |= _OWN_FLAGS[kind](event)
        if not undone and kind not in _CARDED:
            return packed(event, recorded, flags | _FIRST)
        reversal = reverse(undone, recorded, undone_flags) if undone else b""
        parts = [reversal, packed(event, recorded, flags if reversal else flags | _FIRST)]
        for card in getattr(event, "cards", ()):
            number = self.names.intern(Domain.REF, card)
            parts.append(packed(event, recorded, flags | _CARD, number))
        return b"".join(parts)


def reverse(undone: bytes, recorded: int, flags: int = 0) -> bytes:
    """The facts that undo `undone`: REVERSAL and `flags` set, FIRST on the first, the rest same.

    Business time stays too: history by business time must cancel where it happened.
    """
    rows = np.frombuffer(undone, FACT).copy()
    rows = rows[(rows["flags"] & _REVERSAL) == 0]
    rows["seq"], rows["recorded"] = 0, recorded
    rows["flags"] = (rows["flags"] & ~_FIRST) | _REVERSAL | flags
    if len(rows):
        rows["flags"][0] |= _FIRST
    return rows.tobytes()
