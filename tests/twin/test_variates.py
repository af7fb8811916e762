"""Inverse distribution functions against closed forms and SciPy, out to the far tails."""

from __future__ import annotations

import math
from decimal import Context, Decimal, localcontext
from statistics import NormalDist

import numpy as np
import pytest
from numba import njit
from scipy import stats
from twin_nets import MONDAY, chain, model

from taktnet.network import components as c
from taktnet.twin.engine.loop import passed
from taktnet.twin.logarithm import log
from taktnet.twin.variates import (
    all_good,
    gamma_knots,
    good_of,
    negbin_lot,
    normal_quantile,
    quantile,
)

TAILS = [1e-12, 1e-9, 1e-6, 1e-4, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99, 1 - 1e-4, 1 - 1e-6,
         1 - 1e-9]  # fmt: skip


@njit
def z_of(u: float) -> float:
    """A normal quantile."""
    return normal_quantile(u)


@njit
def logs(u: np.ndarray) -> np.ndarray:
    """Logarithms of many numbers."""
    return np.array([log(v) for v in u])


@njit
def time_of(x: int, dist: int, u: float) -> float:
    """A quantile of a distribution of a run."""
    return quantile(x, dist, u)


@njit
def goods(u: np.ndarray, n: int, rate: float) -> np.ndarray:
    """Good units for many uniforms."""
    whole = all_good(n, rate)
    return np.array([good_of(v, n, rate, whole) for v in u])


@njit
def lots(u: np.ndarray, p: float) -> np.ndarray:
    """Log-series sizes for many uniforms."""
    return np.array([negbin_lot(v, p) for v in u])


def lane_model(kind: str, mean: float, sd: float, quantiles: str = "") -> object:
    """A run whose first lane has this transit time."""
    net = chain(1.0, [(1, "fixed", 1.0)])
    lane = c.Lane(id="L0", origin="S", destination="N0", transit_kind=kind, transit_h=mean,
                  transit_sd_h=sd, quantiles=quantiles)  # type: ignore[arg-type]  # fmt: skip
    return model(net.with_rows("lanes", [lane]), 10).sim()


@pytest.mark.parametrize("u", TAILS)
def test_normal_quantiles_invert_the_distribution(u: float) -> None:
    """Phi(z(u)) = u to thirteen digits of the smaller tail (erfc of the C library)."""
    z = z_of(u)
    tail = 0.5 * math.erfc(abs(z) / math.sqrt(2))
    assert tail == pytest.approx(min(u, 1 - u), rel=2e-13 if u <= 0.5 else 1e-7)
    assert z == pytest.approx(NormalDist().inv_cdf(u), rel=1e-9, abs=1e-12)


def test_logarithms_are_good_to_the_last_places() -> None:
    """Two units in the last place, or 1e-17 beside 1, against forty exact digits."""
    rng = np.random.default_rng(1)
    u = np.concatenate([rng.random(3000), 1 - 1e-4 * rng.random(1000), 1e-9 * rng.random(1000),
                        [2.0**-54, 0.6875, 0.5, 1 - 2.0**-53, 1.0, 1.375, 1e300]])  # fmt: skip
    with localcontext(Context(prec=40)):
        exact = [Decimal(float(v)).ln() for v in u]
        error = np.array(
            [abs(float(Decimal(float(a)) - b)) for a, b in zip(logs(u), exact, strict=True)]
        )
    assert (error <= np.maximum(2 * np.spacing(np.abs(np.array(exact, float))), 1e-17)).all()


@pytest.mark.parametrize("cv", [0.12, 0.3, 0.5, 1.5, 2.0])
@pytest.mark.parametrize("u", TAILS)
def test_gamma_quantiles_are_those_of_scipy(cv: float, u: float) -> None:
    """Interpolated gamma quantiles lie within 3e-5 of SciPy's, at 1e-12 as in the middle."""
    exact = stats.gamma(1 / cv**2, scale=cv**2 * 10).ppf(u)
    sim = lane_model("gamma", 10.0, 10 * cv)
    assert time_of(sim.address, 0, u) / 3600e6 == pytest.approx(exact, rel=3e-5, abs=1e-300)


@pytest.mark.parametrize("u", TAILS)
def test_an_erlang_quantile_inverts_its_closed_form(u: float) -> None:
    """Gamma of shape 4 is Erlang: P(T > t) = exp(-x) (1 + x + x^2/2 + x^3/6), x = 4 t / mean."""
    sim = lane_model("gamma", 10.0, 5.0)
    x = 4 * time_of(sim.address, 0, u) / 3600e6 / 10
    upper = math.exp(-x) * (1 + x + x * x / 2 + x**3 / 6)
    if u > 0.5:
        assert upper == pytest.approx(1 - u, rel=2e-5)
    else:
        lower = math.exp(-x) * sum(x**k / math.factorial(k) for k in range(4, 60))
        assert lower == pytest.approx(u, rel=2e-5)


