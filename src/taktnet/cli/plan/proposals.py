"""`plan proposals`, `approve`, `refuse`, `withdraw`, `undo`: what was proposed, and the answer."""

from __future__ import annotations

import getpass
import time
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from taktnet.base.errors import TaktnetError
from taktnet.cli.ledgers import Url
from taktnet.cli.places import HERE, Place, reading, remote, writing
from taktnet.cli.plan.work import By, show, show_trial
from taktnet.cli.show import Json, console, json_out, progress, reporting, table

_POLL_S = 0.3
Id = Annotated[str, typer.Argument(help="The proposal's name, as `plan proposals` shows it.")]
Reason = Annotated[str, typer.Option("--reason", help="Why, for the record.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(proposals)
    app.command("try")(trial)
    for command in (approve, refuse, withdraw, undo):
        app.command()(command)


@reporting
def proposals(
    id: Annotated[str, typer.Argument(help="One proposal, with all its lines.")] = "",
    *,
    place: Place = HERE,
    status: Annotated[
        str,
        typer.Option("--status", help="open, approved, refused, withdrawn or superseded."),
    ] = "",
    json: Json = False,
) -> None:
    """List proposals, newest first, or show one with all its lines.

    \b
    Examples:
      taktnet plan proposals --status open
      taktnet plan proposals cards-7 --json
    """
    with reading(place) as tower:
        known = tower.parts.proposals
        rows = [known.get(id)] if id else known.all()
    if status:
        rows = [row for row in rows if row.status == status]
    if json:
        json_out(rows[0] if id and rows else {"rows": rows})
        return
    if id and rows:
        show(rows[0].draft)
        if rows[0].trial is not None:
            show_trial(rows[0].trial)
    shown = [
        (p.id, p.status, len(p.draft.changes) + len(p.draft.events), p.by, p.answer, p.reason,
         p.draft.summary)
        for p in rows
    ]  # fmt: skip
    names = ("proposal", "status", "changes", "by", "answered by", "reason", "summary")
    table(f"{len(rows)} proposals", names, shown)


@reporting
def trial(
    id: Id,
    *,
    place: Place = HERE,
    days: Annotated[float, typer.Option("--days", help="Days simulated.")] = 28.0,
    replications: Annotated[int, typer.Option("--replications", help="Runs of each.")] = 16,
    url: Url = "",
    json: Json = False,
) -> None:
    """Try an open proposal in the twin beside today; the result stays with it.

    \b
    Example:
      taktnet plan try cards-7 --days 56
    """
    server = remote(place, url)
    how = {"days": days, "replications": replications}
    with progress("runs", json) as at:
        if server is not None:
            path = f"/api/plan/proposals/{quote(id, safe='')}/trial"
            told = _follow(server, server.call("POST", path, params=how), at)
        else:
            from taktnet.app.plans.trial import try_proposal

            with writing(place) as tower:
                told = try_proposal(tower, id, progress=at, **how).trial or {}
    if json:
        json_out(told)
    else:
        show_trial(told)


def _follow(server: Any, job: dict[str, Any], at: Any) -> dict[str, Any]:
    """The result of a job of a running tower, followed to its end."""
    while job["state"] == "running":
        time.sleep(_POLL_S)
        job = server.call("GET", f"/api/jobs/{job['id']}")
        at(job["done"], job["total"])
    if job["state"] != "done":
        raise TaktnetError(job["error"] or f"the trial was {job['state']}")
    return job["result"]


@reporting
def approve(
    id: Id, *, place: Place = HERE, by: By = "", reason: Reason = "", url: Url = "",
    json: Json = False,
) -> None:  # fmt: skip
    """Approve a proposal: all its changes are recorded in one step, or none.

    A tower that runs here, or at --url, is told over HTTP; else its ledger is opened.

    \b
    Example:
      taktnet plan approve cards-7 --reason "agreed with the line"
    """
    _answer("approve", id, place, url, _words(by, reason), json=json)


@reporting
def refuse(
    id: Id, *, place: Place = HERE, by: By = "", reason: Reason = "", url: Url = "",
    json: Json = False,
) -> None:  # fmt: skip
    """Refuse a proposal; nothing changes.

    \b
    Example:
      taktnet plan refuse cards-7 --reason "the lane is about to change"
    """
    _answer("refuse", id, place, url, _words(by, reason), json=json)


@reporting
def withdraw(
    id: Id, *, place: Place = HERE, by: By = "", reason: Reason = "", url: Url = "",
    json: Json = False,
) -> None:  # fmt: skip
    """Take a proposal back; nothing changes.

    \b
    Example:
      taktnet plan withdraw cards-7
    """
    _answer(
        "withdraw", id, place, url, {"by": by or getpass.getuser(), "reason": reason}, json=json
    )


@reporting
def undo(
    id: Id, *, place: Place = HERE, by: By = "", url: Url = "", json: Json = False
) -> None:  # fmt: skip
    """Propose the reverse of an approved proposal; it waits for an answer like any other.

    \b
    Example:
      taktnet plan undo cards-7
    """
    _answer("undo", id, place, url, _words(by), json=json)


def _words(by: str, reason: str | None = None) -> dict[str, str]:
    said = {} if reason is None else {"reason": reason}
    return {"by": by or getpass.getuser(), **said}


def _answer(
    verb: str, id: str, place: Path, url: str, words: dict[str, str], *, json: bool
) -> None:  # fmt: skip
    server = remote(place, url)
    if server is not None:
        path = f"/api/plan/proposals/{quote(id, safe='')}/{verb}"
        told: dict[str, Any] = server.call("POST", path, params=words)
    else:
        from taktnet.app.plans import answers

        with writing(place) as tower:
            made = getattr(answers, verb)(tower.parts, id, **words)
            told = {"id": made.id, "status": made.status, "summary": made.draft.summary}
    if json:
        json_out(told)
    else:
        console().print(f"{told['id']} is {told['status']}: {told['summary']}", markup=False)
