"""Warm-ups, sensitivities and tuning, against published numbers and known answers."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
from lab_nets import cold, net

import taktnet
from taktnet.base.errors import InputFaults, TaktnetError
from taktnet.twin import changes as c
from taktnet.twin import simulate, tune
from taktnet.twin.morris import morris, trajectory
from taktnet.twin.parameters import Parameter
from taktnet.twin.search import compass
from taktnet.twin.sensitivity import sensitivity
from taktnet.twin.warmup import mser

LEVEL = Parameter("level", c.Point("W", "A"), "level", 10, 130, whole=True)
PRICE = Parameter("price", c.Link("W", "A", "S"), "price", 18.0, 20.0)
IDLE = Parameter("idle", c.Link("W", "A", "T"), "price", 20.0, 24.0)


def brute(series: np.ndarray) -> int:
    """MSER-5 by its definition, batch by batch."""
    means = [series[i : i + 5].mean() for i in range(0, len(series) // 5 * 5, 5)]
    n, best, cut = len(means), np.inf, 0
    for d in range(n // 2 + 1):
        rest = np.array(means[d:])
        error = ((rest - rest.mean()) ** 2).sum() / (n - d) ** 2
        if error < best:
            best, cut = error, d
    return 5 * cut


def test_mser_is_its_definition() -> None:
    """On random series with a start that decays, of any length."""
    rng = np.random.default_rng(1)
    for n in (20, 57, 400, 1003):
        series = 50 * np.exp(-np.arange(n) / 30) + rng.normal(0, 1, n)
        assert mser(series).observations == brute(series)


def test_a_step_is_cut_where_it_ends() -> None:
    """100 observations at 10, then 900 at 0: the first 100 are left out, and it says so."""
    cut = mser(np.repeat([10.0, 0.0], [100, 900]))
    assert (cut.observations, cut.settled) == (100, True)


def test_a_series_that_never_settles_is_told() -> None:
    """A trend has its least error at the end of what is searched; so has a short series."""
    assert not mser(np.arange(1000.0)).settled
    assert not mser(np.ones(19)).settled


def test_a_cold_start_leaves_out_what_mser_finds() -> None:
    """An empty pipeline fills up for weeks; the text says what was cut."""
    found = simulate(net(), 200, 8)
    assert found.warmup.settled
    assert 0 < found.warmup.days < 100
    assert "days are left out (MSER-5 on " in str(found.warmup)
    assert found.runs.warmup == found.warmup.days
    told = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert told["warmup"]["days"] == found.warmup.days


def test_a_network_simulates_itself() -> None:
    """`Network.simulate` is the same cold start; a wrong network is told before anything runs."""
    short = net().simulate(60, 4, warmup=20.0)
    assert short.runs.warmup == 20.0
    assert short.result.base.level("fill").n == 4
    with pytest.raises(InputFaults):
        net().with_rows("sources", ()).simulate(60)


@pytest.mark.parametrize("days", [0.0, -3.0, float("nan"), float("inf"), 1e9])
def test_a_time_that_cannot_be_simulated_is_told(days: float) -> None:
    """None, less than none, no number, and more than a century."""
    with pytest.raises(TaktnetError, match="days are asked for, wanted more than 0"):
        net().simulate(days)


def test_a_seed_that_is_too_long_is_told() -> None:
    """More than 63 bits."""
    with pytest.raises(TaktnetError, match="the seed is"):
        net().simulate(5, 2, seed=1 << 70)


def test_public_modules_are_attributes_that_cost_nothing() -> None:
    """`taktnet.twin` is there when it is asked for, and not before."""
    assert taktnet.twin.simulate is simulate
    code = "import taktnet, sys; assert 'taktnet.twin' not in sys.modules; taktnet.twin.rank"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_effects_of_a_linear_function_are_its_coefficients() -> None:
    """Exactly, with no spread, however many trajectories."""
    weights = np.array([3.0, -2.0, 0.0, 0.5])
    found = morris(lambda x: x @ weights, 4, 5)
    assert np.allclose(found.mu, weights)
    assert np.allclose(found.mu_star, np.abs(weights))
    assert np.allclose(found.sigma, 0)


def test_a_trajectory_moves_every_parameter_once() -> None:
    """By 2/3 of the range on four levels, on the grid, one after another (Morris 1991)."""
    rng = np.random.default_rng(3)
    for _ in range(50):
        points = trajectory(6, 4, rng)
        assert np.allclose(points * 3, np.round(points * 3))
        assert (points > -1e-9).all()
        assert (points < 1 + 1e-9).all()
        steps = np.abs(np.diff(points, axis=0))
        assert np.allclose(np.sort(steps.max(1)), 2 / 3)
        assert sorted(steps.argmax(1).tolist()) == list(range(6))


def morris_1991(x: np.ndarray) -> np.ndarray:
    """The 20-input function of Morris (1991), section 5, its small coefficients at 0."""
    w = 2 * (x - 0.5)
    for i in (2, 4, 6):
        w[:, i] = 2 * (1.1 * x[:, i] / (x[:, i] + 0.1) - 0.5)
    y = 20 * w[:, :10].sum(1)
    for i in range(6):
        for j in range(i + 1, 6):
            y -= 15 * w[:, i] * w[:, j]
            y -= sum(10 * w[:, i] * w[:, j] * w[:, k] for k in range(j + 1, 5) if j < 5)
    for i in range(4):
        for j in range(i + 1, 4):
            for k in range(j + 1, 4):
                y += sum(5 * w[:, i] * w[:, j] * w[:, k] * w[:, m] for m in range(k + 1, 4))
    return y


def test_morris_own_function_falls_into_his_three_groups() -> None:
    """Inputs 8-10 matter and are linear (mu 40), 1-7 matter and bend or interact, 11-20 do not."""
    found = morris(lambda x: morris_1991(x.copy()), 20, 100, seed=4)
    assert np.allclose(found.mu_star[7:10], 40.0)
    assert np.allclose(found.sigma[7:10], 0.0)
    assert (found.sigma[:7] > 10).all()
    assert (found.mu_star[:7] > 20).all()
    assert np.allclose(found.mu_star[10:], 0)


def test_parameters_of_the_twin_are_ordered_by_what_they_matter() -> None:
    """The level moves the stock; the price of an idle backup moves nothing."""
    found = sensitivity(cold(60), [IDLE, LEVEL], days=40, measured="stock", trajectories=3,
                        replications=3)  # fmt: skip
    assert found.order == [1, 0]
    assert found.effects.mu_star[0] == 0
    assert found.effects.mu[1] > 500
    json.dumps(found.to_json(), allow_nan=False)


def test_wrong_parameters_are_told_at_once() -> None:
    """A field that there is not, a range that falls, and a name that there is not."""
    wrong = [Parameter("a", c.Point("W", "A"), "levle", 1, 2), Parameter("b", LEVEL.change, "level",
             5, 2)]  # fmt: skip
    with pytest.raises(InputFaults) as caught:
        sensitivity(cold(60), wrong)
    assert len(caught.value.faults) == 2
    with pytest.raises(InputFaults, match="stocking point"):
        sensitivity(cold(60), [Parameter("c", c.Point("W", "Z"), "level", 1, 2)])


def test_the_search_finds_the_lowest_point() -> None:
    """Of a bowl, to the smallest step, looking at no point twice."""
    seen: list[tuple[float, ...]] = []

    def bowl(points: list[tuple[float, ...]]) -> list[float]:
        seen.extend(points)
        return [sum((a - b) ** 2 for a, b in zip(p, (0.3, 0.9), strict=True)) for p in points]

    found = compass(bowl, (0.5, 0.5), smallest=0.01)  # type: ignore[arg-type]
    assert found.finished
    assert np.allclose(found.point, (0.3, 0.9), atol=0.02)
    assert len(set(seen)) == len(seen) == found.looked_at


def test_tuning_finds_the_least_stock_that_serves() -> None:
    """Every level below has less service in the search; the answer is judged on other luck."""
    found = tune(cold(120), [LEVEL], 0.9, days=60, warmup=30, replications=8, judges=24)
    (level,) = found.values
    assert level == round(level)
    assert 40 < level < 90
    assert abs(found.service.mean - 0.9) < 0.06
    assert found.judged.base.runs.seed != 1
    assert found.judged.replications == 24
    told = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert told["values"] == {"level": level}
