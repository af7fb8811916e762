"""Two sources of one part: a cheap slow one and a dear fast one.

Policies, each with its parameters found by simulation under one and the same demand:
capped dual index (Sun & Van Mieghem, *Manufacturing & Service Operations Management* 21(4), 2019),
dual index (Veeraraghavan & Scheller-Wolf, *Operations Research* 56(4), 2008), tailored base-surge
(Allon & Van Mieghem, *Management Science* 56(1), 2010) and the slow source alone. `optimal_cost`
is the exact least cost for small cases, by value iteration. Costs are per period, above the price
of the slow source.
"""

# ruff: noqa: PLR0917 - compiled kernels take their arrays one by one
from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit

KINDS = ("capped_dual_index", "dual_index", "base_surge", "single")
#: Periods left out while the line fills, and batches for the interval.
WARM, BATCHES = 200, 20


@dataclass(frozen=True, slots=True)
class Sources:
    """Lead times in whole periods, and per unit: the fast source's premium, h and p a period."""

    slow_lead: int
    premium: float
    holding: float
    backorder: float
    fast_lead: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.fast_lead < self.slow_lead:
            raise ValueError("the fast lead time is below the slow one, and not below zero")
        if min(self.premium, self.holding, self.backorder) <= 0:
            raise ValueError("premium, holding and backorder cost must be above zero")


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy with its simulated cost a period, half a 95 % interval, and the fast share.

    `slow` and `fast` are order-up-to levels, `cap` the most the slow source is asked for at once.
    For base surge `cap` is the standing slow order and `slow` is not used (0).
    """

    kind: str
    slow: float
    fast: float
    cap: float
    cost: float
    half: float
    fast_share: float
    why: str


def compare(sources: Sources, demand: Sequence[float], *, seed: int = 0,
            search: int = 20_000, test: int = 200_000) -> tuple[Policy, ...]:  # fmt: skip
    """The best of every kind, cheapest first; `demand[k]` is the chance that k units are wanted.

    Parameters are searched on `search` drawn periods and judged on `test` others. Raises ValueError
    for chances that do not add up to 1.
    """
    pmf = _chances(demand)
    chance = np.random.default_rng(seed)
    tried = chance.choice(len(pmf), search + WARM, p=pmf).astype(float)
    judged = chance.choice(len(pmf), test + WARM, p=pmf).astype(float)
    found = [_best(kind, sources, pmf, tried, judged) for kind in range(len(KINDS))]
    return tuple(sorted(found, key=lambda p: p.cost))


def _chances(demand: Sequence[float]) -> np.ndarray:
    pmf = np.asarray(demand, float)
    if len(pmf) < 2 or pmf.min() < 0 or abs(pmf.sum() - 1) > 1e-9:
        raise ValueError("chances of demand are not below zero and add up to 1")
    return pmf / pmf.sum()


def _best(
    kind: int, sources: Sources, pmf: np.ndarray, tried: np.ndarray, judged: np.ndarray
) -> Policy:
    mean = float(pmf @ np.arange(len(pmf)))
    sd = math.sqrt(float(pmf @ (np.arange(len(pmf)) - mean) ** 2))
    fixed = (sources.slow_lead, sources.fast_lead, sources.holding, sources.backorder,
             sources.premium)  # fmt: skip

    def cost(z: tuple[float, ...]) -> float:
        return float(_run(kind, z[0], z[1], z[2], tried, *fixed)[0])

    slow = mean * (sources.slow_lead + 1)
    fast = round(mean * (sources.fast_lead + 1) + sd)
    fine = 0.02 * mean if kind == 2 else 1.0
    caps = {0: _caps(mean, sd), 2: [0.85 * mean, 0.95 * mean]}.get(kind, [mean])
    starts = [(float(round(slow + sd)), float(fast), float(c)) for c in caps]
    z = min((_descend(cost, s, kind, fine) for s in starts), key=lambda p: p[1])[0]
    mean_cost, half, share = _run(kind, z[0], z[1], z[2], judged, *fixed)
    slow_level = 0.0 if kind == 2 else z[0]
    cap = z[2] if kind in (0, 2) else math.inf
    fast_level = z[1] if kind < 3 else -math.inf
    return Policy(KINDS[kind], slow_level, fast_level, cap, float(mean_cost), float(half),
                  float(share), _words(kind, z, float(share)))  # fmt: skip


def _caps(mean: float, sd: float) -> list[float]:
    """Caps worth starting from: the cost has a valley for every one of them."""
    step = max(1, round(sd / 3))
    return [float(c) for c in range(max(1, round(mean - sd)), round(mean + 2 * sd) + 1, step)]


def _words(kind: int, z: tuple[float, ...], share: float) -> str:
    fast = f"the fast source fills up to {z[1]:g} and carries {100 * share:.0f} % of the units"
    if kind == 0:
        return f"order up to {z[0]:g} from the slow source, never over {z[2]:g} at once; {fast}"
    if kind == 1:
        return f"order up to {z[0]:g} from the slow source; {fast}"
    if kind == 2:
        return f"take {z[2]:.2f} every period from the slow source; {fast}"
    return f"order up to {z[0]:g} from the slow source alone"


def _descend(
    cost: Callable[[tuple[float, ...]], float], start: tuple[float, ...], kind: int, fine: float
) -> tuple[tuple[float, ...], float]:
    """Move one parameter, or two against each other, by halving steps while the cost falls."""
    best, least = start, cost(start)
    free = {0: (0, 1, 2), 1: (0, 1), 2: (1, 2), 3: (0,)}[kind]
    moves = [{a: s} for a in free for s in (1, -1)]
    moves += [{a: s, b: -s} for a in free for b in free if a < b for s in (1, -1)]
    step = 8
    while step:
        moved = False
        for move in moves:
            trial = tuple(
                max(0.0, v + move.get(k, 0) * step * (fine if k == 2 else 1.0))
                for k, v in enumerate(best)
            )
            value = cost(trial)
            if value < least - 1e-12:
                best, least, moved = trial, value, True
        step = step if moved else step // 2
    return best, least


@njit(cache=True, nogil=True)
def _run(kind: int, slow: float, fast: float, cap: float, demand: np.ndarray, slow_lead: int,
         fast_lead: int, holding: float, backorder: float, premium: float
         ) -> tuple[float, float, float]:  # fmt: skip
    """Mean cost, half of its 95 % interval by batch means, and the share of units bought fast."""
    pipe = np.zeros(slow_lead + 1)
    hand, fast_units, units, owed = 0.0, 0.0, 0.0, 0.0
    batch = np.zeros(BATCHES)
    length = (len(demand) - WARM) // BATCHES
    for t in range(WARM + length * BATCHES):
        hand += pipe[0]
        for k in range(slow_lead):
            pipe[k] = pipe[k + 1]
        soon = hand + pipe[:fast_lead].sum()
        urgent = max(0.0, fast - soon) if kind < 3 else 0.0
        if kind == 2:
            owed += cap  # whole units only: the fraction waits
            order = np.floor(owed + 1e-9)
            owed -= order
        else:
            order = max(0.0, slow - hand - pipe.sum() - urgent)
            order = min(cap, order) if kind == 0 else order
        if fast_lead == 0:
            hand += urgent
        else:
            pipe[fast_lead - 1] += urgent
        pipe[slow_lead - 1] += order
        hand -= demand[t]
        if t >= WARM:
            cost = premium * urgent + (holding * hand if hand > 0 else -backorder * hand)
            batch[(t - WARM) // length] += cost / length
            fast_units += urgent
            units += demand[t]
    mean = batch.mean()
    half = 2.093 * np.sqrt(((batch - mean) ** 2).sum() / (BATCHES - 1) / BATCHES)
    return mean, half, fast_units / max(units, 1.0)


def optimal_cost(sources: Sources, demand: Sequence[float], *, low: int, high: int, most: int,
                 tolerance: float = 1e-4) -> float:  # fmt: skip
    """Least cost a period of any policy, exact but for cutting stock at `low` and `high`.

    Slow orders are at most `most`; relative value iteration until the bounds on the cost are
    `tolerance` apart. Fast lead time 0 only; the work grows as (most + 1)^(slow lead - 1).
    """
    if sources.fast_lead:
        raise ValueError("value iteration is for a fast source without lead time")
    pmf = _chances(demand)
    return float(_iterate(pmf, sources.slow_lead, sources.holding, sources.backorder,
                          sources.premium, low, high, most, tolerance))  # fmt: skip


@njit(cache=True, nogil=True)
def _iterate(pmf: np.ndarray, lead: int, holding: float, backorder: float, premium: float,
             low: int, high: int, most: int, tolerance: float) -> float:  # fmt: skip
    """State: stock on hand and the slow orders of the last lead - 1 periods, oldest first."""
    size, pipes = high - low + 1, (most + 1) ** (lead - 1)
    value, fresh = np.zeros((size, pipes)), np.zeros((size, pipes))
    after, now = np.empty(size), np.zeros(size)
    for y in range(size):
        for d in range(len(pmf)):
            z = y + low - d
            now[y] += pmf[d] * (holding * z if z > 0 else -backorder * z)
    fewest, largest = 1e300, -1e300
    for _ in range(100_000):
        fewest, largest = 1e300, -1e300
        for s in range(pipes):
            oldest = s * (most + 1) // pipes if lead > 1 else -1
            rest = s % (pipes // (most + 1)) if lead > 1 else 0
            for y in range(size):
                least = 1e300
                for q in range(most + 1):
                    arriving = oldest if lead > 1 else q
                    into = rest * (most + 1) + q if lead > 1 else 0
                    ahead = 0.0
                    for d in range(len(pmf)):
                        z = min(max(y - d + arriving, 0), size - 1)
                        ahead += pmf[d] * value[z, into]
                    least = min(least, ahead)
                after[y] = now[y] + least
            for y in range(size - 1, -1, -1):  # buy fast, one unit more or none
                if y + 1 < size:
                    after[y] = min(after[y], premium + after[y + 1])
                step = after[y] - value[y, s]
                fewest, largest = min(fewest, step), max(largest, step)
                fresh[y, s] = after[y]
        value[:] = fresh - fresh[0, 0]
        if largest - fewest < tolerance:
            break
    return 0.5 * (fewest + largest)
