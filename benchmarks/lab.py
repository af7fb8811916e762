"""How soon the scenario lab answers on the shipped example.

    uv run python benchmarks/lab.py [--port 8471]

`taktnet up` lives through the example's history; then the worst disturbance and the answers that
suggest themselves are asked for 14 days over HTTP, with different luck: from POST to the paired
result, and once to the KPIs that come behind it. Wall clock; the first question is told apart,
the median is of five more. Bar: the result within a second.
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
    """Seconds from POST to the result, to the first KPIs, and to the last of them; 0: not asked."""
    at, result, kpis = time.perf_counter(), 0.0, 0.0
    job = call(address, "/api/simulations", question)
    while True:
        job = call(address, f"/api/jobs/{job['id']}")
        now, found = time.perf_counter() - at, job.get("result") or {}
        result = result or (now if found else 0.0)
        kpis = kpis or (now if "kpis" in found else 0.0)
        if job["state"] not in ("queued", "running"):
            assert found, job
            return result, kpis, now
        time.sleep(0.02)


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
                {"base": base, "answers": answers, "days": 14, "seed": seed}
                for seed in range(ROUNDS + 1)
            ]
            found = [asked(address, ask)[0] for ask in asks]
            kpis = asked(address, asks[0] | {"kpis": True})
        finally:
            tower.terminate()
            tower.wait()
    usual = statistics.median(found[1:])
    print(f"{base['name']}, {len(answers)} answers x 14 days")
    print("| first result | median of the next | first KPIs | all KPIs |\n|--|--|--|--|")
    print(f"| {found[0]:.2f} s | {usual:.2f} s | {kpis[1]:.2f} s | {kpis[2]:.2f} s |")
    return 0 if usual <= BAR_S else 1


if __name__ == "__main__":
    sys.exit(main())
