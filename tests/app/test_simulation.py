"""What if: disturbances and answers that suggest themselves, the live start, trials, advice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from support.web_tower import NOW, World, eventful, small_network
from taktnet.app.simulation import kpis, trial
from taktnet.app.simulation.answers import simulate, trust
from taktnet.app.simulation.disturbances import disturbances
from taktnet.app.simulation.fidelity import Fidelity, Measured, Place
from taktnet.app.simulation.propose import propose
from taktnet.app.simulation.question import Question, read_question
from taktnet.base.errors import InputFaults, TaktnetError
from taktnet.base.names import Domain
from taktnet.kpi.kpis import Kpis
from taktnet.ledger import event as e
from taktnet.ledger.fact import micros
from taktnet.network import Network
from taktnet.network import components as c
from taktnet.twin import layout
from taktnet.twin.changes import Delay, Demand, Down, Link, Lose, Move, Point, Row
from taktnet.twin.scenario import Scenario

pytestmark = pytest.mark.timeout(600)  # the first run here compiles the twin
LATE = Scenario(name="late", changes=(Delay(shipment="SHP-1", hours=72),))


def network() -> Network:
    """The small network with an air lane and a second source of bearings."""
    net = small_network()
    air = c.Lane(id="NGO-KRK-air", origin="NGO", destination="KRK", mode="air", transit_h=48)
    near = c.Lane(id="TYC-KRK", origin="TYC", destination="KRK", transit_h=30)
    site = replace(net.site("NGO"), id="TYC", name="Tychy bearings", country="PL")
    backup = c.Source(
        site="KRK", item="BRG-608", origin="TYC", lane="TYC-KRK", price=1.5, role="backup"
    )
    return replace(
        net,
        sites=(*net.sites, site),
        lanes=(*net.lanes, air, near),
        sources=(*net.sources, backup),
    )


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """The eventful tower over that network."""
    made = eventful(World(network()))
    yield made
    made.close()


def now(world: World) -> int:
    """The tower's time."""
    return world.tower.clock.now()


def test_late_shipments_come_first(world: World) -> None:
    """Then lines that stand, then everything else that could go wrong; words narrow it down."""
    net, state = world.tower.network, world.tower.state()
    rows = disturbances(net, state, now(world))
    assert (rows[0].kind, rows[0].subject, rows[0].level) == ("shipment", "SHP-1", "crit")
    lines = [r for r in rows if r.kind == "resource"]
    assert (lines[0].subject, lines[0].level) == ("WIND-1", "warn")
    assert {r.kind for r in rows} == {"shipment", "resource", "site", "lane", "demand"}
    assert not any(r.kind == "site" and r.subject == "LEJ" for r in rows)
    found = disturbances(net, state, now(world), text="ngo to krk")
    assert {r.subject for r in found} == {"SHP-1", "NGO-KRK", "NGO-KRK-air"}
    assert disturbances(net, state, now(world), most=2) == rows[:2]


def test_answers_to_a_late_shipment(world: World) -> None:
    """Do nothing, send it again by air, order from the backup once or for good, keep more."""
    tower = world.tower
    found = {s.name: s for s in propose(tower.network, tower.state(), now(world), LATE.changes)}
    assert next(iter(found)) == "accept"
    assert found["accept"].changes == ()
    (air,) = found["expedite by air"].changes
    assert air == Move(item="BRG-608", qty=2000, origin="NGO", site="KRK", lane="NGO-KRK-air")
    (once,) = found["backup source"].changes
    assert isinstance(once, Move)
    assert (once.origin, once.lane) == ("TYC", "TYC-KRK")
    assert found["use backup"].changes == (Link(site="KRK", item="BRG-608", name="TYC", share=1.0),)
    assert found["raise cards"].changes == (Point(site="KRK", item="BRG-608", reorder=1000),)
    assert "expedite by sea" not in found, "the lane it came by is no faster one"
    assert all(s.note for s in found.values())


