"""Plans over HTTP: work one out (a job), read its draft, propose it, answer proposals."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from taktnet.app.plans import draft as drafts
from taktnet.app.plans.desk import PlanScreens
from taktnet.app.plans.proposal import Proposal
from taktnet.app.plans.trial import DAYS, MOST_DAYS, MOST_REPLICATIONS, REPLICATIONS
from taktnet.app.plans.vertical import UnknownPlan
from taktnet.base.errors import Fault, InputFaults
from taktnet.web.jobs import told
from taktnet.web.reads import json_response

Kind = Annotated[str, Path(max_length=50, description="Which plan, as in GET /api/plan")]
Id = Annotated[str, Path(max_length=200, description="Name of a proposal: cards-7")]
By = Annotated[str, Query(min_length=1, max_length=200, description="Who says so")]
Reason = Annotated[str, Query(max_length=4000, description="Why, for the record")]
Status = Literal["", "open", "approved", "refused", "withdrawn", "superseded"]


def summary(proposal: Proposal) -> dict[str, Any]:
    """A proposal as the list shows it."""
    draft = proposal.draft
    return {
        "id": proposal.id,
        "kind": proposal.kind,
        "status": proposal.status,
        "made": proposal.made,
        "by": proposal.by,
        "summary": draft.summary,
        "changes": len(draft.changes) + len(draft.events),
        "money": draft.money,
        "service": draft.service,
        "answered": proposal.answered,
        "answer": proposal.answer,
        "reason": proposal.reason,
        "superseded_by": proposal.superseded_by,
        "undone_by": proposal.undone_by,
        "trial": proposal.trial,
    }


def whole(proposal: Proposal) -> dict[str, Any]:
    """A proposal with all its lines and changes."""
    return summary(proposal) | {"seq": proposal.seq, "draft": proposal.draft}


def routes(plans: PlanScreens) -> APIRouter:
    """The routes over the plans of a tower."""
    api = APIRouter(prefix="/api/plan")
    _proposals(api, plans)
    _answers(api, plans)
    _forecast(api, plans)
    _kinds(api, plans)
    return api


def _kinds(api: APIRouter, plans: PlanScreens) -> None:
    @api.get("", summary="The kinds of plans with their options")
    def kinds() -> Response:
        rows = [plans.kind(kind).vertical for kind, _ in plans.tabs()]
        names = ("kind", "label", "about", "options")
        return json_response({"plans": [{n: getattr(row, n) for n in names} for row in rows]})

    @api.get("/{kind}", summary="The newest draft of a plan: today beside proposed")
    def newest(kind: Kind) -> Response:
        worked = plans.worked(kind)
        if worked is None:
            raise UnknownPlan(f"no {kind} plan has been worked out; POST /api/plan/{kind}")
        return json_response({"at": worked.at, "asked": worked.asked, "draft": worked.draft})

    @api.post(
        "/{kind}",
        summary="Work a plan out; a job",
        description="Options of the plan are given as parameters of the address; "
        "see GET /api/plan. The job's result is the draft.",
        status_code=202,
    )
    def work(kind: Kind, request: Request) -> Response:
        return json_response(told(plans.work(kind, dict(request.query_params))), 202)

    @api.post("/{kind}/propose", summary="Record the newest draft as a proposal", status_code=201)
    def propose(kind: Kind, by: By) -> Response:
        return json_response(summary(plans.propose(kind, by)), 201)


def _forecast(api: APIRouter, plans: PlanScreens) -> None:
    @api.post(
        "/forecast/override",
        summary="Record a person's forecast in place of the statistics",
        description="A quantity of an item at a site over some days from `start` on. What the "
        "statistics say of them is worked out and kept beside, so that the override's worth is "
        "measured once the days are over.",
        status_code=201,
    )
    def override(  # noqa: PLR0917 - FastAPI gives them by name
        site: Annotated[str, Query(max_length=200, description="The site")],
        item: Annotated[str, Query(max_length=200, description="The item")],
        start: Annotated[str, Query(max_length=10, description="First day: 2026-04-06")],
        qty: Annotated[str, Query(max_length=30, description="Quantity over the days")],
        reason: Annotated[str, Query(max_length=4000, description="Why people know better")],
        by: By,
        days: Annotated[str, Query(max_length=10, description="How many days")] = "7",
    ) -> Response:
        given = {"site": site, "item": item, "start": start, "qty": qty, "reason": reason,
                 "by": by, "days": days}  # fmt: skip
        return json_response(plans.override(given), 201)


def _proposals(api: APIRouter, plans: PlanScreens) -> None:
    @api.get("/proposals", summary="Proposals, newest first")
    def proposals(
        status: Status = "", page: Annotated[int, Query(ge=1, le=1_000_000)] = 1
    ) -> Response:
        found = plans.proposals(status, page)
        rows = [summary(row) for row in found.rows]
        return json_response({"counts": dict(found.counts), "page": found.page, "rows": rows})

    @api.post(
        "/proposals",
        summary="Record a draft that was worked out elsewhere",
        description="The body is a draft as GET /api/plan/{kind} gives it.",
        status_code=201,
    )
    async def record(request: Request, by: By) -> Response:
        body = bytearray()
        async for piece in request.stream():
            body += piece
            if len(body) > 2 * drafts.LONGEST:
                wanted = f"at most {2 * drafts.LONGEST:,} bytes"
                raise InputFaults([Fault("proposal", 0, "", "a larger body", wanted)])
        draft = drafts.from_json(bytes(body))
        made = await run_in_threadpool(plans.record, draft, by)
        return json_response(summary(made), 201)

    @api.get("/proposals/{id}", summary="A proposal with every line and change")
    def proposal(id: Id) -> Response:
        return json_response(whole(plans.proposal(id)))


def _answers(api: APIRouter, plans: PlanScreens) -> None:
    @api.post("/proposals/{id}/approve", summary="Approve: its changes are recorded at once")
    def approve(id: Id, by: By, reason: Reason = "") -> Response:
        return json_response(summary(plans.answer("approve", id, by, reason)))

    @api.post("/proposals/{id}/refuse", summary="Refuse a proposal; nothing changes")
    def refuse(id: Id, by: By, reason: Reason = "") -> Response:
        return json_response(summary(plans.answer("refuse", id, by, reason)))

    @api.post("/proposals/{id}/withdraw", summary="Take a proposal back; nothing changes")
    def withdraw(id: Id, by: By, reason: Reason = "") -> Response:
        return json_response(summary(plans.answer("withdraw", id, by, reason)))

    @api.post(
        "/proposals/{id}/trial",
        summary="Try an open proposal in the twin beside today; a job",
        description="The result has every measure today, as proposed and the paired difference "
        "with 95 % intervals, and stays with the proposal.",
        status_code=202,
    )
    def trial(
        id: Id,
        days: Annotated[float, Query(ge=1, le=MOST_DAYS, description="Days simulated")] = DAYS,
        replications: Annotated[int, Query(ge=2, le=MOST_REPLICATIONS)] = REPLICATIONS,
    ) -> Response:
        return json_response(told(plans.trial(id, days, replications)), 202)

    @api.post(
        "/proposals/{id}/undo",
        summary="Propose the reverse of an approved proposal",
        status_code=201,
    )
    def undo(id: Id, by: By) -> Response:
        return json_response(summary(plans.undo(id, by)), 201)
