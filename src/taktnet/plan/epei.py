"""Every part every interval: how often a line can make each of its parts.

Methods B4: EPEI = changeovers of one round / (available time - sum demand x effective cycle), in
days. Run time comes off first: changeovers over all of the available time promise an interval
that the line cannot keep. Where a set-up depends on what ran before, a round takes the shortest
tour of the parts (Held & Karp, *Journal of SIAM* 10(1), 1962).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from taktnet.base.errors import Fault, InputFaults

#: Most parts whose shortest tour is found exactly; the work doubles with each.
MOST_PARTS = 14


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the line: units a day, seconds each with scrap and stops, and its set-up."""

    id: str
    demand_day: float
    cycle_s: float
    setup_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Epei:
    """The interval in working days; None: overloaded, no interval is long enough.

    `run_s` is the daily run time, `spare_s` what the day leaves for changeovers, `setup_s` the
    changeovers of one round in the order of `tour`. `batches` are units per part and round.
    """

    days: float | None
    run_s: float
    spare_s: float
    setup_s: float
    tour: tuple[str, ...]
    batches: Mapping[str, float]

    @property
    def overloaded(self) -> bool:
        """Whether run time alone fills the day."""
        return self.days is None


def epei(
    parts: Sequence[Part],
    available_s_day: float,
    setups: Mapping[tuple[str, str], float] | None = None,
) -> Epei:
    """The shortest interval in which every part is made once and all demand is met.

    `available_s_day` are net working seconds a day. `setups[a, b]` are seconds from part a to
    part b; given, they take the place of the parts' own and the round is the shortest tour.
    Raises InputFaults for missing or impossible numbers, and for a tour of too many parts.
    """
    made = [p for p in parts if p.demand_day > 0]
    _check(parts, made, available_s_day, setups)
    tour = tuple(p.id for p in made)
    if setups is None:
        setup = math.fsum(p.setup_s for p in made)
    else:
        tour, setup = _tour(tour, setups)
    run = math.fsum(p.demand_day * p.cycle_s for p in made)
    spare = available_s_day - run
    # A line without changeovers makes every part whenever it is asked for: interval 0.
    days = setup / spare if spare > 0 else None
    batches = {} if days is None else {p.id: p.demand_day * days for p in made}
    return Epei(days, run, spare, setup, tour, batches)


def _tour(
    names: tuple[str, ...], setups: Mapping[tuple[str, str], float]
) -> tuple[tuple[str, ...], float]:
    """The shortest round through all parts and its set-up time."""
    if len(names) < 2:
        return names, 0.0
    n = len(names)
    s = [[setups.get((a, b), 0.0) for b in names] for a in names]
    best: dict[tuple[int, int], tuple[float, int]] = {(1, 0): (0.0, -1)}
    for done in range(1, 1 << n, 2):  # every round starts at part 0
        for last in range(n):
            if (done, last) not in best:
                continue
            length = best[done, last][0]
            for j in range(1, n):
                key = (done | 1 << j, j)
                if not done >> j & 1:
                    best[key] = min(best.get(key, (math.inf, 0)), (length + s[last][j], last))
    done = (1 << n) - 1
    length, last = min((best[done, j][0] + s[j][0], j) for j in range(1, n))
    path: list[int] = []
    while last >= 0:
        path.append(last)
        done, last = done ^ 1 << last, best[done, last][1]
    return tuple(names[j] for j in reversed(path)), length


def _check(
    parts: Sequence[Part],
    made: Sequence[Part],
    available_s_day: float,
    setups: Mapping[tuple[str, str], float] | None,
) -> None:
    faults: list[Fault] = []
    if not (math.isfinite(available_s_day) and available_s_day >= 0):
        faults.append(Fault("epei", 0, "available_s_day", str(available_s_day), "0 or more"))
    seen: set[str] = set()
    for row, p in enumerate(parts, 2):
        for field in ("demand_day", "cycle_s", "setup_s"):
            value = getattr(p, field)
            if not (math.isfinite(value) and value >= 0):
                faults.append(Fault("parts", row, field, str(value), "0 or more", subject=p.id))
        if p.id in seen:
            faults.append(Fault("parts", row, "id", p.id, "a name used once"))
        seen.add(p.id)
    if setups is not None:
        faults += _setup_faults([p.id for p in made], setups)
    if faults:
        raise InputFaults(faults)


def _setup_faults(names: Sequence[str], setups: Mapping[tuple[str, str], float]) -> list[Fault]:
    if len(names) > MOST_PARTS:
        remedy = "Group parts that share a set-up."
        return [Fault("setups", 0, "parts", str(len(names)), f"at most {MOST_PARTS}", remedy)]
    pairs = [(a, b) for a in names for b in names if a != b]
    return [
        Fault("setups", 0, f"{a} to {b}", str(setups.get((a, b), "absent")), "seconds, 0 or more")
        for a, b in pairs
        if not (math.isfinite(setups.get((a, b), math.nan)) and setups[a, b] >= 0)
    ]
