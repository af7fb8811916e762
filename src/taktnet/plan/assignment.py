"""Linear assignment in whole numbers: every row its own column, at least total cost.

Shortest augmenting paths with dual prices (Jonker & Volgenant, *Computing* 38, 1987). The prices
prove the answer: no assignment costs less than their sum.
"""

from __future__ import annotations

import numpy as np
from numba import njit


def assign(costs: np.ndarray) -> tuple[np.ndarray, int]:
    """The column of each row of a square table, and the proven least total cost.

    `costs` is int64[n, n]; its numbers times n must stay below 2^62.
    """
    columns, rows_price, columns_price = _augment(np.ascontiguousarray(costs, np.int64))
    # Feasible prices, checked and not believed: only then is their sum a bound.
    assert (costs - rows_price[:, None] - columns_price[None, :]).min() >= 0
    return columns, int(rows_price.sum() + columns_price.sum())


@njit(cache=True)
def _augment(costs: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Columns by row, and the prices u of rows and v of columns with u + v <= cost."""
    n = costs.shape[0]
    far = np.int64(2) ** 62
    u, v = np.zeros(n, np.int64), np.zeros(n, np.int64)
    row_of, column_of = np.full(n, -1, np.int64), np.full(n, -1, np.int64)
    distance, came = np.empty(n, np.int64), np.empty(n, np.int64)
    todo, reached = np.empty(n, np.int64), np.empty(n, np.int64)
    for start in range(n):
        for c in range(n):
            distance[c], todo[c] = far, c
        left, many, row, least, sink = n, 0, start, np.int64(0), np.int64(-1)
        while sink < 0:
            at, nearest = -1, far
            for p in range(left):
                c = todo[p]
                through = least + costs[row, c] - u[row] - v[c]
                if through < distance[c]:
                    distance[c], came[c] = through, row
                free = row_of[c] < 0
                if distance[c] < nearest or (distance[c] == nearest and free):
                    nearest, at = distance[c], p
            least = nearest
            c = todo[at]
            left -= 1
            todo[at] = todo[left]
            reached[many] = c
            many += 1
            if row_of[c] < 0:
                sink = c
            else:
                row = row_of[c]
        u[start] += least
        for p in range(many - 1):
            c = reached[p]
            u[row_of[c]] += least - distance[c]
            v[c] -= least - distance[c]
        _turn(start, int(sink), came, row_of, column_of)
    return column_of, u, v


@njit(cache=True)
def _turn(
    start: int, sink: int, came: np.ndarray, row_of: np.ndarray, column_of: np.ndarray
) -> None:
    """Hand the columns on along the path that leads from a free row to a free column."""
    row = -1
    while row != start:
        row = int(came[sink])
        row_of[sink] = row
        following = int(column_of[row])
        column_of[row] = sink
        sink = following
