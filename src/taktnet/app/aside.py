"""Events that were not recorded and not dropped: conflicts, and corrections that wait."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from taktnet.ledger.codec import decode_one, encode
from taktnet.ledger.event import AnyEvent
from taktnet.ledger.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Aside:
    """An event kept aside since `recorded` (microseconds since 1970 UTC), with its content.

    conflict: its key, or the correction of `corrects`, was taken already. parked: it corrects an
    event that has not come.
    """

    outcome: Literal["conflict", "parked"]
    recorded: int
    source: str
    id: str
    corrects: str
    body: str
    event: AnyEvent


def set_aside(ledger: Ledger) -> list[Aside]:
    """All that was set aside, newest first."""
    found = [
        _aside("conflict", recorded, body) for recorded, _source, _id, body in ledger.conflicts()
    ]
    found += [_aside("parked", one.recorded, encode(one.event)) for one in ledger.parked()]
    return sorted(found, key=lambda one: -one.recorded)


def _aside(outcome: Literal["conflict", "parked"], recorded: int, body: bytes) -> Aside:
    event = decode_one(body)
    told = event.source, event.id, event.corrects
    return Aside(outcome, recorded, *told, body.decode(), event)
