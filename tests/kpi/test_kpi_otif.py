"""G1, on time in full to production: the worked example and every edge of its method."""

from __future__ import annotations

from fractions import Fraction

import pytest
from kpi_story import Story, network, us

from taktnet.kpi import KpiSettings
from taktnet.ledger import event as e
from taktnet.network import components as c


def line(story: Story, name: str, **fields: object) -> None:
    """A call-off line of 100 for OPO, window 08:00 to 10:00, placed long before."""
    told = {"origin": "MOTOR", "item": "M1", "qty": 100, "window_start": 8, "window_end": 10}
    story.tell(e.CalloffPlaced, -100, "OPO", order=name, **{**told, **fields})


def come(story: Story, name: str, at: float, qty: float, rejected: float = 0) -> None:
    """Goods for a line come in, with a shipment of their own."""
    shipment = f"S{len(story.told)}"
    story.tell(
        e.GoodsReceived, at, "OPO",
        shipment=shipment, item="M1", qty=qty, rejected=rejected, order=name,
    )  # fmt: skip


def clock(text: str) -> float:
    """08:30 as hours."""
    hour, minute = text.split(":")
    return int(hour) + int(minute) / 60


WORKED = {
    "O1/L1": [("09:00", 100, 0)],
    "O1/L2": [("08:30", 60, 0), ("09:50", 40, 0)],
    "O2/L3": [("08:30", 60, 0), ("10:30", 40, 0)],
    "O2/L4": [("07:40", 100, 0)],
    "O2/L5": [("09:00", 105, 0)],
    "O2/L6": [("09:00", 98, 0)],
    "O2/L7": [],
    "O2/L8": [("09:10", 100, 10)],
}


def worked() -> Story:
    """The eight lines of the method's test."""
    story = Story()
    for name, deliveries in WORKED.items():
        line(story, name)
        for at, qty, rejected in deliveries:
            come(story, name, clock(at), qty, rejected)
    return story


@pytest.mark.parametrize(
    ("variant", "share"),
    [
        ("strict.accepted", Fraction(2, 8)),
        ("strict.received", Fraction(3, 8)),
        ("contract", Fraction(6, 8)),
        ("weighted.received", Fraction(558, 800)),
        ("weighted.accepted", Fraction(548, 800)),
        ("orders", Fraction(1, 2)),
    ],
)
def test_worked_example(variant: str, share: Fraction) -> None:
    """Eight lines of 100: 25 % strict accepted, 37.5 % received, 75 % contract, and weighted."""
    found = worked().values()["otif", variant]
    assert found.numerator is not None and found.denominator is not None
    assert Fraction(found.numerator) / Fraction(found.denominator) == share
    assert found.value == float(share)
    assert found.inputs == 8


def test_and_per_line_is_not_the_product_of_rates() -> None:
    """On time x in full would give 39.06 %; the line's AND gives 37.5 %."""
    found = worked().values()["otif", "strict.received"]
    assert found.value == 0.375 != pytest.approx(5 / 8 * 5 / 8)


def hit(story: Story, variant: str = "strict.accepted", **how: object) -> float | None:
    """The value of a variant of one day."""
    return story.values(**how)["otif", variant].value


def test_split_inside_the_window_is_a_hit() -> None:
    """60 and 40 inside the window are the 100 that were asked."""
    story = Story()
    line(story, "L")
    come(story, "L", 8.5, 60)
    come(story, "L", 9.5, 40)
    assert hit(story) == 1


def test_late_remainder_misses_the_line_and_counts_in_part() -> None:
    """60 inside and 40 late: a miss, 60 % by weight."""
    story = Story()
    line(story, "L")
    come(story, "L", 8.5, 60)
    come(story, "L", 10.5, 40)
    assert hit(story) == 0
    assert hit(story, "weighted.received") == 0.6


def test_early_is_a_miss_unless_within_the_declared_grace() -> None:
    """20 minutes early: a strict miss, a hit with 30 minutes of grace, a miss with 10."""
    for early, share in ((30, 1), (10, 0)):
        story = Story(settings=KpiSettings(early_min=early))
        line(story, "L")
        come(story, "L", clock("07:40"), 100)
        assert hit(story) == 0
        assert hit(story, "contract") == share


