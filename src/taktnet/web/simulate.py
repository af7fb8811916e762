"""What if over HTTP: what may go wrong, answers to it, simulations as jobs, the twin's checks."""

from __future__ import annotations

import time
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from taktnet.app.jobs import Job
from taktnet.app.tower import Tower
from taktnet.web.progress import told
from taktnet.web.reads import json_response

MOST_BYTES = 2_000_000


class CheckWanted(BaseModel):
    """How far back the twin is checked, and how often it runs."""

    weeks: float = Field(4.0, ge=1 / 7, le=260)
    replications: int = Field(20, ge=2, le=1000)
    seed: int = Field(1, ge=0, lt=1 << 62)


def routes(tower: Tower) -> APIRouter:
    """The routes over `tower`."""
    api = APIRouter(prefix="/api")
    _questions(api, tower)
    _checks(api, tower)
    return api


def _questions(api: APIRouter, tower: Tower) -> None:
    @api.get("/simulations/disturbances", summary="What may go wrong, late shipments first")
    def all_disturbances(
        text: Annotated[str, Query(max_length=200, description="Words it must hold")] = "",
        limit: Annotated[int, Query(ge=1, le=1000, description="Most rows")] = 200,
    ) -> Response:
        from taktnet.app.simulation.disturbances import disturbances

        now = tower.clock.now()
        rows = disturbances(tower.network, tower.state(), now, text, limit)
        return json_response({"rows": rows})

    @api.post(
        "/simulations/answers",
        summary="Answers that suggest themselves to a scenario: expedite, another source, ...",
        openapi_extra={"requestBody": named("Scenario")},
    )
    async def answers(request: Request) -> Response:
        return await run_in_threadpool(_propose, tower, await body(request))

    @api.post(
        "/simulations",
        summary="Start a simulation from the live state, a job: paired, ranked, with intervals",
        description="What happens (`base`) and each of the `answers` on top of it meet the same "
        "luck. The job's result holds every option with measures, differences from the base, "
        "bands over time and its rank; how far the twin was off in its last check; and advice, "
        "unless it was off by more than the setting `twin_error_limit`. A stopped job keeps what "
        "it had.",
        status_code=202,
        responses={503: {"description": "As many simulations run as may at a time"}},
        openapi_extra={"requestBody": named("Question")},
    )
    async def start(request: Request) -> Response:
        return await run_in_threadpool(_start, tower, await body(request))


def _checks(api: APIRouter, tower: Tower) -> None:
    @api.post("/twin/checks", summary="Check the twin against the ledger, a job", status_code=202)
    def check(wanted: CheckWanted) -> Response:
        from taktnet.app.simulation import fidelity

        if tower.parts.writer is None:
            raise HTTPException(503, "this tower only reads and cannot keep a check")

        def work(job: Job) -> dict[str, Any]:
            made = fidelity.check(
                tower.parts, wanted.weeks, wanted.replications, wanted.seed, job.at
            )
            return fidelity.as_told(made)

        return json_response(told(tower.jobs.start("check", work)), 202)

    @api.get("/twin/check", summary="The last check of the twin; 404 where there is none")
    def last() -> Response:
        from taktnet.app.simulation import fidelity

        kept = fidelity.last_check(tower.parts)
        if kept is None:
            raise HTTPException(404, "the twin was never checked; POST /api/twin/checks does it")
        limit = tower.settings.twin_error_limit
        return json_response(fidelity.as_told(kept) | {"limit": limit})


def named(schema: str) -> dict[str, Any]:
    """A JSON body of a schema of the description."""
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {"required": True, "content": content}


async def body(request: Request) -> bytes:
    """The body of a request, as large as it may be."""
    read = bytearray()
    async for part in request.stream():
        read += part
        if len(read) > MOST_BYTES:
            raise HTTPException(413, f"a question may have {MOST_BYTES:,} bytes")
    return bytes(read)


def _propose(tower: Tower, text: bytes) -> Response:
    from taktnet.app.simulation.propose import propose
    from taktnet.twin.scenario_file import parse_scenarios

    asked = parse_scenarios(text, "request")
    scenario = asked.get(asked.names[-1])
    found = propose(tower.network, tower.state(), tower.clock.now(), scenario.changes)
    return json_response({"answers": found})


def _start(tower: Tower, text: bytes) -> Response:
    from taktnet.app.simulation.answers import simulate
    from taktnet.app.simulation.question import read_question

    question = read_question(text)
    settings = tower.settings

    def work(job: Job) -> dict[str, Any]:
        end = time.monotonic() + settings.twin_seconds

        def stop() -> bool:
            return job.stopping() or time.monotonic() > end

        return simulate(tower.parts, question, job.count, stop, job.tell)

    return json_response(told(tower.jobs.start("simulate", work, settings.twin_jobs)), 202)
