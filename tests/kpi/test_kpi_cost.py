"""G5 and F2, total delivered cost; G7, return on investment."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kpi_story import Story, network

from taktnet.kpi import KpiSettings
from taktnet.kpi.delivered_cost import (
    MPF,
    Flow,
    NoRate,
    fee,
    harbor_fee,
    pipeline_cost,
    tiered_days,
)
from taktnet.kpi.roi import irr, npv, payback, roi, sign_changes
from taktnet.ledger import event as e
from taktnet.network import components as c

IN_2024 = date(2024, 3, 1)
EU = Flow(
    units=10_000,
    price=80_000,
    freight=4_200,
    insurance=420,
    duty_rate="0.05",
    broker=250,
    inland=900,
    demurrage=1_350,
    carrying=pipeline_cost(80_000, "0.25", 35) + 1_200,
    expedite=1_500,
    quality=300,
)


def test_us_fees() -> None:
    """MPF 346.40, at least 31.67, at most 614.35; HMF 125.00 by vessel, 0 by air."""
    assert fee(MPF, 100_000, IN_2024) == Fraction("346.40")
    assert fee(MPF, 1_000, IN_2024) == Fraction("31.67")
    assert fee(MPF, 500_000, IN_2024) == Fraction("614.35")
    assert harbor_fee(100_000, IN_2024, vessel=True) == 125
    assert harbor_fee(100_000, IN_2024, vessel=False) == 0


def test_fees_are_those_of_the_day() -> None:
    """The limits of FY2025 hold from 1 October 2024; before the table there is no rate."""
    assert fee(MPF, 1_000, date(2024, 9, 30)) == Fraction("31.67")
    assert fee(MPF, 1_000, date(2024, 10, 1)) == Fraction("32.71")
    with pytest.raises(NoRate, match="starts on 2023-10-01"):
        fee(MPF, 1_000, date(2020, 1, 1))


def test_demurrage() -> None:
    """14 days, 5 free, 4 at 100, 3 at 150, then 250: 1,350."""
    tiers = ((4, 100), (3, 150), (None, 250))
    assert tiered_days(14, 5, tiers) == 1350
    assert tiered_days(5, 5, tiers) == 0
    with pytest.raises(ValueError, match="1 days lie beyond the last tier"):
        tiered_days(2, 0, ((1, 100),))


def test_eu_import() -> None:
    """CIF 84,620, duty 4,231.00, pipeline 1,917.81, total 96,268.81, 9.6269 per unit."""
    assert EU.customs_value == 84_620
    assert EU.duty == 4_231
    assert round(pipeline_cost(80_000, "0.25", 35), 2) == Fraction("1917.81")
    assert round(EU.total, 2) == Fraction("96268.81")
    assert EU.per_unit is not None
    assert round(EU.per_unit, 4) == Fraction("9.6269")


def test_fob_valuation_taxes_the_price_alone() -> None:
    """The same under FOB: duty 4,000."""
    fob = Flow(units=10_000, price=80_000, freight=4_200, duty_rate="0.05", valuation="FOB")
    assert fob.duty == 4_000


def charge(story: Story, at: float, component: str, amount: float, **more: object) -> str:
    """A charge of a shipment of M1 from MOTOR to OPO."""
    told = {"item": "M1", "shipment": "S1", "origin": "MOTOR", **more}
    return story.tell(e.CostCharged, at, "OPO", component=component, amount=amount, **told)


def test_eu_import_through_the_ledger() -> None:
    """The same 96,268.81 from charges, carrying cost as charged, 9.6269 per unit."""
    story = Story(settings=KpiSettings(computed_carrying=False))
    charge(story, 1, "price", 80_000, qty=10_000)
    amounts = {
        "freight": 4_200, "insurance": 420, "duty": 4_231, "broker": 250, "inland": 900,
        "demurrage": 1_350, "expedite": 1_500, "quality": 300, "carrying": 3_117.808219,
    }  # fmt: skip
    for component, amount in amounts.items():
        charge(story, 2, component, amount)
    values = story.values()
    assert values["cost", "total"].value == pytest.approx(96_268.81, abs=0.005)
    assert values["cost", "unit"].value == pytest.approx(9.6269, abs=5e-5)
    assert values["cost", "unit"].denominator == 10_000


def total(story: Story, start: float = 0, end: float = 24) -> object:
    """Total cost of a window, exactly."""
    return story.values(start, end)["cost", "total"].numerator


def test_an_invoice_trues_up_its_estimate() -> None:
    """Accrued 100 on Monday, invoiced 110 on Tuesday: 100, then 10, and 110 in all."""
    story = Story()
    charge(story, 1, "freight", 100, basis="estimate")
    charge(story, 25, "freight", 110)
    assert total(story, 0, 24) == 100
    assert total(story, 24, 48) == 10
    assert total(story, 0, 48) == 110


def test_an_invoice_of_another_component_trues_up_nothing() -> None:
    """Freight invoiced leaves the estimate of duty alone."""
    story = Story()
    charge(story, 1, "duty", 40, basis="estimate")
    charge(story, 2, "freight", 110)
    assert total(story) == 150


def test_an_estimate_after_the_invoice_adds_nothing() -> None:
    """The invoice is known; a late estimate is history."""
    story = Story()
    charge(story, 1, "freight", 110)
    charge(story, 2, "freight", 100, basis="estimate")
    assert total(story) == 110


def test_an_invoice_of_one_item_leaves_the_other_accrued() -> None:
    """Two items on a shipment, one invoiced: the other stays an estimate."""
    story = Story()
    charge(story, 1, "price", 100, basis="estimate")
    charge(story, 1, "price", 50, basis="estimate", item="P1")
    charge(story, 2, "price", 90)
    assert total(story) == 140


def test_an_invoice_for_the_whole_shipment_replaces_all() -> None:
    """An invoice without an item trues up the estimates of every item."""
    story = Story()
    charge(story, 1, "freight", 60, basis="estimate")
    charge(story, 1, "freight", 50, basis="estimate", item="P1")
    charge(story, 2, "freight", 100, item="")
    assert total(story) == 100


def test_several_invoices_add_up() -> None:
    """Two invoices of one component replace the estimate once."""
    story = Story()
    charge(story, 1, "freight", 100, basis="estimate")
    charge(story, 2, "freight", 70)
    charge(story, 3, "freight", 50)
    assert total(story) == 120


def test_an_invoice_taken_back_brings_the_estimate_back() -> None:
    """Voiding the only invoice leaves the accrual."""
    story = Story()
    charge(story, 1, "freight", 100, basis="estimate")
    wrong = charge(story, 2, "freight", 110)
    story.tell(e.EventVoided, 2, "OPO", corrects=wrong)
    assert total(story) == 100


def test_without_a_shipment_the_invoice_number_pairs() -> None:
    """An estimate that knows its invoice is trued up by it; one without either stands."""
    story = Story()
    charge(story, 1, "freight", 100, basis="estimate", shipment="", invoice="R7")
    charge(story, 2, "freight", 120, shipment="", invoice="R7")
    charge(story, 3, "freight", 5, basis="estimate", shipment="")
    assert total(story) == 125


def test_late_invoice_falls_into_the_open_period() -> None:
    """March is closed with the accrual; the difference counts in April."""
    story = Story()
    charge(story, 1, "freight", 100, basis="estimate")
    story.tell(e.PeriodClosed, 30, until=24)
    charge(story, 20, "freight", 130)
    assert total(story, 0, 24) == 100
    assert total(story, 24, 48) == 30


def test_currencies_at_the_networks_rates() -> None:
    """107 USD at 1.07 are exactly 100 EUR."""
    story = Story(network(rates=(c.Rate(currency="USD", per_eur=1.07),)))
    charge(story, 1, "freight", 107, currency="USD")
    assert total(story) == 100


def test_carrying_cost_is_stock_x_cost_x_rate() -> None:
    """100 of 10 EUR for a day at 20 % a year: 1000 x .2 / 365; 73 charged are left out."""
    story = Story(network(stock_points=(c.StockPoint(site="OPO", item="M1"),)))
    story.tell(e.StockCounted, 0, "OPO", item="M1", qty=100)
    charge(story, 1, "carrying", 73)
    values = story.values()
    assert values["cost", "carrying"].numerator == Fraction(200, 365)
    assert values["cost", "total"].numerator == Fraction(200, 365)
    assert values["cost", "total"].exclusions == (("carrying cost that was charged", 1),)


def test_pipeline_belongs_to_supplier_and_lane() -> None:
    """Bought goods that are ours on the road are carried under their supplier and lane."""
    story = Story(settings=KpiSettings(own_inbound=True))
    story.tell(
        e.GoodsShipped, 0, "MOTOR", shipment="S", to="OPO", item="M1", qty=365, lane="MOTOR-OPO"
    )
    for by, name in (("supplier", "MOTOR"), ("lane", "MOTOR-OPO"), ("item", "M1")):
        assert story.values(by=by)["cost", "carrying", name].numerator == 2


def test_units_are_those_received_where_no_price_is_charged() -> None:
    """Freight of 50 over 25 received is 2 a unit, with a note."""
    story = Story()
    story.tell(e.GoodsShipped, 1, "MOTOR", shipment="S", to="OPO", item="M1", qty=25)
    story.tell(e.GoodsReceived, 2, "OPO", shipment="S", item="M1", qty=25)
    charge(story, 3, "freight", 50)
    found = story.values(by="supplier")["cost", "unit", "MOTOR"]
    assert found.value == 2
    assert found.notes == ("units are those received: no price was charged",)


def two_weeks() -> Story:
    """M1: 10 at 8 + 1 freight, then 20 at 9 + 1.5; P1: 5 at 100, then 5 at 90 + 4 expedited."""
    story = Story(settings=KpiSettings(computed_carrying=False))
    week = 24 * 7
    for at, item, qty, price, freight, express in (
        (1, "M1", 10, 8, 1, 0),
        (1, "P1", 5, 100, 0, 0),
        (1 + week, "M1", 20, 9, 1.5, 0),
        (1 + week, "P1", 5, 90, 0, 4),
        (1 + week, "P2", 1, 33, 0, 0),
    ):
        more = {"item": item, "shipment": f"S{item}{at}"}
        charge(story, at, "price", qty * price, qty=qty, **more)
        charge(story, at, "freight", qty * freight, **more)
        charge(story, at, "expedite", qty * express, **more)
    return story


def test_laspeyres_index() -> None:
    """(10.5 x 10 + 94 x 5) / (9 x 10 + 100 x 5) at base quantities; new items do not count."""
    values = two_weeks().values(24 * 7, 24 * 14)
    assert values["cost", "index"].value == pytest.approx((10.5 * 10 + 94 * 5) / 590)


def test_splits_add_up_to_the_change() -> None:
    """Price -40, mode +5, expediting +20, the rest is volume and mix."""
    values = two_weeks().values(24 * 7, 24 * 14)
    split = {name: v.value for (_, name), v in values.items() if name.startswith("split.")}
    assert split["split.price"] == pytest.approx(10 * 1 - 5 * 10)
    assert split["split.mode"] == pytest.approx(10 * 0.5)
    assert split["split.expedite"] == pytest.approx(5 * 4)
    assert split["split.duty"] == split["split.fx"] == split["split.carrying"] == 0
    assert sum(v for v in split.values() if v is not None) == pytest.approx(
        (20 * 10.5 + 5 * 94 + 33) - 590
    )


def test_no_base_is_no_index() -> None:
    """Without cost in the base window there is nothing to compare with."""
    values = two_weeks().values(0, 24 * 7)
    assert values["cost", "index"].value is None
    assert values["cost", "split.volume"].value is None


FLOWS = (-500_000, 150_000, 220_000, 260_000, 260_000, 260_000)


def test_return_on_investment() -> None:
    """NPV 352,546.71, IRR 32.335 %, payback 2.50 y, discounted 2.931 y, ROI 130 %."""
    assert round(npv(FLOWS, "0.10"), 2) == Fraction("352546.71")
    assert irr(FLOWS) == (pytest.approx(0.3233498, abs=5e-7),)
    assert payback(FLOWS) == Fraction(5, 2)
    found = payback(FLOWS, "0.10")
    assert found is not None
    assert float(found) == pytest.approx(2.930769, abs=5e-6)
    assert roi(FLOWS[1:], 500_000) == Fraction(13, 10)


def test_rates_of_return_may_be_none_or_several() -> None:
    """-100, 230, -132 has 10 % and 20 %; flows of one sign have none."""
    assert sign_changes((-100, 230, -132)) == 2
    assert irr((-100, 230, -132)) == (pytest.approx(0.1), pytest.approx(0.2))
    assert irr((100, 50)) == ()
    assert irr((-100, 50)) == (pytest.approx(-0.5),)


def test_what_never_pays_back_has_no_payback() -> None:
    """100 out and 50 in; or paid back and then lost again."""
    assert payback((-100, 50)) is None
    assert payback((-100, 150, -80)) is None
    assert payback((10, 5)) == 0
    assert roi((5,), 0) is None


@given(
    st.integers(1, 10**6),
    st.lists(st.integers(0, 10**6), min_size=1, max_size=8).filter(any),
)
def test_net_present_value_is_zero_at_the_rate_of_return(cost: int, benefits: list[int]) -> None:
    """One sign change has exactly one rate, and NPV there is 0."""
    (rate,) = irr((-cost, *benefits))
    scale = max(cost, *(abs(b) / (1 + rate) ** t for t, b in enumerate(benefits, 1)))
    assert float(npv((-cost, *benefits), rate)) == pytest.approx(0, abs=1e-6 * scale)
