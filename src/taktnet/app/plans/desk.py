"""What the pages and the API ask about plans: the port `PlanScreens`, and a tower behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any, Protocol

from taktnet.app.jobs import Job
from taktnet.app.plans import answers
from taktnet.app.plans.draft import Draft
from taktnet.app.plans.proposal import STATUSES, Proposal
from taktnet.app.plans.trial import check_size, try_proposal
from taktnet.app.plans.vertical import UnknownPlan, Vertical
from taktnet.app.plans.verticals import VERTICALS, vertical
from taktnet.app.plans.view import PlanView
from taktnet.app.screens.model import Page, page_of
from taktnet.app.tower import Tower

_PER_PAGE = 25
_VERBS = {"approve": answers.approve, "refuse": answers.refuse, "withdraw": answers.withdraw}


@dataclass(frozen=True, slots=True)
class Worked:
    """The newest draft of a kind: the options asked for, and when it was worked out."""

    draft: Draft
    asked: dict[str, Any]
    at: int


@dataclass(frozen=True, slots=True)
class KindScreen:
    """The tab of one plan: its newest draft, the job that works on the next one, its own data."""

    vertical: Vertical
    worked: Worked | None
    job: Job | None
    asked: dict[str, Any]
    more: dict[str, Any]
    open: tuple[Proposal, ...]


@dataclass(frozen=True, slots=True)
class ProposalList:
    """Some proposals, newest first, with how many there are of each status."""

    rows: tuple[Proposal, ...]
    counts: tuple[tuple[str, int], ...]
    status: str
    page: Page


class PlanScreens(Protocol):
    """Every method may be called from any thread; unknown names raise `UnknownPlan`."""

    def tabs(self) -> tuple[tuple[str, str], ...]:
        """Kind and label of every plan there is."""
        ...

    def kind(self, kind: str) -> KindScreen:
        """The tab of one plan."""
        ...

    def work(self, kind: str, given: Mapping[str, object]) -> Job:
        """Start to work a plan out; the running job of the kind is shared."""
        ...

    def stop(self, name: str) -> None:
        """Stop the job of a kind, or the trial of a proposal, if it runs; what it had is kept."""
        ...

    def worked(self, kind: str) -> Worked | None:
        """The newest draft of a kind, None before the first."""
        ...

    def redraw(self, kind: str, change: Callable[[Draft], Draft]) -> Draft:
        """Let a person's change take the place of the newest draft of a kind."""
        ...

    def propose(self, kind: str, by: str) -> Proposal:
        """Record the newest draft of a kind as a proposal."""
        ...

    def record(self, draft: Draft, by: str) -> Proposal:
        """Record a draft that was worked out elsewhere."""
        ...

    def override(self, given: Mapping[str, str]) -> dict[str, Any]:
        """Record a person's forecast in place of the statistics (`override_asked`)."""
        ...

    def proposals(self, status: str, page: int) -> ProposalList:
        """Proposals of a status; "" is all."""
        ...

    def proposal(self, id: str) -> Proposal:
        """One proposal."""
        ...

    def answer(self, verb: str, id: str, by: str, reason: str) -> Proposal:
        """Approve, refuse or withdraw an open proposal."""
        ...

    def undo(self, id: str, by: str) -> Proposal:
        """Propose the reverse of an approved one."""
        ...

    def trial(self, id: str, days: float, replications: int) -> Job:
        """Start to try an open proposal in the twin; the running trial is shared."""
        ...

    def trial_job(self, id: str) -> Job | None:
        """The newest trial of a proposal that is remembered."""
        ...


