"""Durable append: events a second into a SQLite ledger, singly and in batches.

    uv run python benchmarks/append.py [--seconds 3] [--dir .] [--json]

Every event is checked, found to be new (the next number of its series, else by a look-up of its
key), lowered to facts, chained by SHA-256 and committed with synchronous=FULL before the next batch
begins; "+ state" folds it into the live state as well.
Beside it: the floor (fdatasync of 4 KiB on the same disk) and, in the same rounds, the plain append
of `eventsourcing` (`EventStore.put`: from domain events to committed rows), which neither chains
nor folds; "its insert" is its recorder alone, fed with bytes made beforehand. It runs in an
environment of its own by `uv run --with`.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from taktnet.ledger import event as e
from taktnet.ledger.admission import number
from taktnet.ledger.fact import FACT
from taktnet.store.sqlite import SqliteLedger

BATCHES = (1, 10, 100, 1000)
BARS = {1: 4_000, 100: 20_000, 1000: 40_000}
PEER = Path(__file__).with_name("append_eventsourcing.py")
START = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
SITES = tuple(f"PLANT-{n:02d}" for n in range(20))


def happening(n: int) -> e.AnyEvent:
    """The n-th event of a plant's day: uses, makes, pulls, ships, receives, takes orders."""
    at, site, item = START + timedelta(milliseconds=50 * n), SITES[n % 20], f"ITEM-{n % 311:04d}"
    key: dict[str, Any] = {"source": "mes", "id": f"{site}-{n:09d}", "at": at, "site": site}
    match n % 10:
        case 0 | 1 | 2:
            return e.StockConsumed(**key, item=item, qty=float(n % 7 + 1), resource=f"L{n % 40}")
        case 3 | 4:
            return e.StockProduced(**key, item=item, qty=float(n % 40 + 1), resource=f"L{n % 40}")
        case 5 | 6:
            return e.CardPulled(**key, loop=f"KB-{n % 300}", card=f"KB-{n % 300}#{n % 9}")
        case 7:
            return e.GoodsShipped(
                **key, shipment=f"S{n}", to=SITES[(n + 7) % 20], item=item, qty=12.0, lane="L-7"
            )
        case 8:
            return e.GoodsReceived(**key, shipment=f"S{n - 1}", item=item, qty=12.0)
        case _:
            end = at + timedelta(days=3)
            return e.OrderPlaced(
                **key, order=f"O{n}", party="ACME", item=item, qty=4.0,
                window_start=at, window_end=end, price=19.9,
            )  # fmt: skip


def fold_nothing(_: np.ndarray) -> None:
    """No projections."""


def make_fold(ledger: SqliteLedger) -> Callable[[np.ndarray], object] | None:
    """What folds facts into the live state, or None while there is no such package."""
    try:
        from taktnet.state import State
    except ImportError:
        return None
    return State(ledger.names).fold


def measure_ours(directory: Path, batch: int, seconds: float, state: bool) -> dict[str, float]:
    """Events a second and the times of a commit, on a fresh ledger."""
    ledger = SqliteLedger(directory / "ours.db")
    fold = make_fold(ledger) if state else fold_nothing
    assert fold is not None
    clock, times, done = time.perf_counter, list[float](), 0
    commit(ledger, [happening(n) for n in range(-batch, 0)], fold)  # compiles the fold
    spent = 0.0
    while spent < seconds:
        events = [happening(n) for n in range(done, done + batch)]
        begun = clock()
        commit(ledger, events, fold)
        times.append(clock() - begun)
        spent += times[-1]
        done += batch
    ledger.close()
    return summary(done, spent, times)


def commit(ledger: SqliteLedger, events: list[e.AnyEvent], fold: Callable[..., object]) -> int:
    """One batch the way the tower's writer takes it: admit, fold, commit."""
    recorded = ledger.stamp(0)
    entries = number(ledger.admit(events, recorded).admitted, ledger.head.seq)
    fold(np.frombuffer(b"".join([entry.facts for entry in entries]), FACT))
    ledger.commit(entries, recorded)
    return len(entries)


def summary(done: int, spent: float, times: list[float]) -> dict[str, float]:
    """Events a second, commit p50 and p99 in milliseconds."""
    p50, p99 = (1e3 * float(np.quantile(times, q)) for q in (0.5, 0.99))
    return {"events_s": done / spent, "p50_ms": p50, "p99_ms": p99}


def measure_peer(directory: Path, batch: int, seconds: float, what: str) -> dict[str, float] | None:
    """The same of `eventsourcing`, in an environment of its own; None if it cannot be had."""
    uv = shutil.which("uv")
    if uv is None:
        return None
    command = [uv, "run", "--quiet", "--no-project", "--with", "eventsourcing>=9.4,<10"]
    command += ["python", str(PEER), str(directory / "peer.db"), str(batch), str(seconds), what]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return json.loads(done.stdout) if done.returncode == 0 else None


