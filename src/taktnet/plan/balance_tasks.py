"""The work of a line: tasks, what must come before what, and times in whole numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from taktnet.base.errors import Fault, InputFaults
from taktnet.base.exact import exact

WHERE = "tasks"


@dataclass(frozen=True, slots=True)
class Task:
    """One piece of work: `time_s` seconds per unit, done once every task of `after` is done."""

    id: str
    time_s: float
    after: tuple[str, ...] = ()


@dataclass(frozen=True)
class Line:
    """Tasks in a workable order, as whole numbers: 1 second is `scale`.

    `before[j]`, `ahead[j]` and `behind[j]` are bit sets: the tasks right before j, all that come
    before it and all that come after it.
    """

    names: tuple[str, ...]
    time: tuple[int, ...]
    before: tuple[int, ...]
    ahead: tuple[int, ...]
    behind: tuple[int, ...]
    cycle: int
    scale: int

    @property
    def n(self) -> int:
        """How many tasks."""
        return len(self.names)

    @property
    def all(self) -> int:
        """The set of all tasks."""
        return (1 << self.n) - 1

    def work(self, tasks: int) -> int:
        """The time of a set of tasks."""
        return sum(t for j, t in enumerate(self.time) if tasks >> j & 1)


def read_line(tasks: Sequence[Task], cycle_s: float) -> Line:
    """Check and number the tasks, heaviest positional weight (own work and all behind) first."""
    faults = _faults(tasks, cycle_s)
    if faults:
        raise InputFaults(faults)
    order = _workable(tasks)
    if len(order) < len(tasks):
        raise InputFaults([_circle(tasks, order)])
    cycle, times = exact(cycle_s), {t.id: exact(t.time_s) for t in tasks}
    scale = math.lcm(cycle.denominator, *(t.denominator for t in times.values()))
    return _number(tasks, order, {k: int(t * scale) for k, t in times.items()}, cycle, scale)


def _number(
    tasks: Sequence[Task], order: list[str], times: dict[str, int], cycle: Fraction, scale: int
) -> Line:
    after = {t.id: t.after for t in tasks}
    ahead: dict[str, set[str]] = {}
    behind: dict[str, set[str]] = {j: set() for j in order}
    for j in order:
        ahead[j] = set(after[j]).union(*(ahead[p] for p in after[j]))
        for p in ahead[j]:
            behind[p].add(j)
    # A task outweighs all behind it, or has more behind it where times are 0: still workable.
    weight = {j: times[j] + sum(times[k] for k in behind[j]) for j in order}
    names = sorted(order, key=lambda j: (-weight[j], -len(behind[j]), j))
    bit = {j: 1 << i for i, j in enumerate(names)}

    def bits(sets: Mapping[str, Iterable[str]]) -> tuple[int, ...]:
        return tuple(sum(bit[k] for k in set(sets[j])) for j in names)

    time = tuple(times[j] for j in names)
    sets = bits(after), bits(ahead), bits(behind)
    return Line(tuple(names), time, *sets, int(cycle * scale), scale)


def _workable(tasks: Sequence[Task]) -> list[str]:
    """Task names, each behind all it waits for; those that wait in a circle are left out."""
    waits = {t.id: len(set(t.after)) for t in tasks}
    followers: dict[str, list[str]] = {t.id: [] for t in tasks}
    for t in tasks:
        for p in set(t.after):
            followers[p].append(t.id)
    order = [j for j, count in waits.items() if not count]
    for j in order:
        for k in followers[j]:
            waits[k] -= 1
            if not waits[k]:
                order.append(k)
    return order


def _circle(tasks: Sequence[Task], order: list[str]) -> Fault:
    """The smallest set that conflicts: one circle, named in the order in which it waits."""
    stuck = {t.id: [p for p in t.after if p not in set(order)] for t in tasks}
    path = [next(j for j, waits in stuck.items() if waits)]
    while path[-1] not in path[:-1]:
        path.append(stuck[path[-1]][0])
    circle = path[path.index(path[-1]) :]
    return Fault(
        WHERE,
        0,
        "after",
        " after ".join(circle),
        "an order in which the work can be done",
        "Remove one of these.",
    )


def _faults(tasks: Sequence[Task], cycle_s: float) -> list[Fault]:
    if not (math.isfinite(cycle_s) and cycle_s > 0):
        return [Fault(WHERE, 0, "cycle_s", str(cycle_s), "seconds above 0")]
    if not tasks:
        return [Fault(WHERE, 0, "", "no task", "at least one task")]
    faults: list[Fault] = []
    known = {t.id for t in tasks}
    seen: set[str] = set()
    for row, t in enumerate(tasks, 2):
        if t.id in seen:
            faults.append(Fault(WHERE, row, "id", t.id, "a name used once"))
        seen.add(t.id)
        faults += _time_faults(t, row, cycle_s)
        faults += [
            Fault(WHERE, row, "after", p, "the id of a task", subject=t.id)
            for p in t.after
            if p not in known
        ]
    return faults


def _time_faults(t: Task, row: int, cycle_s: float) -> list[Fault]:
    if not (math.isfinite(t.time_s) and t.time_s >= 0):
        return [Fault(WHERE, row, "time_s", str(t.time_s), "seconds, 0 or more", subject=t.id)]
    if exact(t.time_s) <= exact(cycle_s):
        return []
    many = math.ceil(exact(t.time_s) / exact(cycle_s))
    remedy = f"Split the task, or run {many} stations in parallel for it."
    wanted = f"at most the cycle of {cycle_s:g} s"
    return [Fault(WHERE, row, "time_s", f"{t.time_s:g}", wanted, remedy, t.id)]
