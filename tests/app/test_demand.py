"""Demand on record: which day it counts on, what does not count, and what people said of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from support.forecasts import with_history
from support.web_tower import NOW, World
from taktnet.app.plans import forecasting
from taktnet.app.plans.demand import demand
from taktnet.app.plans.forecasting import driven
from taktnet.app.plans.overriding import override_asked
from taktnet.app.plans.trial import try_draft
from taktnet.app.plans.verticals import vertical
from taktnet.app.plans.view import PlanView
from taktnet.base.errors import InputFaults, TaktnetError
from taktnet.learn.panel import Key, Panel
from taktnet.ledger import event as e
from taktnet.ledger.fact import micros
from taktnet.network import Network
from taktnet.network import components as c

DRIVES, BEARINGS = Key("DU-500", "OPO"), Key("BRG-608", "KRK")
MONDAY = datetime(2026, 8, 3, 12, tzinfo=UTC)


@pytest.fixture
def world() -> Iterator[World]:
    """A tower without a past."""
    made = World()
    made.clock.reach(micros(NOW))
    yield made
    made.close()


def order(world: World, name: str, qty: float, end: datetime = MONDAY) -> e.AnyEvent:
    """A customer's order line, wanted by `end`."""
    return world.make(
        e.OrderPlaced, end - timedelta(days=2), "OPO", order=name, party="LEJ", item="DU-500",
        qty=qty, window_start=end - timedelta(hours=4), window_end=end,
    )  # fmt: skip


def of_day(world: World, key: Key, day: date) -> float | None:
    """What is on record of one day."""
    known = demand(PlanView.of(world.tower))
    return known.between(key, day, day + timedelta(days=1))


def test_an_order_counts_on_the_sellers_local_day_of_its_window(world: World) -> None:
    """23:30 UTC in August is half past midnight in Porto: the next day."""
    world.tell(order(world, "SO-1", 5, datetime(2026, 8, 3, 23, 30, tzinfo=UTC)))
    assert of_day(world, DRIVES, date(2026, 8, 4)) == 5
    assert of_day(world, DRIVES, date(2026, 8, 3)) == 0


def test_changes_and_cancellations_count_as_the_buyer_last_said(world: World) -> None:
    """A changed line has its new quantity and day; what the buyer cancelled was not wanted, what
    the seller cancelled was."""
    world.tell(*(order(world, f"SO-{n}", 10) for n in range(3)))
    later = MONDAY + timedelta(days=1)
    world.tell(
        world.make(e.OrderChanged, MONDAY - timedelta(days=1), "OPO", order="SO-0", qty=7,
                   window_end=later, window_start=later - timedelta(hours=1)),
        world.make(e.OrderCancelled, MONDAY - timedelta(days=1), "OPO", order="SO-1", by="buyer"),
        world.make(e.OrderCancelled, MONDAY - timedelta(days=1), "OPO", order="SO-2", by="seller"),
    )  # fmt: skip
    assert of_day(world, DRIVES, MONDAY.date()) == 10
    assert of_day(world, DRIVES, later.date()) == 7


def test_what_was_voided_never_was_and_use_for_an_order_counts_once(world: World) -> None:
    """A voided order is gone; stock used for an order line is that line; other use is its own."""
    first = order(world, "SO-1", 10)
    world.tell(first, order(world, "SO-2", 4))
    world.tell(
        world.make(e.StockConsumed, MONDAY, "OPO", item="DU-500", qty=4, order="SO-2"),
        world.make(e.StockConsumed, MONDAY, "KRK", item="BRG-608", qty=30, resource="WIND-1"),
        world.make(e.EventVoided, MONDAY, "OPO", corrects=first.id),
    )
    assert of_day(world, DRIVES, MONDAY.date()) == 4
    assert of_day(world, BEARINGS, MONDAY.date()) == 30


def test_the_period_that_runs_is_left_out(world: World) -> None:
    """Whole weeks only: from the first Monday on record to the last one before now."""
    world.tell(order(world, "SO-1", 3), order(world, "SO-2", 9, NOW - timedelta(hours=1)))
    panel = demand(PlanView.of(world.tower)).panel("week")
    assert panel.start == MONDAY.date()
    assert panel.end == NOW.date()  # a Monday
    assert panel.values.sum() == 3


def test_a_network_alone_has_no_history() -> None:
    """It says what to give instead."""
    with pytest.raises(TaktnetError, match="a network alone has no history"):
        demand(PlanView(Network()))


def test_an_empty_record_says_what_is_missing(world: World) -> None:
    """No orders, no use: no forecast, and the way to one."""
    with pytest.raises(TaktnetError, match="no week of demand on record"):
        demand(PlanView.of(world.tower)).panel("week")


@pytest.fixture(scope="module")
def known() -> Iterator[World]:
    """A tower with forty weeks of demand."""
    made = with_history(World())
    yield made
    made.close()


def draft(world: World, **given: Any) -> Any:
    """The forecast of a tower."""
    plan = vertical("forecast")
    return plan.make(PlanView.of(world.tower), plan.asked(given), lambda done, of: None)


