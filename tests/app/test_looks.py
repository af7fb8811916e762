"""Looks at another time: folded once, told how far, stopped, kept while nothing can change them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from support.plants import Plants, event
from support.web_tower import NOW, Held, World, eventful
from taktnet.app.history import by_business_time
from taktnet.app.looks import Folding, Looks, NotLooked
from taktnet.app.reports import kpis_of
from taktnet.base.errors import TaktnetError
from taktnet.ledger import event as e
from taktnet.state import State

BEFORE = NOW - timedelta(hours=5)


@pytest.fixture
def world() -> Iterator[World]:
    """The eventful tower."""
    made = eventful(World())
    yield made
    made.close()


@pytest.fixture
def held(world: World) -> Held:
    """Its past, held back."""
    world.tower.parts.past = found = Held(world.tower.parts.past)  # type: ignore[assignment]
    return found


def test_a_look_is_what_the_tower_says_of_that_time(world: World) -> None:
    """State and KPIs of both times are those of `Tower.state` and `Tower.kpis`."""
    looks = Looks(world.tower.parts)
    for at, known in ((BEFORE, None), (None, BEFORE), (BEFORE, BEFORE)):
        look = looks.get(at, known)
        assert look.state.digest() == world.tower.state(at, known).digest()
        told = [value.as_dict() for value in kpis_of(look.sight, 1.0)]
        assert told == [v.as_dict() for v in world.tower.kpis(1.0, at=at, known=known)]
    assert looks.get(None, None).state.digest() == world.tower.state().digest()


def test_who_asks_while_it_is_folded_gets_the_same_job(world: World, held: Held) -> None:
    """One folding serves all; it tells how far it is, up to all rows of state and KPIs."""
    looks = Looks(world.tower.parts)
    jobs = []
    for _ in range(3):
        with pytest.raises(Folding) as waiting:
            looks.get(None, BEFORE, 0.01)
        jobs.append(waiting.value.job)
    assert jobs[0] is jobs[1] is jobs[2]
    held.go.set()
    first = looks.get(None, BEFORE)
    rows = held.reads
    assert looks.get(None, BEFORE) is first and held.reads == rows
    assert jobs[0].state == "done" and jobs[0].done == jobs[0].total == 2 * jobs[0].result["rows"]


def test_a_look_that_is_stopped_is_begun_anew_by_the_next(world: World, held: Held) -> None:
    """Who waited is told; nothing half folded is shown."""
    looks = Looks(world.tower.parts)
    with pytest.raises(Folding) as waiting:
        looks.get(BEFORE, None, 0.01)
    waiting.value.job.cancel()
    with pytest.raises(Folding):
        looks.get(BEFORE, None, 0.01)
    kept = looks._kept[BEFORE, None]
    held.go.set()
    assert kept.job.wait(10) and kept.job.state == "cancelled" and kept.look is None
    assert looks.get(BEFORE, None).state.digest() == world.tower.state(BEFORE).digest()


def test_who_waits_for_a_look_that_fails_hears_why(world: World) -> None:
    """The next to ask begins anew."""

    class Broken(Held):
        def facts(self, *_: Any) -> Iterator[np.ndarray]:
            raise TaktnetError("the disk is away")

    world.tower.parts.past = Broken(whole := world.tower.parts.past)  # type: ignore[assignment]
    looks = Looks(world.tower.parts)
    with pytest.raises(NotLooked, match="the disk is away"):
        looks.get(BEFORE, None)
    world.tower.parts.past = whole
    assert looks.get(BEFORE, None).state.seq > 0


def test_what_happens_later_leaves_a_past_alone_and_what_came_late_does_not(world: World) -> None:
    """By what is known today, a late event counts; a time that was known stays what it was."""
    looks = Looks(world.tower.parts)
    was, knew = looks.get(BEFORE, None), looks.get(None, BEFORE)
    world.tell(world.make(e.StockCounted, NOW + timedelta(hours=1), "OPO", item="MOT-36", qty=1))
    assert looks.get(BEFORE, None) is was
    late = BEFORE - timedelta(hours=1)
    world.tell(world.make(e.StockCounted, late, "OPO", item="MOT-36", qty=777))
    looks._kept[BEFORE, None].stands = 0.0  # however long it took
    now = looks.get(BEFORE, None)
    assert now is not was and now.state.digest() == world.tower.state(BEFORE).digest()
    assert looks.get(None, BEFORE) is knew


def test_only_the_last_few_are_kept(world: World) -> None:
    """Each holds a state, so the oldest makes room."""
    looks = Looks(world.tower.parts)
    first = looks.get(BEFORE, None)
    for minutes in range(1, 6):
        looks.get(BEFORE + timedelta(minutes=minutes), None)
    assert len(looks._kept) <= 5
    assert looks.get(BEFORE, None) is not first


def test_work_that_came_with_its_cause_is_for_the_decision_taken_on_it() -> None:
    """Lines report in batches: the decision is dated behind the lot that was made for it."""
    plants = Plants()
    made = {"rule": "production", "action": "produce", "reason": "r", "origin": "OPO"}
    facts = plants.facts(
        event(e.StockCounted, "1", item="CELL", qty=60.0),
        event(e.StockConsumed, "2", item="CELL", qty=40.0, hours=1.0),
        event(e.DecisionTaken, "D", decision="D", item="CELL", qty=40.0, hours=1.25, **made),
        event(e.LotStarted, "3", item="CELL", qty=40.0, order="W", hours=1.1),
        event(e.StockProduced, "4", item="CELL", qty=40.0, order="W", hours=1.2),
        event(e.StockConsumed, "5", item="CELL", qty=5.0, hours=0.5),
    )
    state = State(plants.names)
    state.fold(by_business_time(facts))
    assert [(d.decision, d.received) for d in state.decisions(closed=True)] == [("D", 40.0)]
    assert (state.points()[0].available, state.points()[0].on_order) == (55.0, 0.0)
