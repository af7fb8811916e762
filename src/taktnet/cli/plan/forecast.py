"""`plan forecast`: what will be wanted, from a tower's record or from a table of history."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Annotated, Any

import typer

from taktnet.base.errors import TaktnetError
from taktnet.cli.places import HERE, remote, writing
from taktnet.cli.plan.work import By, Item, Out, Propose, Site, Try, run
from taktnet.cli.show import Json, console, json_out, progress, reporting, table

Where = Annotated[
    Path,
    typer.Argument(
        envvar="TAKTNET_PLACE",
        help="A tower's folder (it may be running), or a table of history: a .csv or .parquet "
        "file with series (or site and item), date, qty, and drivers as further columns.",
    ),
]
_TABLES = (".csv", ".parquet", ".pq")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(forecast)


@reporting
def forecast(
    where: Where = HERE,
    *,
    site: Site = "",
    item: Item = "",
    step: Annotated[str, typer.Option("--step", help="day, week or month.")] = "week",
    horizon: Annotated[int, typer.Option("--horizon", help="Periods ahead.")] = 12,
    service: Annotated[float, typer.Option("--service", help="What stock covers, in %.")] = 95.0,
    band: Annotated[float, typer.Option("--band", help="Share inside the band, in %.")] = 80.0,
    review: Annotated[int, typer.Option("--review", help="Periods between orders.")] = 1,
    lead: Annotated[
        int, typer.Option("--lead", min=0, max=500, help="Lead time in periods; for a table only.")
    ] = 3,
    clean: Annotated[bool, typer.Option("--clean", help="Cut spikes before learning.")] = False,
    trees: Annotated[
        bool, typer.Option("--trees", help="Try LightGBM too, with what drives demand.")
    ] = False,
    reconcile: Annotated[
        bool, typer.Option("--reconcile", help="Make items, sites and the network add up.")
    ] = False,
    rates: Annotated[
        bool, typer.Option("--rates", help="Propose the network's demand rates too.")
    ] = False,
    override: Annotated[
        float | None,
        typer.Option("--override", min=0, help="Record a person's own quantity instead: with "
                     "--site, --item, --from, --days and --reason."),
    ] = None,
    start: Annotated[str, typer.Option("--from", help="First day of the override.")] = "",
    days: Annotated[int, typer.Option("--days", min=1, max=3660, help="Its days.")] = 7,
    reason: Annotated[str, typer.Option("--reason", help="Why people know better.")] = "",
    propose: Propose = False,
    by: By = "",
    out: Out = None,
    trial: Try = 0.0,
    json: Json = False,
) -> None:  # fmt: skip
    """Forecast demand by the method whose stock and shortages would have cost least.

    \b
    Examples:
      taktnet plan forecast plants --step week --horizon 13
      taktnet plan forecast history.csv --step month --lead 2 --json
      taktnet plan forecast plants --site OPO --item DU-C25 --override 900
        --from 2026-04-06 --days 7 --reason "trade fair" --by m.silva
    """
    given = {
        "site": site, "item": item, "step": step, "horizon": horizon, "service": service,
        "band": band, "review": review, "clean": _yes(clean), "trees": _yes(trees),
        "reconcile": _yes(reconcile), "rates": "update" if rates else "keep",
    }  # fmt: skip
    if override is not None:
        asked = {"site": site, "item": item, "start": start, "days": str(days),
                 "qty": str(override), "reason": reason, "by": by or getpass.getuser()}  # fmt: skip
        _override(where, asked, json)
    elif where.suffix.lower() in _TABLES:
        if propose or rates or out is not None:
            raise TaktnetError("a table has no tower to propose to; give a tower's folder")
        _of_table(where, given, lead, json)
    else:
        run("forecast", where, given, propose=propose, by=by, out=out, json=json, trial=trial)


def _yes(flag: bool) -> str:
    return "yes" if flag else "no"


def _of_table(path: Path, given: dict[str, Any], lead: int, json: bool) -> None:
    from taktnet.app.plans.forecast import VERTICAL, of_table

    with progress("methods", json) as at:
        told = of_table(path, VERTICAL.asked(given), lead, at)
    if json:
        json_out(told)
        return
    names = ("series", "method", "next", "stock", "low", "high", "error", "spikes", "why")
    rows = [
        (f"{s['item']} {s['site']}".strip(), s["method"], s["total"], s["stock"], s["low"][0],
         s["high"][0], s["candidates"][0]["error"] if s["candidates"] else "", len(s["spikes"]),
         s["why"])
        for s in told["series"]
    ]  # fmt: skip
    span = told["series"][0]["span"] if told["series"] else 0
    table(f"{path}: demand of the next {span} {told['step']}s, and the band of the first",
          names, rows)  # fmt: skip
    for c in told["coverage"]:
        seen = f"{100 * c['seen']:.1f} % of {c['judged']:,} outcomes"
        text = f"{c['what']}: covered {seen}, wanted {100 * c['wanted']:.1f} %"
        console().print(text, markup=False)


def _override(where: Path, asked: dict[str, str], json: bool) -> None:
    server = remote(where)
    if server is not None:
        told = server.call("POST", "/api/plan/forecast/override", params=asked)
    else:
        from taktnet.app.plans.overriding import override_asked

        with writing(where) as tower:
            told = override_asked(tower, asked)
    if json:
        json_out(told)
    else:
        console().print(f"recorded as {told['id']}: {told['qty']:g} in place of "
                        f"{told['statistical']:g}", markup=False)  # fmt: skip
