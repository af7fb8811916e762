"""G7: net present value, internal rates of return, payback and return on investment.

Cash flows are one per year, the first at once. Keep them all nominal, or all real with a real
rate. Stock that is set free is one cash flow; only its carrying cost recurs.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

import numpy as np

from taktnet.base.exact import Number, exact


def npv(flows: Sequence[Number], rate: Number) -> Fraction:
    """Sum of CF_t / (1 + r)^t, exactly; r > -1."""
    growth = 1 + exact(rate)
    if growth <= 0:
        raise ValueError("a rate must be above -1")
    return sum((exact(cf) / growth**t for t, cf in enumerate(flows)), Fraction(0))


def sign_changes(flows: Sequence[Number]) -> int:
    """How often the flows change sign: an upper bound for the number of positive rates."""
    signs = [exact(cf) > 0 for cf in flows if exact(cf)]
    return sum(a != b for a, b in pairwise(signs))


def irr(flows: Sequence[Number]) -> tuple[float, ...]:
    """Every rate above -1 at which NPV is 0, rising: none, one or several.

    Roots of the polynomial in x = 1 / (1 + r) that are real and positive.
    """
    terms = [float(exact(cf)) for cf in flows]
    roots = np.roots(terms[::-1])
    real = roots.real[(abs(roots.imag) < 1e-9) & (roots.real > 1e-12)]
    return tuple(sorted(float(1 / x - 1) for x in real))


def payback(flows: Sequence[Number], rate: Number = 0) -> Fraction | None:
    """Years until the (discounted) flows have paid back for good, linear within the year.

    None if they never do.
    """
    growth = 1 + exact(rate)
    found: Fraction | None = Fraction(0)
    total = Fraction(0)
    for t, cf in enumerate(flows):
        flow = exact(cf) / growth**t
        before, total = total, total + flow
        if total < 0:
            found = None
        elif before < 0:
            found = t - 1 + (-before / flow)
    return found


def roi(benefits: Sequence[Number], cost: Number) -> Fraction | None:
    """(sum of benefits - cost) / cost; None for no cost."""
    spent = exact(cost)
    return (sum((exact(b) for b in benefits), Fraction(0)) - spent) / spent if spent else None