def test_a_gamma_of_shape_one_is_exponential_to_the_ends() -> None:
    """Knots for shape 1 are log(-log(1 - Phi(z)))."""
    z = np.linspace(-8.4, 8.4, 96)
    upper = np.array([0.5 * math.erfc(v / math.sqrt(2)) for v in z])
    lower = np.array([0.5 * math.erfc(-v / math.sqrt(2)) for v in z])
    exact = [
        math.log(-math.log(up)) if v > 0 else math.log(-math.log1p(-low))
        for v, up, low in zip(z, upper, lower, strict=True)
    ]
    assert np.allclose(gamma_knots(1.0), exact, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("u", TAILS)
def test_lognormal_quantiles_are_exact(u: float) -> None:
    """exp(mu + sigma z) with the mean and standard deviation of the lane."""
    sim = lane_model("lognormal", 20.0, 6.0)
    s = math.sqrt(math.log1p(0.09))
    exact = 20 * math.exp(s * NormalDist().inv_cdf(u) - s * s / 2)
    assert time_of(sim.address, 0, u) / 3600e6 == pytest.approx(exact, rel=1e-9)


def test_a_table_of_quantiles_is_met_and_goes_on_beyond_its_ends() -> None:
    """At its points it is the table; beyond it rises on, never falls, and stays above 0."""
    sim = lane_model("quantiles", 24.0, 0.0, "0.05:20;0.5:24;0.95:40")
    hours = [time_of(sim.address, 0, u) / 3600e6 for u in (0.05, 0.5, 0.95, 0.275, 0.725)]
    assert hours == pytest.approx([20, 24, 40, 22, 32])
    grid = [1e-15, 1e-9, 1e-4, 0.01, 0.049, 0.051, 0.949, 0.951, 0.99, 0.9999, 1 - 1e-12]
    times = [time_of(sim.address, 0, u) for u in grid]
    assert times == sorted(times) and times[0] > 0 and len(set(times)) == len(times)
    # one more factor e of what is left costs as much as ln(10) costs from 0.5 to 0.95, by share
    step = 16 / math.log(0.5 / 0.05)
    assert time_of(sim.address, 0, 1 - 0.05 / math.e) / 3600e6 == pytest.approx(40 + step)


@pytest.mark.parametrize("kind", ["gamma", "lognormal"])
def test_the_share_passed_inverts_the_quantile(kind: str) -> None:
    """F(Q(u)) = u, from which the rest of a trip under way is drawn."""
    sim = lane_model(kind, 20.0, 6.0)
    shares = np.array([1e-9, 0.001, 0.3, 0.9, 0.999999])
    ages = np.array([time_of(sim.address, 0, u) for u in shares])
    seen = np.full(6, -1.0)
    passed(sim.address, np.array([0, 0, 0, 0, 0, -1]), np.append(ages, 1.0), seen)
    assert seen[:5] == pytest.approx(shares, rel=1e-9)
    assert seen[5] == 0.0


@pytest.mark.parametrize(("n", "rate"), [(1, 0.8), (20, 0.97), (300, 0.5), (5000, 0.985)])
def test_good_units_have_the_mean_and_variance_of_a_binomial(n: int, rate: float) -> None:
    """Mean n p and variance n p (1 - p), for few and for many units."""
    u = (np.arange(200_000) + 0.5) / 200_000
    found = goods(u, n, rate)
    assert found.min() >= 0 and found.max() <= n
    assert found.mean() == pytest.approx(n * rate, rel=1e-3)
    assert found.var() == pytest.approx(n * rate * (1 - rate), rel=2e-2)


@pytest.mark.parametrize("p", [0.2, 0.6, 0.9])
def test_order_sizes_have_the_mean_of_the_log_series(p: float) -> None:
    """Mean -p / ((1 - p) ln(1 - p)); the least size is 1."""
    found = lots((np.arange(400_000) + 0.5) / 400_000, p)
    assert found.min() == 1
    assert found.mean() == pytest.approx(-p / ((1 - p) * math.log(1 - p)), rel=1e-3)


def test_start_is_a_monday() -> None:
    """The tests' start is 2026-01-05 00:00 UTC."""
    assert MONDAY % (7 * 86_400 * 10**6) == 4 * 86_400 * 10**6
