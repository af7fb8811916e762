"""Histories of demand for the tests of forecasts."""

from __future__ import annotations

from datetime import date

import numpy as np

from taktnet.learn.panel import Floats, Key, Panel, Step


def panel(values: Floats, step: Step = "week", first: list[int] | None = None) -> Panel:
    """A panel of these rows from Monday, 1 January 2024."""
    values = np.atleast_2d(np.asarray(values, float))
    begin = np.zeros(len(values), np.int64) if first is None else np.array(first, np.int64)
    keys = tuple(Key(f"P{i:03}", "S1") for i in range(len(values)))
    return Panel(keys, values, begin, date(2024, 1, 1), step)


def spare_parts(series: int = 60, periods: int = 48, seed: int = 3) -> Floats:
    """Lumpy demand: rates between parts gamma, sizes geometric."""
    chance = np.random.default_rng(seed)
    rate = chance.gamma(1.5, 0.25, series)[:, None]
    often = chance.random((series, periods)) < np.minimum(rate, 0.9)
    return np.where(often, chance.geometric(0.5, (series, periods)), 0).astype(float)


def seasonal(series: int = 4, years: int = 6, seed: int = 5) -> Floats:
    """Months with a strong season and a rising level."""
    chance = np.random.default_rng(seed)
    t = np.arange(12 * years)
    level = 200 + 2 * t + 120 * np.sin(2 * np.pi * t / 12)
    return np.rint(level[None, :] * chance.normal(1, 0.04, (series, len(t))))