def test_answers_to_what_else_can_happen(world: World) -> None:
    """A lost shipment like a late one; a supplier or lane that is down; demand that grows."""
    tower = world.tower

    def names(*changes: object) -> set[str]:
        made = propose(tower.network, tower.state(), now(world), changes)  # type: ignore[arg-type]
        return {s.name for s in made}

    late = names(*LATE.changes)
    assert names(Lose(shipment="SHP-1")) == late
    assert "backup source" in names(Down(kind="supplier", name="NGO", end=72))
    assert "other lane" in names(Down(kind="lane", name="NGO-KRK", end=72))
    assert "raise cards" in names(Down(kind="resource", name="WIND-1", end=24))
    assert names(Demand(factor=2.0, item="NONE")) == {"accept"}


def test_answers_where_cards_or_shares_decide(world: World) -> None:
    """A loop's backup fills cards as well; of two primary sources the other gets everything."""
    net, state = world.tower.network, world.tower.state()
    lane = c.Lane(id="TYC-OPO", origin="TYC", destination="OPO", transit_h=70)
    backup = c.Source(site="OPO", item="MOT-36", origin="TYC", lane="TYC-OPO", role="backup")
    cards = replace(net, lanes=(*net.lanes, lane), sources=(*net.sources, backup))
    down = Down(kind="site", name="KRK", end=72)
    found = {s.name: s.changes for s in propose(cards, state, now(world), [down])}
    assert found["use backup"] == (Link(site="OPO", item="MOT-36", name="TYC", share=1.0),)
    assert found["raise cards"] == (Link(site="OPO", item="MOT-36", name="KB-OPO-1", cards=8),)
    both = [replace(s, role="primary", share=0.5) if s.item == "BRG-608" else s
            for s in net.sources]  # fmt: skip
    shut = Down(kind="lane", name="NGO-KRK", end=72)
    made = propose(net.with_rows("sources", both), state, now(world), [shut])
    found = {s.name: s.changes for s in made}
    assert found["shift share"] == (Link(site="KRK", item="BRG-608", name="NGO", share=0.0),)
    assert "use backup" not in found


def test_every_answer_can_be_simulated_and_is_ranked(world: World) -> None:
    """From the live state, paired with doing nothing; the disturbance is told by what it takes."""
    tower = world.tower
    answers = propose(tower.network, tower.state(), now(world), LATE.changes)[1:]
    question = Question(base=LATE, answers=answers, days=10, replications=16)
    seen: list[tuple[int, int]] = []
    found = simulate(tower.parts, question, lambda done, of: seen.append((done, of)))
    assert found["live"]
    assert found["seq"] == tower.ledger.head.seq
    assert {o["name"] for o in found["options"]} == {"late", *(a.name for a in answers)}
    assert [o["rank"] for o in found["options"]] == list(range(1, len(answers) + 2))
    (base,) = [o for o in found["options"] if o["base"]]
    assert base["name"] == "late"
    assert base["differences"] == {}
    for option in found["options"]:
        assert {"stock", "service"} <= set(option["bands"])
        days = option["bands"]["stock"]["days"]
        assert days[-1] == pytest.approx(10, abs=1)
    assert 0 <= found["error"] <= 1
    assert found["impact"]["cost"]["mean"] is not None
    assert seen
    assert seen == sorted(seen)
    again = simulate(tower.parts, question)
    assert again["options"] == found["options"]


