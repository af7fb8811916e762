"""A problem as arrays for the walk: classes, windows and their prices, colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from taktnet.plan.sequencing.bound import least_changes, least_of_option
from taktnet.plan.sequencing.cars import Cars

#: Price of one car over the paint limit: more than any order's ratios and changes together.
HARD = 10**12


@dataclass(frozen=True, slots=True)
class Arrays:
    """See `walk.walk`; the last rows of `size` and `price` are the paint limits of colours.

    A paint limit of L is a ratio of its own for every colour: L of L + 1. `ratio` are the prices
    of the options alone, int64[option, load].
    """

    order: np.ndarray
    has: np.ndarray
    size: np.ndarray
    ratio: np.ndarray
    colour: np.ndarray
    paint: int
    lower: int
    lower_changes: int

    def price(self, ratios: int) -> np.ndarray:
        """Prices of windows when one car too many costs `ratios` times its weight."""
        price = self.ratio * ratios
        for row in range(len(self.size) - self.paint, len(self.size)):
            price[row, self.size[row]] = HARD
        return price


def lower(cars: Cars, measure: str) -> Arrays:
    """The arrays of a problem; `measure` is `excess` or `windows`."""
    counts = np.array([c.count for c in cars.classes])
    colours = cars.colours
    limit = cars.paint_limit
    per_colour = {k: sum(c.count for c in cars.classes if c.colour == k) for k in colours}
    tight = [k for k in colours if limit is not None and per_colour[k] > limit]
    has = [[o.id in c.options for o in cars.options] for c in cars.classes]
    painted = [[c.colour == k for k in tight] for c in cars.classes]
    size = [o.window for o in cars.options] + [(limit or 0) + 1] * len(tight)
    ratio = np.zeros((len(size), max(size, default=0) + 1), np.int64)
    for row, o in enumerate(cars.options):
        over = np.maximum(0, np.arange(o.window + 1) - o.most)
        ratio[row, : o.window + 1] = o.weight * (over if measure == "excess" else over > 0)
    carrying = (np.array(has, np.int64).reshape(len(counts), -1) * counts[:, None]).sum(0)
    return Arrays(
        np.repeat(np.arange(len(counts), dtype=np.int32), counts),
        np.array([a + b for a, b in zip(has, painted, strict=True)], np.uint8),
        np.array(size, np.int64),
        ratio,
        np.array([colours.index(c.colour) for c in cars.classes], np.int32),
        len(tight),
        sum(
            least_of_option(cars.count, int(carrying[row]), o.window, ratio[row])
            for row, o in enumerate(cars.options)
        ),
        least_changes(per_colour, limit),
    )


def batched(cars: Cars) -> np.ndarray:
    """int32[n]: an order in batches of one colour within the paint limit, largest need first."""
    left = {k: [] for k in cars.colours}
    for i, c in enumerate(cars.classes):
        left[c.colour] += [i] * c.count
    limit = cars.paint_limit or cars.count
    order: list[int] = []
    last = None
    while any(left.values()):
        others = [k for k, units in left.items() if units and k != last]
        last = max(others or [k for k in left if left[k]], key=lambda k: len(left[k]))
        batch, left[last] = left[last][:limit], left[last][limit:]
        order += batch
    return np.array(order, np.int32)


def started(cars: Cars, frozen: Sequence[int], chance: np.random.Generator) -> np.ndarray:
    """int32[n]: the frozen cars, and the others in a random order behind them."""
    counts = np.array([c.count for c in cars.classes])
    counts -= np.bincount(np.array(frozen, np.int64), minlength=len(counts))
    rest = np.repeat(np.arange(len(counts)), counts)
    return np.concatenate([np.array(frozen, np.int32), chance.permutation(rest).astype(np.int32)])
