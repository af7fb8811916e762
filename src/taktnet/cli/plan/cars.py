"""`plan cars`: an order of cars that keeps ratios of options, from a file of CSPLib's form."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from taktnet.cli.show import Json, console, json_out, progress, reporting, table

if TYPE_CHECKING:
    from taktnet.plan.sequencing import Cars, Sequenced


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(cars)


@reporting
def cars(
    file: Annotated[
        Path, typer.Argument(help="Cars, options, classes; p; q; then the classes, as in CSPLib 1.")
    ],
    *,
    seconds: Annotated[
        float, typer.Option("--seconds", min=0.1, max=3600, help="How long to look.")
    ] = 10.0,
    measure: Annotated[
        str,
        typer.Option("--measure", help="excess (cars above p, summed over windows) or windows."),
    ] = "excess",
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed, the same luck.")] = 0,
    json: Json = False,
) -> None:
    """Sequence cars so that of any q in a row at most p carry an option; with a proven bound.

    What is broken is counted over all whole windows of q cars.

    \b
    Examples:
      taktnet plan cars pb_200_01.txt --seconds 20
      taktnet plan cars today.txt --json
    """
    from taktnet.base.errors import TaktnetError
    from taktnet.plan.sequencing import read_cars, sequence_cars

    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TaktnetError(f"{file} cannot be read as text: {error}") from error
    problem = read_cars(text, str(file))
    with progress("cars", json) as at:

        def watch(cost: int, bound: int) -> bool:
            at(bound, max(cost, bound, 1))
            return True

        found = sequence_cars(problem, seconds=seconds, measure=measure, seed=seed, watch=watch)
    if json:
        json_out(found)
        return
    _show(problem, found)


def _show(problem: Cars, found: Sequenced) -> None:
    rows = [
        (o.id, f"{o.most} of {o.window}", found.score.excess[o.id], found.score.windows[o.id])
        for o in problem.options
    ]
    end = "proven least" if found.proven else f"at least {found.lower} in any order"
    title = f"{problem.count} cars: {found.ratios} by {found.measure}, {end}"
    table(title, ("option", "ratio", "cars above", "windows broken"), rows)
    for text in found.conflicts:
        console().print(f"cannot be kept: {text}", markup=False)
    console().print(" ".join(found.sequence), markup=False)
