"""Replications of a model, on any number of workers with the same bits."""

# ruff: noqa: PLR0917  (a public call that is read by position)

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import reduce

import numpy as np

from taktnet.twin.batch import Batch, Piece, Span, Stop, nothing, row_bytes
from taktnet.twin.sim import Model, Sim, TooMuchMemory
from taktnet.twin.workers import Progress, Threads, Workers

__all__ = ["Progress", "Runs", "Stop", "needed", "run", "run_all"]


@dataclass(frozen=True, eq=False)
class Runs:
    """What replications told, row by row in the order of their numbers.

    `points` is [replication, point] of `stats.POINT`, and so on; `series` [replication, snapshot]
    of `layout.SERIES`; `sketch` [point, bucket] counts lead times over all replications.
    `replications` are the numbers of those that were run: all, unless `stop` said so.
    """

    model: Model
    days: float
    warmup: float
    seed: int
    replications: np.ndarray
    points: np.ndarray
    demand: np.ndarray
    lanes: np.ndarray
    processes: np.ndarray
    resources: np.ndarray
    series: np.ndarray
    sketch: np.ndarray
    events: np.ndarray

    def __len__(self) -> int:
        return len(self.replications)

    def and_more(self, other: Runs) -> Runs:
        """These and the replications of `other`, which come after them."""
        both = {
            f.name: np.concatenate([getattr(self, f.name), getattr(other, f.name)])
            for f in fields(Runs)
            if f.name not in ("model", "days", "warmup", "seed", "sketch")
        }
        return replace(self, sketch=self.sketch + other.sketch, **both)


def run(
    model: Model | Sim,
    days: float,
    replications: int,
    seed: int,
    threads: int | None = None,
    on_progress: Progress | None = None,
    stop: Stop | None = None,
    *,
    warmup: float = 0.0,
    every_h: float = 0.0,
    first: int = 0,
    workers: Workers | None = None,
) -> Runs:
    """Run replications `first` to `first + replications - 1`, each `warmup` + `days` long.

    A Sim that has not begun brings its patches along. Statistics cover the time after the
    warm-up. `every_h` notes totals of the network. `on_progress(done, of)` is called after each
    replication; when `stop()` is true no more are begun. The bits do not depend on `threads`
    (one per processor when None), nor on the `workers` that take their place.
    """
    fresh = model.sim() if isinstance(model, Model) else model
    span = Span(seed, days, warmup, every_h)
    crew = workers or Threads(threads or 0)
    return run_all([fresh], span, replications, first, crew, on_progress, stop)[0]


def run_all(
    sims: Sequence[Sim],
    span: Span,
    replications: int,
    first: int = 0,
    workers: Workers | None = None,
    on_progress: Progress | None = None,
    stop: Stop | None = None,
) -> list[Runs]:
    """The same replications of several runs, which share their luck: one Runs for each.

    Raises TooMuchMemory, with the figure, before anything runs.
    """
    crew = workers or Threads()
    need = needed(sims, span, replications, crew.count)
    limit = min(sim.model.memory_limit for sim in sims)
    if need > limit:
        raise TooMuchMemory(
            f"{replications} replications of {len(sims)} runs need {need / 1e6:,.0f} MB, allowed"
            f" are {limit / 1e6:,.0f} MB; ask for fewer replications, snapshots or days"
        )
    size = -(-replications * len(sims) // (32 * crew.count))  # small: no worker waits long
    size = max(1, min(crew.size, size, replications))
    batches = [
        Batch(sim, span, first + i, min(size, replications - i))
        for sim in sims
        for i in range(0, replications, size)
    ]
    pieces = crew.do(batches, on_progress, stop)
    each = len(batches) // len(sims)
    return [
        _runs(sim, span, [p for p in pieces[i * each : (i + 1) * each] if p is not None])
        for i, sim in enumerate(sims)
    ]


def needed(sims: Sequence[Sim], span: Span, replications: int, workers: int = 1) -> int:
    """Bytes that a run holds at most: the figures of all replications, and a run per worker.

    Figures are held twice while they are put together.
    """
    figures = sum(2 * replications * row_bytes(sim.model, span) for sim in sims)
    return figures + workers * max(sim.room for sim in sims)


def _runs(sim: Sim, span: Span, pieces: Sequence[Piece]) -> Runs:
    whole = list(pieces) or [nothing(sim, span)]
    parts = {
        f.name: np.concatenate([getattr(p, f.name) for p in whole])
        for f in fields(Piece)
        if f.name not in ("numbers", "sketch")
    }
    return Runs(
        model=sim.model,
        days=span.days,
        warmup=span.warmup,
        seed=span.seed,
        replications=np.concatenate([p.numbers for p in whole]),
        sketch=reduce(np.add, (p.sketch for p in whole)),
        **parts,
    )
