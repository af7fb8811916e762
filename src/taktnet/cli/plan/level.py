"""`plan level`: takt, heijunka box, sequence and lots of lines."""

from __future__ import annotations

from typing import Annotated

import typer

from taktnet.cli.places import HERE
from taktnet.cli.plan.work import By, Out, Propose, Try, Where, run
from taktnet.cli.show import Json, reporting


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(level)


@reporting
def level(
    where: Where = HERE,
    *,
    site: Annotated[str, typer.Option("--site", help="Only lines of this site.")] = "",
    line: Annotated[str, typer.Option("--line", help="Only this line.")] = "",
    spare: Annotated[
        float, typer.Option("--spare", help="Share of a line's time kept free for stops, in %.")
    ] = 10.0,
    limit: Annotated[
        float, typer.Option("--limit", help="Days; longer intervals change no lot.")
    ] = 30.0,
    propose: Propose = False,
    by: By = "",
    out: Out = None,
    trial: Try = 0.0,
    json: Json = False,
) -> None:
    """Level lines: takt, pitch, heijunka box, sequence, and lots by every part every interval.

    The box levels the demand of a working day, container by container; with --json it is whole,
    with the pattern that repeats. Approving the proposal changes the lots.

    \b
    Examples:
      taktnet plan level examples/drivetrain/network --line BRG-FA1
      taktnet plan level --site BRG --propose
    """
    given = {"site": site, "line": line, "spare": spare, "limit": limit}
    run("level", where, given, propose=propose, by=by, out=out, json=json, trial=trial)