def test_over_delivery_is_a_miss_beyond_the_tolerance() -> None:
    """105 of 100 is within 5 %, 106 is not; by weight no more than 100 % counts."""
    for qty, share in ((105, 1), (106, 0)):
        story = Story()
        line(story, "L")
        come(story, "L", 9, qty)
        assert hit(story) == 0
        assert hit(story, "contract") == share
        assert hit(story, "weighted.received") == 1


def test_tolerance_is_exact() -> None:
    """5 % of 0.1 is 0.005: 0.095 is within, 0.094999 is not; no binary rounding."""
    for qty, share in ((0.095, 1), (0.094999, 0)):
        story = Story()
        line(story, "L", qty=0.1)
        come(story, "L", 9, qty)
        assert hit(story, "contract") == share


def test_window_includes_both_ends() -> None:
    """At 08:00 sharp and at 10:00 sharp is inside."""
    for at in (8, 10):
        story = Story()
        line(story, "L")
        come(story, "L", at, 100)
        assert hit(story) == 1


def test_received_and_accepted_are_both_kept() -> None:
    """10 of 100 rejected: received in full, not accepted in full."""
    story = Story()
    line(story, "L")
    come(story, "L", 9, 100, rejected=10)
    assert hit(story, "strict.received") == 1
    assert hit(story, "strict.accepted") == 0
    assert hit(story, "weighted.accepted") == 0.9


def test_past_due_and_not_delivered_is_a_miss() -> None:
    """A line due by as-of counts though nothing came; one due later does not count yet."""
    story = Story()
    line(story, "due")
    line(story, "later", window_start=20, window_end=22)
    assert story.values(as_of=us(12))["otif", "strict.accepted"].denominator == 1
    assert hit(story, as_of=us(12)) == 0
    assert story.values(as_of=us(24))["otif", "strict.accepted"].denominator == 2


def test_cancelled_before_freeze_is_out() -> None:
    """A line cancelled before it was frozen is left out, with a count."""
    story = Story()
    line(story, "L", window_start=100, window_end=102)
    story.tell(e.OrderCancelled, 100 - 49, "OPO", order="L")
    found = story.values(0, 200)["otif", "strict.accepted"]
    assert found.value is None
    assert found.exclusions == (("cancelled before freeze", 1),)


def test_cancelled_by_the_buyer_after_freeze_is_in_and_excused() -> None:
    """After the freeze it stays a line: a miss gross, left out net as excused."""
    story = Story()
    line(story, "L", window_start=100, window_end=102)
    story.tell(e.OrderCancelled, 100 - 47, "OPO", order="L")
    values = story.values(0, 200)
    assert values["otif", "strict.accepted"].value == 0
    net = values["otif", "strict.net"]
    assert net.value is None
    assert net.exclusions == (("changed or cancelled by the buyer after freeze", 1),)


def test_cancelled_by_the_seller_is_a_miss() -> None:
    """A seller that cancels a frozen line has missed it, gross and net."""
    story = Story()
    line(story, "L", window_start=100, window_end=102)
    story.tell(e.OrderCancelled, 60, "OPO", order="L", by="seller")
    values = story.values(0, 200)
    assert values["otif", "strict.accepted"].value == 0
    assert values["otif", "strict.net"].value == 0


def test_change_before_freeze_moves_the_target() -> None:
    """120 asked for before the freeze is what must come."""
    story = Story()
    line(story, "L", window_start=100, window_end=102)
    story.tell(e.OrderChanged, 20, "OPO", order="L", qty=120)
    come(story, "L", 101, 120)
    assert story.values(0, 200)["otif", "strict.accepted"].value == 1


def test_change_after_freeze_excuses_and_moves_nothing() -> None:
    """The original commitment stands; the change excuses the line from the net rate."""
    story = Story()
    line(story, "L", window_start=100, window_end=102)
    story.tell(e.OrderChanged, 99, "OPO", order="L", qty=120)
    come(story, "L", 101, 120)
    values = story.values(0, 200)
    assert values["otif", "strict.accepted"].value == 0
    assert values["otif", "strict.net"].value is None
    assert values["otif", "contract.net"].value is None


