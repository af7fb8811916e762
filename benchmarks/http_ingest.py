"""HTTP ingest: one event a request, 201 when durable, 32 connections, through `taktnet up`.

    uv run python benchmarks/http_ingest.py [--seconds 5] [--rounds 3] [--sites 200] [--json]

The server is the product as it is started by hand, on SQLite with synchronous=FULL: every event
is checked, looked up by key, chained, folded, decided on and committed before its answer; its
decisions are written as files and recorded as sent. The load comes from `wrk` on the same machine.
At the end every answered event is counted in the ledger. The bar: 5,000 events/s, quiet machine.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from taktnet.app.tower import Tower
from taktnet.base.names import Domain
from taktnet.ledger.event import StockCounted
from taktnet.network import Network
from taktnet.network.generate import generate

BAR = 5_000
CONNECTIONS = 32
START = datetime(2026, 3, 1, tzinfo=UTC)


def places_of(network: Network) -> list[tuple[str, str]]:
    """Where parts are used: the points that loops supply."""
    return sorted({(loop.site, loop.item) for loop in network.loops})


def prepare(folder: Path, sites: int) -> tuple[Path, list[tuple[str, str]]]:
    """A tower over a generated network with every loop full; its folder, and where to use parts."""
    network = generate(sites, seed=1)
    place = folder / "tower"
    counts = [
        StockCounted(
            source="opening",
            id=loop.id,
            at=START,
            site=loop.site,
            item=loop.item,
            qty=float(loop.cards * loop.container_qty),
        )
        for loop in network.loops
    ]
    with Tower.open(place, network) as tower:
        tower.ingest(counts)
    return place, places_of(network)


@contextmanager
def running(place: Path) -> Iterator[tuple[str, int]]:
    """`taktnet up` on the place; its address and process."""
    command = [sys.executable, "-m", "taktnet.cli.main", "up", str(place), "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        told = ""
        for line in server.stdout:
            told += line
            if line.startswith("}"):
                break
        url = json.loads(told)["url"]
        httpx.get(f"{url}/api/health", timeout=30, trust_env=False)
        try:
            yield url, server.pid
        finally:
            server.terminate()
            server.wait(30)


def cpu_s(pid: int) -> float:
    """Seconds of processor time a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wrk(server: tuple[str, int], where: Path, run: str, seconds: float) -> dict[str, float]:
    """What `wrk` measured: requests a second, latency (ms); and the server's time per event."""
    url, pid = server
    used = cpu_s(pid)
    script = Path(__file__).with_name("http_ingest.lua")
    command = ["wrk", "-t2", f"-c{CONNECTIONS}", f"-d{seconds:g}s", "--latency", "-s", script, url]
    out = subprocess.run([*command, "--", where, run], capture_output=True, text=True, check=True)
    told = out.stdout
    answered = float(_find(r"(\d+) requests in", told))
    return {
        "events_s": float(_find(r"Requests/sec:\s+([\d.]+)", told)),
        "answered": answered,
        "cpu_us": (cpu_s(pid) - used) / answered * 1e6,
        "p50_ms": _ms(_find(r"\n\s+50%\s+(\S+)", told)),
        "p99_ms": _ms(_find(r"\n\s+99%\s+(\S+)", told)),
        "refused": float(_find(r"Non-2xx or 3xx responses: (\d+)", told, "0")),
        "errors": sum(map(float, re.findall(r"(?:read|write|timeout|connect) (\d+)", told))),
    }


def _find(pattern: str, text: str, default: str | None = None) -> str:
    found = re.search(pattern, text)
    if found is None and default is None:
        raise SystemExit(f"wrk said:\n{text}")
    return found[1] if found else str(default)


def _ms(text: str) -> float:
    number, unit = re.findall(r"^([\d.]+)(us|ms|s|m)$", text)[0]
    return float(number) * {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4}[unit]


def recorded(place: Path) -> int:
    """How many of the load's events are in the ledger."""
    with Tower.open(place, read_only=True) as tower:
        return sum(
            int((facts["source"] == tower.names.find(Domain.SOURCE, "bench")).sum())
            for facts in tower.ledger.facts()
        )


def main() -> int:
    """Measure, print a table, fail when the bar is missed or an event is."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sites", type=int, default=200)
    parser.add_argument("--dir", type=Path, default=None, help="where the ledger lies")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is missing; install it (apt-get install wrk)")
    rows: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory(dir=args.dir) as name:
        place, places = prepare(Path(name), args.sites)
        where = Path(name) / "places"
        where.write_text("".join(f"{site} {item}\n" for site, item in places))
        with running(place) as server:
            wrk(server, where, "warm", 1.0)
            rows += [wrk(server, where, f"r{n}", args.seconds) for n in range(args.rounds)]
        kept = recorded(place)
    return report(rows, kept, args)


def report(rows: list[dict[str, float]], kept: int, args: Any) -> int:
    """Print; 1 when an answered event is not in the ledger or the bar is missed."""
    median = sorted(row["events_s"] for row in rows)[len(rows) // 2]
    answered = int(sum(row["answered"] for row in rows))
    lost = max(0, answered - kept)
    failed = int(sum(row["refused"] + row["errors"] for row in rows))
    if args.json:
        told = {"rows": rows, "median": median, "bar": BAR, "answered": answered, "lost": lost}
        print(json.dumps(told | {"failed": failed}, indent=2))
    else:
        print(f"One event a request, {CONNECTIONS} connections, {args.sites} sites, SQLite FULL\n")
        print("| round | events/s | p50 ms | p99 ms | server CPU us/event | not 2xx | errors |")
        print("|---|---|---|---|---|---|---|")
        for n, row in enumerate(rows, 1):
            print(
                f"| {n} | {row['events_s']:,.0f} | {row['p50_ms']:.1f} | {row['p99_ms']:.1f} | "
                f"{row['cpu_us']:.0f} | {row['refused']:.0f} | {row['errors']:.0f} |"
            )
        print(f"\nmedian {median:,.0f}/s (bar {BAR:,}); answered {answered:,}, lost {lost}")
    return int(lost > 0 or failed > 0 or median < BAR)


if __name__ == "__main__":
    sys.exit(main())
