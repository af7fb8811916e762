"""Replications on many machines by Ray, an extra: the same bits as on threads.

A run is put into Ray's store once; a task carries its reference and 8 to 16 replications. Pieces
are merged in the order of their batches, whatever order they come back in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from taktnet.base.errors import TaktnetError
from taktnet.twin.batch import Batch, Piece, Span, Stop, pack, unpack, work
from taktnet.twin.workers import Progress

#: Seconds between two looks at `stop`.
LOOK_S = 0.2


class NoRay(TaktnetError):
    """Ray is not installed, or does not start."""


@dataclass(frozen=True)
class Ray:
    """Workers of a Ray cluster: the one that this process is connected to, else a local one.

    `number` is how many tasks run at a time; 0 asks the cluster for its processors.
    """

    number: int = 0
    size: int = 16

    @property
    def count(self) -> int:
        """How many tasks run at a time."""
        return self.number or max(1, int(_ray().cluster_resources().get("CPU", 1)))

    def do(
        self, batches: Sequence[Batch], on_progress: Progress | None, stop: Stop | None
    ) -> list[Piece | None]:
        """See `Workers`."""
        ray = _ray()
        task = ray.remote(num_cpus=1)(_task)
        sims = {id(b.sim): b.sim for b in batches}
        stored = {key: ray.put(pack(sim)) for key, sim in sims.items()}
        found: list[Piece | None] = [None] * len(batches)
        left, running = list(range(len(batches)))[::-1], dict[Any, int]()
        total, done = sum(b.count for b in batches), 0
        while left or running:
            if stop is not None and stop():
                for reference in running:
                    ray.cancel(reference)
                break
            while left and len(running) < self.count:
                i = left.pop()
                b = batches[i]
                running[task.remote(stored[id(b.sim)], b.span, b.first, b.count)] = i
            ready, _ = ray.wait(list(running), timeout=LOOK_S)
            for reference in ready:
                i = running.pop(reference)
                found[i] = ray.get(reference)
                done += batches[i].count
                if on_progress is not None:
                    on_progress(done, total)
        return found


def _task(packed: Any, span: Span, first: int, count: int) -> Piece:
    """A batch, on some machine."""
    sim = unpack(packed)
    return work(Batch(sim, span, first, count), sim.fork())


def _ray() -> Any:
    """Ray, connected."""
    try:
        ray: Any = import_module("ray")
    except ImportError:
        raise NoRay(
            "Ray is not installed; install Taktnet with its extra: pip install 'taktnet[ray]'"
        ) from None
    if not ray.is_initialized():
        ray.init(include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    return ray
