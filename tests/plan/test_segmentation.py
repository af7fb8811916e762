"""Segments: the published rule of ABC, XYZ by variation, Kraljic, and a default policy each."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taktnet.base.errors import InputFaults
from taktnet.plan.segments import Limits, Use, kraljic, segment, variation

STEADY, LUMPY = (10, 11, 9, 10), (0, 0, 40, 0)


def test_the_item_at_the_border_goes_to_the_higher_class() -> None:
    """Values 50, 30, 10, 6, 4: A = {1, 2}, B = {3, 4}, C = {5} by the share before (D6)."""
    found = segment(Use(str(k), v) for k, v in enumerate([50, 30, 10, 6, 4], 1))
    assert [r.abc for r in found.rows] == ["A", "A", "B", "B", "C"]
    assert found.rows[3].share_before == pytest.approx(0.90)


def test_shares_are_exact_at_the_border() -> None:
    """Ten items of .1: the share before the ninth is exactly .8, so it is B, not A."""
    found = segment(Use(f"{k:02d}", 0.1) for k in range(10))
    assert "".join(r.abc for r in found.rows) == "AAAAAAAABB"


def test_nothing_used_is_its_own_class() -> None:
    """Zero use and net returns are N with no stock; all zero is no fault."""
    found = segment([Use("used", 5, STEADY), Use("zero", 0), Use("returns", -3)])
    assert [(r.item, r.abc) for r in found.rows] == [("used", "A"), ("zero", "N"), ("returns", "N")]
    assert found.of("zero").policy == "none"
    assert segment([Use("z", 0)]).rows[0].share_before is None


def test_variability_by_the_stated_limits() -> None:
    """The same item is Y or X as the limits say, and they stay with the result."""
    use = Use("i", 1, (10, 20, 30))
    assert variation(use.demand) == pytest.approx(0.5)
    assert segment([use]).rows[0].xyz == "Y"
    found = segment([use], Limits(x=0.6, y=0.9))
    assert (found.rows[0].xyz, found.limits.x) == ("X", 0.6)


def test_variation_needs_two_periods_and_demand() -> None:
    """One period or a mean of zero has no coefficient of variation, hence no letter."""
    assert variation([5]) is None
    assert variation([0, 0]) is None
    assert segment([Use("new", 9, STEADY, new=True)]).rows[0].xyz == ""


@pytest.mark.parametrize(
    ("impact", "risk", "quadrant"),
    [(0.9, 0.9, "strategic"), (0.1, 0.9, "bottleneck"), (0.9, 0.1, "leverage"),
     (0.1, 0.1, "non-critical"), (0.5, 0.5, "strategic")],
)  # fmt: skip
def test_kraljic_quadrants(impact: float, risk: float, quadrant: str) -> None:
    """Profit impact against supply risk, the cut itself counting as high."""
    assert kraljic(impact, risk) == quadrant


def test_a_cheap_part_that_stops_the_line_is_a_bottleneck() -> None:
    """Criticality alone does not make it dear; risk lifts its service to 99 %."""
    found = segment([Use("dear", 99, STEADY), Use("seal", 1, STEADY, criticality=0.6, risk=0.9)])
    seal = found.of("seal")
    assert (seal.abc, seal.quadrant, seal.service) == ("C", "bottleneck", 0.99)
    assert "supply may fail" in seal.why


def test_every_segment_has_a_default_policy_with_a_reason() -> None:
    """Steady dear: cards; steady cheap: two bins; lumpy dear: base stock; lumpy cheap: (s,S)."""
    found = segment(
        [Use("a", 90, STEADY), Use("az", 60, LUMPY), Use("c", 2, STEADY), Use("cz", 1, LUMPY)],
    )
    policies = {r.item: r.policy for r in found.rows}
    assert policies == {"a": "kanban", "az": "base_stock", "c": "two_bin", "cz": "sS"}
    assert all(r.why for r in found.rows)
    assert found.counts == {"AX": 1, "AZ": 1, "CX": 1, "CZ": 1}


def test_impossible_marks_are_named_all_at_once() -> None:
    """Two marks out of range and a value that is no number are three faults."""
    with pytest.raises(InputFaults) as caught:
        segment([Use("i", 1, criticality=2, risk=-1), Use("j", float("nan"))])
    assert len(caught.value.faults) == 3


def test_limits_that_cross_are_refused() -> None:
    """B must not end before A, nor Y before X."""
    with pytest.raises(ValueError, match="rising shares"):
        Limits(a=0.9, b=0.8)
    with pytest.raises(ValueError, match="rise"):
        Limits(x=1, y=0.5)
    with pytest.raises(ValueError, match="cut"):
        Limits(cut=1)


@given(st.lists(st.integers(-5, 1000), min_size=1, max_size=30), st.integers(2, 1000))
def test_classes_do_not_depend_on_the_currency(values: list[int], rate: int) -> None:
    """Every value times the same rate gives the same classes; dearer items never rank lower."""
    first = segment(Use(f"{k:02d}", v) for k, v in enumerate(values))
    second = segment(Use(f"{k:02d}", v * rate) for k, v in enumerate(values))
    assert [(r.item, r.abc) for r in first.rows] == [(r.item, r.abc) for r in second.rows]
    letters = "".join(r.abc for r in first.rows)
    assert letters == "".join(sorted(letters))
