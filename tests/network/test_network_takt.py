"""Network takt: rates exploded from customers' demand, and seconds per unit at every place."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from network_small import write_texts

from taktnet.base.errors import TaktnetError
from taktnet.network import Network
from taktnet.network import components as c
from taktnet.network.explode import explode, process_shares
from taktnet.network.generate import generate
from taktnet.network.rates import network_takt, pitch_s, takt_s
from taktnet.network.sizing import kanban_cards, signal_cards, two_bin_qty

MARCH = date(2026, 3, 2)
TWO_SHIFTS = c.Calendar(id="2S", shifts="06:00-14:00,14:00-22:00", break_min=20.0)
WEEK = replace(TWO_SHIFTS, id="WEEK", days="Mon-Fri")
THREE_SHIFTS = c.Calendar(
    id="3S", shifts="06:00-14:00,14:00-22:00,22:00-06:00", break_min=20.0, days="Mon-Fri"
)


def acme(rate: float, calendar: c.Calendar = TWO_SHIFTS) -> Network:
    """Acme Stamping: one plant ships brackets to one customer in trays of 20."""
    place = {"latitude": 0.0, "longitude": 0.0, "country": "US", "zone": "UTC"}
    network = Network(
        sites=(
            c.Site(id="ACME", kind="plant", calendar=calendar.id, **place),
            c.Site(id="STATE", kind="customer", **place),
        ),
        items=(c.Item(id="BRACKET", cost=1.0, container_qty=20.0, weight_kg=0.5),),
        processes=(c.Process(site="ACME", item="BRACKET", resource="WELD", cycle_s=46.0),),
        resources=(c.Resource(id="WELD", site="ACME"),),
        lanes=(c.Lane(id="OUT", origin="ACME", destination="STATE", transit_h=8.0),),
        demand=(c.Demand(site="STATE", item="BRACKET", supplier="ACME", rate_day=rate),),
        calendars=(calendar,),
    )
    assert network.check() == ()
    return network


def test_acme_has_a_takt_of_60_seconds() -> None:
    """55,200 s / 920 pieces = 60 s; a tray of 20 has a pitch of 1,200 s (Rother & Shook)."""
    node = network_takt(acme(920), MARCH).node("ACME", "BRACKET")
    assert node is not None
    assert (node.available_s_day, node.takt_s, node.pitch_s) == (55_200, 60, 1200)


def test_a_week_of_five_days_has_the_takt_of_its_working_day() -> None:
    """920 a working day on Monday to Friday is 657.14 a calendar day, and still 60 s."""
    node = network_takt(acme(920 * 5 / 7, WEEK), MARCH).node("ACME", "BRACKET")
    assert node is not None and node.takt_s == pytest.approx(60)


def test_the_toyota_way_fieldbook() -> None:
    """28,800 s / 400 = 72 s a piece; a pattern of 8 pieces is 576 s, 6.25 an hour."""
    takt = takt_s(28_800, 400)
    assert takt == 72
    assert pitch_s(takt, 8) == 576
    assert 3600 / 576 == 6.25


def test_the_heijunka_box_of_ten() -> None:
    """Takt 90 s by packs of 10 is a pitch of 900 s: 32 columns in 8 hours."""
    assert pitch_s(90, 10) == 900
    assert 28_800 / 900 == 32


def test_no_demand_has_no_takt() -> None:
    """Without demand there is nothing to keep pace with: no takt, no pitch, not infinity."""
    takt = network_takt(acme(0), MARCH)
    node = takt.node("ACME", "BRACKET")
    assert node is not None
    assert (node.rate_day, node.takt_s, node.pitch_s) == (0, None, None)
    assert takt.line("WELD") is not None and takt.line("WELD").takt_s is None
    assert takt.node("ACME", "OTHER") is None


def test_the_load_of_a_line_is_its_work_over_its_time() -> None:
    """920 brackets of 46 s fill 42,320 of 55,200 s: 76.67 %."""
    line = network_takt(acme(920), MARCH).line("WELD")
    assert line is not None
    assert line.load_s_day == 42_320
    assert line.utilisation == pytest.approx(42_320 / 55_200)


def test_a_site_that_never_works_has_no_utilisation() -> None:
    """A shutdown over the window leaves no time: utilisation is no data, not 0 or infinity."""
    closed = replace(TWO_SHIFTS, shutdowns="2026-01-01..2026-12-31")
    line = network_takt(acme(920, closed), MARCH).line("WELD")
    assert line is not None
    assert (line.available_s_day, line.utilisation) == (0, None)


def small(folder: Path) -> Network:
    """The small network of the malformed tests: 98 drive units a day."""
    return Network.read(write_texts(folder))


def test_demand_explodes_over_parts_scrap_and_yield(tmp_path: Path) -> None:
    """98 drives need 98 motors, 100 motor starts at 98 % yield, 35 kg wire, 808.08 magnets."""
    takt = network_takt(small(tmp_path), MARCH)
    rate = {(n.site, n.item): n.rate_day for n in takt.nodes}
    start = {(n.site, n.item): n.start_day for n in takt.nodes}
    assert rate["OPO", "DRIVE"] == 98
    assert rate["OPO", "MOTOR"] == rate["KRK", "MOTOR"] == 98
    assert start["KRK", "MOTOR"] == pytest.approx(100)
    assert rate["KRK", "WIRE"] == pytest.approx(35)
    assert rate["OPO", "GLUE"] == pytest.approx(98 * 0.05 / 0.98)
    assert rate["KRK", "007"] == pytest.approx(100 * 8 / 0.99)
    assert rate["HUB", "007"] == pytest.approx(0.7 * 800 / 0.99)
    assert rate["SUP", "007"] == pytest.approx(800 / 0.99)
    assert start["SUP", "007"] == pytest.approx(800 / 0.99 / 0.97)


def test_sites_in_step_have_equal_rates_and_other_seconds(tmp_path: Path) -> None:
    """Porto in two shifts and Krakow in three make 98 motors a day each in their own takt."""
    takt = network_takt(small(tmp_path), MARCH)
    porto, krakow = takt.node("OPO", "MOTOR"), takt.node("KRK", "MOTOR")
    assert porto is not None and krakow is not None
    assert porto.rate_day == krakow.rate_day
    assert porto.takt_s is not None and krakow.takt_s is not None
    assert porto.takt_s == pytest.approx(5 / 7 * 2 * (8 - 0.5) * 3600 / 98)
    assert krakow.takt_s == pytest.approx(5 / 7 * 3 * (8 - 0.5) * 3600 / 98)


def test_the_successor_takes_over_on_its_day(tmp_path: Path) -> None:
    """Magnet 007 is used until 30 June 2026 and 008 from 1 July."""
    network = small(tmp_path)
    before, after = explode(network, date(2026, 6, 30)), explode(network, date(2026, 7, 1))
    assert ("KRK", "007") in before.nodes and ("KRK", "008") not in before.nodes
    assert ("KRK", "007") not in after.nodes
    assert after.nodes["KRK", "008"] == pytest.approx(before.nodes["KRK", "007"])


def test_lanes_carry_their_share(tmp_path: Path) -> None:
    """Seven tenths of the magnets come over the hub, three by air; a lane's takt is its day."""
    lanes = {(x.lane, x.item): x for x in network_takt(small(tmp_path), MARCH).lanes}
    need = 800 / 0.99
    assert lanes["HUB-KRK", "007"].rate_day == pytest.approx(0.7 * need)
    assert lanes["SUP-KRK-A", "007"].rate_day == pytest.approx(0.3 * need)
    assert lanes["SUP-KRK-A", "007"].kg_day == pytest.approx(0.3 * need * 0.05)
    assert lanes["OPO-CUS", "DRIVE"].takt_s == pytest.approx(86_400 / 98)


