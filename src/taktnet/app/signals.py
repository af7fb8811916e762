"""Decisions as people see them: what was decided, why, on what, and what became of it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

from taktnet.app.engine import OWN
from taktnet.app.ids import answer_id
from taktnet.base.errors import TaktnetError
from taktnet.ledger.event import DecisionApproved, DecisionDeclined, DecisionTaken
from taktnet.ledger.ledger import Ledger

Status = Literal["waiting", "taken", "sent", "acknowledged", "declined", "refused", "done"]


class UnknownDecision(TaktnetError):
    """No decision has this name."""


class NotWaiting(TaktnetError):
    """The decision waits for nobody (any more)."""


class Signal(Struct, frozen=True):
    """One decision; quantities in the item's unit, `seq` its row, `evidence` the rows behind it."""

    decision: str
    status: Status
    rule: str
    action: str
    item: str
    qty: float
    origin: str
    site: str
    loop: str
    at: datetime
    due: datetime | None
    stale: bool
    reason: str
    evidence: tuple[int, ...]
    seq: int


def find(ledger: Ledger, tenant: str, decision: str) -> DecisionTaken:
    """The decision of this name; raises UnknownDecision."""
    row = ledger.find(OWN, decision, tenant)
    if row is None or not isinstance(row.event, DecisionTaken):
        raise UnknownDecision(f"there is no decision {decision!r}; see `taktnet signals`")
    return row.event


def answer(
    decision: DecisionTaken, at: datetime, by: str, declined: bool = False, reason: str = ""
) -> DecisionApproved | DecisionDeclined:
    """The event by which a person lets a waiting decision go out, or stops it.

    Both have the same id, so the ledger keeps one answer for each decision.
    """
    common = {
        "source": OWN,
        "id": answer_id(decision.decision),
        "at": at,
        "site": decision.site,
        "tenant": decision.tenant,
        "cause": decision.id,
        "correlation": decision.correlation,
        "decision": decision.decision,
        "by": by,
    }
    if declined:
        return DecisionDeclined(**common, reason=reason)
    return DecisionApproved(**common)


def check_waiting(ledger: Ledger, decision: DecisionTaken) -> None:
    """Raise NotWaiting unless the decision still waits for a person."""
    if not decision.waiting:
        raise NotWaiting(f"decision {decision.decision} did not wait for anybody; it went out")
    row = ledger.find(OWN, answer_id(decision.decision), decision.tenant)
    if row is not None:
        done = "approved" if isinstance(row.event, DecisionApproved) else "declined"
        by = getattr(row.event, "by", "")
        raise NotWaiting(f"decision {decision.decision} was {done} by {by} already")
