"""Cards of every kanban loop: formula against simulation, and how many there should be."""

from __future__ import annotations

from taktnet.app.plans.draft import Change, Draft, Figure, Line, change
from taktnet.app.plans.loops import Sized, size_loop
from taktnet.app.plans.record import lead_times
from taktnet.app.plans.vertical import Asked, Option, Vertical
from taktnet.app.plans.view import PlanView, Progress


def make(view: PlanView, asked: Asked, progress: Progress) -> Draft:
    """The least cards of each loop that reach its service by simulation, beside the formulas."""
    network = view.network
    loops = [
        loop
        for loop in network.loops
        if asked["site"] in ("", loop.site) and asked["item"] in ("", loop.item)
    ]
    lines: list[Line] = []
    changes: list[Change] = []
    sized: list[Sized] = []
    seen = lead_times(view)
    for n, loop in enumerate(loops):
        progress(n, len(loops))
        one = size_loop(view, loop, asked, seen)
        lines.append(one.line())
        if one.sizing is None:
            continue
        sized.append(one)
        if made := change(network, "loops", loop.id, dict(one.changes)):
            changes.append(made)
    progress(len(loops), len(loops))
    moved = f"{len(changes)} of {len(loops)} loops change"
    today = sum(one.stock(loop_cards=one.loop.cards) for one in sized)
    after = sum(one.stock(loop_cards=one.proposed) for one in sized)
    return Draft(
        kind="cards",
        summary=f"{moved}; at most {after:,.0f} EUR of stock in loops, {today:,.0f} today",
        lines=tuple(lines),
        changes=tuple(changes),
        money=Figure(
            today=round(today, 2),
            proposed=round(after, 2),
            unit="EUR",
            means="Most that the loops may hold (cards x container) at standard cost",
        ),
        service=_service(sized),
        assumptions=tuple(sorted({a for one in sized for a in one.assumptions})),
        position=view.position,
        details={"loops": [one.detail() for one in sized]},
    )


def _service(sized: list[Sized]) -> Figure | None:
    if not sized:
        return None
    return Figure(
        today=round(100 * min(one.now.fill for one in sized), 3),
        proposed=round(100 * min(one.then.fill for one in sized), 3),
        unit="%",
        means="Fill rate of the worst loop, simulated",
    )


VERTICAL = Vertical(
    kind="cards",
    label="Cards",
    about="Kanban cards by formula and by simulation of true demand and lead times",
    make=make,
    options=(
        Option("site", "Consuming site", "", "Only loops that supply this site"),
        Option("item", "Item", "", "Only loops of this item"),
        Option("service", "Service, %", 0.0, "Target; 0 takes that of each stock point", 0, 99.99),
        Option(
            "measure",
            "Measure",
            "fill",
            "fill: share of units; cycle: share of containers",
            choices=("fill", "cycle"),
        ),
        Option("alpha", "Safety factor", 0.1, "Of the Toyota formula shown beside", 0, 10),
        Option("seed", "Seed", 1, "The same seed, the same luck", 0, 2**31),
    ),
    template="plan/cards.html",
)
