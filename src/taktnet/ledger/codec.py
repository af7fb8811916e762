"""Events from and to bytes: JSON array, single object or NDJSON in; canonical JSON out.

Canonical form, the bytes that are hashed and proved: `kind` first, then the fields in the order
of their class; fields at their default left out; instants in UTC ending in `Z`; numbers as the
shortest decimal that reads back the same; text as UTF-8, unescaped where JSON allows; keys of a
mapping sorted; no blanks. The same content gives the same bytes, however it was sent.

Input is decoded as one; only when that fails is it taken apart, event by event and field by
field, so that its sender gets every fault at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Any, Literal

import msgspec
from msgspec import Raw, Struct

from taktnet.base.errors import Fault, InputFaults
from taktnet.ledger import event as e
from taktnet.ledger.event import AnyEvent
from taktnet.ledger.rules import check, is_plain, tidy
from taktnet.ledger.wording import object_faults, shown

Form = Literal["json", "ndjson"]


class Limits(Struct, frozen=True):
    """How much is read in one piece; more is a fault, not a crash."""

    total_bytes: int = 64 * 1024 * 1024
    events: int = 200_000


LIMITS = Limits()

#: An event as it will be read back, its canonical bytes, and what is wrong with it.
Settled = tuple[AnyEvent, bytes, tuple[Fault, ...]]

_ONE = msgspec.json.Decoder(AnyEvent)
_MANY = msgspec.json.Decoder(list[AnyEvent])
_RAWS = msgspec.json.Decoder(list[Raw])
_ENCODER = msgspec.json.Encoder(order="deterministic")
_BOM = b"\xef\xbb\xbf"

#: What msgspec raises for bytes from outside; nothing else is expected, so nothing else is caught.
_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, OverflowError)


def encode(event: AnyEvent) -> bytes:
    """The canonical bytes of `event`, which is sound."""
    return _ENCODER.encode(tidy(event))


def decode_one(body: bytes) -> AnyEvent:
    """The event of stored canonical bytes; raises msgspec.MsgspecError if they are not one."""
    return _ONE.decode(body)


def settled(event: AnyEvent) -> Settled:
    """`event` as it will be read back, its canonical bytes, and what is wrong with it.

    For events made in Python, whose constructor checks nothing: types and limits are checked by
    reading the bytes back, meaning by the rules of its kind. Bytes are empty if there are faults.
    """
    try:
        body = _ENCODER.encode(event)
        again = _ONE.decode(body)
    except (*_UNREADABLE, TypeError, ValueError) as problem:
        return event, b"", _faults_of_value(event, problem)
    escapes = b"\\" in body
    try:
        if not escapes and event == again and is_plain(event):
            return event, body, ()
    except (AttributeError, TypeError, ValueError):
        pass  # made with a text for an instant, a NaN or the like: looked at closely below
    return _closely(event, again, escapes)


def _closely(event: AnyEvent, again: AnyEvent, escapes: bool) -> Settled:
    for name in event.__struct_fields__:
        value = getattr(event, name)
        if isinstance(value, bytes) or (isinstance(value, float) and not isfinite(value)):
            return event, b"", (Fault("event", 0, name, repr(value), "a text or a number"),)
    try:
        again = tidy(again)
    except OverflowError as problem:
        return event, b"", _faults_of_value(event, problem)
    faults = check(again, escapes=escapes)
    return (event, b"", tuple(faults)) if faults else (again, _ENCODER.encode(again), ())


def decode(
    data: bytes, form: Form = "json", where: str = "events", limits: Limits = LIMITS
) -> list[AnyEvent]:
    """The events of a JSON array, a single JSON object, or NDJSON, checked and in UTC.

    Raises InputFaults with every fault of every event: `where` names the input, `row` the event's
    position counting from 1 (the line, for NDJSON).
    """
    data = data.removeprefix(_BOM)
    if len(data) > limits.total_bytes:
        remedy = "Send it in parts."
        wanted = f"at most {limits.total_bytes} bytes"
        raise InputFaults([Fault(where, 0, "", f"{len(data)} bytes", wanted, remedy)])
    if form == "ndjson":
        return _decode_lines(data, where, limits)
    if data.lstrip()[:1] == b"{":
        return _decode_items([(1, data)], where, limits)
    events = _all_at_once(data)
    if events is None or len(events) > limits.events:
        return _decode_items(_split(data, where), where, limits)
    return events


def _all_at_once(data: bytes) -> list[AnyEvent] | None:
    """All events of a JSON array, or None if anything is wrong with any of them."""
    escapes = b"\\" in data
    try:
        events = _MANY.decode(data)
        if escapes or not all(map(is_plain, events)):
            events = [event if is_plain(event) else tidy(event) for event in events]
            if any(check(event, escapes=escapes) for event in events):
                return None
    except _UNREADABLE:
        return None
    return events


def _split(data: bytes, where: str) -> list[tuple[int, bytes]]:
    try:
        raws = _RAWS.decode(data)
    except _UNREADABLE as problem:
        raise InputFaults(
            [_unreadable(data, problem, where, 0, "a JSON array of events")]
        ) from None
    return [(n, bytes(raw)) for n, raw in enumerate(raws, start=1)]


def _decode_lines(data: bytes, where: str, limits: Limits) -> list[AnyEvent]:
    lines = data.split(b"\n")
    return _decode_items([(n, x) for n, x in enumerate(lines, 1) if x.strip()], where, limits)


def _decode_items(items: Sequence[tuple[int, bytes]], where: str, limits: Limits) -> list[AnyEvent]:
    """Each item on its own; all faults of all items together."""
    if len(items) > limits.events:
        wanted = f"at most {limits.events} events"
        fault = Fault(where, 0, "", f"{len(items)} events", wanted, "Send them in parts.")
        raise InputFaults([fault])
    events: list[AnyEvent] = []
    faults: list[Fault] = []
    for row, item in items:
        try:
            event = _ONE.decode(item)
            if b"\\" in item or not is_plain(event):
                event = tidy(event)
                faults += check(event, where, row)
        except _UNREADABLE as problem:
            faults += _item_faults(item, problem, where, row)
        else:
            events.append(event)
    if faults:
        raise InputFaults(faults)
    return events


def _item_faults(item: bytes, problem: Exception, where: str, row: int) -> list[Fault]:
    try:
        value: Any = msgspec.json.decode(item)
    except _UNREADABLE as worse:
        return [_unreadable(item, worse, where, row, "one event as a JSON object")]
    return object_faults(value, where, row) or [Fault(where, row, "", str(problem), "an event")]


def _unreadable(data: bytes, problem: Exception, where: str, row: int, wanted: str) -> Fault:
    if isinstance(problem, RecursionError):
        return Fault(where, row, "", "brackets nested too deep", wanted)
    if isinstance(problem, UnicodeDecodeError):
        return Fault(where, row, "", "bytes that are not UTF-8", wanted, "Save it as UTF-8.")
    if not data.strip():
        return Fault(where, row, "", "nothing", wanted)
    text = str(problem)
    if isinstance(problem, msgspec.ValidationError) and "out of range" in text:
        return Fault(where, row, "", "a number out of range", "numbers up to 1e308")
    if isinstance(problem, msgspec.ValidationError):
        try:
            return Fault(where, row, "", shown(msgspec.json.decode(data)), wanted)
        except _UNREADABLE as worse:  # the wrong value came first, then broken JSON
            text = str(worse)
    remedy = ""
    if "invalid character" in text and any(w in data for w in (b"NaN", b"Infinity")):
        remedy = "JSON has no NaN or Infinity: leave the field out or send a number."
    return Fault(where, row, "", f"broken JSON ({text})", wanted, remedy)


def _faults_of_value(event: AnyEvent, problem: Exception) -> tuple[Fault, ...]:
    """Field by field what keeps an event made in Python from being written and read back."""
    value = {"kind": e.kind_name(event), **msgspec.structs.asdict(event)}
    found = object_faults(value, "event", 0)
    return tuple(found) or (Fault("event", 0, "", str(problem), "an event"),)
