"""G2, inventory turns: the worked examples, elimination within the group, exact integrals."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kpi_story import Story, network, us

from taktnet.kpi import KpiSettings, KpiValue
from taktnet.ledger import event as e
from taktnet.network import components as c

YEAR = 365 * 24.0


def of_year(story: Story, **how: object) -> dict[object, KpiValue]:
    """Values of a year from the start."""
    return story.values(0, YEAR, keys=["turns"], **how)


def test_five_point_example() -> None:
    """COGS 12.0 M and quarter points 2.0 2.2 1.9 2.1 1.8: average 2.0, turns 6.0, 60.83 days."""
    story = Story()
    # Units of M1 cost 10: 200,000 are 2.0 M. Counts at the quarters, 1.2 M units sold.
    for n, qty in enumerate((200_000, 220_000, 190_000, 210_000)):
        story.tell(e.StockCounted, n * YEAR / 4, "OPO", item="M1", qty=qty)
    story.tell(
        e.GoodsShipped, YEAR / 4 - 1, "OPO", shipment="S", to="BIKES", item="M1", qty=1_200_000
    )
    story.tell(e.StockCounted, YEAR - 1, "OPO", item="M1", qty=180_000)
    values = of_year(story)
    assert values["turns", "five_point"].denominator == 2_000_000
    assert values["turns", "five_point"].numerator == 12_000_000
    assert values["turns", "five_point"].value == 6.0
    assert values["turns", "days.five_point"].value == pytest.approx(60.8333, abs=1e-4)


def two_plants() -> Story:
    """A 8.0 M of internal COGS on 1.0 M, B 12.0 M on 1.5 M, and 0.5 M on the road."""
    story = Story(network(items=(c.Item(id="X", cost=1.0), c.Item(id="Y", cost=1.0))))
    story.tell(e.StockCounted, 0, "OPO", item="X", qty=1_000_000)
    story.tell(e.StockCounted, 0, "KRK", item="Y", qty=1_500_000)
    story.tell(e.GoodsShipped, 0, "OPO", shipment="P", to="KRK", item="X", qty=500_000)
    story.tell(e.StockProduced, 0, "OPO", item="X", qty=500_000)
    # All else moves at once, so that averages stay as they are.
    for site, item, to, qty in (
        ("OPO", "X", "KRK", 7_500_000),
        ("KRK", "Y", "BIKES", 12_000_000),
    ):
        story.tell(e.StockProduced, 100, site, item=item, qty=qty)
        story.tell(e.GoodsShipped, 100, site, shipment=f"T{item}", to=to, item=item, qty=qty)
    story.tell(e.GoodsReceived, 100, "KRK", shipment="TX", item="X", qty=7_500_000)
    story.tell(e.StockConsumed, 100, "KRK", item="X", qty=7_500_000)
    return story


def test_network_eliminates_the_flow_between_plants() -> None:
    """A 8.0 M/1.0 M = 8, B 12.0 M/1.5 M = 8, 0.5 M on the road: 12/3.0 = 4.0, not 8 or 8.0."""
    story = two_plants()
    whole = of_year(story)["turns", "daily"]
    assert (whole.numerator, whole.denominator) == (12_000_000, 3_000_000)
    assert whole.value == 4.0
    sites = of_year(story, by="site")
    assert sites["turns", "daily", "OPO"].value == 8.0
    assert sites["turns", "daily", "KRK"].value == 8.0


def test_stock_in_transit_from_outside_is_not_ours_unless_declared() -> None:
    """Bought goods on the road count only where we own them from the supplier's door."""
    for own, stock in ((False, 0), (True, 100 * 10 * Fraction(12, 24))):
        story = Story(settings=KpiSettings(own_inbound=own))
        story.tell(e.StockCounted, 0, "OPO", item="M1", qty=0)
        story.tell(e.GoodsShipped, 12, "MOTOR", shipment="S", to="OPO", item="M1", qty=100)
        assert story.values()["turns", "stock"].numerator == stock


def test_consigned_stock_is_left_out() -> None:
    """Stock that the supplier still owns is not in the average, and is told."""
    point = c.StockPoint(site="OPO", item="M1", owner="consigned", consignor="MOTOR")
    story = Story(network(stock_points=(point,)))
    story.tell(e.StockCounted, 0, "OPO", item="M1", qty=100)
    story.tell(e.StockCounted, 0, "OPO", item="P1", qty=7)
    found = story.values()["turns", "stock"]
    assert found.numerator == 700
    assert ("consigned stock points", 1) in found.exclusions


def test_average_is_the_exact_integral() -> None:
    """100 for 6 h, 50 for 18 h: 62.5 on average, times 10 EUR."""
    story = Story()
    story.tell(e.StockCounted, 0, "OPO", item="M1", qty=100)
    story.tell(e.StockConsumed, 6, "OPO", item="M1", qty=50)
    assert story.values()["turns", "stock"].numerator == 625


def test_late_business_time_changes_history() -> None:
    """A consumption recorded last but of 06:00 changes the average from 06:00 on."""
    story = Story()
    story.tell(e.StockCounted, 0, "OPO", item="M1", qty=100)
    story.tell(e.StockConsumed, 12, "OPO", item="M1", qty=20)
    story.tell(e.StockConsumed, 6, "OPO", item="M1", qty=50)
    average = Fraction(100 * 6 + 50 * 6 + 30 * 12, 24)
    assert story.values()["turns", "stock"].numerator == average * 10


