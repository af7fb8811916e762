"""`plan cards`: kanban cards by formula and by simulation."""

from __future__ import annotations

from typing import Annotated

import typer

from taktnet.cli.places import HERE
from taktnet.cli.plan.work import By, Item, Out, Propose, Site, Tolerance, Try, Twin, Where, run
from taktnet.cli.show import Json, reporting


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(cards)


@reporting
def cards(
    where: Where = HERE,
    *,
    site: Site = "",
    item: Item = "",
    service: Annotated[
        float, typer.Option("--service", help="Target in %; 0 takes that of each stock point.")
    ] = 0.0,
    measure: Annotated[
        str, typer.Option("--measure", help="fill (share of units) or cycle (of containers).")
    ] = "fill",
    alpha: Annotated[
        float, typer.Option("--alpha", help="Safety factor of the Toyota formula shown beside.")
    ] = 0.1,
    dual: Annotated[
        str, typer.Option("--dual", help="yes compares points with a slow and a fast source.")
    ] = "no",
    policy: Annotated[
        str, typer.Option("--policy", help='"as is", or best: the policy with the least stock.')
    ] = "as is",
    twin: Twin = "yes",
    tolerance: Tolerance = 0.1,
    seed: Annotated[int, typer.Option("--seed", help="The same seed, the same luck.")] = 1,
    trial: Try = 0.0,
    propose: Propose = False,
    by: By = "",
    out: Out = None,
    json: Json = False,
) -> None:
    """Size every loop and stock policy by formula and by simulation of demand and lead times.

    \b
    Examples:
      taktnet plan cards examples/drivetrain/network --site BRG
      taktnet plan cards --service 98 --propose
      taktnet plan cards --policy best --try 28
    """
    given = {
        "site": site, "item": item, "service": service, "measure": measure, "alpha": alpha,
        "dual": dual, "policy": policy, "twin": twin, "tolerance": tolerance, "seed": seed,
    }  # fmt: skip
    run("cards", where, given, propose=propose, by=by, out=out, json=json, trial=trial)
