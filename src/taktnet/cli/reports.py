"""`state`, `takt`, `flow`, `kpi`: what a tower knows, in tables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from taktnet.base.errors import TaktnetError
from taktnet.cli.names import known as known_names
from taktnet.cli.names import one_of
from taktnet.cli.places import HERE, Place, reading
from taktnet.cli.show import Json, cell, console, json_out, objects, progress, reporting, table

Days = Annotated[float, typer.Option("--days", min=0.01, help="Length of the window, in days.")]
SiteName = Annotated[str, typer.Option("--site", help="At, from or to this site.")]
ItemName = Annotated[str, typer.Option("--item", help="About this item.")]

At = Annotated[str, typer.Option("--at", help="As it was at this business time.")]
Known = Annotated[str, typer.Option("--known", help="As it was known at this time.")]

#: Columns of each view of the state.
VIEWS: dict[str, str] = {
    "stock": "site item lot status qty",
    "points": "site item available held inspection on_order in_process in_transit position",
    "transit": "shipment item origin to lane qty shipped_at eta age_h late_h",
    "orders": "order kind buyer seller item qty shipped received open window_end status",
    "loops": "loop site item issued full empty ordered in_process in_transit",
    "cards": "loop card status since carrier cycle",
    "lots": "order site item resource lot qty produced scrap started",
    "resources": "resource site up since reason item stops down_h",
    "closures": "kind name since until",
    "feeds": "source site last events usual_h silent_h late",
    "anomalies": "kind site count qty seq",
}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(state)
    app.command()(takt)
    app.command()(flow)
    app.command()(kpi)


def moment(text: str) -> datetime | None:
    """A time with its offset; a date is its midnight in UTC; nothing for nothing."""
    if not text:
        return None
    try:
        when = datetime.fromisoformat(text)
    except ValueError as error:
        remedy = "write 2026-03-01 or 2026-03-01T06:00+01:00"
        raise TaktnetError(f"{text!r} is no time; {remedy}") from error
    if when.tzinfo is None:
        if len(text) > 10:
            raise TaktnetError(f"{text!r} has no offset; add Z or, say, +01:00")
        return datetime.fromisoformat(f"{text}T00:00+00:00")
    return when


@reporting
def state(
    view: Annotated[str, typer.Argument(help="One of: " + ", ".join(VIEWS) + ".")] = "points",
    *,
    place: Place = HERE,
    site: SiteName = "",
    item: ItemName = "",
    at: At = "",
    known: Known = "",
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="Most rows shown.")] = 50,
    json: Json = False,
) -> None:
    """Show what is true now: stock, transit, orders, cards, lots, lines; or as it was.

    \b
    Examples:
      taktnet state stock --site OPO
      taktnet state loops --place plants --json
      taktnet state stock --at 2026-03-01 --known 2026-03-03T12:00Z
    """
    from taktnet.app.history import Sight
    from taktnet.app.views import rows_of

    one_of("view", view, VIEWS)
    with _looking(place, at, known, json) as (tower, seen):
        known_names(tower, site=site, item=item)
        folded = tower.state(**seen)
        sight = Sight(tower.parts, seen["at"], seen["known"])
        rows = rows_of(folded, sight, view, site, item)
    if json:
        json_out({"seq": folded.seq, "total": len(rows), "rows": rows[:limit]})
        return
    objects(f"{view} after event {folded.seq}", rows[:limit], VIEWS[view])
    if len(rows) > limit:
        console().print(f"  and {len(rows) - limit} more; see --limit")


@contextmanager
def _looking(place: Path, at: str, known: str, json: bool) -> Iterator[tuple[Any, dict[str, Any]]]:
    """The tower and the time to look at; folding another time shows how far it has come."""
    seen: dict[str, Any] = {"at": moment(at), "known": moment(known)}
    with reading(place) as tower:
        if not any(seen.values()):
            yield tower, seen
            return
        with progress("rows", json) as told:
            yield tower, seen | {"progress": told}


@reporting
def takt(
    *,
    place: Place = HERE,
    days: Days = 7.0,
    site: SiteName = "",
    at: At = "",
    known: Known = "",
    json: Json = False,
) -> None:
    """Show the rate every site, line and lane must keep, beside the pace it kept.

    Rates are units per calendar day, takt is seconds per unit of the place's own working time.

    \b
    Examples:
      taktnet takt
      taktnet takt --site OPO --days 1
      taktnet takt --at 2026-03-02
    """
    with _looking(place, at, known, json) as (tower, seen):
        known_names(tower, site=site)
        report = tower.takt(days, site, **seen)
    if json:
        json_out(report)
        return
    rows = [
        (p.kind, p.name, p.site, p.rate_day, p.actual_day, p.takt_s, p.ahead, p.ahead_h,
         _buffer(p.buffer))
        for p in report.pace
    ]  # fmt: skip
    table(
        f"Takt and pace of the last {days:g} days",
        ("kind", "name", "site", "rate/d", "pace/d", "takt s", "ahead", "ahead h", "buffer"),
        rows,
    )


def _buffer(buffer: Any) -> str:
    if buffer is None or buffer.at is None:
        return ""
    from taktnet.ledger.fact import instant

    return f"{buffer.item} runs {buffer.turns} {cell(instant(buffer.at))}"


@reporting
def flow(
    *,
    place: Place = HERE,
    item: ItemName = "",
    days: Days = 28.0,
    at: At = "",
    known: Known = "",
    json: Json = False,
) -> None:
    """Show the value-stream ladder of each product, and how long goods stay where.

    \b
    Examples:
      taktnet flow
      taktnet flow --item DU-C25 --days 14
    """
    with _looking(place, at, known, json) as (tower, seen):
        known_names(tower, item=item)
        report = tower.flow(item, days, **seen)
    if json:
        json_out(report)
        return
    for ladder in report.ladders:
        pce = "no data" if ladder.pce is None else f"{ladder.pce:.4%}"
        title = f"{ladder.product}: {ladder.lead_d:.1f} days, efficiency {pce}"
        objects(title, ladder.rungs, "kind place item days seconds qty")
    objects(
        f"Dwell in the last {days:g} days (little = arrivals x stay, beside wip)",
        sorted(report.dwell, key=lambda d: -(d.mean_h or 0))[:30],
        "kind place item qty mean_h p95_h wip little exact",
    )


@reporting
def kpi(
    key: Annotated[
        str,
        typer.Argument(help="otif, turns, lead_time, schedule, cost or stockout; all without."),
    ] = "",
    *,
    place: Place = HERE,
    days: Days = 28.0,
    by: Annotated[
        str, typer.Option("--by", help="network, site, supplier, lane or item.")
    ] = "network",
    step: Annotated[str, typer.Option("--step", help="Trend by day or week, or none.")] = "none",
    at: At = "",
    known: Known = "",
    recompute: Annotated[
        bool, typer.Option("--recompute", help="Fold them anew from the ledger and compare.")
    ] = False,
    json: Json = False,
) -> None:
    """Show the six KPIs with their definitions; --recompute proves them from the ledger.

    \b
    Examples:
      taktnet kpi
      taktnet kpi otif --by supplier --days 7
      taktnet kpi --at 2026-03-02 --known 2026-03-03T12:00Z
      taktnet kpi --recompute
    """
    from taktnet.kpi.catalogue import CATALOGUE
    from taktnet.kpi.definition import DIMENSIONS

    keys = [one.key for one in CATALOGUE]
    for what, given, allowed in (
        ("KPI", key, keys),
        ("dimension", by, DIMENSIONS),
        ("step", step, ("none", "day", "week")),
    ):
        one_of(what, given, allowed)
    if recompute:
        with reading(place) as tower:
            _recompute(tower, days, json)
        return
    with _looking(place, at, known, json) as (tower, seen):
        which = {"keys": (key,)} if key else {}
        found = tower.kpis(days, by=by, step=step, **seen, **which)
        others = [] if found else [d for d in DIMENSIONS if tower.kpis(days, by=d, **seen, **which)]
    if json:
        json_out({"kpis": [value.as_dict() for value in found]})
        return
    trended = step != "none"
    table(
        f"KPIs of the last {days:g} days",
        ("kpi", "variant", "scope", "value", "unit", "records", "trend")[: 6 + trended],
        [
            (v.key, v.variant, v.scope.name or v.scope.dimension,
             "no data" if v.value is None else v.value, v.unit, v.inputs, _trend(v))[: 6 + trended]
            for v in found
        ],
    )  # fmt: skip
    if others:
        console().print(f"  by {by}, that is; it is told by {', '.join(others)}")


def _trend(value: Any) -> str:
    """The values of a trend, oldest first; a dash where there are no data."""
    return "  ".join("–" if p.value is None else f"{p.value:.4g}" for p in value.trend)


def _recompute(tower: Any, days: float, json: bool) -> None:
    from taktnet.app.recompute import recompute

    with progress("rows", json) as at:
        compared = recompute(tower.parts, at, days)
    if json:
        json_out({"same": compared.same, "rows": compared.rows, "values": compared.values,
                  "differ": compared.differ})  # fmt: skip
    elif compared.same:
        told = f"{compared.values} values over {compared.rows} rows are the same to the last digit"
        console().print(told, style="green")
    else:
        for name in compared.differ[:50]:
            console().print(f"differs: {name}", style="red", markup=False)
    if not compared.same:
        raise typer.Exit(1)
