"""Results as tables and as bands over time, for people, Polars and JSON."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from taktnet.twin.run import Runs

if TYPE_CHECKING:
    import polars as pl

#: Quantiles of a band: the middle half and nine tenths, around the median.
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
#: What is told over time, with its unit.
OVER_TIME = {
    "stock": "currency", "owed": "units", "coming": "currency", "freight": "currency",
    "spend": "currency", "service": "share",
}  # fmt: skip
#: Columns that name the rows of a table.
NAMES = {
    "points": ("site", "item"),
    "demand": ("customer", "item", "supplier"),
    "lanes": ("lane",),
    "processes": ("site", "item", "resource"),
    "resources": ("resource",),
}
_ROWS = {"points": "points", "demand": "demands", "lanes": "lanes", "processes": "processes",
         "resources": "resources"}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Band:
    """A total of the network over time: quantiles over replications.

    `days` after the start of the run, `quantiles` [quantile of QUANTILES, day], `mean` by day.
    """

    name: str
    unit: str
    days: np.ndarray
    quantiles: np.ndarray
    mean: np.ndarray

    def to_json(self) -> dict[str, Any]:
        """Plain values; None where there is no data."""
        rows = {f"q{round(q * 100):02d}": _plain(v) for q, v in zip(QUANTILES, self.quantiles,
                                                                    strict=True)}  # fmt: skip
        return {"name": self.name, "unit": self.unit, "days": _plain(self.days),
                "mean": _plain(self.mean), **rows}  # fmt: skip


def _plain(values: np.ndarray) -> list[float | None]:
    return [None if not np.isfinite(v) else float(v) for v in values]


def bands(runs: Runs, names: Collection[str] = OVER_TIME) -> dict[str, Band]:
    """Stock, what is owed, on its way and paid, and service, over time; from snapshots.

    `stock` and `coming` are at cost, `freight` and `spend` what was paid so far, `service` the
    share of units asked for since the snapshot before that were there at once, at points that
    serve customers. Empty for runs without snapshots (`every_h`).
    """
    rows = runs.series
    if rows.shape[1] == 0 or len(rows) == 0:
        return {}
    at = rows["at"]
    whole = (at > 0).all(0)
    days = at[0, whole] / 86_400e6
    found: dict[str, Band] = {}
    for name in names:
        unit = OVER_TIME[name]
        values = _served(rows) if name == "service" else rows[name] * _SCALE.get(name, 1.0)
        values = values[:, whole]
        with np.errstate(invalid="ignore"):
            found[name] = Band(name, unit, days, _quantiles(values), _mean(values))
    return found


_SCALE = {"owed": 1e-6}


def _served(rows: np.ndarray) -> np.ndarray:
    """Filled over wanted between two snapshots; nan where nothing was asked for."""
    wanted = np.diff(rows["wanted"], axis=1, prepend=0.0)
    filled = np.diff(rows["filled"], axis=1, prepend=0.0)
    return np.divide(filled, wanted, where=wanted > 0, out=np.full(wanted.shape, np.nan))


def _mean(values: np.ndarray) -> np.ndarray:
    out, known = np.full(values.shape[1], np.nan), np.isfinite(values)
    n = known.sum(0)
    np.divide(np.where(known, values, 0.0).sum(0), n, where=n > 0, out=out)
    return out


def _quantiles(values: np.ndarray) -> np.ndarray:
    known = np.isfinite(values)
    whole, some = known.all(0), known.any(0) & ~known.all(0)
    out = np.full((len(QUANTILES), values.shape[1]), np.nan)
    if whole.any():
        out[:, whole] = np.quantile(values[:, whole], QUANTILES, axis=0)
    if some.any():  # one by one, and slow
        out[:, some] = np.nanquantile(values[:, some], QUANTILES, axis=0)
    return out


def frame(runs: Runs, table: str = "points") -> pl.DataFrame:
    """The means over replications of one table of results, a row for each point, lane, ...

    `table` is one of `NAMES`; the columns are its names and then those of `stats`.
    """
    import polars as pl

    names: list[tuple[str, ...]] = [
        (n,) if isinstance(n, str) else n for n in getattr(runs.model, _ROWS[table])
    ]
    columns: dict[str, Any] = {
        title: [name[i] for name in names] for i, title in enumerate(NAMES[table])
    }
    values = getattr(runs, table)
    for name in values.dtype.names:
        columns[name] = _mean(values[name]) if len(values) else np.full(len(names), np.nan)
    return pl.DataFrame(columns)


def rows(runs: Runs, table: str = "points") -> list[dict[str, Any]]:
    """`frame` as plain values; None where there is no data."""
    return [
        {k: None if isinstance(v, float) and not np.isfinite(v) else v for k, v in row.items()}
        for row in frame(runs, table).iter_rows(named=True)
    ]


_SUMS = ("stock_eur", "holding_eur", "stockouts", "final_owed", "wanted", "filled")


def sites(runs: Runs) -> list[dict[str, Any]]:
    """Stock at cost, its cost, stock-outs, what is owed and fill by site, as plain values."""
    sums: dict[str, dict[str, Any]] = {}
    for row in rows(runs, "points"):
        mine = sums.setdefault(row["site"], dict.fromkeys(_SUMS, 0.0))
        for name in _SUMS:
            mine[name] += row[name] or 0.0
    return [
        {"site": site, **mine, "fill": mine["filled"] / mine["wanted"] if mine["wanted"] else None}
        for site, mine in sums.items()
    ]
