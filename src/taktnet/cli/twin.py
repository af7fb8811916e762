"""`twin check`: the last weeks simulated again and laid beside what happened."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from taktnet.base.errors import TaktnetError
from taktnet.cli.places import Remote, reading, remote, settings_of
from taktnet.cli.show import Json, console, json_out, reporting, table
from taktnet.cli.simulate import HERE, Progress, Seed, told_as_it_runs

app = typer.Typer(help="The twin itself: how far it can be trusted.", no_args_is_help=True)
_POLL_S = 0.3


@app.callback()
def _twin() -> None:
    """The twin itself: how far it can be trusted."""


@app.command()
@reporting
def check(
    place: Annotated[Path, typer.Argument(help="The tower's folder.")] = HERE,
    *,
    weeks: Annotated[
        float, typer.Option("--weeks", min=1 / 7, max=260, help="Weeks at the ledger's end.")
    ] = 4.0,
    replications: Annotated[
        int, typer.Option("--replications", "-r", min=2, max=1000, help="Runs of the twin.")
    ] = 20,
    seed: Seed = 1,
    json: Json = False,
) -> None:
    """Replay the last weeks of the ledger in the twin and tell how far it was off.

    The twin gets customers' orders and the stops of lines as they came, and draws the rest. The
    result is kept with the tower, is shown beside every simulated answer, and advice is withheld
    where it is worse than the setting twin_error_limit.

    \b
    Examples:
      taktnet twin check plants
      taktnet twin check plants --weeks 2 --json
    """
    from taktnet.app.encode import plain

    asked = {"weeks": weeks, "replications": replications, "seed": seed}
    server = remote(place)
    with told_as_it_runs("runs", json=json) as at:
        found = plain(_here(place, asked, at)) if server is None else _there(server, asked, at)
    limit = settings_of(place).twin_error_limit
    if json:
        json_out(found | {"limit": limit})
        return
    _tell(found, limit)


def _here(place: Path, asked: dict[str, Any], at: Progress) -> dict[str, Any]:
    from taktnet.app.simulation.fidelity import as_told, check, keep

    with reading(place) as tower:
        made = check(tower.parts, **asked, on_progress=at, kept=False)
    keep(place, settings_of(place), made)
    return as_told(made)


def _there(server: Remote, asked: dict[str, Any], at: Progress) -> dict[str, Any]:
    """The running tower checks itself; we follow."""
    job = server.call("POST", "/api/twin/checks", json=asked)
    while job["state"] == "running":
        time.sleep(_POLL_S)
        job = server.call("GET", f"/api/jobs/{job['id']}")
        at(job["done"], job["total"])
    if job["state"] != "done":
        raise TaktnetError(job["error"] or f"the check was {job['state']}")
    return job["result"]


def _tell(found: dict[str, Any], limit: float) -> None:
    rows = [
        (place["site"] or "network", m["measure"], _figure(m["happened"], m["unit"]),
         _figure(m["simulated"], m["unit"]),
         f"{_figure(m['low'], m['unit'])} to {_figure(m['high'], m['unit'])}",
         f"{_figure(m['bias'], m['unit'])} ({_figure(m['bias_low'], m['unit'])} to"
         f" {_figure(m['bias_high'], m['unit'])})",
         f"{m['error']:.1%}", f"{m['inside']:.0%}")
        for place in (found["network"], *found["sites"])
        for m in place["measured"]
    ]  # fmt: skip
    names = ("site", "measure", "happened", "simulated", "90 % band", "bias, 95 %", "error",
             "inside")  # fmt: skip
    span = f"{found['start'][:10]} to {found['end'][:10]}"
    table(f"The twin beside what happened, {span}, {found['replications']} runs", names, rows)
    error = found["error"]
    verdict = "advice is given" if error <= limit else "advice is withheld"
    console().print(
        f"Largest error of the network: {error:.1%} ({found['worst']}); the limit is {limit:.0%}:"
        f" {verdict}",
        style="green" if error <= limit else "yellow",
        soft_wrap=True,
    )


def _figure(value: float, unit: str) -> str:
    if unit == "share":
        return f"{value:.1%}"
    return f"{value:,.0f} {unit}" if abs(value) >= 100 else f"{value:.2f} {unit}"
