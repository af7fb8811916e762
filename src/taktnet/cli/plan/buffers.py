"""`plan buffers`: safety stock across the network."""

from __future__ import annotations

from typing import Annotated

import typer

from taktnet.cli.places import HERE
from taktnet.cli.plan.work import By, Out, Propose, Tolerance, Try, Twin, Where, run
from taktnet.cli.show import Json, reporting


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(buffers)


@reporting
def buffers(
    where: Where = HERE,
    *,
    service: Annotated[
        float, typer.Option("--service", help="Demand bound in %; 0 takes each stock point's.")
    ] = 0.0,
    times: Annotated[
        str, typer.Option("--times", help="Lead times: random, as the lanes spread, or fixed.")
    ] = "random",
    holding: Annotated[
        float, typer.Option("--holding", help="Holding cost, % a year; 0 takes each point's.")
    ] = 0.0,
    twin: Twin = "yes",
    tolerance: Tolerance = 0.1,
    seconds: Annotated[float, typer.Option("--seconds", help="Time to search.")] = 10.0,
    trial: Try = 0.0,
    propose: Propose = False,
    by: By = "",
    out: Out = None,
    json: Json = False,
) -> None:
    """Place the safety stock of the whole network at least cost, and say why each buffer is there.

    What each promise to a customer costs is part of the answer, and promises that cannot be kept
    are told with the fewest stock points that stand against them.

    \b
    Examples:
      taktnet plan buffers examples/drivetrain/network
      taktnet plan buffers --service 98 --times fixed --propose
    """
    given = {"service": service, "times": times, "holding": holding, "twin": twin,
             "tolerance": tolerance, "seconds": seconds}  # fmt: skip
    run("buffers", where, given, propose=propose, by=by, out=out, json=json, trial=trial)