def test_kpis_of_the_same_days_are_read_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that changes nothing has the KPIs of doing nothing, replication by replication."""
    read: list[object] = []
    measured = kpis._measured
    monkeypatch.setattr(kpis, "_measured", lambda *a: read.append(a) or measured(*a))
    tower, more = world.tower, (Lose(shipment="SHP-1"),)
    answers = (Scenario(name="accept"), Scenario(name="lost", changes=more))
    question = Question(base=LATE, answers=answers, days=10, replications=2)
    record = kpis.on_record(tower.parts)
    found = kpis.read_kpis(tower.parts.forks.start(tower.parts, 10), question, record)
    assert len(read) == 4
    for row in found:
        assert row["options"]["accept"] == row["options"]["late"]
    assert any(row["options"]["lost"] != row["options"]["late"] for row in found)


def test_kpis_do_not_depend_on_what_comes_while_a_question_is_answered() -> None:
    """Orders that come meanwhile are no part of the start, nor mistaken for simulated ones."""
    world = eventful(World(network()))
    question = Question(base=LATE, days=10, replications=4, kpis=True)
    calm = simulate(world.tower.parts, question)["kpis"]

    def busy(done: int, _: int) -> None:
        orders = [
            world.make(e.OrderPlaced, NOW, "OPO", order=f"NEW-{done}-{n}", party="LEJ",
                       item="DU-500", qty=9.0, window_start=NOW, window_end=NOW + timedelta(days=1))
            for n in range(20)
        ]  # fmt: skip
        world.tell(*orders)

    before = world.tower.ledger.head.seq
    assert simulate(world.tower.parts, question, busy)["kpis"] == calm
    assert world.tower.ledger.head.seq > before + 20
    world.close()


def test_the_record_is_that_of_the_row_where_a_question_starts(world: World) -> None:
    """Rows between the two looks are read as well."""
    parts = world.tower.parts
    early = kpis.on_record(parts)
    world.tell(world.make(e.StockConsumed, NOW, "OPO", item="MOT-36", qty=1.0))
    start = parts.forks.start(parts, 10)
    late = Kpis.from_bytes(kpis.up_to(early, parts, start), start.network, start.own_names)
    assert start.state is not None and late.seq == start.state.seq == world.tower.ledger.head.seq


def test_the_live_start_is_kept_until_something_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    """One start serves every question on the same row of the ledger; an event makes another."""
    with World(network()).tower as tower:
        first = tower.parts.forks.start(tower.parts, 7)
        assert tower.parts.forks.start(tower.parts, 14) is first
        assert tower.parts.forks.start(tower.parts, 60) is not first
        assert tower.parts.forks.start(tower.parts, 7) is first
        names = tower.names.count(Domain.LANE)
        event = e.StockCounted(
            source="w", id="1", at=NOW - timedelta(days=2), site="OPO", item="MOT-36", qty=7.0
        )
        tower.ingest([event])
        second = tower.parts.forks.start(tower.parts, 7)
        assert second is not first
        assert second.state is not None
        assert second.state.seq == tower.ledger.head.seq
        assert tower.names.count(Domain.LANE) == names, "lowering has named things in the ledger"
        monkeypatch.setattr("taktnet.twin.start.lower", None)
        tower.ingest([msgspec.structs.replace(event, id="2", qty=8.0)])
        third = tower.parts.forks.start(tower.parts, 7)  # the network stays lowered
        place = third.model.find("points", ("OPO", "MOT-36"))
        assert third.model.fresh[layout.Table.POINT]["onhand"][place] == 8_000_000
        with pytest.raises(TaktnetError, match="at most 3660"):
            tower.parts.forks.start(tower.parts, 5000)


def test_a_trial_tells_what_a_change_of_the_network_does(world: World) -> None:
    """Paired with the network as it is, from the live state; the ledger is not touched."""
    tower = world.tower
    head = tower.ledger.head
    made = trial(tower, [Row("loops", "KB-OPO-1", {"cards": "12"})], days=14, replications=12)
    assert made.live
    assert made.trusted is None
    assert tower.ledger.head == head
    stock = made.effect("stock")
    assert stock.unit == made.currency
    assert stock.difference.mean is not None
    assert stock.today.mean is not None
    assert stock.proposed.mean is not None
    assert stock.difference.mean == pytest.approx(stock.proposed.mean - stock.today.mean)
    nothing = trial(tower, [Row("loops", "KB-OPO-1", {"cards": "6"})], days=14, replications=4)
    assert all(one.difference.mean in (0.0, None) for one in nothing.effects)
    with pytest.raises(KeyError):
        made.effect("joy")


def test_a_trial_of_a_network_alone_starts_cold() -> None:
    """Without a tower it begins with full levels, and counts after as many days of warm-up."""
    made = trial(network(), [Row("loops", "KB-OPO-1", {"cards": "9"})], days=20, replications=4)
    assert not made.live
    with pytest.raises(InputFaults, match="cards"):
        trial(network(), [Row("loops", "KB-OPO-1", {"cards": "many"})])


def checked(error: float) -> Fidelity:
    """A check with an error of the network's stock."""
    row = Measured("stock", "EUR", 1, 1, 1, 1, 0, 0, 0, error, 1)
    return Fidelity(9, micros(NOW) - 1, micros(NOW), 28, 20, 1, Place("", (row,)), ())