def floor(directory: Path, count: int = 300) -> dict[str, float]:
    """What the disk allows: write 4 KiB, fdatasync, again."""
    times: list[float] = []
    with (directory / "floor").open("wb") as file:
        for _ in range(count):
            file.write(os.urandom(4096))
            file.flush()
            begun = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - begun)
    return summary(count, sum(times), times)


def rounds(args: argparse.Namespace) -> Iterator[tuple[str, int, dict[str, float] | None]]:
    """(what, batch, figures), ours and theirs in turn so that both meet the same disk."""
    runs: list[tuple[str, Callable[[Path, int], dict[str, float] | None]]] = [
        ("ledger", lambda d, b: measure_ours(d, b, args.seconds, state=False)),
        ("ledger + state", lambda d, b: measure_ours(d, b, args.seconds, state=True)),
        ("eventsourcing", lambda d, b: measure_peer(d, b, args.seconds, "put")),
        ("  its insert", lambda d, b: measure_peer(d, b, args.seconds, "insert")),
    ]
    for _ in range(args.rounds):
        for batch in args.batches:
            for what, run in runs:
                with tempfile.TemporaryDirectory(dir=args.dir) as name:
                    yield what, batch, run(Path(name), batch)
                    yield "fdatasync", batch, floor(Path(name))


def best(found: list[dict[str, float] | None]) -> dict[str, float] | None:
    """The median round by rate."""
    known = [figures for figures in found if figures is not None]
    return sorted(known, key=lambda f: f["events_s"])[len(known) // 2] if known else None


def main() -> int:
    """Measure, print, and say whether the bars hold."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=3.0, help="of appending, per figure")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--dir", type=Path, default=Path.cwd(), help="on the disk to measure")
    parser.add_argument("--batches", type=int, nargs="+", default=list(BATCHES))
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    found: dict[tuple[str, int], list[dict[str, float] | None]] = {}
    for what, batch, figures in rounds(args):
        found.setdefault((what, batch), []).append(figures)
    table = {key: best(figures) for key, figures in found.items()}
    if args.json:
        rows = [{"what": w, "batch": b, **(f or {})} for (w, b), f in table.items()]
        print(json.dumps({"load": os.getloadavg(), "rows": rows}, indent=1))
    else:
        print_table(table, args)
    return 0 if all(fails is None for fails in bars(table)) else 1


def bars(table: dict[tuple[str, int], dict[str, float] | None]) -> Iterator[str | None]:
    """One entry per bar: None, or how it fails."""
    for batch, wanted in BARS.items():
        ours = table.get(("ledger + state", batch)) or table.get(("ledger", batch))
        if ours is None:
            continue
        rate = ours["events_s"]
        yield None if rate >= wanted else f"batch {batch}: {rate:,.0f}/s, wanted {wanted:,}"
        peer = table.get(("eventsourcing", batch))
        share = 1.0 if batch == 1 else 0.5
        if peer is not None:
            least = share * peer["events_s"]
            yield None if rate >= least else f"batch {batch}: {rate:,.0f}/s, wanted {least:,.0f}"


def print_table(
    table: dict[tuple[str, int], dict[str, float] | None], args: argparse.Namespace
) -> None:
    """The figures for a stranger."""
    print(
        f"Durable append to SQLite (WAL, synchronous=FULL), {args.seconds:g} s a figure, median of "
        f"{args.rounds} rounds; load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    )
    print(f"{'what':<16}{'batch':>7}{'events/s':>12}{'p50 ms':>16}{'p99 ms':>10}{'bar':>10}")
    for (what, batch), figures in sorted(table.items(), key=lambda row: row[0][1]):
        if figures is None:
            print(f"{what:<16}{batch:>7}{'not measured (uv, or the package, cannot be had)':>50}")
            continue
        bar = f"{BARS[batch]:,}" if what.startswith("ledger") and batch in BARS else ""
        print(
            f"{what:<16}{batch:>7}{figures['events_s']:>12,.0f}{figures['p50_ms']:>16.2f}"
            f"{figures['p99_ms']:>10.2f}{bar:>10}"
        )
    floors = [f["p50_ms"] for (w, _), f in table.items() if w == "fdatasync" and f]
    print(f"fdatasync p50 over all rounds: {statistics.median(floors):.3f} ms")
    for failure in bars(table):
        if failure is not None:
            print(f"below the bar: {failure}")


if __name__ == "__main__":
    sys.exit(main())
