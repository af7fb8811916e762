"""How many cards a loop needs: the formulas beside a simulation of true demand and lead times.

A card leaves its container when the first piece is taken, and comes back with a full container a
lead time later; containers keep their order on the way. With cards N, request times R and lead
times L, container k is opened at O_k = max(R_k, A_k), A_k = max(A_{k-1}, O_{k-N} + L_{k-N}). The
same luck is used for every N, so service never falls as cards are added. With constant demand and
lead time the least N is ceil(D L / a), the Toyota formula without safety (methods A1). Where cards
leave when a container is empty, as our own rules have it, each waits for its last piece: one card
more.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit

from taktnet.plan.inventory.service import lead_time_sd, quantile
from taktnet.policy.cards import exact, kanban_cards

#: Replications, each with its own luck; the t quantile of their 95 % interval.
REPLICATIONS, T_15 = 16, 2.131
MOST_CARDS = 100_000


@dataclass(frozen=True, slots=True)
class Loop:
    """Demand a day in units, lead time in days (waiting and processing), container quantity.

    `demand_sd` is of a day's demand: 0 is constant, a variance above the mean negative binomial,
    else Poisson for `demand_sd` None and gamma otherwise. `lead_sd` 0 is constant, else gamma.
    `lead_seen` and `demand_seen` are observed lead times and days, drawn from instead.
    `collection` is the interval of the collecting round in days (0: at once). `lump` units are
    taken at a time (0: one by one); `emptied` cards leave with the last piece, not the first.
    """

    demand: float
    lead: float
    container: float
    demand_sd: float | None = 0.0
    lead_sd: float = 0.0
    collection: float = 0.0
    lead_seen: Sequence[float] = ()
    demand_seen: Sequence[float] = ()
    lump: float = 0.0
    emptied: bool = False

    def __post_init__(self) -> None:
        if min(self.demand, self.container) <= 0 or min(self.lead, self.collection, self.lump) < 0:
            raise ValueError("demand and container are above zero, times not below")
        if (self.demand_sd or 0) < 0 or self.lead_sd < 0:
            raise ValueError("deviations are not below zero")


@dataclass(frozen=True, slots=True)
class Count:
    """A number of cards and what it does, simulated, with halves of 95 % intervals.

    `fill` is the share of units there when wanted, `cycle` the share of containers, so that
    `1 - cycle` is the chance that a container is missing when it is called for. `stock` is the
    most the loop may hold, in units.
    """

    how: str
    cards: int
    stock: float
    fill: float
    fill_half: float
    cycle: float
    cycle_half: float

    @property
    def stockout(self) -> float:
        """The chance that a container is missing when it is called for."""
        return 1 - self.cycle


@dataclass(frozen=True, slots=True)
class Sizing:
    """Formulas and simulation side by side; `simulated` is the least count with the service."""

    target: float
    measure: str
    formulas: tuple[Count, ...]
    simulated: Count

    @property
    def why(self) -> str:
        """The difference in a planner's words."""
        best = min(
            (c for c in self.formulas if self.served(c)), key=lambda c: c.cards, default=None
        )
        text = f"{self.simulated.cards} cards give {100 * self.served_by(self.simulated):.1f} %"
        if best is None:
            return text + "; no formula reaches the target"
        return f"{text}; the cheapest formula that reaches it ({best.how}) takes {best.cards}"

    def served_by(self, count: Count) -> float:
        """The count's service in the measure of the target."""
        return count.fill if self.measure == "fill" else count.cycle

    def served(self, count: Count) -> bool:
        """Whether a count reaches the target."""
        return self.served_by(count) >= self.target


def size(loop: Loop, target: float, *, measure: str = "fill", seed: int = 0, days: int = 1000,
         alphas: Sequence[str] = ("0", "0.1", "0.2", "0.3")) -> Sizing:  # fmt: skip
    """The least cards that give the target share, and what the formulas give instead.

    `measure` is "fill" (units) or "cycle" (containers); `alphas` are the safety factors of the
    Toyota formula to show. Raises ValueError for a target that no number of cards can reach.
    """
    if measure not in ("fill", "cycle"):
        raise ValueError('measure is "fill" or "cycle"')
    if not 0 < target <= 1 or (target == 1 and not _constant(loop)):
        raise ValueError("a target is above 0 and below 1: with any spread, 1 takes endless cards")
    luck = _luck(loop, seed, days)
    high = 1
    while _served(loop, luck, high, measure) < target:
        high *= 2
        if high > MOST_CARDS:
            raise ValueError(f"more than {MOST_CARDS} cards: the container is too small")
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (
            (low, middle) if _served(loop, luck, middle, measure) >= target else (middle, high)
        )
    counts = formulas(loop, target, alphas)
    shown = tuple(_count(how, n, loop, luck) for how, n in counts.items())
    return Sizing(target, measure, shown, _count("simulated", high, loop, luck))


def judge(loop: Loop, cards: int, *, seed: int, days: int = 1000) -> Count:
    """What a number of cards does, under luck of its own."""
    if cards < 1:
        raise ValueError("a loop has at least one card")
    return _count("given", cards, loop, _luck(loop, seed, days))


