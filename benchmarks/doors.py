"""How soon doors answer: `uv run python benchmarks/doors.py [--json]`.

`taktnet --help` and `taktnet simulate` on the shipped example (14 days, twice) in a new process,
the takt of a generated network of 2,000 sites, and each screen of a tower over 1,000 sites when
one more event has come in. Processor seconds, best of five; one untimed call compiles kernels and
bytecode first. Bars: help <= 0.4 s, simulate <= 1.5 s.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from taktnet.app.screens.screens import TowerScreens
from taktnet.app.tower import Tower
from taktnet.ledger.event import StockCounted
from taktnet.network.generate import generate
from taktnet.network.rates import network_takt

ROUNDS = 5
COMMANDS = {
    "taktnet --help": (["--help"], 0.4),
    "taktnet simulate": (["simulate", "examples/drivetrain", "--days", "14", "-r", "2"], 1.5),
}
ROOT = Path(__file__).parents[1]


def command_s(arguments: list[str]) -> float:
    """Processor time of one command in a new process, which may keep its bytecode."""
    before = os.times()
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-m", "taktnet.cli.main", *arguments]
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT, env=kept)
    after = os.times()
    user = after.children_user - before.children_user
    return user + after.children_system - before.children_system


def timed(work: Callable[[], Any]) -> float:
    """Processor time of one call in this process."""
    start = time.process_time()
    work()
    return time.process_time() - start


def screen_rows() -> list[dict[str, Any]]:
    """Best time of each screen, each asked just after an event."""
    network = generate(1000, 1)
    point, at = network.stock_points[0], datetime(2026, 3, 2, 12, tzinfo=UTC)
    rows: list[dict[str, Any]] = []
    with Tower.open(network=network) as tower:
        screens = TowerScreens(tower)
        asked: dict[str, Callable[[], Any]] = {
            "overview": screens.overview,
            "loops": lambda: screens.board("", "", "", 1),
            "sites": lambda: screens.sites("", "", 3),
            "one site": lambda: screens.site(point.site),
            "search": lambda: screens.find("Supplier 9"),
        }
        screens.overview()
        for name, work in asked.items():
            best = float("inf")
            for n in range(ROUNDS):
                about = {"source": "b", "site": point.site, "item": point.item, "qty": 1}
                event = StockCounted(id=f"{name}{n}", at=at + timedelta(seconds=n), **about)
                tower.ingest([event])
                best = min(best, timed(work))
            rows.append({"what": f"screen of 1,000 sites: {name}", "cpu_s": round(best, 3)})
    return rows


def main() -> None:
    """Measure, print, and exit with 1 where the bar is missed."""
    network = generate(2000, 1)
    network_takt(network, date(2026, 3, 2))
    takt = min(timed(lambda: network_takt(network, date(2026, 3, 2))) for _ in range(ROUNDS))
    rows: list[dict[str, Any]] = []
    for name, (arguments, bar) in COMMANDS.items():
        command_s(arguments)
        best = min(command_s(arguments) for _ in range(ROUNDS))
        rows.append({"what": name, "cpu_s": round(best, 3), "bar": bar})
    rows += [
        {"what": "takt of 2,000 sites", "cpu_s": round(takt, 3)},
        *screen_rows(),
    ]
    kept = all(row["cpu_s"] <= row.get("bar", row["cpu_s"]) for row in rows)
    if "--json" in sys.argv:
        print(json.dumps({"rows": rows, "bar_kept": kept}))
    else:
        print(f"{'':32} {'CPU s':>6} {'bar':>5}")
        for row in rows:
            print(f"{row['what']:32} {row['cpu_s']:6.3f} {row.get('bar', ''):>5}")
        print("bars:", "kept" if kept else "MISSED")
    sys.exit(0 if kept else 1)


if __name__ == "__main__":
    main()
