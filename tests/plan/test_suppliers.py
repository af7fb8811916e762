"""Suppliers: scorecard, Altman, tiers, milk runs, consignment, with the numbers of methods E."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taktnet.plan.milk_run import direct, pays, runs, savings
from taktnet.plan.suppliers import Statement, altman, curve, score, single_points, tiers
from taktnet.plan.vmi import Bill, consigned, in_band

ROADS = {
    ("0", "A"): 10,
    ("0", "B"): 12,
    ("0", "C"): 8,
    ("A", "B"): 5,
    ("A", "C"): 11,
    ("B", "C"): 9,
}


def road(a: str, b: str) -> float:
    """The distances of methods E3."""
    return ROADS[min(a, b), max(a, b)]


def test_the_weight_of_a_missing_measure_goes_to_the_rest() -> None:
    """Weights .4 .3 .2 .1 and scores 90, 80, 70, none: (36 + 24 + 14) / .9 = 82.22 (E1)."""
    weights = {"otif": 0.4, "ppm": 0.3, "lead": 0.2, "esg": 0.1}
    found = score(weights, {"otif": 90, "ppm": 80, "lead": 70, "esg": None})
    assert found.value == pytest.approx(82.2222, abs=1e-4)
    assert found.missing == ("esg",)
    assert sum(found.weights.values()) == pytest.approx(1)
    assert score(weights, {}).value is None
    with pytest.raises(ValueError, match="sum to 1"):
        score({"a": 0.5}, {})
    with pytest.raises(ValueError, match="between 0 and 100"):
        score({"a": 1.0}, {"a": 101})


def test_scores_follow_a_published_curve() -> None:
    """Linear between its points, level beyond them."""
    points = [(0.0, 100.0), (100.0, 60.0), (500.0, 0.0)]
    assert [curve(points, x) for x in (-5, 0, 50, 300, 900)] == [100, 100, 80, 30, 0]
    with pytest.raises(ValueError, match="rising"):
        curve([(1, 0), (1, 5)], 1)


def test_altman_of_the_worked_example() -> None:
    """Z 2.8123 grey, Z' 2.1776 grey, Z'' 3.9087 safe: each with its own cut-offs (E2)."""
    firm = Statement(300, 50, 80, 40, 150, 300, market_equity=200, book_equity=150)
    found = [altman(firm, m) for m in
             ("public manufacturer", "private manufacturer", "non-manufacturer")]  # fmt: skip
    assert [z.value for z in found] == pytest.approx([2.812333, 2.177633, 3.908667], abs=1e-5)
    assert [z.zone for z in found] == ["grey", "grey", "safe"]


def test_altman_says_what_to_mind() -> None:
    """No liabilities or no equity of that kind: no Z. Old statements and negative equity: noted."""
    firm = Statement(300, 50, 80, 40, 0, 300, book_equity=-10, age_months=18)
    assert altman(firm, "public manufacturer").value is None
    assert "no Z without liabilities" in altman(firm, "private manufacturer").notes
    assert altman(firm, "private manufacturer").notes[0] == "the statement is 18 months old"
    poor = Statement(300, -50, -80, -40, 150, 30, book_equity=-10)
    found = altman(poor, "private manufacturer")
    assert (found.zone, found.notes) == ("distress", ("equity is negative",))
    with pytest.raises(ValueError, match="one of"):
        altman(poor, "bank")


def test_tiers_are_distances_of_one_part() -> None:
    """The same supplier may be tier 1 for one part and tier 2 for another."""
    assert tiers([("P", "A"), ("A", "B")], "P") == {"P": 0, "A": 1, "B": 2}
    assert tiers([("P", "B")], "P")["B"] == 1


def test_two_suppliers_behind_one_site_are_one_risk() -> None:
    """Every path passes through X at tier 2; with a second source behind B it does not."""
    edges = [("P", "A"), ("P", "B"), ("A", "X"), ("B", "X")]
    assert single_points(edges, "P") == ("X",)
    assert single_points([*edges, ("B", "Y")], "P") == ()
    assert single_points([("P", "A"), ("A", "X")], "P") == ("A", "X")


def test_savings_and_runs_of_the_worked_example() -> None:
    """Savings AB 17, BC 11, AC 7; direct 60, one round 32; C on its own 27 + 16 = 43 (E3)."""
    found = savings("0", ["A", "B", "C"], road)
    assert list(found.items()) == [(("A", "B"), 17), (("B", "C"), 11), (("A", "C"), 7)]
    assert direct("0", ["A", "B", "C"], road) == 60
    loads = {"A": 1.0, "B": 1.0, "C": 1.0}
    (one,) = runs("0", loads, road, capacity=3)
    assert (one.length, one.load) == (32, 3)
    two = runs("0", loads, road, capacity=2)
    assert sorted(r.length for r in two) == [16, 27]
    assert pays(32, 1, 60)
    assert not pays(32, 2, 60)


def test_a_round_keeps_every_limit() -> None:
    """A longest round splits it; a stop that fits no vehicle is named."""
    loads = {"A": 1.0, "B": 1.0, "C": 1.0}
    assert all(r.length <= 28 for r in runs("0", loads, road, capacity=9, longest=28))
    with pytest.raises(ValueError, match="B cannot be served"):
        runs("0", {"A": 1, "B": 7}, road, capacity=5)


@given(st.lists(st.tuples(st.integers(-50, 50), st.integers(-50, 50)), min_size=1, max_size=9),
       st.integers(1, 5))  # fmt: skip
def test_rounds_serve_every_stop_once_and_are_never_longer_than_direct(
    places: list[tuple[int, int]], capacity: int
) -> None:
    """In the plane, whatever the places."""
    at = {"0": (0, 0)} | {f"s{n}": place for n, place in enumerate(places)}

    def flight(a: str, b: str) -> float:
        return ((at[a][0] - at[b][0]) ** 2 + (at[a][1] - at[b][1]) ** 2) ** 0.5

    stops = [s for s in at if s != "0"]
    made = runs("0", dict.fromkeys(stops, 1.0), flight, capacity=capacity)
    assert sorted(itertools.chain.from_iterable(r.stops for r in made)) == sorted(stops)
    assert all(r.load <= capacity for r in made)
    assert sum(r.length for r in made) <= direct("0", stops, flight) + 1e-6


def test_time_in_the_band_of_a_managed_stock() -> None:
    """Days 0 to 10 at 5, 20, 3: in [4, 10] for 4 of 10 days; no time is no data."""
    levels = [(0.0, 5.0), (4.0, 20.0), (7.0, 3.0)]
    assert in_band(levels, 10, 4, 10) == pytest.approx(0.4)
    assert in_band(levels, 0, 4, 10) is None
    assert in_band([], 5, 0, 1) is None
    with pytest.raises(ValueError, match="band"):
        in_band(levels, 10, 5, 4)


def test_consigned_stock_is_billed_when_used_or_too_old() -> None:
    """Ownership passes once: at use, or at the longest time and then not again."""
    bills, owned = consigned([(0, 10), (5, 10)], [(3, 4), (12, 8)], longest=10, until=14)
    assert bills == [Bill(3, 4, "used"), Bill(10, 6, "longest time"), Bill(12, 2, "used")]
    assert owned == 8
    with pytest.raises(ValueError, match="more is used"):
        consigned([(0, 1)], [(1, 2)], until=5)