def test_consigned_stock_is_measured_by_its_least_stock() -> None:
    """Its lines are left out; 18 of 24 hours at or above 50 are 75 %."""
    point = c.StockPoint(site="OPO", item="M1", reorder_point=50.0, owner="consigned")
    story = Story(network(stock_points=(point,)))
    line(story, "L")
    story.tell(e.StockCounted, 0, "OPO", item="M1", qty=80)
    story.tell(e.StockConsumed, 18, "OPO", item="M1", qty=40)
    values = story.values()
    assert values["otif", "strict.accepted"].value is None
    assert values["otif", "strict.accepted"].exclusions == (("consigned stock", 1),)
    assert values["otif", "consigned"].value == 0.75


def test_time_of_record_is_the_gate() -> None:
    """At the gate 09:50 and unloaded 11:00 is on time."""
    story = Story()
    line(story, "L")
    story.tell(e.GoodsArrived, clock("09:50"), "OPO", shipment="TRUCK")
    story.tell(e.GoodsReceived, 11, "OPO", shipment="TRUCK", item="M1", qty=100, order="L")
    assert hit(story) == 1


def test_a_gate_told_later_still_counts() -> None:
    """The gate's report comes after the receipt was recorded; the line is worked out again."""
    story = Story()
    line(story, "L")
    story.tell(e.GoodsReceived, 11, "OPO", shipment="TRUCK", item="M1", qty=100, order="L")
    kpis = story.kpis()
    before = {v.variant: v.value for v in kpis.report(us(0), us(24), keys=["otif"])}
    seen = len(story.facts)
    story.tell(e.GoodsArrived, 9, "OPO", shipment="TRUCK")
    kpis.update(story.facts[seen:])
    after = {v.variant: v.value for v in kpis.report(us(0), us(24), keys=["otif"])}
    assert (before["strict.accepted"], after["strict.accepted"]) == (0, 1)


def test_goods_find_their_line_by_the_shipment() -> None:
    """The receipt names no line, but what was shipped did."""
    story = Story()
    line(story, "other", window_start=6, window_end=7)
    line(story, "L")
    story.tell(e.GoodsShipped, 1, "MOTOR", shipment="T", to="OPO", item="M1", qty=100, order="L")
    story.tell(e.GoodsReceived, 9, "OPO", shipment="T", item="M1", qty=100)
    values = story.values()
    assert values["otif", "strict.accepted"].numerator == 1


def test_one_shipment_for_two_lines_fills_them_in_turn() -> None:
    """40 for the first and 60 for the second come as one receipt of 100."""
    story = Story()
    for name, qty in (("L1", 40), ("L2", 60)):
        line(story, name, qty=qty)
        story.tell(
            e.GoodsShipped, 1, "MOTOR", shipment="T", to="OPO", item="M1", qty=qty, order=name
        )
    story.tell(e.GoodsReceived, 9, "OPO", shipment="T", item="M1", qty=100)
    assert hit(story) == 1


def test_goods_without_a_name_serve_lines_first_in_first_out() -> None:
    """Unnamed goods of an origin fill the line due first; the rest goes on to the next."""
    story = Story()
    line(story, "L1", window_start=6, window_end=8)
    line(story, "L2", window_start=8, window_end=10)
    line(story, "coils", origin="COILS")
    story.tell(e.GoodsShipped, 1, "MOTOR", shipment="T", to="OPO", item="M1", qty=150)
    story.tell(e.GoodsReceived, 7, "OPO", shipment="T", item="M1", qty=150)
    values = story.values(by="supplier")
    assert values["otif", "strict.received", "MOTOR"].numerator == 1
    assert values["otif", "weighted.received", "MOTOR"].value == 0.5  # 50 came too early
    assert values["otif", "weighted.received", "COILS"].value == 0


