"""The routes of the pages. Each asks `Screens` for one value and renders it; nothing else."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse

from taktnet.app.jobs import Job
from taktnet.app.looks import Folding, NotLooked
from taktnet.app.screens.log import LogQuery
from taktnet.app.screens.model import Head
from taktnet.app.screens.port import Screens
from taktnet.base.errors import TaktnetError
from taktnet.web.pages import times
from taktnet.web.pages.assets import asset
from taktnet.web.pages.render import environment

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Vary": "Accept-Encoding",
}
_PATIENCE_S = 0.6  # a start that has ended by then shows the page at once
_SMALL = 2000  # bytes; below that packing gains nothing
_YEAR = "public, max-age=31536000, immutable"
Text = Annotated[str, Query(max_length=200)]
Number = Annotated[int, Query(ge=0, le=1 << 53)]
PastScreens = Callable[[datetime | None, datetime | None], Screens]
#: Screens that can be shown as of another time; the others speak of now and say so.
_TIMED = frozenset(
    f"{name}.html"
    for name in (
        "overview", "loops", "flow", "sites", "site", "items", "item", "signals", "kpi",
        "events", "event", "search", "parts/rows", "parts/hits", "error",
    )
)  # fmt: skip


class Pages:
    """The handlers; every page is rendered in a worker thread, never in the event loop."""

    def __init__(self, screens: Screens, past: PastScreens, starting: Job | None = None) -> None:
        self.screens, self._past, self._starting = screens, past, starting
        self.templates = environment()

    def asked(self, request: Request) -> times.Past | None:
        """The past that a request asks for."""
        if not (request.query_params.get("at") or request.query_params.get("known")):
            return None
        return times.asked(request, self.screens.zone(), self.screens.head().now)

    def seen(self, request: Request) -> Screens:
        """The screens as of now, or of the time that is asked for."""
        past = self.asked(request)
        return self._past(past.at, past.known) if past else self.screens

    def show(
        self,
        request: Request,
        template: str,
        section: str,
        title: str,
        status: int = 200,
        **more: Any,
    ) -> Response:
        """One template in its frame."""
        url, timed = request.url, template in _TIMED
        past = self.asked(request)
        screens = self._past(past.at, past.known) if past and timed else self.screens
        values = {
            "head": screens.head(),
            "zone": self.screens.zone(),
            "past": past,
            "timed": timed,
            "path": url.path,
            "others": times.others(request),
            "here": url.path + (f"?{url.query}" if url.query else ""),
            "section": section,
            "title": title,
            **more,
        }
        text = self.templates.get_template(template).render(values)
        html = (past.within(text) if past else text).encode()
        if len(html) > _SMALL and "gzip" in request.headers.get("accept-encoding", ""):
            packed = gzip.compress(html, 1, mtime=0)
            return HTMLResponse(packed, status, _HEADERS | {"Content-Encoding": "gzip"})
        return HTMLResponse(html, status, _HEADERS)

    def guarded(self, handler: Callable[..., Response]) -> Callable[..., Response]:
        """The handler; when a part of the tower fails, a page that says so."""

        @wraps(handler)
        def told(*args: Any, **values: Any) -> Response:
            if self._starting is not None:
                if not self._starting.wait(_PATIENCE_S):
                    return self._bare("start.html", 503, title="Starting", job=self._starting)
                self._starting = None
            try:
                return handler(*args, **values)
            except times.NoTime as error:
                return self._failure(422, str(error), "Choose another time, or leave it blank.")
            except Folding as folding:
                request: Request = args[0] if args else values["request"]
                job = folding.job
                return self.show(request, "look.html", "", "Looking back", 202, job=job)
            except NotLooked as stopped:
                return self._failure(503, str(stopped), "Reload to begin again.")
            except TaktnetError as error:
                remedy = "Reload in a moment; the log of the server says more."
                return self._failure(503, str(error), remedy)

        return told

    def _failure(self, status: int, message: str, remedy: str) -> Response:
        title = "Out of order" if status == 503 else "No such time"
        return self._bare("error.html", status, title=title, message=message, remedy=remedy)

    def _bare(self, template: str, status: int, **more: Any) -> Response:
        """Made without the tower, which may be what fails."""
        head = Head(0, 0, "", 0, 0, 0)
        frame = {"head": head, "here": "/", "section": "", "past": None, "timed": False}
        html = self.templates.get_template(template).render(frame | more)
        return HTMLResponse(
            html, status, _HEADERS | ({"Retry-After": "2"} if status == 503 else {})
        )

    def missing(self, request: Request, what: str, name: str) -> Response:
        """A page that says what is not there."""
        return self.show(
            request,
            "error.html",
            "",
            "Not found",
            404,
            message=f"There is no {what} called “{name}”.",
            remedy="It may have been renamed or removed; press / and type a part of its name.",
        )

    def overview(self, request: Request) -> Response:
        """The first screen."""
        screens = self.seen(request)
        screen = screens.overview()
        return self.show(request, "overview.html", "overview", "Overview", screen=screen)

    def loops(
        self, request: Request, site: Text = "", item: Text = "", show: Text = "", page: Number = 1
    ) -> Response:
        """The kanban board."""
        screens = self.seen(request)
        board = screens.board(site.strip(), item.strip(), show, page)
        return self.show(request, "loops.html", "loops", "Loops", screen=board)

    def flow(self, request: Request, item: Text = "", page: Number = 1) -> Response:
        """Ladder and dwell."""
        screens = self.seen(request)
        try:
            screen = screens.flow(item, page)
        except KeyError:
            return self.missing(request, "product", item)
        return self.show(request, "flow.html", "flow", "Flow", screen=screen)

    def sites(
        self, request: Request, kind: Text = "", level: Text = "", page: Number = 1
    ) -> Response:
        """The list of sites."""
        screens = self.seen(request)
        screen = screens.sites(kind, level, page)
        return self.show(request, "sites.html", "sites", "Sites", screen=screen)

    def site(self, request: Request, id: str) -> Response:
        """One site."""
        screens = self.seen(request)
        try:
            screen = screens.site(id)
        except KeyError:
            return self.missing(request, "site", id)
        return self.show(request, "site.html", "sites", id, screen=screen)

    def items(self, request: Request, page: Number = 1) -> Response:
        """The list of items."""
        screens = self.seen(request)
        screen = screens.items(page)
        return self.show(request, "items.html", "items", "Items", screen=screen)

    def item(self, request: Request, id: str) -> Response:
        """One item."""
        screens = self.seen(request)
        try:
            screen = screens.item(id)
        except KeyError:
            return self.missing(request, "item", id)
        return self.show(request, "item.html", "items", id, screen=screen)

    def events(self, request: Request) -> Response:
        """The event log."""
        screens = self.seen(request)
        screen = screens.log(_query(request))
        return self.show(request, "events.html", "events", "Events", screen=screen)

    def older(self, request: Request) -> Response:
        """Further rows of the event log, without a frame."""
        screens = self.seen(request)
        screen = screens.log(_query(request))
        here = f"/events?{request.url.query}"
        return self.show(request, "parts/rows.html", "", "", screen=screen, here=here)

    def event(self, request: Request, seq: int) -> Response:
        """One event."""
        screens = self.seen(request)
        try:
            screen = screens.event(seq)
        except KeyError:
            return self.missing(request, "event", str(seq))
        return self.show(request, "event.html", "events", f"Event {seq:,}", screen=screen)

    def signals(
        self,
        request: Request,
        status: Text = "",
        site: Text = "",
        item: Text = "",
        page: Number = 1,
    ) -> Response:
        """Decisions."""
        screens = self.seen(request)
        screen = screens.signals(status, site.strip(), item.strip(), page)
        return self.show(request, "signals.html", "signals", "Signals", screen=screen)

    def decision(self, request: Request, id: str) -> Response:
        """A decision is shown as the event that recorded it."""
        try:
            seq = self.screens.decision_seq(id)
        except KeyError:
            return self.missing(request, "decision", id)
        past = self.asked(request)
        place = f"/events/{seq}" + (f"?{past.query}" if past else "")
        return RedirectResponse(place, 303, {"Cache-Control": "no-store"})

    def kpi(self, request: Request, id: str, scope: Text = "") -> Response:
        """One KPI."""
        screens = self.seen(request)
        try:
            screen = screens.kpi(id, scope)
        except KeyError:
            return self.missing(request, "figure", f"{id} {scope}".strip())
        return self.show(request, "kpi.html", "overview", screen.tile.label, screen=screen)

    def lab(self, request: Request, pick: Text = "") -> Response:
        """The scenario lab."""
        screen = self.screens.lab(pick.strip())
        return self.show(request, "lab.html", "lab", "Scenario lab", screen=screen)

    def search(self, request: Request, q: Text = "") -> Response:
        """Everything with a name like that."""
        query, screens = q.strip(), self.seen(request)
        hits = screens.find(query) if query else ()
        return self.show(request, "search.html", "", "Search", hits=hits, query=query)

    def hits(self, request: Request, q: Text = "") -> Response:
        """The same while typing."""
        query, screens = q.strip(), self.seen(request)
        hits = screens.find(query)[:9] if query else ()
        return self.show(request, "parts/hits.html", "", "", hits=hits, query=query)

    def answer(self, request: Request, id: str, approve: bool, form: dict[str, str]) -> Response:
        """Approve or decline, then back to where the person was."""
        try:
            refused = self.screens.answer(id, approve)
        except KeyError:
            refused = f"there is no decision called “{id}”"
        if request.headers.get("x-taktnet-live"):
            body = {"detail": f"Not done: {refused}"} if refused else {}
            return JSONResponse(body, 409 if refused else 200, {"Cache-Control": "no-store"})
        if refused:
            return self.show(
                request,
                "error.html",
                "",
                "Not done",
                409,
                message=f"Not done: {refused}.",
                remedy="",
            )
        return RedirectResponse(_local(form.get("next", "")), 303, {"Cache-Control": "no-store"})


def _query(request: Request) -> LogQuery:
    given = request.query_params
    fields = ("kind", "site", "item", "ref", "text", "since", "until")
    before = given.get("before", "")
    texts = {f: given.get(f, "").strip()[:200] for f in fields}
    return LogQuery(**texts, before=int(before) if before.isdecimal() and len(before) < 17 else 0)


def _local(address: str) -> str:
    """An address on this server, whatever the form said."""
    plain = address.startswith("/") and not address.startswith(("//", "/\\"))
    return address if plain and "\n" not in address and "\r" not in address else "/loops"


def static(request: Request, name: str) -> Response:
    """A file of the pages: for ever under its content's own address, else checked each time."""
    try:
        found = asset(name)
    except KeyError:
        return Response("not found", 404, media_type="text/plain")
    versioned = request.query_params.get("v") == found.tag
    headers = {
        "ETag": f'"{found.tag}"',
        "Cache-Control": _YEAR if versioned else "no-cache",
        "X-Content-Type-Options": "nosniff",
        "Vary": "Accept-Encoding",
    }
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(None, 304, headers)
    if found.gzip and "gzip" in request.headers.get("accept-encoding", ""):
        return Response(found.gzip, 200, headers | {"Content-Encoding": "gzip"}, found.type)
    return Response(found.data, 200, headers, found.type)


