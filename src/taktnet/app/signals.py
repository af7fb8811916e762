"""Decisions as people see them: what was decided, why, on what, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from taktnet.app.engine import OWN
from taktnet.app.ids import answer_id
from taktnet.app.parts import Parts
from taktnet.app.writer import Closed
from taktnet.base.errors import TaktnetError
from taktnet.ledger.event import DecisionApproved, DecisionDeclined, DecisionTaken
from taktnet.ledger.fact import instant
from taktnet.ledger.ledger import Ledger, Receipt
from taktnet.state import State
from taktnet.state.rows import Decision


class UnknownDecision(TaktnetError):
    """No decision has this name."""


class NotWaiting(TaktnetError):
    """The decision waits for nobody (any more)."""


@dataclass(frozen=True, slots=True)
class Signal:
    """A decision as the state knows it, with why it was taken: `evidence` are rows, as is `seq`."""

    decision: Decision
    reason: str
    evidence: tuple[int, ...]
    seq: int


@dataclass(frozen=True, slots=True)
class SignalPage:
    """Some signals, newest first, of `total` that fit; `counts` of all by status."""

    total: int
    counts: dict[str, int]
    rows: tuple[Signal, ...]


def signal_page(
    ledger: Ledger,
    state: State,
    tenant: str,
    *,
    status: str = "",
    site: str = "",
    limit: int = 100,
    offset: int = 0,
) -> SignalPage:
    """The newest decisions still remembered, of one status, to or from one site if given."""
    decisions = state.decisions(closed=True)[::-1]
    if site:
        decisions = [one for one in decisions if site in (one.site, one.origin)]
    counts: dict[str, int] = {}
    for one in decisions:
        counts[one.status] = counts.get(one.status, 0) + 1
    fitting = [one for one in decisions if not status or one.status == status]
    shown = fitting[offset : offset + limit]
    rows = tuple(_signal(ledger, one, tenant) for one in shown)
    return SignalPage(len(fitting), counts, rows)


def _signal(ledger: Ledger, decision: Decision, tenant: str) -> Signal:
    row = ledger.find(OWN, decision.decision, tenant)
    if row is None or not isinstance(row.event, DecisionTaken):
        return Signal(decision, "", (), 0)
    return Signal(decision, row.event.reason, row.event.evidence, row.seq)


def respond(
    parts: Parts, decision: str, by: str, *, declined: bool = False, reason: str = ""
) -> Receipt:
    """Record a person's answer to a waiting decision; it goes out, or is off order.

    Raises UnknownDecision, NotWaiting (also when somebody was faster), or Closed.
    """
    if parts.writer is None:
        raise Closed("this tower was opened for reading only")
    taken = find(parts.ledger, parts.settings.tenant, decision)
    check_waiting(parts.ledger, taken)
    event = answer(taken, instant(parts.clock.now()), by, declined, reason)
    (receipt,) = parts.writer.append([event], own=True)
    if receipt.outcome == "rejected":
        raise TaktnetError(receipt.detail)
    if receipt.outcome != "recorded":
        check_waiting(parts.ledger, taken)
    return receipt


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
    common: dict[str, Any] = {
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
