"""Killed with its dispatcher at any moment, a tower leaves no decision unsent or sent twice.

The whole of it is `benchmarks/crash.py --what tower --kills 500`; here it runs short.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from test_crash import BENCHMARKS, crash, forks

from support import postgres
from taktnet.app.settings import Channel, Settings
from taktnet.app.tower import Tower
from taktnet.ledger.event import DecisionTaken, SignalSent
from taktnet.ledger.ledger import Recorded

sys.path.insert(0, str(BENCHMARKS))

from crash_tower import Plants, examine_decisions, examine_signals

QUIET = Settings(channels={"default": Channel("none")})


def holds(row: dict[str, Any]) -> None:
    """What must be true of a run, and that it was one: kills in mid-work, decisions, repeats."""
    assert row["wrong"] == []
    assert row["acked"] == row["events"] > 100
    assert row["in_flight"] >= 5
    assert row["decisions"] == row["sent"] > 10
    assert row["signals"] >= row["decisions"]


@forks
@pytest.mark.slow
@pytest.mark.timeout(300)
def test_towers_on_sqlite_killed_at_random_moments() -> None:
    """Ten kills and a partner that fails: each decision reached it, under one id, with one body."""
    holds(crash("--what", "tower", "--store", "sqlite", "--kills", "10", "--every", "5"))


@forks
@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.postgres
def test_towers_on_postgres_killed_at_random_moments() -> None:
    """The same over PostgreSQL."""
    postgres.shared()
    holds(crash("--what", "tower", "--store", "postgres", "--kills", "10", "--every", "5"))


class Altered:
    """A ledger as `examine` reads it, its rows changed on the way."""

    def __init__(self, rows: list[Recorded], change: Callable[[Recorded], Recorded | None]) -> None:
        self._rows = [new for row in rows if (new := change(row)) is not None]

    def read(self, after: int, limit: int) -> list[Recorded]:
        """The rows behind `after`."""
        return [row for row in self._rows if row.seq > after][:limit]


@pytest.fixture(scope="module")
def plants() -> Plants:
    """The network of the harness."""
    return Plants()


@pytest.fixture(scope="module")
def rows(plants: Plants) -> list[Recorded]:
    """What a tower recorded of 400 events, in batches of 20."""
    with Tower.open(None, plants.network, QUIET) as tower:
        for n in range(0, 400, 20):
            tower.ingest([plants(k) for k in range(n, n + 20)])
        return tower.ledger.read(0, 10_000)


def as_is(row: Recorded) -> Recorded:
    """No change."""
    return row


def test_the_rules_decide_again_what_a_tower_recorded(plants: Plants, rows: list[Recorded]) -> None:
    """To the last byte, in every commit."""
    assert any(isinstance(row.event, DecisionTaken) for row in rows)
    assert examine_decisions(Altered(rows, as_is), plants.network) == []  # pyright: ignore


def test_a_decision_too_few_or_under_another_id_is_found(
    plants: Plants, rows: list[Recorded]
) -> None:
    """One that is missing, and one whose id differs, are both not what the rules decide."""
    first = next(row.seq for row in rows if isinstance(row.event, DecisionTaken))

    def dropped(row: Recorded) -> Recorded | None:
        return None if row.seq == first else row

    def renamed(row: Recorded) -> Recorded:
        if row.seq != first:
            return row
        body = row.body.replace(b'"decision":"', b'"decision":"again-')
        return msgspec.structs.replace(row, body=body)

    for change in (dropped, renamed):
        found = examine_decisions(Altered(rows, change), plants.network)  # pyright: ignore
        assert len(found) == 1
        assert "not what the rules decide again" in found[0]


def test_signals_lost_doubled_or_unknown_are_found(rows: list[Recorded], tmp_path: Path) -> None:
    """The partner's notes must be the decisions: all of them, no other, one body each."""
    ids = [row.event.decision for row in rows if isinstance(row.event, DecisionTaken)]
    log = tmp_path / "log"

    sent = [
        SignalSent(source="taktnet", id=f"sent:{i}", at=rows[0].event.at, decision=i, channel="x")
        for i in ids
    ]
    reports = [
        msgspec.structs.replace(rows[0], seq=len(rows) + n, event=event)
        for n, event in enumerate(sent, start=1)
    ]
    whole = Altered([*rows, *reports], as_is)
    good = [f"{i} body-of-{i}" for i in ids]

    def said(lines: list[str], ledger: Altered = whole) -> str:
        log.write_text("".join(f"{line}{os.linesep}" for line in lines))
        return "; ".join(examine_signals(ledger, log))  # pyright: ignore[reportArgumentType]

    assert said(good) == ""
    assert said([*good, *good]) == ""  # at least once is what was promised
    assert said(good[1:]).startswith("1 decisions never reached the partner")
    assert said([*good, "D-2 x"]).startswith("1 signals were of no recorded decision: D-2")
    assert said([*good, f"{ids[0]} other"]).startswith("1 ids came with different contents")
    assert "not reported as sent" in said(good, Altered(rows, as_is))
    twice = Altered([*rows, *reports, msgspec.structs.replace(reports[0], seq=99_999)], as_is)
    assert "reported more than once" in said(good, twice)
