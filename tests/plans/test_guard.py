"""Reductions of stock are tried in the twin: what would cost service is taken back."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import msgspec
import pytest
from msgspec.structs import replace as replace_struct

from support.web_tower import small_network
from taktnet.app.jobs import Cancelled
from taktnet.app.plans import guard as module
from taktnet.app.plans.draft import Change, Draft, Figure
from taktnet.app.plans.draws import Draws, draws
from taktnet.app.plans.guard import Guarded, Move, Shares, guard, keep, target_of
from taktnet.app.plans.limits import within
from taktnet.app.plans.view import PlanView
from taktnet.app.settings import Settings
from taktnet.app.simulation.trial import Effect, Spread, Trial, loses
from taktnet.app.simulation.trial import _effects as effects_of
from taktnet.base.errors import TaktnetError
from taktnet.twin.intervals import Interval

VIEW = PlanView(small_network())
ASKED = {"service": 95.0, "tolerance": 0.1}


def said(fill: float, gap: Spread, cost: float = 0.0) -> Trial:
    """A trial with all served today, a share of it as proposed, and the difference in the fill."""
    now, then = Spread(1.0, 1.0, 1.0), Spread(fill, fill - 0.01, fill + 0.01)
    money = Spread(100 + cost, None, None)
    effects = (
        Effect("fill", "share", "", now, then, gap, True, None),
        Effect("service", "share", "", now, now, Spread(0.0, 0.0, 0.0), False, None),
        Effect("cost", "EUR", "", Spread(100, None, None), money, Spread(cost, cost, cost),
               bool(cost), cost < 0 if cost else None),
    )  # fmt: skip
    return Trial(28, 8, 1, False, "EUR", False, effects)


KEPT, LOST = Spread(0.0, -0.01, 0.01), Spread(-0.05, -0.06, -0.04)


def network_of(
    monkeypatch: pytest.MonkeyPatch, refuses: dict[str, float]
) -> list[dict[str, float]]:
    """A twin that loses service where more than a share of a loop's move is taken; its tries."""
    tries: list[dict[str, float]] = []

    def tried(
        view: PlanView, changes: tuple[Change, ...], tolerance: float, *, last: bool
    ) -> Trial:
        taken = {change.key: float(change.after["cards"]) for change in changes}
        tries.append(taken)
        lost = any(taken.get(key, 0) > most for key, most in refuses.items())
        return said(0.95 if lost else 1.0, LOST if lost else KEPT)

    monkeypatch.setattr(module, "_try", tried)
    return tries


def guarded(moves: tuple[Move, ...], *, stands: bool = False) -> Guarded:
    """The guard over loops whose changes carry the share that is taken of their moves."""

    def changes(share: Shares) -> tuple[Change, ...]:
        rows = [(m.key, share(m.key)) for m in moves] + [("growth", 1.0)] * stands
        return tuple(Change("loops", k, {"cards": "2"}, {"cards": str(s)}) for k, s in rows if s)

    return guard(VIEW, changes, moves, ASKED, lambda done, total: None)


@pytest.mark.parametrize(
    ("allows", "share", "words"),
    [
        (1.0, 1.0, "all of the reductions keep the service"),
        (0.8, 0.75, "75 % of the money that the reductions save is proposed; with more of L the"),
        (0.3, 0.25, "25 %"),
        (0.0, 0.0, "only what grows"),
    ],
)
def test_the_largest_share_of_a_move_that_keeps_the_service_is_proposed(
    monkeypatch: pytest.MonkeyPatch, allows: float, share: float, words: str
) -> None:
    """By halves of what the twin allows; service is the twin's, with its interval."""
    network_of(monkeypatch, {"L": allows})
    found = guarded((Move("L", "S", 10.0),), stands=True)
    assert (found.share("L"), found.kept) == (share, share)
    assert words in found.why
    service = found.service(None)
    assert service is not None
    assert (service.today, service.proposed, service.proposed_range) == (100, 100, (99, 100))


def test_only_the_moves_that_cost_service_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """One of sixteen loops at four sites costs service: the others' money is all saved."""
    tries = network_of(monkeypatch, {"3": 0.0})
    moves = tuple(Move(str(n), f"S{n % 4}", 1.0 + n) for n in range(16))
    found = guarded(moves)
    assert found.shares == {m.key: float(m.key != "3") for m in moves}
    assert found.kept == pytest.approx(1 - 4 / sum(m.saving for m in moves))
    assert len(tries) <= 16
    assert "with more of 3 the twin loses service or money" in found.why


