"""One uniform to one variate, through inverse distribution functions, with their tails.

A normal quantile is Wichura's AS 241 (Applied Statistics 37(3), 1988), good to 1e-15 from end to
end. A gamma quantile is interpolated as the logarithm of time over the normal quantile of the
same probability: there it is nearly straight, tails included, out to the last uniform that a
stream gives. A table of quantiles is straight between its points; beyond them the last piece
goes on over the logarithm of the probability that is left.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np

from taktnet.state.entry import entry
from taktnet.state.memory import kernel
from taktnet.twin.engine.access import dist_at, knot_of
from taktnet.twin.layout import EXPONENTIAL, FIXED, LOGNORMAL, QUANTILES, TABLE
from taktnet.twin.logarithm import log

#: Knots of a gamma table, and the normal quantiles of the first and the last.
KNOTS, Z_FIRST, Z_LAST = 96, -8.4, 8.4
_PER_Z = (KNOTS - 1) / (Z_LAST - Z_FIRST)


@kernel
def normal_quantile(u: float) -> float:
    """z with Phi(z) = u, 0 < u < 1 (AS 241, PPND16)."""
    q = u - 0.5
    if -0.425 <= q <= 0.425:
        r = 0.180625 - q * q
        top = (((((((2509.0809287301226727 * r + 33430.575583588128105) * r
                    + 67265.770927008700853) * r + 45921.953931549871457) * r
                  + 13731.693765509461125) * r + 1971.5909503065514427) * r
                + 133.14166789178437745) * r + 3.387132872796366608)  # fmt: skip
        low = (((((((5226.495278852545925 * r + 28729.085735721942674) * r
                    + 39307.89580009271061) * r + 21213.794301586595867) * r
                  + 5394.1960214247511077) * r + 687.1870074920579083) * r
                + 42.313330701600911252) * r + 1.0)  # fmt: skip
        return q * top / low
    r = math.sqrt(-log(u if q < 0 else 1.0 - u))
    if r <= 5.0:
        r -= 1.6
        top = (((((((7.7454501427834140764e-4 * r + 0.0227238449892691845833) * r
                    + 0.24178072517745061177) * r + 1.27045825245236838258) * r
                  + 3.64784832476320460504) * r + 5.7694972214606914055) * r
                + 4.6303378461565452959) * r + 1.42343711074968357734)  # fmt: skip
        low = (((((((1.05075007164441684324e-9 * r + 5.475938084995344946e-4) * r
                    + 0.0151986665636164571966) * r + 0.14810397642748007459) * r
                  + 0.68976733498510000455) * r + 1.6763848301838038494) * r
                + 2.05319162663775882187) * r + 1.0)  # fmt: skip
    else:
        r -= 5.0
        top = (((((((2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r
                    + 0.0012426609473880784386) * r + 0.026532189526576123093) * r
                  + 0.29656057182850489123) * r + 1.7848265399172913358) * r
                + 5.4637849111641143699) * r + 6.6579046435011037772)  # fmt: skip
        low = (((((((2.04426310338993978564e-15 * r + 1.4215117583164458887e-7) * r
                    + 1.8463183175100546818e-5) * r + 7.868691311456132591e-4) * r
                  + 0.0148753612908506148525) * r + 0.13692988092273580531) * r
                + 0.59983220655588793769) * r + 1.0)  # fmt: skip
    return -top / low if q < 0 else top / low


@kernel
def quantile(x: int, dist: int, u: float) -> float:
    """The time (us) that is not exceeded with probability u."""
    d = dist_at(x, dist)
    if d.kind == FIXED:
        return d.a
    if d.kind == EXPONENTIAL:
        return -d.a * log(1.0 - u)
    if d.kind == LOGNORMAL:
        return math.exp(d.a + d.b * normal_quantile(u))
    if d.kind == TABLE:
        return d.a * math.exp(_cubic(x, d.first, normal_quantile(u)))
    return _between(x, d, u)


@kernel
def _cubic(x: int, first: int, z: float) -> float:
    """Between four knots by Lagrange's cubic; straight on beyond the ends."""
    place = (z - Z_FIRST) * _PER_Z
    k = min(max(int(place), 1), KNOTS - 3)
    f = place - k
    a, b = knot_of(x, first + k - 1), knot_of(x, first + k)
    c, d = knot_of(x, first + k + 1), knot_of(x, first + k + 2)
    return (
        b
        + f * (c - a / 3 - b / 2 - d / 6)
        + f * f * ((a + c) / 2 - b)
        + f * f * f * ((d - a) / 6 + (b - c) / 2)
    )