class TowerPlans:
    """`PlanScreens` over a tower; drafts are kept in memory until the next one."""

    def __init__(self, tower: Tower) -> None:
        self._tower = tower
        self._worked: dict[str, Worked] = {}
        self._asked: dict[str, tuple[str, dict[str, Any]]] = {}
        self._lock = Lock()

    def tabs(self) -> tuple[tuple[str, str], ...]:
        """Kind and label of every plan there is."""
        return tuple((entry.kind, entry.label) for entry in VERTICALS)

    def kind(self, kind: str) -> KindScreen:
        """The tab of one plan."""
        known = vertical(kind)
        worked = self.worked(kind)
        mine = [job for job in self._tower.jobs.all() if job.kind == f"plan-{kind}"]
        job = mine[-1] if mine else None
        waiting = (p for p in self._tower.parts.proposals.all() if p.kind == kind)
        return KindScreen(
            known,
            worked,
            job,
            self._asked_for(known, worked, job),
            known.screen(PlanView.of(self._tower)),
            tuple(p for p in waiting if p.status == "open"),
        )

    def _asked_for(self, known: Vertical, worked: Worked | None, job: Job | None) -> dict[str, Any]:
        """What the form shows: what the newest job was asked, else what was worked out last."""
        with self._lock:
            name, asked = self._asked.get(known.kind, ("", known.asked({})))
        if job is not None and job.id == name:
            return asked
        return worked.asked if worked else known.asked({})

    def work(self, kind: str, given: Mapping[str, object]) -> Job:
        """Start to work a plan out."""
        known = vertical(kind)
        asked = known.asked(given)

        def work(job: Job) -> Draft:
            view = PlanView.of(self._tower)
            draft = known.make(view, asked, job.at)
            with self._lock:
                self._worked[kind] = Worked(draft, asked, view.now)
            return draft

        job = self._tower.jobs.start(f"plan-{kind}", work)
        with self._lock:
            if kind not in self._asked or self._asked[kind][0] != job.id:
                self._asked[kind] = job.id, asked
        return job

    def stop(self, name: str) -> None:
        """Stop the job of a kind, or the trial of a proposal."""
        mine = {f"plan-{name}", f"plan-trial-{name}"}
        for job in self._tower.jobs.all():
            if job.kind in mine and job.state == "running":
                job.cancel()

    def worked(self, kind: str) -> Worked | None:
        """The newest draft of a kind."""
        vertical(kind)
        with self._lock:
            return self._worked.get(kind)

    def redraw(self, kind: str, change: Callable[[Draft], Draft]) -> Draft:
        """Let a person's change take the place of the newest draft of a kind."""
        while True:
            worked = self.worked(kind)
            if worked is None:
                raise UnknownPlan(f"no {kind} plan has been worked out since the tower started")
            changed = replace(worked, draft=change(worked.draft))
            with self._lock:
                if self._worked.get(kind) is worked:
                    self._worked[kind] = changed
                    return changed.draft

    def propose(self, kind: str, by: str) -> Proposal:
        """Record the newest draft of a kind as a proposal."""
        worked = self.worked(kind)
        if worked is None:
            raise UnknownPlan(f"no {kind} plan has been worked out since the tower started")
        return self.record(worked.draft, by)

    def record(self, draft: Draft, by: str) -> Proposal:
        """Record a draft as a proposal."""
        vertical(draft.kind)
        return answers.propose(self._tower.parts, draft, by)

    def override(self, given: Mapping[str, str]) -> dict[str, Any]:
        """Record a person's forecast in place of the statistics."""
        from taktnet.app.plans.overriding import override_asked

        return override_asked(self._tower, given)

    def proposals(self, status: str, page: int) -> ProposalList:
        """Proposals of a status; "" is all."""
        rows = self._tower.parts.proposals.all()
        counts = tuple((s, sum(1 for p in rows if p.status == s)) for s in STATUSES)
        fitting = [p for p in rows if not status or p.status == status]
        shown, part = page_of(len(fitting), page, _PER_PAGE)
        return ProposalList(tuple(fitting[part]), counts, status, shown)

    def proposal(self, id: str) -> Proposal:
        """One proposal."""
        return self._tower.parts.proposals.get(id)

    def answer(self, verb: str, id: str, by: str, reason: str) -> Proposal:
        """Approve, refuse or withdraw an open proposal."""
        if verb not in _VERBS:
            raise UnknownPlan(f"a proposal is answered by {', '.join(_VERBS)}, not {verb!r}")
        return _VERBS[verb](self._tower.parts, id, by, reason)

    def undo(self, id: str, by: str) -> Proposal:
        """Propose the reverse of an approved one."""
        return answers.undo(self._tower.parts, id, by)

    def trial(self, id: str, days: float, replications: int) -> Job:
        """Start to try an open proposal in the twin."""
        check_size(days, replications)
        proposal = self.proposal(id)
        if proposal.status != "open":
            raise answers.NotOpen(f"proposal {id} is {proposal.status}; only open ones are tried")

        def work(job: Job) -> dict[str, Any] | None:
            how = {"days": days, "replications": replications, "progress": job.at}
            return try_proposal(self._tower, id, **how).trial

        return self._tower.jobs.start(f"plan-trial-{id}", work)

    def trial_job(self, id: str) -> Job | None:
        """The newest trial of a proposal."""
        mine = [job for job in self._tower.jobs.all() if job.kind == f"plan-trial-{id}"]
        return mine[-1] if mine else None
