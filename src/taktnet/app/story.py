"""The story around one row of the ledger: from event to decision to signal, and back."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from msgspec import Struct

from taktnet.app.engine import OWN
from taktnet.base.names import Domain, Names
from taktnet.ledger import event as e
from taktnet.ledger.event import NUMBER, AnyEvent, DecisionTaken
from taktnet.ledger.fact import Flag
from taktnet.ledger.ledger import Ledger, Recorded

_WINDOW = 4096
_MOST = 400_000  # rows behind an event that are looked at for what came of it
_ABOUT_DECISIONS = (
    e.DecisionApproved,
    e.DecisionDeclined,
    e.SignalSent,
    e.SignalAcknowledged,
    e.SignalRefused,
)
_SIGNALS = tuple(NUMBER[kind] for kind in _ABOUT_DECISIONS)
_DECISION = NUMBER[DecisionTaken]


class Chain(Struct, frozen=True):
    """The story of one row, each part in the order of the ledger.

    `causes` led to it (for a decision: its evidence), `decisions` rest on it, `signals` are what
    was sent, approved or answered about them, `follows` what later events refer to them.
    """

    row: Recorded
    causes: tuple[Recorded, ...]
    decisions: tuple[Recorded, ...]
    signals: tuple[Recorded, ...]
    follows: tuple[Recorded, ...]


def chain(
    ledger: Ledger, seq: int, covers: Callable[[Recorded], bool] = lambda _: True, limit: int = 50
) -> Chain | None:
    """The story of row `seq`, at most `limit` rows a part; None where there is no such row.

    Rows that are not covered are left out as if they were not there (see `history.Sight`).
    """
    rows = ledger.read(seq - 1, 1) if seq > 0 else []
    if not rows or rows[0].seq != seq or not covers(rows[0]):
        return None
    row = rows[0]
    own = isinstance(row.event, DecisionTaken)
    decisions = [row] if own else list(filter(covers, _resting_on(ledger, seq, limit)))
    refs = [_ref(ledger.names, d.event) for d in decisions]
    about, follows = _about(ledger, refs, seq, limit)
    shown = () if own else tuple(decisions)
    causes, signals, later = (
        tuple(filter(covers, rows)) for rows in (_causes(ledger, row, limit), about, follows)
    )
    return Chain(row, causes, shown, signals, later)


def _ref(names: Names, event: AnyEvent) -> int:
    return names.find(Domain.REF, getattr(event, "decision", ""))


def _causes(ledger: Ledger, row: Recorded, limit: int) -> list[Recorded]:
    event = row.event
    if isinstance(event, DecisionTaken) and event.evidence:
        found = (ledger.read(seq - 1, 1) for seq in sorted(set(event.evidence))[-limit:])
        return [rows[0] for rows in found if rows]
    names = [event.cause, getattr(event, "decision", "")]
    seen: dict[int, Recorded] = {}
    for name in filter(None, names):
        for source in dict.fromkeys((event.source, OWN)):
            cause = ledger.find(source, name, event.tenant)
            if cause is not None and cause.seq != row.seq:
                seen[cause.seq] = cause
    return [seen[seq] for seq in sorted(seen)]


def _resting_on(ledger: Ledger, seq: int, limit: int) -> list[Recorded]:
    """Decisions whose evidence names row `seq`; they stand behind it, mostly right behind."""
    found: list[Recorded] = []
    looked = 0
    for facts in ledger.facts(seq, min(ledger.head.seq, seq + _MOST), _WINDOW):
        for at in np.unique(facts["seq"][facts["kind"] == _DECISION]).tolist():
            row = ledger.read(at - 1, 1)[0]
            looked += 1
            if isinstance(row.event, DecisionTaken) and seq in row.event.evidence:
                found.append(row)
            if len(found) >= limit or looked >= 20 * limit:
                return found
    return found


def _about(
    ledger: Ledger, refs: list[int], seq: int, limit: int
) -> tuple[list[Recorded], list[Recorded]]:
    signals: list[Recorded] = []
    follows: list[Recorded] = []
    if not refs:
        return signals, follows
    for facts in ledger.facts(seq, min(ledger.head.seq, seq + _MOST), _WINDOW):
        named = np.isin(facts["ref"], refs) | np.isin(facts["ref2"], refs)
        named &= (facts["kind"] != _DECISION) & ((facts["flags"] & int(Flag.REVERSAL)) == 0)
        for at in np.unique(facts["seq"][named]).tolist():
            row = ledger.read(at - 1, 1)[0]
            part = signals if NUMBER[type(row.event)] in _SIGNALS else follows
            if len(part) < limit:
                part.append(row)
    return signals, follows
