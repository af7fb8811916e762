"""A supply chain for the guaranteed-service model, from plain tables to arrays.

Source: Graves & Willems, *Manufacturing & Service Operations Management* 2(1), 2000; general
acyclic networks and the demand bound per end item: Humair & Willems, *Operations Research*
54(4), 2006 and 59(3), 2011. Symbols: T stage time, S outbound and SI inbound service time.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from taktnet.base.errors import Fault, InputFaults
from taktnet.plan.buffers.check import Times, conflicts, faulty
from taktnet.plan.buffers.price import Stock, Want, stock, table, want
from taktnet.plan.buffers.stage import Stage, distribution, tables

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
    order: np.ndarray  # (n,) stages from upstream to downstream
    arcs: np.ndarray  # (m, 2) upstream, downstream
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
    def tied(self) -> np.ndarray:
        """Stages that pass on all of their time, (n,)."""
        return np.array([not s.keeps_stock for s in self.rows])


def read_chain(stages: object, arcs: object, holding_rate: float) -> Chain:
    """Check the tables and turn them into arrays; raises InputFaults with every fault."""
    rows, links = tables(stages, arcs)
    faults = list(faulty(rows, links))
    if not (math.isfinite(holding_rate) and holding_rate >= 0):
        faults.append(Fault("options", 0, "holding_rate", str(holding_rate), ">= 0"))
    if faults:
        raise InputFaults(faults)
    at = {s.id: i for i, s in enumerate(rows)}
    pairs = np.array([(at[a], at[b]) for a, b, _ in links], np.int64).reshape(-1, 2)
    qty = np.array([q for *_, q in links])
    order = _upstream_first(rows, pairs)
    scale, rounded = _grid(rows, pairs, order)
    time = np.array([max(distribution(s, scale)[0]) for s in rows], np.int64)
    inbound = np.array([round(s.inbound_time * scale) for s in rows], np.int64)
    reach = _longest(time, inbound, pairs, order)
    floor, top = _promises(rows, pairs, reach + time, scale)
    against = conflicts(rows, pairs, order, Times(time, inbound, floor, top, scale))
    if against:
        raise InputFaults(against)
    wants = want(rows, pairs, qty, order)
    held = _holding(rows, pairs, qty, order, holding_rate)
    stocks = stock(rows, wants, int((reach + time).max()) + 2, scale)
    chain = Chain(tuple(rows), order, pairs, time, inbound, floor, top, reach, held, wants,
                  stocks, *table(rows, stocks, held), scale, rounded)  # fmt: skip
    reach = _waits(chain)
    return replace(chain, reach=reach, top=_tied_tops(replace(chain, reach=reach)))


def _holding(rows: Sequence[Stage], pairs: np.ndarray, qty: np.ndarray, order: np.ndarray,
             rate: float) -> np.ndarray:  # fmt: skip
    """Yearly holding cost of a unit: as given, or the rate on all cost added so far."""
    cumulative = np.array([s.cost_added for s in rows])
    into: list[list[tuple[int, float]]] = [[] for _ in rows]
    for (a, b), q in zip(pairs.tolist(), qty.tolist(), strict=True):
        into[b].append((a, q))
    for i in order.tolist():
        cumulative[i] += sum(q * cumulative[a] for a, q in into[i])
    return np.array(
        [
            rate * c if s.holding is None else s.holding
            for s, c in zip(rows, cumulative, strict=True)
        ]
    )


def _promises(
    rows: Sequence[Stage], pairs: np.ndarray, most: np.ndarray, scale: float
) -> tuple[np.ndarray, np.ndarray]:
    """The least and the most that each stage may promise, in steps."""
    buys = set(pairs[:, 0].tolist())
    floor, top = np.zeros(len(rows), np.int64), most.copy()
    for i, s in enumerate(rows):
        if s.service_time is not None:
            floor[i] = top[i] = round(s.service_time * scale)
        elif s.max_service_time is not None:
            top[i] = min(top[i], math.floor(min(s.max_service_time, 1e9) * scale + 1e-9))
        elif i not in buys or s.demand_sd > 0:
            top[i] = 0
    return floor, top


def _tied_tops(chain: Chain) -> np.ndarray:
    """The most each stage may promise so that those after it that keep no stock keep theirs."""
    top = np.minimum(chain.top, chain.reach + chain.time)
    into = _into(chain.arcs, chain.n)
    for b in chain.order[::-1].tolist():
        if not chain.rows[b].keeps_stock:
            for a in into[b]:
                top[a] = min(top[a], top[b] - chain.time[b])
    return top


def _waits(chain: Chain) -> np.ndarray:
    """The longest wait of each stage given all promises upstream.

    Raises InputFaults for promises longer than that, each with the one that stands against it.
    """
    n = chain.n
    most, reach = [0] * n, [0] * n
    held: list[int | None] = [None] * n  # the promise nearest upstream that cuts the wait
    faults: list[Fault] = []
    into = _into(chain.arcs, n)
    for i in chain.order.tolist():
        wait, cut = int(chain.inbound[i]), None
        for u in into[i]:
            if most[u] >= wait:
                wait, cut = int(most[u]), held[u]
        reach[i], able = wait, wait + int(chain.time[i])
        most[i], held[i] = (able, cut) if able <= chain.top[i] else (int(chain.top[i]), i)
        if chain.floor[i] > able:
            because = f' while "{chain.rows[cut].id}" promises {most[cut] / chain.scale:g}' if (
                cut is not None) else ""  # fmt: skip
            faults.append(
                Fault("stages", i + 2, "service_time", f"{chain.floor[i] / chain.scale:g}",
                      f"at most {able / chain.scale:g}, all it can wait for{because}",
                      "Promise less here, or more upstream.", f'stage "{chain.rows[i].id}"')
            )  # fmt: skip
    if faults:
        raise InputFaults(faults)
    return np.array(reach, np.int64)


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
    given = {
        t
        for s in rows
        for t in (*_given(s), s.inbound_time, s.max_service_time or 0, s.service_time or 0)
        if t and math.isfinite(t)
    }
    times = [Fraction(f"{t:.9g}") for t in given]  # nine digits: 3 * 0.1 is three tenths
    narrow = min((s.time_sd for s in rows if s.times is None and s.time_sd > 0), default=0.0)
    if not times and not narrow:
        return 1.0, False
    exact = Fraction(1)
    if times:
        whole = math.lcm(*(t.denominator for t in times))
        exact = Fraction(whole, math.gcd(*(int(t * whole) for t in times)))
    tails = [3 * s.time_sd if s.times is None else 0.0 for s in rows]
    stage = np.array([max(_given(s)) for s in rows]) + tails
    reach = _longest(stage, np.array([s.inbound_time for s in rows]), pairs, order)
    longest = max(float((reach + stage).max()), 1e-9)
    while narrow and exact * Fraction(narrow) < 2 and 2 * exact * Fraction(longest) <= FINE_STEPS:
        exact *= 2  # a deviation is two steps or more, as far as the grid stays small
    cells = MOST_CELLS / (3 * len(rows) + len(pairs))
    if exact * Fraction(longest) <= min(MOST_STEPS, cells):
        return float(exact), False
    return min(10.0, min(COARSE, cells) / longest), True


def _given(stage: Stage) -> tuple[float, ...]:
    """The times of a stage that the grid should hold."""
    return (stage.time,) if stage.times is None else tuple(t for t, _ in stage.times)


def _into(pairs: np.ndarray, n: int) -> list[list[int]]:
    """The suppliers of every stage."""
    into: list[list[int]] = [[] for _ in range(n)]
    for a, b in pairs.tolist():
        into[b].append(a)
    return into


def _longest(
    time: np.ndarray, inbound: np.ndarray, pairs: np.ndarray, order: np.ndarray
) -> np.ndarray:
    """The longest time of arrival at each stage, outside supply included."""
    into = _into(pairs, len(time))
    reach = inbound.copy()
    for i in order.tolist():
        for a in into[i]:
            reach[i] = max(reach[i], reach[a] + time[a])
    return reach
