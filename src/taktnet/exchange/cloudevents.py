"""CloudEvents 1.0 in JSON, one (`application/cloudevents+json`) or a batch, as Taktnet events.

Source: CNCF CloudEvents 1.0.2 and its JSON event format. `type` is the kind (`stock.consumed/1`),
`source`, `id` and `time` are source, id and business time; `data` holds the kind's own fields.
The common fields `site`, `tenant`, `zone`, `cause`, `correlation`, `corrects` may stand in `data`
or as extension attributes; other extensions are passed over, as the specification wants.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

import msgspec

from taktnet.base.errors import Fault, InputFaults

ONE = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
_NAMES = {"type": "kind", "source": "source", "id": "id", "time": "at"}
_COMMON = ("site", "tenant", "zone", "cause", "correlation", "corrects")


def events(body: bytes, where: str, batch: bool) -> bytes:
    """The same events as a JSON array in Taktnet's own form, for the codec to read.

    Raises InputFaults that name every envelope that is not CloudEvents 1.0.
    """
    try:
        parsed = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputFaults([Fault(where, 0, "", f"no JSON ({error})", "JSON in UTF-8")]) from error
    if batch and not isinstance(parsed, list):
        raise InputFaults([Fault(where, 0, "", "no array", "a JSON array of CloudEvents")])
    faults: list[Fault] = []
    rows = parsed if batch else [parsed]
    plain = [_plain(row, where, n, faults) for n, row in enumerate(rows, 1)]
    if faults:
        raise InputFaults(faults)
    return msgspec.json.encode(plain)


def _plain(row: Any, where: str, n: int, faults: list[Fault]) -> dict[str, Any]:
    if not isinstance(row, dict):
        faults.append(Fault(where, n, "", type(row).__name__, "an object"))
        return {}
    if row.get("specversion") != "1.0":
        faults.append(Fault(where, n, "specversion", repr(row.get("specversion")), '"1.0"'))
    event = _data(row, where, n, faults)
    for theirs, ours in _NAMES.items():
        value = row.get(theirs)
        if not isinstance(value, str) or not value:
            faults.append(Fault(where, n, theirs, repr(value), "text that is not empty"))
        elif event.setdefault(ours, value) != value:
            remedy = f"Leave {ours} out of data."
            faults.append(Fault(where, n, f"data.{ours}", repr(event[ours]), repr(value), remedy))
    for name in _COMMON:
        if name in row:
            event.setdefault(name, row[name])
    return event


def _data(row: dict[str, Any], where: str, n: int, faults: list[Fault]) -> dict[str, Any]:
    data = row.get("data", {})
    if "data_base64" in row:
        try:
            data = msgspec.json.decode(base64.b64decode(row["data_base64"], validate=True))
        except (binascii.Error, TypeError, ValueError, RecursionError, msgspec.DecodeError):
            faults.append(Fault(where, n, "data_base64", "unreadable", "JSON in base64"))
            return {}
    if not isinstance(data, dict):
        faults.append(Fault(where, n, "data", type(data).__name__, "an object"))
        return {}
    return dict(data)
