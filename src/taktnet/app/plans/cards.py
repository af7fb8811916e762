"""Cards of every loop and numbers of every stock policy: formula against simulation."""

from __future__ import annotations

from taktnet.app.plans.draft import Change, Draft, Figure, Line, change
from taktnet.app.plans.loops import ASSUMED, Sized, size_loop
from taktnet.app.plans.points import SIZED, Point, size_point
from taktnet.app.plans.record import lead_times
from taktnet.app.plans.two_sources import two_sources
from taktnet.app.plans.vertical import Asked, Option, Vertical
from taktnet.app.plans.view import PlanView, Progress
from taktnet.network.components import Loop, StockPoint


def make(view: PlanView, asked: Asked, progress: Progress) -> Draft:
    """The least cards, reorder points and base stocks that reach the service by simulation."""
    network = view.network
    loops = [loop for loop in network.loops if _wanted(loop, asked)]
    points = [p for p in network.stock_points if p.policy in SIZED and _wanted(p, asked)]
    total, seen = len(loops) + len(points), lead_times(view)
    lines: list[Line] = []
    changes: list[Change | None] = []
    sized: list[Sized] = []
    kept: list[Point] = []
    for n, loop in enumerate(loops):
        progress(n, total)
        one = size_loop(view, loop, asked, seen)
        lines.append(one.line())
        if one.sizing is not None:
            sized.append(one)
            changes.append(change(network, "loops", loop.id, dict(one.changes)))
    for n, point in enumerate(points, len(loops)):
        progress(n, total)
        found = size_point(view, point, asked, seen)
        lines.append(found.line())
        if found.result is not None:
            kept.append(found)
            key = f"{point.site}|{point.item}"
            changes.append(change(network, "stock_points", key, dict(found.changes)))
        if asked["dual"] == "yes" and (dual := two_sources(view, point, asked["seed"])):
            lines.append(dual)
    progress(total, total)
    return _draft(view, (lines, changes), sized, kept)


def _wanted(row: Loop | StockPoint, asked: Asked) -> bool:
    return asked["site"] in ("", row.site) and asked["item"] in ("", row.item)


def _draft(
    view: PlanView,
    compared: tuple[list[Line], list[Change | None]],
    sized: list[Sized],
    kept: list[Point],
) -> Draft:
    lines, found = compared
    changes = tuple(one for one in found if one is not None)
    today = sum(one.stock(one.loop.cards) for one in sized) + sum(p.money()[0] for p in kept)
    after = sum(one.stock(one.proposed) for one in sized) + sum(p.money()[1] for p in kept)
    return Draft(
        kind="cards",
        summary=f"{len(changes)} of {len(found)} loops and stock points change; "
        f"{after:,.0f} EUR of stock, {today:,.0f} today",
        lines=tuple(lines),
        changes=changes,
        money=Figure(
            today=round(today, 2),
            proposed=round(after, 2),
            unit="EUR",
            means="Most that the loops may hold (cards x container) and mean stock of the points, "
            "at standard cost",
        ),
        service=_service(sized, kept),
        assumptions=ASSUMED if sized or kept else (),
        position=view.position,
        details={"loops": [one.detail() for one in sized]},
    )


def _service(sized: list[Sized], kept: list[Point]) -> Figure | None:
    """Fill rates weighed by the money that is used in a day: what customers and lines feel."""
    rows = [(one.money_day(), one.now.fill, one.then.fill) for one in sized]
    rows += [
        (p.money_day, p.today.fill, p.result.simulated.fill) for p in kept if p.today and p.result
    ]
    total = sum(weight for weight, _, _ in rows)
    if not total:
        return None
    return Figure(
        today=round(100 * sum(w * now for w, now, _ in rows) / total, 2),
        proposed=round(100 * sum(w * then for w, _, then in rows) / total, 2),
        unit="%",
        means="Fill rate over all loops and points, weighed by the value used; simulated",
    )


VERTICAL = Vertical(
    kind="cards",
    label="Cards",
    about="Cards and stock policies, by formula and by simulation of true demand and lead times",
    make=make,
    options=(
        Option("site", "Site", "", "Only what this site keeps or consumes"),
        Option("item", "Item", "", "Only this item"),
        Option("service", "Service, %", 0.0, "Target; 0 takes that of each stock point", 0, 99.99),
        Option(
            "measure",
            "Measure",
            "fill",
            "fill: share of units; cycle: share of containers",
            choices=("fill", "cycle"),
        ),
        Option("alpha", "Safety factor", 0.1, "Of the Toyota formula shown beside", 0, 10),
        Option(
            "dual",
            "Two sources",
            "no",
            "Compare points with a slow and a fast source as well",
            choices=("no", "yes"),
        ),
        Option("seed", "Seed", 1, "The same seed, the same luck", 0, 2**31),
    ),
    template="plan/cards.html",
)
