"""Old rows are closed into segments, and whoever folds from far back reads those first."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from support.happenings import START, happenings
from taktnet.app.clock import ReplayClock
from taktnet.app.past import Closer, Past
from taktnet.app.recompute import recompute
from taktnet.app.replay import replay
from taktnet.app.settings import Settings
from taktnet.app.tower import Tower
from taktnet.base.calendars import micros
from taktnet.ledger.memory import MemoryLedger
from taktnet.network import Network
from taktnet.store.sqlite import SqliteLedger

DAY = 86_400 * 1_000_000
BEGIN = micros(START)


def ledger_of(rows: int) -> MemoryLedger:
    """Rows recorded a second apart, in batches of fifty."""
    ledger = MemoryLedger()
    for n in range(0, rows, 50):
        ledger.append(happenings(50, first=n), BEGIN + n * 1_000_000)
    return ledger


def joined(arrays: object) -> bytes:
    """All facts of an iterator as bytes."""
    return b"".join(a.tobytes() for a in arrays)  # pyright: ignore


def test_rows_are_closed_when_the_last_of_a_stretch_is_old_enough(tmp_path: Path) -> None:
    """Not before, only full stretches, and each once."""
    ledger = ledger_of(500)
    past = Past(ledger, tmp_path / "segments", rows=200, days=1.0)
    assert past.close_old(BEGIN + DAY) == []
    assert [(s.first, s.last) for s in past.close_old(BEGIN + DAY + 200_000_000)] == [(1, 200)]
    assert [s.last for s in past.close_old(BEGIN + 9 * DAY)] == [400]
    assert past.close_old(BEGIN + 99 * DAY) == []
    for after, until in ((0, None), (0, 350), (130, 390), (399, None), (450, 470), (200, 400)):
        assert joined(past.facts(after, until)) == joined(ledger.facts(after, until))


def test_a_row_that_does_not_follow_in_the_chain_is_not_closed(tmp_path: Path) -> None:
    """What was changed in the ledger does not become a segment that looks sound."""
    ledger = ledger_of(200)
    row = ledger._rows[99]
    ledger._rows[99] = type(row)(*[
        b"{}" if name == "body" else getattr(row, name) for name in row.__struct_fields__
    ])  # fmt: skip
    past = Past(ledger, tmp_path, rows=200, days=0.0)
    with pytest.raises(Exception, match="row 100 does not follow"):
        past.close_old(BEGIN + DAY)
    assert past.segments == ()
    assert list(tmp_path.glob("*")) == []


def test_a_damaged_segment_costs_time_and_nothing_else(tmp_path: Path) -> None:
    """Its rows are read from the ledger, the trouble is told, and verify names the file."""
    ledger = ledger_of(600)
    Past(ledger, tmp_path, rows=200, days=0.0).close_old(BEGIN + DAY)
    second = tmp_path / "facts-000000000201-000000000400.parquet"
    second.write_bytes(second.read_bytes()[:-9] + b"x" * 9)
    past = Past(ledger, tmp_path, rows=200, days=0.0)
    assert joined(past.facts()) == joined(ledger.facts())
    assert second.name in past.trouble
    (fault,) = past.faults()
    assert (fault.row, fault.field) == (201, second.name)
    (tmp_path / "manifest.json").write_text("{}")
    unread = Past(ledger, tmp_path, rows=200, days=0.0)
    assert joined(unread.facts(10)) == joined(ledger.facts(10))
    assert "manifest" in str(unread.faults()[0])


def test_a_running_tower_closes_by_itself_and_rebuilds_from_segments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """State, history and KPIs are those of the live rows, with the rows far back not read."""
    monkeypatch.setattr("taktnet.app.past._LOOK_S", 0.01)
    settings = Settings(segment_events=1000, segment_days=0.01)
    with Tower.open(tmp_path, Network(), settings, clock=ReplayClock(0)) as tower:
        replay(tower, (happenings(500, first=n) for n in range(0, 4_500, 500)))
        end = time.monotonic() + 60
        while tower.parts.past.last < 3_000 and time.monotonic() < end:
            time.sleep(0.02)
        digest, early = tower.state().digest(), tower.state(known=1_500).digest()
    closed = tower.parts.past.last
    assert 3_000 <= closed < tower.ledger.head.seq
    with Tower.open(tmp_path, Network(), settings, read_only=True) as again:
        ledger = again.ledger
        read = list[int]()
        real = ledger.facts

        def facts(after: int = 0, *more: object) -> object:
            read.append(after)
            return real(after, *more)  # pyright: ignore

        monkeypatch.setattr(ledger, "facts", facts)
        assert again.state(known=1_500).digest() == early
        assert again.state(known=ledger.head.seq).digest() == digest
        assert recompute(again.parts).same
        assert min(read) >= 1_500
        assert again.verify().good


_CLOSE = """
import sys
from taktnet.app.past import Past
from taktnet.store.sqlite import SqliteLedger
from pathlib import Path
ledger = SqliteLedger(sys.argv[1], read_only=True)
print("go", flush=True)
Past(ledger, Path(sys.argv[2]), 2_000, 0.0).close_old(1 << 62)
print("done", flush=True)
"""


def test_killed_while_closing_nothing_is_lost_and_nothing_twice(tmp_path: Path) -> None:
    """SIGKILL at moments spread over the work; afterwards it goes on where it was."""
    path, folder = tmp_path / "ledger.db", tmp_path / "segments"
    writer = SqliteLedger(path)
    for n in range(0, 20_000, 2_000):
        writer.append(happenings(2_000, first=n), BEGIN + n)
    wanted = joined(writer.facts())
    kills = 0
    for wait in (0.05, 0.15, 0.3, 0.45, 0.6, 60.0):
        child = subprocess.Popen(
            [sys.executable, "-c", _CLOSE, str(path), str(folder)],
            stdout=subprocess.PIPE, env=os.environ, text=True,
        )  # fmt: skip
        assert child.stdout is not None
        assert child.stdout.readline() == "go\n"
        try:
            child.wait(wait)
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGKILL)
            child.wait()
            kills += 1
        child.stdout.close()
        past = Past(writer, folder, 2_000, 0.0)
        assert past.faults() == []
        assert joined(past.facts()) == wanted
        if past.last == 20_000:
            break
    assert kills
    assert past.last == 20_000
    writer.close()


def test_closing_stops_with_the_tower(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it is at is given up at the next page; the folder reads as before."""
    monkeypatch.setattr("taktnet.app.past._LOOK_S", 0.0)
    monkeypatch.setattr("taktnet.store.segments._PAGE", 10)
    ledger = ledger_of(3_000)
    past = Past(ledger, tmp_path, rows=3_000, days=0.0)
    closer = Closer(past, lambda: BEGIN + DAY, lambda _: bytes(32))
    time.sleep(0.05)
    closer.close()
    assert list(tmp_path.glob("*.tmp")) == []
    assert joined(past.facts()) == joined(ledger.facts())
