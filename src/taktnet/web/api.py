"""The HTTP application: guard and hot routes in front, FastAPI behind, errors in one form."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any
from urllib.parse import parse_qs, quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException as StarletteHTTPException

from taktnet import __version__
from taktnet.app.jobs import Job, TooManyJobs
from taktnet.app.looks import Folding, Looks, NotLooked
from taktnet.app.plans.answers import NotOpen
from taktnet.app.plans.desk import TowerPlans
from taktnet.app.plans.vertical import UnknownPlan
from taktnet.app.settings import Settings
from taktnet.app.signals import NotWaiting, UnknownDecision
from taktnet.app.tower import Tower
from taktnet.app.writer import Busy, Closed
from taktnet.base.errors import Fault, InputFaults, TaktnetError
from taktnet.ledger.ledger import StoreError
from taktnet.ledger.proofs import ProofError
from taktnet.web import describe, jobs, looking, pages, plans, reads, simulate
from taktnet.web.errors import PROBLEM, problem, safe_text
from taktnet.web.ingest import Ingest, answer
from taktnet.web.progress import JobStreams
from taktnet.web.security import Guard, Refusal, cookie_header, with_headers
from taktnet.web.stream import BadPosition, Streams

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]
EVENTS = "/api/events"
STREAM = "/api/stream"
_LOG = logging.getLogger(__name__)
_LONGEST_TARGET = 8000
# FastAPI silences this one for as long as it reads a parameter, which other threads can undo.
warnings.filterwarnings("ignore", "The 'alias' attribute", UserWarning)


class TowerApp(FastAPI):
    """FastAPI with a guard before every route and the two hot routes answered before routing."""

    guard: Guard
    ingest: Ingest
    streams: Streams
    job_streams: JobStreams
    looks: Looks

    def close_streams(self) -> None:
        """End every open stream, so that the server can stop; from any thread."""
        self.streams.close()
        self.job_streams.close()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One request: guarded, then ingest, stream, or whatever FastAPI routes."""
        if scope["type"] != "http":
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
            else:
                await super().__call__(scope, receive, send)
            return
        refusal = self.guard.refusal(scope)
        if refusal is not None:
            await _refuse(self.guard, scope, send, refusal)
            return
        path, method = scope["path"], scope["method"]
        if path == EVENTS and method == "POST":
            await self.ingest.serve(scope, receive, send)
        elif path == STREAM and method == "GET":
            await _stream(self.streams, scope, receive, send)
        elif len(scope["query_string"]) + len(path) > _LONGEST_TARGET:
            await answer(send, problem(414, f"an address may have {_LONGEST_TARGET} characters"))
        else:
            await super().__call__(scope, receive, _secured(send))


def create_app(
    tower: Tower, settings: Settings | None = None, starting: Job | None = None
) -> TowerApp:
    """The application over `tower`: API, pages, OpenAPI at /api/openapi.json.

    Until `starting` (`app.ready`) ends, pages say how far it is.
    """
    settings = settings or tower.settings
    app = TowerApp(
        title="Taktnet",
        version=__version__,
        summary="One ledger, one pull, one takt.",
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.guard, app.ingest, app.streams = Guard(settings), Ingest(tower), Streams(tower)
    app.job_streams, app.looks = JobStreams(), Looks(tower.parts)
    _errors(app)
    describe.hot_routes(app)
    app.include_router(reads.routes(tower, app.streams))
    app.include_router(jobs.routes(tower, app.job_streams))
    plan_desk = TowerPlans(tower)
    app.include_router(plans.routes(plan_desk))
    app.include_router(simulate.routes(tower))
    app.include_router(pages.router(tower, plan_desk, app.looks, starting))
    describe.schema(app)
    return app


async def _stream(streams: Streams, scope: dict[str, Any], receive: Receive, send: Send) -> None:
    try:
        after, pulse = streams.start(scope)
    except BadPosition as error:
        await answer(send, problem(400, str(error)))
        return
    await streams.serve(receive, send, after, pulse)


async def _refuse(guard: Guard, scope: dict[str, Any], send: Send, refusal: Refusal) -> None:
    """Tell why; but let in a browser that brings the token in the address, once."""
    offered = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
    if refusal.status == 401 and scope["method"] == "GET" and guard.token_matches(offered):
        place = quote(scope["path"] or "/").replace("//", "/")
        headers = [
            (b"location", place.encode("latin-1")),
            (b"content-length", b"0"),
            cookie_header(guard.cookie, scope.get("scheme") == "https"),
        ]
        start = {"type": "http.response.start", "status": 303, "headers": with_headers(headers)}
        await send(start)
        await send({"type": "http.response.body", "body": b""})
        return
    await answer(send, problem(*refusal))


def _secured(send: Send) -> Send:
    async def sending(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = with_headers(message.get("headers", ()))
        await send(message)

    return sending


def _told(status: int, detail: str, faults: Iterable[Fault] = ()) -> Response:
    status, body = problem(status, detail, faults)
    headers = {"cache-control": "no-store"} | ({"retry-after": "1"} if status == 503 else {})
    return Response(body, status, headers, media_type=PROBLEM)


def _wanted(message: str) -> str:
    """What a parameter should have been, in the words of a fault."""
    return message.removeprefix("Input should be ").replace("Field required", "a value")


#: Status for the product's own errors; the first that fits counts.
_STATUS: tuple[tuple[type[TaktnetError], int], ...] = (
    (UnknownDecision, 404),
    (ProofError, 404),
    (UnknownPlan, 404),
    (NotWaiting, 409),
    (NotOpen, 409),
    (Busy, 503),
    (TooManyJobs, 503),
    (Closed, 503),
    (NotLooked, 503),
    (StoreError, 503),
)


def _errors(app: FastAPI) -> None:
    """Every error leaves as a problem detail."""

    async def product(request: Request, error: Exception) -> Response:
        if isinstance(error, InputFaults):
            return _told(422, "faults in the input; nothing of it was applied", error.faults)
        status = next((code for kind, code in _STATUS if isinstance(error, kind)), 400)
        return _told(status, str(error))

    async def folding(request: Request, error: Exception) -> Response:
        assert isinstance(error, Folding)
        return looking.answer(error)

    async def parameters(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        faults = [
            Fault(
                "request",
                0,
                ".".join(str(part) for part in one["loc"]),
                safe_text(one.get("input")),
                _wanted(str(one["msg"])),
            )
            for one in error.errors()
        ]
        return _told(422, "the request is not what this route takes", faults)

    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, StarletteHTTPException)
        return _told(error.status_code, str(error.detail))

    async def unforeseen(request: Request, error: Exception) -> Response:
        _LOG.error("%s %s failed", request.method, request.url.path, exc_info=error)
        return _told(500, "the server failed on this request; its log says how")

    app.add_exception_handler(TaktnetError, product)
    app.add_exception_handler(Folding, folding)
    app.add_exception_handler(RequestValidationError, parameters)
    app.add_exception_handler(StarletteHTTPException, http)
    app.add_exception_handler(Exception, unforeseen)