@kernel
def _between(x: int, d: Any, u: float) -> float:
    """A table of quantiles: knots are p and time, in turn."""
    n, first = d.knots, d.first
    if u <= knot_of(x, first):
        p, t = knot_of(x, first), knot_of(x, first + 1)
        q, s = knot_of(x, first + 2), knot_of(x, first + 3)
        return t * math.exp((math.log(u / p)) * math.log(s / t) / math.log(q / p)) if u < p else t
    for k in range(1, n):
        q = knot_of(x, first + 2 * k)
        if u <= q:
            p, t = knot_of(x, first + 2 * k - 2), knot_of(x, first + 2 * k - 1)
            return t + (u - p) / (q - p) * (knot_of(x, first + 2 * k + 1) - t)
    p, t = knot_of(x, first + 2 * n - 4), knot_of(x, first + 2 * n - 3)
    q, s = knot_of(x, first + 2 * n - 2), knot_of(x, first + 2 * n - 1)
    if q >= 1.0:
        return s
    return s + (s - t) * math.log((1.0 - q) / (1.0 - u)) / math.log((1.0 - p) / (1.0 - q))


@kernel
def negbin_lot(u: float, p: float) -> int:
    """Logarithmic (log-series) size with parameter p, by inversion from 1 on.

    Poisson orders of this size make negative binomial sums (Quenouille, Biometrics 5(2), 1949).
    """
    k = 1
    mass = -p / log(1.0 - p)
    total = mass
    while u > total and k < 100_000:
        mass *= p * k / (k + 1)
        k += 1
        total += mass
    return k


@kernel
def all_good(n: int, rate: float) -> float:
    """The probability that all of n units are good, each with probability `rate`."""
    return math.exp(n * log(rate))


@kernel
def good_of(u: float, n: int, rate: float, whole: float) -> int:
    """Good units of n, each good with probability `rate`: binomial by inversion.

    `whole` is `all_good(n, rate)`. Above 2,000 units it is the normal quantile with the right mean
    and variance, rounded.
    """
    if u <= whole or rate >= 1.0:
        return n
    bad = 1.0 - rate
    if n * bad > 200.0 or n > 2000:
        spread = math.sqrt(n * bad * rate)
        value = round(n * bad + spread * normal_quantile(u))
        return n - min(n, max(0, int(value)))
    odds, mass, total, k = bad / rate, whole, whole, 0
    while u > total and k < n:
        mass *= (n - k) * odds / (k + 1)
        k += 1
        total += mass
    return n - k


@entry
def _log_tails(a: float, x: float, upper: bool) -> tuple[float, float]:
    """Logarithms of the density of gamma(a, 1) times x, and of its lower or upper tail at x."""
    front = a * math.log(x) - x - math.lgamma(a)
    if x < a + 1.0:
        term = total = 1.0 / a
        k = a
        while abs(term) > abs(total) * 1e-17:
            k += 1.0
            term *= x / k
            total += term
        low = front + math.log(total)
        if not upper:
            return front, low
        return front, math.log1p(-math.exp(min(low, -1e-300)))
    b, c = x + 1.0 - a, 1e300
    d = 1.0 / b
    h = d
    for i in range(1, 10_000):
        an = -i * (i - a)
        b += 2.0
        d = 1.0 / (an * d + b)
        c = b + an / c
        h *= d * c
        if abs(d * c - 1.0) < 1e-16:
            break
    high = front + math.log(h)
    return front, high if upper else math.log1p(-math.exp(min(high, -1e-300)))


@entry
def _gamma_log_quantiles(a: float, z: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """log of the gamma(a, 1) quantile for log tails `wanted`: the lower one where z < 0."""
    out = np.empty(len(z))
    for i in range(len(z)):
        upper = z[i] >= 0
        low, high = -800.0 / min(a, 1.0), math.log(a + 40.0 * math.sqrt(a) + 900.0)
        guess = 1.0 - 1.0 / (9.0 * a) + z[i] / (3.0 * math.sqrt(a))
        y = math.log(a) + 3.0 * math.log(guess) if guess > 0.1 else 0.5 * (low + high)
        y = min(max(y, low), high)
        for _ in range(200):
            front, tail = _log_tails(a, math.exp(y), upper)
            error = tail - wanted[i]
            if (error > 0) == upper:
                low = y
            else:
                high = y
            slope = math.exp(min(front - tail, 700.0))
            step = y + (error / slope if upper else -error / slope)
            y_new = step if low < step < high else 0.5 * (low + high)
            if abs(y_new - y) < 1e-13 * max(1.0, abs(y)):
                y = y_new
                break
            y = y_new
        out[i] = y
    return out


def _log_phi(z: float) -> float:
    """log Phi(-|z|), by erfc, which has a full relative precision in the tail."""
    return math.log(0.5 * math.erfc(abs(z) / math.sqrt(2.0)))


@lru_cache(maxsize=1)
def _knot_places() -> tuple[np.ndarray, np.ndarray]:
    """The normal quantiles of the knots, and the logarithms of their tails."""
    z = np.linspace(Z_FIRST, Z_LAST, KNOTS)
    return z, np.array([_log_phi(v) for v in z])


@lru_cache(maxsize=4096)
def gamma_knots(shape: float) -> np.ndarray:
    """log(quantile / mean) of a gamma distribution at the knots."""
    made: np.ndarray = _gamma_log_quantiles(shape, *_knot_places()) - math.log(shape)
    made.flags.writeable = False
    return made


__all__ = ["FIXED", "QUANTILES", "gamma_knots", "good_of", "negbin_lot", "normal_quantile"]
