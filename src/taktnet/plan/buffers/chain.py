"""A supply chain for the guaranteed-service model, from plain tables to arrays.

Source: Graves & Willems, *Manufacturing & Service Operations Management* 2(1), 2000; general
acyclic networks and the demand bound per end item: Humair & Willems, *Operations Research*
54(4), 2006 and 59(3), 2011. Symbols: T stage time, S outbound and SI inbound service time.
"""

# ruff: noqa: PLR0917 - compiled kernels take their arrays one by one
from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numba import njit

from taktnet.base.errors import Fault, InputFaults
from taktnet.plan.buffers.check import Times, conflicts, faulty
from taktnet.plan.buffers.links import Links
from taktnet.plan.buffers.price import Stock, Want, stock, table, want
from taktnet.plan.buffers.stage import Link, Stage, distribution, tables

#: Finest grid: more steps than this along the longest path and times are rounded to COARSE steps.
MOST_STEPS, COARSE = 4000, 1500
#: A grid is refined for normal times up to so many steps along the longest path.
FINE_STEPS = 600
#: Most numbers in one table of stages and arcs by steps (8 bytes each).
MOST_CELLS = 40_000_000


@dataclass(frozen=True)
class Chain:
    """The arrays of a chain of n stages and m arcs; times are in whole steps of `1/scale` periods.

    `price[i, g]` is the yearly cost of stage i's stock at a gap of g = SI + T - S steps, T its
    longest time.
    """

    rows: tuple[Stage, ...]
    links: Links
    time: np.ndarray  # (n,) longest, steps
    inbound: np.ndarray  # (n,) least SI, steps
    floor: np.ndarray  # (n,) least S, steps
    top: np.ndarray  # (n,) most S, steps
    reach: np.ndarray  # (n,) most SI, steps
    holding: np.ndarray  # (n,) yearly holding cost of a unit
    wants: Want
    stocks: Stock
    price: np.ndarray  # (n, K)
    concave: np.ndarray  # (n,)
    scale: float
    rounded: bool

    @property
    def n(self) -> int:
        """Number of stages."""
        return len(self.rows)

    @property
    def order(self) -> np.ndarray:
        """Stages from upstream to downstream, (n,)."""
        return self.links.order

    @property
    def tied(self) -> np.ndarray:
        """Stages that pass on all of their time, (n,)."""
        return np.array([not s.keeps_stock for s in self.rows])


def read_chain(stages: object, arcs: object, holding_rate: float) -> Chain:
    """Check the tables and turn them into arrays; raises InputFaults with every fault."""
    rows, arrows = tables(stages, arcs)
    faults = list(faulty(rows, arrows))
    if not (math.isfinite(holding_rate) and holding_rate >= 0):
        faults.append(Fault("options", 0, "holding_rate", str(holding_rate), ">= 0"))
    if faults:
        raise InputFaults(faults)
    links = _links(rows, arrows)
    scale, rounded = _grid(rows, links)
    time = np.array([_longest_time(s, scale) for s in rows], np.int64)
    inbound = np.array([round(s.inbound_time * scale) for s in rows], np.int64)
    reach = links.longest(time, inbound)
    floor, top = _promises(rows, links, reach + time, scale)
    against = conflicts(rows, links, Times(time, inbound, floor, top, scale))
    if against:
        raise InputFaults(against)
    wants = want(rows, links)
    held = _holding(rows, links, holding_rate)
    stocks = stock(rows, wants, int((reach + time).max()) + 2, scale)
    chain = Chain(tuple(rows), links, time, inbound, floor, top, reach, held, wants,
                  stocks, *table(rows, stocks, held), scale, rounded)  # fmt: skip
    reach = _waits(chain)
    return replace(chain, reach=reach, top=_tied_tops(chain, reach))


def _links(rows: Sequence[Stage], arrows: Sequence[Link]) -> Links:
    """The arcs by number; raises InputFaults where they run in a ring."""
    at = {s.id: i for i, s in enumerate(rows)}
    pairs = np.array([(at[a], at[b]) for a, b, _ in arrows], np.int64).reshape(-1, 2)
    links = Links.of(len(rows), pairs, np.array([q for *_, q in arrows], float))
    if len(links.order) < len(rows):
        done = set(links.order.tolist())
        ring = ", ".join(row.id for i, row in enumerate(rows) if i not in done)
        raise InputFaults(
            [Fault("arcs", 0, "", f"a cycle among {ring}", "arcs that go downstream only")]
        )
    return links


def _longest_time(stage: Stage, scale: float) -> int:
    """The longest time of a stage in steps."""
    if stage.times is None and stage.time_sd <= 0:
        return round(stage.time * scale)
    return max(distribution(stage, scale)[0])


def _holding(rows: Sequence[Stage], links: Links, rate: float) -> np.ndarray:
    """Yearly holding cost of a unit: as given, or the rate on all cost added so far."""
    cost = rate * links.cumulative(np.array([s.cost_added for s in rows], float))
    for i, s in enumerate(rows):
        if s.holding is not None:
            cost[i] = s.holding
    return cost


