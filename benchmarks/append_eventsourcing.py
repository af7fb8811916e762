"""Appending with `eventsourcing` to SQLite, for comparison; run by append.py.

    python append_eventsourcing.py DATABASE BATCH SECONDS WHAT

WHAT is `put`: domain events of about the content of ours go through its event store, which makes
them bytes and inserts them; or `insert`: bytes made beforehand go into its recorder. Both commit
once a batch, check (originator, version), and neither chain nor fold.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from eventsourcing.domain import DomainEvent
from eventsourcing.persistence import (
    DatetimeAsISO,
    DecimalAsStr,
    EventStore,
    JSONTranscoder,
    Mapper,
    UUIDAsHex,
)
from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteDatastore


@dataclass(frozen=True)
class StockConsumed(DomainEvent):
    """What our event of that kind says."""

    source: str
    id: str
    site: str
    item: str
    qty: float
    resource: str


PLANTS = [uuid4() for _ in range(20)]
AT = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)


def event(n: int, plant: UUID, version: int) -> StockConsumed:
    """The n-th event."""
    key: dict[str, Any] = {
        "originator_id": plant,
        "originator_version": version,
        "timestamp": AT,
        "source": "mes",
        "id": f"PLANT-{n % 20:02d}-{n:09d}",
        "site": f"PLANT-{n % 20:02d}",
    }
    return StockConsumed(**key, item=f"ITEM-{n % 311:04d}", qty=10.0, resource=f"L{n % 40}")


def main() -> None:
    """Append for SECONDS; print the figures as JSON."""
    path, batch, seconds, what = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), sys.argv[4]
    recorder = SQLiteApplicationRecorder(SQLiteDatastore(path))
    recorder.create_table()
    transcoder = JSONTranscoder()
    for transcoding in (UUIDAsHex(), DecimalAsStr(), DatetimeAsISO()):
        transcoder.register(transcoding)
    mapper = Mapper(transcoder=transcoder)
    ready = what == "insert"
    append: Callable[[Any], object] = (
        recorder.insert_events if ready else EventStore(mapper, recorder).put
    )
    times: list[float] = []
    done, spent = 0, 0.0
    while spent < seconds:
        events: Any = [event(n, PLANTS[n % 20], n // 20 + 1) for n in range(done, done + batch)]
        if ready:
            events = [mapper.to_stored_event(one) for one in events]
        begun = time.perf_counter()
        append(events)
        times.append(time.perf_counter() - begun)
        spent += times[-1]
        done += batch
    times.sort()
    p50, p99 = (1e3 * times[int(q * (len(times) - 1))] for q in (0.5, 0.99))
    print(json.dumps({"events_s": done / spent, "p50_ms": p50, "p99_ms": p99}))


if __name__ == "__main__":
    main()
