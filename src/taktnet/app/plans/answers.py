"""Proposals made, approved, refused, withdrawn and undone: each one commit, all or nothing.

Each runs in the writer's thread, so what it checks is what it changes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from taktnet.app.engine import OWN
from taktnet.app.ids import about
from taktnet.app.parts import Parts
from taktnet.app.plans import draft as drafts
from taktnet.app.plans.carding import card_events, surplus
from taktnet.app.plans.draft import Draft
from taktnet.app.plans.limits import within
from taktnet.app.plans.proposal import Proposal
from taktnet.app.writer import Closed
from taktnet.base.errors import InputFaults, TaktnetError
from taktnet.ledger import event as e
from taktnet.ledger.event import AnyEvent
from taktnet.ledger.fact import instant
from taktnet.network import Network
from taktnet.state import State

LIMITS = "taktnet (inside the stated limits)"
Make = Callable[[Network, State], Sequence[AnyEvent]]


class NotOpen(TaktnetError):
    """The proposal was answered already, or its rows changed since it was made."""


def propose(parts: Parts, draft: Draft, by: str) -> Proposal:
    """Record a draft as a proposal; approved at once where the settings' limits allow it.

    Raises TaktnetError for a draft without effect, InputFaults for one that cannot be carried out.
    """
    if not draft.has_effect:
        raise TaktnetError(f"nothing to propose: {draft.summary}")
    content = drafts.to_json(draft)
    check_effect(parts.revisions.network, draft)
    made: list[str] = []

    def make(network: Network, state: State) -> list[AnyEvent]:
        id = parts.proposals.next_id(draft.kind)
        made.append(id)
        event = e.PlanProposed(
            **_common(parts, id, f"plan:{id}"),
            proposal=id,
            plan=draft.kind,
            summary=draft.summary,
            content=content,
            position=draft.position,
            by=by,
        )
        return [event]

    _commit(parts, make)
    proposal = parts.proposals.get(made[0])
    if within(parts.settings, draft):
        return approve(parts, proposal.id, LIMITS)
    return proposal


def approve(parts: Parts, id: str, by: str, reason: str = "") -> Proposal:
    """Approve an open proposal: its changes, cards and events are recorded behind the answer.

    Raises UnknownPlan, NotOpen (answered, or stale), InputFaults when the network would be wrong.
    """

    def make(network: Network, state: State) -> list[AnyEvent]:
        proposal = _open(parts, id)
        _refuse_stale(network, proposal)
        answer = e.PlanApproved(**_answer(parts, id), proposal=id, by=by, reason=reason)
        return [answer, *_effects(parts, proposal, network, state)]

    _commit(parts, make)
    return parts.proposals.get(id)


def refuse(parts: Parts, id: str, by: str, reason: str = "") -> Proposal:
    """Refuse an open proposal; raises UnknownPlan and NotOpen."""
    return _close(parts, id, e.PlanRefused, by, reason)


def withdraw(parts: Parts, id: str, by: str, reason: str = "") -> Proposal:
    """Take an open proposal back; raises UnknownPlan and NotOpen."""
    return _close(parts, id, e.PlanWithdrawn, by, reason)


def undo(parts: Parts, id: str, by: str) -> Proposal:
    """Propose the reverse of an approved proposal's changes; raises UnknownPlan and NotOpen."""
    known = parts.proposals.get(id)
    if known.status != "approved" or known.undone_by:
        what = f"undone by {known.undone_by}" if known.undone_by else known.status
        raise NotOpen(f"proposal {id} is {what}; only what was approved can be undone")
    if not known.draft.changes:
        raise NotOpen(f"proposal {id} published {len(known.draft.events)} events and changed no "
                      "setting; a newer plan takes its place")  # fmt: skip
    before = known.draft
    swapped = [
        msgspec.structs.replace(line, today=line.proposed, proposed=line.today)
        for line in before.lines
    ]
    draft = Draft(
        kind=known.kind,
        summary=f"Undo {id}: {before.summary}"[:4000],
        lines=tuple(swapped),
        changes=tuple(c.reversed() for c in reversed(before.changes)),
        money=_swapped(before.money),
        service=_swapped(before.service),
        position=parts.ledger.head.seq,
        undoes=id,
    )
    return propose(parts, draft, by)


