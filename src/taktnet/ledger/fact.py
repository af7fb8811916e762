"""The fact: the fixed-width record that every projection reads, lowered from an event.

An event has one or more facts: first (flag REVERSAL) the undone facts of the event it corrects,
then its own main fact, then one fact per card it names (flag CARD). The first of an event's
facts carries FIRST; all of them share its sequence number. Quantities and money are in millionths,
instants in microseconds since 1970 UTC, names are ids of `base.names`. A slot that a kind does
not use is 0. Slots by kind are the table `slots.SLOTS`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from enum import IntFlag
from operator import attrgetter
from typing import Any, cast

import numpy as np
from msgspec import Struct

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


_AT = {name: i for i, name in enumerate(FACT.names or ())}
_REF, _KIND, _FLAGS = _AT["ref"], _AT["kind"], _AT["flags"]
_FIRST, _CARD, _REVERSAL = int(Flag.FIRST), int(Flag.CARD), int(Flag.REVERSAL)
#: Slots that every kind fills in the same way.
_COMMON: dict[str, tuple[str, object]] = {
    "at": ("at", "time"),
    "site": ("site", Domain.SITE),
    "source": ("source", Domain.SOURCE),
    "tenant": ("tenant", Domain.TENANT),
}


class _Plan(Struct, frozen=True):
    """How one kind is lowered. The parts of `read`'s tuple are names, numbers, times, codes."""

    number: int
    read: Callable[[e.Event], tuple[Any, ...]]
    names: tuple[tuple[int, int, Mapping[str, int], Domain], ...]  # place in tuple, slot, ids
    numbers: tuple[tuple[int, int], ...]
    times: tuple[tuple[int, int], ...]
    codes: tuple[tuple[int, int, Mapping[object, int]], ...]
    counts: tuple[tuple[int, int], ...]
    cards: bool
    flags: Callable[[Any], int] | None


def _decided(event: e.DecisionTaken) -> int:
    return event.stale * int(Flag.STALE) | event.waiting * int(Flag.WAITING)


def _issued(event: e.CardIssued) -> int:
    return event.empty * int(Flag.EMPTY)


_OWN_FLAGS: dict[type[e.Event], Callable[[Any], int]] = {
    e.DecisionTaken: _decided,
    e.CardIssued: _issued,
}


def _plan(kind: type[e.Event], names: Names) -> _Plan:
    slots = [(_AT[slot], *how) for slot, how in {**_COMMON, **SLOTS[kind]}.items()]
    placed = [(i, slot, how) for i, (slot, _, how) in enumerate(slots)]
    return _Plan(
        number=e.NUMBER[kind],
        read=attrgetter(*[attribute for _, attribute, _ in slots]),
        names=tuple((i, s, names.ids(h), h) for i, s, h in placed if isinstance(h, Domain)),
        numbers=tuple((i, s) for i, s, h in placed if h == "qty"),
        times=tuple((i, s) for i, s, h in placed if h == "time"),
        codes=tuple(
            (i, s, cast(Mapping[object, int], h)) for i, s, h in placed if isinstance(h, dict)
        ),
        counts=tuple((i, s) for i, s, h in placed if h == "int"),
        cards="cards" in kind.__struct_fields__,
        flags=_OWN_FLAGS.get(kind),
    )


class Lowering:
    """Lowers events to facts over one dictionary of names, which it extends as it goes."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self._plans = {kind: _plan(kind, names) for kind in e.KINDS}

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
        plan = self._plans[type(event)]
        row = self._row(plan, event)
        row[2] = recorded
        row[_KIND] = plan.number
        if plan.flags is not None:
            flags |= plan.flags(event)
        if not undone and not plan.cards:
            row[_FLAGS] = flags | _FIRST
            return PACK.pack(*row)
        reversal = reverse(undone, recorded, undone_flags) if undone else b""
        row[_FLAGS] = flags if reversal else flags | _FIRST
        parts = [reversal, PACK.pack(*row)]
        for card in getattr(event, "cards", ()):
            row[_REF] = self.names.intern(Domain.REF, card)
            row[_FLAGS] = flags | _CARD
            parts.append(PACK.pack(*row))
        return b"".join(parts)

    def _row(self, plan: _Plan, event: e.Event) -> list[int]:
        """The slots of the main fact but for recorded time, kind and flags."""
        values, row = plan.read(event), [0] * 21
        for place, slot, ids, domain in plan.names:
            text = values[place]
            if text:
                number = ids.get(text)
                row[slot] = self.names.intern(domain, text) if number is None else number
        for place, slot in plan.numbers:
            quantity = values[place]
            if quantity is not None:
                row[slot] = millionths(quantity)
        for place, slot in plan.times:
            time = cast(datetime | None, values[place])
            if time is not None:
                since = time - EPOCH  # `micros` without a call
                seconds = since.days * 86_400 + since.seconds
                row[slot] = seconds * 1_000_000 + since.microseconds
        for place, slot, codes in plan.codes:
            row[slot] = codes[values[place]]
        for place, slot in plan.counts:
            row[slot] = int(values[place])
        return row


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
