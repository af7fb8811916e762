"""Cards of every loop and numbers of every stock policy: formula against simulation."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from taktnet.app.plans.cells import conwip_detail, conwip_line, polca
from taktnet.app.plans.draft import Change, Draft, Figure, Line, change
from taktnet.app.plans.guard import OPTION, Guarded, Move, Shares, guard
from taktnet.app.plans.loops import ASSUMED, Sized, size_loop, takt_of
from taktnet.app.plans.points import SIZED, Point, size_point
from taktnet.app.plans.record import lead_times
from taktnet.app.plans.two_sources import two_sources
from taktnet.app.plans.vertical import Asked, Option, Vertical
from taktnet.app.plans.view import PlanView, Progress
from taktnet.network.components import Loop, StockPoint

#: Pairs of cells that the details of a draft hold, those with the most cards.
MOST_PAIRS = 200


def make(view: PlanView, asked: Asked, progress: Progress) -> Draft:
    """The least cards, reorder points and base stocks that reach the service by simulation."""
    network = view.network
    loops = [loop for loop in network.loops if _wanted(loop, asked)]
    points = [p for p in network.stock_points if p.policy in SIZED and _wanted(p, asked)]
    total, seen = len(loops) + len(points), lead_times(view)
    sized: list[Sized] = []
    kept: list[Point] = []
    dual: list[Line] = []
    for n, loop in enumerate(loops):
        progress(n, total)
        sized.append(size_loop(view, loop, asked, seen))
    for n, point in enumerate(points, len(loops)):
        progress(n, total)
        kept.append(size_point(view, point, asked, seen))
        if asked["dual"] == "yes" and (line := two_sources(view, point, asked["seed"])):
            dual.append(line)
    held = Guarded()
    if asked["twin"] == "yes":
        held = guard(view, lambda s: _changes(view, sized, kept, s), _moves(sized, kept), asked,
                     progress)  # fmt: skip
    sized = [one.kept(held.share(one.loop.id), asked["seed"]) for one in sized]
    kept = [one.kept(held.share(one.key), asked["seed"]) for one in kept]
    progress(total, total)
    return _draft(view, asked, (sized, kept, dual), held)


def _moves(sized: list[Sized], kept: list[Point]) -> list[Move]:
    """What shrinks, with the money that it frees."""
    loops = [(one.loop.id, one.loop.site, one.stock(one.loop.cards) - one.stock(one.proposed))
             for one in sized if one.sizing is not None]  # fmt: skip
    points = [(one.key, one.point.site, one.money()[0] - one.money()[1])
              for one in kept if one.result is not None]  # fmt: skip
    return [Move(*row) for row in (*loops, *points) if row[2] > 0]


def _changes(
    view: PlanView, sized: list[Sized], kept: list[Point], share: Shares
) -> tuple[Change, ...]:
    """The rows that change when only a share of what shrinks is taken."""
    network = view.network
    found = [
        change(network, "loops", one.loop.id, dict(replace(one, share=share(one.loop.id)).changes))
        for one in sized if one.sizing is not None
    ] + [
        change(network, "stock_points", one.key, dict(replace(one, share=share(one.key)).changes))
        for one in kept if one.result is not None
    ]  # fmt: skip
    return tuple(one for one in found if one is not None)


def _wanted(row: Loop | StockPoint, asked: Asked) -> bool:
    return asked["site"] in ("", row.site) and asked["item"] in ("", row.item)


def _draft(view: PlanView, asked: Asked, found: tuple[list[Sized], list[Point], list[Line]],
           held: Guarded) -> Draft:  # fmt: skip
    rows, spots, dual = found
    sized = [one for one in rows if one.sizing is not None]
    kept = [one for one in spots if one.result is not None]
    changes = _changes(view, sized, kept, held.share)
    today = sum(one.stock(one.loop.cards) for one in sized) + sum(p.money()[0] for p in kept)
    after = sum(one.stock(one.proposed) for one in sized) + sum(p.money()[1] for p in kept)
    told = (held.why,) if held.why else ()
    return Draft(
        kind="cards",
        summary=f"{len(changes)} of {len(sized) + len(kept)} loops and stock points change; "
        f"{after:,.0f} EUR of stock, {today:,.0f} today",
        lines=(*(one.line() for one in rows), *(one.line() for one in spots), *dual),
        changes=changes,
        money=Figure(
            today=round(today),
            proposed=round(after),
            unit="EUR",
            means="Most that the loops may hold (cards x container) and mean stock of the points, "
            "at standard cost",
        ),
        service=held.service(_service(sized, kept)),
        assumptions=(*told, *ASSUMED) if sized or kept else (),
        position=view.position,
        details={"loops": [_detail(view, one) for one in sized],
                 "polca": _pairs(view, asked),
                 "points": [one.detail() for one in kept],
                 "tolerance": asked["tolerance"] / 100, **held.details()},
    )  # fmt: skip


def _detail(view: PlanView, one: Sized) -> dict[str, Any]:
    """A loop as the page shows it, with what a CONWIP line does in the practical worst case."""
    told, line = one.detail() | {"conwip": None}, conwip_line(view, one.loop)
    if line is not None and one.need is not None:
        takt = takt_of(view.network, view.day())
        told["conwip"] = conwip_detail(line, one.proposed, one.need.demand, takt, one.loop)
    return told


def _pairs(view: PlanView, asked: Asked) -> list[dict[str, Any]]:
    """POLCA cards of the pairs of cells that touch the site asked for."""
    network = view.network
    lines = {r.id for r in network.resources if asked["site"] in ("", r.site)}
    pairs = polca(view, asked["alpha"])
    return [p for p in pairs if {p["first"], p["second"]} & lines][:MOST_PAIRS]


def _service(sized: list[Sized], kept: list[Point]) -> Figure | None:
    """Fill rates weighed by the money that is used in a day: what customers and lines feel."""
    rows = [(one.money_day(), one.now.fill, one.then.fill) for one in sized]
    rows += [(p.money_day, p.today.fill, p.then.fill) for p in kept if p.today and p.result]
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
        Option(
            "service",
            "Service, %",
            0.0,
            "Target; empty takes that of each stock point",
            0,
            99.99,
            zero="as declared",
        ),
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
        Option(
            "policy",
            "Policies",
            "as is",
            "best: the policy with the least stock is proposed",
            choices=("as is", "best"),
        ),
        Option(
            "twin",
            "Tried in the twin",
            "yes",
            "yes: reductions that cost service in the twin are taken back",
            choices=("yes", "no"),
        ),
        OPTION,
        Option("seed", "Seed", 1, "The same seed, the same luck", 0, 2**31),
    ),
    template="plan/cards.html",
)
