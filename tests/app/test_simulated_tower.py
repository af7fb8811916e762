"""A simulated run opens as a tower, and a twin checked against itself errs by little."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.web_tower import QUIET, World, eventful
from taktnet.app.clock import ReplayClock
from taktnet.app.parts import assemble
from taktnet.app.simulation import fidelity
from taktnet.app.simulation.lived import lived_days
from taktnet.app.simulation.opened import write_run
from taktnet.app.simulation.question import Question
from taktnet.app.tower import Tower
from taktnet.base.errors import TaktnetError
from taktnet.kpi.exact import DAY
from taktnet.ledger import event as e
from taktnet.network.generate import generate
from taktnet.twin.changes import Delay, Row
from taktnet.twin.scenario import Scenario

pytestmark = pytest.mark.timeout(600)  # the first run here compiles the twin


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The eventful tower, kept in a folder and closed."""
    folder = tmp_path_factory.mktemp("live") / "tower"
    world = World()
    world.tower.close()
    world.tower = Tower(assemble(folder, world.network, QUIET, world.clock))
    eventful(world)
    world.close()
    return folder


def test_the_run_is_on_record_behind_what_happened(place: Path, tmp_path: Path) -> None:
    """Every row of the copy verifies; the clock stands at its end; nothing is ever sent."""
    changes = (Delay(shipment="SHP-1", hours=24), Row("loops", "KB-OPO-1", {"cards": 9}))
    question = Question(base=Scenario(name="late", changes=changes), days=7)
    with Tower.open(place, read_only=True) as tower:
        head, now = tower.ledger.head, tower.clock.now()
        count = write_run(tower.parts, tmp_path / "week", question)
        with pytest.raises(TaktnetError, match="already"):
            write_run(tower.parts, tmp_path / "week", question)
    assert count > 50
    with Tower.open(tmp_path / "week") as copy:
        assert copy.ledger.head.seq == head.seq + count
        assert copy.verify().good
        assert isinstance(copy.clock, ReplayClock)
        assert now + 6 * DAY < copy.clock.now() <= now + 7 * DAY
        assert copy.settings.channels["default"].kind == "none"
        assert copy.network.loop("KB-OPO-1").cards == 9
        kinds = {type(row.event) for row in copy.ledger.read(head.seq, 10_000)}
        assert {e.OrderPlaced, e.DecisionTaken, e.GoodsShipped, e.NetworkChanged} <= kinds
        assert copy.signals(status="taken").total >= 0
        assert copy.kpis(7.0)
    with Tower.open(tmp_path / "week", read_only=True) as again:
        assert again.ledger.head.seq == head.seq + count, "opening it has decided something"
        assert 0 <= again.clock.now() - again.ledger.head.recorded < 60_000_000


def test_a_tower_in_memory_has_no_file_to_copy() -> None:
    """It says so, and makes no folder."""
    with Tower.open(None, generate(10, 1), QUIET) as tower, pytest.raises(TaktnetError):
        write_run(tower.parts, Path("never"), Question(days=1))
    assert not Path("never").exists()


@pytest.mark.slow
def test_a_twin_checked_against_its_own_history_is_faithful(place: Path, tmp_path: Path) -> None:
    """Five weeks that the twin wrote, the last three checked: what happened is inside the band."""
    with Tower.open(place, read_only=True) as tower:
        write_run(tower.parts, tmp_path / "own", Question(days=35, seed=11))
    with Tower.open(tmp_path / "own") as tower:
        made = fidelity.check(tower.parts, weeks=3, replications=16, seed=5)
        (stock,) = [m for m in made.network.measured if m.measure == "stock"]
        assert stock.inside >= 0.6
        assert stock.error < 0.15
        assert made.days == 21
        assert fidelity.last_check(tower.parts) == made
        told = fidelity.as_told(made)
        assert told["error"] == max(m.error for m in made.network.measured)
        lived = lived_days(tower.parts, 21)
        ordered = sum(len(plan) for plan in lived.plans().values())
        rows = tower.ledger.read(0, 100_000)
        assert ordered == sum(
            type(row.event) is e.OrderPlaced
            and lived.start < row.event.at.timestamp() * 1e6 <= lived.end
            for row in rows
        )


def test_a_short_ledger_cannot_check_the_twin(place: Path) -> None:
    """It says from when on there must be history."""
    with (
        Tower.open(place, read_only=True) as tower,
        pytest.raises(TaktnetError, match="must reach back"),
    ):
        fidelity.check(tower.parts, weeks=4)
