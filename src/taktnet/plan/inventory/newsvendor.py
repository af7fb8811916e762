"""One order before demand is known (Snyder & Shen, chapter 4)."""

# ruff: noqa: PLR0917 - formulas take their symbols in the order of the books
from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

from taktnet.plan.inventory.service import normal_loss, poisson_cdf, poisson_loss


@dataclass(frozen=True, slots=True)
class Order:
    """How much to have, and what it is expected to cost (holding and stock-out)."""

    level: float
    cost: float


def normal(holding: float, stockout: float, mean: float, sd: float) -> Order:
    """S* at which F(S) = p / (h + p); cost h E[S - X]+ + p E[X - S]+."""
    level = NormalDist(mean, sd).inv_cdf(stockout / (holding + stockout))
    return Order(level, normal_cost(level, holding, stockout, mean, sd))


def normal_cost(level: float, holding: float, stockout: float, mean: float, sd: float) -> float:
    """What any level costs under normal demand."""
    short = normal_loss(level, mean, sd)
    return holding * (level - mean + short) + stockout * short


def myopic(holding: float, stockout: float, purchase: tuple[float, float], mean: float, sd: float,
           discount: float) -> Order:  # fmt: skip
    """The level of least `myopic_cost`: F(S) = (p - c+) / (h + p), c+ = c - discount x next c.

    `purchase` is the price of a unit now and next period. Raises ValueError where c+ is not
    between -h and p: buying then never, or without end, is best (Snyder & Shen 4.5.2).
    """
    rise = purchase[0] - discount * purchase[1]
    if not -holding < rise < stockout:
        raise ValueError("price now less the discounted next price must lie between -h and p")
    level = NormalDist(mean, sd).inv_cdf((stockout - rise) / (holding + stockout))
    cost = myopic_cost(level, holding, stockout, purchase, mean, sd, discount)
    return Order(level, cost)


def myopic_cost(level: float, holding: float, stockout: float, purchase: tuple[float, float],
                mean: float, sd: float, discount: float) -> float:  # fmt: skip
    """c S + newsvendor cost of S - discount x next c (S - mean): what is left has its value."""
    now, later = purchase
    single = normal_cost(level, holding, stockout, mean, sd)
    return now * level + single - discount * later * (level - mean)


def poisson(holding: float, stockout: float, mean: float) -> Order:
    """The least whole S with F(S) >= p / (h + p)."""
    ratio, level = stockout / (holding + stockout), 0
    while poisson_cdf(level, mean) < ratio:
        level += 1
    return Order(level, poisson_cost(level, holding, stockout, mean))


def poisson_cost(level: int, holding: float, stockout: float, mean: float) -> float:
    """What any level costs under Poisson demand."""
    short = poisson_loss(level, mean)
    return holding * (level - mean + short) + stockout * short


def profit(order: Order, price: float, purchase: float, mean: float) -> float:
    """Expected profit (r - c) E[X] - cost, with h = c - salvage and p = r - c (4.3)."""
    return (price - purchase) * mean - order.cost


def uniform_yield(holding: float, stockout: float, demand: float, low: float, high: float) -> Order:
    """Certain demand, and S + Y arrives, Y uniform on [low, high]: S = d - F_Y^-1(h / (h + p)).

    Snyder & Shen 9.3.2.
    """
    width = high - low
    level = demand - (low + width * holding / (holding + stockout))
    short = (demand - level - low) ** 2 / (2 * width)
    over = (level + high - demand) ** 2 / (2 * width)
    return Order(level, holding * over + stockout * short)
