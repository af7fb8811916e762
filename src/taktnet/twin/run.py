"""Replications of a model, on any number of threads with the same bits."""

# ruff: noqa: PLR0917  (a public call that is read by position)

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock

import numpy as np

from taktnet.twin import stats
from taktnet.twin.layout import SERIES, Table
from taktnet.twin.sim import Model, Sim

Progress = Callable[[int, int], None]
Stop = Callable[[], bool]


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


@dataclass
class _Out:
    points: np.ndarray
    demand: np.ndarray
    lanes: np.ndarray
    processes: np.ndarray
    resources: np.ndarray
    series: np.ndarray
    sketches: np.ndarray
    events: np.ndarray
    done: np.ndarray


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
) -> Runs:
    """Run replications `first` to `first + replications - 1`, each `warmup` + `days` long.

    A Sim that has not begun brings its patches along. Statistics cover the time after the
    warm-up. `every_h` notes totals of the network. `on_progress(done, of)` is called after each
    replication; when `stop()` is true no more are begun. The bits do not depend on `threads`
    (one per processor when None).
    """
    fresh = model.sim() if isinstance(model, Model) else model
    workers = max(1, min(threads or os.cpu_count() or 1, replications))
    out = _room(fresh, replications, warmup + days, every_h)
    numbers, lock, done = iter(range(replications)), Lock(), [0]

    def work() -> None:
        sim, sketch = fresh.fork(), np.zeros_like(out.sketches[0])
        while True:
            with lock:
                number = None if stop is not None and stop() else next(numbers, None)
            if number is None:
                break
            sim.load(fresh)
            _one(sim, seed, first + number, days, warmup, every_h)
            sketch += sim.tables[Table.TALLY]["sketch"]
            _note(sim, out, number)
            with lock:
                done[0] += 1
                if on_progress is not None:
                    on_progress(done[0], replications)
        with lock:
            out.sketches[0] += sketch

    if workers == 1:
        work()
    else:
        with ThreadPoolExecutor(workers) as pool:
            for future in [pool.submit(work) for _ in range(workers)]:
                future.result()
    return _runs(fresh.model, out, days, warmup, seed, first)


def _one(sim: Sim, seed: int, number: int, days: float, warmup: float, every_h: float) -> None:
    sim.begin(seed, number, days=warmup + days, every_h=every_h)
    if warmup > 0:
        sim.run_to(warmup)
        sim.forget()
    sim.run_to(warmup + days)


def _room(sim: Sim, n: int, days: float, every_h: float) -> _Out:
    model = sim.model
    rows = int(days * 24 / every_h) + 1 if every_h > 0 else 0
    return _Out(
        points=np.zeros((n, len(model.points)), stats.POINT),
        demand=np.zeros((n, len(model.demands)), stats.DEMAND),
        lanes=np.zeros((n, len(model.lanes)), stats.LANE),
        processes=np.zeros((n, len(model.processes)), stats.PROCESS),
        resources=np.zeros((n, len(model.resources)), stats.RESOURCE),
        series=np.zeros((n, rows), SERIES),
        sketches=np.zeros((1, *sim.tables[Table.TALLY]["sketch"].shape), np.int64),
        events=np.zeros(n, np.int64),
        done=np.zeros(n, bool),
    )


def _note(sim: Sim, out: _Out, i: int) -> None:
    out.points[i] = stats.of_points(sim)
    out.demand[i] = stats.of_demand(sim)
    out.lanes[i] = stats.of_lanes(sim)
    out.processes[i] = stats.of_processes(sim)
    out.resources[i] = stats.of_resources(sim)
    out.events[i] = sim.events
    n = int(sim.head["snap_n"])
    out.series[i, :n] = sim.tables[Table.SERIES][:n]
    out.done[i] = True


def _runs(model: Model, out: _Out, days: float, warmup: float, seed: int, first: int) -> Runs:
    keep = np.flatnonzero(out.done)
    return Runs(
        model=model,
        days=days,
        warmup=warmup,
        seed=seed,
        replications=keep + first,
        points=out.points[keep],
        demand=out.demand[keep],
        lanes=out.lanes[keep],
        processes=out.processes[keep],
        resources=out.resources[keep],
        series=out.series[keep],
        sketch=out.sketches[0],
        events=out.events[keep],
    )
