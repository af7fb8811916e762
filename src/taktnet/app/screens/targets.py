"""Declared targets of the KPIs: `targets.toml` in the tower's folder, in the units of the screens.

One line a KPI, for example `otif = 95.0` (per cent) or `turns = 12`. No file, no targets.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

from taktnet.app.screens.tiles import LABELS
from taktnet.base.errors import Fault, InputFaults

FILE = "targets.toml"


def read_targets(place: Path | None) -> dict[str, float]:
    """Target by KPI; raises InputFaults with every fault of the file."""
    path = place / FILE if place is not None else None
    if path is None or not path.exists():
        return {}
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputFaults([Fault(FILE, 0, "", str(error), "TOML in UTF-8")]) from error
    faults = [
        Fault(FILE, 0, name, repr(value), "a number", f"Known are {', '.join(LABELS)}.")
        for name, value in table.items()
        if name not in LABELS or isinstance(value, bool) or not isinstance(value, int | float)
    ]
    if faults:
        raise InputFaults(faults)
    return {name: float(value) for name, value in table.items()}
