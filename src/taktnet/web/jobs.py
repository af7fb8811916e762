"""Long work over HTTP: start it, look how far it is, stop it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, HTTPException
from fastapi.responses import Response
from pydantic import BaseModel

from taktnet.app.jobs import Job
from taktnet.app.recompute import recompute
from taktnet.app.tower import Tower
from taktnet.app.verify import verify
from taktnet.web.progress import JobStream, JobStreams, brief, told, version_of
from taktnet.web.reads import json_response


class Wanted(BaseModel):
    """What to do: `verify` the ledger, or `recompute` the KPIs from it and compare."""

    kind: Literal["verify", "recompute"]


def routes(tower: Tower, streams: JobStreams) -> APIRouter:
    """The routes over the jobs of `tower`."""
    api = APIRouter(prefix="/api/jobs")

    def work(kind: str, job: Job) -> Any:
        if kind == "verify":
            verdict = verify(tower.parts, job.at)
            return {"good": verdict.good, "rows": verdict.rows, "told": str(verdict)}
        made = recompute(tower.parts, job.at)
        told = {"same": made.same, "rows": made.rows, "values": made.values}
        return told | {"differ": made.differ[:1000]}

    @api.get("", summary="Jobs without what came out, newest last")
    def all_jobs() -> Response:
        return json_response({"jobs": [brief(job) for job in tower.jobs.all()]})

    @api.post("", summary="Start a job; one of a kind runs at a time", status_code=202)
    def start(wanted: Wanted) -> Response:
        job = tower.jobs.start(wanted.kind, lambda job: work(wanted.kind, job))
        return json_response(told(job), 202)

    @api.get("/{id}", summary="How far a job is, and what came out")
    def one(id: str) -> Response:
        return json_response(told(_job(tower, id)))

    @api.get(
        "/{id}/events",
        summary="A job as server-sent events: progress, results so far, its end",
        description="Events `progress` (`done`, `total`), `result` (what came out so far) and "
        "`end` (the job as `GET` shows it). The id is the job's version.",
        responses={200: {"description": "The stream", "content": {"text/event-stream": {}}}},
        response_class=Response,
    )
    def events(
        id: str,
        last_event_id: Annotated[str | None, Header(description="Only what came after")] = None,
    ) -> Response:
        return JobStream(streams, _job(tower, id), version_of(last_event_id))

    @api.delete("/{id}", summary="Stop a job; it keeps what came out by then")
    def cancel(id: str) -> Response:
        job = _job(tower, id)
        job.cancel()
        job.wait(2.0)
        return json_response(told(job))

    return api


def _job(tower: Tower, id: str) -> Job:
    job = tower.jobs.get(id)
    if job is None:
        raise HTTPException(404, f"there is no job {id[:100]!r}")
    return job
