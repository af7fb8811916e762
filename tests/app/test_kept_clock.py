"""A replayed history is looked at as of its last row; a living tower as of now."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

from taktnet import Network, Tower
from taktnet.app.clock import ReplayClock
from taktnet.app.replay import replay
from taktnet.ledger.event import NetworkChanged, StockCounted
from taktnet.ledger.fact import micros
from taktnet.network.generate import generate

THEN = datetime(2026, 3, 2, 8, tzinfo=UTC)


def counted(network: Network) -> StockCounted:
    """A count of some stock, in March."""
    point = network.stock_points[0]
    return StockCounted(source="wms", id="1", at=THEN, site=point.site, item=point.item, qty=5)


def test_a_reader_of_a_replayed_tower_looks_as_of_its_last_row(tmp_path: Path) -> None:
    """KPIs and pace of a history from March are those of March, whenever they are asked for."""
    network = generate(10, 1)
    with Tower.open(tmp_path, network, clock=ReplayClock(0)) as tower:
        replay(tower, [[counted(network)]])
    with Tower.open(tmp_path, read_only=True) as reader:
        assert abs(reader.clock.now() - micros(THEN)) < 600 * 1_000_000


def test_a_tower_that_went_live_is_looked_at_as_of_now(tmp_path: Path) -> None:
    """Once it was opened by the wall clock, the history it began with holds it back no more."""
    network = generate(10, 1)
    with Tower.open(tmp_path, network, clock=ReplayClock(0)) as tower:
        replay(tower, [[counted(network)]])
    Tower.open(tmp_path).close()
    with Tower.open(tmp_path, read_only=True) as reader:
        assert abs(reader.clock.now() - time.time_ns() // 1000) < 600 * 1_000_000


def test_files_edited_between_two_replays_are_taken_up_in_the_time_of_the_history(
    tmp_path: Path,
) -> None:
    """The change of the network is recorded right after the last row, not in 1970."""
    network = generate(10, 1)
    with Tower.open(tmp_path, network, clock=ReplayClock(0)) as tower:
        replay(tower, [[counted(network)]])
    row = network.lanes[0]
    edited = network.set_row("lanes", row.id, {"window_h": "31"})
    with Tower.open(tmp_path, edited, clock=ReplayClock(0)) as tower:
        assert tower.network.lane(row.id).window_h == 31
        rows = [row.event for row in tower.ledger.read()]
        (changed,) = (event for event in rows if isinstance(event, NetworkChanged))
        assert abs(micros(changed.at) - micros(THEN)) < 600 * 1_000_000
