"""What no order of cars can beat: every option by itself, and every colour by itself.

The least cost of one option alone is exact, by dynamic programming over the last q - 1 cars and how
many with the option have gone; the cost of all options is at least the sum. Colours need at least
as many batches as the limit makes of each.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numba import njit

#: Longest window for which the bound is worked out; its work doubles with each car.
LONGEST_WINDOW = 10
_FAR = np.int64(2) ** 60


def least_of_option(cars: int, carrying: int, window: int, price: np.ndarray) -> int:
    """The least price of all windows of one option, of any order; 0 where the window is too long.

    `price` is int64[load]: the price of a window by the cars in it that carry the option.
    """
    if window > LONGEST_WINDOW or window > cars:
        return 0
    return int(_least(cars, carrying, window, price))


@njit(cache=True)
def _least(cars: int, carrying: int, window: int, price: np.ndarray) -> int:
    masks = 1 << (window - 1)
    best = np.full((carrying + 1, masks), _FAR)
    best[0, 0] = 0
    weight = np.zeros(2 * masks, np.int64)
    for m in range(1, 2 * masks):
        weight[m] = weight[m >> 1] + (m & 1)
    for t in range(cars):
        after = np.full((carrying + 1, masks), _FAR)
        whole = t >= window - 1
        for done in range(max(0, carrying - (cars - t)), min(t, carrying) + 1):
            for m in range(masks):
                cost = best[done, m]
                if cost >= _FAR:
                    continue
                for bit in range(2):
                    if done + bit > carrying:
                        continue
                    row = 2 * m + bit
                    total = cost + price[weight[row]] if whole else cost
                    into = row & (masks - 1)
                    after[done + bit, into] = min(after[done + bit, into], total)
        best = after
    return best[carrying].min()


def least_changes(counts: Mapping[str, int], limit: int | None) -> int:
    """The fewest changes of colour: one less than the batches that the limit makes of all."""
    batches = sum(-(-n // limit) if limit else 1 for n in counts.values() if n)
    return max(0, batches - 1)
