"""Durable append to PostgreSQL: batches, and many clients on one group-committing writer.

    uv run python benchmarks/append_postgres.py [--seconds 3] [--rounds 3] [--json]

Starts a PostgreSQL of its own (fsync and synchronous_commit on). Each batch is checked, looked up
by key, lowered, chained, copied in binary and committed; "+ state" folds it into the live state
too. "clients" submit one event at a time to the tower's writer, wait for the commit, submit the
next: the writer commits what waits as one group. The bars: 18,000/s in batches of 100, 32 clients
together at least 4 times one. Beside it the floor, one-row commits of the same server, and the
plain append of `eventsourcing` on it where that package can be had.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
from append import best, happening, summary

from taktnet.app.writer import Batch, Writer
from taktnet.ledger.admission import number, settle
from taktnet.ledger.event import AnyEvent
from taktnet.ledger.fact import FACT
from taktnet.ledger.ledger import Receipt
from taktnet.state import State
from taktnet.store.postgres import PostgresLedger

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from support import postgres

BATCHES = (1, 10, 100, 1000)
CLIENTS = (1, 8, 32)
BAR_BATCH_100 = 18_000
BAR_CLIENTS = 4.0


class Committer:
    """What the writer commits with: admit, fold, commit; the tower adds the rules."""

    def __init__(self, ledger: PostgresLedger, fold: bool = True) -> None:
        self.ledger = ledger
        self.state = State(ledger.names) if fold else None

    def append(self, events: Sequence[AnyEvent]) -> tuple[Receipt, ...]:
        """One batch, durable."""
        ledger = self.ledger
        recorded = ledger.stamp(time.time_ns() // 1000)
        admission = ledger.admit(events, recorded)
        entries = number(admission.admitted, ledger.head.seq)
        if self.state is not None:
            self.state.fold(np.frombuffer(b"".join([x.facts for x in entries]), FACT))
        ledger.commit(entries, recorded)
        return settle(admission, [entry.seq for entry in entries])

    def commit(self, batches: Sequence[Batch]) -> list[tuple[Receipt, ...]]:
        """All batches of a group as one."""
        receipts = self.append([event for batch in batches for event in batch.events])
        found, at = list[tuple[Receipt, ...]](), 0
        for batch in batches:
            found.append(receipts[at : at + len(batch.events)])
            at += len(batch.events)
        return found

    def recover(self) -> None:
        """Nothing fails here."""
        raise RuntimeError("a commit failed")


def measure_batches(dsn: str, batch: int, seconds: float, fold: bool) -> dict[str, float]:
    """One connection, batch after batch."""
    ledger = PostgresLedger(dsn)
    committer = Committer(ledger, fold)
    committer.append([happening(n) for n in range(-batch, 0)])
    done, spent, times = 0, 0.0, list[float]()
    while spent < seconds:
        events = [happening(n) for n in range(done, done + batch)]
        begun = time.perf_counter()
        committer.append(events)
        times.append(time.perf_counter() - begun)
        spent += times[-1]
        done += batch
    ledger.close()
    return summary(done, spent, times)


def measure_clients(dsn: str, clients: int, seconds: float) -> dict[str, float]:
    """Threads that each submit one event, wait until it is durable, submit the next."""
    ledger = PostgresLedger(dsn)
    writer = Writer(Committer(ledger), group_events=2_000, queue_events=20_000)
    writer.append([happening(-1)])
    times: list[list[float]] = [[] for _ in range(clients)]
    ends = time.perf_counter() + seconds

    def client(mine: int) -> None:
        n = mine * 10_000_000
        while (begun := time.perf_counter()) < ends:
            (receipt,) = writer.append([happening(n)])
            times[mine].append(time.perf_counter() - begun)
            assert receipt.outcome == "recorded", receipt
            n += 1

    threads = [threading.Thread(target=client, args=(n,)) for n in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.close()
    ledger.close()
    waited = [t for mine in times for t in mine]
    return summary(len(waited), seconds, waited)


def measure_floor(dsn: str, seconds: float = 0.5) -> dict[str, float]:
    """What the server allows: commits that change one row."""
    times: list[float] = []
    with psycopg.connect(dsn, autocommit=True) as link:
        link.execute("CREATE TABLE one (n bigint)")
        link.execute("INSERT INTO one VALUES (0)")
        ends = time.perf_counter() + seconds
        while (begun := time.perf_counter()) < ends:
            link.execute("UPDATE one SET n = n + 1")
            times.append(time.perf_counter() - begun)
    return summary(len(times), sum(times), times)


def measure_peer(server: postgres.Server, batch: int, seconds: float) -> dict[str, float] | None:
    """`eventsourcing`'s plain append on the same server; None where it cannot be had."""
    import shutil
    import subprocess

    uv = shutil.which("uv")
    if uv is None:
        return None
    database = server.fresh().split("dbname=")[1]
    command = [uv, "run", "--quiet", "--no-project", "--with", "eventsourcing[postgres]>=9.4,<10"]
    peer = Path(__file__).with_name("append_postgres_peer.py")
    command += ["python", str(peer), str(server.home), database, str(batch), str(seconds)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    return json.loads(ran.stdout) if ran.returncode == 0 else None


def measure(args: argparse.Namespace) -> dict[tuple[str, int], dict[str, float] | None]:
    """The median round of every figure; all in turn, so that they meet the same machine."""
    found: dict[tuple[str, int], list[dict[str, float] | None]] = {}

    def keep(what: str, size: int, figures: dict[str, float] | None) -> None:
        found.setdefault((what, size), []).append(figures)

    with postgres.server() as server:
        for _ in range(args.rounds):
            keep("floor: one-row commit", 1, measure_floor(server.fresh()))
            for batch in args.batches:
                for what, fold in (("ledger", False), ("ledger + state", True)):
                    figures = measure_batches(server.fresh(), batch, args.seconds, fold)
                    keep(f"{what}, batch", batch, figures)
                if not args.no_peer:
                    figures = measure_peer(server, batch, args.seconds)
                    keep("eventsourcing, batch", batch, figures)
            for clients in args.clients:
                keep(
                    "writer, clients",
                    clients,
                    measure_clients(server.fresh(), clients, args.seconds),
                )
    return {key: best(figures) for key, figures in found.items()}


def bars(table: dict[tuple[str, int], dict[str, float] | None]) -> list[tuple[str, bool]]:
    """Each bar in words, and whether it holds."""
    told: list[tuple[str, bool]] = []
    hundred = table.get(("ledger + state, batch", 100))
    if hundred:
        rate = hundred["events_s"]
        words = f"batches of 100: {rate:,.0f}/s, bar {BAR_BATCH_100:,}"
        told.append((words, rate >= BAR_BATCH_100))
    one, many = table.get(("writer, clients", 1)), table.get(("writer, clients", 32))
    if one and many:
        ratio = many["events_s"] / one["events_s"]
        words = f"32 clients: {ratio:.1f} times one client, bar {BAR_CLIENTS:g}"
        told.append((words, ratio >= BAR_CLIENTS))
    return told


def main() -> int:
    """Measure, print, and say whether the bars hold."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=3.0, help="of appending, per figure")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--batches", type=int, nargs="*", default=list(BATCHES))
    parser.add_argument("--clients", type=int, nargs="*", default=list(CLIENTS))
    parser.add_argument("--no-peer", action="store_true", help="leave eventsourcing out")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    table = measure(args)
    told = bars(table)
    if args.json:
        rows: list[dict[str, Any]] = [
            {"what": what, "size": size, **(f or {})} for (what, size), f in table.items()
        ]
        print(json.dumps({"load": os.getloadavg(), "rows": rows, "bars": told}, indent=1))
    else:
        where = f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
        how = f"{args.seconds:g} s a figure, median of {args.rounds}"
        print(f"Durable append to PostgreSQL, {how}; {where}")
        print(f"{'what':<24}{'size':>6}{'events/s':>12}{'p50 ms':>10}{'p99 ms':>10}")
        for (what, size), f in sorted(table.items()):
            shown = f"{f['events_s']:>12,.0f}{f['p50_ms']:>10.2f}{f['p99_ms']:>10.2f}" if f else (
                f"{'not measured (uv, or the package, cannot be had)':>50}")  # fmt: skip
            print(f"{what:<24}{size:>6}{shown}")
        for words, good in told:
            print(("holds: " if good else "BELOW THE BAR: ") + words)
    return 0 if all(good for _, good in told) else 1


if __name__ == "__main__":
    sys.exit(main())
