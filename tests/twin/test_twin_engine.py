"""The engine: the same bits whatever the queue, the threads, the pauses and the forks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from twin_nets import MONDAY, chain, model, station

from taktnet.base.errors import InputFaults
from taktnet.base.names import Names
from taktnet.network import components as c
from taktnet.network.generate import generate
from taktnet.twin import Model, Runs, lower, patch, run
from taktnet.twin.layout import OWN, POOLS, Table

PARTS = ("points", "demand", "lanes", "processes", "resources", "series", "sketch", "events")


@pytest.fixture(scope="module")
def plants() -> Model:
    """A generated network of 40 sites for a quarter."""
    return lower(generate(40, 3), None, Names(), MONDAY, 100)


def same(a: Runs, b: Runs) -> bool:
    """Whether all figures are equal to the last bit."""
    return all(getattr(a, part).tobytes() == getattr(b, part).tobytes() for part in PARTS)


def test_calendar_queue_and_heap_give_the_same_bits(plants: Model) -> None:
    """Every figure of every replication is equal with either queue."""
    calendar = run(plants, 60, 3, 5, every_h=24)
    heap = run(plants.sim(heap=True), 60, 3, 5, every_h=24)
    assert calendar.points["wanted"].sum() > 0
    assert same(calendar, heap)


@pytest.mark.parametrize("threads", [2, 5])
def test_any_number_of_threads_gives_the_same_bits(plants: Model, threads: int) -> None:
    """Replications do not depend on who runs them."""
    assert same(run(plants, 30, 7, 5, threads=1), run(plants, 30, 7, 5, threads=threads))


def test_replications_and_seeds_differ(plants: Model) -> None:
    """Another replication or seed has other luck."""
    runs, other = run(plants, 30, 2, 5), run(plants, 30, 2, 6)
    assert runs.demand[0].tobytes() != runs.demand[1].tobytes()
    assert runs.demand[0].tobytes() != other.demand[0].tobytes()


def test_first_chooses_the_replications_that_are_run(plants: Model) -> None:
    """Replication 3 is the same whether it is run alone or after others."""
    whole, part = run(plants, 20, 4, 5), run(plants, 20, 1, 5, first=3)
    assert whole.points[3].tobytes() == part.points[0].tobytes()
    assert part.replications.tolist() == [3]


def content(sim: Any) -> list[bytes]:
    """Everything that a run is: the used part of its buffer."""
    h = sim.head
    used = {Table.NODE: int(h["node_used"]), Table.CELL: int(h["cell_used"])}
    fixed = [t for t in OWN if t not in (*POOLS, Table.BUCKET, Table.FULL, Table.WORK)]
    return [sim.tables[t].tobytes() for t in fixed] + [
        sim.tables[t][:n].tobytes() for t, n in used.items()
    ]


def test_a_fork_goes_on_as_the_original_would(plants: Model) -> None:
    """A fork in the middle ends with the very bytes of the run it came from, and leaves it be."""
    sim = plants.sim()
    sim.begin(1, 0)
    sim.run_to(20)
    before = content(sim)
    fork = sim.fork()
    assert content(fork) == before
    fork.run_to(60)
    assert content(sim) == before
    sim.run_to(60)
    assert content(sim) == content(fork)


def test_pauses_do_not_count(plants: Model) -> None:
    """Running 60 days in pieces ends in the same bytes as in one go."""
    whole, pieces = plants.sim(), plants.sim()
    for sim in (whole, pieces):
        sim.begin(1, 0)
    whole.run_to(60)
    for day in (0.5, 7, 7, 33.3, 60):
        pieces.run_to(day)
    assert content(whole) == content(pieces)


def test_pools_grow_without_a_trace() -> None:
    """A load that outgrows its pools many times has the figures of one that began large."""
    net = chain(20_000.0, [(60_000, "exponential", 3.0)])
    small = model(net, 10).sim()
    rooms = int(small.head["node_room"])
    small.begin(1, 0)
    small.run_to(10)
    assert small.head["node_room"] > 2 * rooms
    heap = model(net, 10).sim(heap=True)
    heap.begin(1, 0)
    heap.run_to(10)
    assert small.tables[Table.POINT].tobytes() == heap.tables[Table.POINT].tobytes()


def test_a_million_pending_events_need_at_most_64_mb() -> None:
    """Node, bucket with its bit and parcel of a pending arrival: 60 bytes."""
    sim = model(chain(10.0, [(60, "fixed", 5.0)]), 10).sim()
    each = sum(sim.tables[t].itemsize for t in (Table.NODE, Table.CELL, Table.BUCKET))
    each += sim.tables[Table.FULL].itemsize / 64
    assert each * 1_000_000 <= 64e6


def test_stop_ends_with_what_there_is(plants: Model) -> None:
    """When `stop` says so no replication is begun; those done are kept, in order."""
    seen: list[int] = []
    runs = run(plants, 10, 50, 1, threads=1, on_progress=lambda done, _: seen.append(done),
               stop=lambda: len(seen) >= 3)  # fmt: skip
    assert runs.replications.tolist() == [0, 1, 2]
    assert runs.points.shape[0] == 3


def test_what_nothing_replenishes_is_told_before_anything_runs() -> None:
    """A needed item without a policy is a fault with its place."""
    net = chain(10.0, [(60, "fixed", 5.0)])
    bare = net.with_rows("stock_points", ())
    with pytest.raises(InputFaults, match="A is needed at N0 and nothing replenishes it"):
        model(bare)


def test_a_lane_that_is_down_starves_the_point() -> None:
    """With the only lane down for 30 days the stock of 60 lasts six days and comes back later."""
    net = chain(10.0, [(60, "fixed", 1.0)])
    sim = model(net, 100).sim()
    sim.patch([patch.Down("lane", "L0", 0, 24 * 30)])
    sim.begin(1, 0)
    sim.run_to(29.9)
    assert sim.tables[Table.POINT]["onhand"][0] == 0
    assert sim.tables[Table.POINT]["queued"][0] > 200e6
    sim.run_to(40)
    assert sim.tables[Table.POINT]["queued"][0] == 0


def test_demand_of_a_period_is_higher_and_then_as_before() -> None:
    """Twice the demand for 100 days: twice the orders then, and the same number before."""
    net = chain(10.0, [(200, "fixed", 1.0)])
    plain, more = model(net, 400).sim(), model(net, 400).sim()
    more.patch([patch.Demand(2.0, start=2400, end=4800)])
    counts: list[list[int]] = []
    for sim in (plain, more):
        sim.begin(1, 0)
        found = []
        for day in (100, 200, 300):
            sim.run_to(day)
            found.append(int(sim.tables[Table.DEMAND]["units"][0]) // 10**6)
        counts.append(found)
    (a, b, _), (c, d, e) = counts
    assert a == c
    assert 1800 < d - c < 2200
    assert 850 < e - d < 1150
    assert 850 < b - a < 1150


def test_changes_that_name_nothing_are_all_told_and_none_is_made() -> None:
    """Every wrong change of a scenario is told at once, in the error form."""
    sim = model(chain(10.0, [(60, "fixed", 1.0)]), 10).sim()
    before = content(sim)
    with pytest.raises(InputFaults) as caught:
        sim.patch([
            patch.Point("N0", "A", level=70), patch.Delay("SH-9", 5), patch.Down("site", "ZZZ"),
            patch.Down("lane", "L0", 5, 2), patch.Demand(2.0, item="B"), patch.Point("N0", "B"),
            patch.Link("N0", "A", "nobody", share=1), patch.Point("N0", "A", level=-1),
        ])  # fmt: skip
    assert len(caught.value.faults) == 7
    assert content(sim) == before


def test_luck_of_the_others_stays_when_a_scenario_adds_orders(plants: Model) -> None:
    """Common random numbers: a higher base at one point leaves unrelated customers untouched."""
    row = next(i for i, p in enumerate(plants.fresh[Table.POINT]["policy"]) if p)
    site, item = plants.points[row]
    sim = plants.sim()
    sim.patch([patch.Point(site, item, level=10_000, reorder=9_000)])
    a, b = run(plants, 60, 2, 5), run(sim, 60, 2, 5)
    same_rows = (a.points == b.points).all(axis=0)
    assert not same_rows[row]
    assert same_rows.sum() >= 0.3 * len(same_rows)
    assert np.array_equal(a.demand["lines"] > 0, b.demand["lines"] > 0)


@pytest.mark.parametrize(("family", "seconds"), [("", 3600), ("mild", 0)])
def test_a_changeover_takes_what_its_table_says(family: str, seconds: int) -> None:
    """From A to B an hour by the table, from B to A ten minutes; within a family nothing."""
    items = ("A", "B")
    network = replace(
        station(0.0, 60 / 86_400, cv=0.0),
        items=tuple(c.Item(id=i, cost=1.0) for i in items),
        stock_points=tuple(
            c.StockPoint(site="P", item=i, policy="base_stock", base_stock=10.0) for i in items
        ),
        processes=tuple(
            c.Process(site="P", item=i, resource="M", cycle_s=60.0, setup_s=600.0,
                      setup_family=family)
            for i in items
        ),
        changeovers=() if family else
        (c.Changeover(resource="M", before="A", after="B", setup_s=3600.0),),
        demand=tuple(c.Demand(site="K", item=i, supplier="P", rate_day=0.0) for i in items),
    )  # fmt: skip
    sim = model(network).sim()
    sim.patch([patch.Point("P", "A", onhand=9.0), patch.Point("P", "B", onhand=9.0)])
    sim.begin(1, 0)
    sim.run_to(0.5)
    busy = int(sim.tables[Table.SERVER]["busy"][0]) // 10**6
    assert busy == 600 + 60 + seconds + 60
