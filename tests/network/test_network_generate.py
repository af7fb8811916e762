"""Generated networks: right, the same for the same seed, and fit to run."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from taktnet.base.errors import TaktnetError
from taktnet.base.exact import is_multiple
from taktnet.network import Network
from taktnet.network.cities import CITIES
from taktnet.network.countries import COUNTRIES
from taktnet.network.generate import generate
from taktnet.network.generate.lanes import distance_km
from taktnet.network.generate.places import CURRENCIES, PER_EUR
from taktnet.network.rates import network_takt


@pytest.mark.parametrize("sites", [10, 11, 13, 17, 24, 37, 50, 100, 250])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_generated_network_passes_its_check(sites: int, seed: int) -> None:
    """Whatever the size and seed, the network has that many sites and no fault."""
    network = generate(sites, seed)
    assert len(network.sites) == sites
    assert network.check() == ()


def test_the_same_seed_gives_the_same_network_in_every_process() -> None:
    """Neither hash seeds nor earlier calls change a network; another seed does."""
    here = generate(40, 7).digest
    code = "from taktnet.network.generate import generate; print(generate(40, 7).digest)"
    for hash_seed in ("1", "2"):
        env = {**os.environ, "PYTHONHASHSEED": hash_seed}
        out = subprocess.run(
            [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True
        )
        assert out.stdout.strip() == here
    assert generate(40, 8).digest != here


@pytest.mark.parametrize("sites", [9, 5001, 0, -1])
def test_a_size_out_of_range_is_refused(sites: int) -> None:
    """Networks have 10 to 5,000 sites."""
    with pytest.raises(TaktnetError, match="10 to 5000"):
        generate(sites, 1)


@pytest.fixture(scope="module")
def network() -> Network:
    """A network of 200 sites."""
    return generate(200, 1)


def test_it_has_every_kind_of_thing(network: Network) -> None:
    """Sites, loops, policies, modes and distributions of every kind occur."""
    assert {s.kind for s in network.sites} == {"plant", "supplier", "hub", "customer"}
    assert {x.kind for x in network.loops} == {
        "production", "withdrawal", "two_bin", "signal", "conwip"
    }  # fmt: skip
    assert {p.policy for p in network.stock_points} == {"kanban", "base_stock", "sS", "RQ"}
    assert {x.mode for x in network.lanes} == {"road", "rail", "sea", "air"}
    assert {x.transit_kind for x in network.lanes} == {"fixed", "gamma", "lognormal", "quantiles"}
    assert {s.role for s in network.sources} == {"primary", "backup"}
    assert any(p.owner == "consigned" for p in network.stock_points)
    assert any(line.alternative for line in network.bom)


def test_its_bill_of_materials_has_four_levels(network: Network) -> None:
    """From product to raw material there are four levels, and every item but products is used."""

    def depth(item: str) -> int:
        return 1 + max((depth(b.component) for b in network.bom_of(item)), default=0)

    products = [i.id for i in network.items if i.id.startswith("P")]
    assert {depth(p) for p in products} == {4}
    assert all(network.users_of(i.id) for i in network.items if i.id not in products)


def test_demand_reaches_every_plant_and_supplier(network: Network) -> None:
    """No site is there for nothing: each plant and supplier has a rate to keep in some month."""
    busy = {
        n.site
        for month in (2, 11)
        for n in network_takt(network, date(2026, month, 2)).nodes
        if n.rate_day > 0
    }
    idle = {s.id for s in network.sites if s.kind in ("plant", "supplier")} - busy
    assert idle == set()


def test_every_line_can_keep_its_rate(network: Network) -> None:
    """In summer and winter no line is loaded over 95 %."""
    for month in (2, 6, 11):
        for line in network_takt(network, date(2026, month, 2)).lines:
            assert line.utilisation is not None
            assert line.utilisation < 0.95, line


def test_cards_cover_the_need_of_the_way(network: Network) -> None:
    """Cards x container of a withdrawal loop cover rate x (preparation + transit), at least."""
    takt = network_takt(network, date(2026, 2, 2))
    for loop in network.loops:
        node = takt.node(loop.site, loop.item)
        if loop.kind not in ("withdrawal", "two_bin") or node is None:
            continue
        source = next(s for s in network.sources_of(loop.site, loop.item) if s.lane == loop.lane)
        days = (source.prep_h + network.lane(loop.lane).transit_h + loop.collection_h) / 24
        assert loop.cards * loop.container_qty >= node.rate_day * source.share * days
        assert is_multiple(loop.container_qty, network.item(loop.item).container_qty)


def test_no_loop_can_stand_still(network: Network) -> None:
    """When too little is left for a job or a bin, enough cards are free for the least order."""
    takes: dict[tuple[str, str], float] = {}
    for process in network.processes:
        job = network.item(process.item).container_qty
        for line in network.bom_of(process.item):
            node = process.site, line.component
            takes[node] = max(takes.get(node, 0.0), job * line.qty / (1 - line.scrap))
    for loop in network.loops:
        if loop.kind == "two_bin":
            node = loop.origin, loop.item
            takes[node] = max(takes.get(node, 0.0), loop.container_qty)
    for loop in network.loops:
        ways = network.sources_of(loop.site, loop.item)
        moq = next((s.moq for s in ways if s.lane == loop.lane), 0.0)
        least = max(1, -(-moq // loop.container_qty))
        free = loop.cards * loop.container_qty - takes.get((loop.site, loop.item), 0.0)
        assert free >= least * loop.container_qty - 1e-6, loop


def test_a_container_holds_about_a_quarter_of_a_day(network: Network) -> None:
    """Where an item is needed most, two to eight containers of it are used a day."""
    most: dict[str, float] = {}
    for month in (1, 11):
        for node in network_takt(network, date(2026, month, 15)).nodes:
            most[node.item] = max(most.get(node.item, 0.0), node.rate_day)
    for item in network.items:
        if most.get(item.id, 0.0) > 4:
            assert 2 <= most[item.id] / item.container_qty <= 8, item


def test_sites_stand_near_real_cities(network: Network) -> None:
    """Every site is within 6 km of a city in its country and zone."""
    places = {(city.name, city.country): city for city in CITIES}
    for site in network.sites:
        near = [
            city
            for city in places.values()
            if city.country == site.country
            and city.zone == site.zone
            and abs(city.latitude - site.latitude) < 0.05
            and abs(city.longitude - site.longitude) < 0.05
        ]
        assert near, site


def test_the_cities_are_real_enough() -> None:
    """Names are unique, zones exist, countries are countries with a currency that has a rate."""
    assert len(CITIES) >= 150
    assert max(Counter(city.name for city in CITIES).values()) == 1
    for city in CITIES:
        ZoneInfo(city.zone)
        assert city.country in COUNTRIES
        assert CURRENCIES.get(city.country, "EUR") in PER_EUR
        assert -90 < city.latitude < 90 and -180 < city.longitude < 180


@pytest.mark.parametrize("city", CITIES, ids=lambda city: city.name)
def test_a_citys_zone_fits_its_longitude(city) -> None:
    """Standard time lies within three and a half hours of the sun's, so no sign is lost."""
    from datetime import datetime, timedelta

    offset = min(
        (datetime(2026, m, 1, tzinfo=ZoneInfo(city.zone)).utcoffset() for m in (1, 7)),
        key=lambda o: o or timedelta(0),
    )
    assert offset is not None
    assert abs(offset.total_seconds() / 3600 - city.longitude / 15) < 3.5


def test_distances_are_great_circles() -> None:
    """Porto to Krakow is about 2,450 km, Shanghai to Rotterdam about 8,900 km."""
    from taktnet.network.components import Site

    def site(name: str) -> Site:
        city = next(x for x in CITIES if x.name == name)
        return Site(
            id=name, kind="plant", latitude=city.latitude, longitude=city.longitude,
            country=city.country, zone=city.zone,
        )  # fmt: skip

    assert distance_km(site("Porto"), site("Krakow")) == pytest.approx(2450, rel=0.03)
    assert distance_km(site("Shanghai"), site("Rotterdam")) == pytest.approx(8900, rel=0.03)
    assert distance_km(site("Porto"), site("Porto")) == 0


@pytest.mark.slow
def test_5000_sites_take_under_20_seconds() -> None:
    """The largest network is made in less than 20 CPU seconds and passes its check."""
    start = time.process_time()
    network = generate(5000, 1)
    assert time.process_time() - start < 20
    assert network.check() == ()
