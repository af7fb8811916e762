"""Generalised and extended kanban lines: K cards and S finished parts at every stage.

A demand takes a finished part of the last stage; how the news travels upstream is the system's:
generalised (Buzacott 1989; Zipkin 1989) passes it on when a card of the stage is free, extended
(Dallery & Liberopoulos 2000) to all stages at once, a part then moves when card, demand and part
are there. Kanban is S = K, base stock is K without end (Duri, Frein & Di Mascolo, *Annals of
Operations Research* 93, 2000). Stages are single machines; raw parts never lack.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

System = Literal["generalised", "extended"]
DEMAND, DONE = "demand", "done"


@dataclass(frozen=True, slots=True)
class Stage:
    """Cards (most parts in process) and base stock of finished parts at the start."""

    cards: int
    stock: int

    def __post_init__(self) -> None:
        if self.cards < 1 or self.stock < 0:
            raise ValueError("a stage has at least one card and no negative stock")


@dataclass(frozen=True, slots=True)
class Seen:
    """The line after an event: per stage in process, finished, completions and news received."""

    at: float
    what: str
    stage: int
    wip: tuple[int, ...]
    finished: tuple[int, ...]
    backorders: tuple[int, ...]
    completions: tuple[int, ...]
    demands: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Trace:
    """Everything that happened, and when each demand was served."""

    seen: tuple[Seen, ...]
    served: tuple[float, ...]


@dataclass(slots=True)
class _Line:
    system: System
    cards: list[int]  # free cards of each stage
    finished: list[int]
    news: list[int]  # demands of each stage's finished parts that wait
    held: list[int]  # news that waits for a card before it goes upstream; extended: raw parts asked
    wip: list[int]
    queue: list[int]
    done: list[int]
    told: list[int]
    times: list[list[float]]
    events: list[tuple[float, int, int]] = field(default_factory=list)
    count: int = 0
    served: list[float] = field(default_factory=list)

    def tell(self, stage: int) -> None:
        """A demand for a finished part of `stage` arrives."""
        self.told[stage] += 1
        self.news[stage] += 1
        if self.system == "generalised":
            self.held[stage] += 1

    def settle(self, now: float) -> None:
        """Move everything that can move, until nothing can."""
        moved = True
        while moved:
            moved = False
            for stage in range(len(self.wip) - 1, -1, -1):
                if self.held[stage] and self.cards[stage]:
                    self.held[stage] -= 1
                    self.cards[stage] -= 1
                    if stage:
                        self.tell(stage - 1)
                    else:
                        self.start(0, now)
                    moved = True
                if self.can_release(stage):
                    self.release(stage, now)
                    moved = True

    def can_release(self, stage: int) -> bool:
        """Whether a finished part can leave: it is wanted, there, and (extended) has a card."""
        if not (self.news[stage] and self.finished[stage]):
            return False
        last = stage == len(self.wip) - 1
        return last or self.system == "generalised" or self.cards[stage + 1] > 0

    def release(self, stage: int, now: float) -> None:
        """A finished part leaves to the next stage or the customer."""
        self.news[stage] -= 1
        self.finished[stage] -= 1
        if self.system == "extended":
            self.cards[stage] += 1
        if stage == len(self.wip) - 1:
            self.served.append(now)
            return
        if self.system == "extended":
            self.cards[stage + 1] -= 1
        self.start(stage + 1, now)

    def start(self, stage: int, now: float) -> None:
        """A part joins the queue of a stage's machine."""
        self.wip[stage] += 1
        self.queue[stage] += 1
        if self.queue[stage] == 1:
            self.work(stage, now)

    def work(self, stage: int, now: float) -> None:
        """The machine takes the next part; times are taken in the order of the parts."""
        times = self.times[stage]
        took = times[self.done[stage] % len(times)]
        self.count += 1
        heapq.heappush(self.events, (now + took, self.count, stage))

    def complete(self, stage: int, now: float) -> None:
        """The machine is through with a part."""
        self.done[stage] += 1
        self.wip[stage] -= 1
        self.queue[stage] -= 1
        self.finished[stage] += 1
        if self.system == "generalised":
            self.cards[stage] += 1
        if self.queue[stage]:
            self.work(stage, now)


def simulate(
    stages: Sequence[Stage],
    demands: Sequence[float],
    times: Sequence[Sequence[float]],
    system: System = "generalised",
) -> Trace:
    """The line from its base stocks, demand by demand.

    `demands` are rising instants, `times[i]` the processing times of stage i in the order of its
    parts (used again from the start when they run out). Raises ValueError for what cannot be.
    """
    if len(stages) != len(times) or not all(times) or list(demands) != sorted(demands):
        raise ValueError("every stage has processing times, and demands come in order of time")
    if system == "extended" and any(s.cards < s.stock for s in stages):
        raise ValueError("in an extended line every finished part carries a card: K >= S")
    line = _line(stages, times, system)
    seen: list[Seen] = []
    pending = list(demands)[::-1]
    while pending or line.events:
        if pending and (not line.events or pending[-1] <= line.events[0][0]):
            now, what, stage = pending.pop(), DEMAND, len(stages) - 1
            for told in range(len(stages)) if system == "extended" else (stage,):
                line.tell(told)
            if system == "extended":
                line.held[0] += 1
        else:
            now, _, stage = heapq.heappop(line.events)
            what = DONE
            line.complete(stage, now)
        line.settle(now)
        seen.append(_look(line, now, what, stage))
    return Trace(tuple(seen), tuple(line.served))


def _line(stages: Sequence[Stage], times: Sequence[Sequence[float]], system: System) -> _Line:
    n = len(stages)
    free = [s.cards - (s.stock if system == "extended" else 0) for s in stages]
    return _Line(
        system, free, [s.stock for s in stages], [0] * n, [0] * n, [0] * n, [0] * n, [0] * n,
        [0] * n, [list(map(float, t)) for t in times],
    )  # fmt: skip


def _look(line: _Line, now: float, what: str, stage: int) -> Seen:
    return Seen(
        now, what, stage, tuple(line.wip), tuple(line.finished), tuple(line.news),
        tuple(line.done), tuple(line.told),
    )  # fmt: skip
