"""The least sum of a message and a stage's price, for every value of the other service time.

A stage of net replenishment time g = SI + T - S costs price[g], so both directions between S and
SI are min-plus convolutions. The price of a fixed time is concave: of two values the older one
gains on the newer as g grows, so a stack of candidates, each with the point where the one below
overtakes it, answers all in O(K log K) (Galil & Giancarlo, *Theoretical Computer Science* 64(1),
1989). Other prices are compared value by value.
"""

# ruff: noqa: PLR0917 - compiled kernels take their arrays one by one
from __future__ import annotations

import numpy as np
from numba import njit

FAR = 1e300
#: What counts as no value: sums of FAR and prices.
NONE = 1e200


@njit(cache=True, nogil=True)
def least(f: np.ndarray, a: int, b: int, price: np.ndarray, time: int, lo: int, hi: int,
          up: bool, concave: bool, out: np.ndarray, where: np.ndarray) -> None:  # fmt: skip
    """out[x] = min over a <= s <= b of f[s] + price[g] for lo <= x <= hi; `where` holds that s.

    g is x + time - s (`up` False: x is SI, s is S) or s + time - x (`up`), and not below 0; out
    is FAR where no s fits. `price` may also be other than concave.
    """
    if concave and (b - a) * (hi - lo) > 3000:
        _stack(f, a, b, price, time, lo, hi, up, out, where)
        return
    for x in range(lo, hi + 1):
        best, at = FAR, a
        first, last = (max(a, x - time), b) if up else (a, min(b, x + time))
        for s in range(first, last + 1):
            value = f[s] + (price[s + time - x] if up else price[x + time - s])
            if value < best:
                best, at = value, s
        out[x], where[x] = best, at


@njit(cache=True, nogil=True)
def _stack(f: np.ndarray, a: int, b: int, price: np.ndarray, time: int, lo: int, hi: int,
           up: bool, out: np.ndarray, where: np.ndarray) -> None:  # fmt: skip
    """`least` for a concave price. Going up, both axes are mirrored: s and x become -s and -x."""
    sign = -1 if up else 1
    first, last = (-b, -a) if up else (a, b)
    begin, end = (-hi, -lo) if up else (lo, hi)
    held = np.empty(last - first + 1, np.int64)  # candidates, the best one on top
    until = np.empty(last - first + 1, np.int64)  # where the one below overtakes each
    depth, s = 0, first
    for x in range(min(begin, first - time), end + 1):
        while depth > 1 and until[depth - 1] <= x:
            depth -= 1
        if s <= last and s - time == x:
            mine = f[sign * s]
            if mine < NONE and (
                depth == 0 or mine + price[0] < _at(f, held[depth - 1], price, time, x, sign)
            ):
                point = end + 1
                while depth > 0:
                    point = _overtakes(f, held[depth - 1], s, price, time, x, end, sign)
                    if depth > 1 and until[depth - 1] <= point:
                        depth -= 1
                    else:
                        break
                held[depth], until[depth] = s, point
                depth += 1
            s += 1
        if x >= begin:
            out[sign * x], where[sign * x] = FAR, a
            if depth > 0:
                where[sign * x] = sign * held[depth - 1]
                out[sign * x] = _at(f, held[depth - 1], price, time, x, sign)


@njit(cache=True, nogil=True, inline="always")
def _at(f: np.ndarray, s: int, price: np.ndarray, time: int, x: int, sign: int) -> float:
    return f[sign * s] + price[x + time - s]


@njit(cache=True, nogil=True)
def _overtakes(f: np.ndarray, old: int, new: int, price: np.ndarray, time: int, x: int, end: int,
               sign: int) -> int:  # fmt: skip
    """The first point after x where `old` is no worse than `new`; end + 1 if there is none."""
    low, high = x, end + 1  # old is worse at low
    while high - low > 1:
        middle = (low + high) // 2
        if _at(f, old, price, time, middle, sign) <= _at(f, new, price, time, middle, sign):
            high = middle
        else:
            low = middle
    return high