def formulas(loop: Loop, target: float, alphas: Sequence[str]) -> dict[str, int]:
    """Cards by the Toyota formula for each alpha, and by safety stock over the container.

    The waiting for the collecting round counts whole, as methods A1 asks.
    """
    lead = exact(loop.lead) + exact(loop.collection)
    counts = {
        f"alpha {a}": max(1, kanban_cards(loop.demand, lead, a, loop.container)) for a in alphas
    }
    sd = math.sqrt(loop.demand) if loop.demand_sd is None else loop.demand_sd
    spread = lead_time_sd(loop.demand, sd, float(lead), loop.lead_sd)
    if spread > 0 and 0.5 <= target < 1:
        need = exact(loop.demand) * lead + exact(quantile(target) * spread)
        counts["safety stock"] = max(1, math.ceil(need / exact(loop.container)))
    return counts


def _constant(loop: Loop) -> bool:
    return loop.demand_sd == 0 and not (loop.lead_sd or loop.lead_seen or loop.demand_seen)


Luck = tuple[np.ndarray, np.ndarray, np.ndarray]


def _luck(loop: Loop, seed: int, days: int) -> list[Luck]:
    """When each container's first piece is wanted, when its card may leave, and its lead time.

    One triple a replication, of at least 200 containers.
    """
    days = math.ceil(max(days, 200 * loop.container / loop.demand, 30 * loop.lead))
    drawn: list[Luck] = []
    for r in range(1 if _constant(loop) else REPLICATIONS):
        chance = np.random.default_rng([seed, r])
        total = np.concatenate([[0.0], np.cumsum(draw_days(loop, days, chance))])
        first = np.arange(math.floor(total[-1] / loop.container + 1e-9)) * loop.container
        wanted, leaves = first, first + loop.container * loop.emptied
        if loop.lump > 0:
            wanted = np.floor(first / loop.lump + 1e-9) * loop.lump
            last = first + loop.container if loop.emptied else first + 1e-9
            leaves = (np.ceil(last / loop.lump - 1e-9) - 1) * loop.lump
        at, leaves = (np.interp(x, *_rising(total)) for x in (wanted, leaves))
        drawn.append((at, leaves, draw_leads(loop, len(at), chance)))
    return drawn


def _rising(total: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cumulative demand and its days, without the days on which nothing was wanted."""
    keep = np.concatenate([np.diff(total) > 0, [True]])
    keep[0] = True
    return total[keep], np.flatnonzero(keep).astype(float)


def draw_days(loop: Loop, days: int, chance: np.random.Generator) -> np.ndarray:
    """Demand of so many days, in units."""
    if loop.demand_seen:
        return chance.choice(np.asarray(loop.demand_seen, float), days)
    if loop.demand_sd is None:
        return chance.poisson(loop.demand, days).astype(float)
    variance = loop.demand_sd**2
    if variance == 0:
        return np.full(days, loop.demand)
    if variance > loop.demand:
        p = loop.demand / variance
        return chance.negative_binomial(loop.demand * p / (1 - p), p, days).astype(float)
    return chance.gamma(loop.demand**2 / variance, variance / loop.demand, days)


def draw_leads(loop: Loop, count: int, chance: np.random.Generator) -> np.ndarray:
    """So many lead times, in days."""
    if loop.lead_seen:
        return chance.choice(np.asarray(loop.lead_seen, float), count)
    if loop.lead_sd == 0 or loop.lead == 0:
        return np.full(count, loop.lead)
    shape = (loop.lead / loop.lead_sd) ** 2
    return chance.gamma(shape, loop.lead / shape, count)


def _served(loop: Loop, luck: list[Luck], cards: int, measure: str) -> float:
    column = 0 if measure == "fill" else 1
    return math.fsum(_run(cards, *one, loop.collection)[column] for one in luck) / len(luck)


def _count(how: str, cards: int, loop: Loop, luck: list[Luck]) -> Count:
    seen = np.array([_run(cards, *one, loop.collection) for one in luck])
    half = np.zeros(2)
    if len(luck) > 1:
        half = T_15 * seen.std(axis=0, ddof=1) / math.sqrt(len(luck))
    fill, cycle = seen.mean(axis=0)
    return Count(how, cards, cards * loop.container, float(fill), float(half[0]), float(cycle),
                 float(half[1]))  # fmt: skip


@njit(cache=True, nogil=True)
def _run(
    cards: int, wanted: np.ndarray, leaves: np.ndarray, lead: np.ndarray, collection: float
) -> tuple[float, float]:
    """Share of units and of containers there when wanted, after the first tenth."""
    n = len(wanted)
    opened = np.zeros(n)
    arrived, units, there, counted = 0.0, 0.0, 0, 0
    for k in range(n):
        if k >= cards:
            gone = max(opened[k - cards], leaves[k - cards])
            if collection > 0:
                gone = np.ceil(gone / collection - 1e-9) * collection
            arrived = max(arrived, gone + lead[k - cards])
        opened[k] = max(wanted[k], arrived)
        if k < n // 10 or k + 1 >= n:
            continue
        late, gap = opened[k] - wanted[k], wanted[k + 1] - wanted[k]
        counted += 1
        if late <= 1e-9:
            there += 1
            units += 1.0
        elif gap > late:
            units += 1 - late / gap
    return units / max(counted, 1), there / max(counted, 1)
