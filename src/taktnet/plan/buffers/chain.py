"""A supply chain for the guaranteed-service model, from plain tables to arrays.

Source: Graves & Willems, *Manufacturing & Service Operations Management* 2(1), 2000; general
acyclic networks and the demand bound per end item: Humair & Willems, *Operations Research*
54(4), 2006 and 59(3), 2011. Symbols: T stage time, S outbound and SI inbound service time,
c holding cost of one unit of safety stock for a square root of a period.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import NormalDist

import numpy as np

from taktnet.base.errors import Fault, InputFaults

Arc = tuple[str, str]
#: Finest grid: more steps than this along the longest path and times are rounded.
MOST_STEPS = 4000


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: a place where an item could be kept.

    `time` is processing plus own transport time in periods; `cost_added` what the stage adds to
    the cost of a unit; `demand_mean`/`demand_sd` are per period and only at end items, which may
    set `max_service_time` (0: from stock) and the `service_level` of the demand bound, or the
    factor `k` itself. `inbound_time` is the service time of an outside supplier. `holding`, if
    given, is the yearly holding cost of a unit in place of rate x cumulative cost.
    """

    id: str
    time: float = 0.0
    cost_added: float = 0.0
    demand_mean: float = 0.0
    demand_sd: float = 0.0
    service_level: float = 0.95
    max_service_time: float | None = None
    inbound_time: float = 0.0
    k: float | None = None
    holding: float | None = None
    time_sd: float = 0.0

    @property
    def factor(self) -> float:
        """The safety factor of the demand bound: `k`, or the normal quantile of the level."""
        return NormalDist().inv_cdf(self.service_level) if self.k is None else self.k


@dataclass(frozen=True)
class Chain:
    """The arrays of a chain of n stages and m arcs; times are in whole steps of `1/scale` periods.

    `cost[i]` times the square root of a net replenishment time in steps is the yearly cost of
    stage i's safety stock; `spread[i]` is its bound's deviation (k sigma) over one period.
    """

    ids: tuple[str, ...]
    order: np.ndarray  # (n,) stages from upstream to downstream
    arcs: np.ndarray  # (m, 2) upstream, downstream
    time: np.ndarray  # (n,) steps
    inbound: np.ndarray  # (n,) least SI, steps
    top: np.ndarray  # (n,) most S, steps
    reach: np.ndarray  # (n,) most SI, steps
    cost: np.ndarray  # (n,)
    holding: np.ndarray  # (n,) yearly holding cost of a unit
    spread: np.ndarray  # (n,)
    scale: int
    rounded: bool

    @property
    def n(self) -> int:
        """Number of stages."""
        return len(self.ids)


def read_chain(stages: Iterable[Stage], arcs: Iterable[Arc], holding_rate: float) -> Chain:
    """Check the tables and turn them into arrays; raises InputFaults with every fault."""
    rows, links = list(stages), list(dict.fromkeys(arcs))
    faults = list(_faults(rows, links))
    if faults:
        raise InputFaults(faults)
    at = {s.id: i for i, s in enumerate(rows)}
    pairs = np.array([(at[a], at[b]) for a, b in links], np.int64).reshape(-1, 2)
    order = _upstream_first(rows, pairs)
    scale, rounded = _grid(rows, pairs, order)

    def steps(value: float) -> int:
        return round(value * scale)

    time = np.array([steps(s.time) for s in rows], np.int64)
    inbound = np.array([steps(s.inbound_time) for s in rows], np.int64)
    reach = _longest(time, inbound, pairs, order)
    cumulative = np.array([s.cost_added for s in rows])
    ends = set(range(len(rows))) - set(pairs[:, 0].tolist())
    for i in order:
        cumulative[i] += cumulative[pairs[pairs[:, 1] == i, 0]].sum()
    held = np.array(
        [
            holding_rate * cumulative[i] if s.holding is None else s.holding
            for i, s in enumerate(rows)
        ]
    )
    spread = _spread(rows, pairs, order)
    top = reach + time
    for i, s in enumerate(rows):
        if s.max_service_time is not None:
            top[i] = min(top[i], math.floor(s.max_service_time * scale + 1e-9))
        elif i in ends or s.demand_sd > 0:
            top[i] = 0
    cost = held * spread / math.sqrt(scale)
    return Chain(tuple(s.id for s in rows), order, pairs, time, inbound, top, reach, cost, held,
                 spread, scale, rounded)  # fmt: skip


