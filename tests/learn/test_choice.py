"""Methods are chosen by the cost of stock and service, and their doubt is measured."""

from __future__ import annotations

import numpy as np
import pytest
from histories import panel, seasonal, spare_parts

from taktnet.learn import stock, trial
from taktnet.learn.classes import shape
from taktnet.learn.forecast import Ask, forecast
from taktnet.learn.panel import Panel
from taktnet.learn.spread import quantile


def test_order_up_to_stock_is_what_one_works_out_by_hand() -> None:
    """Level 5 for two periods, demand 2 3 4 1: 0 left, then 2 short, then 0; 7 of 8 units met...

    Net after each pair: 5 - (2+3) = 0, 5 - (3+4) = -2, 5 - (4+1) = 0. Of 3 + 4 + 1 wanted in the
    periods judged, 2 were missing.
    """
    run = stock.run(np.full((1, 3), 5.0), np.array([[2.0, 3, 4, 1]]), 2)
    assert run.tolist() == [[0.0, 2.0, 6.0, 8.0]]
    assert stock.cost(run[:, 0], run[:, 1], 0.95) == pytest.approx([38.0])


def test_a_position_above_the_level_is_not_sent_back() -> None:
    """A level that falls from 9 to 2 leaves the stock to be used up."""
    run = stock.run(np.array([[9.0, 2.0]]), np.array([[1.0, 1, 1]]), 2)
    assert run[0, 0] == (9 - 2) + (8 - 2)


def test_shapes_are_those_of_syntetos_boylan_and_croston() -> None:
    """ADI 1.32 and CV2 0.49 part four classes; a season and a trend are told."""
    assert shape(np.array([4.0, 5, 4, 5, 6, 5]), 12).pattern == "smooth"
    assert shape(np.array([1.0, 20, 1, 30, 1, 2]), 12).pattern == "erratic"
    assert shape(np.array([0.0, 5, 0, 0, 4, 0]), 12).pattern == "intermittent"
    assert shape(np.array([0.0, 1, 0, 0, 40, 0, 0, 2]), 12).pattern == "lumpy"
    assert shape(np.zeros(9), 12).pattern == "none"
    told = shape(seasonal()[0], 12)
    assert told.seasonal
    assert told.trended


def test_the_quantile_is_negative_binomial_poisson_or_gamma() -> None:
    """Mean 4: SciPy's own quantiles; wide counts stock more; half units are not rounded."""
    from scipy import stats

    assert quantile(4.0, 12.0, 0.95, True) == stats.nbinom.ppf(0.95, 2, 1 / 3)
    assert quantile(4.0, 2.0, 0.5, False) == pytest.approx(stats.gamma.ppf(0.5, 8, scale=0.5))
    assert quantile(0.0, 1.0, 0.95, True) == 0
    assert np.isnan(quantile(np.nan, 1.0, 0.95, True))


def test_no_backtest_sees_what_came_later() -> None:
    """What is said at an origin is the same whatever comes after it."""
    values = spare_parts(20, 40)
    rows = np.arange(20)
    before = trial.run(panel(values), 3, {"pooled": rows, "imapa": rows})
    changed = values.copy()
    changed[:, 30:] = 99
    after = trial.run(panel(changed), 3, {"pooled": rows, "imapa": rows})
    seen = before.origins <= 30
    for name in ("pooled", "imapa"):
        assert (before.means[name][:, seen] == after.means[name][:, seen]).all()
    early = before.origins + 3 <= 30
    now = before.variances["imapa"][:, early], after.variances["imapa"][:, early]
    assert (now[0] == now[1]).all()


@pytest.fixture(scope="module")
def parts() -> Panel:
    """Sixty spare parts over 48 months."""
    return panel(spare_parts(), "month")


def test_the_choice_is_the_cheapest_and_shows_all_it_was_chosen_from(parts: Panel) -> None:
    """Forecasting zero has the least absolute error of lumpy demand and is never chosen for it."""
    told = forecast(parts, Ask(span=3, horizon=6))
    for one in told.forecasts:
        if one.candidates:
            assert one.candidates[0].chosen
            assert (one.method, one.interval) == (
                one.candidates[0].method, one.candidates[0].interval)  # fmt: skip
            assert one.why
    chosen = sum(f.candidates[0].cost for f in told.forecasts if f.candidates)
    for method in ("croston", "ses", "imapa"):
        always = [
            c.cost for f in told.forecasts for c in f.candidates
            if (c.method, c.interval) == (method, "parametric")
        ]  # fmt: skip
        assert chosen < sum(always), method


def test_quantiles_cover_what_they_promise(parts: Panel) -> None:
    """95 % stock covered 93 to 98 % of outcomes that it had not seen; whole units round up."""
    told = {c.what: c for c in forecast(parts, Ask(span=3, horizon=6)).coverage}
    assert 0.93 <= told["stock"].seen <= 0.98
    assert told["stock"].judged > 1000
    assert told["band"].seen >= 0.78


def test_conformal_intervals_reach_their_level_where_the_distribution_is_wrong() -> None:
    """Demand that jumps between two sizes: the adaptive quantile still covers nine in ten."""
    from taktnet.learn.conformal import adaptive, coverage

    chance = np.random.default_rng(4)
    values = chance.choice([1.5, 20.25], (30, 60), p=[0.8, 0.2])
    run = trial.run(panel(values), 1, {"mean": np.arange(30)})
    seen = coverage(run, adaptive(run, "mean", 0.9, False).upper, np.arange(30))
    assert seen is not None
    assert seen[0] == pytest.approx(0.9, abs=0.03)


@pytest.mark.slow
def test_a_season_is_found_and_followed() -> None:
    """Months with a season and a trend go to a model of both; its peak is in the right month."""
    told = forecast(panel(seasonal(3), "month"), Ask(span=2, horizon=12))
    for one in told.forecasts:
        assert one.method in ("seasonal naive", "theta", "ets")
        assert 2 <= int(np.argmax(one.mean)) <= 4
        assert (one.low <= one.mean).all()
        assert (one.mean <= one.high).all()


def test_a_history_too_short_to_try_says_so() -> None:
    """Five weeks: the default, said in words; a series of zeros has no demand yet."""
    told = forecast(panel([[1, 0, 2, 0, 1], [0, 0, 0, 0, 0]]), Ask(span=2, horizon=4))
    assert "too short" in told.forecasts[0].why
    assert told.forecasts[1].why == "no demand yet"
    assert told.coverage == ()
