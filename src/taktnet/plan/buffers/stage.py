"""One stage of a chain, and the tables it is read from."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from statistics import NormalDist
from typing import Any

from taktnet.base.errors import Fault, InputFaults

#: Upstream, downstream, and how many units of the first one of the second takes (default 1).
Arc = tuple[str, str] | tuple[str, str, float]
Link = tuple[str, str, float]
#: Largest file of stages or arcs that is read.
MOST_BYTES = 64 << 20
#: Other names of columns, as published data sets have them (Willems 2008 and its copies).
_ALSO = {
    "stage": "id", "stage_id": "id", "stage_name": "id", "name": "id",
    "stage_time": "time", "lead_time": "time", "processing_time": "time", "time_std_dev": "time_sd",
    "stage_cost": "cost_added", "cost": "cost_added", "cost_rate": "cost_added",
    "avg_demand": "demand_mean", "mean": "demand_mean", "ext_demand_mean": "demand_mean",
    "mean_demand": "demand_mean", "demand": "demand_mean", "demand_deviation": "demand_sd",
    "std_dev_demand": "demand_sd", "sd": "demand_sd", "demand_std": "demand_sd",
    "demand_std_dev": "demand_sd", "ext_demand_std": "demand_sd", "ext_demand_thres": "k",
    "max_s_time": "max_service_time", "maximum_service_time": "max_service_time",
}  # fmt: skip
_UNUSED = {"up_stages", "risk_pool", "x_position", "y_position", "rel_depth",
           "stage_classification"}  # fmt: skip
_UP = ("upstream", "from", "source", "source_stage")
_QTY = ("qty", "quantity", "qty_per", "count")
_DOWN = ("downstream", "to", "destination", "destination_stage", "target")


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: a place where an item could be kept.

    `time` is processing plus own transport time in periods, random when `time_sd` (normal, cut at
    three deviations and at 0) or `times` (pairs of time and chance, or "5:0.8 9:0.2") is given;
    `cost_added` what the stage adds to the cost of a unit; `demand_mean`/`demand_sd` are per
    period and only at end items, which may set `max_service_time` (0: from stock) and the
    `service_level` of the demand bound, or the factor `k` itself. `inbound_time` is the service
    time of an outside supplier. `holding`, if given, is the yearly holding cost of a unit in place
    of rate x cumulative cost. `service_time` fixes what the stage promises its customers, as a
    contract does; a stage with `keeps_stock` False passes on all of its time.
    """

    id: str
    time: float = 0.0
    cost_added: float = 0.0
    demand_mean: float = 0.0
    demand_sd: float = 0.0
    service_level: float = 0.95
    max_service_time: float | None = None
    inbound_time: float = 0.0
    k: float | None = None
    holding: float | None = None
    service_time: float | None = None
    time_sd: float = 0.0
    times: tuple[tuple[float, float], ...] | None = None
    keeps_stock: bool = True

    @property
    def factor(self) -> float:
        """The safety factor of the demand bound: `k`, or the normal quantile of the level."""
        return NormalDist().inv_cdf(self.service_level) if self.k is None else self.k


def tables(stages: object, arcs: object = None) -> tuple[list[Stage], list[Link]]:
    """Rows of either table from Stage rows, pairs, lists of dicts, Polars frames or CSV files.

    Columns are the fields of Stage, or the names that published data sets use for them; arcs have
    `upstream`, `downstream` (or from and to) and perhaps `qty`, or are pairs. A file of stages may
    name each row's suppliers in `up_stages`, pairs of name and quantity, as Willems' chains do;
    then `arcs` may be left out. Empty cells take the default. Raises InputFaults with every fault.
    """
    faults: list[Fault] = []
    rows: list[Stage] = []
    links: dict[tuple[str, str], float] = {}
    for n, row in enumerate(_rows(stages, "stages"), 2):
        if isinstance(row, Stage):
            rows.append(row)
        elif isinstance(row, Mapping):
            for up, count in row.get("up_stages") or ():
                links |= _link((up, row.get("stage_id"), count), n, faults)
            rows += _stage(row, n, faults)
        else:
            faults.append(Fault("stages", n, "", str(row), "a row with columns"))
    for n, row in enumerate(_rows([] if arcs is None else arcs, "arcs"), 2):
        links |= _link(row, n, faults)
    if faults:
        raise InputFaults(faults)
    return rows, [(a, b, qty) for (a, b), qty in links.items()]


