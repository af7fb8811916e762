"""Reductions of stock are tried in the twin: what would cost service is taken back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from support.web_tower import small_network
from taktnet.app.plans import guard as module
from taktnet.app.plans.draft import Change, Figure
from taktnet.app.plans.draws import Draws, draws
from taktnet.app.plans.guard import Guarded, guard, keep, target_of
from taktnet.app.plans.view import PlanView
from taktnet.app.simulation.trial import Effect, Spread, Trial
from taktnet.base.errors import TaktnetError

VIEW = PlanView(small_network())


def said(fill: float, cheaper: bool = True) -> Trial:
    """A trial in which all is served today, and a share of it as proposed."""
    now, then = Spread(1.0, 1.0, 1.0), Spread(fill, fill - 0.01, fill + 0.01)
    effects = tuple(
        Effect(name, "share", "", now, then, Spread(fill - 1, None, None), True, better)
        for name, better in (("fill", False), ("service", None), ("cost", cheaper))
    )
    return Trial(28, 8, 1, False, "EUR", False, effects)


def guarded(monkeypatch: pytest.MonkeyPatch, allows: float, share_of: Any = None) -> Guarded:
    """The guard over a twin in which shares above `allows` cost service."""

    def tried(view: PlanView, changes: tuple[Change, ...], progress: object) -> Trial:
        share = float(changes[0].after["cards"])
        return said(0.96 if share <= allows else 0.5)

    monkeypatch.setattr(module, "_try", tried)
    return guard(VIEW, share_of or one_loop, 0.95, lambda done, total: None)


def one_loop(share: float) -> tuple[Change, ...]:
    """A change that carries the share it was made with."""
    return (Change("loops", "L", {"cards": "2"}, {"cards": str(share)}),)


@pytest.mark.parametrize(
    ("allows", "share", "words"),
    [
        (1.0, 1.0, "all of the"),
        (0.8, 0.75, "75 %"),
        (0.3, 0.25, "25 %"),
        (0.0, 0.0, "only what grows"),
    ],
)
def test_the_largest_share_that_keeps_the_service_is_proposed(
    monkeypatch: pytest.MonkeyPatch, allows: float, share: float, words: str
) -> None:
    """By halves of what the twin allows; service is the twin's, with its interval."""
    found = guarded(monkeypatch, allows)
    assert found.share == share
    assert words in found.why
    service = found.service(None)
    assert service is not None
    assert (service.today, service.proposed, service.proposed_range) == (100, 96, (95, 97))


def test_what_costs_more_and_serves_no_better_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Service is kept, but money is lost: nothing of it is proposed."""
    monkeypatch.setattr(module, "_try", lambda *_: said(0.97, cheaper=False))
    nothing_at_zero = lambda share: one_loop(share) if share else ()  # noqa: E731
    found = guard(VIEW, nothing_at_zero, 0.95, lambda done, total: None, "move")
    assert (found.share, found.trial) == (0.0, None)
    assert (
        found.why == "no part of the move keeps service and cost in the twin: nothing is proposed"
    )


def test_a_plan_that_changes_nothing_is_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the formula says stands, and no trial is shown."""
    formula = Figure(today=1.0, proposed=2.0)
    found = guarded(monkeypatch, 1.0, lambda share: ())
    assert found.service(formula) is formula
    assert found.details() == {"trial": None, "share": 1.0, "guard": ""}


def test_a_network_that_the_twin_cannot_run_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """The plan stands as the formulas have it, with the reason why nothing was tried."""

    def refuses(*_: object) -> Trial:
        raise TaktnetError("no lane leads there")

    monkeypatch.setattr(module, "_try", refuses)
    found = guard(VIEW, one_loop, 0.95, lambda done, total: None)
    assert found == Guarded(why="not tried in the twin: no lane leads there")


def test_growth_stands_and_a_reduction_is_cut() -> None:
    """Half of the way from 10 to 3 is 7, rounded up; 12 stays 12."""
    assert [keep(10, 3, share) for share in (1.0, 0.5, 0.0)] == [3, 7, 10]
    assert keep(10, 12, 0.0) == 12


def test_the_goal_is_what_customers_are_owed_or_what_is_asked() -> None:
    """The least target of the points that serve demand, unless a service is asked for."""
    assert target_of(VIEW, {"service": 98.0}) == 0.98
    points = tuple(replace(p, service_target=0.9) for p in VIEW.network.stock_points)
    view = PlanView(replace(VIEW.network, stock_points=points))
    assert target_of(view, {"service": 0.0}) == 0.9


def test_parts_that_are_needed_together_are_sized_for_the_root() -> None:
    """Twelve parts at 99.57 % are all there 95 % of the time; a lone part keeps its target."""
    assert Draws(0, 12).target(0.95) == pytest.approx(0.99573, abs=1e-5)
    assert Draws().target(0.95) == 0.95
    network = small_network()
    line = network.bom[0]
    site = next(p.site for p in network.processes if p.item == line.parent)
    found = draws(network, site, line.component, VIEW.day())
    assert found.together == len(network.components_of(line.parent, VIEW.day()))
    assert found.lump > 0
