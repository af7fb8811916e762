"""Where published reference data lies that is no part of the repository."""

from __future__ import annotations

import os
from pathlib import Path

DATA = Path(os.environ.get("TAKTNET_DATA", Path(__file__).parents[3] / "shared" / "data"))
