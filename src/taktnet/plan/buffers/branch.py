"""Close the gap on small chains: branch on service times, bound by TRW-S sweeps."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count

import numpy as np

from taktnet.plan.buffers.bound import Sweeps

#: Most numbers that the messages of all open parts may hold (8 bytes each).
MEMORY = 60_000_000


def close(
    whole: Sweeps,
    cost: Callable[[], float],
    propose: Callable[[np.ndarray], np.ndarray],
    gap: float,
    go_on: Callable[[float], bool],
) -> None:
    """Raise `whole.lower` to the least bound of the open parts, until the gap closes.

    `cost()` is the best known cost; `propose(values)` mends values into a feasible answer, keeps
    it if it is better, and returns it.
    """
    tick = count()
    most = max(2, MEMORY // max(1, whole.size))
    shut = np.inf  # the least bound of what was left as good enough
    open_parts: list[tuple[float, int, Sweeps]] = [(whole.lower, next(tick), whole)]
    while open_parts and len(open_parts) < most and go_on(whole.lower):
        lower, _, part = heapq.heappop(open_parts)
        whole.lower = max(whole.lower, min(lower, shut, cost()))
        raw = _sharpen(part, cost, gap, go_on)
        mended = propose(raw)
        if part.lower >= cost() * (1 - gap):
            shut = min(shut, part.lower)
            continue
        variable, at = _cut(part, raw, mended)
        if variable < 0:  # a single point is left: its cost is exact
            continue
        for half in part.split(variable, at):
            heapq.heappush(open_parts, (half.lower, next(tick), half))
    if not open_parts:
        whole.lower = max(whole.lower, min(shut, cost()))
    elif open_parts[0][2] is not whole:
        whole.lower = max(whole.lower, min(open_parts[0][0], shut, cost()))


def _sharpen(
    part: Sweeps, cost: Callable[[], float], gap: float, go_on: Callable[[float], bool]
) -> np.ndarray:
    """Sweep while it pays; the last proposed values."""
    raw = part.sweep()
    for _ in range(30):
        before = part.lower
        if before >= cost() * (1 - gap) or not go_on(before):
            break
        raw = part.sweep()
        if part.lower <= before * (1 + 1e-5):
            break
    return raw


def _cut(part: Sweeps, raw: np.ndarray, mended: np.ndarray) -> tuple[int, int]:
    """The variable on which proposal and answer differ most, and where to cut between them."""
    inside = np.clip(mended, part.low, part.high)
    apart = np.abs(raw - inside)
    variable = int(apart.argmax())
    if apart[variable] > 0:
        near = int(min(raw[variable], inside[variable]))
        return variable, near + (int(apart[variable]) - 1) // 2
    width = part.high - part.low
    variable = int(width.argmax())
    if width[variable] == 0:
        return -1, 0
    return variable, int(part.low[variable] + width[variable] // 2)
