"""A supply chain for the guaranteed-service model, from plain tables to arrays.

Source: Graves & Willems, *Manufacturing & Service Operations Management* 2(1), 2000; general
acyclic networks and the demand bound per end item: Humair & Willems, *Operations Research*
54(4), 2006 and 59(3), 2011. Symbols: T stage time, S outbound and SI inbound service time,
c holding cost of one unit of safety stock for a square root of a period.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from statistics import NormalDist
from typing import Any

import numpy as np

from taktnet.base.errors import Fault, InputFaults

Arc = tuple[str, str]
#: Finest grid: more steps than this along the longest path and times are rounded to COARSE steps.
MOST_STEPS, COARSE = 4000, 1500


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: a place where an item could be kept.

    `time` is processing plus own transport time in periods; `cost_added` what the stage adds to
    the cost of a unit; `demand_mean`/`demand_sd` are per period and only at end items, which may
    set `max_service_time` (0: from stock) and the `service_level` of the demand bound, or the
    factor `k` itself. `inbound_time` is the service time of an outside supplier. `holding`, if
    given, is the yearly holding cost of a unit in place of rate x cumulative cost. `service_time`
    fixes what the stage promises its customers, as a contract does.
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
    service_time: float | None = None

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
    floor: np.ndarray  # (n,) least S, steps
    top: np.ndarray  # (n,) most S, steps
    reach: np.ndarray  # (n,) most SI, steps
    cost: np.ndarray  # (n,)
    holding: np.ndarray  # (n,) yearly holding cost of a unit
    spread: np.ndarray  # (n,)
    scale: float
    rounded: bool

    @property
    def n(self) -> int:
        """Number of stages."""
        return len(self.ids)


def tables(stages: object, arcs: object) -> tuple[list[Stage], list[Arc]]:
    """Rows of either table from Stage rows, pairs, lists of dicts, or Polars frames.

    Columns are the fields of Stage; arcs have `upstream` and `downstream`, or are pairs. Empty
    cells take the default. Raises InputFaults for unknown or missing columns.
    """
    known = {f.name for f in fields(Stage)}
    rows: list[Stage] = []
    for n, row in enumerate(_rows(stages), 2):
        if isinstance(row, Stage):
            rows.append(row)
            continue
        given = {k: v for k, v in row.items() if v is not None}
        for name in given.keys() - known:
            raise InputFaults([Fault("stages", n, name, "a column", ", ".join(sorted(known)))])
        if "id" not in given:
            raise InputFaults([Fault("stages", n, "id", "nothing", "a name")])
        rows.append(Stage(**{**given, "id": str(given["id"])}))
    links: dict[Arc, None] = {}
    for n, row in enumerate(_rows(arcs), 2):
        if isinstance(row, Mapping):
            if not {"upstream", "downstream"} <= row.keys():
                wanted = "columns upstream and downstream"
                raise InputFaults([Fault("arcs", n, "", ", ".join(map(str, row)), wanted)])
            row = row["upstream"], row["downstream"]  # noqa: PLW2901 - one form for both
        links[str(row[0]), str(row[1])] = None
    return rows, list(links)


def _rows(table: Any) -> Iterable[Any]:
    """Rows of a table; a Polars frame gives dicts."""
    named = getattr(table, "iter_rows", None)
    return named(named=True) if named else table


def read_chain(stages: object, arcs: object, holding_rate: float) -> Chain:
    """Check the tables and turn them into arrays; raises InputFaults with every fault."""
    rows, links = tables(stages, arcs)
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
    floor, top = np.zeros(len(rows), np.int64), reach + time
    for i, s in enumerate(rows):
        if s.service_time is not None:
            floor[i] = top[i] = steps(s.service_time)
        elif s.max_service_time is not None:
            top[i] = min(top[i], math.floor(min(s.max_service_time, 1e9) * scale + 1e-9))
        elif i in ends or s.demand_sd > 0:
            top[i] = 0
    cost = held * spread / math.sqrt(scale)
    chain = Chain(tuple(s.id for s in rows), order, pairs, time, inbound, floor, top, reach, cost,
                  held, spread, scale, rounded)  # fmt: skip
    reach = _waits(chain)
    return replace(chain, reach=reach, top=np.minimum(top, reach + time))


def _waits(chain: Chain) -> np.ndarray:
    """The longest wait of each stage given all promises upstream.

    Raises InputFaults for promises longer than that, each with the one that stands against it.
    """
    n = chain.n
    most, reach = np.zeros(n, np.int64), np.zeros(n, np.int64)
    held: list[int | None] = [None] * n  # the promise nearest upstream that cuts the wait
    faults: list[Fault] = []
    for i in chain.order.tolist():
        wait, cut = int(chain.inbound[i]), None
        for u in chain.arcs[chain.arcs[:, 1] == i, 0].tolist():
            if most[u] >= wait:
                wait, cut = int(most[u]), held[u]
        reach[i], able = wait, wait + int(chain.time[i])
        most[i], held[i] = (able, cut) if able <= chain.top[i] else (int(chain.top[i]), i)
        if chain.floor[i] > able:
            because = f' while "{chain.ids[cut]}" promises {most[cut] / chain.scale:g}' if (
                cut is not None) else ""  # fmt: skip
            faults.append(
                Fault("stages", i + 2, "service_time", f"{chain.floor[i] / chain.scale:g}",
                      f"at most {able / chain.scale:g}, all it can wait for{because}",
                      "Promise less here, or more upstream.", f'stage "{chain.ids[i]}"')
            )  # fmt: skip
    if faults:
        raise InputFaults(faults)
    return reach


def _faults(rows: Sequence[Stage], links: Sequence[Arc]) -> Iterable[Fault]:
    seen: set[str] = set()
    for n, s in enumerate(rows, 2):

        def bad(field: str, found: object, wanted: str, n: int = n, s: Stage = s) -> Fault:
            return Fault("stages", n, field, str(found), wanted, "", f'stage "{s.id}"')

        if s.id in seen:
            yield bad("id", s.id, "a name that is not used twice")
        seen.add(s.id)
        for field in ("time", "cost_added", "demand_sd", "inbound_time"):
            value = getattr(s, field)
            if not (math.isfinite(value) and value >= 0):
                yield bad(field, value, ">= 0")
        if not 0 < s.service_level < 1:
            yield bad("service_level", s.service_level, "between 0 and 1")
        for field in ("max_service_time", "service_time"):
            value = getattr(s, field)
            if value is not None and not (value >= 0 and (field[0] == "m" or math.isfinite(value))):
                yield bad(field, value, ">= 0")
        if None not in (s.max_service_time, s.service_time) and (
            (s.service_time or 0) > (s.max_service_time or 0)
        ):
            yield bad("service_time", s.service_time, f"at most {s.max_service_time:g}")
    yield from _wrong_arcs(links, seen)
    if not rows:
        yield Fault("stages", 0, "", "no stage", "at least one")


def _wrong_arcs(links: Sequence[Arc], seen: set[str]) -> Iterable[Fault]:
    for n, (a, b) in enumerate(links, 2):
        for field, name in (("upstream", a), ("downstream", b)):
            if name not in seen:
                yield Fault("arcs", n, field, f'"{name}"', "a stage of the table of stages")
        if a == b:
            yield Fault("arcs", n, "downstream", f'"{b}"', "another stage than upstream")


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


def _grid(rows: Sequence[Stage], pairs: np.ndarray, order: np.ndarray) -> tuple[float, bool]:
    """Steps per period: the coarsest grid that holds all times, as far as it stays small.

    Best service times are sums of the times given, so the greatest common step loses nothing.
    """
    times = [
        Fraction(f"{t:.9g}")  # nine digits: 3 * 0.1 is three tenths
        for s in rows
        for t in (s.time, s.inbound_time, s.max_service_time or 0, s.service_time or 0)
        if t and math.isfinite(t)
    ]
    if not times:
        return 1.0, False
    whole = math.lcm(*(t.denominator for t in times))
    common = math.gcd(*(int(t * whole) for t in times))
    exact = Fraction(whole, common)
    stage = np.array([s.time for s in rows])
    reach = _longest(stage, np.array([s.inbound_time for s in rows]), pairs, order)
    longest = float((reach + stage).max())
    if exact * Fraction(longest) <= MOST_STEPS:
        return float(exact), False
    return min(10.0, COARSE / longest), True


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
