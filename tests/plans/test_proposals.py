"""A plan becomes a proposal; a person answers it; its changes are recorded all or none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from support.web_tower import NOW, QUIET, World, small_network
from taktnet.app.plans import answers
from taktnet.app.plans.draft import Change, Draft, Figure, Line, change, from_json, to_json
from taktnet.app.plans.proposal import Proposals
from taktnet.app.plans.rounds import BY, Rounds
from taktnet.app.plans.vertical import UnknownPlan
from taktnet.base.errors import InputFaults, TaktnetError
from taktnet.ledger import event as e

LOOP = "KB-OPO-1"


@pytest.fixture
def world() -> Iterator[World]:
    """A tower with one loop of six cards."""
    made = World()
    yield made
    made.close()


def draft(cards: int = 8, **more: object) -> Draft:
    """Six cards become another number."""
    changed = change(small_network(), "loops", LOOP, {"cards": cards})
    assert changed is not None
    values = {
        "kind": "cards",
        "summary": f"{LOOP}: 6 becomes {cards}",
        "lines": (Line(what=LOOP, today=6, proposed=cards, unit="cards"),),
        "changes": (changed,),
        "money": Figure(today=100.0, proposed=120.0, unit="EUR"),
        "service": Figure(today=94.0, proposed=96.0, unit="%"),
    }
    return Draft(**(values | more))  # type: ignore[arg-type]


def cards_now(world: World) -> int:
    """How many cards the network says."""
    return world.tower.network.loop(LOOP).cards


def test_a_draft_reads_back_as_it_was_written() -> None:
    """It is recorded whole, as JSON, with the events it would publish."""
    frozen = e.ScheduleFrozen(
        source="x", id="1", at=NOW, site="OPO", schedule="S", item="DU-500", qty=4, position=1,
        start=NOW, end=NOW,
    )  # fmt: skip
    assert from_json(to_json(draft(events=(frozen,)))).events == (frozen,)
    one = from_json(to_json(draft(details={"loops": [1, 2]})))
    assert one == draft(details={"loops": [1, 2]})
    with pytest.raises(InputFaults, match="a proposal as JSON"):
        from_json(b'{"kind": 7}')


def test_approval_changes_the_network_through_the_ledger(world: World) -> None:
    """The answer and each changed row are events with the proposal as cause and correlation."""
    parts = world.tower.parts
    made = answers.propose(parts, draft(), "ana")
    assert (made.id, made.status, cards_now(world)) == ("cards-1", "open", 6)
    done = answers.approve(parts, made.id, "ben", "agreed")
    assert (done.status, done.answer, done.reason) == ("approved", "ben", "agreed")
    assert cards_now(world) == 8
    answer, row = [r.event for r in world.tower.ledger.read(made.seq, 2)]
    assert isinstance(answer, e.PlanApproved)
    assert isinstance(row, e.NetworkChanged)
    assert (row.cause, row.correlation, row.values) == ("plan:cards-1", "cards-1", {"cards": "8"})


def test_a_proposal_is_answered_once(world: World) -> None:
    """Whoever is second is told who was first."""
    parts = world.tower.parts
    made = answers.propose(parts, draft(), "ana")
    answers.refuse(parts, made.id, "ben", "the lane will change")
    with pytest.raises(answers.NotOpen, match="refused by ben already"):
        answers.approve(parts, made.id, "eva")
    with pytest.raises(UnknownPlan, match="no proposal called 'cards-9'"):
        answers.approve(parts, "cards-9", "eva")
    assert cards_now(world) == 6


def test_a_proposal_whose_rows_changed_meanwhile_is_stale(world: World) -> None:
    """Nothing of it is done, and the words name the row, the column and both values."""
    parts = world.tower.parts
    made = answers.propose(parts, draft(), "ana")
    changed = e.NetworkChanged(
        source="erp", id="n1", at="2026-09-21T14:00:00Z", table="loops", key=LOOP,
        values={"cards": "7"},
    )  # fmt: skip
    seq = world.tower.ingest([changed])[0].seq
    with pytest.raises(answers.NotOpen, match=r"stale.*KB-OPO-1: cards was '6', is '7'"):
        answers.approve(parts, made.id, "ben")
    assert world.tower.ledger.head.seq == seq
    assert parts.proposals.get(made.id).status == "open"


def test_changes_come_all_or_none(world: World) -> None:
    """One change that would make the network wrong keeps out the others."""
    bad = Change("loops", LOOP, {"container_qty": "40"}, {"container_qty": "0"})
    with pytest.raises(InputFaults):
        answers.propose(world.tower.parts, draft(changes=(*draft().changes, bad)), "ana")
    assert cards_now(world) == 6
    with pytest.raises(TaktnetError, match="nothing to propose"):
        answers.propose(world.tower.parts, draft(changes=()), "ana")


def test_undo_is_a_proposal_with_the_reverse_changes(world: World) -> None:
    """It waits for an answer; once approved, the network is as it was."""
    parts, before = world.tower.parts, world.tower.network.digest
    made = answers.propose(parts, draft(), "ana")
    with pytest.raises(answers.NotOpen, match="only what was approved"):
        answers.undo(parts, made.id, "ana")
    answers.approve(parts, made.id, "ben")
    back = answers.undo(parts, made.id, "ana")
    assert (back.status, back.draft.undoes, cards_now(world)) == ("open", made.id, 8)
    answers.approve(parts, back.id, "ben")
    assert world.tower.network.digest == before
    assert parts.proposals.get(made.id).undone_by == back.id
    with pytest.raises(answers.NotOpen, match="undone by cards-2"):
        answers.undo(parts, made.id, "ana")


def test_a_later_proposal_for_the_same_rows_supersedes_an_open_one(world: World) -> None:
    """Only the newest can be approved."""
    parts = world.tower.parts
    first = answers.propose(parts, draft(8), "ana")
    second = answers.propose(parts, draft(9), "ana")
    assert parts.proposals.get(first.id).superseded_by == second.id
    with pytest.raises(answers.NotOpen, match="superseded by cards-2"):
        answers.approve(parts, first.id, "ben")


def test_proposals_are_read_from_the_ledger_alone(world: World) -> None:
    """Another reader of the same rows sees the same proposals."""
    parts = world.tower.parts
    answers.approve(parts, answers.propose(parts, draft(8), "ana").id, "ben")
    made = answers.propose(parts, draft(9), "ana")
    answers.tried(parts, made.id, {"fill": [0.9, 0.95]})
    assert Proposals(world.tower.ledger).all() == parts.proposals.all()
    assert parts.proposals.get(made.id).trial == {"fill": [0.9, 0.95]}


def test_nobody_else_may_speak_for_the_tower(world: World) -> None:
    """Proposals and answers come from the tower alone; from outside they are rejected."""
    forged = e.PlanApproved(
        source="erp", id="p1", at="2026-09-21T14:00:00Z", proposal="cards-1", by="x"
    )
    assert world.tower.ingest([forged])[0].outcome == "rejected"


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({}, "approved"),
        ({"plan_auto": ()}, "open"),
        ({"plan_auto_percent": 10.0}, "open"),
        ({"plan_auto_money": 10.0}, "open"),
    ],
)
def test_small_changes_inside_stated_limits_need_no_person(
    more: dict[str, object], status: str
) -> None:
    """Kind, percent and money are stated in the settings; outside of any, a person decides."""
    limits = {"plan_auto": ("cards",), "plan_auto_percent": 40.0, "plan_auto_money": 50.0}
    world = World(settings=replace(QUIET, **(limits | more)))  # type: ignore[arg-type]
    made = answers.propose(world.tower.parts, draft(), "ana")
    assert made.status == status
    falls = draft(service=Figure(today=96.0, proposed=94.0, unit="%"))
    assert answers.propose(world.tower.parts, replace_before(world, falls), "ana").status == "open"
    world.close()


def replace_before(world: World, one: Draft) -> Draft:
    """The same proposal from the number of cards as it is now."""
    changed = change(world.tower.network, "loops", LOOP, {"cards": 7})
    assert changed is not None
    return draft(changes=(changed,), service=one.service)


def test_scanned_loops_have_cards_issued_and_withdrawn() -> None:
    """New cards come empty and pull; only cards that hang on the board are withdrawn."""
    network = small_network()
    loop = replace(network.loop(LOOP), trigger="scan", cards=3)
    world = World(replace(network, loops=(loop,)))
    issued = [
        world.make(
            e.CardIssued,
            NOW + timedelta(minutes=n),
            "OPO",
            loop=LOOP,
            card=f"{LOOP}-{n:03d}",
            empty=False,
        )
        for n in range(1, 4)
    ]
    world.tell(*issued)

    def set_cards(cards: int) -> None:
        changed = change(world.tower.network, "loops", LOOP, {"cards": cards})
        assert changed is not None
        parts = world.tower.parts
        answers.approve(parts, answers.propose(parts, draft(changes=(changed,)), "a").id, "b")

    set_cards(5)
    live = world.tower.state().cards()
    assert {c.card for c in live} == {f"{LOOP}-{n:03d}" for n in range(1, 6)}
    assert sum(c.status == "full" for c in live) == 3
    set_cards(1)
    full = {c.card for c in world.tower.state().cards() if c.status == "full"}
    assert full == {f"{LOOP}-{n:03d}" for n in range(1, 4)}, "a card on stock is never withdrawn"
    assert answers.withdraw_surplus(world.tower.parts) == 0, "none hangs on the board"
    world.close()


def test_cards_that_are_too_many_go_when_they_hang_on_the_board() -> None:
    """A signal loop leaves cards on its board until there is a lot; the next look takes them."""
    network = small_network()
    loop = replace(network.loop(LOOP), kind="signal", trigger="scan", cards=4, signal_at=1,
                   lot_cards=3, origin="OPO", item="DU-500", container_qty=10, lane="",
                   resource="ASM-1")  # fmt: skip
    world = World(replace(network, loops=(loop,)))
    cards = [f"{LOOP}-{n:03d}" for n in range(1, 5)]
    world.tell(*(world.make(e.CardIssued, NOW, "OPO", loop=LOOP, card=card) for card in cards))
    parts = world.tower.parts
    changed = change(world.tower.network, "loops", LOOP, {"cards": 3})
    assert changed is not None
    answers.approve(parts, answers.propose(parts, draft(changes=(changed,)), "a").id, "b")
    assert all(c.status == "full" for c in world.tower.state().cards())
    world.tell(world.make(e.CardPulled, NOW + timedelta(minutes=5), "OPO", loop=LOOP,
                          card=cards[1]))  # fmt: skip
    Rounds(world.tower).look()
    status = {c.card: c.status for c in world.tower.state().cards()}
    assert cards[1] not in status, "it is withdrawn"
    assert list(status.values()) == ["full"] * 3
    world.close()


def test_plans_are_made_anew_on_a_schedule() -> None:
    """Due at the first look, then again after its days; the same open proposal is not repeated."""
    world = World(settings=replace(QUIET, plan_kinds=("cards",), plan_days=2.0))
    rounds = Rounds(world.tower)

    def look() -> int:
        for job in rounds.look():
            assert job.wait(60)
            assert job.state == "done", job.error
        return len(world.tower.parts.proposals.all())

    assert look() == 1
    assert world.tower.parts.proposals.all()[0].by == BY
    assert rounds.look() == []
    world.clock.reach(world.clock.now() + 3 * 86_400_000_000)
    assert look() == 1, "the very same changes wait already"
    answers.refuse(world.tower.parts, "cards-1", "ben")
    world.clock.reach(world.clock.now() + 3 * 86_400_000_000)
    assert look() == 2
    world.close()
