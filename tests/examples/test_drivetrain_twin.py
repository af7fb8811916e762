"""The twin of the shipped example, checked against its own eight weeks of history."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.web_tower import QUIET
from taktnet.app.clock import ReplayClock
from taktnet.app.replay import replay
from taktnet.app.simulation import fidelity
from taktnet.app.tower import Tower
from taktnet.exchange.events import read_file

HERE = Path(__file__).parents[2] / "examples" / "drivetrain"
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def test_the_twin_is_near_enough_to_give_advice() -> None:
    """Two weeks: no measure of the network is off by a tenth, and none is missing."""
    clock = ReplayClock(0)
    with Tower.open(None, HERE / "network", QUIET, clock=clock) as tower:
        replay(tower, read_file(HERE / "history.ndjson.gz"))
        made = fidelity.check(tower.parts, weeks=2, replications=6)
        measures = {m.measure: m for m in made.network.measured}
        assert set(measures) == {
            "stock", "lead time", "OTIF to production", "OTIF to customers",
            "part-days out of stock",
        }  # fmt: skip
        assert made.error <= 0.1 < tower.settings.twin_error_limit
        assert len(made.sites) > 30
        again = fidelity.check(tower.parts, weeks=2, replications=6, kept=False)
        assert again == made
