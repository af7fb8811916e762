"""Rebuild the live state from the ledger: events a second from live rows and from Parquet.

    uv run python benchmarks/rebuild.py [--events 1000000] [--postgres] [--json]

Fills a SQLite ledger (and one in PostgreSQL) with the eight weeks of the drivetrain example, lived
again and again with new orders and shipments each time; folds the state from its rows, exports it
as segments, folds the state from those, and checks that all states are equal to the last byte.
Reading alone is shown beside. Bars: 500,000 events/s from live rows, 10 million/s from segments.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from taktnet.ledger.codec import decode
from taktnet.ledger.event import AnyEvent
from taktnet.ledger.fact import micros
from taktnet.ledger.ledger import Ledger
from taktnet.state import State
from taktnet.store.segments import Segments
from taktnet.store.sqlite import SqliteLedger

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
BAR_LIVE = 500_000
BAR_SEGMENTS = 10_000_000
HISTORY = Path(__file__).resolve().parents[1] / "examples" / "drivetrain" / "history.ndjson.gz"
WEEKS = timedelta(weeks=8)
_FILL = 5_000
_NEW_EACH_TIME = {"id", "corrects", "order", "shipment", "decision", "schedule", "lot"}


def again(event: AnyEvent, n: int) -> AnyEvent:
    """The same event `n` times eight weeks later, about other orders, shipments, lots of work."""
    later, changed = n * WEEKS, dict[str, Any]()
    for name in event.__struct_fields__:
        value = getattr(event, name)
        if isinstance(value, datetime):
            changed[name] = value + later
        elif value and name in _NEW_EACH_TIME:
            changed[name] = f"{value}/{n}"
    return msgspec.structs.replace(event, **changed)


def story() -> list[AnyEvent]:
    """The example's history."""
    return decode(gzip.decompress(HISTORY.read_bytes()), "ndjson")


def fill(ledger: Ledger, events: int) -> None:
    """That many events, in large batches."""
    once, n = story(), 0
    while ledger.head.seq < events:
        for k in range(0, len(once), _FILL):
            room = events - ledger.head.seq
            batch = [again(event, n) for event in once[k : k + min(_FILL, room)]]
            if batch:
                ledger.append(batch, ledger.stamp(max(micros(event.at) for event in batch)))
        n += 1


def read(arrays: Iterable[np.ndarray]) -> int:
    """Read alone: how many facts."""
    return sum(len(facts) for facts in arrays)


def timed(work: Callable[[], Any], rounds: int) -> tuple[float, Any]:
    """The best time of some rounds (in seconds) and what came out."""
    best, result = float("inf"), None
    for _ in range(rounds):
        begun = time.perf_counter()
        result = work()
        best = min(best, time.perf_counter() - begun)
    return best, result


def measure(ledger: Ledger, what: str, source: Callable[[], Iterable[np.ndarray]], args: Any
            ) -> list[dict[str, Any]]:  # fmt: skip
    """Reading, and reading with the fold."""

    def rebuild() -> str:
        state = State(ledger.names)
        for facts in source():
            state.fold(facts)
        rebuild.state = state  # pyright: ignore[reportFunctionMemberAccess]
        return ""

    reading, _ = timed(lambda: read(source()), args.rounds)
    whole, _ = timed(rebuild, args.rounds)
    digest = rebuild.state.digest()  # pyright: ignore[reportFunctionMemberAccess]
    return [
        {"what": f"{what}, read", "events_s": args.events / reading, "seconds": reading},
        {"what": f"{what}, rebuilt", "events_s": args.events / whole, "seconds": whole,
         "digest": digest},
    ]  # fmt: skip


def run(args: argparse.Namespace) -> list[dict[str, Any]]:
    """All rows of the table."""
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(dir=args.dir) as folder:
        ledger = SqliteLedger(Path(folder) / "ledger.db")
        fill(ledger, args.events)
        rows += measure(ledger, "SQLite rows", ledger.facts, args)
        segments = Segments(Path(folder) / "segments")
        exported, _ = timed(lambda: segments.export(ledger, rows=min(args.events, 1_000_000)), 1)
        rows.append({"what": "segments, written", "events_s": args.events / exported,
                     "seconds": exported})  # fmt: skip
        rows += measure(ledger, "segments", segments.facts, args)
        rows[-1]["bytes_event"] = (
            sum(path.stat().st_size for path in segments.folder.glob("facts-*")) / args.events
        )
        ledger.close()
    if args.postgres:
        from support import postgres
        from taktnet.store.postgres import PostgresLedger

        with postgres.server() as server:
            other = PostgresLedger(server.fresh())
            fill(other, args.events)
            rows += measure(other, "PostgreSQL rows", other.facts, args)
            other.close()
    return rows


def bars(rows: list[dict[str, Any]]) -> list[tuple[str, bool]]:
    """Each bar in words, and whether it holds."""
    told: list[tuple[str, bool]] = []
    for row in rows:
        if row["what"].endswith("rebuilt"):
            bar = BAR_SEGMENTS if row["what"].startswith("segments") else BAR_LIVE
            words = f"{row['what']}: {row['events_s']:,.0f} events/s, bar {bar:,}"
            told.append((words, row["events_s"] >= bar))
    digests = {row["digest"] for row in rows if "digest" in row}
    told.append(("all rebuilt states are equal", len(digests) == 1))
    return told


def main() -> int:
    """Measure, print, and say whether the bars hold."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3, help="the best one counts")
    parser.add_argument("--dir", type=Path, default=None, help="where the ledger is made")
    parser.add_argument("--postgres", action="store_true", help="measure PostgreSQL as well")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    rows = run(args)
    told = bars(rows)
    if args.json:
        print(json.dumps({"load": os.getloadavg(), "rows": rows, "bars": told}, indent=1))
    else:
        print(f"Rebuild of the state, {args.events:,} events, best of {args.rounds}; "
              f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")  # fmt: skip
        for row in rows:
            more = f"  {row['bytes_event']:.1f} B an event" if "bytes_event" in row else ""
            print(f"{row['what']:<26}{row['events_s']:>14,.0f}/s{row['seconds']:>9.3f} s{more}")
        for words, good in told:
            print(("holds: " if good else "BELOW THE BAR: ") + words)
    return 0 if all(good for _, good in told) else 1


if __name__ == "__main__":
    sys.exit(main())