def test_goods_serve_no_line_that_was_asked_for_later() -> None:
    """What came before the order cannot be its delivery."""
    story = Story()
    story.tell(e.GoodsReceived, 7, "OPO", shipment="T", item="M1", qty=100)
    story.tell(
        e.CalloffPlaced, 7.5, "OPO", order="L", origin="MOTOR", item="M1", qty=100,
        window_start=6, window_end=10,
    )  # fmt: skip
    assert hit(story) == 0


def test_several_dates_of_one_order_are_several_lines() -> None:
    """One name with two windows: two lines, filled in the order in which they are due."""
    story = Story()
    line(story, "L", window_start=4, window_end=6)
    line(story, "L")
    come(story, "L", 5, 100)
    come(story, "L", 9, 100)
    assert story.values()["otif", "strict.accepted"].numerator == 2


def test_decisions_are_lines() -> None:
    """A decision to buy with a due window counts; one to produce, or without a window, does not."""
    story = Story()
    told = {"item": "M1", "qty": 100, "origin": "MOTOR", "rule": "RQ", "reason": "stock is low"}
    story.tell(e.DecisionTaken, -30, "OPO", decision="D1", action="buy", due=10, due_from=8, **told)
    story.tell(e.DecisionTaken, -30, "OPO", decision="D2", action="produce", due=10, **told)
    story.tell(e.DecisionTaken, -30, "OPO", decision="D3", action="move", **told)
    come(story, "D1", 9, 100)
    found = story.values()["otif", "strict.accepted"]
    assert (found.numerator, found.denominator) == (1, 1)


def test_refused_and_waiting_decisions_are_left_out() -> None:
    """What a person declined, a partner refused or nobody approved was never asked for."""
    story = Story()
    told = {"item": "M1", "qty": 100, "origin": "MOTOR", "rule": "RQ", "reason": "stock is low"}
    for name, waits in (("D1", False), ("D2", True), ("D3", True), ("D4", False)):
        story.tell(
            e.DecisionTaken, -30, "OPO", decision=name, action="buy", due=10, due_from=8,
            waiting=waits, **told,
        )  # fmt: skip
    story.tell(e.SignalRefused, -29, "OPO", decision="D1")
    story.tell(e.DecisionApproved, -29, "OPO", decision="D3", by="Ana")
    found = story.values()["otif", "strict.accepted"]
    assert found.denominator == 2  # D3 and D4
    assert found.exclusions == (("declined or refused", 1), ("waiting for approval", 1))


def test_customer_orders_are_their_own_variant() -> None:
    """A customer's line counts for `customer`, at the gate where no receipt is reported."""
    story = Story()
    for n, at in enumerate((9, 11)):
        story.tell(
            e.OrderPlaced, -50, "OPO", order=f"C{n}", party="BIKES", item="P1", qty=10,
            window_start=8, window_end=10,
        )  # fmt: skip
        story.tell(
            e.GoodsShipped, 1, "OPO", shipment=f"T{n}", to="BIKES", item="P1", qty=10,
            order=f"C{n}",
        )  # fmt: skip
        story.tell(e.GoodsArrived, at, "BIKES", shipment=f"T{n}")
    values = story.values(by="site")
    assert values["otif", "customer", "OPO"].value == 0.5
    assert values["otif", "strict.accepted", "OPO"].value is None


def test_a_correction_replaces_what_it_corrects() -> None:
    """A receipt booked as 10 instead of 100 is put right, and the line is a hit."""
    story = Story()
    line(story, "L")
    told = {"shipment": "T", "item": "M1", "order": "L"}
    wrong = story.tell(e.GoodsReceived, 9, "OPO", qty=10, **told)
    assert hit(story) == 0
    story.tell(e.GoodsReceived, 9, "OPO", qty=100, corrects=wrong, **told)
    assert hit(story) == 1


def test_trend_is_by_week_of_the_due_time() -> None:
    """A hit in the first week and a miss in the second: 1, then 0, and 0.5 over both."""
    story = Story()
    line(story, "L1")
    come(story, "L1", 9, 100)
    line(story, "L2", window_start=200, window_end=202)
    found = story.values(0, 24 * 14, step="week")["otif", "strict.accepted"]
    assert [p.value for p in found.trend] == [1, 0]
    assert found.value == 0.5