def test_a_count_sets_the_balance_whatever_came_before() -> None:
    """A count of 80 at noon after 100 - 50 leaves 80, also when an earlier fact comes later."""
    story = Story()
    story.tell(e.StockCounted, 0, "OPO", item="M1", qty=100)
    story.tell(e.StockCounted, 12, "OPO", item="M1", qty=80)
    story.tell(e.StockConsumed, 6, "OPO", item="M1", qty=50)
    average = Fraction(100 * 6 + 50 * 6 + 80 * 12, 24)
    assert story.values()["turns", "stock"].numerator == average * 10


def test_counts_are_by_lot_and_status() -> None:
    """A count of one lot leaves the others alone; held stock is still stock."""
    story = Story()
    story.tell(e.StockReceived, 0, "OPO", item="M1", qty=30, lot="A")
    story.tell(e.StockReceived, 0, "OPO", item="M1", qty=30, lot="B")
    story.tell(e.StockHeld, 0, "OPO", item="M1", qty=10, lot="A")
    story.tell(e.StockCounted, 0, "OPO", item="M1", qty=5, lot="A", status="held")
    assert story.values()["turns", "stock"].numerator == (20 + 5 + 30) * 10


def test_rejected_goods_are_no_stock() -> None:
    """100 received, 10 of them rejected: 90 in stock."""
    story = Story()
    story.tell(e.GoodsReceived, 0, "OPO", shipment="S", item="M1", qty=100, rejected=10)
    assert story.values()["turns", "stock"].numerator == 900


def test_short_history_is_annualised_and_says_so() -> None:
    """One day is scaled to a year, with a note."""
    story = Story()
    story.tell(e.StockCounted, 0, "OPO", item="M1", qty=100)
    story.tell(e.GoodsShipped, 23, "OPO", shipment="S", to="BIKES", item="M1", qty=1)
    found = story.values()["turns", "daily"]
    assert found.numerator == 1 * 10 * 365
    assert found.notes == ("annualised from 1 days",)


def test_negative_book_stock_is_a_data_error() -> None:
    """Stock that goes below zero is named, and left out where its average is negative."""
    story = Story()
    story.tell(e.StockCounted, 0, "OPO", item="P1", qty=1)
    story.tell(e.StockConsumed, 6, "OPO", item="M1", qty=50)
    found = story.values()["turns", "stock"]
    assert found.errors == ("OPO M1: book stock below zero",)
    assert ("negative average book stock", 1) in found.exclusions
    assert found.numerator == 100


def test_zero_stock_is_no_data() -> None:
    """Sales without stock have no turns."""
    story = Story()
    story.tell(e.StockProduced, 6, "OPO", item="M1", qty=5)
    story.tell(e.GoodsShipped, 6, "OPO", shipment="S", to="BIKES", item="M1", qty=5)
    assert story.values()["turns", "daily"].value is None


def test_items_without_cost_turn_in_units() -> None:
    """An item of cost 0 has no turns in money, but in units."""
    story = Story(network(items=(c.Item(id="FREE", cost=0.0),)))
    story.tell(e.StockCounted, 0, "OPO", item="FREE", qty=100)
    story.tell(e.StockConsumed, YEAR / 2, "OPO", item="FREE", qty=100)
    values = of_year(story, by="item")
    assert values["turns", "daily", "FREE"].value is None
    assert values["turns", "units", "FREE"].value == 2.0


def test_costs_are_in_euros() -> None:
    """A cost of 10.70 USD at 1.07 USD per EUR is exactly 10 EUR."""
    item = c.Item(id="M1", cost=10.7, currency="USD")
    story = Story(network(items=(item,), rates=(c.Rate(currency="USD", per_eur=1.07),)))
    story.tell(e.StockCounted, 0, "OPO", item="M1", qty=3)
    assert story.values()["turns", "stock"].numerator == 30


def test_stock_of_the_future_is_not_known() -> None:
    """A window that reaches beyond as-of is averaged until as-of."""
    story = Story()
    story.tell(e.StockCounted, 0, "OPO", item="M1", qty=100)
    found = story.values(0, 48, as_of=us(12))
    assert found["turns", "stock"].numerator == 1000


@given(st.lists(st.tuples(st.integers(0, 86_399), st.integers(1, 10**9)), max_size=20))
def test_average_of_any_history_is_exact(moves: list[tuple[int, int]]) -> None:
    """Up to a thousand million units a time: the integral never rounds and never overflows."""
    story = Story()
    story.tell(e.StockCounted, 0, "OPO", item="M1", qty=0)
    for second, qty in moves:
        story.tell(e.StockReceived, second / 3600, "OPO", item="M1", qty=qty)
    rows = story.facts[1:]
    exact = sum(int(r["qty"]) * (us(24) - int(r["at"])) for r in rows)
    found = story.values(keys=["turns"])["turns", "stock"].numerator
    assert found == Fraction(exact * 10, 1_000_000 * 24 * 3_600_000_000)