def make_router(pages: Pages) -> APIRouter:
    """The routes of every page, over any `Screens`."""
    made = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
    gets: tuple[tuple[str, Callable[..., Response]], ...] = (
        ("/", pages.overview),
        ("/loops", pages.loops),
        ("/flow", pages.flow),
        ("/sites", pages.sites),
        ("/sites/{id:path}", pages.site),
        ("/items", pages.items),
        ("/items/{id:path}", pages.item),
        ("/events", pages.events),
        ("/events/rows", pages.older),
        ("/events/{seq:int}", pages.event),
        ("/signals", pages.signals),
        ("/signals/{id:path}", pages.decision),
        ("/kpis/{id}", pages.kpi),
        ("/lab", pages.lab),
        ("/search", pages.search),
        ("/search/hits", pages.hits),
    )
    for path, handler in gets:
        made.add_api_route(path, pages.guarded(handler), methods=["GET"], response_model=None)
    made.add_api_route("/static/{name:path}", static, methods=["GET"], response_model=None)

    async def approve(request: Request, id: str) -> Response:
        return await _answer(pages, request, id, True)

    async def decline(request: Request, id: str) -> Response:
        return await _answer(pages, request, id, False)

    made.add_api_route("/signals/{id:path}/approve", approve, methods=["POST"], response_model=None)
    made.add_api_route("/signals/{id:path}/decline", decline, methods=["POST"], response_model=None)
    return made


async def _answer(pages: Pages, request: Request, id: str, approve: bool) -> Response:
    from urllib.parse import parse_qsl

    from starlette.concurrency import run_in_threadpool

    body = (await request.body())[:10_000].decode("utf-8", "replace")
    return await run_in_threadpool(pages.answer, request, id, approve, dict(parse_qsl(body)))
