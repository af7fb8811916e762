"""`signals`: decisions with status, reason and evidence; approve or decline one that waits."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Annotated

import typer

from taktnet.cli.ledgers import Url
from taktnet.cli.names import known, one_of
from taktnet.cli.places import HERE, Place, reading, remote, writing
from taktnet.cli.show import Json, console, json_out, reporting, table

app = typer.Typer(
    help="Decisions: what was decided, why, and what became of it.", no_args_is_help=True
)
Decision = Annotated[str, typer.Argument(help="The decision's name, as `signals list` shows it.")]
By = Annotated[str, typer.Option("--by", help="Who answers; else the user of this machine.")]


@app.command("list")
@reporting
def show(
    *,
    place: Place = HERE,
    status: Annotated[
        str,
        typer.Option(
            "--status", help="waiting, taken, sent, acknowledged, declined, refused or done."
        ),
    ] = "",
    site: Annotated[str, typer.Option("--site", help="At or from this site.")] = "",
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="Most rows shown.")] = 30,
    json: Json = False,
) -> None:
    """List decisions, newest first.

    \b
    Examples:
      taktnet signals list --status waiting
      taktnet signals list --site OPO --json
    """
    from taktnet.state.views import STATUSES

    one_of("status", status, STATUSES)
    with reading(place) as tower:
        known(tower, site=site)
        page = tower.signals(status, site=site, limit=limit)
    if json:
        json_out(page)
        return
    rows = [
        (s.seq, s.decision.decision, s.decision.status, s.decision.action, s.decision.qty,
         s.decision.item, s.decision.origin, s.decision.site, s.reason)
        for s in page.rows
    ]  # fmt: skip
    names = ("seq", "decision", "status", "action", "qty", "item", "from", "to", "reason")
    table(f"{page.total} decisions", names, rows)


@app.command()
@reporting
def approve(
    decision: Decision,
    *,
    place: Place = HERE,
    by: By = "",
    url: Url = "",
    json: Json = False,
) -> None:
    """Let a waiting decision go out.

    \b
    Example:
      taktnet signals approve "OPO-CELL#58" --by ana
    """
    _answer("approve", decision, place, url, {"by": by or getpass.getuser()}, json=json)


@app.command()
@reporting
def decline(
    decision: Decision,
    *,
    place: Place = HERE,
    by: By = "",
    reason: Annotated[str, typer.Option("--reason", help="Why, for the record.")] = "",
    url: Url = "",
    json: Json = False,
) -> None:
    """Stop a waiting decision; its quantity is no longer on order.

    \b
    Example:
      taktnet signals decline "OPO-CELL#58" --reason "line is down"
    """
    words = {"by": by or getpass.getuser(), "reason": reason}
    _answer("decline", decision, place, url, words, json=json)


def _answer(
    verb: str, decision: str, place: Path, url: str, words: dict[str, str], *, json: bool
) -> None:
    server = remote(place, url)
    if server is not None:
        params = {"decision": decision, **words}
        told = server.call("POST", f"/api/signals/{verb}", params=params)
    else:
        from taktnet.app.signals import respond

        with writing(place) as tower:
            receipt = respond(tower.parts, decision, declined=verb == "decline", **words)
            told = {"outcome": receipt.outcome, "seq": receipt.seq, "id": receipt.id}
    if json:
        json_out(told)
    else:
        done = {"approve": "approved", "decline": "declined"}[verb]
        console().print(f"{decision} {done}", markup=False)
