"""A plan as people read it: what it costs, what it breaks, checked apart from how it was made."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from taktnet.plan.schedule.hours import add, between, net, next_working
from taktnet.plan.schedule.problem import Operation, Placed, Problem, Span


@dataclass(frozen=True, slots=True)
class Cost:
    """Money of a plan: late work, starts that moved, resources that changed.

    `late` and `moved` operations are counted; `overrun_min` are minutes past a must-end, which no
    money pays for.
    """

    late_cost: float
    move_cost: float
    change_cost: float
    late: int
    moved: int
    overrun_min: int

    @property
    def total(self) -> float:
        """The money of all three."""
        return self.late_cost + self.move_cost + self.change_cost


@dataclass(frozen=True, slots=True)
class Break:
    """One rule that a plan breaks, in a planner's words.

    `kind` is missing, resource, hours, overlap, setup, after, material, fence, past or must_end;
    `minutes` by how much; `other` the operation it collides with.
    """

    kind: str
    operation: str
    other: str
    minutes: int
    words: str


def price(p: Problem, plan: Iterable[Placed]) -> Cost:
    """What a plan costs; operations that it leaves out cost nothing."""
    by_id, old = {o.id: o for o in p.operations}, {x.operation: x for x in p.old}
    late = moves = changes = 0.0
    n_late = n_moved = overrun = 0
    for x in plan:
        o, was = by_id[x.operation], old.get(x.operation)
        if o.due is not None and x.end > o.due:
            late += o.late_price * (x.end - o.due) / 60
            n_late += 1
        if o.must_end is not None:
            overrun += max(0, x.end - o.must_end)
        if was is not None and was.start >= p.now:
            moves += p.move_price * abs(x.start - was.start) / 60
            changes += p.change_price * (x.resource != was.resource)
            n_moved += (x.start, x.resource) != (was.start, was.resource)
    return Cost(late, moves, changes, n_late, n_moved, overrun)


def check(p: Problem, plan: Sequence[Placed]) -> tuple[Break, ...]:
    """Everything that a plan breaks, operation by operation; empty when it can be worked.

    It shares nothing with the search but the problem, so it may judge any plan, a person's too.
    """
    spans = {r.id: net(r.spans, r.down) for r in p.resources}
    placed = {x.operation: x for x in plan}
    found: list[Break] = []
    for o in p.operations:
        x = placed.get(o.id)
        if x is None:
            found.append(Break("missing", o.id, "", 0, f"{o.id} is not planned"))
            continue
        if all(m.resource != x.resource for m in o.modes):
            words = f"{o.id} cannot be done on {x.resource}"
            found.append(Break("resource", o.id, "", 0, words))
            continue
        found += _hours(o, x, spans[x.resource])
        found += _before(p, o, x, placed)
        found += _frozen(p, o, x, spans[x.resource])
    return (*found, *_turns(p, placed), *_resources(p, placed, spans))


def _hours(o: Operation, x: Placed, spans: Sequence[Span]) -> Iterator[Break]:
    minutes = next(m.minutes for m in o.modes if m.resource == x.resource)
    if next_working(spans, x.start) != x.start:
        words = f"{o.id} starts outside the shifts of {x.resource}"
        yield Break("hours", o.id, "", 0, words)
    elif (end := add(spans, x.start, minutes)) != x.end:
        told = "never" if end is None else f"{end - x.end:+d} min from where it is drawn"
        words = f"{o.id} takes {minutes} min of shift on {x.resource}: it ends {told}"
        yield Break("hours", o.id, "", abs((end or 0) - x.end), words)


def _before(p: Problem, o: Operation, x: Placed, placed: dict[str, Placed]) -> Iterator[Break]:
    site = {r.id: r.site for r in p.resources}
    runs = any(w.operation == o.id and w.start < p.now for w in p.old)
    if x.start < o.release and not runs:
        words = f"{o.id} starts {o.release - x.start} min before its material is there"
        yield Break("material", o.id, "", o.release - x.start, words)
    for a in o.after:
        y = placed.get(a)
        if y is None or runs:
            continue
        origin = site.get(y.resource, "")
        there = p.there(origin, site[x.resource], y.end)
        if there is None:
            words = f"{o.id} waits for {a}, and no departure from {origin} is left"
            yield Break("after", o.id, a, 0, words)
        elif there > x.start:
            way, early = there - y.end, there - x.start
            by = f" by way of {way} min from {origin}" if way else ""
            words = f"{o.id} starts {early} min before {a} can be there{by}"
            yield Break("after", o.id, a, early, words)
    if o.must_end is not None and x.end > o.must_end:
        words = f"{o.id} ends {x.end - o.must_end} min after the time that it must keep"
        yield Break("must_end", o.id, "", x.end - o.must_end, words)


def _frozen(p: Problem, o: Operation, x: Placed, spans: Sequence[Span]) -> Iterator[Break]:
    old = next((w for w in p.old if w.operation == o.id), None)
    if old is None or old.start >= p.now:
        if x.start < p.now:
            words = f"{o.id} would start {p.now - x.start} min ago"
            yield Break("past", o.id, "", p.now - x.start, words)
    elif x.resource != old.resource or x.start not in {
        old.start,
        next_working(spans, old.start),  # what was begun outside the shifts is worked in them
    }:
        yield Break("past", o.id, "", abs(x.start - old.start), f"{o.id} runs already")
    if old is None or old.start < p.now:
        return
    if old.start < p.fence:
        if x.resource != old.resource or x.start < old.start:
            words = f"{o.id} is inside the frozen fence: it may only be held up"
            yield Break("fence", o.id, "", abs(x.start - old.start), words)
    elif x.start < p.fence:
        words = f"{o.id} would move into the frozen fence by {p.fence - x.start} min"
        yield Break("fence", o.id, "", p.fence - x.start, words)


def _turns(p: Problem, placed: dict[str, Placed]) -> Iterator[Break]:
    """Frozen work that passed other frozen work on its resource."""
    frozen = sorted((x for x in p.old if x.start < p.fence), key=lambda x: (x.resource, x.start))
    for a, b in pairwise(frozen):
        x, y = placed.get(a.operation), placed.get(b.operation)
        if a.resource == b.resource and x and y and x.start > y.start:
            words = f"{b.operation} would pass {a.operation}, which is frozen before it"
            yield Break("fence", b.operation, a.operation, x.start - y.start, words)


def _resources(
    p: Problem, placed: dict[str, Placed], spans: dict[str, tuple[Span, ...]]
) -> Iterator[Break]:
    """Work at the same time on one resource, and set-ups without time."""
    by_id = {o.id: o for o in p.operations}
    first = {r.id: r.setup for r in p.resources}
    started = {w.operation for w in p.old if w.start < p.now}
    on: defaultdict[str, list[Placed]] = defaultdict(list)
    for x in placed.values():
        if x.operation in by_id and x.resource in spans:
            on[x.resource].append(x)
    for resource, row in on.items():
        row.sort(key=lambda x: (x.start, x.end))
        state, busy, last = first[resource], p.now, ""
        for x in row:
            needs = by_id[x.operation].setup
            if last and x.start < (end := placed[last].end):
                words = f"{x.operation} overlaps {last} on {resource} by {end - x.start} min"
                yield Break("overlap", x.operation, last, end - x.start, words)
            elif x.operation not in started:
                change = p.setup(resource, state, needs)
                short = change - between(spans[resource], busy, x.start)
                if short > 0:
                    words = (
                        f"{x.operation} needs {change} min to set {resource} up from {state} to"
                        f" {needs}: {short} min are missing"
                    )
                    yield Break("setup", x.operation, last, short, words)
            state = needs or state
            busy, last = max(p.now, x.end), x.operation
