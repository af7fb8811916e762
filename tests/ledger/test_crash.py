"""Killed at any moment, the ledger has lost nothing acknowledged and counts nothing twice.

The whole of it is `benchmarks/crash.py --kills 500`; here it runs short.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support import postgres
from taktnet.ledger.checkpoint import Checkpointer
from taktnet.ledger.memory import MemoryLedger
from taktnet.ledger.note import open_signer

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))

from append import happening  # noqa: E402
from crash_subjects import examine  # noqa: E402

forks = pytest.mark.skipif(sys.platform == "win32", reason="kills processes as POSIX does")


def crash(*arguments: str) -> dict[str, Any]:
    """One row of what the harness found."""
    command = [sys.executable, str(BENCHMARKS / "crash.py"), "--json", *arguments]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=280)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    (row,) = json.loads(ran.stdout)["rows"]
    return row


@forks
@pytest.mark.slow
@pytest.mark.timeout(300)
def test_sqlite_writers_killed_at_random_moments() -> None:
    """Ten kills: nothing acknowledged lost, nothing twice, log verifies, states are equal."""
    row = crash("--what", "ledger", "--store", "sqlite", "--kills", "10", "--every", "5")
    assert row["wrong"] == []
    assert row["acked"] == row["rows"] > 100
    assert row["in_flight"] >= 5


@forks
@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.postgres
def test_postgres_writers_killed_at_random_moments() -> None:
    """The same with the server going on and the writer's connection torn."""
    postgres.shared()
    row = crash("--what", "ledger", "--store", "postgres", "--kills", "10", "--every", "5")
    assert row["wrong"] == []
    assert row["acked"] == row["rows"] > 100
    assert row["in_flight"] >= 5


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_torn_write_ahead_log_leaves_a_consistent_beginning() -> None:
    """Cut short or garbled at thirty places: what is left verifies, and appending goes on."""
    row = crash("--torn", "30")
    assert row["wrong"] == []
    assert row["left_least"] < row["left_most"] <= row["rows"]


def examined(tmp_path: Path, acked: range, live: dict[int, str]) -> list[str]:
    """What the examination says of a sound ledger of 30 events, given what the client holds."""
    ledger = MemoryLedger()
    ledger.append([happening(n) for n in range(30)], 1)
    signer = open_signer(tmp_path / "key", "crash.example/log", b"k" * 32)
    Checkpointer(ledger, signer).make(1)
    return examine(ledger, tmp_path, acked, live, happening)["wrong"]


def test_the_examination_is_content_with_a_sound_ledger(tmp_path: Path) -> None:
    """All acknowledged are there, nothing twice."""
    assert examined(tmp_path, range(30), {}) == []


def test_the_examination_finds_a_lost_event(tmp_path: Path) -> None:
    """An acknowledgement without a row is named."""
    (wrong,) = examined(tmp_path, range(31), {})
    assert wrong == "1 acknowledged events lost, first number 30"


def test_the_examination_finds_a_state_that_was_not_the_rows(tmp_path: Path) -> None:
    """A live state that cannot be folded again is named."""
    (wrong,) = examined(tmp_path, range(30), {17: "00" * 32})
    assert wrong.startswith("the live state at row 17")