def _promises(
    rows: Sequence[Stage], links: Links, most: np.ndarray, scale: float
) -> tuple[np.ndarray, np.ndarray]:
    """The least and the most that each stage may promise, in steps."""
    buys = (np.diff(links.out_at) > 0).tolist()
    floor, top = np.zeros(len(rows), np.int64), most.copy()
    for i, s in enumerate(rows):
        if s.service_time is not None:
            floor[i] = top[i] = round(s.service_time * scale)
        elif s.max_service_time is not None:
            top[i] = min(top[i], math.floor(min(s.max_service_time, 1e9) * scale + 1e-9))
        elif not buys[i] or s.demand_sd > 0:
            top[i] = 0
    return floor, top


def _tied_tops(chain: Chain, reach: np.ndarray) -> np.ndarray:
    """The most each stage may promise so that those after it that keep no stock keep theirs."""
    top = np.minimum(chain.top, reach + chain.time)
    if all(row.keeps_stock for row in chain.rows):
        return top
    for b in chain.order[::-1].tolist():
        if not chain.rows[b].keeps_stock:
            for a in chain.links.suppliers(b):
                top[a] = min(top[a], top[b] - chain.time[b])
    return top


def _waits(chain: Chain) -> np.ndarray:
    """The longest wait of each stage given all promises upstream.

    Raises InputFaults for promises longer than that, each with the one that stands against it.
    """
    reach, most, cut, late = _wait(
        chain.order, chain.links.into_at, chain.links.into, chain.links.ups, chain.inbound,
        chain.time, chain.floor, chain.top,
    )  # fmt: skip
    faults: list[Fault] = []
    for i in np.flatnonzero(late).tolist():
        able, by = int(reach[i] + chain.time[i]), int(cut[i])
        because = f' while "{chain.rows[by].id}" promises {most[by] / chain.scale:g}' if (
            by >= 0) else ""  # fmt: skip
        faults.append(
            Fault("stages", i + 2, "service_time", f"{chain.floor[i] / chain.scale:g}",
                  f"at most {able / chain.scale:g}, all it can wait for{because}",
                  "Promise less here, or more upstream.", f'stage "{chain.rows[i].id}"')
        )  # fmt: skip
    if faults:
        raise InputFaults(faults)
    return reach


@njit(cache=True, nogil=True)
def _wait(order: np.ndarray, into_at: np.ndarray, into: np.ndarray, ups: np.ndarray,
          inbound: np.ndarray, time: np.ndarray, floor: np.ndarray, top: np.ndarray
          ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """Longest wait, most promise, the promise nearest upstream that cuts the wait (-1: none),
    and whether the stage promises more than it can wait for."""
    n = len(order)
    reach, most, held = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int64)
    cuts, late = np.empty(n, np.int64), np.zeros(n, np.bool_)
    for i in order:
        wait, cut = inbound[i], -1
        for a in range(into_at[i], into_at[i + 1]):
            u = ups[into[a]]
            if most[u] >= wait:
                wait, cut = most[u], held[u]
        able = wait + time[i]
        reach[i], cuts[i], late[i] = wait, cut, floor[i] > able
        most[i], held[i] = (able, cut) if able <= top[i] else (top[i], i)
    return reach, most, cuts, late


def _grid(rows: Sequence[Stage], links: Links) -> tuple[float, bool]:
    """Steps per period: the coarsest grid that holds all times, as far as it stays small.

    Best service times are sums of the times given, so the greatest common step loses nothing.
    """
    given: set[float] = set()
    for s in rows:
        given.update((s.inbound_time, s.max_service_time or 0, s.service_time or 0, *_given(s)))
    given = {t for t in given if t and math.isfinite(t)}
    narrow = min((s.time_sd for s in rows if s.times is None and s.time_sd > 0), default=0.0)
    if not given and not narrow:
        return 1.0, False
    exact = _finest(given)
    stage = np.array([max(_given(s)) + (3 * s.time_sd if s.times is None else 0) for s in rows],
                     float)  # fmt: skip
    reach = links.longest(stage, np.array([s.inbound_time for s in rows], float))
    longest = max(float((reach + stage).max()), 1e-9)
    while narrow and exact * Fraction(narrow) < 2 and 2 * exact * Fraction(longest) <= FINE_STEPS:
        exact *= 2  # a deviation is two steps or more, as far as the grid stays small
    cells = MOST_CELLS / (3 * len(rows) + len(links.ups))
    if exact * Fraction(longest) <= min(MOST_STEPS, cells):
        return float(exact), False
    return min(10.0, min(COARSE, cells) / longest), True


def _finest(times: Iterable[float]) -> Fraction:
    """The fewest steps a period that hold all times exactly."""
    if all(t == int(t) for t in times):
        return Fraction(1, math.gcd(*(int(t) for t in times)) or 1)
    parts = [Fraction(f"{t:.9g}") for t in times]  # nine digits: 3 * 0.1 is three tenths
    whole = math.lcm(*(t.denominator for t in parts))
    return Fraction(whole, math.gcd(*(int(t * whole) for t in parts)))


def _given(stage: Stage) -> tuple[float, ...]:
    """The times of a stage that the grid should hold."""
    return (stage.time,) if stage.times is None else tuple(t for t, _ in stage.times)
