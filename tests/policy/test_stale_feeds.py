"""Decisions on data that come later than they usually do."""

from __future__ import annotations

from typing import Any

from support.chains import Chain, kanban, network
from support.plants import HOUR_US, START_US, event
from taktnet.ledger import event as e


def use(n: int, hours: float, qty: float = 1) -> Any:
    """A use so many hours after the start."""
    return event(e.StockConsumed, f"u{n}", hours=hours, item="CELL", qty=qty)


def chain_with_rhythm(every_h: float, events: int, **settings: Any) -> Chain:
    """A plant that has reported a use every so many hours."""
    chain = Chain(network(loops=(kanban(),)), **settings)
    chain.tell(event(e.StockReceived, "open", item="CELL", qty=320 + events))
    for n in range(1, events + 1):
        hours = n * every_h
        chain.tell(use(n, hours), now=START_US + round(hours * HOUR_US))
    return chain


def late_use(chain: Chain, hours_ago: float) -> list[Any]:
    """A use of a container that is told so many hours after it happened."""
    after = (chain.now - START_US) / HOUR_US + 0.1
    return chain.tell(use(9_999, after, 40), now=START_US + round((after + hours_ago) * HOUR_US))


def test_a_decision_on_fresh_data_is_not_marked() -> None:
    """Reported every hour, used and told at once."""
    (made,) = late_use(chain_with_rhythm(1.0, 30), 0.5)
    assert (made.stale, made.waiting) == (False, False)


def test_a_feed_later_than_its_rhythm_marks_the_decision() -> None:
    """Usually every hour; this use is told 10 hours late: marked, and goes out."""
    (made,) = late_use(chain_with_rhythm(1.0, 30), 10)
    assert (made.stale, made.waiting) == (True, False)
    assert made.reason.endswith("; its data are late")


def test_a_feed_that_speaks_once_a_day_is_not_late_after_ten_hours() -> None:
    """The rhythm is the feed's own: daily reports are in time after 10 hours, late after 40."""
    assert not late_use(chain_with_rhythm(24.0, 30), 10)[0].stale
    assert late_use(chain_with_rhythm(24.0, 30), 40)[0].stale


def test_nights_and_week_ends_are_usual_where_they_are() -> None:
    """Two weeks of 16 hours on weekdays: a silence of a week-end is usual, of four days not."""
    chain = Chain(network(loops=(kanban(),)))
    hours = [24 * day + h for day in range(21) if day % 7 < 5 for h in range(16)]
    chain.tell(event(e.StockReceived, "open", item="CELL", qty=320 + len(hours)))
    for n, h in enumerate(hours):
        chain.tell(use(n, h), now=START_US + h * HOUR_US)
    feeds = {f.site: f for f in chain.state.feeds(chain.now + 50 * HOUR_US)}
    assert feeds["OPO"].usual_h is not None
    assert 56 <= feeds["OPO"].usual_h <= 57, "Friday 15:00 to Monday 00:00"
    assert not feeds["OPO"].late
    assert chain.state.feeds(chain.now + 96 * HOUR_US)[0].late


def test_with_stale_wait_the_decision_waits_for_a_person() -> None:
    """It is on order but waiting; approval lets it go, and it was never decided twice."""
    chain = chain_with_rhythm(1.0, 30, stale="wait")
    (made,) = late_use(chain, 10)
    assert (made.stale, made.waiting) == (True, True)
    assert made.reason.endswith("; its data are late; waits for approval")
    (waiting,) = chain.state.decisions()
    assert (waiting.status, chain.state.points("OPO")[0].on_order) == ("waiting", 40.0)
    assert chain.look() == []
    person = {"source": "planner", "decision": made.decision, "by": "Ana"}
    assert chain.tell(event(e.DecisionApproved, "yes", **person)) == []
    assert chain.state.decisions()[0].status == "taken"


def test_a_waiting_decision_that_is_declined_gives_its_quantity_back() -> None:
    """Off order; the next pull on fresh data decides both containers, without waiting."""
    chain = chain_with_rhythm(1.0, 30, stale="wait")
    (made,) = late_use(chain, 10)
    chain.tell(event(e.DecisionDeclined, "no", decision=made.decision, by="Ana"))
    assert chain.state.points("OPO")[0].on_order == 0.0
    now = chain.now + HOUR_US
    fresh = use(10_000, (now - START_US) / HOUR_US, 40)
    (again,) = chain.tell(fresh, now=now)
    assert (again.decision, again.containers, again.waiting) == ("L#2", 2, False)


def test_a_point_whose_stock_nobody_ever_reported_is_late() -> None:
    """Known only from what its customer ordered: decided, and marked."""
    chain = Chain(network(loops=(kanban(),)))
    shipped = event(e.GoodsShipped, "s", site="KRK", to="OPO", item="CELL", qty=40, shipment="S")
    (made,) = chain.tell(shipped)
    assert (made.site, made.containers, made.stale) == ("OPO", 7, True)


def test_the_rhythm_does_not_depend_on_batches_nor_on_late_events() -> None:
    """An event older than the newest changes nothing about when the feed was last heard of."""
    chain = chain_with_rhythm(1.0, 30)
    before = chain.state.feeds(chain.now)[0]
    chain.tell(use(5_000, 3.5))
    after = chain.state.feeds(chain.now)[0]
    assert (after.last, after.usual_h) == (before.last, before.usual_h)
    assert after.events == before.events + 1
