"""Every way to forecast: fast flat rates, and seasonal or trended models by statsforecast.

A method gives paths (series, horizon) seen from a period; NaN where it cannot say.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from taktnet.learn import smooth
from taktnet.learn.classes import Shape
from taktnet.learn.panel import Floats, Panel

#: Flat rates, in the order shown.
FLAT = (*smooth.METHODS, "pooled")
#: Models of season and trend; each series is fitted by itself.
SHAPED = ("seasonal naive", "theta", "ets")
#: The gradient-boosted trees that read drivers.
DRIVEN = "lightgbm"

MEANING = {
    "mean": "mean of all history",
    "window": "mean of the last 28 days, 13 weeks or 12 months",
    "ses": "simple exponential smoothing, constant by least squares",
    "croston": "Croston: smoothed size over smoothed interval",
    "sba": "Croston less its bias (Syntetos & Boylan)",
    "tsb": "smoothed size times smoothed probability (Teunter, Syntetos & Babai)",
    "adida": "smoothing of sums over the mean interval",
    "imapa": "mean of smoothings over all bucket sizes up to the mean interval",
    "blend": "mean of window, ses and imapa",
    "pooled": "imapa, drawn to the mean of its group by credibility (Bühlmann)",
    "seasonal naive": "as a season ago",
    "theta": "dynamic optimised theta, seasonally adjusted (statsforecast)",
    "ets": "exponential smoothing with trend and season by AICc (statsforecast)",
    "lightgbm": "gradient-boosted trees over lags, calendar and drivers (LightGBM)",
}
_WINDOW = {"day": 28, "week": 13, "month": 12}
#: Periods that IMAPA's fastest smoothing, 0.3, remembers: (2 - a) / a (Brown 1959).
_MEMORY = (2 - 0.3) / 0.3


def rate(name: str, panel: Panel, until: int | None = None) -> Floats:
    """The flat rate a period of each series, seen from `until`: shape (series,)."""
    until = panel.periods if until is None else until
    if name == "pooled":
        return _pooled(panel, until)
    number = smooth.METHODS.index(name)
    return smooth.rates(number, panel.values, panel.first, until, _WINDOW[panel.step])


def _pooled(panel: Panel, until: int) -> Floats:
    """IMAPA with credibility: the less its group differs, the more a series is drawn to its mean.

    Bühlmann 1967: weight n / (n + k), k the variance within series over the variance between.
    """
    own = smooth.rates(smooth.IMAPA, panel.values, panel.first, until, _WINDOW[panel.step])
    groups = np.array(panel.groups or ("",) * len(panel.keys))
    for group in np.unique(groups):
        rows = np.flatnonzero((groups == group) & (until - panel.first >= 2))
        if len(rows) < 3:
            continue
        known = [panel.values[r, panel.first[r] : until] for r in rows]
        mean = np.array([x.mean() for x in known])
        within = np.array([x.var(ddof=1) for x in known])
        length = np.array([len(x) for x in known])
        apart = mean.var(ddof=1) - float((within / length).mean())
        if apart <= 0:
            continue
        weight = np.minimum(length, _MEMORY)
        k = within.mean() / apart
        own[rows] = (weight * own[rows] + k * own[rows].mean()) / (weight + k)
    return own


def eligible(shape: Shape, periods: int, season: int) -> tuple[str, ...]:
    """The methods worth trying on a series of this shape; classes preselect, costs choose."""
    if shape.pattern == "none":
        return ("mean",)
    if shape.pattern in ("intermittent", "lumpy") and not shape.seasonal:
        return FLAT
    steady = ("mean", "window", "ses", "blend", "pooled")
    if not (shape.seasonal or shape.trended):
        return steady
    seasonal = ("seasonal naive",) if shape.seasonal and periods >= 2 * season else ()
    return (*steady, *seasonal, "theta", "ets")


def shaped(name: str, season: int) -> Callable[[Floats, int], Floats]:
    """The path of one history by a model of statsforecast; NaN where it cannot be fitted."""
    model = _model(name, season)

    def path(history: Floats, horizon: int) -> Floats:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                mean = model.forecast(y=history.astype(float), h=horizon)["mean"]
            except Exception:  # the library raises what its optimiser does; such a fit is none
                return np.full(horizon, np.nan)
        return np.maximum(np.asarray(mean, float), 0.0)

    return path


def _model(name: str, season: int) -> Any:
    from statsforecast import models

    if name == "seasonal naive":
        return models.SeasonalNaive(season_length=season)
    if name == "theta":
        return models.DynamicOptimizedTheta(season_length=season)
    return models.AutoETS(season_length=season if season <= 24 else 1)