def test_a_forecast_proposes_what_it_would_publish(known: World) -> None:
    """One event a series and week, local midnights, with the rates of the network beside."""
    made = draft(known, horizon=4, rates="update", clean="yes")
    assert len(made.events) == 8
    first = next(x for x in made.events if x.item == "DU-500")
    assert (first.days, first.zone) == (7, "Europe/Lisbon")
    assert first.start.astimezone(UTC) == datetime(2026, 9, 20, 23, tzinfo=UTC)
    assert 80 < first.qty < 120  # twenty a working day
    (changed,) = made.changes
    assert changed.before == {"rate_day": "120"}
    assert float(changed.after["rate_day"]) == pytest.approx(first.qty / 7, rel=0.2)
    assert {s["item"] for s in made.details["series"]} == {"DU-500", "BRG-608"}
    (spike,) = next(s for s in made.details["series"] if s["item"] == "DU-500")["spikes"]
    assert spike["qty"] > 900


def test_drivers_of_the_network_are_read_as_means_of_their_days(known: World) -> None:
    """A value holds from its day; the row that names the series most closely counts."""
    monday = date(2026, 1, 5)
    days = {"price": (("", "", monday, 10.0), ("OPO", "DU-500", monday, 8.0),
                      ("OPO", "DU-500", date(2026, 1, 14), 6.0)),
            "promotion": (("", "DU-500", date(2026, 1, 12), 1.0),
                          ("", "DU-500", date(2026, 1, 15), 0.0))}  # fmt: skip
    network = replace(
        known.network,
        drivers=tuple(
            c.Driver(name=name, site=site, item=item, day=day, value=value)
            for name, rows in days.items()
            for site, item, day, value in rows
        ),
    )
    keys = (Key("DU-500", "OPO"), Key("BRG-608", "KRK"))
    panel = Panel(keys, np.zeros((2, 2)), np.zeros(2, np.int64), monday, "week")
    told = driven(network, panel, 1)
    assert told["price"].tolist() == [[8, (2 * 8 + 5 * 6) / 7, 6], [10, 10, 10]]
    assert told["promotion"][0].tolist() == pytest.approx([0, 3 / 7, 0])
    assert told["promotion"][1].tolist() == [0, 0, 0]
    view = replace(PlanView.of(known.tower), network=network)
    plan = vertical("forecast")
    made = plan.make(view, plan.asked({"horizon": 4, "item": "DU-500"}), lambda done, of: None)
    assert made.details["drivers"] == ["price", "promotion", "working days"]
    assert "lightgbm" in {x["method"] for x in made.details["series"][0]["candidates"]}
    assert any("Trees were tried with price" in text for text in made.assumptions)
    assert any(text.startswith("Measured: the band covered") for text in made.assumptions)


def test_a_forecast_is_tried_at_its_rates(known: World) -> None:
    """Customers who want what was forecast, beside what the network says, in the twin."""
    told = try_draft(known.tower, draft(known, horizon=4), days=10, replications=2)
    assert told.live
    assert "what was forecast" in told.notes[0]
    assert any(one.difference.mean for one in told.effects)


def test_an_override_is_recorded_used_and_judged(known: World) -> None:
    """People's week replaces the statistics; once it is over, its worth is told."""
    asked = {"site": "OPO", "item": "DU-500", "start": "2026-09-21", "days": "7", "qty": "300",
             "reason": "a fair", "by": "m.silva"}  # fmt: skip
    told = override_asked(known.tower, asked)
    assert 60 < told["statistical"] < 250
    made = draft(known, horizon=2)
    assert max(x.qty for x in made.events if x.item == "DU-500") == 300
    known.tell(order(known, "SO-fair", 280, NOW + timedelta(days=2)))
    known.clock.reach(micros(NOW + timedelta(days=14)))
    view = PlanView.of(known.tower)
    added = forecasting.value_added(demand(view), forecasting.overrides(known.tower.ledger,
                                                                         view.network))  # fmt: skip
    (judged,) = added.judged
    assert judged.actual == 280
    assert added.share == pytest.approx(1 - 20 / (280 - told["statistical"]))


def test_an_override_that_is_none_is_refused_with_all_its_faults(known: World) -> None:
    """Every field at once; an unknown site; a day that is over."""
    with pytest.raises(InputFaults) as caught:
        override_asked(known.tower, {"site": "OPO", "item": "DU-500", "qty": "-1", "days": "0"})
    assert {f.field for f in caught.value.faults} == {"start", "days", "qty", "by", "reason"}
    fair = {"site": "NOWHERE", "item": "DU-500", "start": "2027-01-04", "days": "7", "qty": "1",
            "reason": "x", "by": "me"}  # fmt: skip
    with pytest.raises(TaktnetError, match="NOWHERE"):
        override_asked(known.tower, fair)
    with pytest.raises(InputFaults, match="start is '9999-12-31'"):
        override_asked(known.tower, fair | {"site": "OPO", "start": "9999-12-31"})
    with pytest.raises(InputFaults, match="Only days ahead"):
        override_asked(known.tower, fair | {"site": "OPO", "start": "2020-01-06"})
