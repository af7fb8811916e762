"""`taktnet simulate`, `compare` and `twin check`: tables, JSON, faults before anything runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from support.web_tower import QUIET, World, eventful
from taktnet.app.parts import assemble
from taktnet.app.tower import Tower
from taktnet.cli.main import app

pytestmark = pytest.mark.timeout(600)  # the first run here compiles the twin
RUN = CliRunner()
STORM = {
    "scenarios": [
        {"name": "late", "changes": [{"change": "delay", "shipment": "SHP-1", "hours": 48}]},
        {"name": "busy", "changes": [{"change": "demand", "factor": 1.5}]},
        {
            "name": "more",
            "changes": [{"change": "row", "table": "loops", "key": "KB-OPO-1",
                         "values": {"cards": 9}}],
        },
    ]
}  # fmt: skip


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tower's folder, with its network and a file of scenarios beside it."""
    folder = tmp_path_factory.mktemp("what-if")
    world = World()
    world.tower.close()
    world.tower = Tower(assemble(folder / "tower", world.network, QUIET, world.clock))
    eventful(world)
    world.close()
    world.network.write(folder / "network")
    (folder / "storm.json").write_text(json.dumps(STORM))
    return folder


def test_a_live_start_in_words_and_as_json(place: Path) -> None:
    """Each measure with its interval; why there is no advice; the same as one document."""
    tower, storm = str(place / "tower"), f"{place / 'storm.json'}:late + busy"
    few = ["--days", "5", "-r", "4"]
    told = RUN.invoke(app, ["simulate", tower, "-s", storm, *few])
    assert told.exit_code == 0, told.output
    assert "from row" in told.output
    assert "service" in told.output
    assert "never checked" in told.output
    found = json.loads(RUN.invoke(app, ["simulate", tower, "-s", storm, *few, "--json"]).output)
    assert found["live"] is True
    assert found["options"][0]["name"] == "late + busy"
    assert found["impact"]["service"]["n"] == 4


def test_a_network_alone_starts_cold(place: Path) -> None:
    """From full levels, and it says what was left out as warm-up."""
    told = RUN.invoke(app, ["simulate", str(place / "network"), "--days", "10", "-r", "4"])
    assert told.exit_code == 0, told.output
    assert "from full levels" in told.output
    assert "left out" in " ".join(told.output.split())


def test_answers_are_ranked(place: Path) -> None:
    """All scenarios of a file, or some; doing nothing is among them."""
    tower, storm = str(place / "tower"), str(place / "storm.json")
    told = RUN.invoke(
        app, ["compare", tower, "-s", f"{storm}:late", "-a", f"{storm}:more", "--days", "5",
              "-r", "8", "--json"],
    )  # fmt: skip
    assert told.exit_code == 0, told.output
    found = json.loads(told.output)
    assert {o["name"] for o in found["options"]} == {"late", "more"}
    assert found["best"] in ("late", "more")
    shown = RUN.invoke(app, ["compare", tower, "-a", f"{storm}:more", "--days", "5", "-r", "8"])
    assert shown.exit_code == 0, shown.output
    assert "probability" in shown.output


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--scenario", "none.json"], "none.json"),
        (["--scenario", "STORM"], "name one as"),
        (["--scenario", "STORM:lat"], "late"),
        (["--days", "9999"], "days"),
        (["--measure", "joy"], "measure"),
        (["--trace", "PLACE"], "already"),
    ],
)
def test_faults_are_told_before_anything_runs(place: Path, arguments: list[str], told: str) -> None:
    """Exit code 1 and what to do; as JSON where that was asked for."""
    known = {"STORM": str(place / "storm.json"), "PLACE": str(place)}
    given = [known.get(a, a.replace("STORM", known["STORM"])) for a in arguments]
    found = RUN.invoke(app, ["simulate", str(place / "tower"), *given, "--json"])
    assert found.exit_code == 1
    assert told in found.output


def test_a_run_of_a_network_alone_cannot_be_written_as_a_tower(place: Path) -> None:
    """It is said before anything runs, and nothing is written."""
    where = place / "never"
    given = ["simulate", str(place / "network"), "--days", "2", "--trace", str(where)]
    found = RUN.invoke(app, given)
    assert found.exit_code == 1
    assert "starts from full levels; name a tower" in " ".join(found.output.split())
    assert not where.exists()


def test_a_folder_without_anything_says_so(tmp_path: Path) -> None:
    """Neither a tower nor a network."""
    found = RUN.invoke(app, ["simulate", str(tmp_path)])
    assert found.exit_code == 1
    assert "neither" in found.output


def test_a_check_needs_history(place: Path) -> None:
    """Three days are not four weeks."""
    found = RUN.invoke(app, ["twin", "check", str(place / "tower"), "--json"])
    assert found.exit_code == 1
    assert "must reach back" in json.loads(found.output)["error"]
