"""The shipped example: a maker of e-bike drive units and its eight weeks of history."""

from __future__ import annotations

import gzip
import subprocess
import sys
from collections import Counter
from datetime import date
from pathlib import Path

import msgspec
import pytest

from taktnet.ledger.codec import decode
from taktnet.network import Network
from taktnet.network.rates import network_takt

HERE = Path(__file__).parents[2] / "examples" / "drivetrain"
CONTINENT = {"PT": "EU", "HU": "EU", "CN": "AS", "MY": "AS", "MX": "AM"}


@pytest.fixture(scope="module")
def network() -> Network:
    """The example as it is shipped."""
    return Network.read(HERE / "network")


def test_it_is_the_network_it_says_it_is(network: Network) -> None:
    """5 plants on 3 continents, 24 and 12 suppliers, 2 hubs, 6 customers, 60 items, 3 modes."""
    kinds = Counter((s.kind, s.tier) for s in network.sites)
    assert kinds["plant", 0] == 5
    assert kinds["hub", 0] == 2
    assert kinds["customer", 0] == 6
    assert kinds["supplier", 1] == 24
    assert kinds["supplier", 2] == 12
    assert {CONTINENT[s.country] for s in network.sites if s.kind == "plant"} == {"EU", "AS", "AM"}
    assert len(network.items) == 60
    assert {lane.mode for lane in network.lanes} == {"road", "sea", "air"}
    assert network.check() == ()


def test_items_lie_on_at_least_four_levels(network: Network) -> None:
    """From a drive unit down to raw material there are four levels or more."""

    def depth(item: str) -> int:
        return 1 + max((depth(b.component) for b in network.bom_of(item)), default=0)

    assert max(depth(i.id) for i in network.items) >= 4


def test_every_line_can_keep_its_takt(network: Network) -> None:
    """No line is loaded beyond its working time."""
    takt = network_takt(network, date(2026, 9, 7))
    busy = {line.resource: line.utilisation for line in takt.lines if line.utilisation is not None}
    assert busy
    assert max(busy.values()) < 0.95


def test_the_history_is_eight_weeks_of_readable_events(network: Network) -> None:
    """Every line decodes; business time spans eight weeks; the week to replay follows."""
    history = decode(gzip.decompress((HERE / "history.ndjson.gz").read_bytes()), "ndjson")
    live = decode(gzip.decompress((HERE / "live.ndjson.gz").read_bytes()), "ndjson")
    days = {e.at.date() for e in history}
    assert len([d for d in days if date(2026, 9, 7) <= d < date(2026, 11, 2)]) == 56
    assert {e.site for e in history} <= {s.id for s in network.sites}
    assert max(e.at for e in live) > max(e.at for e in history)


@pytest.mark.slow
def test_the_scripts_make_the_files_again(tmp_path: Path) -> None:
    """The seeded scripts reproduce the shipped network and history byte for byte.

    Packing differs between versions of zlib; what is packed does not.
    """
    code = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[1]);"
        "import make_network, make_history; out = Path(sys.argv[2]);"
        "make_network.main(out / 'network'); make_history.main(out)"
    )
    subprocess.run([sys.executable, "-c", code, str(HERE), str(tmp_path)], check=True)
    for name in ("history.ndjson.gz", "live.ndjson.gz"):
        new, kept = (gzip.decompress((at / name).read_bytes()) for at in (tmp_path, HERE))
        assert new == kept, name
    for made in sorted((tmp_path / "network").iterdir()):
        assert made.read_bytes() == (HERE / "network" / made.name).read_bytes(), made.name


def test_events_decode_one_by_one_as_they_are_written() -> None:
    """The first line of the history is one JSON object with its kind."""
    with gzip.open(HERE / "history.ndjson.gz") as file:
        first = msgspec.json.decode(next(file))
    assert first["kind"] == "stock.counted/1"
