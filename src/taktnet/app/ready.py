"""Made ready when a tower starts, before anybody waits for it: what is compiled once on a machine,
and what the first page reads of the record.

Numba compiles one function after the other, whoever asks: so what the pages need comes first, and
the twin, which takes longest, behind it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from functools import partial

from taktnet.app.jobs import Job
from taktnet.app.simulation.warm import warm_behind
from taktnet.app.tower import Tower
from taktnet.ledger.event import StockConsumed, StockCounted
from taktnet.network.generate import generate

KIND = "start"


def small_tower() -> Tower:
    """A tower in memory over a small network, on which to try everything."""
    return Tower.open(None, generate(sites=10, seed=1))


def use(tower: Tower, told: Callable[[int, int], object]) -> None:
    """Run what the pages need on a small tower; `told` hears the steps done, of how many."""
    from taktnet.app.screens.screens import TowerScreens

    network = tower.network
    loop, screens = network.loops[0], TowerScreens(tower)
    about = {"source": "warm", "site": loop.site, "item": loop.item, "at": datetime.now(UTC)}
    full, used = loop.cards * loop.container_qty, 2 * loop.container_qty
    steps: tuple[Callable[[], object], ...] = (
        lambda: tower.ingest([StockCounted(id="1", qty=full, **about)]),
        lambda: tower.ingest([StockConsumed(id="2", qty=used, **about)]),
        tower.state,
        tower.kpis,
        tower.takt,
        tower.flow,
        screens.overview,
    )
    for n, step in enumerate(steps):
        told(n, len(steps))
        step()
    told(len(steps), len(steps))


def start(tower: Tower) -> Job:
    """Begin to make ready, as a job of `tower`; pages can be drawn at once when it has ended."""
    first = (tower.state, partial(tower.kpis, step="day"), tower.takt)  # read the record, once

    def work(job: Job) -> None:
        with closing(small_tower()) as small:
            use(small, lambda done, total: job.at(done, total + len(first)))
        for read in first:
            read()
            job.at(job.done + 1, job.total)
        warm_behind()

    return tower.jobs.start(KIND, work)
