"""Generalised and extended kanban: their invariants, and kanban and base stock as special cases."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taktnet.plan.gkcs import Stage, System, simulate

SYSTEMS = get_args(System)
GAPS = st.lists(st.integers(0, 9), min_size=1, max_size=40)
TIMES = st.lists(st.lists(st.integers(1, 9), min_size=40, max_size=40), min_size=1, max_size=4)


def instants(gaps: list[int]) -> list[float]:
    """Demands at rising instants, no two at once."""
    at, out = 0.0, []
    for n, gap in enumerate(gaps):
        at += gap + 1 / 1024
        out.append(at + n / 4096)
    return out


def recurrence(
    stock: int, demands: list[float], times: list[list[int]], *, base_stock: bool
) -> list[float]:
    """When each demand is served, by the equations of the line.

    Part n of stage i may leave at F = C(n - S), the completion of the part S before it; it leaves
    when the stage behind frees a card (kanban) or when the demand is there (base stock).
    """
    stages, served = len(times), []
    complete: list[list[float]] = [[] for _ in times]
    for n, demand in enumerate(demands):
        leave = demand
        for i in range(stages - 1, -1, -1):
            ready = complete[i][n - stock] if n >= stock else 0.0
            leave = max(demand if base_stock else leave, ready)
            if i == stages - 1:
                served.append(leave)
            if i < stages - 1:
                start(complete[i + 1], leave, times[i + 1][n])
        start(complete[0], demand if base_stock else leave, times[0][n])
    return served


def start(complete: list[float], at: float, took: int) -> None:
    """A part starts when it is there and the machine is free."""
    complete.append(max(at, complete[-1] if complete else 0.0) + took)


@settings(max_examples=80, deadline=None)
@given(GAPS, TIMES, st.integers(1, 5), st.sampled_from(SYSTEMS))
def test_as_many_cards_as_stock_is_kanban(
    gaps: list[int], times: list[list[int]], cards: int, system: System
) -> None:
    """K = S: every demand is served when the kanban line serves it (methods A5)."""
    demands = instants(gaps)
    found = simulate([Stage(cards, cards)] * len(times), demands, times, system)
    assert found.served == pytest.approx(recurrence(cards, demands, times, base_stock=False))


@settings(max_examples=80, deadline=None)
@given(GAPS, TIMES, st.integers(1, 5), st.sampled_from(SYSTEMS))
def test_cards_without_end_are_base_stock(
    gaps: list[int], times: list[list[int]], stock: int, system: System
) -> None:
    """K large: every demand is served when the base-stock line serves it (methods A5)."""
    demands = instants(gaps)
    found = simulate([Stage(10_000, stock)] * len(times), demands, times, system)
    assert found.served == pytest.approx(recurrence(stock, demands, times, base_stock=True))


@settings(max_examples=80, deadline=None)
@given(GAPS, TIMES, st.integers(1, 5), st.integers(0, 5), st.sampled_from(SYSTEMS))
def test_invariants_hold_after_every_event(
    gaps: list[int], times: list[list[int]], cards: int, stock: int, system: System
) -> None:
    """0 <= WIP <= K, and finished - backorders = S + completions - demands, at every stage."""
    if system == "extended":
        stock = min(stock, cards)
    found = simulate([Stage(cards, stock)] * len(times), instants(gaps), times, system)
    for seen in found.seen:
        for i in range(len(times)):
            assert 0 <= seen.wip[i] <= cards
            here = seen.finished[i] - seen.backorders[i]
            assert here == stock + seen.completions[i] - seen.demands[i]
    assert len(found.served) == len(gaps)


def test_more_cards_never_serve_later() -> None:
    """Between kanban and base stock, a card more serves every demand at least as soon."""
    demands, times = instants([2, 0, 0, 5, 1, 0, 0, 0, 3]), [[4, 2, 5, 1], [3, 6, 1, 2]]
    before = simulate([Stage(2, 2)] * 2, demands, times).served
    for cards in (3, 5, 50):
        after = simulate([Stage(cards, 2)] * 2, demands, times).served
        assert all(b <= a for a, b in zip(before, after, strict=True))
        before = after


def test_impossible_lines_are_refused() -> None:
    """No card, demands out of order, an extended line with fewer cards than parts."""
    with pytest.raises(ValueError, match="at least one card"):
        Stage(0, 1)
    with pytest.raises(ValueError, match="order of time"):
        simulate([Stage(1, 1)], [2, 1], [[1]])
    with pytest.raises(ValueError, match="K >= S"):
        simulate([Stage(1, 2)], [1], [[1]], "extended")
