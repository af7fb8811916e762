"""Proposals as the ledger knows them: each with its draft, its trial and its answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any, Literal

import msgspec
import numpy as np

from taktnet.app.plans.draft import Draft, from_json
from taktnet.app.plans.vertical import UnknownPlan
from taktnet.ledger import event as e
from taktnet.ledger.fact import micros
from taktnet.ledger.ledger import Ledger, Recorded

Status = Literal["open", "approved", "refused", "withdrawn", "superseded"]
STATUSES: tuple[Status, ...] = ("open", "approved", "refused", "withdrawn", "superseded")
_KINDS = [
    e.NUMBER[kind]
    for kind in (e.PlanProposed, e.PlanTried, e.PlanApproved, e.PlanRefused, e.PlanWithdrawn)
]
_OWN = "taktnet"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A draft on record under a name such as `cards-7`, made in row `seq`.

    Times are microseconds. `answer` says who, `reason` why; `trial` is what the twin said, None
    before it was asked. `superseded_by` is the later proposal for the same rows.
    """

    id: str
    draft: Draft
    seq: int
    made: int
    by: str
    status: Status = "open"
    answered: int = 0
    answer: str = ""
    reason: str = ""
    superseded_by: str = ""
    undone_by: str = ""
    trial: dict[str, Any] | None = None

    @property
    def kind(self) -> str:
        """Which plan made it."""
        return self.draft.kind

    def touches(self) -> set[tuple[str, str]]:
        """The rows of the network that it changes."""
        return {(c.table, c.key) for c in self.draft.changes}


class Proposals:
    """All proposals of a ledger, folded from its rows as far as it was asked; safe in threads."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._seq = 0
        self._all: dict[str, Proposal] = {}
        self._lock = Lock()

    def all(self) -> list[Proposal]:
        """Every proposal, newest first."""
        with self._lock:
            self._catch_up()
            return list(self._all.values())[::-1]

    def get(self, id: str) -> Proposal:
        """The proposal of this name; raises UnknownPlan."""
        with self._lock:
            self._catch_up()
            if id not in self._all:
                raise UnknownPlan(f"there is no proposal called {id[:100]!r}")
            return self._all[id]

    def next_id(self, kind: str) -> str:
        """The name of the next proposal of a kind."""
        counts = Counter(one.kind for one in self.all())
        return f"{kind}-{counts[kind] + 1}"

    def _catch_up(self) -> None:
        head = self._ledger.head.seq
        if head < self._seq:
            self._seq, self._all = 0, {}
        for row in _rows(self._ledger, self._seq, head):
            if row.event.source == _OWN:
                self._fold(row)
        self._seq = head

    def _fold(self, row: Recorded) -> None:
        event = row.event
        if isinstance(event, e.PlanProposed):
            self._proposed(row, event)
            return
        assert isinstance(event, e.PlanTried | e.PlanApproved | e.PlanRefused | e.PlanWithdrawn)
        known = self._all[event.proposal]
        if isinstance(event, e.PlanTried):
            self._all[known.id] = replace(known, trial=msgspec.json.decode(event.content))
            return
        if isinstance(event, e.PlanApproved):
            status: Status = "approved"
            if known.draft.undoes in self._all:
                before = self._all[known.draft.undoes]
                self._all[before.id] = replace(before, undone_by=known.id)
        else:
            status = "refused" if isinstance(event, e.PlanRefused) else "withdrawn"
        self._all[known.id] = replace(
            known, status=status, answered=micros(event.at), answer=event.by, reason=event.reason
        )

    def _proposed(self, row: Recorded, event: e.PlanProposed) -> None:
        made = Proposal(
            event.proposal, from_json(event.content), row.seq, micros(event.at), event.by
        )
        rows = made.touches()
        for other in self._all.values():
            if other.status != "open":
                continue
            events = other.draft.events and made.draft.events and other.kind == made.kind
            if events or rows & other.touches():
                self._all[other.id] = replace(
                    other, status="superseded", superseded_by=made.id, answered=made.made
                )
        self._all[made.id] = made


def _rows(ledger: Ledger, after: int, until: int) -> Iterator[Recorded]:
    if until <= after:
        return
    for facts in ledger.facts(after, until):
        seqs = np.unique(facts["seq"][np.isin(facts["kind"], _KINDS)])
        for seq in seqs.tolist():
            yield from ledger.read(seq - 1, 1)
