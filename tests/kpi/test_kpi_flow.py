"""Flow (B6): dwell, Little's law, ladders, process cycle efficiency, Kingman."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kpi_story import Story, network, us

from taktnet.kpi.flow import Rung, dwell, kingman_h, ladder, little_wait, value_stream
from taktnet.ledger import event as e
from taktnet.network import components as c
from taktnet.network.rates import network_takt

ACME_STOCK = (7000, 1700, 2450, 1840, 4140)
ACME_CYCLES = (1, 39, 46, 62, 40)


def test_acme_current_state() -> None:
    """Rother and Shook: 5 d of coils and 23.6 d in all, 188 s of work, .0144 % of 55,200 s days."""
    rungs = [Rung("stock", "coils", "", 5.0)]
    rungs += [Rung("stock", f"{n}", "", float(Fraction(n, 920)), qty=n) for n in ACME_STOCK]
    rungs += [Rung("process", f"{s} s", "", 0.0, s) for s in ACME_CYCLES]
    found = ladder("steering bracket", rungs, 55_200, "two shifts of 8 h less 20 min")
    assert found.wait_d == pytest.approx(23.6196, abs=5e-5)
    assert found.value_s == 188
    assert found.pce == pytest.approx(0.000144, abs=5e-7)
    assert found.time_base == "two shifts of 8 h less 20 min"


def test_kingman() -> None:
    """u = .9, te = 10: 90 at full variability, 45 at half; no steady state from u = 1."""
    assert kingman_h(1, 1, 0.9, 10) == 90
    assert kingman_h(0.5, 0.5, 0.9, 10) == 45
    assert kingman_h(1, 1, 1, 10) is None


def test_little() -> None:
    """120 pieces at 40 a day stay 3 days; no throughput has no answer."""
    assert little_wait(120, 40) == 3
    assert little_wait(120, 0) is None


@st.composite
def visits(draw: st.DrawFn) -> list[tuple[float, float, int]]:
    """(hour in, hour out, quantity) of pieces within a day."""
    out: list[tuple[float, float, int]] = []
    for _ in range(draw(st.integers(1, 12))):
        a, b = sorted((draw(st.integers(1, 82_000)), draw(st.integers(1, 82_000))))
        out.append((a / 3600, (b + 60) / 3600, draw(st.integers(1, 500))))
    return out


@given(visits())
def test_little_is_exact_where_the_window_starts_and_ends_empty(
    pieces: list[tuple[float, float, int]],
) -> None:
    """Area under the work in progress / T = arrival rate x mean stay, to the last digit."""
    story = Story()
    events = [(a, "in", q) for a, _, q in pieces] + [(b, "out", q) for _, b, q in pieces]
    for at, way, qty in sorted(events):
        kind = e.StockReceived if way == "in" else e.StockConsumed
        story.tell(kind, at, "OPO", item="M1", qty=qty)
    found = dwell(story.kpis(), us(0), us(24))
    assert len(found) == 1
    row = found[0]
    assert row.exact
    assert row.little == row.wip
    assert row.qty == sum(q for *_, q in pieces)
    stays = sum((b - a) * q for a, b, q in pieces)
    assert row.mean_h == pytest.approx(stays / row.qty, abs=1e-6)


def test_first_in_first_out() -> None:
    """10 in at 00:00, 10 in at 06:00, 15 out at 12:00: ten stayed 12 h, five stayed 6 h."""
    story = Story()
    story.tell(e.StockReceived, 0, "OPO", item="M1", qty=10)
    story.tell(e.StockReceived, 6, "OPO", item="M1", qty=10)
    story.tell(e.StockConsumed, 12, "OPO", item="M1", qty=15)
    (row,) = dwell(story.kpis(), us(0), us(24))
    assert row.mean_h == pytest.approx((10 * 12 + 5 * 6) / 15)
    assert row.p95_h == 12
    assert not row.exact  # five are still there
    assert row.wip == (10 * 6 + 20 * 6 + 5 * 12) / 24


def test_what_never_came_is_unmatched() -> None:
    """20 out of a place into which 5 came: 15 are told as unmatched, not as a stay."""
    story = Story()
    story.tell(e.StockReceived, 1, "OPO", item="M1", qty=5)
    story.tell(e.StockConsumed, 3, "OPO", item="M1", qty=20)
    (row,) = dwell(story.kpis(), us(0), us(24))
    assert row.qty == 5
    assert row.mean_h == 2
    assert row.unmatched == 15


def test_stay_on_a_lane() -> None:
    """Shipped at 01:00 and received at 49:00: two days on the lane, by shipment."""
    story = Story()
    for n, start in enumerate((1, 2)):
        story.tell(e.GoodsShipped, start, "MOTOR", shipment=f"S{n}", to="OPO", item="M1", qty=40)
    story.tell(e.GoodsReceived, 49, "OPO", shipment="S1", item="M1", qty=40)
    story.tell(e.GoodsReceived, 50, "OPO", shipment="S0", item="M1", qty=40)
    rows = {r.place: r for r in dwell(story.kpis(), us(0), us(72)) if r.kind == "lane"}
    row = rows["MOTOR-OPO"]
    assert row.mean_h == (47 + 49) / 2
    assert row.exact
    assert row.little == row.wip == 80 * 48 / 72


def stream() -> Story:
    """M1 from MOTOR, P1 made of M1 on LINE at OPO and P2 for BIKES at 10 a day."""
    net = network(
        resources=(c.Resource(id="LINE", site="OPO"), c.Resource(id="CELL", site="OPO")),
        processes=(
            c.Process(site="OPO", item="P1", resource="LINE", cycle_s=60.0),
            c.Process(site="OPO", item="P2", resource="CELL", cycle_s=30.0),
        ),
        bom=(
            c.BomLine(parent="P1", component="M1", qty=2.0),
            c.BomLine(parent="P1", component="P2", qty=1.0),
        ),
        sources=(
            c.Source(site="OPO", item="M1", origin="MOTOR", lane="MOTOR-OPO"),
            c.Source(site="BIKES", item="P1", origin="OPO", lane="OPO-BIKES"),
        ),
        lanes=(
            c.Lane(id="MOTOR-OPO", origin="MOTOR", destination="OPO", transit_h=48.0),
            c.Lane(id="OPO-BIKES", origin="OPO", destination="BIKES", transit_h=24.0),
        ),
        demand=(c.Demand(site="BIKES", item="P1", supplier="OPO", rate_day=10.0),),
    )
    story = Story(net)
    for item, qty in (("M1", 60), ("P2", 20), ("P1", 15)):
        story.tell(e.StockCounted, 1, "OPO", item=item, qty=qty)
    return story


def test_ladder_takes_the_longest_branch() -> None:
    """M1: 60 / 20 = 3 d and 2 d on the lane; P2: 20 / 10 = 2 d. The path goes through M1."""
    story = stream()
    takt = network_takt(story.network, date(2026, 3, 2))
    found = value_stream(story.kpis(), takt, "P1", "OPO", now=us(24))
    assert found is not None
    assert [(r.kind, r.place, r.item, r.days, r.seconds) for r in found.rungs] == [
        ("stock", "MOTOR", "M1", 0.0, 0.0),
        ("transit", "MOTOR-OPO", "M1", 2.0, 0.0),
        ("stock", "OPO", "M1", 3.0, 0.0),
        ("process", "LINE", "P1", 0.0, 60.0),
        ("stock", "OPO", "P1", 1.5, 0.0),
    ]
    assert found.wait_d == 6.5
    assert found.value_s == 60
    assert found.pce == pytest.approx(60 / (6.5 * 86_400 + 60))


def test_transit_rung_is_what_is_on_the_road() -> None:
    """100 M1 on the road at 20 a day are 5 d; once received, none."""
    story = stream()
    story.tell(e.GoodsShipped, 2, "MOTOR", shipment="S", to="OPO", item="M1", qty=100)
    takt = network_takt(story.network, date(2026, 3, 2))
    found = value_stream(story.kpis(), takt, "P1", "OPO", now=us(24))
    assert found is not None
    assert [r.days for r in found.rungs if r.kind == "transit"] == [5.0]


def test_no_demand_has_no_ladder() -> None:
    """A product that nobody asks for has no value stream."""
    story = Story()
    takt = network_takt(story.network, date(2026, 3, 2))
    assert value_stream(story.kpis(), takt, "P1", now=us(24)) is None
