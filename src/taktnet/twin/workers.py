"""Who runs replications: threads of this process by default; every kind gives the same bits."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from threading import Lock
from typing import Protocol

from taktnet.twin.batch import Batch, Piece, Stop, work
from taktnet.twin.layout import HOUR
from taktnet.twin.sim import Sim

#: Told after each replication, or batch of them: how many are done, of how many.
Progress = Callable[[int, int], None]


class Workers(Protocol):
    """Runs batches of replications."""

    @property
    def count(self) -> int:
        """How many batches are run at a time."""
        ...

    @property
    def size(self) -> int:
        """The most replications of a batch."""
        ...

    def do(
        self, batches: Sequence[Batch], on_progress: Progress | None, stop: Stop | None
    ) -> list[Piece | None]:
        """The piece of each batch; shorter, or None, when `stop()` said so."""
        ...


@dataclass(frozen=True)
class Threads:
    """Threads of this process; one per processor when `number` is 0."""

    number: int = 0
    size: int = 8

    @property
    def count(self) -> int:
        """How many threads there are."""
        return self.number or os.cpu_count() or 1

    def do(
        self, batches: Sequence[Batch], on_progress: Progress | None, stop: Stop | None
    ) -> list[Piece | None]:
        """See `Workers`."""
        found: list[Piece | None] = [None] * len(batches)
        batches = _with_room(batches)
        total, done = sum(b.count for b in batches), 0
        left, lock = iter(range(len(batches))), Lock()

        def told() -> None:
            nonlocal done
            with lock:
                done += 1
                if on_progress is not None:
                    on_progress(done, total)

        def one_thread() -> None:
            scratch = None
            while True:
                with lock:
                    i = next(left, None)
                if i is None or (stop is not None and stop()):
                    return
                batch = batches[i]
                if scratch is None or scratch.model is not batch.sim.model:
                    scratch = batch.sim.fork()
                found[i] = work(batch, scratch, stop, told)

        threads = min(self.count, len(batches))
        if threads <= 1:
            one_thread()
        else:
            with ThreadPoolExecutor(threads) as pool:
                for future in [pool.submit(one_thread) for _ in range(threads)]:
                    future.result()
        return found


def _with_room(batches: Sequence[Batch]) -> list[Batch]:
    """Batches whose runs have room for their snapshots, so that no replication makes it anew."""
    roomy: dict[int, Sim] = {}
    for batch in batches:
        if batch.span.every_h > 0 and id(batch.sim) not in roomy:
            roomy[id(batch.sim)] = sim = batch.sim.fork()
            sim.room_for_series(batch.span.rows, round(batch.span.every_h * HOUR))
    return [replace(b, sim=roomy.get(id(b.sim), b.sim)) for b in batches]
