"""The exact model by CP-SAT: brute force, bounds that never lie, gaps that branching left."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module

import pytest

from support.stages import brute, network
from taktnet.plan.buffers import Arc, Stage, branch, exact, place
from taktnet.plan.buffers.bound import Sweeps
from taktnet.plan.buffers.chain import read_chain
from taktnet.plan.buffers.search import Space


def solved(chain: tuple[list[Stage], list[Arc]], patient: bool = True) -> tuple[float, float]:
    """CP-SAT's bound and the cost of its values, from the plainest answer and no bound at all."""
    space = Space(read_chain(*chain, 0.35))
    cost, values = space.mend(space.low)
    lower, found = exact.solve(Sweeps(space), cost, values, lambda _: patient)
    return lower, space.mend(found)[0]


@pytest.mark.parametrize("seed", range(6))
def test_the_exact_model_finds_what_brute_force_finds(seed: int) -> None:
    """Its answer is the least cost, and its bound is that cost but for the rounding."""
    rows, arcs = network(5, 7, seed)
    rows = [
        replace(row, k=1, holding=row.cost_added, max_service_time=0 if row.demand_sd else None)
        for row in rows
    ]
    truth = brute(rows, arcs)
    lower, cost = solved((rows, arcs))
    assert cost == pytest.approx(truth, abs=1e-9)
    assert truth * (1 - 1e-6) <= lower <= truth * (1 + 1e-12)


@pytest.mark.parametrize("unit", [0.25, 24])
def test_times_on_a_grid_need_not_be_whole(unit: float) -> None:
    """Quarters of a day, or hours: the model is solved in steps of the grid."""
    chain = network(8, 14, 3, unit)
    lower, cost = solved(chain)
    placed = place(*chain)
    assert placed.proven
    assert cost == pytest.approx(placed.cost, rel=1e-9)
    assert lower <= placed.cost


def test_without_time_the_bound_stays_true() -> None:
    """Whatever was found at once: no bound above the optimum, no answer below it."""
    chain = network(20, 60, 4)
    truth = place(*chain)
    lower, cost = solved(chain, patient=False)
    assert truth.proven
    assert lower <= truth.cost <= cost * (1 + 1e-12)


def test_a_gap_that_branching_left_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Branching that may hold no parts stops at once: CP-SAT proves what branching would."""
    chain = network(20, 60, 4)
    whole = place(*chain)
    import_module("ortools.sat.python.cp_model")  # what takes seconds once
    monkeypatch.setattr(branch, "MEMORY", 0)
    placed = place(*chain, seconds=8)
    assert (whole.bounded_by, placed.bounded_by) == ("branching", "CP-SAT")
    assert placed.proven
    assert placed.cost == pytest.approx(whole.cost, rel=1e-9)
    monkeypatch.setattr(exact, "MOST_PRICES", 0)
    left = place(*chain, seconds=1)
    assert left.gap > 1e-4
    assert left.lower <= whole.cost


def test_a_gap_that_is_allowed_is_not_called_proven() -> None:
    """Parts left open as good enough keep their bound: it is below the optimum, not at the cost."""
    chain = network(20, 60, 4)
    whole = place(*chain)
    placed = place(*chain, gap=0.005)
    assert placed.gap <= 0.005
    assert placed.lower <= whole.cost * (1 + 1e-9) <= placed.cost * (1 + 2e-9)


def test_the_search_can_be_ended_from_outside() -> None:
    """What `go_on` raises comes out, and the solver does not run on."""
    space = Space(read_chain(*network(40, 300, 1), 0.35))
    cost, values = space.mend(space.low)

    def stop(_: float) -> bool:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        exact.solve(Sweeps(space), cost, values, stop)
