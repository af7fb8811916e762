"""Trees with drivers: LightGBM over lags, calendar and dated series such as price or promotion.

One model for all series of a panel (a global model), by mlforecast. It is a candidate beside the
others and believed only where it beats them (`choose`). A driver must be known over the horizon:
what nobody knows ahead cannot drive a forecast.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from taktnet.base.errors import Fault, InputFaults
from taktnet.learn.panel import Floats, Panel, Step

#: Lags and windows of means by step, as far as history allows.
_LAGS: dict[Step, tuple[int, ...]] = {
    "day": (1, 7, 14, 28), "week": (1, 2, 4, 13, 52), "month": (1, 2, 3, 6, 12),
}  # fmt: skip
_WINDOWS: dict[Step, tuple[int, ...]] = {"day": (7, 28), "week": (4, 13), "month": (3, 12)}
#: Small, slow-learning trees with counts in mind: Tweedie deviance takes zeros and sizes together.
_TREES: dict[str, Any] = {
    "objective": "tweedie", "n_estimators": 150, "learning_rate": 0.05, "num_leaves": 15,
    "min_child_samples": 10, "verbosity": -1, "num_threads": 1, "deterministic": True, "seed": 1,
}  # fmt: skip


def check(panel: Panel, horizon: int) -> None:
    """Raise InputFaults for every driver that is not known over the horizon."""
    wanted = panel.periods + horizon
    faults = [
        Fault(
            "drivers", 0, name, f"known until {panel.day(known.shape[1])}",
            f"values until {panel.day(wanted)}",
            "Add the days ahead (what is planned or expected), or leave the driver out.",
        )
        for name, known in sorted(panel.drivers.items())
        if known.shape[1] < wanted
    ]  # fmt: skip
    if faults:
        raise InputFaults(faults)


def lightgbm(part: Panel, horizon: int) -> Floats:
    """The paths of all series by trees; drivers that do not reach over the horizon are left out."""
    lags = [k for k in _LAGS[part.step] if k < part.periods // 2]
    none = np.full((len(part.keys), horizon), np.nan)
    if not lags:
        return none
    names = sorted(part.drivers)
    known = {
        n: part.drivers[n] for n in names if part.drivers[n].shape[1] >= part.periods + horizon
    }
    model = _model(part, lags)
    history, future = _frames(part, known, horizon)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(history, static_features=[])
        told = model.predict(horizon, X_df=future if known else None)
    column = told.columns[-1]
    said = {int(k[0]): rows[column].to_numpy() for k, rows in told.group_by("unique_id")}
    for row, path in said.items():
        none[row] = np.maximum(path, 0.0)
    return none


def _model(part: Panel, lags: list[int]) -> Any:
    from lightgbm import LGBMRegressor
    from mlforecast import MLForecast
    from mlforecast.lag_transforms import RollingMean

    windows = [RollingMean(window_size=w, min_samples=1) for w in _WINDOWS[part.step]]
    season = {"day": 7, "week": 52, "month": 12}[part.step]

    def place(number: Any) -> Any:
        """Place in the season."""
        return number % season

    transforms: dict[int, list[Any]] = {1: windows}
    models: dict[str, Any] = {"trees": LGBMRegressor(**_TREES)}
    return MLForecast(models, 1, lags, transforms, date_features=[place])


def _frames(part: Panel, known: dict[str, Floats], horizon: int) -> tuple[Any, Any]:
    """History and the periods ahead as long tables; time is the number of the period."""
    import polars as pl

    now = part.periods
    rows = [i for i in range(len(part.keys)) if part.first[i] < now]
    return (
        pl.concat([_long(part, known, i, range(int(part.first[i]), now)) for i in rows]),
        pl.concat([_long(part, known, i, range(now, now + horizon)) for i in rows]),
    )


def _long(part: Panel, known: dict[str, Floats], row: int, span: range) -> Any:
    import polars as pl

    a, b = span.start, span.stop
    columns: dict[str, Any] = {"unique_id": np.full(b - a, row), "ds": np.arange(a, b)}
    columns |= {"y": part.values[row, a:b]} if a < part.periods else {}
    columns |= {name: values[row, a:b] for name, values in known.items()}
    return pl.DataFrame(columns)
