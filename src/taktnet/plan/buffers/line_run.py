"""A line of stages under base stocks, period by period on a given demand.

It tries the levels of `serial` on any history. In each period the customer asks, every stage
orders what brings its position back to its level, what was shipped a lead time ago arrives, and
each stage ships what it has. Snyder & Shen 6.2; the sequence of events is that of their simulator.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class LineRun:
    """Arrays (stages, periods) from the customer upstream, in units at the end of each period.

    `ordered` by the stage; `received` by it; `net` stock on hand less what it owes; `coming` to
    it on the road. What stage j ships is what sets out to stage j - 1 in that period.
    """

    ordered: np.ndarray
    received: np.ndarray
    net: np.ndarray
    coming: np.ndarray

    def cost(self, holding: Sequence[float], backorder: float) -> float:
        """Cost of all periods: `holding` are echelon costs, as `serial` takes them.

        A stage's stock, and what it has sent on the road, costs all that was added up to it.
        """
        local = np.cumsum(np.array(holding, float)[::-1])[::-1]
        kept = local @ np.maximum(self.net, 0.0).sum(axis=1)
        road = local[1:] @ self.coming[:-1].sum(axis=1)
        return float(kept + road + backorder * np.maximum(-self.net[0], 0.0).sum())

    def fill(self) -> float:
        """Share of the periods that end without a customer waiting."""
        return float((self.net[0] >= -1e-9).mean())


def run_line(levels: Sequence[float], lead: Sequence[int], demand: Sequence[float], *,
             start: Sequence[float] | None = None) -> LineRun:  # fmt: skip
    """Run local base stock `levels` from the customer upstream on the demand of each period.

    `lead` are whole periods; `start` is the stock that each stage begins with, its level by
    default. Raises ValueError for lists of unequal length and times that are not whole.
    """
    n, periods = len(levels), len(demand)
    begin = levels if start is None else start
    if not n or len(lead) != n or len(begin) != n:
        raise ValueError("as many levels as lead times and starting stocks, at least one")
    if any(t < 0 or t != int(t) for t in lead):
        raise ValueError("a run goes by whole periods: lead times are whole and not below zero")
    net, on_order, coming = [float(x) for x in begin], [0.0] * n, [0.0] * n
    road = [[0.0] * (periods + int(t) + 1) for t in lead]  # by the period of arrival
    out = LineRun(*(np.zeros((n, periods)) for _ in range(4)))
    for t, asked in enumerate(demand):
        asks = [float(asked)]
        for j in range(n):
            order = max(0.0, levels[j] - (net[j] + on_order[j] - asks[j]))
            on_order[j] += order
            asks.append(order)
        out.ordered[:, t] = asks[1:]
        sent = asks[n]  # the outside supplier has all
        for j in reversed(range(n)):
            road[j][t + int(lead[j])] += sent
            arrived = road[j][t]
            coming[j] += sent - arrived
            sent = min(max(0.0, net[j]) + arrived, max(0.0, -net[j]) + asks[j])
            net[j] += arrived - asks[j]
            on_order[j] -= arrived
            out.received[j, t] = arrived
        out.net[:, t], out.coming[:, t] = net, coming
    return out
