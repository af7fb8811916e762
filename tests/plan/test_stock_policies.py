"""Stock policies by simulation: known answers, the target with the least stock, and order."""

from __future__ import annotations

from itertools import pairwise
from typing import get_args

import pytest

from taktnet.plan.cards import Loop
from taktnet.plan.inventory.service import poisson_cdf, poisson_loss, poisson_pmf
from taktnet.plan.stock_policies import Kind, Rule, base_stock, judge, size, two_bin


def test_base_stock_under_poisson_demand_is_the_textbook_one() -> None:
    """In the evening (S - D of L + 1 days)+ is on hand: S - m + n(S) (Snyder & Shen 4.3)."""
    mean, lead, level = 5, 3, 24
    found = judge(base_stock(level), Loop(mean, lead, 1, demand_sd=None), seed=2, days=20_000)
    over = mean * (lead + 1)
    assert found.stock == pytest.approx(level - over + poisson_loss(level, over), abs=0.1)
    # A unit is served at once when it finds stock: backorders grow by the loss of the day.
    before = mean * lead
    lost = poisson_loss(level, over) - poisson_loss(level, before)
    assert found.fill == pytest.approx(1 - lost / mean, abs=0.004)


def test_without_spread_the_least_base_stock_is_demand_over_lead_time_and_review() -> None:
    """Ten a day, three days and the day of the review: 40 serve everything, 39 do not."""
    need = Loop(10, 3, 1)
    assert judge(base_stock(40), need, seed=0).fill == 1
    assert judge(base_stock(39), need, seed=0).fill < 1
    assert size("base_stock", need, 0.999).simulated.rule.level == 40


@pytest.mark.parametrize("kind", get_args(Kind))
def test_every_policy_reaches_the_target_with_the_least_size(kind: Kind) -> None:
    """Under luck of its own within the interval; one container fewer misses it."""
    need = Loop(20, 4, 5, demand_sd=12, lead_sd=1.5)
    found = size(kind, need, 0.95, lot=60, seed=3)
    best = found.simulated
    again = judge(best.rule, need, seed=77)
    assert again.fill + again.fill_half + best.fill_half >= 0.95
    less = best.rule.trigger - 5
    rule = {
        "base_stock": base_stock(less),
        "two_bin": two_bin(less),
        "RQ": Rule(kind, less, lot=60),
    }.get(kind, Rule(kind, less, less + 60))
    assert judge(rule, need, seed=3).fill < 0.95
    if found.formula.fill >= 0.95:
        assert best.stock <= found.formula.stock


def test_cycle_service_is_stricter_than_fill_rate() -> None:
    """A lot of many days: most cycles may end short while most units are served."""
    need = Loop(20, 4, 5, demand_sd=12)
    fill = size("RQ", need, 0.95, lot=400).simulated
    cycle = size("RQ", need, 0.95, lot=400, measure="cycle").simulated
    assert cycle.rule.trigger > fill.rule.trigger
    assert fill.fill > fill.cycle


def test_service_never_falls_as_stock_is_added() -> None:
    """The same luck for every size."""
    need = Loop(7, 5, 1, demand_sd=9, lead_sd=2)
    seen = [judge(base_stock(level), need, seed=5).fill for level in range(20, 120, 10)]
    assert all(a <= b + 1e-12 for a, b in pairwise(seen))


def test_a_rare_review_needs_more() -> None:
    """Looked at once a week, the position must last a week longer."""
    need = Loop(10, 3, 1, demand_sd=3)
    daily = size("base_stock", need, 0.95).simulated.rule.level
    assert size("base_stock", need, 0.95, review=7).simulated.rule.level > daily + 30


def test_impossible_rules_are_refused() -> None:
    """A level below its trigger, a lot that is missing, a target of all or nothing."""
    with pytest.raises(ValueError, match="not below the trigger"):
        Rule("sS", 10, 5)
    with pytest.raises(ValueError, match="needs a lot"):
        size("RQ", Loop(1, 1, 1), 0.9)
    with pytest.raises(ValueError, match="between 0 and 1"):
        size("sS", Loop(1, 1, 1), 1.0, lot=3)


def test_the_helpers_used_here_agree() -> None:
    """P(D <= x) is the sum of its parts, so the textbook answers above rest on one function."""
    assert poisson_cdf(7, 5) == pytest.approx(sum(poisson_pmf(k, 5) for k in range(8)))
