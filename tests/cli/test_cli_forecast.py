"""`taktnet plan forecast`: a table, its faults, and a person's override."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from taktnet.cli.main import app


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """Two series over 40 weeks."""
    chance = np.random.default_rng(1)
    lines = ["item,site,date,qty"]
    for week in range(40):
        day = date(2025, 1, 6) + timedelta(weeks=week)
        lines += [f"007,S1,{day},{chance.poisson(30)}", f"COVER,S2,{day},{chance.poisson(2)}"]
    path = tmp_path / "history.csv"
    path.write_text("\n".join(lines))
    return path


def run(*words: str, code: int = 0) -> str:
    """What the command says."""
    told = CliRunner().invoke(app, ["plan", "forecast", *words])
    assert told.exit_code == code, told.output
    return told.output


def test_a_table_is_forecast_with_what_it_covered(history: Path) -> None:
    """Names stay texts; the chosen method stands first among those tried; coverage is told."""
    told = json.loads(run(str(history), "--horizon", "4", "--lead", "2", "--json"))
    (first, second) = told["series"]
    assert {first["item"], second["item"]} == {"007", "COVER"}
    assert len(first["mean"]) == 4
    assert first["candidates"][0]["chosen"]
    assert first["candidates"][0]["method"] == first["method"]
    assert [c["what"] for c in told["coverage"]] == ["stock", "band"]
    only = json.loads(run(str(history), "--item", "007", "--json"))
    assert [s["item"] for s in only["series"]] == ["007"]


def test_a_table_is_shown_in_words(history: Path) -> None:
    """One row a series, and one line for what stock and band covered."""
    told = run(str(history))
    assert "COVER" in told
    assert "stock: covered" in told


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("--step", "year"), "step"),
        (("--service", "100"), "service"),
        (("--horizon", "0"), "horizon"),
        (("--item", "NONE"), "no series of the table"),
        (("--propose",), "no tower to propose to"),
    ],
)
def test_what_cannot_be_is_refused_in_words(
    history: Path, words: tuple[str, ...], text: str
) -> None:
    """The option is named, and nothing is forecast."""
    assert text in run(str(history), *words, code=1)


def test_a_folder_that_is_no_tower_says_so(tmp_path: Path) -> None:
    """Neither a network nor a tower."""
    assert "neither a network nor a tower" in " ".join(run(str(tmp_path), code=1).split())
