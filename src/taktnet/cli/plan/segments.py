"""`plan segments`: ABC, XYZ and Kraljic, with a default policy for each segment."""

from __future__ import annotations

from typing import Annotated

import typer

from taktnet.cli.places import HERE
from taktnet.cli.plan.work import By, Out, Propose, Site, Try, Where, run
from taktnet.cli.show import Json, reporting


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(segments)


@reporting
def segments(
    where: Where = HERE,
    *,
    site: Site = "",
    a: Annotated[float, typer.Option("--a", help="Share of value before an item: A below.")] = 0.8,
    b: Annotated[float, typer.Option("--b", help="Share of value before an item: B below.")] = 0.95,
    x: Annotated[float, typer.Option("--x", help="CV of weekly use: X below.")] = 0.5,
    y: Annotated[float, typer.Option("--y", help="CV of weekly use: Y below.")] = 1.0,
    cut: Annotated[float, typer.Option("--cut", help="Impact and risk that count as high.")] = 0.5,
    trial: Try = 0.0,
    propose: Propose = False,
    by: By = "",
    out: Out = None,
    json: Json = False,
) -> None:
    """Say which items deserve which care: ABC by value, XYZ by variability, Kraljic by risk.

    The limits stay with the result; each segment has a default policy and service.

    \b
    Examples:
      taktnet plan segments examples/drivetrain/network --site BRG
      taktnet plan segments --x 0.3 --y 0.56 --propose
    """
    given = {"site": site, "a": a, "b": b, "x": x, "y": y, "cut": cut}
    run("segments", where, given, propose=propose, by=by, out=out, json=json, trial=trial)
