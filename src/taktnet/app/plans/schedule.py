"""The finite schedule of a tower: pulled lots on lines, today's plan beside the new one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, replace
from typing import Any

from taktnet.app.clock import WallClock
from taktnet.app.plans.draft import Draft, Figure, Line
from taktnet.app.plans.vertical import Asked, Option, Plays, Vertical
from taktnet.app.plans.view import PlanView, Progress
from taktnet.base.errors import Fault, InputFaults, TaktnetError
from taktnet.ledger import event as e
from taktnet.ledger.fact import instant, micros
from taktnet.ledger.search import Query, search
from taktnet.network import Network
from taktnet.plan.schedule import Placed, Problem, Scheduled, check, price, schedule
from taktnet.plan.schedule.conflict import conflict
from taktnet.plan.schedule.floor import Floor, Frozen, Prices, read_floor
from taktnet.plan.schedule.plain import from_plain, plan_from_plain, plan_to_plain, to_plain
from taktnet.plan.schedule.solve import Progress as Step
from taktnet.plan.schedule.walk import ready

#: Most lots of the published plan that are looked back for.
_MOST_FROZEN = 2_000
#: Most lots of one plan.
MOST_LOTS = 3_000


def make(view: PlanView, asked: Asked, progress: Progress) -> Draft:
    """Plan the lots that run and are pulled, starting from the plan that was published last."""
    now = view.now if view.state is not None else WallClock().now()  # a network has no time
    floor = read_floor(
        view.network,
        view.state,
        now,
        days=asked["days"],
        fence_h=asked["fence"],
        prices=Prices(asked["late"] / 100, asked["move"], asked["change"]),
        published=published(view),
        site=asked["site"],
    )
    problem = floor.problem
    if len(problem.operations) > MOST_LOTS:
        raise TaktnetError(
            f"{len(problem.operations):,} lots in {asked['days']} days, at most {MOST_LOTS:,} are"
            " planned at once; choose fewer days or one site"
        )
    problem = _must_keep(problem, asked["must"])
    floor = replace(floor, problem=problem)
    stopped: list[bool] = []

    def watch(step: Step) -> bool:
        try:
            progress(min(99, round(100 * step.seconds / asked["seconds"])), 100)
        except TaktnetError:
            stopped.append(True)
        return not stopped

    ready()
    found = schedule(problem, seconds=asked["seconds"], watch=watch)
    if found.cost.overrun_min:
        _explain(floor, found.cost.overrun_min)
    return draft_of(floor, found, view.position, name_of(now))


def _must_keep(p: Problem, names: str) -> Problem:
    """The problem in which the lots named must end by the time they are due."""
    wanted = {name.strip() for name in names.split(",") if name.strip()}
    known = {o.id for o in p.operations if o.due is not None}
    if strange := sorted(wanted - known):
        raise InputFaults(
            [Fault("plan schedule", 0, "must", name, "a lot of the plan that has a due time")
             for name in strange]
        )  # fmt: skip
    return replace(
        p,
        operations=tuple(replace(o, must_end=o.due) if o.id in wanted else o for o in p.operations),
    )


def _explain(floor: Floor, minutes: int) -> None:
    """Raise for must-ends that were passed, naming the smallest set of demands that conflict."""
    found = conflict(
        floor.problem, say=lambda minute: f"{instant(floor.at(minute)):%d %b %H:%M} UTC"
    )
    if found is None:
        raise TaktnetError(
            f"the lots that may not be late are {_length(minutes)} late in the best plan found, and"
            " no proof was found that they must be; allow more seconds"
        )
    least = "; each is needed for the conflict" if found.smallest else ""
    raise TaktnetError(
        "no schedule meets these demands together: "
        + "; ".join(d.words for d in found.demands)
        + f"{least}. Give way on one of them"
    )


def name_of(now: int) -> str:
    """The name of a schedule made at an instant."""
    return f"plan-{instant(now):%Y-%m-%dT%H%M}"


def published(view: PlanView) -> tuple[Frozen, ...]:
    """The plan in force: of every lot what was published last."""
    if view.ledger is None:
        return ()
    found: dict[str, Frozen] = {}
    for row in search(view.ledger, Query(kind="schedule.frozen"), _MOST_FROZEN):
        event = row.event
        if isinstance(event, e.ScheduleFrozen) and event.lot and event.lot not in found:
            found[event.lot] = Frozen(
                event.lot, event.resource, micros(event.start), micros(event.end)
            )
    return tuple(found.values())


def draft_of(floor: Floor, found: Scheduled, position: int, name: str) -> Draft:
    """A plan as a draft: what moves, its money, and the events that publish it."""
    details = {
        "problem": to_plain(floor.problem),
        "origin": floor.origin,
        "schedule": name,
        "lower": found.lower,
        "bounded_by": found.bounded_by,
        "first": found.first.total,
        "first_s": found.first_s,
        "seconds": found.seconds,
        "assumed": list(floor.assumed),
    }
    return drawn(details, found.plan, position)


def drawn(details: dict[str, Any], plan: Sequence[Placed], position: int) -> Draft:
    """The draft of a plan, a person's too: checked afresh; one that breaks rules publishes nothing.

    `details` are those of `draft_of`.
    """
    problem = from_plain(details["problem"])
    cost = price(problem, plan)
    breaks = check(problem, plan)
    lower = min(details["lower"], cost.total)
    gap = (cost.total - lower) / cost.total if cost.total > lower else 0.0
    lots = len(problem.operations)
    told = f"{lots} lots, {cost.late} late, {cost.moved} moved; {cost.total:,.0f} EUR, "
    told += "no plan is cheaper" if gap == 0 else f"at most {gap:.1%} above the cheapest"
    told += f", bounded by {details['bounded_by']}" if "bounded_by" in details else ""
    if breaks:
        told = f"{len(breaks)} rules broken: repair the plan before it is published. {told}"
    kept = {**details, "plan": plan_to_plain(plan), "gap": gap,
            "breaks": [astuple(b) for b in breaks]}  # fmt: skip
    return Draft(
        kind="schedule",
        summary=told if lots else "nothing runs and nothing is pulled: no lot to plan",
        lines=_lines(problem, plan, details["origin"]),
        events=() if breaks else _events(problem, plan, details),
        money=Figure(
            today=round(details["first"], 2),
            proposed=round(cost.total, 2),
            unit="EUR",
            means="Late lots, moved starts and changed lines, priced; today: the published plan"
            " with only what must move moved right",
        ),
        service=_service(problem, plan),
        assumptions=(
            *details["assumed"],
            "Goods between sites go by the lane that is there first: its next departure, mean"
            " transit and customs time",
            "Work stops at the end of a shift and goes on with the next; whole minutes, rounded up",
        ),
        position=position,
        details=kept,
    )


def _service(p: Problem, plan: Sequence[Placed]) -> Figure | None:
    due = {o.id: o.due for o in p.operations if o.due is not None}
    if not due:
        return None
    ends = {x.operation: x.end for x in plan}
    old = {x.operation: x.end for x in p.old}
    share = sum(ends.get(i, d + 1) <= d for i, d in due.items()) / len(due)
    known = [i for i in due if i in old]
    before = sum(old[i] <= due[i] for i in known) / len(known) if known else None
    return Figure(
        today=None if before is None else round(100 * before, 1),
        proposed=round(100 * share, 1),
        unit="%",
        means="Lots that end by the time they are pulled for; today: as published if all goes well",
    )


def _lines(p: Problem, plan: Sequence[Placed], origin: int) -> tuple[Line, ...]:
    old = {x.operation: x for x in p.old}
    site = {r.id: r.site for r in p.resources}
    by_id = {o.id: o for o in p.operations}
    rows: list[Line] = []
    for x in plan:
        o, was = by_id[x.operation], old.get(x.operation)
        why = ""
        if o.due is not None and x.end > o.due:
            why = f"{_length(x.end - o.due)} late"
        if was is not None and was.start < p.now:
            why = "runs"
        rows.append(
            Line(
                what=o.id,
                today=_at(origin, was.start, was.resource) if was else None,
                proposed=_at(origin, x.start, x.resource),
                why=why,
                site=site[x.resource],
                item=o.item,
            )
        )
    planned = {x.operation for x in plan}
    rows += [
        Line(what=o.id, why="no shift is left for it in the calendars", item=o.item)
        for o in p.operations
        if o.id not in planned
    ]
    return tuple(rows)


def _at(origin: int, minute: int, resource: str) -> str:
    return f"{instant(origin + minute * 60_000_000):%d %b %H:%M} UTC on {resource}"[:200]


def _length(minutes: int) -> str:
    return f"{minutes / 60:.1f} h" if minutes >= 60 else f"{minutes} min"


def _events(
    p: Problem, plan: Sequence[Placed], details: dict[str, Any]
) -> tuple[e.ScheduleFrozen, ...]:
    """One event for every lot that has not started, numbered along its line."""
    site = {r.id: r.site for r in p.resources}
    by_id = {o.id: o for o in p.operations}
    position: dict[str, int] = {}
    rows: list[e.ScheduleFrozen] = []
    origin = details["origin"]
    for x in sorted(plan, key=lambda x: (x.start, x.operation)):
        o, line = by_id[x.operation], x.resource.split(" #")[0]
        if x.start < p.now or o.qty <= 0:
            continue
        position[line] = position.get(line, 0) + 1
        rows.append(
            e.ScheduleFrozen(
                source="plan", id=o.id, at=instant(origin), site=site[x.resource],
                schedule=details["schedule"], resource=line, item=o.item, qty=o.qty,
                position=position[line], start=instant(origin + x.start * 60_000_000),
                end=instant(origin + x.end * 60_000_000), lot=o.id,
            )
        )  # fmt: skip
    return tuple(rows)


def moved(draft: Draft, operation: str, resource: str, start: int) -> Draft:
    """The draft with one lot drawn elsewhere: nothing else moves, and what that breaks is told."""
    problem, plan = opened(draft)
    known = {o.id: o for o in problem.operations}.get(operation)
    if known is None:
        raise TaktnetError(f"no lot of the plan is called {operation[:100]!r}")
    minutes = {m.resource: m.minutes for m in known.modes}
    if resource not in minutes:
        raise TaktnetError(
            f"{operation} cannot be done on {resource[:100]!r}; it can on {', '.join(minutes)}"
        )
    return drawn(
        draft.details, _drawn_at(problem, plan, operation, resource, start), draft.position
    )


def _drawn_at(
    p: Problem, plan: Sequence[Placed], operation: str, resource: str, start: int
) -> tuple[Placed, ...]:
    from taktnet.plan.schedule.hours import add, net, next_working

    r = next(r for r in p.resources if r.id == resource)
    minutes = next(
        m.minutes
        for o in p.operations
        if o.id == operation
        for m in o.modes
        if m.resource == resource
    )
    spans = net(r.spans, r.down)
    first = next_working(spans, max(0, min(start, 100_000_000)))
    begin = start if first is None else first
    end = add(spans, begin, minutes)
    placed = Placed(operation, resource, begin, begin + minutes if end is None else end)
    rest = [x for x in plan if x.operation != operation]
    return tuple(sorted([*rest, placed], key=lambda x: (x.start, x.resource, x.operation)))


def repaired(draft: Draft) -> Draft:
    """The drawn plan with what it breaks moved right: resources and turns stay as drawn."""
    from taktnet.plan.schedule import repair

    problem, plan = opened(draft)
    return drawn(draft.details, repair(problem, plan), draft.position)


def opened(draft: Draft) -> tuple[Problem, tuple[Placed, ...]]:
    """The problem and the plan of a draft; raises TaktnetError for one without."""
    if "problem" not in draft.details:
        raise TaktnetError("this draft holds no schedule; work one out first")
    return from_plain(draft.details["problem"]), plan_from_plain(draft.details["plan"])


def plays(network: Network, draft: Draft) -> Plays:
    """The lots as planned against the plan in force with only what must move moved right."""
    from taktnet.plan.schedule import repair
    from taktnet.twin.changes import Begin

    problem, plan = opened(draft)
    qty = {o.id: o.qty for o in problem.operations}

    def begins(rows: Sequence[Placed]) -> tuple[Begin, ...]:
        at = [instant(draft.details["origin"] + x.start * 60_000_000) for x in rows]
        return tuple(
            Begin(order=x.operation, resource=x.resource.split(" #")[0], start=when,
                  qty=qty[x.operation] or None)
            for x, when in zip(rows, at, strict=True)
            if x.start >= problem.now
        )  # fmt: skip

    return Plays(
        begins(plan),
        begins(repair(problem)),
        ("Today: the published plan with only what must move moved right; both plans are played"
         " with machines that fail, times that vary and what is pulled meanwhile",),
        "no lot of the plan has still to begin: there is nothing to try",
        "the lots of a network alone come from its rates, and the twin starts it with full loops"
        " and nothing open: none of its orders is one of these lots. Give a tower's folder, or try"
        " lots and cards (taktnet plan level --try, taktnet plan cards --try)",
    )  # fmt: skip


VERTICAL = Vertical(
    kind="schedule",
    label="Schedule",
    about="Lots on lines across plants by shift, set-up and transport, from the plan in force",
    make=make,
    options=(
        Option("site", "Site", "", "Only lots of this site, and what they wait for"),
        Option("days", "Days", 3, "Lots due within so many days", 1, 60),
        Option("seconds", "Seconds", 10.0, "How long to look for a cheaper plan", 0.1, 600),
        Option("fence", "Fence, h", 4.0, "What starts within it keeps its line and turn", 0, 720),
        Option("late", "Late, %", 2.0, "Price of a day late, % of the lot's value", 0, 100),
        Option("move", "Move, EUR/h", 1.0, "Price of an hour that a start moves", 0, 10_000),
        Option("change", "Change, EUR", 5.0, "Price of another line for a lot", 0, 100_000),
        Option("must", "Must keep", "", "Lots that may not be late, separated by commas"),
    ),
    template="plan/schedule.html",
    plays=plays,
)
