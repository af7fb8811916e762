"""Values of the product as JSON for the doors: rows, numbers, instants, fractions."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from enum import Enum
from fractions import Fraction
from typing import Any

import msgspec
import numpy as np

from taktnet.ledger.fact import instant
from taktnet.ledger.ledger import Recorded


def _hook(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, Fraction):
        return str(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.value
    raise TypeError(f"no JSON for {type(value).__name__}")


_ENCODER = msgspec.json.Encoder(enc_hook=_hook, decimal_format="number")


def to_json(value: Any) -> bytes:
    """JSON in UTF-8; numbers that are not finite become null."""
    return _ENCODER.encode(value)


def plain(value: Any) -> Any:
    """The same as dicts, lists, texts and numbers."""
    return msgspec.json.decode(to_json(value))


def recorded_row(row: Recorded) -> dict[str, Any]:
    """A row of the ledger: number, recorded time, hash, and the event."""
    when: datetime = instant(row.recorded)
    return {"seq": row.seq, "recorded": when, "hash": row.hash.hex(), "event": row.event}