def test_advice_is_withheld_where_the_twin_errs_too_much() -> None:
    """Not the answer: its figures stay. Without a check there is no advice either."""
    options = [{"name": "expedite", "equal": True}, {"name": "accept", "equal": False}]
    found = {"best": "expedite", "sure": True, "error": 0.01, "indifference": 0.0,
             "measure": "cost", "currency": "EUR", "options": options}  # fmt: skip
    good = trust(checked(0.1), 0.25, found)
    assert good["advice"]["given"]
    assert "expedite" in good["advice"]["text"]
    assert good["fidelity"]["error"] == 0.1
    bad = trust(checked(0.4), 0.25, found)
    assert bad["advice"] == {
        "given": False,
        "best": "",
        "text": "No advice: in its last check the twin was off by 40% in stock, more than the 25%"
        " that are allowed.",
    }
    assert "never checked" in trust(None, 0.25, found)["advice"]["text"]
    unsure = trust(checked(0.1), 0.25, found | {"sure": False, "error": 0.4})
    assert "up to 40%" in unsure["advice"]["text"]


def test_advice_names_what_does_as_well() -> None:
    """With what does not matter, in the unit of what was ranked by."""
    options = [{"name": n, "equal": n != "accept"} for n in ("expedite", "backup", "accept")]
    found = {"best": "expedite", "sure": True, "error": 0.01, "indifference": 500.0,
             "measure": "cost", "currency": "EUR", "options": options}  # fmt: skip
    assert trust(checked(0.1), 0.25, found)["advice"]["text"] == (
        "Take “expedite”: another is better by more than 500 EUR with a probability of 1.0%."
        " “backup” does as well within that."
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"{", "JSON"),
        (b"[]", "object"),
        (b'{"days": 0}', "days"),
        (b'{"days": 1e9}', "days"),
        (b'{"days": "two"}', "days"),
        (b'{"replications": 1}', "replications"),
        (b'{"seed": -1}', "seed"),
        (b'{"measure": "joy"}', "measure"),
        (b'{"error": 1}', "error"),
        (b'{"half_width": 0}', "half_width"),
        (b'{"indifference": -1}', "indifference"),
        (b'{"wings": 2}', "wings"),
        (b'{"answers": 7}', "answers"),
        (b'{"base": {"name": "x", "changes": [{"change": "dely"}]}}', "delay"),
        (b'{"answers": [{"name": "a"}, {"name": "a"}]}', "again"),
        (b'{"base": {"name": "x", "changes": [{"change": "down", "kind": "site"}]}}', "name"),
    ],
)
def test_a_question_with_faults_is_refused_in_words(text: bytes, told: str) -> None:
    """Each fault names its field and what was wanted; nothing runs."""
    with pytest.raises(InputFaults) as caught:
        read_question(text)
    assert told in str(caught.value)


def test_a_name_that_does_not_exist_is_refused_before_anything_runs(world: World) -> None:
    """With the shipment it was taken for; so is a time after the end of what can be simulated."""
    base = Scenario(name="late", changes=(Delay(shipment="SHP-9", hours=72),))
    with pytest.raises(InputFaults, match="SHP-9"):
        simulate(world.tower.parts, Question(base=base))


def test_a_stopped_simulation_tells_what_it_has(world: World) -> None:
    """Half of the runs are better than none: the answer says on how many it rests."""
    done = [0]

    def count(n: int, of: int) -> None:
        done[0] = n

    question = Question(base=LATE, days=10, replications=400)
    found = simulate(world.tower.parts, question, count, lambda: done[0] >= 20)
    assert found["stopped"]
    (base,) = found["options"]
    assert 0 < base["replications"] < 400