def tried(parts: Parts, id: str, trial: dict[str, Any]) -> Proposal:
    """Keep with a proposal what the twin said of it."""

    def make(network: Network, state: State) -> list[AnyEvent]:
        _open(parts, id)
        content = msgspec.json.encode(trial).decode()
        key = f"plan-trial:{id}:{parts.ledger.head.seq}"
        return [e.PlanTried(**_common(parts, id, key), proposal=id, content=content)]

    _commit(parts, make)
    return parts.proposals.get(id)


def withdraw_surplus(parts: Parts) -> int:
    """Withdraw cards on the board that approved proposals left too many; how many."""
    made: list[AnyEvent] = []

    def make(network: Network, state: State) -> list[AnyEvent]:
        common = {**_common(parts, "", ""), "cause": "", "correlation": ""}
        made.extend(surplus(network, state, common))
        return made

    if any(p.status == "approved" for p in parts.proposals.all()):
        _commit(parts, make)
    return len(made)


def _swapped(figure: drafts.Figure | None) -> drafts.Figure | None:
    if figure is None:
        return None
    return msgspec.structs.replace(figure, today=figure.proposed, proposed=figure.today)


def _close(
    parts: Parts, id: str, kind: type[e.PlanRefused | e.PlanWithdrawn], by: str, reason: str
) -> Proposal:
    def make(network: Network, state: State) -> list[AnyEvent]:
        _open(parts, id)
        return [kind(**_answer(parts, id), proposal=id, by=by, reason=reason)]

    _commit(parts, make)
    return parts.proposals.get(id)


def _open(parts: Parts, id: str) -> Proposal:
    """The proposal, which still waits; called in the writer's thread."""
    proposal = parts.proposals.get(id)
    if proposal.status != "open":
        by = proposal.superseded_by or proposal.answer
        raise NotOpen(f"proposal {id} was {proposal.status} by {by} already")
    return proposal


def _refuse_stale(network: Network, proposal: Proposal) -> None:
    moved = [text for change in proposal.draft.changes for text in _moved(network, change)]
    if moved:
        more = f" and {len(moved) - 5} more" if len(moved) > 5 else ""
        raise NotOpen(
            f"proposal {proposal.id} is stale, the network has changed since it was made: "
            f"{'; '.join(moved[:5])}{more}. Nothing was changed; work the plan out again"
        )


def _moved(network: Network, change: drafts.Change) -> list[str]:
    """How a row differs from what the proposal took it for."""
    now, where = drafts.cells(network, change.table, change.key), f"{change.table} {change.key}"
    if not change.before:
        return [f"{where} is there by now"] if now else []
    if not now:
        return [f"{where} is gone"]
    return [
        f"{where}: {name} was {text!r}, is {now[name]!r}"
        for name, text in change.before.items()
        if now.get(name, "") != text
    ]


def _effects(parts: Parts, proposal: Proposal, network: Network, state: State) -> list[AnyEvent]:
    """What approval records: rows of the network, cards of scanned loops, the draft's events."""
    made: list[AnyEvent] = [
        e.NetworkChanged(
            **_common(parts, proposal.id, about("plan:", f"{proposal.id}:{n}")),
            table=change.table,
            key=change.key,
            values=change.after,
            by="plan",
        )
        for n, change in enumerate(proposal.draft.changes)
    ]
    common = _common(parts, proposal.id, "")
    made += card_events(proposal, network, state, common)
    for n, event in enumerate(proposal.draft.events):
        key = {**common, "id": about("plan:", f"{proposal.id}:event:{n}")}
        made.append(msgspec.structs.replace(event, **key))
    return made


def check_effect(network: Network, draft: Draft) -> Network:
    """The network with the draft's changes; raises InputFaults where they would make it wrong."""
    changed = network.set_rows([(c.table, c.key, c.after) for c in draft.changes])
    before = set(network.check())
    if faults := [fault for fault in changed.check() if fault not in before]:
        raise InputFaults(faults)
    return changed


def _common(parts: Parts, proposal: str, id: str) -> dict[str, Any]:
    return {
        "source": OWN,
        "id": id,
        "at": instant(parts.clock.now()),
        "tenant": parts.settings.tenant,
        "cause": f"plan:{proposal}",
        "correlation": proposal,
    }


def _answer(parts: Parts, proposal: str) -> dict[str, Any]:
    """One id for every answer, so that the ledger keeps one for each proposal."""
    return _common(parts, proposal, f"plan-answer:{proposal}")


def _commit(parts: Parts, make: Make) -> None:
    if parts.writer is None or parts.engine is None:
        raise Closed("this tower was opened for reading only")
    engine = parts.engine
    parts.writer.call(lambda: engine.amend(make))
