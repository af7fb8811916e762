"""G1, on time in full to production: the worked example and every edge of its method."""

from __future__ import annotations

from fractions import Fraction

import pytest
from kpi_story import Story

from taktnet.ledger import event as e


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
