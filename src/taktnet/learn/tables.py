"""Histories of demand read from a table: `series, date, qty`, and drivers beside.

CSV or Parquet. One row is a demand on a day; rows of one period add up, periods without a row are
periods without demand. `site` and `item` may stand for `series`. Every further column of numbers
is a driver: its mean over a period; rows with an empty `qty` tell drivers of days ahead.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from taktnet.base.errors import Fault, InputFaults
from taktnet.learn.panel import Key, Panel, Step, between, period_start

#: A table is read whole: more than this is told, not tried.
MOST_ROWS, MOST_BYTES, MOST_SERIES, MOST_PERIODS = 20_000_000, 2_000_000_000, 200_000, 10_000
_FAULTS = 100
_NAMES = ("series", "site", "item", "date", "qty")


@dataclass(frozen=True)
class _Columns:
    """Texts of a table by column, and what its faults are called."""

    where: str
    rows: int
    text: dict[str, list[str | None]]


@dataclass(frozen=True)
class _Rows:
    """The table typed: one entry a row in each list."""

    where: str
    keys: list[Key]
    days: list[date]
    qty: list[float | None]
    drivers: dict[str, list[float | None]]


def read(path: Path, step: Step) -> Panel:
    """The panel in a table; raises InputFaults for everything that is wrong with it."""
    table = _texts(path)
    faults: list[Fault] = []
    keys = _keys(table, faults)
    days = _parsed(table, "date", _day, "a day such as 2026-03-01", faults)
    qty = _parsed(table, "qty", _qty, "a number from 0 up, or nothing ahead", faults)
    drivers = {
        name: _parsed(table, name, _number, "a number", faults)
        for name in table.text
        if name not in _NAMES
    }
    if not faults and not any(q is not None for q in qty):
        faults.append(Fault(table.where, 0, "qty", "empty", "at least one quantity"))
    if faults:
        raise InputFaults(faults[:_FAULTS])
    return _panel(_Rows(table.where, keys, days, qty, drivers), step)


def _texts(path: Path) -> _Columns:
    import polars as pl

    where = path.name
    if not path.is_file():
        raise InputFaults([Fault(str(path), 0, "", "nothing", "a CSV or Parquet file")])
    if path.stat().st_size > MOST_BYTES:
        raise InputFaults([Fault(where, 0, "", "a larger file", f"{MOST_BYTES:,} bytes at most")])
    try:
        frame = (
            pl.read_parquet(path)
            if path.suffix.lower() in (".parquet", ".pq")
            else pl.read_csv(path, infer_schema=False)
        )
    except Exception as error:  # whatever the reader says of a file that is no table
        found = str(error).splitlines()[0][:200]
        raise InputFaults([Fault(where, 0, "", found, "a CSV or Parquet table")]) from error
    frame = frame.rename({name: name.strip().lower() for name in frame.columns})
    missing = [n for n in ("date", "qty") if n not in frame.columns]
    if not {"series", "item"} & set(frame.columns):
        missing.append("series")
    faults = [
        Fault(where, 1, name, "missing", "a column of that name",
              "The first row names columns: series (or site and item), date, qty, drivers.")
        for name in missing
    ]  # fmt: skip
    if frame.height > MOST_ROWS:
        faults.append(Fault(where, 0, "", f"{frame.height:,} rows", f"{MOST_ROWS:,} at most"))
    if faults:
        raise InputFaults(faults)
    texts: Any = frame.select(pl.all().cast(pl.String).str.strip_chars())
    return _Columns(where, frame.height, {n: texts[n].to_list() for n in texts.columns})


def _keys(table: _Columns, faults: list[Fault]) -> list[Key]:
    items = table.text.get("series") or table.text["item"]
    sites = table.text.get("site") or [""] * table.rows
    made: list[Key] = []
    for row, (item, site) in enumerate(zip(items, sites, strict=True), start=2):
        if not item or len(item) > 200 or len(site or "") > 200:
            faults.append(Fault(table.where, row, "series", repr(item), "1 to 200 characters"))
        made.append(Key(item or "", site or ""))
    return made


def _parsed(table: _Columns, name: str, parse: Any, wanted: str, faults: list[Fault]) -> list[Any]:
    values: list[Any] = []
    for row, text in enumerate(table.text[name], start=2):
        try:
            values.append(parse(text or ""))
        except ValueError:
            values.append(None)
            if len(faults) < _FAULTS:
                faults.append(Fault(table.where, row, name, repr(text), wanted))
    return values


def _day(text: str) -> date:
    day = date.fromisoformat(text[:10])
    if not 1900 <= day.year <= 2199:
        raise ValueError(text)
    return day


def _number(text: str) -> float | None:
    if not text:
        return None
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def _qty(text: str) -> float | None:
    value = _number(text)
    if value is not None and not 0 <= value <= 1e9:
        raise ValueError(text)
    return value


def _panel(table: _Rows, step: Step) -> Panel:
    keys, days, qty = table.keys, table.days, table.qty
    known = [d for d, q in zip(days, qty, strict=True) if q is not None]
    start = period_start(min(known), step)
    periods = between(start, max(known), step) + 1
    ahead = max(between(start, d, step) for d in days) + 1
    rows = {key: i for i, key in enumerate(dict.fromkeys(keys))}
    if ahead > MOST_PERIODS or len(rows) > MOST_SERIES:
        found = f"{len(rows):,} series over {ahead:,} periods"
        wanted = f"{MOST_SERIES:,} series and {MOST_PERIODS:,} periods at most"
        raise InputFaults(
            [Fault(table.where, 0, "", found, wanted, "Take longer periods, or less.")]
        )
    values = np.zeros((len(rows), periods))
    first = np.full(len(rows), periods, np.int64)
    place = [(rows[k], between(start, d, step)) for k, d in zip(keys, days, strict=True)]
    for (row, at), q in zip(place, qty, strict=True):
        if q is not None:
            values[row, at] += q
            first[row] = min(first[row], at)
    shape = (len(rows), ahead)
    means = {name: _means(place, told, shape) for name, told in table.drivers.items()}
    return Panel(tuple(rows), values, first, start, step, drivers=means)


def _means(
    place: list[tuple[int, int]], told: list[float | None], shape: tuple[int, int]
) -> np.ndarray:
    """A driver's mean a period; where a period says nothing, the last that was said (0 before)."""
    total, count = np.zeros(shape), np.zeros(shape)
    for (row, at), value in zip(place, told, strict=True):
        if value is not None and at >= 0:
            total[row, at] += value
            count[row, at] += 1
    mean = np.divide(total, count, out=np.zeros(shape), where=count > 0)
    last = np.maximum.accumulate(np.where(count > 0, np.arange(shape[1])[None, :], -1), axis=1)
    carried = np.take_along_axis(mean, np.maximum(last, 0), axis=1)
    return np.where(last >= 0, carried, 0.0)
