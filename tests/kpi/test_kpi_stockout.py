"""G6, network stockout rate: roots and induced stops, merged hours, planned time."""

from __future__ import annotations

import pytest
from kpi_story import SITES, Story, network, site, us

from taktnet.ledger import event as e
from taktnet.network import components as c

#: Four plants; each has one line that works day and night: 480 h in 20 days.
PLANTS = ("OPO", "KRK", "AUS", "SZX")
FOUR = network(
    sites=(
        *SITES,
        site("AUS", "plant", "America/Chicago", "Group"),
        site("SZX", "plant", "Asia/Shanghai", "Group"),
    ),
    resources=tuple(c.Resource(id=f"L-{p}", site=p) for p in PLANTS),
    items=tuple(c.Item(id=f"I{n}", cost=1.0) for n in range(1000)),
    stock_points=tuple(
        c.StockPoint(site=p, item=f"I{n}") for p in PLANTS for n in range(1000)
    ),
)  # fmt: skip
MONTH, PERIOD = 30 * 24.0, 20 * 24.0


def stop(
    story: Story, plant: str, start: float, hours: float, reason: str = "stockout", **more: str
) -> None:
    """The line of a plant stands for so many hours."""
    story.tell(e.ResourceStopped, start, plant, resource=f"L-{plant}", reason=reason, **more)
    story.tell(e.ResourceStarted, start + hours, plant, resource=f"L-{plant}")


def worked() -> Story:
    """Stops of 2, 5 and 1 h, and one of 3 h induced at another plant."""
    story = Story(FOUR)
    stop(story, "OPO", 8 + 24, 2)
    stop(story, "KRK", 8 + 48, 5)
    stop(story, "OPO", 8 + 72, 1)
    stop(story, "AUS", 14 + 72, 3, root="e5")
    return story


@pytest.mark.parametrize(
    ("variant", "numerator", "value"),
    [
        ("stops", 3, 1.5625),
        ("stops.site", 4, 4 / 1.92),
        ("lost_hours", 11, 11 / 1920),
        ("lost_hours.root", 8, 8 / 1920),
    ],
)
def test_worked_example(variant: str, numerator: int, value: float) -> None:
    """4 plants x 480 h: 3 roots 1.5625 per 1,000 h, 4 at sites, 11 h .5729 %, roots .4167 %."""
    found = worked().values(0, PERIOD)["stockout", variant]
    assert found.numerator == numerator
    assert found.value == pytest.approx(value, rel=1e-12)


def test_part_plant_days() -> None:
    """12 part-plant-days of 1,000 x 4 x 30 are .01 %."""
    story = Story(FOUR)
    for n in range(12):
        stop(story, PLANTS[n % 3], 14 + 24 * n, 1, item=f"I{n}")
    found = story.values(0, MONTH)["stockout", "part_days"]
    assert found.numerator == 12
    assert found.denominator == 120_000
    assert found.value == pytest.approx(0.0001)


def test_a_part_that_stops_a_line_twice_a_day_counts_once() -> None:
    """10:00 and 12:00 are one day; from 23:00 to 01:00 in Lisbon are two more."""
    story = Story(FOUR)
    stop(story, "OPO", 10, 1, item="I1")
    stop(story, "OPO", 12, 1, item="I1")
    assert story.values(0, MONTH)["stockout", "part_days"].numerator == 1
    stop(story, "OPO", 47, 2, item="I1")
    assert story.values(0, MONTH)["stockout", "part_days"].numerator == 3


def test_overlaps_on_one_line_are_merged() -> None:
    """Two parts missing from 08:00 and 09:00, running again at 11:00: 3 h, two events."""
    story = Story(FOUR)
    for at in (8, 9):
        story.tell(e.ResourceStopped, at, "KRK", resource="L-KRK", reason="stockout")
    story.tell(e.ResourceStarted, 11, "KRK", resource="L-KRK")
    values = story.values(0, 24)
    assert values["stockout", "lost_hours"].numerator == 3
    assert values["stockout", "stops.site"].numerator == 2


def test_planned_shutdown_is_not_lost() -> None:
    """Standing from 20:00 to 08:00 in Lisbon costs 2 h that evening and 2 h next morning."""
    two = c.Calendar(id="TWO", shifts="06:00-22:00")
    line = c.Resource(id="L-OPO", site="OPO", calendar="TWO")
    story = Story(network(calendars=(two,), resources=(line,)))
    stop(story, "OPO", 20, 12)
    found = story.values(0, 48)["stockout", "lost_hours"]
    assert (found.numerator, found.denominator) == (4, 32)


def test_holidays_are_not_planned() -> None:
    """A plant that is shut for the week has no planned hours and no rate."""
    shut = c.Calendar(id="TWO", shifts="06:00-22:00", shutdowns="2026-03-02..2026-03-08")
    story = Story(network(
        calendars=(shut,), resources=(c.Resource(id="L-OPO", site="OPO", calendar="TWO"),)
    ))  # fmt: skip
    stop(story, "OPO", 8, 2)
    found = story.values(0, 24)["stockout", "lost_hours"]
    assert (found.numerator, found.denominator, found.value) == (0, 0, None)


def test_other_reasons_are_no_stockout() -> None:
    """A breakdown or change-over is no stockout; stock on hold is one, and is told."""
    story = Story(FOUR)
    stop(story, "KRK", 8, 1, reason="breakdown")
    stop(story, "KRK", 10, 1, reason="hold")
    found = story.values(0, 24)["stockout", "lost_hours"]
    assert found.numerator == 1
    assert found.notes == ("1 stops with stock on hold",)


def test_a_stop_that_lasts_counts_until_as_of() -> None:
    """A line that still stands has lost the time until now."""
    story = Story(FOUR)
    story.tell(e.ResourceStopped, 8, "KRK", resource="L-KRK", reason="stockout")
    assert story.values(0, 24, as_of=us(11))["stockout", "lost_hours"].numerator == 3


def test_a_site_without_stops_has_a_rate_of_zero() -> None:
    """Planned hours without a stop are 0, not no data."""
    story = worked()
    story.tell(e.StockCounted, 0, "SZX", item="I1", qty=1)
    values = story.values(0, PERIOD, by="site")
    assert values["stockout", "lost_hours", "SZX"].value == 0
    assert values["stockout", "lost_hours", "OPO"].value == pytest.approx(3 / 480)


def test_trend_cuts_a_stop_at_midnight() -> None:
    """A stop over midnight is split between the days; it began once."""
    net = network(resources=(c.Resource(id="L-KRK", site="KRK"),))
    story = Story(net)
    stop(story, "KRK", 22, 4)
    values = story.values(0, 48, step="day")
    hours = [p.value * 24 for p in values["stockout", "lost_hours"].trend if p.value is not None]
    assert hours == [2, 2]
    assert [p.value for p in values["stockout", "stops"].trend] == [1000 / 24, 0]
