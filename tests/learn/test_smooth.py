"""Flat rates: by hand, and equal to the library's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from histories import panel, spare_parts

from taktnet.learn import methods, smooth
from taktnet.learn.methods import FLAT, rate

X = [0, 0, 3, 0, 0, 0, 2]


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("mean", 5 / 7),
        ("window", 5 / 7),  # a quarter is longer than the history
        # sizes 3, then 3 + .1 (2 - 3); intervals 3, then 3 + .1 (4 - 3)
        ("croston", 2.9 / 3.1),
        ("sba", 0.95 * 2.9 / 3.1),
        # chance: .1 in period 3, fading by .9 thrice, .9 x .0729 + .1 in period 7
        ("tsb", 2.9 * (0.9 * 0.0729 + 0.1)),
    ],
)
def test_rates_are_what_one_works_out_by_hand(name: str, wanted: float) -> None:
    """Croston 1972, Syntetos & Boylan 2005, Teunter, Syntetos & Babai 2011 on seven periods."""
    assert rate(name, panel(X))[0] == pytest.approx(wanted, abs=1e-12)


def test_adida_smooths_sums_over_the_mean_interval() -> None:
    """Intervals 3 and 4 round to 4 (3.5, half to even): one bucket of the last four, 2 / 4."""
    assert rate("adida", panel(X))[0] == pytest.approx(2 / 4)


def test_a_steady_demand_is_told_by_every_method() -> None:
    """Five a period: every method says five."""
    steady = panel(np.full((4, 20), 5.0))
    for name in FLAT:
        factor = 0.95 if name == "sba" else 1.0  # its correction assumes intermittence
        assert rate(name, steady) == pytest.approx(np.full(4, 5 * factor)), name


def test_nothing_wanted_nothing_forecast() -> None:
    """A history of zeros gives 0, one that has not begun gives nothing at all."""
    empty = panel(np.zeros((1, 12)))
    late = panel(np.zeros((1, 12)), first=[12])
    for name in FLAT:
        assert rate(name, empty)[0] == 0, name
        assert np.isnan(rate(name, late)[0]), name


@pytest.fixture(scope="module")
def library() -> dict[str, Any]:
    """The models of statsforecast that Taktnet's own must equal."""
    from statsforecast import models as m

    return {
        "window": m.WindowAverage(13), "ses": m.SimpleExponentialSmoothingOptimized(),
        "croston": m.CrostonClassic(), "sba": m.CrostonSBA(), "tsb": m.TSB(0.1, 0.1),
        "adida": m.ADIDA(), "imapa": m.IMAPA(),
    }  # fmt: skip


def test_own_rates_equal_the_librarys(library: dict[str, Any]) -> None:
    """Each own method against statsforecast on 60 lumpy series, to the optimiser's tolerance."""
    values = spare_parts(60, 60)
    values = values[values.any(axis=1)]
    for name, model in library.items():
        theirs = [model.forecast(y=row, h=1)["mean"][0] for row in values]
        assert rate(name, panel(values)) == pytest.approx(theirs, abs=1e-5), name


def test_pooling_draws_likes_together_and_leaves_strangers_alone() -> None:
    """Equal parts by chance are drawn to their mean; a fast mover among slow ones keeps its rate.

    Bühlmann's k is the variance within over the variance between.
    """
    chance = np.random.default_rng(1)
    alike = chance.poisson(0.5, (200, 24)).astype(float)
    own, drawn = rate("imapa", panel(alike)), rate("pooled", panel(alike))
    assert np.abs(drawn - 0.5).mean() < 0.5 * np.abs(own - 0.5).mean()
    apart = chance.poisson(np.linspace(1, 400, 50)[:, None], (50, 24)).astype(float)
    assert rate("pooled", panel(apart)) == pytest.approx(
        rate("imapa", panel(apart)), abs=0.6, rel=0.02
    )


def test_every_method_is_named_and_explained() -> None:
    """The table shown to planners has every method."""
    assert set(methods.MEANING) == {*FLAT, *methods.SHAPED, methods.DRIVEN}
    assert set(smooth.BLENDED) < set(smooth.METHODS)
