"""The Gantt chart: a lot drawn elsewhere is checked at once; a broken plan can be repaired."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.concurrency import run_in_threadpool

from taktnet.app.plans import schedule
from taktnet.app.plans.desk import PlanScreens
from taktnet.app.plans.draft import Draft
from taktnet.base.errors import Fault, InputFaults, TaktnetError

if TYPE_CHECKING:
    from taktnet.web.pages.plans import PlanPages

_LONGEST = 5_000
HERE = "/plan/schedule"


def add(router: APIRouter, mine: PlanPages) -> None:
    """Put the routes of the chart on the router of the pages."""

    async def move(request: Request) -> Response:
        """A form of the page: draw one lot elsewhere and check the plan afresh."""
        body = (await request.body())[:_LONGEST].decode("utf-8", "replace")
        form = dict(parse_qsl(body, keep_blank_values=True))

        def run() -> Response:
            try:
                move_lot(mine.plans, form)
            except TaktnetError as error:
                return mine.refused(request, error)
            return RedirectResponse(HERE, 303, {"Cache-Control": "no-store"})

        return await run_in_threadpool(run)

    def repair(request: Request) -> Response:
        """A form of the page: move right what the drawn plan breaks."""
        try:
            mine.plans.redraw("schedule", schedule.repaired)
        except TaktnetError as error:
            return mine.refused(request, error)
        return RedirectResponse(HERE, 303, {"Cache-Control": "no-store"})

    for path, handler in ((f"{HERE}/move", move), (f"{HERE}/repair", repair)):
        router.add_api_route(
            path, handler, methods=["POST"], response_model=None, response_class=HTMLResponse
        )


def move_lot(plans: PlanScreens, given: dict[str, str]) -> Draft:
    """The draft with one lot elsewhere: `operation`, `resource`, `start` in minutes of the plan.

    Instead of `start`, `by` are minutes from where it is. Raises InputFaults for what is none.
    """
    name, line = given.get("operation", ""), given.get("resource", "")
    by, start = given.get("by", ""), given.get("start", "")
    text = start or by
    if not text.lstrip("+-").isdigit() or len(text) > 9:
        raise InputFaults([Fault("plan", 0, "start", text[:40], "whole minutes")])

    def change(draft: Draft) -> Draft:
        _, plan = schedule.opened(draft)
        now = next((x for x in plan if x.operation == name), None)
        at = int(text) if start or now is None else now.start + int(text)
        return schedule.moved(draft, name, line or (now.resource if now else ""), at)

    return plans.redraw("schedule", change)
