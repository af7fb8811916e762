"""What every `taktnet plan <kind>` does: work it out, show it, and record it if asked."""

from __future__ import annotations

import getpass
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from taktnet.base.errors import TaktnetError
from taktnet.cli.places import reading, remote, settings_of, writing
from taktnet.cli.show import console, json_out, progress, table

if TYPE_CHECKING:
    from taktnet.app.plans.draft import Draft
    from taktnet.app.plans.view import PlanView
    from taktnet.app.simulation import Trial

Where = Annotated[
    Path,
    typer.Argument(
        envvar="TAKTNET_PLACE",
        help="A network (folder or workbook), or a tower's folder; the tower may be running.",
    ),
]
Propose = Annotated[
    bool, typer.Option("--propose", help="Record it as a proposal of the tower, to be answered.")
]
By = Annotated[str, typer.Option("--by", help="Who says so; else the user of this machine.")]
Out = Annotated[
    Path | None,
    typer.Option("--out", help="Write the network as proposed to this folder or .xlsx file."),
]
Try = Annotated[
    float,
    typer.Option("--try", min=0, help="Days to run it in the twin beside today; 0 does not."),
]
Twin = Annotated[
    str,
    typer.Option("--twin", help="yes tries reductions in the twin, and takes back what costs."),
]
Tolerance = Annotated[
    float,
    typer.Option(
        "--tolerance", min=0, max=100, help="Points of service that may be lost in the twin."
    ),
]
Site = Annotated[str, typer.Option("--site", help="Only this site.")]
Item = Annotated[str, typer.Option("--item", help="Only this item.")]


def run(
    kind: str,
    where: Path,
    given: Mapping[str, object],
    *,
    propose: bool,
    by: str,
    out: Path | None,
    json: bool,
    trial: float = 0.0,
) -> None:
    """Work a plan out and show it; `given` are its options by name, `trial` the days to try it."""
    import msgspec

    from taktnet.app.plans.answers import check_effect
    from taktnet.app.plans.verticals import vertical

    known = vertical(kind)
    asked = known.asked(given)
    with viewing(where) as view, progress(kind, json) as at:
        draft = known.make(view, asked, at)
        if out is not None:
            check_effect(view.network, draft).write(out)
        found = _try(view, draft, trial, at) if trial else None
    proposal = record(where, draft, by or getpass.getuser()) if propose else None
    if json:
        told = {"draft": draft, "trial": found, "proposal": proposal}
        json_out({**told, "out": str(out) if out else None})
        return
    show(draft)
    tried = msgspec.to_builtins(found) if found is not None else draft.details.get("trial")
    if tried is not None:
        show_trial(tried)
    if out is not None:
        console().print(f"the network as proposed is in {out}", markup=False)
    if proposal is not None:
        told = f"proposal {proposal['id']} is {proposal['status']}"
        hint = f"; answer it with: taktnet plan approve {proposal['id']}"
        console().print(told + (hint if proposal["status"] == "open" else ""), markup=False)


def _try(view: PlanView, draft: Draft, days: float, at: Any) -> Trial:
    from taktnet.app.plans.trial import try_draft

    return try_draft(view.tower or view.network, draft, days=days, progress=at)


def show_trial(trial: dict[str, Any]) -> None:
    """What the twin said, measure by measure, with 95 % intervals."""

    def spread(one: dict[str, Any]) -> str:
        if one["mean"] is None:
            return "no data"
        if one["low"] is None:
            return f"{one['mean']:,.4g}"
        return f"{one['mean']:,.4g} ({one['low']:,.4g} to {one['high']:,.4g})"

    words = {True: "better", False: "worse", None: "no clear difference"}
    points = 100 * trial.get("tolerance", 0.0)
    rows = [
        (e["measure"], e["unit"], *(spread(e[n]) for n in ("today", "proposed", "difference")),
         f"within {points:g} points" if e.get("tolerated") else words[e["better"]])
        for e in trial["effects"]
    ]  # fmt: skip
    title = f"Tried in the twin: {trial['days']:g} days, {trial['replications']} runs"
    table(title, ("measure", "unit", "today", "proposed", "difference", "verdict"), rows)
    told = list(trial.get("notes", ()))
    if "tolerance" in trial:
        told.append(f"service is kept where no more than {points:g} points are clearly lost")
    for note in told:
        console().print(note, markup=False)


@contextmanager
def viewing(where: Path) -> Iterator[PlanView]:
    """The network at a path alone, or the tower there as of its newest row."""
    from taktnet.app import home
    from taktnet.app.plans.view import PlanView
    from taktnet.network import Network

    if not where.exists():
        raise TaktnetError(f"there is no {where}; give a network or a tower's folder")
    found = home.resolve(where)
    if settings_of(where).ledger or (found.place / home.LEDGER).exists():
        with reading(where) as tower:
            yield PlanView.of(tower)
    elif found.network is not None:
        yield PlanView(Network.read(found.network))
    else:
        raise TaktnetError(f"{where} holds neither a network nor a tower")


def record(where: Path, draft: Draft, by: str) -> dict[str, Any]:
    """Record a draft in the tower: through its server when it runs, else by opening it."""
    from taktnet.app.plans.draft import to_json

    server = remote(where)
    if server is not None:
        body = to_json(draft).encode()
        return server.call("POST", "/api/plan/proposals", params={"by": by}, content=body)
    from taktnet.app.plans.answers import propose

    with writing(where) as tower:
        made = propose(tower.parts, draft, by)
        return {"id": made.id, "status": made.status}


def show(draft: Draft) -> None:
    """The comparison as a table, with money and service."""
    rows = [
        (line.what, line.site, line.item, line.today, line.proposed, line.unit, line.why)
        for line in draft.lines
    ]
    names = ("what", "site", "item", "today", "proposed", "unit", "why")
    table(draft.summary, names, rows)
    figures = [
        (name, _ranged(figure.today, figure.today_range),
         _ranged(figure.proposed, figure.proposed_range), figure.unit, figure.means)
        for name, figure in (("money", draft.money), ("service", draft.service))
        if figure is not None
    ]  # fmt: skip
    if figures:
        table("", ("", "today", "proposed", "unit", "means"), figures)
    for text in draft.assumptions:
        console().print(f"assumes: {text}", markup=False)


def _ranged(value: float | None, ends: tuple[float, float] | None) -> float | str | None:
    """A figure with its 95 % interval, where it has one."""
    if value is None or ends is None:
        return value
    return f"{value:,.4g} ({ends[0]:,.4g} to {ends[1]:,.4g})"
