"""The path of one event through a tower, on memory and on SQLite, and what survives a restart."""

import json
import random
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

import taktnet
from support import postgres
from support.acme import AT, counted, ordered, two_plants, used
from taktnet.app.clock import ReplayClock
from taktnet.app.recompute import recompute
from taktnet.app.replay import Pace, replay
from taktnet.app.settings import Channel, Settings
from taktnet.app.signals import NotWaiting, UnknownDecision, respond
from taktnet.app.tower import Tower
from taktnet.app.writer import Closed
from taktnet.ledger.event import DecisionTaken, NetworkChanged, SignalSent
from taktnet.ledger.fact import micros
from taktnet.ledger.search import Query, search

QUIET = Settings(channels={"default": Channel(kind="none")})


def open_tower(place, settings=None, **more) -> Tower:
    """A tower over the two plants whose clock starts with the events."""
    clock = ReplayClock(micros(AT))
    return Tower.open(place, two_plants(), settings or QUIET, clock=clock, **more)


STORES = ["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


def at_postgres(settings) -> Settings:
    """The settings of a tower over a new database."""
    server = postgres.shared()
    name = server.fresh().partition("dbname=")[2]
    return replace(settings, ledger=server.url(name))


@pytest.fixture(params=STORES)
def tower(request, tmp_path):
    """The same over memory, SQLite and PostgreSQL."""
    settings = at_postgres(QUIET) if request.param == "postgres" else QUIET
    with open_tower(None if request.param == "memory" else tmp_path / "t", settings) as made:
        yield made


def until(true, seconds=10.0):
    """Wait for something that other threads do."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def decisions(tower):
    """Decisions in the ledger."""
    rows = tower.ledger.read(0, 10_000)
    return [row.event for row in rows if isinstance(row.event, DecisionTaken)]


def test_one_use_pulls_through_every_tier(tower):
    """Two containers used at Porto: Krakow is told to ship; what Krakow uses pulls from S1."""
    tower.ingest([counted(1), counted(2, "KRK", "COIL", 100)])
    (receipt,) = tower.ingest([used(1, 10)])
    (move,) = decisions(tower)
    assert (receipt.outcome, receipt.seq) == ("recorded", 3)
    assert (move.origin, move.site, move.item, move.qty) == ("KRK", "OPO", "MOTOR", 10)
    assert 3 in move.evidence
    assert "MOTOR" in move.reason or "loop M" in move.reason
    tower.ingest([used(2, 20, "KRK", "COIL")])
    buy = decisions(tower)[-1]
    assert (buy.origin, buy.site, buy.item, buy.qty) == ("S1", "KRK", "COIL", 20)


def test_same_event_again_changes_nothing(tower):
    """Idempotence: a second delivery is a duplicate with the first one's number."""
    tower.ingest([counted(1), used(1, 10)])
    before = tower.state().digest()
    head = tower.ledger.head
    receipts = tower.ingest([counted(1), used(1, 10)])
    assert [(r.outcome, r.seq) for r in receipts] == [("duplicate", 1), ("duplicate", 2)]
    assert tower.state().digest() == before
    assert tower.ledger.head == head


def test_a_reader_keeps_what_it_got(tower):
    """A state that was read does not move when events go on."""
    tower.ingest([counted(1)])
    state = tower.state()
    before = state.digest()
    tower.ingest([used(1)])
    assert state.digest() == before
    assert tower.state().seq > state.seq


def test_as_it_was_and_as_we_knew_it(tower):
    """A late event is in yesterday's stock as it was, and not as it was known then."""
    tower.ingest([counted(1, qty=30)])
    tower.clock.reach(micros(AT + timedelta(days=2)))
    tower.ingest([used(1, 4)])  # happened one minute after the count, told two days later
    (now,) = tower.state().stock()
    (was,) = tower.state(at=AT + timedelta(minutes=5)).stock()
    (knew,) = tower.state(known=AT + timedelta(days=1)).stock()
    (at_count,) = tower.state(at=AT).stock()
    (by_row,) = tower.state(known=1).stock()
    assert [s.qty for s in (now, was, knew, at_count, by_row)] == [26, 26, 30, 30, 30]


def test_kpis_as_we_knew_them(tower):
    """KPIs, takt and flow of a past day as known then: a tower that has heard no more says so."""
    first = [counted(1), counted(2, "KRK", "COIL", 100), used(1, 10)]
    tower.ingest(first)
    day = AT + timedelta(days=1)
    tower.clock.reach(micros(AT + timedelta(days=2)))
    tower.ingest([used(2, 9), used(3, 20, "KRK", "COIL")])  # of the first day, told on the third
    then = {"at": day, "known": day}
    with open_tower(None) as other:
        other.ingest(first)
        assert tower.kpis(1, by="site", **then) == other.kpis(1, by="site", at=day)
        assert tower.takt(1, **then) == other.takt(1, at=day)
        assert tower.flow(days=1, **then) == other.flow(days=1, at=day)
    assert tower.kpis(1, by="site", at=day) != tower.kpis(1, by="site", **then)
    assert tower.kpis(1, at=day, known=tower.ledger.head.seq) == tower.kpis(1, at=day)


def test_folding_another_time_is_told_and_can_be_stopped(tower):
    """State, KPIs, takt and flow of a past say how far they are; what is raised stops them."""
    tower.ingest([counted(1, qty=30), used(1, 4)])
    for look in (tower.state, tower.kpis, tower.takt, tower.flow):
        told = []
        look(known=2, progress=lambda done, total, told=told: told.append((done, total)))
        assert told and told[-1][0] == 2

        def stop(done, total):
            raise InterruptedError

        with pytest.raises(InterruptedError):
            look(known=2, progress=stop)


def test_correction_replaces_what_it_names(tower):
    """A correction undoes its original in the live state and in history."""
    tower.ingest([counted(1, qty=30), used(1, 4)])
    right = used(2, 7)
    tower.ingest([type(right)(**{f: getattr(right, f) for f in right.__struct_fields__}
                              | {"corrects": "use-1"})])  # fmt: skip
    assert [s.qty for s in tower.state().stock()] == [23]
    assert [s.qty for s in tower.state(at=AT + timedelta(hours=1)).stock()] == [23]
    assert [s.qty for s in tower.state(known=2).stock()] == [26]


def test_network_change_is_an_event(tower):
    """More base stock: the next event that touches the point orders up to the new level."""
    tower.ingest([counted(1, "KRK", "COIL", 100)])
    change = NetworkChanged(
        source="planner", id="n1", at=AT, table="stock_points", key="KRK|COIL",
        values={"base_stock": "150"},
    )  # fmt: skip
    assert tower.ingest([change])[0].outcome == "recorded"
    assert tower.network.stock_point("KRK", "COIL").base_stock == 150
    tower.ingest([used(1, 1, "KRK", "COIL")])
    assert sum(d.qty for d in decisions(tower)) >= 51


def test_waiting_decision_is_answered_once(tmp_path):
    """With stale=wait a decision on late data waits; one answer counts, a second is told so."""
    settings = Settings(stale="wait", channels=QUIET.channels)
    with open_tower(None, settings) as tower:
        for n in range(30):
            tower.clock.reach(micros(AT + timedelta(minutes=n)))
            tower.ingest([used(n, 0.001, "KRK", "COIL")])
        tower.ingest([counted(1)])
        tower.clock.reach(micros(AT + timedelta(days=3)))
        tower.ingest([used(40, 10)])
        waiting = [d for d in decisions(tower) if d.waiting]
        assert waiting
        name = waiting[-1].decision
        assert name in [s.decision.decision for s in tower.signals("waiting").rows]
        assert respond(tower.parts, name, "ana").outcome == "recorded"
        with pytest.raises(NotWaiting, match="approved by ana"):
            respond(tower.parts, name, "ben", declined=True)
        with pytest.raises(UnknownDecision):
            respond(tower.parts, "nothing", "ana")


@pytest.mark.parametrize("store", STORES[1:])
def test_signals_leave_as_files_and_are_recorded(tmp_path, store):
    """Each decision is a file in the tower's folder, and then a sent signal with its reason."""
    settings = at_postgres(Settings()) if store == "postgres" else Settings()
    with open_tower(tmp_path / "t", settings) as tower:
        tower.ingest([counted(1), used(1, 10)])
        until(lambda: tower.signals("sent").total == 1)
        (file,) = (tmp_path / "t" / "signals").iterdir()
        told = json.loads(file.read_bytes())
        (signal,) = tower.signals().rows
    assert told["id"] == signal.decision.decision
    assert told["data"]["reason"] == signal.reason
    assert signal.evidence[0] < signal.seq


def report(tower):
    """The KPIs of a window that does not move with the clock."""
    window = micros(AT - timedelta(days=1)), micros(AT + timedelta(days=3))
    return tower.parts.kpis.look(lambda kpis: [v.as_dict() for v in kpis.report(*window)])


@pytest.mark.parametrize("store", STORES[1:])
def test_restart_goes_on_where_it_stopped(tmp_path, store):
    """After a restart the same state, the same KPIs and the next number are there again."""
    settings = at_postgres(QUIET) if store == "postgres" else QUIET
    with open_tower(tmp_path / "t", settings) as tower:
        tower.ingest([counted(1), counted(2, "KRK", "COIL", 100), ordered(1)])
        tower.ingest([used(n) for n in range(1, 20)])
        digest, head, kpis = tower.state().digest(), tower.ledger.head, report(tower)
    with open_tower(tmp_path / "t", settings) as tower:
        assert tower.state().digest() == digest
        assert tower.ledger.head == head
        assert tower.parts.engine.state.digest() == digest
        assert report(tower) == kpis
        assert tower.ingest([used(50)])[0].seq == head.seq + 1
        assert recompute(tower.parts).same


@pytest.mark.parametrize("snapshot", [False, True])
def test_live_state_is_the_fold_of_the_rows(tmp_path, snapshot):
    """Replay: with or without a snapshot, folding the rows gives the live state to the byte."""
    chance = random.Random(7)
    with open_tower(tmp_path / "t") as tower:
        tower.ingest([counted(1), counted(2, "KRK", "COIL", 100)])
        for n in range(60):
            site, item = chance.choice([("OPO", "MOTOR"), ("KRK", "COIL")])
            tower.ingest([used(n, chance.randint(1, 9), site, item)])
            if snapshot and n == 30:
                tower.parts.state.save()
        live = tower.parts.engine.state.digest()
        assert tower.state().digest() == live
        assert tower.state(known=tower.ledger.head.seq).digest() == live
        assert tower.verify().good


def test_edited_files_are_recorded_as_changes(tmp_path):
    """Files edited between two starts become events, once; live changes stay."""
    files, place = tmp_path / "network", tmp_path / "t"
    two_plants().write(files)
    with Tower.open(place, files, QUIET) as tower:
        base = tower.network.digest
        change = NetworkChanged(
            source="p", id="1", at=AT, table="loops", key="M", values={"cards": "8"}
        )
        tower.ingest([change])
    edited = two_plants().set_row("stock_points", "KRK|COIL", {"base_stock": "200"})
    edited.write(files)
    for _ in range(2):
        with Tower.open(place, files, QUIET) as tower:
            assert tower.network.stock_point("KRK", "COIL").base_stock == 200
            assert tower.network.loop("M").cards == 8
            assert len(search(tower.ledger, Query(kind="network.changed"))) == 2
            assert tower.parts.revisions.at(0).digest == base
    with Tower.open(place, settings=QUIET) as tower:
        assert tower.network.loop("M").cards == 8


def test_reading_beside_a_running_tower(tmp_path):
    """A second process may look at a tower, not write to it; it sees what is committed."""
    with open_tower(tmp_path / "t") as tower:
        tower.ingest([counted(1)])
        with Tower.open(tmp_path / "t", settings=QUIET, read_only=True) as reader:
            assert [s.qty for s in reader.state().stock()] == [30]
            tower.ingest([used(1)])
            assert [s.qty for s in reader.state().stock()] == [25]
            assert reader.verify().good
            with pytest.raises(Closed):
                reader.ingest([used(2)])
        with pytest.raises(taktnet.TaktnetError, match="written by"):
            open_tower(tmp_path / "t")


def test_checkpoints_come_within_a_second(tmp_path):
    """While events come a signed checkpoint covers them within a second, and proves them."""
    with open_tower(tmp_path / "t") as tower:
        tower.ingest([counted(1)])
        until(lambda: tower.ledger.checkpoints(0), 1.0)
        seq = tower.ingest([used(1)])[-1].seq
        until(lambda: tower.ledger.checkpoints(seq - 1), 1.0)
    with open_tower(tmp_path / "t") as tower:
        assert tower.verify().good


def test_changed_row_is_found(tmp_path):
    """Somebody who edits the file of the ledger is found out by `verify`, with the row."""
    import apsw

    with open_tower(tmp_path / "t") as tower:
        tower.ingest([counted(1), used(1), used(2)])
    db = apsw.Connection(str(tmp_path / "t" / "ledger.sqlite"))
    for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        db.execute(f"DROP TRIGGER {name}")
    body = db.execute("SELECT body FROM event WHERE seq = 2").get
    forged = body.replace(b'"qty":5.0', b'"qty":6.0')
    assert forged != body
    db.execute("UPDATE event SET body = ? WHERE seq = 2", (forged,))
    db.close()
    with Tower.open(tmp_path / "t", settings=QUIET, read_only=True) as tower:
        verdict = tower.verify()
    assert not verdict.good
    assert verdict.row == 2


def test_replay_follows_the_history(tmp_path):
    """In a replay the tower's time is the history's; a second replay changes nothing."""
    history = [[counted(1)], [used(n) for n in range(1, 200)]]
    told = []
    with open_tower(tmp_path / "t") as tower:
        new = replay(tower, history, Pace(told=lambda count, at: told.append((count, at))))
        assert new == 200
        assert tower.clock.now() >= micros(AT + timedelta(minutes=199))
        rows = tower.ledger.read(0, 10_000)
        lag = [row.recorded - micros(row.event.at) for row in rows if row.event.source == "mes"]
        assert max(lag) < 16 * 60 * 1_000_000
        assert replay(tower, history) == 0
    assert told[-1][0] == 200


def test_replay_keeps_its_pace_and_stops():
    """At 3,600 times the speed ten minutes of history take a sixth of a second."""
    with open_tower(None) as tower:
        began = time.monotonic()
        replay(tower, [[used(n) for n in range(11)]], Pace(speed=3600))
        assert 0.15 < time.monotonic() - began < 2
        stopped = replay(
            tower, [[used(n) for n in range(20, 30)]], Pace(speed=1, stop=lambda: True)
        )
        assert stopped == 0


def test_review_decides_what_is_due_by_time(tmp_path):
    """A point reviewed once a day orders when its review comes, without any event."""
    network = two_plants().set_row("stock_points", "KRK|COIL", {"review_h": "24"})
    clock = ReplayClock(micros(AT))
    with Tower.open(None, network, QUIET, clock=clock) as tower:
        tower.ingest([counted(1, "KRK", "COIL", 90)])
        first = len(decisions(tower))
        tower.ingest([used(1, 30, "KRK", "COIL")])
        assert len(decisions(tower)) == first
        clock.reach(micros(AT + timedelta(days=1)))
        assert tower.writer.call(tower.parts.engine.review) == 1
        assert tower.state().digest() == tower.parts.engine.state.digest()


def test_ten_line_script(tmp_path, monkeypatch):
    """A user's first script: public names only, under ten lines."""
    monkeypatch.chdir(tmp_path)
    two_plants().write("plants")
    from datetime import UTC, datetime

    from taktnet.ledger.event import StockConsumed, StockCounted

    now = datetime.now(UTC)
    with taktnet.Tower.open("tower", network="plants") as tower:
        tower.ingest([StockCounted(source="wms", id="1", at=now, site="OPO", item="MOTOR", qty=30)])
        tower.ingest(
            [StockConsumed(source="mes", id="2", at=now, site="OPO", item="MOTOR", qty=10)]
        )
        reasons = [signal.reason for signal in tower.signals().rows]
        verdict = tower.verify()
    assert len(reasons) == 1
    assert verdict.good
    assert Path("tower/ledger.sqlite").exists()


@pytest.mark.parametrize("seed", range(6))
def test_commits_that_fail_anywhere(tmp_path, monkeypatch, seed):
    """Crash law: commits that fail before or after the disk lose nothing and count nothing twice.

    The client sends again what was not acknowledged; decisions are those of a quiet day.
    """
    chance = random.Random(seed)
    history = [counted(1), counted(2, "KRK", "COIL", 100), *(used(n, 3) for n in range(1, 40))]

    def trouble(tower):
        write = tower.ledger._write

        def unreliable(batch):
            how = chance.random()
            if batch.entries and how < 0.2:
                raise OSError("disk full")
            write(batch)
            if batch.entries and how > 0.9:
                raise OSError("durable, and no answer came")

        monkeypatch.setattr(tower.ledger, "_write", unreliable)

    def names(tower):
        return [(d.decision, d.qty, d.origin) for d in decisions(tower)]

    with open_tower(tmp_path / "quiet") as tower:
        for event in history:
            tower.ingest([event])
        quiet, stock = names(tower), tower.state().stock()
    waiting = list(history)
    for _ in range(200):
        with open_tower(tmp_path / "t") as tower:
            trouble(tower)
            while waiting:
                try:
                    (receipt,) = tower.ingest(waiting[:1])
                except OSError as error:
                    if "no answer" in str(error) or chance.random() < 0.2:
                        break  # the process stops here, and is started again
                    assert tower.parts.engine.state.seq == tower.ledger.head.seq
                    continue
                assert receipt.outcome in ("recorded", "duplicate")
                waiting.pop(0)
        if not waiting:
            break
    with open_tower(tmp_path / "t") as tower:
        assert names(tower) == quiet
        assert tower.state().stock() == stock
        assert tower.verify().good
        rows = [r for r in tower.ledger.read(0, 1000) if r.event.source != "taktnet"]
        assert [r.event.id for r in rows] == [e.id for e in history]


def test_snapshot_of_another_version(tmp_path):
    """A snapshot that this version cannot read is passed over; everything is folded again."""
    with open_tower(tmp_path / "t") as tower:
        tower.ingest([counted(1), used(1, 10)])
        digest = tower.state().digest()
    with open_tower(tmp_path / "t") as tower:
        tower.parts.keeper.close()
        for name in ("state", "kpis"):
            seq, blob = tower.ledger.load_snapshot(name)
            tower.ledger.save_snapshot(name, seq, blob[:40] + b"?" + blob[41:])
        tower.parts.keeper = None
    with open_tower(tmp_path / "t") as tower:
        assert tower.state().digest() == digest
        assert recompute(tower.parts).same


def test_what_is_no_event(tower):
    """Something that is no event is refused before it goes anywhere."""
    with pytest.raises(TypeError, match="dict is no event"):
        tower.ingest([{"kind": "stock.counted/1"}])


def test_public_names():
    """The names that the package promises are there, and nothing else is asked for in vain."""
    for name in taktnet.__all__:
        assert getattr(taktnet, name) is not None
    assert taktnet.Decision is DecisionTaken
    assert SignalSent is not None
    with pytest.raises(AttributeError):
        taktnet.Nothing  # noqa: B018