def test_a_site_ships_what_leaves_it(tmp_path: Path) -> None:
    """Krakow ships 98 motors and 5 kg of glue; the customer ships nothing."""
    takt = network_takt(small(tmp_path), MARCH)
    krakow = takt.site("KRK")
    assert krakow is not None and krakow.rate_day == pytest.approx(98 + 98 * 0.05 / 0.98)
    assert takt.site("CUS") is None


def test_equal_priorities_share_by_their_speed(tmp_path: Path) -> None:
    """Two machines at 90 s and one at 45 s make half each; a lower priority stands by."""
    network = small(tmp_path)
    fast = c.Resource(id="KRK-L2", site="KRK")
    second = c.Process(site="KRK", item="MOTOR", resource="KRK-L2", cycle_s=45.0, yield_rate=0.98)
    network = replace(
        network,
        resources=(*network.resources, fast),
        processes=(*network.processes, second),
    )
    assert [w for _, w in process_shares(network, "KRK", "MOTOR")] == [0.5, 0.5]
    takt = network_takt(network, MARCH)
    assert [p.rate_day for p in takt.processes if p.site == "KRK"] == pytest.approx([49, 49])
    spare = replace(network, processes=(*network.processes[:-1], replace(second, priority=2)))
    assert [p.resource for p, _ in process_shares(spare, "KRK", "MOTOR")] == ["KRK-L1"]


