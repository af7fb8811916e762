"""Cards by simulation: the exact minimum without variance, the target with it, never more stock."""

from __future__ import annotations

import dataclasses
import random
from fractions import Fraction
from itertools import pairwise
from math import ceil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taktnet.plan.cards import Loop, judge, size


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 500), st.integers(1, 40), st.integers(1, 60))
def test_without_variance_the_count_is_the_exact_minimum(
    demand: int, quarters: int, container: int
) -> None:
    """Constant demand and lead time: ceil(D L / a) cards serve everything, one fewer does not."""
    loop = Loop(demand, quarters / 4, container)
    found = size(loop, 1.0)
    wanted = ceil(Fraction(demand * quarters, 4 * container))
    assert found.simulated.cards == max(1, wanted)
    assert found.simulated.fill == 1
    assert found.formulas[0].cards == max(1, wanted)
    if wanted > 1:
        assert judge(loop, wanted - 1, seed=1).fill < 1


def generated(seed: int) -> list[Loop]:
    """The loops of a generated network: near and far, steady and lumpy."""
    chance = random.Random(seed)
    loops = []
    for _ in range(4):
        demand, lead = chance.choice([8, 40, 120, 480]), chance.choice([0.5, 2, 7, 21])
        loops.append(
            Loop(demand, lead, max(1, demand // chance.choice([2, 4, 10])),
                 demand_sd=chance.choice([None, 0.3 * demand, 0.8 * demand]),
                 lead_sd=lead * chance.choice([0, 0.2, 0.5]))
        )  # fmt: skip
    return loops


@pytest.mark.parametrize("network", range(20))
def test_simulated_counts_reach_the_target_on_generated_networks(network: int) -> None:
    """Under luck of its own the target lies in the interval, with no more stock than a formula."""
    for number, loop in enumerate(generated(network)):
        target = (0.9, 0.95, 0.98)[(network + number) % 3]
        found = size(loop, target, seed=network, days=400)
        again = judge(loop, found.simulated.cards, seed=1000 + network, days=400)
        assert again.fill + again.fill_half + found.simulated.fill_half >= target
        for formula in found.formulas:
            if found.served(formula):
                assert found.simulated.stock <= formula.stock


def test_counts_and_reasons_stand_side_by_side() -> None:
    """Each alpha and the safety stock with its chance of a stock-out, and the reason in words."""
    found = size(Loop(480, 1.5, 40, demand_sd=160, lead_sd=0.5), 0.98)
    assert [c.how for c in found.formulas][:2] == ["alpha 0", "alpha 0.1"]
    assert found.formulas[-1].how == "safety stock"
    out = [c.stockout for c in sorted(found.formulas, key=lambda c: c.cards)]
    assert out == sorted(out, reverse=True)
    assert f"{found.simulated.cards} cards give" in found.why


def test_the_published_formula_is_the_one_shown() -> None:
    """D 480, L 1.5, alpha .15, a 40: 21 cards (methods A1); D 100, L 2, alpha .1, a 20: 11."""
    found = size(Loop(480, 1.5, 40), 1.0, alphas=("0.15",))
    assert found.formulas[0].cards == 21
    assert size(Loop(100, 2, 20), 1.0, alphas=("0.1",)).formulas[0].cards == 11


def test_service_never_falls_as_cards_are_added() -> None:
    """The same luck for every count: fill and cycle service rise card by card."""
    loop = Loop(40, 3, 10, demand_sd=25, lead_sd=1)
    seen = [judge(loop, n, seed=4, days=300) for n in range(1, 40)]
    assert all(a.fill <= b.fill + 1e-12 for a, b in pairwise(seen))
    assert all(a.cycle <= b.cycle + 1e-12 for a, b in pairwise(seen))


def test_poisson_base_stock_service_is_the_known_one() -> None:
    """One unit a container, constant lead time: a unit waits when L of demand reaches N."""
    from taktnet.plan.inventory.service import poisson_cdf

    lead, demand = 4, 5
    found = judge(Loop(demand, lead, 1, demand_sd=None), 26, seed=3, days=4000)
    # Requests lie evenly inside a day, so the truth is between whole-day and smooth arrivals.
    assert poisson_cdf(25, demand * (lead + 1)) - 0.02 <= found.cycle
    assert found.cycle <= poisson_cdf(25, demand * lead) + 0.02


def test_collecting_rounds_cost_cards() -> None:
    """A round once a day needs up to a day's containers more, and never fewer."""
    at_once = size(Loop(100, 1, 10), 1.0).simulated.cards
    daily = size(Loop(100, 1, 10, collection=1), 1.0).simulated.cards
    assert at_once == 10
    assert at_once < daily <= 20


def test_what_was_seen_is_drawn_from() -> None:
    """Lead times seen of 1 and 9 days need more than their mean of 5 does."""
    mean = size(Loop(10, 5, 5), 0.95).simulated.cards
    seen = size(Loop(10, 5, 5, lead_seen=(1, 9)), 0.95).simulated.cards
    assert seen > mean
    assert size(Loop(10, 5, 5, demand_seen=(0, 20)), 0.95).simulated.cards >= mean


@pytest.mark.parametrize("wrong", [(0, 1, 1), (1, -1, 1), (1, 1, 0), (1, 1, 1, -1)])
def test_impossible_loops_are_refused(wrong: tuple[float, ...]) -> None:
    """No demand, negative times, no container, a negative deviation."""
    with pytest.raises(ValueError, match=r"above zero|below zero"):
        Loop(*wrong)


def test_impossible_targets_are_refused_in_words() -> None:
    """Certainty under spread takes endless cards; a measure must be known."""
    with pytest.raises(ValueError, match="endless cards"):
        size(Loop(10, 5, 5, lead_sd=1), 1.0)
    with pytest.raises(ValueError, match="measure"):
        size(Loop(10, 5, 5), 0.9, measure="luck")
    with pytest.raises(ValueError, match="at least one card"):
        judge(Loop(10, 5, 5), 0, seed=0)


@pytest.mark.parametrize("lead", [0.5, 1.0, 2.5])
def test_a_card_that_waits_for_the_last_piece_takes_one_card_more(lead: float) -> None:
    """With nothing random, cards sent with the last piece need one more than with the first."""
    loop = Loop(demand=40, lead=lead, container=10)
    first = size(loop, 1.0).simulated.cards
    last = size(dataclasses.replace(loop, emptied=True), 1.0).simulated.cards
    assert last == first + 1


def test_parts_taken_by_whole_orders_need_the_order_there_at_once() -> None:
    """An order of 100 takes ten containers of 10 at a time; one by one 4 would do."""
    loop = Loop(demand=40, lead=1, container=10)
    assert size(loop, 1.0).simulated.cards == 4
    lumps = size(dataclasses.replace(loop, lump=100), 1.0).simulated.cards
    assert lumps == 10
