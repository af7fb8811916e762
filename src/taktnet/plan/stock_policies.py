"""Stock policies under true demand and lead times: base stock, (s,S), (R,Q), two-bin, DDMRP.

Day by day: what is due arrives, demand is served (the rest waits), then the position is looked at
every review and ordered by the policy's rule; what is ordered in the evening with a lead time of
L days is there in the morning of the day L + 1. All five are one rule with a trigger and an order:
base stock S orders up to S below S; (s,S) up to S at or below s; (R,Q) whole lots above R;
two-bin B is (B,B); DDMRP orders up to the top of green at or below the top of yellow. Orders of
one source do not overtake each other. The same luck serves every size, so service never falls as
stock is added.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numba import njit

from taktnet.plan.cards import REPLICATIONS, T_15, Loop, draw_days, draw_leads
from taktnet.plan.inventory.service import lead_time_sd, quantile

Kind = Literal["base_stock", "sS", "RQ", "two_bin", "ddmrp"]
_MOST = 1e9


@dataclass(frozen=True, slots=True)
class Rule:
    """Order when the position is at or below `trigger`: up to `level`, or in lots of `lot`.

    With `lot` above zero the order is the fewest lots that lift the position above the trigger.
    """

    kind: Kind
    trigger: float
    level: float = 0.0
    lot: float = 0.0

    def __post_init__(self) -> None:
        if self.lot < 0 or (self.lot == 0 and self.level < self.trigger):
            raise ValueError("an order goes up to a level not below the trigger, or in lots")


def base_stock(level: float) -> Rule:
    """One for one: every unit taken is ordered at the next review."""
    return Rule("base_stock", level, level)


def two_bin(qty: float) -> Rule:
    """A bin of `qty` is ordered when one of the two is empty."""
    return Rule("two_bin", qty, lot=qty)


@dataclass(frozen=True, slots=True)
class Served:
    """What a rule does, simulated, with halves of 95 % intervals; `stock` is the mean on hand.

    `fill` is the share of units served from stock at once, `cycle` that of replenishment cycles
    without a stock-out.
    """

    rule: Rule
    fill: float
    fill_half: float
    cycle: float
    cycle_half: float
    stock: float


@dataclass(frozen=True, slots=True)
class Sized:
    """The least size with the target by simulation, beside that of the formula of methods D1."""

    target: float
    measure: str
    formula: Served
    simulated: Served


def judge(rule: Rule, need: Loop, *, seed: int, days: int = 1000, review: int = 1) -> Served:
    """What a rule does under luck of its own; `review` in days."""
    return _served(rule, _luck(need, seed, days), review)


def size(
    kind: Kind,
    need: Loop,
    target: float,
    *,
    measure: str = "fill",
    lot: float = 0.0,
    review: int = 1,
    seed: int = 0,
    days: int = 1000,
) -> Sized:
    """The least trigger that reaches the target, in whole containers of `need`.

    `lot` is Q of (R,Q), and S - s of (s,S) and of the green zone of DDMRP; base stock and two-bin
    have none of their own. Raises ValueError for a target that cannot be reached.
    """
    if measure not in ("fill", "cycle") or not 0 < target < 1:
        raise ValueError('measure is "fill" or "cycle", the target lies between 0 and 1')
    if kind in ("sS", "RQ", "ddmrp") and lot <= 0:
        raise ValueError(f"{kind} needs a lot above zero")
    luck = _luck(need, seed, days)

    def at(containers: int) -> Served:
        return _served(_rule(kind, containers * need.container, lot), luck, review)

    best = _least(at, target, measure)
    sd = math.sqrt(need.demand) if need.demand_sd is None else need.demand_sd
    span = need.lead + review
    spread = lead_time_sd(need.demand, sd, span, need.lead_sd)
    point = need.demand * span + max(0.0, quantile(max(0.5, target))) * spread
    formula = at(max(1, math.ceil(point / need.container - 1e-9)))
    return Sized(target, measure, formula, best)


def _rule(kind: Kind, trigger: float, lot: float) -> Rule:
    if kind == "base_stock":
        return base_stock(trigger)
    if kind == "two_bin":
        return two_bin(trigger)
    if kind == "RQ":
        return Rule(kind, trigger, lot=lot)
    return Rule(kind, trigger, trigger + lot)


def _least(at: Callable[[int], Served], target: float, measure: str) -> Served:
    def value(found: Served) -> float:
        return found.fill if measure == "fill" else found.cycle

    low, high = -1, 1
    while value(at(high)) < target:
        low, high = high, 2 * high
        if high > 1_000_000:
            raise ValueError("more than a million containers: the container is too small")
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if value(at(middle)) >= target else (middle, high)
    return at(high)


def _luck(need: Loop, seed: int, days: int) -> list[tuple[np.ndarray, np.ndarray]]:
    days = math.ceil(max(days, 60 * need.lead))
    drawn: list[tuple[np.ndarray, np.ndarray]] = []
    for r in range(REPLICATIONS):
        chance = np.random.default_rng([seed, r])
        demand = draw_days(need, days, chance)
        leads = draw_leads(need, days, chance) + need.collection
        drawn.append((demand, np.floor(leads + 1e-9).astype(np.int64) + 1))
    return drawn


def _served(
    rule: Rule, luck: Sequence[tuple[np.ndarray, np.ndarray]], review: int
) -> Served:  # fmt: skip
    seen = np.array([_run(rule.trigger, rule.level, rule.lot, *one, review) for one in luck])
    half = T_15 * seen.std(axis=0, ddof=1) / math.sqrt(len(luck))
    fill, cycle, stock = seen.mean(axis=0).tolist()
    return Served(rule, fill, float(half[0]), cycle, float(half[1]), stock)


@njit(cache=True, nogil=True)
def _run(  # noqa: PLR0917 - compiled functions take their arguments by position
    trigger: float, level: float, lot: float, demand: np.ndarray, lead: np.ndarray, review: int
) -> tuple[float, float, float]:
    """Share of units and of cycles served, and mean stock, after the first tenth."""
    n = len(demand)
    due = np.zeros(n + 1)
    net = trigger + lot if lot > 0 else level
    outstanding, last = 0.0, 0
    units = there = held = 0.0
    cycles, bad, short = 0, 0, False
    for day in range(n):
        if due[day] > 0:
            if day >= n // 10:
                cycles += 1
                bad += short
            short = False
            net += due[day]
            outstanding -= due[day]
        have = max(0.0, net)
        net -= demand[day]
        short |= net < -1e-9
        if day >= n // 10:
            units += demand[day]
            there += min(have, demand[day])
            held += max(0.0, net)
        if day % review == 0 and net + outstanding <= trigger + 1e-9:
            order = level - net - outstanding
            if lot > 0:
                order = lot * (np.floor((trigger - net - outstanding) / lot + 1e-9) + 1)
            if order > 0:
                last = max(last, day + lead[day])
                outstanding += order
                if last <= n:
                    due[last] += order
    fill = there / units if units > 0 else 1.0
    return fill, 1 - bad / max(1, cycles), held / max(1, n - n // 10)
