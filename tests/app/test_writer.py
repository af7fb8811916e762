"""The writer serves many callers with few commits, and one bad batch hurts nobody else."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from taktnet.app.writer import Busy, Closed, Writer
from taktnet.base.errors import TaktnetError
from taktnet.ledger.ledger import Fenced, Receipt


class Committer:
    """Ten lines of a ledger: events are numbers; "bad" raises, a gate may hold a commit up."""

    def __init__(self):
        self.rows, self.groups, self.recovered = [], [], 0
        self.gate = Event()
        self.gate.set()

    def commit(self, batches):
        """Keep the events as rows."""
        self.gate.wait(5)
        if any("bad" in b.events for b in batches):
            raise TaktnetError("bad event")
        if any("fence" in b.events for b in batches):
            raise Fenced("another writer")
        self.groups.append(len(batches))
        out = []
        for b in batches:
            start = len(self.rows)
            self.rows.extend(b.events)
            out.append(
                tuple(Receipt("recorded", start + i + 1, str(e)) for i, e in enumerate(b.events))
            )
        return out

    def recover(self):
        """Count."""
        self.recovered += 1


def test_every_caller_gets_its_own_receipts():
    """Forty callers at once: each hears the numbers of its own events, no event is lost."""
    committer = Committer()
    writer = Writer(committer, 100, 1000)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: writer.append([f"{n}a", f"{n}b"]), range(40)))
    for n, receipts in enumerate(answers):
        assert [r.id for r in receipts] == [f"{n}a", f"{n}b"]
        assert [committer.rows[r.seq - 1] for r in receipts] == [f"{n}a", f"{n}b"]
    writer.close()


def test_what_waits_is_committed_together():
    """While one commit is on its way the others gather and go as one group, up to its limit."""
    committer = Committer()
    writer = Writer(committer, 3, 1000)
    committer.gate.clear()
    done = []
    for n in range(8):
        writer.submit([n], done.append)
    committer.gate.set()
    writer.close()
    assert len(done) == 8
    assert committer.rows == list(range(8))
    assert committer.groups[1:] in ([3, 3, 1], [3, 3], [3, 2])
    assert max(committer.groups) == 3


def test_full_queue_says_busy():
    """Beyond its limit the queue refuses; a batch larger than it is taken when nothing waits."""
    committer = Committer()
    writer = Writer(committer, 3, 5)
    committer.gate.clear()
    done = []
    writer.submit(list(range(9)), done.append)
    with pytest.raises(Busy):
        writer.submit([9], done.append)
    committer.gate.set()
    assert writer.append([10])[0].outcome == "recorded"
    writer.close()


def test_one_bad_batch_fails_alone():
    """A group with a batch that cannot be committed is tried again batch by batch."""
    committer = Committer()
    writer = Writer(committer, 100, 1000)
    committer.gate.clear()
    done = {}
    for n, events in enumerate((["first"], ["a"], ["bad"], ["b"])):
        writer.submit(events, lambda outcome, n=n: done.__setitem__(n, outcome))
    committer.gate.set()
    writer.close()
    assert committer.rows == ["first", "a", "b"]
    assert isinstance(done[2], TaktnetError)
    assert committer.recovered >= 1
    assert [done[n][0].outcome for n in (0, 1, 3)] == ["recorded"] * 3


def test_fenced_writer_never_commits_again():
    """When another writer has taken over, everything that follows fails."""
    committer = Committer()
    writer = Writer(committer, 100, 1000)
    with pytest.raises(Fenced):
        writer.append(["fence"])
    with pytest.raises(TaktnetError):
        writer.append(["x"])
    assert committer.rows == []
    writer.close()


def test_call_runs_between_commits_and_close_ends_it():
    """Work handed to the writer comes back with its result or its error; then it is closed."""
    writer = Writer(Committer(), 100, 1000)
    assert writer.call(lambda: 6 * 7) == 42
    with pytest.raises(ZeroDivisionError):
        writer.call(lambda: 1 / 0)
    writer.close()
    writer.close()
    with pytest.raises(Closed):
        writer.append(["x"])
