"""What is wrong with the tables of a chain, all at once, and promises that no stock can keep."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from taktnet.base.errors import Fault
from taktnet.plan.buffers.links import Links
from taktnet.plan.buffers.stage import Link, Stage


def faulty(rows: Sequence[Stage], links: Sequence[Link]) -> Iterable[Fault]:
    """Every value that cannot be, and every arc that leads nowhere."""
    seen: set[str] = set()
    for n, s in enumerate(rows, 2):
        if s.id in seen:
            yield _bad(n, s, "id", s.id, "a name that is not used twice")
        seen.add(s.id)
        if not _sound(s):
            yield from _wrong(n, s)
    yield from _wrong_arcs(links, seen)
    if not rows:
        yield Fault("stages", 0, "", "no stage", "at least one")


def _sound(s: Stage) -> bool:
    """Whether nothing is wrong with a stage by itself; quick, as nearly all are."""
    far = math.inf
    return (
        0 <= s.time < far and 0 <= s.cost_added < far and 0 <= s.demand_mean < far
        and 0 <= s.demand_sd < far and 0 <= s.inbound_time < far and 0 <= s.time_sd < far
        and (s.holding is None or 0 <= s.holding < far) and (s.k is None or 0 <= s.k < far)
        and s.times is None and 0 < s.service_level < 1 and s.service_time is None
        and (s.max_service_time is None or s.max_service_time >= 0)
    )  # fmt: skip


def _bad(n: int, s: Stage, field: str, found: object, wanted: str) -> Fault:
    return Fault("stages", n, field, str(found), wanted, "", f'stage "{s.id}"')


def _wrong(n: int, s: Stage) -> Iterable[Fault]:
    """Every value of a stage that cannot be."""
    for field in ("time", "cost_added", "demand_mean", "demand_sd", "inbound_time", "time_sd",
                  "holding", "k"):  # fmt: skip
        value = getattr(s, field)
        if value is not None and not (math.isfinite(value) and value >= 0):
            yield _bad(n, s, field, value, ">= 0")
    if s.times is not None and not _chances(s.times):
        yield _bad(n, s, "times", s.times, "times >= 0 with chances that add up to 1")
    if not 0 < s.service_level < 1:
        yield _bad(n, s, "service_level", s.service_level, "between 0 and 1")
    for field in ("max_service_time", "service_time"):
        value = getattr(s, field)
        if value is not None and not (value >= 0 and (field[0] == "m" or math.isfinite(value))):
            yield _bad(n, s, field, value, ">= 0")
    if None not in (s.max_service_time, s.service_time) and (
        (s.service_time or 0) > (s.max_service_time or 0)
    ):
        yield _bad(n, s, "service_time", s.service_time, f"at most {s.max_service_time:g}")


def _chances(times: Sequence[tuple[float, float]]) -> bool:
    """Whether times and chances are a distribution."""
    good = all(math.isfinite(t) and t >= 0 and p >= 0 for t, p in times)
    return good and abs(math.fsum(p for _, p in times) - 1) < 1e-3


def _wrong_arcs(links: Sequence[Link], seen: set[str]) -> Iterable[Fault]:
    for n, (a, b, _) in enumerate(links, 2):
        if a in seen and b in seen and a != b:
            continue
        for field, name in (("upstream", a), ("downstream", b)):
            if name not in seen:
                yield Fault("arcs", n, field, f'"{name}"', "a stage of the table of stages")
        if a == b:
            yield Fault("arcs", n, "downstream", f'"{b}"', "another stage than upstream")


@dataclass(frozen=True, slots=True)
class Times:
    """Arrays (n,) in steps of `1/scale` periods: longest time, outside wait, fixed and most S."""

    own: np.ndarray
    inbound: np.ndarray
    floor: np.ndarray
    top: np.ndarray
    scale: float


def conflicts(rows: Sequence[Stage], links: Links, times: Times) -> list[Fault]:
    """Promises too short for the stages that may keep no stock: the fewest that conflict, each.

    A stage that keeps no stock passes on its wait and its own time. So the times of an unbroken
    line of such stages add up, after what their supplier promises, and must fit into the promise
    at the end of the line.
    """
    if all(row.keeps_stock for row in rows):
        return []
    into = [links.suppliers(i) for i in range(len(rows))]
    tied = [i for i in links.order.tolist() if not rows[i].keeps_stock]
    lines = [_shortest(i, rows, into, times) for i in tied]
    return [_conflict(line, rows, times) for line in lines if line]


@dataclass(frozen=True, slots=True)
class _Line:
    """Stages without stock from the last upstream, what they take, and who makes them wait."""

    stages: tuple[int, ...]
    taken: int
    waits: int = 0
    for_whom: int | None = None


def _shortest(end: int, rows: Sequence[Stage], into: list[list[int]], times: Times) -> _Line | None:
    """The shortest line up from `end` that takes longer than `end` may promise."""
    limit = int(times.top[end])
    longest = {end: _Line((end,), int(times.own[end]))}
    while longest:
        for line in longest.values():
            head = line.stages[-1]
            fixed = [(int(times.floor[u]), u) for u in into[head]]
            wait, whom = max([(0, None), (int(times.inbound[head]), None), *fixed],
                             key=lambda pair: pair[0])  # fmt: skip
            if line.taken > limit:
                return line
            if line.taken + wait > limit:
                return replace(line, waits=wait, for_whom=whom)
        further: dict[int, _Line] = {}
        for line in longest.values():
            for u in into[line.stages[-1]]:
                longer = _Line((*line.stages, u), line.taken + int(times.own[u]))
                if not rows[u].keeps_stock and (
                    u not in further or longer.taken > further[u].taken
                ):
                    further[u] = longer
        longest = further
    return None


def _conflict(line: _Line, rows: Sequence[Stage], times: Times) -> Fault:
    end, scale = rows[line.stages[0]], times.scale
    parts = [f'"{rows[i].id}" takes {times.own[i] / scale:g}' for i in reversed(line.stages)]
    if line.waits:
        supplier = "its supplier" if line.for_whom is None else f'"{rows[line.for_whom].id}"'
        first = rows[line.stages[-1]].id
        parts.insert(0, f'"{first}" waits {line.waits / scale:g} for {supplier}')
    field = "service_time" if end.service_time is not None else "max_service_time"
    keeps = "it keeps" if len(line.stages) == 1 else "they keep"
    return Fault(
        "stages", line.stages[0] + 2, field, f"{times.top[line.stages[0]] / scale:g}",
        f"at least {(line.taken + line.waits) / scale:g}",
        f"{' and '.join(parts)}, and {keeps} no stock. Keep stock there, shorten a time, or "
        "promise more.", f'stage "{end.id}"',
    )  # fmt: skip
