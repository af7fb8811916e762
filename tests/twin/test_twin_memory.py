"""How the twin's tables lie in memory, and what it asks memory for in advance."""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit
from twin_nets import MONDAY

from taktnet.base.names import Names
from taktnet.network.generate import generate
from taktnet.policy.rules import position
from taktnet.twin import Model, lower, run
from taktnet.twin.engine.ahead import MANY
from taktnet.twin.engine.hours import hours, near_hours, worked
from taktnet.twin.layout import HOUR, LINE, LINK, PLACE, POINT, Table
from taktnet.twin.room import room


@pytest.fixture(scope="module")
def plants() -> Model:
    """A generated network of 40 sites for a quarter."""
    return lower(generate(40, 3), None, Names(), MONDAY, 100)


def test_records_and_tables_begin_on_cache_lines(plants: Model) -> None:
    """Whole lines a record, in a run, its forks and what never changes, small or large."""
    assert all(record.itemsize % LINE == 0 for record in (POINT, LINK, PLACE))
    sim = plants.sim()
    for tables in (sim.tables, sim.fork().tables, plants.static):
        assert all(t.ctypes.data % LINE == 0 for t in tables.values() if len(t))
    assert all(room(size).ctypes.data % LINE == 0 for size in (1, 5_000, 3 << 20))
    assert len(room(3 << 20)) >= 3 << 20


@njit
def both(x: int, cal: int, at: int, work: int) -> tuple[int, int]:
    """When work is done, by all spans of a calendar and by those near its hand."""
    first, spans = hours(x, cal)
    near, few = near_hours(x, cal, at, work)
    return worked(x, first, spans, at, work), worked(x, near, few, at, work)


def test_the_end_of_work_is_the_same_from_the_hand_on(plants: Model) -> None:
    """At any time of a run, for no work, for hours, for more than the calendar has."""
    sim, rng = plants.sim(), np.random.default_rng(1)
    sim.begin(1, 0)
    for day in (0, 3, 40, 99, 100):
        sim.run_to(day)
        now = int(sim.head["now"])
        for cal in range(-1, len(sim.tables[Table.CAL])):
            for work in (0, HOUR, 30 * HOUR, 900 * HOUR, 90_000 * HOUR):
                at = now + int(rng.integers(0, 400 * HOUR)) * int(rng.integers(0, 2))
                every, near = both(sim.address, cal, at, work)
                assert every == near >= at + work


def test_a_point_above_its_trigger_has_nothing_to_order(plants: Model) -> None:
    """Whenever nothing is left to decide, each rule without a review is above its trigger."""
    sim = plants.sim()
    sim.begin(1, 0)
    sim.run_to(50)
    a, s = sim.tables[Table.POINT], plants.static[Table.PLACE]
    reserved = np.where(a["policy"] > 0, a["reserved"], 0)
    at = [position.py_func(*row, 0, 0, r) for *row, r in
          zip(a["onhand"], a["inspecting"], a["coming"], reserved, strict=True)]  # fmt: skip
    steady = (a["policy"] > 0) & (s["review"] == 0) & (s["links"] > 0)
    assert steady.any()
    assert (np.array(at)[steady] > a["trigger"][steady]).all()


@pytest.mark.slow
def test_looking_ahead_changes_nothing() -> None:
    """A network that is large enough for it has the same bits with the heap, which never does."""
    model = lower(generate(600, 3), None, Names(), MONDAY, 5)
    assert len(model.points) > MANY
    calendar, heap = run(model, 4, 1, 5), run(model.sim(heap=True), 4, 1, 5)
    assert calendar.points.tobytes() == heap.points.tobytes()
    assert calendar.events.tolist() == heap.events.tolist()