def _link(row: Any, n: int, faults: list[Fault]) -> dict[tuple[str, str], float]:
    if type(row) is tuple and len(row) == 2 and type(row[0]) is type(row[1]) is str:
        return {row: 1.0}
    if isinstance(row, Mapping):
        named = {_snake(str(k)): v for k, v in row.items()}
        cells = [next((named[k] for k in known if named.get(k) not in (None, "")), None)
                 for known in (_UP, _DOWN, _QTY)]  # fmt: skip
        found = ", ".join(map(str, row))
    else:
        cells = list(row) if isinstance(row, (tuple, list)) else []
        found = str(row)
    if len(cells) < 2 or None in cells[:2]:
        faults.append(Fault("arcs", n, "", found, "columns upstream and downstream"))
        return {}
    qty = 1.0 if len(cells) < 3 or cells[2] is None else _typed("qty", cells[2], n, "", faults)
    if qty is not None and not (math.isfinite(qty) and qty > 0):
        faults.append(Fault("arcs", n, "qty", f"{qty:g}", "> 0"))
    return {(str(cells[0]), str(cells[1])): qty or 1.0}


def _stage(row: Mapping[str, Any], n: int, faults: list[Fault]) -> list[Stage]:
    known = {f.name for f in fields(Stage)}
    given: dict[str, Any] = {}
    before = len(faults)
    for name, cell in row.items():
        key = _ALSO.get(_snake(str(name)), _snake(str(name)))
        if key in _UNUSED or cell is None or cell == "":
            continue
        if key not in known:
            faults.append(Fault("stages", n, str(name), "a column", ", ".join(sorted(known))))
        else:
            given[key] = _typed(key, cell, n, str(row.get("id", row.get("stage_id", ""))), faults)
    if "id" not in given:
        faults.append(Fault("stages", n, "id", "nothing", "a name"))
    return [Stage(**given)] if len(faults) == before else []


def _typed(key: str, cell: Any, n: int, id: str, faults: list[Fault]) -> Any:
    try:
        if key == "id":
            return str(cell)
        if key == "keeps_stock":
            return {"true": True, "1": True, "yes": True, "false": False, "0": False,
                    "no": False}[str(cell).strip().lower()]  # fmt: skip
        if key == "times":
            return read_times(cell)
        return float(cell)
    except (ValueError, TypeError, KeyError):
        wanted = {"keeps_stock": "true or false", "times": 'as "5:0.8 9:0.2"'}.get(key, "a number")
        where, subject = ("arcs", "") if key == "qty" else ("stages", f'stage "{id}"')
        faults.append(Fault(where, n, key, str(cell)[:60], wanted, "", subject))
        return None


def read_times(cell: Any) -> tuple[tuple[float, float], ...]:
    """Pairs of time and chance, from such pairs or "5:0.8 9:0.2"; raises ValueError."""
    if isinstance(cell, str):
        cell = [part.split(":") for part in re.split(r"[\s;,]+", cell.strip())]
    return tuple((float(t), float(p)) for t, p in cell)


def _snake(name: str) -> str:
    """stageTime, "Stage Time" and stage_time are one name."""
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name.strip())
    return re.sub(r"[\s\-]+", "_", spaced).lower()


def _rows(table: Any, what: str) -> Iterable[Any]:
    """Rows of a table; a Polars frame or a file gives dicts."""
    if isinstance(table, (str, Path)):
        return _file(Path(table), what)
    named = getattr(table, "iter_rows", None)
    return named(named=True) if named else table


def _file(path: Path, what: str) -> Iterable[dict[str, Any]]:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputFaults([Fault(str(path), 0, "size", "more", f"at most {MOST_BYTES} bytes")])
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        wanted = f"a CSV file of {what} in UTF-8"
        raise InputFaults([Fault(str(path), 0, "", str(error), wanted)]) from None
    for cells in csv.DictReader(io.StringIO(text), restkey=""):
        rest = [cells.pop("up_stages", None) or "", *(cells.pop("", None) or [])]
        pairs = zip(rest[::2], [*rest[1::2], ""], strict=False)
        yield {**cells, "up_stages": [(name, count or 1) for name, count in pairs if name]}


def distribution(stage: Stage, scale: float) -> tuple[list[int], list[float]]:
    """The stage's time as whole steps of `1/scale` periods, and their chances."""
    if stage.times is not None:
        total = math.fsum(p for _, p in stage.times)
        pairs = [(round(t * scale), p / total) for t, p in stage.times if p > 0]
    elif stage.time_sd > 0:
        pairs = _normal(stage.time, stage.time_sd, scale)
    else:
        pairs = [(round(stage.time * scale), 1.0)]
    merged: dict[int, float] = {}
    for t, p in pairs:
        merged[t] = merged.get(t, 0.0) + p
    return list(merged), list(merged.values())


def _normal(mean: float, sd: float, scale: float) -> list[tuple[int, float]]:
    """Whole steps within three deviations, each with the chance of its rounding."""
    normal = NormalDist(mean * scale, sd * scale)
    first = max(0, round((mean - 3 * sd) * scale))
    last = max(first, round((mean + 3 * sd) * scale))
    weights = [normal.cdf(t + 0.5) - normal.cdf(t - 0.5) for t in range(first, last + 1)]
    total = math.fsum(weights)
    return [(first + k, w / total) for k, w in enumerate(weights)]
