"""stockpyl in an environment of its own: 1.0.2 does not run with NumPy 2."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

NEEDS = ("stockpyl==1.0.2", "numpy<2")


def ask(script: str, data: object, python: str = "") -> Any:
    """What a script prints as JSON in its last line, given `data` as JSON on standard input.

    It runs under `python`, or in an environment that uv makes.
    """
    made = ["uv", "run", "--no-project", "--python", sys.executable]
    made += [word for need in NEEDS for word in ("--with", need)]
    command = [python] if python else [*made, "python"]
    done = subprocess.run([*command, "-W", "ignore", "-c", script], input=json.dumps(data),
                          capture_output=True, text=True, check=False)  # fmt: skip
    if done.returncode:
        raise SystemExit(f"stockpyl did not run: {done.stderr.strip().splitlines()[-1:]}")
    return json.loads(done.stdout.splitlines()[-1])
