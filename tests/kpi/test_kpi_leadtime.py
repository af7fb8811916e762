"""G3, lead-time variability: the worked example, censoring, quantiles, variance split."""

from __future__ import annotations

from fractions import Fraction
from itertools import chain

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kpi_story import Story, network, us

from taktnet.kpi.statistics import kaplan_meier, quantile, split_variance, variance
from taktnet.ledger import event as e
from taktnet.network import components as c

DAYS = (10, 12, 9, 11, 18, 10, 10, 12)


def order(story: Story, name: str, at_day: float, *, origin: str = "MOTOR") -> None:
    """A call-off of 100 on a day."""
    story.tell(
        e.CalloffPlaced, 24 * at_day, "OPO", order=name, origin=origin, item="M1", qty=100,
        window_start=24 * at_day + 200, window_end=24 * at_day + 240,
    )  # fmt: skip


def receive(story: Story, name: str, at_day: float, qty: float = 100, rejected: float = 0) -> None:
    """Goods of a line on a day."""
    story.tell(
        e.GoodsReceived, 24 * at_day, "OPO", shipment=f"S{len(story.told)}", item="M1", qty=qty,
        rejected=rejected, order=name,
    )  # fmt: skip


def worked(days: tuple[int, ...] = DAYS) -> Story:
    """Lines that took so many days."""
    story = Story()
    for n, took in enumerate(days):
        order(story, f"L{n}", n)
        receive(story, f"L{n}", n + took)
    return story


def test_worked_example() -> None:
    """10 12 9 11 18 10 10 12 d: mean 11.5, s 2.8284, CV .24595, median 10.5, P95 15.9."""
    values = worked().values(0, 24 * 60)
    found = {name: values["lead_time", name].value for name in ("mean", "sd", "cv", "p50", "p95")}
    assert found["mean"] == 11.5
    assert found["sd"] == pytest.approx(2.8284271, abs=1e-7)
    assert found["cv"] == pytest.approx(0.2459502, abs=1e-7)
    assert found["p50"] == 10.5
    assert found["p95"] == pytest.approx(15.9, abs=1e-12)
    assert values["lead_time", "mean"].points == ()
    assert "calendar days" in values["lead_time", "mean"].notes[0]


def test_fewer_than_eight_show_the_single_points() -> None:
    """Seven lines are too few for quantiles to mean much: the days themselves are given."""
    found = worked(DAYS[:7]).values(0, 24 * 60)["lead_time", "p95"]
    assert found.points == (9, 10, 10, 10, 11, 12, 18)


def test_one_line_has_no_deviation() -> None:
    """With n - 1 in the divisor one line has a mean and no deviation."""
    values = worked((10,)).values(0, 24 * 60)
    assert values["lead_time", "mean"].value == 10
    assert values["lead_time", "sd"].value is None
    assert values["lead_time", "cv"].value is None


def test_partial_receipts_end_with_the_last_one_needed() -> None:
    """60 after 5 d and 40 after 9 d: 9 d. Rejected goods do not complete a line."""
    story = Story()
    order(story, "L", 0)
    receive(story, "L", 5, 60)
    receive(story, "L", 7, 40, rejected=40)
    receive(story, "L", 9, 40)
    assert story.values(0, 24 * 60)["lead_time", "mean"].value == 9


def test_reliability_is_against_the_quote() -> None:
    """Quoted 24 h of preparation and 72 h on the road: 4 d. One line of two kept it."""
    source = c.Source(site="OPO", item="M1", origin="MOTOR", lane="MOTOR-OPO", prep_h=24.0)
    story = Story(network(sources=(source,)))
    for n, took in enumerate((4, 5)):
        order(story, f"L{n}", n)
        receive(story, f"L{n}", n + took)
    values = story.values(0, 24 * 60, by="lane")
    assert values["lead_time", "reliability", "MOTOR-OPO"].value == 0.5


