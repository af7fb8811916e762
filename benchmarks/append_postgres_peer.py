"""The plain append of `eventsourcing` to PostgreSQL, for comparison; run by append_postgres.py.

    python append_postgres_peer.py HOST DATABASE BATCH SECONDS

No chain, no projection; see append_eventsourcing.py.
"""

from __future__ import annotations

import json
import sys
import time
from uuid import uuid4

from append_eventsourcing import STATE
from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore


def main() -> None:
    """Append for SECONDS; print the figures as JSON."""
    host, database, batch, seconds = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
    store = PostgresDatastore(dbname=database, host=host, port="5432", user="taktnet", password="")
    recorder = PostgresApplicationRecorder(store, events_table_name="stored_events")
    recorder.create_table()
    plants = [uuid4() for _ in range(20)]
    versions = [0] * 20
    times: list[float] = []
    done, spent = 0, 0.0
    while spent < seconds:
        events = []
        for n in range(done, done + batch):
            versions[n % 20] += 1
            events.append(StoredEvent(plants[n % 20], versions[n % 20], "stock.consumed", STATE))
        begun = time.perf_counter()
        recorder.insert_events(events)
        times.append(time.perf_counter() - begun)
        spent += times[-1]
        done += batch
    store.close()
    times.sort()
    p50, p99 = (1e3 * times[int(q * (len(times) - 1))] for q in (0.5, 0.99))
    print(json.dumps({"events_s": done / spent, "p50_ms": p50, "p99_ms": p99}))


if __name__ == "__main__":
    main()
