"""Two sources: close to the exact optimum on the published grid, and never dearer than one."""

from __future__ import annotations

import pytest

from taktnet.plan.dual import KINDS, Sources, compare, optimal_cost

UNIFORM = [0.2] * 5
#: Demand uniform on 0 to 4, h 5, p 495: slow lead time and premium -> least cost.
GRID = [(2, 5, 16.77), (2, 10, None), (3, 5, None), (3, 10, 20.34), (4, 5, None), (4, 10, 20.61)]


def sources(lead: int, premium: float) -> Sources:
    """A point of the grid of Veeraraghavan & Scheller-Wolf."""
    return Sources(lead, premium, 5, 495)


@pytest.mark.parametrize(("lead", "premium", "least"), GRID)
def test_capped_dual_index_is_within_one_and_a_half_percent(
    lead: int, premium: float, least: float | None
) -> None:
    """On all six points; value iteration gives the least costs measured elsewhere."""
    exact = optimal_cost(sources(lead, premium), UNIFORM, low=-4, high=16, most=4)
    if least is not None:
        assert exact == pytest.approx(least, abs=0.006)
    found = {p.kind: p for p in compare(sources(lead, premium), UNIFORM)}
    capped = found["capped_dual_index"]
    assert capped.cost <= exact * 1.015
    assert capped.cost + capped.half * 1.5 >= exact  # nothing beats the optimum
    assert capped.cost <= found["dual_index"].cost + capped.half
    assert capped.cost < found["single"].cost


def test_all_kinds_are_reported_cheapest_first_with_reasons() -> None:
    """Four policies in order of cost, each in words, on the same demand."""
    found = compare(sources(2, 5), UNIFORM, search=4000, test=20_000)
    assert {p.kind for p in found} == set(KINDS)
    assert [p.cost for p in found] == sorted(p.cost for p in found)
    assert "never over 2 at once" in next(p.why for p in found if p.kind == KINDS[0])
    assert found == compare(sources(2, 5), UNIFORM, search=4000, test=20_000)


def test_a_dear_fast_source_is_left_alone() -> None:
    """At a premium above what a lost period costs, hardly anything is bought fast."""
    found = compare(Sources(2, 5000, 5, 50), UNIFORM, search=4000, test=20_000)
    best = found[0]
    single = next(p for p in found if p.kind == "single")
    assert best.fast_share < 0.01 or best.kind == "single"
    assert best.cost == pytest.approx(single.cost, rel=0.02)


def test_one_source_costs_what_the_newsvendor_says() -> None:
    """The single base stock of lead time 2 sees three periods of demand: its exact cost."""
    from itertools import product

    totals = [sum(d) for d in product(range(5), repeat=3)]
    exact = min(
        sum(5 * max(s - x, 0) + 495 * max(x - s, 0) for x in totals) / len(totals)
        for s in range(13)
    )
    single = next(p for p in compare(sources(2, 5), UNIFORM) if p.kind == "single")
    assert abs(single.cost - exact) <= 1.5 * single.half


def test_a_fast_source_with_lead_time_of_its_own() -> None:
    """A fast lead time of 1 costs more than one of 0, and less than the slow source alone."""
    at_once = compare(Sources(4, 10, 5, 495), UNIFORM, search=8000, test=40_000)
    later = compare(Sources(4, 10, 5, 495, fast_lead=1), UNIFORM, search=8000, test=40_000)
    single = next(p for p in later if p.kind == "single")
    assert at_once[0].cost < later[0].cost < single.cost


@pytest.mark.parametrize(
    "wrong", [lambda: Sources(2, 5, 5, 9, fast_lead=2), lambda: Sources(2, 0, 5, 9),
              lambda: compare(sources(2, 5), [0.5, 0.4]),
              lambda: optimal_cost(Sources(2, 5, 5, 9, 1), UNIFORM, low=0, high=1, most=1)],
)  # fmt: skip
def test_impossible_sources_are_refused(wrong) -> None:
    """Lead times the wrong way round, free express, chances that do not add up."""
    with pytest.raises(ValueError, match=r"lead time|above zero|add up"):
        wrong()
