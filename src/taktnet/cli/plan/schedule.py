"""`plan schedule`: the finite schedule of lots on lines across plants."""

from __future__ import annotations

from typing import Annotated

import typer

from taktnet.cli.places import HERE
from taktnet.cli.plan.work import By, Out, Propose, Try, Where, run
from taktnet.cli.show import Json, reporting


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(schedule)


@reporting
def schedule(
    where: Where = HERE,
    *,
    site: Annotated[
        str, typer.Option("--site", help="Only lots of this site, and what they wait for.")
    ] = "",
    days: Annotated[int, typer.Option("--days", help="Lots due within so many days.")] = 3,
    seconds: Annotated[
        float, typer.Option("--seconds", help="How long to look for a cheaper plan.")
    ] = 10.0,
    fence: Annotated[
        float, typer.Option("--fence", help="Hours in which lots keep their line and turn.")
    ] = 4.0,
    late: Annotated[
        float, typer.Option("--late", help="Price of a day late, in % of the lot's value.")
    ] = 2.0,
    move: Annotated[
        float, typer.Option("--move", help="Price in EUR of an hour that a start moves.")
    ] = 1.0,
    change: Annotated[
        float, typer.Option("--change", help="Price in EUR of another line for a lot.")
    ] = 5.0,
    must: Annotated[
        str, typer.Option("--must", help="Lots that may not be late, separated by commas.")
    ] = "",
    propose: Propose = False,
    by: By = "",
    out: Out = None,
    trial: Try = 0.0,
    json: Json = False,
) -> None:
    """Schedule what runs and is pulled: shifts, set-ups, transport, a fence; priced, with a gap.

    It starts from the schedule published last and changes it little. Approving the proposal
    publishes the new one. Demands that no schedule meets are answered with the smallest set of
    them that conflicts.

    \b
    Examples:
      taktnet plan schedule examples/drivetrain/network --site BRG --days 2
      taktnet plan schedule --seconds 30 --propose
    """
    given = {
        "site": site, "days": days, "seconds": seconds, "fence": fence, "late": late,
        "move": move, "change": change, "must": must,
    }  # fmt: skip
    run("schedule", where, given, propose=propose, by=by, out=out, json=json, trial=trial)
