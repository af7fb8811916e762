"""Plans made anew on a schedule: worked out as a job, compared with what is open, proposed."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from taktnet.app.jobs import Job
from taktnet.app.plans import answers
from taktnet.app.plans.draft import Draft
from taktnet.app.plans.proposal import Proposal
from taktnet.app.plans.verticals import vertical
from taktnet.app.plans.view import PlanView

if TYPE_CHECKING:
    from taktnet.app.tower import Tower

BY = "taktnet (on schedule)"
_DAY_US = 86_400_000_000
_LOG = logging.getLogger(__name__)


class Rounds:
    """Looks now and then whether a plan of the settings is due, and starts its job.

    A plan is due `plan_days` after its last scheduled proposal, or its last look when there was
    nothing to propose; a tower that was just started waits for neither.
    """

    def __init__(self, tower: Tower) -> None:
        self._tower = tower
        self._looked: dict[str, int] = {}

    def look(self) -> list[Job]:
        """Withdraw cards that are too many, start the job of every plan that is due."""
        if self._tower.parts.writer is not None:
            answers.withdraw_surplus(self._tower.parts)
        return [self._start(kind) for kind in self._tower.settings.plan_kinds if self._due(kind)]

    def _due(self, kind: str) -> bool:
        now = self._tower.clock.now()
        proposals = self._tower.parts.proposals.all()
        made = (p.made for p in proposals if p.kind == kind and p.by == BY)
        last = max([self._looked.get(kind, 0), *made])
        return now - last >= self._tower.settings.plan_days * _DAY_US

    def _start(self, kind: str) -> Job:
        self._looked[kind] = self._tower.clock.now()
        return self._tower.jobs.start(f"plan-{kind}-schedule", lambda job: self._work(kind, job))

    def _work(self, kind: str, job: Job) -> Draft:
        tower, known = self._tower, vertical(kind)
        draft = known.make(PlanView.of(tower), known.asked({}), job.at)
        if draft.has_effect and not _waits(tower.parts.proposals.all(), draft):
            made = answers.propose(tower.parts, draft, BY)
            _LOG.info("%s: proposal %s is %s", kind, made.id, made.status)
        return draft


def _waits(proposals: list[Proposal], draft: Draft) -> bool:
    """Whether the very same changes wait for an answer already."""
    return any(
        p.status == "open" and p.kind == draft.kind and p.draft.changes == draft.changes
        and p.draft.events == draft.events
        for p in proposals
    )  # fmt: skip
