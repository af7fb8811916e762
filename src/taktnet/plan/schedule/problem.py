"""What is to be scheduled: operations on resources with shifts, set-ups, transport and due times.

Time is in whole minutes from an origin that the caller keeps; money in one currency. An operation
stops when its resource's shift ends and goes on with the next; a set-up is worked in shifts too and
may be done before the material is there. Late work, moved work and work on another resource have
prices; a must-end does not: no plan may break it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field

from taktnet.base.errors import Fault, InputFaults

#: Most operations of one problem, and the last minute that may be named (190 years).
MOST_OPERATIONS, LAST = 20_000, 100_000_000

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Resource:
    """A machine or line that does one thing at a time; `spans` are its working minutes, in order.

    `setup` is what it is set up for at the origin (blank: nothing). `down` are stretches that are
    lost though a shift was planned: breakdowns and maintenance.
    """

    id: str
    site: str
    spans: tuple[Span, ...]
    setup: str = ""
    down: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Mode:
    """One way to do an operation: a resource and the working minutes it takes there."""

    resource: str
    minutes: int


@dataclass(frozen=True, slots=True)
class Operation:
    """One lot at one step; `after` are the operations whose output it needs.

    `release` is when its other material is there; `due` when its output is pulled; `late_price`
    the money an hour of lateness costs. `setup` names what the resource must be set up for (blank:
    anything). `must_end` is a time that may not be passed. `order` is what a planner calls it by.
    """

    id: str
    modes: tuple[Mode, ...]
    after: tuple[str, ...] = ()
    release: int = 0
    due: int | None = None
    late_price: float = 0.0
    setup: str = ""
    must_end: int | None = None
    order: str = ""
    item: str = ""
    qty: float = 0.0


@dataclass(frozen=True, slots=True)
class Placed:
    """Where and when an operation is done; `end` is when its last working minute is over."""

    operation: str
    resource: str
    start: int
    end: int


@dataclass(frozen=True)
class Problem:
    """A whole problem; raises InputFaults with every fault when it is made.

    `setups[a, b]` are minutes from set-up a to b, on every resource unless `setups_at` has another
    table for it; a pair that is absent costs nothing. `transport[x, y]` are minutes between sites
    at any time, `departures[x, y]` (leaves, arrives) of a timetable, both in order: the earliest
    arrival counts, and sites with neither are at one place.
    Before `now` nothing can be changed; what `old` starts before `fence` is frozen: it keeps its
    resource and its turn, and moves right only where it must. `move_price` is the money per hour
    that a start differs from the old plan, `change_price` that of another resource.
    """

    resources: tuple[Resource, ...]
    operations: tuple[Operation, ...]
    setups: Mapping[tuple[str, str], int] = field(default_factory=dict)
    setups_at: Mapping[str, Mapping[tuple[str, str], int]] = field(default_factory=dict)
    transport: Mapping[tuple[str, str], int] = field(default_factory=dict)
    old: tuple[Placed, ...] = ()
    now: int = 0
    fence: int = 0
    move_price: float = 0.0
    change_price: float = 0.0
    departures: Mapping[tuple[str, str], tuple[Span, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        faults = [*_resource_faults(self), *_operation_faults(self), *_other_faults(self)]
        faults += [] if faults else _circle(self)
        if faults:
            raise InputFaults(faults)

    def setup(self, resource: str, before: str, after: str) -> int:
        """Minutes to change over; nothing where either set-up is blank or both are the same."""
        if not before or not after or before == after:
            return 0
        return self.setups_at.get(resource, self.setups).get((before, after), 0)

    def way(self, origin: str, to: str) -> int:
        """The fewest minutes from one site to another, without waiting for a departure."""
        if origin == to:
            return 0
        timed = [b - a for a, b in self.departures.get((origin, to), ())]
        free = self.transport.get((origin, to), min(timed, default=0))
        return min([free, *timed])

    def there(self, origin: str, to: str, at: int) -> int | None:
        """When what is ready at one site at a minute is at another; None: no departure is left."""
        if origin == to:
            return at
        rows, free = self.departures.get((origin, to), ()), self.transport.get((origin, to))
        if not rows:
            return at + (free or 0)
        k = bisect_left(rows, at, key=lambda row: row[0])
        arrives = [rows[k][1]] if k < len(rows) else []
        return min([*arrives, *([at + free] if free is not None else [])], default=None)


def _time(where: str, row: int, name: str, value: float, subject: str) -> list[Fault]:
    if value == int(value) and 0 <= value <= LAST:
        return []
    return [Fault(where, row, name, str(value), f"whole minutes, 0 to {LAST}", subject=subject)]


def _resource_faults(p: Problem) -> list[Fault]:
    faults: list[Fault] = []
    seen: set[str] = set()
    for row, r in enumerate(p.resources, 1):
        if r.id in seen:
            faults.append(Fault("resources", row, "id", r.id, "a name used once"))
        seen.add(r.id)
        last = -LAST
        for a, b in r.spans:
            if not last <= a < b <= LAST:
                wanted = "working spans in order that do not overlap"
                faults.append(Fault("resources", row, "spans", f"{a}..{b}", wanted, subject=r.id))
            last = b
        for a, b in r.down:
            if not -LAST <= a < b <= LAST:
                faults.append(
                    Fault("resources", row, "down", f"{a}..{b}", "a start before its end")
                )
    return faults


def _operation_faults(p: Problem) -> list[Fault]:
    faults: list[Fault] = []
    known, resources = {o.id for o in p.operations}, {r.id for r in p.resources}
    if len(p.operations) > MOST_OPERATIONS:
        found, wanted = str(len(p.operations)), f"at most {MOST_OPERATIONS}"
        faults.append(Fault("operations", 0, "number", found, wanted, "Plan a nearer horizon."))
    seen: set[str] = set()
    for row, o in enumerate(p.operations, 1):
        if o.id in seen:
            faults.append(Fault("operations", row, "id", o.id, "a name used once"))
        seen.add(o.id)
        if not o.modes:
            wanted = "at least one resource that can do it"
            faults.append(Fault("operations", row, "modes", "none", wanted, subject=o.id))
        for m in o.modes:
            if m.resource not in resources:
                wanted = "a resource that is listed"
                faults.append(Fault("operations", row, "mode", m.resource, wanted, subject=o.id))
            faults += _time("operations", row, "minutes", m.minutes, o.id)
        faults += [
            Fault("operations", row, "after", a, "an operation that is listed", subject=o.id)
            for a in o.after
            if a not in known
        ]
        for name in ("release", "due", "must_end"):
            value = getattr(o, name)
            if value is not None:
                faults += _time("operations", row, name, value, o.id)
        if not 0 <= o.late_price < 1e6:
            wanted = "money an hour, 0 or more"
            faults.append(Fault("operations", row, "late_price", str(o.late_price), wanted))
    return faults


def _other_faults(p: Problem) -> list[Fault]:
    faults: list[Fault] = []
    for table in (p.setups, *p.setups_at.values()):
        for (a, b), minutes in table.items():
            faults += _time("setups", 0, f"{a} to {b}", minutes, "")
    for (a, b), minutes in p.transport.items():
        faults += _time("transport", 0, f"{a} to {b}", minutes, "")
    for (a, b), rows in p.departures.items():
        last = -LAST, -LAST
        for leaves, arrives in rows:
            if not (last[0] < leaves <= arrives <= LAST and last[1] <= arrives):
                found, wanted = f"{leaves}..{arrives}", "departures in order, none overtaken"
                faults.append(Fault("departures", 0, f"{a} to {b}", found, wanted))
            last = leaves, arrives
    for name in ("move_price", "change_price"):
        if not 0 <= getattr(p, name) < 1e6:
            faults.append(Fault("prices", 0, name, str(getattr(p, name)), "money, 0 or more"))
    resources = {r.id for r in p.resources}
    faults += [
        Fault("old", row, "resource", x.resource, "a resource that is listed", subject=x.operation)
        for row, x in enumerate(p.old, 1)
        if x.resource not in resources
    ]
    return faults


def _circle(p: Problem) -> list[Fault]:
    """Operations that wait for each other."""
    waits = {o.id: set(o.after) for o in p.operations}
    users: dict[str, list[str]] = {o.id: [] for o in p.operations}
    for o in p.operations:
        for a in set(o.after):
            users[a].append(o.id)
    ready = [i for i, w in waits.items() if not w]
    done = 0
    while ready:
        i = ready.pop()
        done += 1
        for u in users[i]:
            waits[u].discard(i)
            if not waits[u]:
                ready.append(u)
    if done == len(waits):
        return []
    stuck = ", ".join(sorted(i for i, w in waits.items() if w)[:5])
    return [Fault("operations", 0, "after", stuck, "operations that do not wait for each other")]
