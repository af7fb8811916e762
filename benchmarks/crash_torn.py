"""A write-ahead log as a power cut may leave it: cut short or garbled at any place."""

from __future__ import annotations

import os
import random
import shutil
import tempfile
from pathlib import Path
from typing import Any

from append import happening
from crash_subjects import states_differ

from taktnet.ledger.verify import verify
from taktnet.store.sqlite import SqliteLedger

_ROWS = 1_000  # few enough that the log is not yet taken into the file
_CHUNK = 4_096


def torn(times: int, seed: int) -> dict[str, Any]:
    """Damage a ledger's log `times` times; each time a consistent beginning must be left.

    Chain, facts and names verify, the head is the newest row, the state folds, and appending goes
    on from there. Which rows are left depends on the damage; that none but the last are missing is
    what the dense numbers and the chain say.
    """
    chance, wrong, left = random.Random(seed), list[str](), list[int]()
    with tempfile.TemporaryDirectory() as folder:
        whole = _write(Path(folder) / "whole")
        for n in range(times):
            path = _damaged(whole, Path(folder) / "damaged", chance)
            try:
                left.append(_examine(path, wrong, n))
            except Exception as error:  # whatever it is, it is what we look for
                wrong.append(f"damage {n}: {type(error).__name__}: {error}")
    return {
        "store": "sqlite", "torn": times, "rows": _ROWS, "left_least": min(left, default=0),
        "left_most": max(left, default=0), "wrong": wrong,
    }  # fmt: skip


def _write(folder: Path) -> Path:
    """A ledger whose log was never taken into its file, copied while open: nothing is tidied up."""
    folder.mkdir()
    ledger = SqliteLedger(folder / "ledger.db")
    chance = random.Random(0)
    done = 0
    while done < _ROWS:
        size = min(chance.choice((1, 7, 40)), _ROWS - done)
        ledger.append([happening(n) for n in range(done, done + size)], ledger.stamp(done))
        done += size
    copy = folder / "copy"
    copy.mkdir()
    for name in ("ledger.db", "ledger.db-wal"):
        shutil.copy(folder / name, copy / name)
    ledger.close()
    return copy


def _damaged(whole: Path, folder: Path, chance: random.Random) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(whole, folder)
    log = folder / "ledger.db-wal"
    size = len(log.read_bytes().rstrip(b"\0"))  # behind it lie zeros that were never used
    with log.open("r+b") as file:
        place = chance.randrange(32, size)
        if chance.random() < 0.5:
            file.truncate(place)
        else:
            file.seek(place)
            file.write(os.urandom(min(_CHUNK, size - place)))
    return folder / "ledger.db"


def _examine(path: Path, wrong: list[str], n: int) -> int:
    ledger = SqliteLedger(path)  # refuses a head that is not the newest row
    try:
        rows = ledger.head.seq
        verdict = verify(ledger)
        if not verdict.good or verdict.rows != rows:
            wrong.append(f"damage {n}: {verdict}")
        wrong += [f"damage {n}: {w}" for w in states_differ(ledger, {})]
        receipts = ledger.append([happening(k) for k in range(rows, rows + 5)], ledger.stamp(0))
        if [r.seq for r in receipts] != list(range(rows + 1, rows + 6)):
            wrong.append(f"damage {n}: appending does not go on behind row {rows}")
        return rows
    finally:
        ledger.close()