def test_what_a_site_makes_is_what_it_does_not_buy(tmp_path: Path) -> None:
    """A site that buys 40 % of what it also makes starts 60 % of the need."""
    network = small(tmp_path)
    bought = c.Source(site="KRK", item="MOTOR", origin="RAW", lane="RAW-KRK", share=0.4)
    network = replace(network, sources=(*network.sources, bought))
    node = network_takt(network, MARCH).node("KRK", "MOTOR")
    assert node is not None
    assert (node.made_day, node.bought_day) == (pytest.approx(58.8), pytest.approx(39.2))


def test_set_ups_count_where_a_line_changes_over(tmp_path: Path) -> None:
    """The press for both magnets is charged its set-ups, one per lot, once both are made."""
    network = small(tmp_path)
    more = c.Demand(site="KRK", item="008", supplier="SUP", rate_day=97.0)
    network = replace(network, demand=(*network.demand, more))
    line = network_takt(network, MARCH).line("SUP-P1")
    starts = 800 / 0.99 / 0.97 + 100
    assert line is not None
    assert line.load_s_day == pytest.approx(starts * 2 + starts / 500 * 300)


def test_a_network_against_its_check_is_refused_not_looped() -> None:
    """An item made from itself ends in words, not in an endless explosion."""
    network = acme(10)
    network = replace(network, bom=(c.BomLine(parent="BRACKET", component="BRACKET", qty=1.0),))
    with pytest.raises(TaktnetError, match="needs itself"):
        explode(network, MARCH)


def solved(network: Network, on: date) -> dict[tuple[str, str], float]:
    """Rates as the solution of x = d + A x, from the tables alone."""
    nodes = sorted(
        {(d.supplier, d.item) for d in network.demand}
        | {(p.site, p.item) for p in network.processes}
        | {(s.site, s.item) for s in network.sources}
        | {(s.origin, s.item) for s in network.sources}
        | {(p.site, b.component) for p in network.processes for b in network.bom_of(p.item)}
    )
    place = {n: i for i, n in enumerate(nodes)}
    a, d = np.zeros((len(nodes), len(nodes))), np.zeros(len(nodes))
    for row in network.demand:
        d[place[row.supplier, row.item]] += row.rate_day
    bought: defaultdict[tuple[str, str], float] = defaultdict(float)
    for s in network.sources:
        if s.role == "primary":
            a[place[s.origin, s.item], place[s.site, s.item]] += s.share
            bought[s.site, s.item] += s.share
    makers: defaultdict[tuple[str, str], list[c.Process]] = defaultdict(list)
    for p in network.processes:
        makers[p.site, p.item].append(p)
    for (site, item), rows in makers.items():
        assert len(rows) == 1
        starts = (1 - bought[site, item]) / rows[0].yield_rate
        for b in network.components_of(item, on):
            a[place[site, b.component], place[site, item]] += starts * b.qty / (1 - b.scrap)
    rates = np.linalg.solve(np.eye(len(nodes)) - a, d)
    return {n: float(rates[i]) for n, i in place.items()}


