"""Which demands cannot be met together: the smallest set that conflicts, in a planner's words.

A set from which nothing can be left out is found by deletion (Chinneck & Dravnieks, *ORSA Journal
on Computing* 3(2), 1991): a demand is taken away, and stays away if the rest still conflicts.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from taktnet.plan.schedule.model import Model
from taktnet.plan.schedule.problem import Problem
from taktnet.plan.schedule.repair import right_shift
from taktnet.plan.schedule.shop import shop


@dataclass(frozen=True, slots=True)
class Demand:
    """One demand on a plan: `kind` must_end, material, down or fence, and what it is about."""

    kind: str
    subject: str
    words: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """Demands that cannot be met together; with any one of them left out, the others can.

    `smallest` says whether that was proven for each, or time ran out first.
    """

    demands: tuple[Demand, ...]
    smallest: bool


def _minute(minute: int) -> str:
    return f"minute {minute}"


def demands(p: Problem, say: Callable[[int], str] = _minute) -> tuple[Demand, ...]:
    """Everything that a problem demands and that a planner could give way on.

    `say` names a minute.
    """
    found = [
        Demand("must_end", o.id, f"{o.order or o.id} must be done by {say(o.must_end)}")
        for o in p.operations
        if o.must_end is not None
    ]
    found += [
        Demand("down", r.id, f"{r.id} is down from {say(a)} to {say(b)}")
        for r in p.resources
        for a, b in r.down
    ]
    found += [
        Demand("material", o.id, f"the material of {o.id} comes at {say(o.release)}")
        for o in p.operations
        if o.release > p.now
    ]
    frozen = [x for x in p.old if p.now <= x.start < p.fence]
    if frozen:
        words = f"{len(frozen)} operations before {say(p.fence)} are frozen"
        found.append(Demand("fence", "", words))
    return tuple(found)


def conflict(
    p: Problem,
    *,
    seconds: float = 10.0,
    each: float = 2.0,
    say: Callable[[int], str] = _minute,
    clock: Callable[[], float] = time.perf_counter,
) -> Conflict | None:
    """The smallest set of demands that no plan meets; None where a plan meets all of them.

    Also None where neither was proven in `each` seconds: nothing is claimed without a proof.
    """
    begun = clock()
    every = list(demands(p, say))
    if not _impossible(p, every, each):
        return None
    kept = _connected(p, every)
    smallest = True
    for demand in tuple(kept):
        if clock() - begun > seconds:
            smallest = False
            break
        rest = [d for d in kept if d is not demand]
        if _impossible(p, rest, each):
            kept = rest
    return Conflict(tuple(kept), smallest)


def _connected(p: Problem, rows: list[Demand]) -> list[Demand]:
    """Without must-ends there is no conflict; begin with those that fail even alone."""
    for d in rows:
        if d.kind == "must_end":
            others = [x for x in rows if x.kind != "must_end"]
            if _impossible(p, [d, *others], 0.5):
                return [d, *others]
    return rows


def _impossible(p: Problem, rows: Iterable[Demand], seconds: float) -> bool:
    """Whether it is proven that no plan meets these demands."""
    kept = {(d.kind, d.subject) for d in rows}
    asked = relaxed(p, kept)
    s = shop(asked)
    turn = right_shift(asked, s)
    free = turn.order[turn.locked :].tolist()
    if not free or not any(kind == "must_end" for kind, _ in kept):
        return False
    horizon = max(s.high.tolist(), default=0)
    model = Model(s, turn, free, horizon, hard=True, priced=False)
    found: list[object] = []
    status, _ = model.solve(seconds, 1, 0, found.append, lambda: bool(found))
    return status == "INFEASIBLE"


def relaxed(p: Problem, kept: Sequence[tuple[str, str]] | set[tuple[str, str]]) -> Problem:
    """The problem with only the demands that are kept."""
    return replace(
        p,
        operations=tuple(
            replace(
                o,
                must_end=o.must_end if ("must_end", o.id) in kept else None,
                release=o.release if ("material", o.id) in kept else min(o.release, p.now),
            )
            for o in p.operations
        ),
        resources=tuple(r if ("down", r.id) in kept else replace(r, down=()) for r in p.resources),
        fence=p.fence if ("fence", "") in kept else min(p.fence, p.now),
    )
