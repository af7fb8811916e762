"""Both examples travel the whole path: events in, signals out, takt, flow and six KPIs."""

from __future__ import annotations

import gzip
import os
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from taktnet import Network, Tower
from taktnet.app.clock import ReplayClock
from taktnet.app.replay import replay
from taktnet.ledger.codec import decode
from taktnet.ledger.event import AnyEvent

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("TAKTNET_DATA", ROOT.parent / "shared" / "data"))
SIX = {"otif", "turns", "lead_time", "schedule", "cost", "stockout"}


def batches(path: Path, size: int = 500) -> Iterator[list[AnyEvent]]:
    """The events of a compressed file, some at a time."""
    events = iter(decode(gzip.decompress(path.read_bytes()), "ndjson"))
    while batch := list(islice(events, size)):
        yield batch


def assert_alive(tower: Tower) -> None:
    """Signals with reasons and evidence, a takt, a ladder, and a value for each of the six."""
    page = tower.signals()
    assert page.total > 0
    assert all(row.reason and row.evidence for row in page.rows)
    assert any(line.takt_s for line in tower.takt().takt.lines)
    assert tower.flow().ladders
    values = [v for v in tower.kpis(56) if v.scope.dimension == "network"]
    assert {v.key for v in values if v.value is not None} == SIX


def test_eight_weeks_of_drive_units_pull_through_every_tier() -> None:
    """The shipped history moves stock at all tiers; its pull reaches tier-2 suppliers."""
    example = ROOT / "examples" / "drivetrain"
    network = Network.read(example / "network")
    with Tower.open(network=network, clock=ReplayClock(0)) as tower:
        replay(tower, batches(example / "history.ndjson.gz"))
        assert_alive(tower)
        origins = {tower.network.site(d.origin) for d in tower.state().decisions()}
        assert {site.tier for site in origins} == {0, 1, 2}


def test_the_real_tables_of_supplygraph_run_the_same_path(tmp_path: Path) -> None:
    """150 days of real orders, production, issues and deliveries; every event is taken once."""
    if not (DATA / "supplygraph").is_dir():
        pytest.skip("reference data absent: supplygraph")
    sys.path.insert(0, str(ROOT / "examples" / "supplygraph"))
    try:
        import convert
    finally:
        sys.path.pop(0)
    network, count = convert.convert(DATA / "supplygraph", tmp_path)
    assert network.check() == ()
    with Tower.open(network=network, clock=ReplayClock(0)) as tower:
        assert replay(tower, batches(tmp_path / "events.ndjson.gz")) == count
        assert replay(tower, batches(tmp_path / "events.ndjson.gz")) == 0
        assert_alive(tower)