@pytest.mark.parametrize(("sites", "seed"), [(10, 1), (30, 2), (60, 3), (120, 4)])
def test_the_explosion_solves_the_balance_of_every_node(sites: int, seed: int) -> None:
    """Rates equal the solution of the linear balance, found by elimination on the tables."""
    network, on = generate(sites, seed), date(2026, 11, 2)
    flows, expected = explode(network, on), solved(network, on)
    for node, rate in expected.items():
        assert flows.nodes.get(node, 0.0) == pytest.approx(rate, rel=1e-9, abs=1e-9)


@settings(max_examples=10, deadline=None)
@given(factor=st.floats(0.1, 10), seed=st.integers(0, 5))
def test_takt_shortens_as_demand_grows(factor: float, seed: int) -> None:
    """Demand times f gives every rate times f and every takt over f."""
    network = generate(12, seed)
    more = network.with_rows(
        "demand", [replace(d, rate_day=d.rate_day * factor) for d in network.demand]
    )
    for one, other in zip(
        network_takt(network, MARCH).nodes, network_takt(more, MARCH).nodes, strict=True
    ):
        assert other.rate_day == pytest.approx(one.rate_day * factor)
        assert one.takt_s is not None and other.takt_s == pytest.approx(one.takt_s / factor)


@pytest.mark.parametrize(
    ("d", "lead", "safety", "container", "cards"),
    [(480, 1.5, "0.15", 40, 21), (100, 2, 0.1, 20, 11), (150, 3, 0.2, 30, 18)],
)
def test_card_counts_of_the_sources(
    d: int, lead: float, safety: float | str, container: int, cards: int
) -> None:
    """480/d, 1.5 d, 15 %, 40 is 21 cards; 100/d, 2 d, 10 %, 20 is 11, not 12; the third 18."""
    assert kanban_cards(d, lead, safety, container) == cards


@given(
    d=st.decimals(1, 5000, places=2),
    lead=st.decimals("0.1", 60, places=3),
    safety=st.decimals(0, 1, places=2),
    container=st.decimals("0.5", 500, places=1),
)
def test_card_counts_do_not_depend_on_units(
    d: Decimal, lead: Decimal, safety: Decimal, container: Decimal
) -> None:
    """Days or hours, units or dozens: as many cards, and N containers just cover the need."""
    cards = kanban_cards(d, lead, safety, container)
    assert kanban_cards(Fraction(d) / 24, lead * 24, safety, container) == cards
    assert kanban_cards(d * 12, lead, safety, container * 12) == cards
    assert cards * container >= d * lead * (1 + safety) > (cards - 1) * container or cards == 1


def test_two_bins_and_signal() -> None:
    """24/h over 4 h with 24 spare in 12s is a bin of 120; a loop has at least its least cards."""
    assert two_bin_qty(24, 4, 24, 12) == 120
    assert signal_cards(100, 1.5, 30, 1, 20) == (9, 5)
    assert kanban_cards(1, 0.1, 0, 100, least=2) == 2


@pytest.mark.slow
def test_takt_reaches_every_point_of_2000_sites() -> None:
    """A network of 2,000 sites has a rate at every node."""
    takt = network_takt(generate(2000, 1), MARCH)
    assert len(takt.nodes) > 5000
