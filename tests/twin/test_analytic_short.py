"""Formulas with exact answers lie in the twin's intervals: short versions of the truth tests."""

from __future__ import annotations

import math

import pytest
from twin_nets import chain, near, point, simulate, station


def test_a_single_machine_queue_has_the_length_of_m_m_1() -> None:
    """M/M/1 at rho 0.8: L = rho / (1 - rho) = 4 orders in the system."""
    runs = simulate(station(80.0, 0.01), 400, 60, warmup=20)
    assert near(point(runs, "P")["owed"], 4.0)


def test_three_machines_have_the_length_of_m_m_3() -> None:
    """M/M/3 at lambda 2.4, mu 1: L = 4.98876 (Erlang C)."""
    runs = simulate(station(240.0, 0.01, count=3), 200, 60, warmup=20)
    assert near(point(runs, "P")["owed"], 4.988764044943818)


@pytest.mark.parametrize("kind", ["exponential", "fixed", "gamma"])
def test_palm_outstanding_orders_do_not_depend_on_the_shape_of_the_lead_time(kind: str) -> None:
    """Palm's theorem: Poisson(50) outstanding, S = 60: fill rate P(N <= 59) = 0.90773."""
    runs = simulate(chain(10.0, [(60, kind, 5.0)]), 2000, 60, warmup=60)
    terms = [math.exp(-50 + k * math.log(50) - math.lgamma(k + 1)) for k in range(400)]
    filled = point(runs, "N0")
    assert near(filled["fill"], sum(terms[:60]))
    assert near(filled["stock"], sum((60 - k) * p for k, p in enumerate(terms[:60])))
    assert near(filled["owed"], sum((k - 60) * p for k, p in enumerate(terms) if k > 60))
