"""Two writers of one store can never both commit, whenever the second one comes."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from support.happenings import START_US, happenings
from taktnet.ledger.admission import number
from taktnet.ledger.ledger import Fenced, Ledger
from taktnet.ledger.memory import MemoryLedger

Opener = Callable[..., Ledger]


def is_whole(ledger: Ledger, rows: int) -> None:
    """Dense numbers, one chain, every key once."""
    found = ledger.rows(0, 100_000)
    assert [row.seq for row in found] == list(range(1, rows + 1))
    assert len({(row.source, row.id) for row in found}) == rows
    replayed = MemoryLedger()
    for row in ledger.read(0, 100_000):
        replayed.append([row.event], row.recorded)
    assert [row.body for row in replayed.rows(0, 100_000)] == [row.body for row in found]
    assert ledger.head.hash == found[-1].hash


def test_a_takeover_in_the_middle_of_a_commit_lets_exactly_one_of_them_win(
    store_factory: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The new writer waits for the commit under way, starts behind it, and fences the next one."""
    old: Any = store_factory()
    old.append(happenings(10), START_US)
    inside, go = threading.Event(), threading.Event()
    store = sys.modules[type(old).__module__]
    plain = store.columns

    def slow(batch: object, names: object) -> Iterator[object]:
        inside.set()
        assert go.wait(20)
        yield from plain(batch, names)

    monkeypatch.setattr(store, "columns", slow)
    first = threading.Thread(target=old.append, args=(happenings(40, first=10), START_US))
    first.start()
    assert inside.wait(20)  # the head is moved, nothing is committed
    opened: list[Ledger] = []
    second = threading.Thread(target=lambda: opened.append(store_factory(takeover=True)))
    second.start()
    time.sleep(0.3)
    assert not opened  # it waits for the head
    go.set()
    first.join(20)
    second.join(20)
    new = opened[0]
    assert new.head.seq == 50
    new.append(happenings(2, first=50), START_US)
    with pytest.raises(Fenced):
        old.append(happenings(2, first=52), START_US)
    is_whole(new, 52)


def test_a_takeover_between_admission_and_commit_fences_that_commit(store_factory: Opener) -> None:
    """What the old writer has admitted, decided and numbered is refused whole."""
    old = store_factory()
    old.append(happenings(3), START_US)
    admission = old.admit(happenings(2, first=3), START_US)
    new = store_factory(takeover=True)
    new.append(happenings(2, first=50), START_US)
    with pytest.raises(Fenced):
        old.commit(number(admission.admitted, 3), START_US, {"follower": 5})
    assert new.position("follower") == 0
    is_whole(new, 5)


def test_writers_that_race_for_a_store_never_both_commit_a_row(store_factory: Opener) -> None:
    """Six writers, each taking over from the others: as many rows as were acknowledged."""
    store_factory().append(happenings(1, source="first"), START_US)
    acknowledged: list[int] = []
    surprises: list[BaseException] = []

    def race(n: int) -> None:
        try:
            mine = store_factory(takeover=True)
            for k in range(5):
                batch = happenings(3, first=100 * n + 3 * k)
                acknowledged.append(len(mine.append(batch, START_US)))
        except Fenced:
            pass  # as it should be: another one came
        except BaseException as error:  # anything else is what we look for
            surprises.append(error)

    threads = [threading.Thread(target=race, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert surprises == []
    assert len(acknowledged) >= 5  # the last to come is never fenced
    is_whole(store_factory(takeover=True), 1 + sum(acknowledged))
