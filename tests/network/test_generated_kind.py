"""Generated networks are of the example's kind: its mix of sites, its densities, every feature."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from taktnet.network import Network
from taktnet.network.generate import generate

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "drivetrain" / "network"
SIZES = [(50, 1), (50, 2), (200, 1), (200, 2), (1000, 1)]
#: How far a generated network may be from the example, and where it grows with the network.
WITHIN, LANES_WITHIN = 0.15, 0.2


def densities(network: Network) -> dict[str, float]:
    """Rows per site of every table that has them, lines per item, demand rows per customer."""
    sites = len(network.sites)
    customers = sum(s.kind == "customer" for s in network.sites)
    tables = ("items", "stock_points", "sources", "lanes", "loops", "processes", "resources")
    found = {table: len(getattr(network, table)) / sites for table in tables}
    found["bom"] = len(network.bom) / len(network.items)
    return found | {"demand": len(network.demand) / customers}


def roles(network: Network) -> Counter[tuple[str, int]]:
    """Sites by kind and tier."""
    return Counter((s.kind, s.tier) for s in network.sites)


@pytest.fixture(scope="module")
def example() -> Network:
    """The network of `examples/drivetrain`."""
    return Network.read(EXAMPLE)


@pytest.mark.parametrize(("sites", "seed"), SIZES)
def test_its_sites_are_mixed_as_in_the_example(example: Network, sites: int, seed: int) -> None:
    """Plants, suppliers of either tier, hubs and customers: its share of each, to two sites."""
    found = roles(generate(sites, seed))
    wanted = {role: n / len(example.sites) * sites for role, n in roles(example).items()}
    assert found.keys() == wanted.keys()
    assert all(abs(found[role] - n) < 2 for role, n in wanted.items()), (found, wanted)


@pytest.mark.parametrize(("sites", "seed"), SIZES)
def test_it_is_as_dense_as_the_example(example: Network, sites: int, seed: int) -> None:
    """What a site or an item has is within 15 % of the example's, lanes within 20 %."""
    wanted, found = densities(example), densities(generate(sites, seed))
    off = {name: found[name] / wanted[name] - 1 for name in wanted}
    limit = {name: LANES_WITHIN if name == "lanes" else WITHIN for name in wanted}
    assert all(abs(off[name]) <= limit[name] for name in wanted), off


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_200_sites_have_every_feature(seed: int) -> None:
    """Whatever a network can have that matters to rules, twin and plans occurs in it."""
    network = generate(200, seed)
    items = {i.id: i for i in network.items}
    lanes = {x.id: x for x in network.lanes}
    kinds = {s.id: s.kind for s in network.sites}
    primary = Counter((s.site, s.item) for s in network.sources if s.role == "primary")
    features = {
        "demand": {d.distribution for d in network.demand}
        == {"poisson", "fixed", "normal", "lognormal", "negbin"},
        "triggers": {x.trigger for x in network.loops} == {"consumption", "scan"},
        "owners": {p.owner for p in network.stock_points} == {"own", "consigned"},
        "two loops of one point": any(
            len(network.loops_of(p.site, p.item)) > 1 for p in network.stock_points
        ),
        "shares of two sources": any(n > 1 for n in primary.values()),
        "a backup by air": any(
            s.role == "backup" and lanes[s.lane].mode == "air" for s in network.sources
        ),
        "a backup from another maker": any(
            b.role == "backup" and b.origin not in {
                s.origin for s in network.sources_of(b.site, b.item) if s.role == "primary"
            }
            for b in network.sources
        ),
        "several makers": max(Counter(p.item for p in network.processes).values()) > 1,
        "goods through hubs": {"plant", "customer"}
        <= {kinds[x.destination] for x in network.lanes if kinds[x.origin] == "hub"},
        "stock at customers": any(kinds[p.site] == "customer" for p in network.stock_points),
        "plants that supply plants": any(
            kinds[s.origin] == kinds[s.site] == "plant" for s in network.sources
        ),
        "departures": {bool(x.departures) for x in network.lanes} == {True, False},
        "shelf life": any(i.shelf_life_d for i in network.items),
        "temperature": any(i.temp_max_c is not None for i in network.items),
        "kilograms and pieces": {i.unit for i in network.items} == {"kg", "pcs"},
        "a successor": any(b.alternative and b.priority == 2 for b in network.bom),
        "dates": any(b.valid_to for b in network.bom),
        "scrap": any(b.scrap for b in network.bom),
        "yield": {p.yield_rate < 1 for p in network.processes} == {True, False},
        "set-ups": any(p.setup_s for p in network.processes),
        "lots": any(p.lot_qty > items[p.item].container_qty for p in network.processes),
        "failures": {bool(r.mtbf_h) for r in network.resources} == {True, False},
        "several machines": {r.count for r in network.resources} == {1, 2, 3},
        "several items on one line": len(network.processes) > len(network.resources),
        "price breaks": any(s.price_breaks for s in network.sources),
        "least orders": any(s.moq for s in network.sources),
        "currencies": len({s.currency for s in network.sources}) > 5,
        "shifts": len({x.shifts for x in network.calendars}) == 3,
        "shutdowns": all(x.shutdowns and x.holidays for x in network.calendars),
        "other weekends": len({x.days for x in network.calendars}) > 1,
    }  # fmt: skip
    assert [name for name, occurs in features.items() if not occurs] == []
