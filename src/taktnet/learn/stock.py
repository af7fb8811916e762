"""Order-up-to stock under a forecast, simulated period by period: what a forecast costs.

At the start of a period the position is raised to the level; the order arrives `lead` periods
later, so the level has to last `lead + 1` periods. What is missing waits. Source of the rule:
Snyder & Shen, Fundamentals of Supply Chain Theory, chapter 4.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from taktnet.learn.panel import Floats


@njit(cache=True, nogil=True)
def run(levels: Floats, demand: Floats, span: int) -> Floats:
    """Stock held, units short, units met and wanted of each series: shape (series, 4).

    `levels` (series, origins) is the order-up-to level at each origin; `demand` (series, origins +
    span - 1) is what came, from the first origin on; `span` is lead time and review in periods.
    Held and short are sums over the periods judged, one for each origin.
    """
    count, origins = levels.shape
    out = np.zeros((count, 4))
    for i in range(count):
        ahead = 0.0
        for j in range(span - 1):
            ahead += demand[i, j]
        position = 0.0
        for t in range(origins):
            position = max(position, levels[i, t])
            last = demand[i, t + span - 1]
            ahead += last
            net = position - ahead
            out[i, 0] += max(net, 0.0)
            out[i, 1] += max(-net, 0.0)
            out[i, 2] += last - min(last, max(-net, 0.0))
            out[i, 3] += last
            ahead -= demand[i, t]
            position -= demand[i, t]
    return out


def cost(held: Floats, short: Floats, level: float) -> Floats:
    """Holding and shortage in units held a period: one short costs level / (1 - level) held.

    That is the price at which stock for `level` is the cheapest (the critical ratio).
    """
    return held + short * level / (1 - level)
