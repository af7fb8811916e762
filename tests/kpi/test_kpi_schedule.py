"""G4, production schedule adherence: build to schedule, attainment, sequence, stability."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kpi_story import Story, network

from taktnet.kpi.adherence import Built, compare, longest_rising
from taktnet.ledger import event as e
from taktnet.network import components as c

CARS = network(items=tuple(c.Item(id=n, cost=1.0) for n in ("Cougar", "Focus", "Jaguar")))
#: Five lots planned: 560 Cougar and 250 Focus.
PLAN = (("Cougar", 200), ("Focus", 150), ("Cougar", 200), ("Focus", 100), ("Cougar", 160))
#: Built: 290 Cougar, 340 Focus, 60 Jaguar; lots 1, 4, 2, 3 in this order.
BUILT = ((1, "Cougar", 200), (4, "Focus", 190), (2, "Focus", 150), (3, "Cougar", 90))


def freeze(story: Story, position: int, item: str, qty: float, at: float = 0) -> None:
    """A lot of the plan, 06:00 to 14:00."""
    story.tell(
        e.ScheduleFrozen, at, "OPO", schedule="W10", resource="LINE", item=item, qty=qty,
        position=position, start=6, end=14, lot=f"lot{position}",
    )  # fmt: skip


def finish(story: Story, at: float, lot: str, item: str, qty: float) -> None:
    """A lot is built."""
    story.tell(
        e.LotFinished, at, "OPO", order=f"WO{at}", resource="LINE", item=item, qty=qty, lot=lot
    )


def ford() -> Story:
    """The condenser example of Ford's guidebook."""
    story = Story(CARS)
    for n, (item, qty) in enumerate(PLAN, start=1):
        freeze(story, n, item, qty)
    for n, (lot, item, qty) in enumerate(BUILT):
        finish(story, 7 + n, f"lot{lot}", item, qty)
    finish(story, 12, "", "Jaguar", 60)
    return story


@pytest.mark.parametrize(
    ("variant", "share"),
    [
        ("volume", Fraction(690, 810)),
        ("mix", Fraction(540, 690)),
        ("sequence", Fraction(3, 4)),
        ("bts", Fraction(1, 2)),
        ("sequence_adherence", Fraction(3, 5)),
    ],
)
def test_ford_example(variant: str, share: Fraction) -> None:
    """Plan 810, built 690: volume .85185, mix .78261, sequence .75, BTS .500."""
    found = ford().values()["schedule", variant]
    assert Fraction(found.numerator or 0) / Fraction(found.denominator or 1) == share
    assert found.value == float(share)


def test_formula_on_its_own() -> None:
    """The same numbers from the sums alone."""
    plan = {1: 560, 2: 250}
    planned, made, mixed = compare(plan, {1: 290, 2: 340, 3: 60})
    assert (planned, made, mixed) == (810, 690, 540)
    built = Built(planned, made, mixed, 4, 3)
    assert built.bts == Fraction(1, 2)


def test_building_more_is_capped_and_seen() -> None:
    """120 of 100: volume is 1, and 20 are told as built beyond plan."""
    story = Story(CARS)
    freeze(story, 1, "Focus", 100)
    finish(story, 8, "lot1", "Focus", 120)
    found = story.values()["schedule", "volume"]
    assert found.value == 1
    assert found.notes == ("20 units built beyond plan do not count",)


def test_too_much_of_one_does_not_make_up_for_another() -> None:
    """Over-production of one item does not offset the shortfall of another."""
    assert compare({1: 50, 2: 50}, {1: 100}) == (100, 100, 50)


def test_attainment_is_per_lot() -> None:
    """Within 5 % of its quantity: lots 1 and 2 are, 4 and 3 are not, 5 was not built."""
    assert ford().values()["schedule", "attainment"].value == 0.4


def test_nothing_planned_is_no_data() -> None:
    """Building without a schedule is no adherence."""
    story = Story(CARS)
    finish(story, 8, "lot1", "Focus", 120)
    assert story.values()["schedule", "bts"].value is None


def test_nothing_built_is_zero() -> None:
    """A schedule of which nothing was built is a BTS of 0, and has no mix."""
    story = Story(CARS)
    freeze(story, 1, "Focus", 100)
    values = story.values()
    assert values["schedule", "bts"].value == 0
    assert values["schedule", "mix"].value is None


def test_changes_after_the_freeze_are_their_own_kpi() -> None:
    """A lot told anew after the freeze counts against stability; the first version is the plan."""
    story = Story(CARS)
    freeze(story, 1, "Focus", 100)
    freeze(story, 2, "Cougar", 50)
    freeze(story, 2, "Cougar", 80, at=3)
    freeze(story, 1, "Focus", 100, at=4)  # told again, nothing changed
    values = story.values()
    assert values["schedule", "stability"].value == 0.5
    assert values["schedule", "volume"].denominator == 150


def test_correcting_a_schedule_is_no_change() -> None:
    """A plan booked wrongly and put right was never frozen wrongly."""
    story = Story(CARS)
    told = {"schedule": "W10", "resource": "LINE", "item": "Focus", "position": 1}
    wrong = story.tell(e.ScheduleFrozen, 0, "OPO", qty=10, start=6, end=14, **told)
    story.tell(e.ScheduleFrozen, 0, "OPO", qty=100, start=6, end=14, corrects=wrong, **told)
    values = story.values()
    assert values["schedule", "stability"].value == 1
    assert values["schedule", "volume"].denominator == 100


def test_production_stands_in_where_no_lot_is_finished() -> None:
    """A plant that reports production and not lots is measured by production."""
    story = Story(CARS)
    freeze(story, 1, "Focus", 100)
    story.tell(e.StockProduced, 9, "OPO", item="Focus", qty=100, resource="LINE")
    assert story.values()["schedule", "bts"].value == 1


def test_an_item_has_its_own_volume() -> None:
    """Per item: 290 of 560 Cougar, all 250 Focus."""
    values = ford().values(by="item")
    assert values["schedule", "volume", "Cougar"].value == float(Fraction(290, 560))
    assert values["schedule", "volume", "Focus"].value == 1


def test_sequence_adherence_by_longest_rising_sequence() -> None:
    """Built 1 2 4 3 5 6: five of six are in sequence, .8333."""
    assert longest_rising([1, 2, 4, 3, 5, 6]) == 5
    assert longest_rising([]) == 0


@given(st.lists(st.integers(0, 20), max_size=9))
def test_longest_rising_is_the_best_of_all_choices(positions: list[int]) -> None:
    """Against trying every choice."""
    best = 0
    for mask in range(1 << len(positions)):
        chosen = [p for i, p in enumerate(positions) if mask >> i & 1]
        if all(a < b for a, b in pairwise(chosen)):
            best = max(best, len(chosen))
    assert longest_rising(positions) == best
