"""Spikes: demands so far above the usual that they are to be explained, or left out.

Modified z-score of the logarithm of the sizes (Iglewicz & Hoaglin 1993): 0.6745 (x - median) / MAD
above 3.5; where more than half of the sizes are equal, by the mean absolute deviation.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from taktnet.learn.panel import Floats, Panel

LIMIT = 3.5
_FEWEST = 6


@dataclass(frozen=True, slots=True)
class Spike:
    """A demand in a period that stands out: `usual` is the largest that does not."""

    period: int
    qty: float
    usual: float
    z: float


def spikes(history: Floats, first: int = 0) -> tuple[Spike, ...]:
    """The spikes of one history; `first` is the period of its first value."""
    at = np.flatnonzero(history > 0)
    if len(at) < _FEWEST:
        return ()
    size = np.log1p(history[at])
    middle = float(np.median(size))
    off = size - middle
    scale = float(np.median(np.abs(off))) / 0.6745 or math.sqrt(math.pi / 2) * float(
        np.abs(off).mean()
    )
    if scale <= 0:
        return ()
    z = off / scale
    high = z > LIMIT
    if not high.any():
        return ()
    usual = float(history[at[~high]].max())
    return tuple(
        Spike(first + int(p), float(history[p]), usual, float(v))
        for p, v in zip(at[high], z[high], strict=True)
    )


def find(panel: Panel) -> tuple[tuple[Spike, ...], ...]:
    """The spikes of every series."""
    return tuple(spikes(panel.history(i), int(panel.first[i])) for i in range(len(panel.keys)))


def cleaned(panel: Panel, found: tuple[tuple[Spike, ...], ...]) -> Panel:
    """The panel with every spike cut to the largest usual demand."""
    values = panel.values.copy()
    for row, many in enumerate(found):
        for one in many:
            values[row, one.period] = one.usual
    return replace(panel, values=values)