def test_a_quote_waits_for_the_next_departure() -> None:
    """Trucks on Monday and Thursday: up to 4 d of waiting before 2 d on the road."""
    lane = c.Lane(
        id="L", origin="MOTOR", destination="OPO", transit_h=48.0, departures="Mon,Thu 18:00"
    )
    source = c.Source(site="OPO", item="M1", origin="MOTOR", lane="L")
    story = Story(network(sources=(source,), lanes=(lane,)))
    for n, took in enumerate((6, 7)):
        order(story, f"L{n}", n)
        receive(story, f"L{n}", n + took)
    assert story.values(0, 24 * 60)["lead_time", "reliability"].value == 0.5


def test_no_quote_is_no_reliability() -> None:
    """Without a lane there is no quote, and no data."""
    story = Story()
    order(story, "L", 0, origin="COILS")
    receive(story, "L", 5)
    assert story.values(0, 24 * 60)["lead_time", "reliability"].value is None


def test_received_before_asked_is_a_data_error() -> None:
    """A lead time below zero is left out, with a count."""
    story = Story()
    order(story, "L", 3)
    receive(story, "L", 1)
    found = story.values(0, 24 * 60)["lead_time", "mean"]
    assert found.value is None
    assert found.exclusions == (("received before it was asked for", 1),)


def test_open_lines_are_censored() -> None:
    """Two of ten lines still open after 30 d: P95 lies beyond what was seen, not at 15.9 d."""
    story = worked()
    for n in (20, 21):
        order(story, f"open{n}", n)
    values = story.values(0, 24 * 60, as_of=us(24 * 50))
    assert values["lead_time", "p95"].value is None
    assert values["lead_time", "p50"].value == 10.5
    assert "Kaplan-Meier" in values["lead_time", "p95"].notes[-1]


def test_young_open_lines_do_not_move_p95_beyond_the_data() -> None:
    """Open lines of one day say nothing about 18 d: Kaplan-Meier gives the longest seen."""
    story = worked()
    for n in range(2):
        order(story, f"open{n}", 49)
    values = story.values(0, 24 * 60, as_of=us(24 * 50))
    assert values["lead_time", "p95"].value == 18


def test_pooled_variance_overstates() -> None:
    """Two steady suppliers, 5 d and 15 d: all variance lies between them, none within."""
    story = Story()
    for n in range(4):
        for origin, took in (("MOTOR", 5), ("COILS", 15)):
            order(story, f"{origin}{n}", n, origin=origin)
            receive(story, f"{origin}{n}", n + took)
    values = story.values(0, 24 * 60)
    assert values["lead_time", "within"].value == 0
    assert values["lead_time", "between"].value == 25
    mine = story.values(0, 24 * 60, by="supplier")
    assert mine["lead_time", "sd", "MOTOR"].value == 0


def test_kaplan_meier_textbook() -> None:
    """Freireich's 6-MP remission times (weeks): median 23, as printed by Klein and Moeschberger."""
    over = [6, 6, 6, 7, 10, 13, 16, 22, 23]
    still = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    span = np.array(over + still)
    event = np.array([1] * len(over) + [0] * len(still))
    entry = np.full(len(span), -1)
    assert kaplan_meier(entry, span, event, Fraction(1, 2)) == 23
    assert kaplan_meier(entry, span, event, Fraction(95, 100)) is None


@given(st.lists(st.integers(1, 10**12), min_size=2, max_size=50))
def test_quantiles_agree_with_numpy(values: list[int]) -> None:
    """Type 7 is NumPy's `linear`."""
    for p in (Fraction(1, 2), Fraction(95, 100)):
        expected = np.percentile(values, float(100 * p))
        assert float(quantile(values, p) or 0) == pytest.approx(expected)


@given(st.lists(st.lists(st.integers(0, 10**9), max_size=8), max_size=5))
def test_within_and_between_add_up(groups: list[list[int]]) -> None:
    """The law of total variance, exactly."""
    split, pooled = split_variance(groups), variance([*chain(*groups)], less=0)
    if pooled is None:
        assert split is None
    else:
        assert split is not None
        assert sum(split) == pooled
