"""The page of what the twin simulates names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parents[1]
PAGE = HERE.parent / "docs" / "reference" / "simulated.md"


def test_every_test_of_the_page_exists() -> None:
    """At least one to a row, each by the name of a test function."""
    rows = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| ")][1:]
    named = [re.findall(r"`(test_\w+)`", row) for row in rows]
    assert len(rows) > 20
    assert all(named)
    source = "".join(
        p.read_text("utf-8") for d in ("twin", "laws") for p in (HERE / d).glob("*.py")
    )
    assert [n for names in named for n in names if f"def {n}(" not in source] == []
