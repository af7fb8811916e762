"""Followers: every row at least once, in order, none skipped, resumed where they were."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.happenings import START_US, happenings
from taktnet.ledger.follower import Follower, Gap, Wake, rows_after
from taktnet.ledger.ledger import Recorded
from taktnet.ledger.memory import MemoryLedger


def ledger_of(count: int) -> MemoryLedger:
    """A memory ledger with that many rows."""
    ledger = MemoryLedger()
    if count:
        ledger.append(happenings(count), START_US)
    return ledger


@given(st.integers(0, 60), st.integers(1, 20), st.lists(st.booleans(), max_size=8))
def test_every_row_comes_in_order_and_a_failed_delivery_comes_again(
    count: int, batch: int, failures: list[bool]
) -> None:
    """Whatever fails and restarts, the consumer sees 1..n without a hole, repeats allowed."""
    ledger, seen, moods = ledger_of(count), list[int](), list(failures)

    def deliver(rows: Sequence[Recorded]) -> None:
        broken = moods.pop() if moods else False
        done = rows[: len(rows) // 2] if broken else rows  # killed half-way
        seen.extend(row.seq for row in done)
        if broken:
            raise ConnectionError("the partner is away")

    for _ in range(len(failures) + 1):
        follower = Follower(ledger, "partner", deliver, batch)  # a new process each time
        try:
            follower.catch_up()
        except ConnectionError:
            assert follower.position == ledger.position("partner")
    assert ledger.position("partner") == count
    assert sorted(set(seen)) == list(range(1, count + 1))
    reached = 0
    for seq in seen:
        assert seq <= reached + 1  # never ahead of its turn
        reached = max(reached, seq)


def test_followers_do_not_move_one_another() -> None:
    """Each name has its own position."""
    ledger = ledger_of(10)
    fast = Follower(ledger, "fast", lambda _rows: None)
    slow = Follower(ledger, "slow", lambda _rows: None, batch=3)
    assert (fast.step(), slow.step()) == (10, 3)
    assert (ledger.position("fast"), ledger.position("slow")) == (10, 3)
    assert (fast.step(), slow.catch_up()) == (0, 7)


def test_a_missing_row_stops_the_follower_before_it() -> None:
    """A store that leaves a row out is refused; rows behind the hole are not delivered."""

    class Holey(MemoryLedger):
        def read(self, after: int = 0, limit: int = 1000) -> list[Recorded]:
            return [row for row in super().read(after, limit) if row.seq != 4]

    ledger, seen = Holey(), list[int]()
    ledger.append(happenings(8), START_US)
    follower = Follower(ledger, "f", lambda rows: seen.extend(r.seq for r in rows), batch=2)
    with pytest.raises(Gap, match="row 4 is missing"):
        follower.catch_up()
    assert seen == [1, 2, 3]
    with pytest.raises(Gap):
        list(rows_after(ledger, 3))


def test_a_running_follower_is_woken_by_a_commit_and_stops_when_told() -> None:
    """It delivers what was there, then what comes, long before its idle time is over."""
    ledger, wake, stop = ledger_of(3), Wake(), threading.Event()
    seen, arrived = list[int](), threading.Semaphore(0)

    def deliver(rows: Sequence[Recorded]) -> None:
        seen.extend(row.seq for row in rows)
        arrived.release()

    follower = Follower(ledger, "live", deliver)
    thread = threading.Thread(target=follower.run, args=(wake, stop, 60.0))
    thread.start()
    assert arrived.acquire(timeout=10)
    started = time.monotonic()
    ledger.append(happenings(2, first=3), START_US + 1)
    wake.ring(5)
    assert arrived.acquire(timeout=10)
    assert time.monotonic() - started < 5
    stop.set()
    wake.ring(6)
    thread.join(10)
    assert not thread.is_alive()
    assert seen == [1, 2, 3, 4, 5]


def test_a_wake_that_rang_before_the_wait_is_not_lost() -> None:
    """Ringing first and waiting after does not sleep; an old ring does not count as new."""
    wake = Wake(3)
    assert wake.wait(2, 0)
    assert not wake.wait(3, 0.01)
    wake.ring(2)  # late news
    assert not wake.wait(3, 0.01)
    wake.ring(4)
    assert wake.wait(3, 0)
