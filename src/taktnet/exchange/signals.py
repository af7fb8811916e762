"""How a decision reads outside: the JSON that a partner gets."""

from __future__ import annotations

import msgspec

from taktnet.ledger.event import DecisionTaken, kind_name


def message(decision: DecisionTaken) -> bytes:
    """The signal as JSON: `id`, `type`, `timestamp` (when it was decided), `data`.

    The same decision always gives the same bytes, so a receiver may compare repeats. Sequence
    numbers of the evidence stay inside: they mean nothing without the ledger.
    """
    fields = msgspec.to_builtins(decision)
    for name in ("kind", "source", "id", "at", "tenant", "evidence", "waiting"):
        fields.pop(name, None)
    return msgspec.json.encode(
        {
            "id": decision.decision,
            "type": kind_name(decision),
            "timestamp": decision.at,
            "data": fields,
        }
    )