def test_tries_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where half of a hundred loops cost service, the search ends, and what it kept holds."""
    refuses = {str(n): 0.0 for n in range(0, 100, 2)}
    tries = network_of(monkeypatch, refuses)
    found = guarded(tuple(Move(str(n), "S", 1.0 + n) for n in range(100)))
    assert len(tries) <= 2 * module.MOST_TRIES
    assert all(found.share(key) == 0 for key in refuses)
    assert found.kept > 0


def test_luck_that_hid_a_loss_does_not_pass_the_last_try(monkeypatch: pytest.MonkeyPatch) -> None:
    """A move that other luck refuses is taken back; the others stay."""

    def tried(
        view: PlanView, changes: tuple[Change, ...], tolerance: float, *, last: bool
    ) -> Trial:
        keys = {change.key for change in changes}
        lost = "a" in keys if last else {"a", "b"} <= keys
        return said(0.95 if lost else 1.0, LOST if lost else KEPT)

    monkeypatch.setattr(module, "_try", tried)
    found = guarded((Move("a", "S", 4.0), Move("b", "S", 2.0), Move("c", "S", 1.5)))
    assert (found.share("a"), found.share("b")) == (0.0, 0.0)
    assert found.share("c") == 1.0


def test_what_costs_more_and_serves_no_better_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Service is kept, but money is lost: nothing of it is proposed."""
    monkeypatch.setattr(module, "_try", lambda *_, last: said(1.0, KEPT, cost=5.0))
    found = guarded((Move("L", "S", 10.0),))
    assert (found.share("L"), found.trial) == (0.0, None)
    assert (
        found.why
        == "no part of the reductions keeps service and cost in the twin: nothing is proposed"
    )


@pytest.mark.parametrize(
    ("gap", "tolerance", "kept", "verdict"),
    [
        (Spread(-0.002, -0.003, -0.001), 0.0, False, "worse"),
        (Spread(-0.002, -0.003, -0.001), 0.001, True, "tolerated"),
        (Spread(-0.002, -0.005, 0.001), 0.0, True, ""),
        (Spread(-0.02, -0.03, -0.011), 0.01, False, "worse"),
    ],
)
def test_guard_verdict_and_automatic_approval_agree(
    gap: Spread, tolerance: float, kept: bool, verdict: str
) -> None:
    """One definition: service is lost where the interval lies wholly below the tolerance."""
    assert loses(gap.high, tolerance) != kept
    trial = replace_struct(said(0.99, gap), tolerance=tolerance)
    assert trial.keeps_service == kept
    now, then = Interval(0.5, 0.1, 9), Interval(0.5 + (gap.mean or 0), 0.1, 9)
    paired = Interval(gap.mean or 0.0, ((gap.high or 0) - (gap.low or 0)) / 2, 9)
    answer = SimpleNamespace(level=lambda name: then)
    base = SimpleNamespace(level=lambda name: now)
    told = SimpleNamespace(answers=(answer,), base=base, currency="EUR",
                           difference=lambda answer, name: paired)  # fmt: skip
    effect = next(one for one in effects_of(told, tolerance) if one.measure == "fill")  # type: ignore[arg-type]
    assert (effect.better is False) == (verdict == "worse")
    assert effect.tolerated == (verdict == "tolerated")
    figure = Figure(today=96.0, proposed=95.0, unit="%")
    money = Figure(today=1.0, proposed=1.0, unit="EUR")
    draft = Draft(kind="cards", summary="", service=figure, money=money,
                  details={"trial": msgspec.to_builtins(trial)})  # fmt: skip
    limits = Settings(plan_auto=("cards",), plan_auto_service=100 * tolerance)
    assert within(limits, draft) == kept


def test_a_plan_that_changes_nothing_is_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the formula says stands, and no trial is shown."""
    formula = Figure(today=1.0, proposed=2.0)
    network_of(monkeypatch, {})
    found = guarded(())
    assert found.service(formula) is formula
    assert found.details() == {"trial": None, "share": 1.0, "guard": ""}


def test_a_network_that_the_twin_cannot_run_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """The plan stands as the formulas have it, with the reason why nothing was tried."""

    def refuses(*_: object, last: bool) -> Trial:
        raise TaktnetError("no lane leads there")

    monkeypatch.setattr(module, "_try", refuses)
    found = guarded((Move("L", "S", 1.0),))
    assert found == Guarded(why="not tried in the twin: no lane leads there")


def test_a_plan_that_is_stopped_while_it_is_tried_is_no_plan(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The stop reaches whoever asked for it; nothing untried is proposed."""

    def stop(done: int, total: int) -> None:
        raise Cancelled("stopped")

    network_of(monkeypatch, {})
    with pytest.raises(Cancelled):
        guard(VIEW, lambda share: (Change("loops", "L", {"cards": "2"}, {"cards": "1"}),),
              [Move("L", "S", 1.0)], ASKED, stop)  # fmt: skip


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
