"""A batch of replications of one run: what a worker is given, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from taktnet.base.errors import TaktnetError
from taktnet.twin import stats
from taktnet.twin.layout import OWN, SERIES, Table
from taktnet.twin.sim import Model, Sim

Stop = Callable[[], bool]
#: Tables that a run makes for itself.
_MADE = (Table.NODE, Table.CELL, Table.BUCKET, Table.FULL, Table.WORK)


@dataclass(frozen=True, slots=True, eq=False)
class Span:
    """How a replication is run: `warmup` days that do not count, `days` that do.

    Totals of the network are noted every `every_h` hours; 0 notes none.
    """

    seed: int
    days: float
    warmup: float = 0.0
    every_h: float = 0.0

    def __post_init__(self) -> None:
        if not -(1 << 63) <= self.seed < 1 << 63:
            raise TaktnetError(f"the seed is {self.seed}, wanted a number of at most 63 bits")

    @property
    def rows(self) -> int:
        """How many times totals are noted."""
        return int((self.warmup + self.days) * 24 / self.every_h) + 1 if self.every_h > 0 else 0


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Replications `first` to `first + count - 1` of a run that has not begun."""

    sim: Sim
    span: Span
    first: int
    count: int


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """What a batch told: a row for each replication that was run, and their numbers."""

    numbers: np.ndarray
    points: np.ndarray
    demand: np.ndarray
    lanes: np.ndarray
    processes: np.ndarray
    resources: np.ndarray
    series: np.ndarray
    sketch: np.ndarray
    events: np.ndarray


def row_bytes(model: Model, span: Span) -> int:
    """Bytes that the figures of one replication take."""
    sizes = ((model.points, stats.POINT), (model.demands, stats.DEMAND), (model.lanes, stats.LANE),
             (model.processes, stats.PROCESS), (model.resources, stats.RESOURCE))  # fmt: skip
    return sum(len(names) * t.itemsize for names, t in sizes) + span.rows * SERIES.itemsize


def work(
    batch: Batch, scratch: Sim, stop: Stop | None = None, told: Callable[[], None] | None = None
) -> Piece:
    """Run a batch in `scratch`, a fork of its run; `told()` after each replication.

    When `stop()` is true no more are begun.
    """
    made, sketch, n = _room(batch.sim.model, batch.span, batch.count), None, 0
    while n < batch.count and not (stop is not None and stop()):
        scratch.load(batch.sim)
        ordered = _one(scratch, batch.span, batch.first + n)
        counts = scratch.tables[Table.TALLY]["sketch"]
        sketch = counts.astype(np.int64) if sketch is None else np.add(sketch, counts, out=sketch)
        _note(scratch, made, n, ordered)
        n += 1
        if told is not None:
            told()
    if sketch is None:
        return nothing(scratch, batch.span)
    rows = {name: array[:n] for name, array in made.items()}
    return Piece(numbers=batch.first + np.arange(n), sketch=sketch, **rows)


def _one(sim: Sim, span: Span, number: int) -> np.ndarray | None:
    """Run a replication; what had been ordered when counting began."""
    end = span.warmup + span.days
    ordered = None
    sim.begin(span.seed, number, days=end, every_h=span.every_h)
    if span.warmup > 0:
        sim.run_to(span.warmup)
        sim.forget()
        ordered = sim.tables[Table.LINK]["given"].copy()
    sim.run_to(end)
    sim.close()
    return ordered


def nothing(sim: Sim, span: Span) -> Piece:
    """The piece of no replication."""
    sketch = np.zeros_like(sim.tables[Table.TALLY]["sketch"], np.int64)
    return Piece(numbers=np.zeros(0, np.int64), sketch=sketch, **_room(sim.model, span, 0))


def _room(model: Model, span: Span, n: int) -> dict[str, np.ndarray]:
    return {
        "points": np.zeros((n, len(model.points)), stats.POINT),
        "demand": np.zeros((n, len(model.demands)), stats.DEMAND),
        "lanes": np.zeros((n, len(model.lanes)), stats.LANE),
        "processes": np.zeros((n, len(model.processes)), stats.PROCESS),
        "resources": np.zeros((n, len(model.resources)), stats.RESOURCE),
        "series": np.zeros((n, span.rows), SERIES),
        "events": np.zeros(n, np.int64),
    }


def _note(sim: Sim, out: dict[str, np.ndarray], i: int, ordered: np.ndarray | None) -> None:
    out["points"][i] = stats.of_points(sim, ordered)
    out["demand"][i] = stats.of_demand(sim)
    out["lanes"][i] = stats.of_lanes(sim)
    out["processes"][i] = stats.of_processes(sim)
    out["resources"][i] = stats.of_resources(sim)
    out["events"][i] = sim.events
    n = int(sim.head["snap_n"])
    out["series"][i, :n] = sim.tables[Table.SERIES][:n]


def pack(sim: Sim) -> tuple[Model, dict[Table, np.ndarray], bool]:
    """A run that has not begun, without addresses: it can be sent to another process."""
    kept = {t: sim.tables[t].copy() for t in OWN if t not in _MADE}
    return sim.model, kept, bool(sim.head["heap"])


def unpack(packed: tuple[Model, dict[Table, np.ndarray], bool]) -> Sim:
    """The run of `pack`; it goes on with the same bits."""
    model, tables, heap = packed
    return Sim(model, dict(tables), heap=heap)