def _faults(rows: Sequence[Stage], links: Sequence[Arc]) -> Iterable[Fault]:
    seen: set[str] = set()
    for n, s in enumerate(rows, 2):

        def bad(field: str, found: object, wanted: str, n: int = n, s: Stage = s) -> Fault:
            return Fault("stages", n, field, str(found), wanted, "", f'stage "{s.id}"')

        if s.id in seen:
            yield bad("id", s.id, "a name that is not used twice")
        seen.add(s.id)
        for field in ("time", "cost_added", "demand_sd", "inbound_time", "time_sd"):
            value = getattr(s, field)
            if not (math.isfinite(value) and value >= 0):
                yield bad(field, value, ">= 0")
        if not 0 < s.service_level < 1:
            yield bad("service_level", s.service_level, "between 0 and 1")
        if s.max_service_time is not None and not s.max_service_time >= 0:
            yield bad("max_service_time", s.max_service_time, ">= 0")
    for n, (a, b) in enumerate(links, 2):
        for field, name in (("upstream", a), ("downstream", b)):
            if name not in seen:
                yield Fault("arcs", n, field, f'"{name}"', "a stage of the table of stages")
        if a == b:
            yield Fault("arcs", n, "downstream", f'"{b}"', "another stage than upstream")
    if not rows:
        yield Fault("stages", 0, "", "no stage", "at least one")


def _upstream_first(rows: Sequence[Stage], pairs: np.ndarray) -> np.ndarray:
    waiting = np.bincount(pairs[:, 1], minlength=len(rows))
    after: list[list[int]] = [[] for _ in rows]
    for a, b in pairs.tolist():
        after[a].append(b)
    order = [i for i in range(len(rows)) if waiting[i] == 0]
    for i in order:
        for j in after[i]:
            waiting[j] -= 1
            if waiting[j] == 0:
                order.append(j)
    if len(order) < len(rows):
        ring = ", ".join(rows[i].id for i in range(len(rows)) if waiting[i] > 0)
        raise InputFaults(
            [Fault("arcs", 0, "", f"a cycle among {ring}", "arcs that go downstream only")]
        )
    return np.array(order, np.int64)


def _grid(rows: Sequence[Stage], pairs: np.ndarray, order: np.ndarray) -> tuple[int, bool]:
    """Steps per period: the least that makes all times whole, as far as the grid stays small."""
    times = [
        Fraction(repr(float(t)))
        for s in rows
        for t in (s.time, s.inbound_time, s.max_service_time or 0)
    ]
    exact = math.lcm(*(t.denominator for t in times)) if times else 1
    length = _longest(np.array([s.time for s in rows]), np.array([s.inbound_time for s in rows]),
                      pairs, order)  # fmt: skip
    longest = float((length + np.array([s.time for s in rows])).max())
    if exact * longest <= MOST_STEPS:
        return exact, False
    return max(1, int(min(10, 1500 / max(longest, 1e-9)))), True


def _longest(
    time: np.ndarray, inbound: np.ndarray, pairs: np.ndarray, order: np.ndarray
) -> np.ndarray:
    """The longest time of arrival at each stage, outside supply included."""
    into: list[list[int]] = [[] for _ in range(len(time))]
    for a, b in pairs.tolist():
        into[b].append(a)
    reach = inbound.copy()
    for i in order.tolist():
        for a in into[i]:
            reach[i] = max(reach[i], reach[a] + time[a])
    return reach


def _spread(rows: Sequence[Stage], pairs: np.ndarray, order: np.ndarray) -> np.ndarray:
    """k sigma of each stage: root of the sum over end items of (paths x k x sigma)^2."""
    after: list[list[int]] = [[] for _ in rows]
    for a, b in pairs.tolist():
        after[a].append(b)
    ends = [i for i, s in enumerate(rows) if s.demand_sd > 0]
    paths = np.zeros((len(rows), len(ends)))
    column = {i: k for k, i in enumerate(ends)}
    for i in order[::-1].tolist():
        if i in column:
            paths[i, column[i]] += 1
        for j in after[i]:
            paths[i] += paths[j]
    size = np.array([rows[i].factor * rows[i].demand_sd for i in ends])
    return np.sqrt(((paths * size) ** 2).sum(axis=1)) if ends else np.zeros(len(rows))
