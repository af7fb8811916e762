"""How soon the scenario lab answers on the shipped example.

    uv run python benchmarks/lab.py [--port 8471]

`taktnet up` lives through the example's history; then the worst disturbance and the answers that
suggest themselves are asked for 14 days over HTTP, five times with different luck: from POST to
the paired result, and to the KPIs that come behind it. The median is of the wall clock; the first
question is told apart. Bar: the result within a second.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from typing import Any

BAR_S, ROUNDS = 1.0, 5


def call(address: str, path: str, body: Any = None) -> Any:
    """The JSON of a route."""
    data = None if body is None else json.dumps(body).encode()
    asked = urllib.request.Request(address + path, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(asked, timeout=60) as answer:
        return json.load(answer)


def wait_for_history(address: str) -> None:
    """Until the tower serves and its history is in: no new row for two seconds."""
    before, quiet = -1, 0
    while quiet < 4:
        time.sleep(0.5)
        try:
            seq = call(address, "/api/health")["seq"]
        except (urllib.error.URLError, ConnectionError):
            continue
        quiet = quiet + 1 if seq == before and seq > 1000 else 0
        before = seq


def asked(address: str, question: Any) -> tuple[float, float, float]:
    """Seconds from POST to the result, to the first KPIs, and to the last of them."""
    at, result, kpis = time.perf_counter(), 0.0, 0.0
    job = call(address, "/api/simulations", question)
    while True:
        job = call(address, f"/api/jobs/{job['id']}")
        if job.get("result") and not result:
            result = time.perf_counter() - at
        if job["result"] and "kpis" in job["result"] and not kpis:
            kpis = time.perf_counter() - at
        if job["state"] not in ("queued", "running"):
            assert job["result"]["kpis"], job
            return result, kpis, time.perf_counter() - at
        time.sleep(0.01)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8471)
    address = f"http://127.0.0.1:{parser.parse_args().port}"
    with tempfile.TemporaryDirectory() as place:
        command = [sys.executable, "-m", "taktnet.cli.main", "up", "--example", "drivetrain"]
        command += ["--place", place, "--speed", "1", "--port", address.rsplit(":", 1)[1]]
        tower = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            wait_for_history(address)
            worst = call(address, "/api/simulations/disturbances?limit=1")["rows"][0]
            base = {"name": worst["name"][:80].replace(":", " "), "changes": worst["changes"]}
            answers = call(address, "/api/simulations/answers", base)["answers"]
            answers = [answer for answer in answers if answer.get("changes")]
            asks = [
                {"base": base, "answers": answers, "days": 14, "kpis": True, "seed": seed}
                for seed in range(ROUNDS + 1)
            ]
            found = [asked(address, ask) for ask in asks]
        finally:
            tower.terminate()
            tower.wait()
    middle = [statistics.median(column) for column in zip(*found[1:], strict=True)]
    print(f"{base['name']}, {len(answers)} answers x 14 days")
    print("| | first question | median of the next | bar |\n|--|--|--|--|")
    for name, first, usual, bar in zip(
        ("paired result", "first KPIs", "all KPIs"), found[0], middle, (f"{BAR_S} s", "", ""),
        strict=True,
    ):  # fmt: skip
        print(f"| {name} | {first:.2f} s | {usual:.2f} s | {bar} |")
    return 0 if middle[0] <= BAR_S else 1


if __name__ == "__main__":
    sys.exit(main())
