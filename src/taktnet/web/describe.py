"""The OpenAPI description: the event kinds, the two hot routes, the form of errors."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import FastAPI, Header, Query
from fastapi.openapi.utils import get_openapi
from fastapi.responses import Response

from taktnet.exchange.events import CONTENT_TYPES
from taktnet.ledger.event import AnyEvent
from taktnet.ledger.ledger import Receipt
from taktnet.web.errors import PROBLEM

_REF = "#/components/schemas/{name}"


class Problem(msgspec.Struct):
    """An error (RFC 9457); `faults` where the input has some."""

    title: str
    status: int
    detail: str
    faults: list[dict[str, Any]] = []
    fault_count: int = 0


class Ingested(msgspec.Struct):
    """What became of each event, in the order given."""

    recorded: int
    duplicate: int
    receipts: list[Receipt]


def hot_routes(app: FastAPI) -> None:
    """Describe the routes that are answered before routing."""
    text = (
        "A JSON array of events or a single one, NDJSON, or CloudEvents 1.0 (one or a batch). "
        "201 says that every event is durable. The same event again is a duplicate and changes "
        "nothing; the same id with other content is kept as a conflict."
    )
    answers: dict[int | str, dict[str, Any]] = {
        200: {"description": "Nothing was new"},
        201: {"description": "Durable; a receipt for each event"},
        409: {"description": "Some events are in conflict or were rejected; see their receipts"},
        413: {"description": "The body is too large"},
        415: {"description": "The content type is not understood"},
        422: {"description": "The input has faults, all of them are listed; nothing was applied"},
        503: {"description": "Busy; try again after the time in Retry-After"},
    }

    @app.post(
        "/api/events",
        summary="Record events; answered when they are durable",
        description=text,
        status_code=201,
        responses=answers,
    )
    async def ingest() -> Response:
        raise AssertionError("answered before routing")

    @app.get(
        "/api/stream",
        summary="Every committed row as a server-sent event; resumes by Last-Event-ID",
        description="The id is the sequence number, the data `{seq, recorded, event}`. "
        "`pulse=1` tells only how far the ledger has come, at most four times a second.",
        responses={
            200: {"description": "The stream", "content": {"text/event-stream": {}}},
            400: {"description": "The position is no row of this ledger"},
        },
        response_class=Response,
    )
    async def stream(
        after: Annotated[
            int | None, Query(description="Rows after this one; else new ones")
        ] = None,
        pulse: Annotated[bool, Query(description="Only how far the ledger has come")] = False,
        last_event_id: Annotated[str | None, Header(description="Wins over `after`")] = None,
    ) -> Response:
        raise AssertionError("answered before routing")


def schema(app: FastAPI) -> None:
    """Make the description: FastAPI's own, with the kinds of events and the form of errors."""

    def describe() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _complete(
                get_openapi(
                    title=app.title, version=app.version, summary=app.summary, routes=app.routes
                )
            )
        return app.openapi_schema

    app.openapi = describe


def _complete(described: dict[str, Any]) -> dict[str, Any]:
    from taktnet.app.simulation.question import Question

    (event, ingested, problem, _), parts = msgspec.json.schema_components(
        [AnyEvent, Ingested, Problem, Question], ref_template=_REF
    )
    schemas = described.setdefault("components", {}).setdefault("schemas", {})
    schemas |= parts | {"Event": event}
    ref = {"$ref": "#/components/schemas/Event"}
    many = {"oneOf": [ref, {"type": "array", "items": ref}]}
    plain = {"application/json": {"schema": many}}
    others: dict[str, Any] = {name: {"schema": {}} for name in CONTENT_TYPES if name not in plain}
    post = described["paths"]["/api/events"]["post"]
    post["requestBody"] = {"required": True, "content": plain | others}
    for code in ("200", "201"):
        post["responses"][code]["content"] = {"application/json": {"schema": ingested}}
    for methods in described["paths"].values():
        for operation in methods.values():
            operation["responses"].pop("default", None)
            for code, answer in operation["responses"].items():
                if code >= "400":
                    answer["content"] = {PROBLEM: {"schema": problem}}
    for stale in ("HTTPValidationError", "ValidationError"):
        schemas.pop(stale, None)
    return described
