"""The pages of plans: a tab for each kind, the proposals, and the answers to them."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.concurrency import run_in_threadpool

from taktnet.app.plans.desk import PlanScreens
from taktnet.app.plans.trial import DAYS, REPLICATIONS
from taktnet.app.plans.vertical import UnknownPlan
from taktnet.base.errors import TaktnetError
from taktnet.web.pages import plan_schedule
from taktnet.web.pages.routes import Number, Pages, Text

PERSON = "planner (web)"
_LONGEST_FORM = 20_000


class PlanPages:
    """The handlers over `PlanScreens`; `frame` draws a template around them."""

    def __init__(self, pages: Pages, plans: PlanScreens) -> None:
        self.pages, self.plans = pages, plans

    def show(self, request: Request, template: str, tab: str, title: str, **more: Any) -> Response:
        """One template in the frame of the plan section."""
        return self.pages.show(
            request, template, "plan", title, tabs=self.plans.tabs(), tab=tab, **more
        )

    def first(self, request: Request) -> Response:
        """The plan section: its first tab."""
        return RedirectResponse(f"/plan/{self.plans.tabs()[0][0]}", 303)

    def kind(self, request: Request, kind: str) -> Response:
        """One plan: today beside proposed, money and service, and a way to propose it."""
        try:
            screen = self.plans.kind(kind)
        except UnknownPlan:
            return self.pages.missing(request, "plan", kind)
        known = screen.vertical
        return self.show(
            request,
            known.template,
            kind,
            f"Plan: {known.label}",
            screen=screen,
            chosen=request.query_params,
        )

    def proposals(self, request: Request, status: Text = "", page: Number = 1) -> Response:
        """Proposals with status, money and service, newest first."""
        screen = self.plans.proposals(status, page)
        return self.show(request, "plan/proposals.html", "proposals", "Proposals", screen=screen)

    def proposal(self, request: Request, id: str) -> Response:
        """One proposal with every line, its trial and its answer."""
        try:
            found = self.plans.proposal(id)
        except UnknownPlan:
            return self.pages.missing(request, "proposal", id)
        job = self.plans.trial_job(id)
        return self.show(
            request, "plan/proposal.html", "proposals", found.id, screen=found, job=job, days=DAYS
        )

    def work(self, request: Request, kind: str, form: dict[str, str]) -> Response:
        """A form of the page: work the plan out."""
        self.plans.work(kind, {name: text for name, text in form.items() if text != ""})
        return _to(f"/plan/{quote(kind, safe='')}")

    def stop(self, request: Request, kind: str, form: dict[str, str]) -> Response:
        """A form of the page: stop working the plan out."""
        self.plans.stop(kind)
        return _to(f"/plan/{quote(kind, safe='')}")

    def propose(self, request: Request, kind: str, form: dict[str, str]) -> Response:
        """A form of the page: record the newest draft as a proposal."""
        made = self.plans.propose(kind, PERSON)
        return _to(f"/plan/proposals/{quote(made.id, safe='')}")

    def override(self, request: Request, kind: str, form: dict[str, str]) -> Response:
        """A form of the forecast page: a person's quantity in place of the statistics."""
        self.plans.override({"by": PERSON, **form})
        self.plans.work(kind, self.plans.kind(kind).asked)
        chosen = urlencode({"series": form["item"], "site": form["site"]})
        return _to(f"/plan/{kind}?{chosen}")

    def answer(self, request: Request, id: str, form: dict[str, str]) -> Response:
        """A form of the page: try, stop trying, approve, refuse, withdraw or undo a proposal."""
        verb = form.get("verb", "")
        if verb == "try":
            self.plans.trial(id, _number(form.get("days", "")), REPLICATIONS)
            return _to(f"/plan/proposals/{quote(id, safe='')}")
        if verb == "stop":
            self.plans.stop(id)
            return _to(f"/plan/proposals/{quote(id, safe='')}")
        if verb == "undo":
            made = self.plans.undo(id, PERSON)
        else:
            made = self.plans.answer(verb, id, PERSON, form.get("reason", "").strip()[:4000])
        return _to(f"/plan/proposals/{quote(made.id, safe='')}")

    def refused(self, request: Request, error: TaktnetError) -> Response:
        """A page that says what was not done, and why."""
        return self.pages.show(
            request,
            "error.html",
            "plan",
            "Not done",
            409,
            message=f"Not done: {error}",
            remedy="Nothing was changed.",
        )


def _number(text: str) -> float:
    """Days as a person writes them; what is no number is told as not allowed."""
    try:
        return float(text or DAYS)
    except ValueError:
        return 0.0


def _to(address: str) -> Response:
    return RedirectResponse(address, 303, {"Cache-Control": "no-store"})


def add(router: APIRouter, pages: Pages, plans: PlanScreens) -> None:
    """Put the routes of the plan section on the router of the pages."""
    mine = PlanPages(pages, plans)
    for path, handler in (
        ("/plan", mine.first),
        ("/plan/proposals", mine.proposals),
        ("/plan/proposals/{id}", mine.proposal),
        ("/plan/{kind}", mine.kind),
    ):
        router.add_api_route(path, pages.guarded(handler), methods=["GET"], response_model=None)

    def form_route(path: str, handler: Any, name: str) -> None:
        async def posted(request: Request) -> Response:
            body = (await request.body())[:_LONGEST_FORM].decode("utf-8", "replace")
            form = dict(parse_qsl(body, keep_blank_values=True))

            def run() -> Response:
                try:
                    return handler(request, request.path_params.get(name, name), form)
                except TaktnetError as error:
                    return mine.refused(request, error)

            return await run_in_threadpool(run)

        posted.__doc__ = handler.__doc__
        router.add_api_route(
            path, posted, methods=["POST"], response_model=None, response_class=HTMLResponse
        )

    plan_schedule.add(router, mine)
    form_route("/plan/proposals/{id}", mine.answer, "id")
    form_route("/plan/forecast/override", mine.override, "forecast")
    form_route("/plan/{kind}/work", mine.work, "kind")
    form_route("/plan/{kind}/stop", mine.stop, "kind")
    form_route("/plan/{kind}/propose", mine.propose, "kind")
