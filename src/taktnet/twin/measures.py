"""What a replication is judged by: service, stock, stock-outs, lateness and money."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from taktnet.twin.layout import Table
from taktnet.twin.run import Runs


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure of a replication: its name, unit and meaning, and whether more is better."""

    name: str
    unit: str
    meaning: str
    more_is_better: bool = False


MEASURES: dict[str, Measure] = {
    m.name: m
    for m in (
        Measure("service", "share", "Units that customers got in time, of those delivered or"
                " overdue at the end", more_is_better=True),
        Measure("fill", "share", "Units asked for at points that serve customers that were there"
                " at once", more_is_better=True),
        Measure("stock", "currency", "Mean stock on hand at cost"),
        Measure("stockouts", "count", "Requests at points that serve customers that had to wait"),
        Measure("late_h", "h", "Hours late, summed over customers' orders"),
        Measure("owed", "units", "Units that points that serve customers owe at the end"),
        Measure("holding", "currency", "Cost of keeping stock"),
        Measure("freight", "currency", "Cost of shipments"),
        Measure("premium", "currency", "Paid above the items' cost, where supplies have a price"),
        Measure("waste", "currency", "Expired and scrapped, at cost"),
        Measure("lateness", "currency", "Penalty for late goods"),
        Measure("shortage", "currency", "Penalty for what was not there at once"),
        Measure("cost", "currency", "Holding, freight, premium, waste, lateness and shortage"),
    )
}  # fmt: skip
#: What `cost` sums.
PARTS = ("holding", "freight", "premium", "waste", "lateness", "shortage")


@dataclass(frozen=True, slots=True)
class Penalties:
    """What being late or short costs, as a share of the value of the goods.

    The value of a unit is the customer's price, or the item's cost where there is none. The
    defaults are assumptions: 1 % of the value for each day late, nothing for a wait within the
    agreed time.
    """

    late_per_day: float = 0.01
    short: float = 0.0


def measure(runs: Runs, penalties: Penalties | None = None) -> dict[str, np.ndarray]:
    """Every measure of `MEASURES`: one number for each replication, nan where there is no data."""
    fines = penalties or Penalties()
    serving = np.flatnonzero(runs.model.static[Table.PLACE]["kind"] == 1)
    points, demand = runs.points, runs.demand
    at = points[:, serving]
    due = demand["units"].sum(1) + demand["overdue_units"].sum(1)
    wanted, filled = at["wanted"].sum(1), at["filled"].sum(1)
    found = {
        "service": _ratio(demand["on_time_units"].sum(1), due),
        "fill": _ratio(filled, wanted),
        "stock": points["stock_eur"].sum(1),
        "stockouts": at["stockouts"].sum(1),
        "late_h": demand["late_h"].sum(1),
        "owed": at["final_owed"].sum(1),
        "holding": points["holding_eur"].sum(1),
        "freight": runs.lanes["freight_eur"].sum(1),
        "premium": points["premium_eur"].sum(1),
        "waste": points["waste_eur"].sum(1),
        "lateness": demand["late_eur_d"].sum(1) * fines.late_per_day,
        "shortage": (at["wanted"] - at["filled"]) @ _value(runs)[serving] * fines.short,
    }
    found["cost"] = np.sum([found[name] for name in PARTS], axis=0)
    return found


def _ratio(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.divide(a, b, where=b > 0, out=np.full(len(a), np.nan))


def _value(runs: Runs) -> np.ndarray:
    """EUR per unit at each point: the highest price that customers pay there, else its cost."""
    static = runs.model.static
    value = static[Table.PLACE]["cost"] * 1e6
    demand = static[Table.DEMAND0]
    price = np.zeros(len(value))
    np.maximum.at(price, demand["point"], demand["price"] * 1e6)
    return np.where(price > 0, price, value)
