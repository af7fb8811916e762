"""How a group of batches becomes rows: screened, folded, decided, numbered, committed at once."""

from collections import namedtuple
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from taktnet.app.engine import OWN, Engine
from taktnet.app.past import Past
from taktnet.app.revisions import Revisions
from taktnet.app.writer import Batch
from taktnet.base.names import Domain
from taktnet.ledger.event import (
    NUMBER,
    CardPulled,
    DecisionTaken,
    NetworkChanged,
    PeriodClosed,
    SignalSent,
    StockConsumed,
    StockReceived,
)
from taktnet.ledger.fact import FACT, Flag, Lowering, micros
from taktnet.ledger.memory import MemoryLedger
from taktnet.network import Network
from taktnet.store.sqlite import SqliteLedger

AT = datetime(2026, 1, 5, 8, tzinfo=UTC)
Step = namedtuple("Step", "facts decisions seqs")


class Seq:
    """A state that only counts."""

    def __init__(self, seq=0):
        self.seq = seq


class EveryUseOrders:
    """Rules that answer each use of stock with a decision to buy as much."""

    def __init__(self, names, bad=()):
        self.names, self.bad = names, bad
        names.intern(Domain.SOURCE, OWN)

    def step(self, state, facts, now):
        """Number the facts, a decision right behind each use."""
        rows, decisions, seqs = [], [], []
        for fact in facts.copy():
            if fact["flags"] & Flag.FIRST:
                state.seq += 1
            fact["seq"] = state.seq
            rows.append(fact)
            item = self.names.text(Domain.ITEM, fact["item"])
            if item in self.bad:
                raise ValueError("no rule for this")
            if (
                self.names.text(Domain.ITEM, fact["item"]) == "MOTOR"
                and fact["kind"] == NUMBER[StockConsumed]
            ):
                decisions.append(decision(f"D{state.seq}", (state.seq,)))
                lowered = Lowering(self.names).facts(decisions[-1], now)
                state.seq += 1
                own = np.frombuffer(bytearray(lowered), FACT)[0]
                own["seq"] = state.seq
                seqs.append(state.seq)
                rows.append(own)
        return Step(np.array(rows, FACT), decisions, seqs)


def decision(name, evidence=()):
    """A decision to buy."""
    return DecisionTaken(
        source=OWN, id=name, at=AT, site="OPO", decision=name, rule="base_stock", action="buy",
        item="MOTOR", qty=1, origin="S1", reason="stock is low", evidence=evidence,
    )  # fmt: skip


def use(n, item="MOTOR", **more):
    """Stock used."""
    return StockConsumed(
        **{"source": "mes", "id": str(n), "at": AT, "site": "OPO"} | more, item=item, qty=1
    )


class World:
    """An engine over a ledger, and what it published."""

    def __init__(self, ledger, bad=()):
        self.ledger, self.published = ledger, []
        self.networks = []
        self.engine = Engine(
            ledger,
            Revisions(ledger, Past(ledger, None, 1000, 1.0), Network()),
            clock=self,
            tenant="main",
            make_rules=self.rules,
            load_state=lambda: Seq(ledger.head.seq),
            publish=lambda *commit: self.published.append(commit),
        )
        self.bad = bad

    def rules(self, network):
        """The rules, and a note of the network they were made for."""
        self.networks.append(network)
        return EveryUseOrders(self.ledger.names, getattr(self, "bad", ()))

    def now(self):
        """A clock that stands."""
        return micros(AT)

    def commit(self, *batches, own=False):
        """Receipts of each batch."""
        return self.engine.commit([Batch(list(b), lambda _: None, own, {}) for b in batches])


@pytest.fixture(params=["memory", "sqlite"])
def world(request, tmp_path):
    """The same over memory and SQLite."""
    ledger = MemoryLedger() if request.param == "memory" else SqliteLedger(tmp_path / "l.sqlite")
    yield World(ledger)
    ledger.close()


def test_decisions_stand_right_behind_what_caused_them(world):
    """Rows are numbered densely; each receipt has the number of its own event."""
    (one, two) = world.commit([use(1), use(2, "GEAR")], [use(3)])
    assert [r.seq for r in (*one, *two)] == [1, 3, 4]
    rows = world.ledger.read()
    assert [r.event.id for r in rows] == ["1", "D1", "2", "3", "D4"]
    assert rows[1].event.evidence == (1,)


def test_stored_facts_are_the_folded_ones(world):
    """The facts of each row are its own, in order, and lowering its body again gives the same."""
    world.commit([use(1), StockReceived(source="w", id="r", at=AT, site="OPO", item="G", qty=2)])
    ((first, recorded, facts, bodies),) = world.published
    rows = world.ledger.read()
    assert first == 1
    assert b"".join(r.facts for r in rows) == facts.tobytes()
    assert [r.body for r in rows] == list(bodies)
    for row in rows:
        again = np.frombuffer(
            bytearray(Lowering(world.ledger.names).facts(row.event, recorded)), FACT
        )
        again["seq"] = row.seq
        assert again.tobytes() == row.facts


def test_duplicates_and_conflicts_keep_their_place(world):
    """Receipts stay in the order offered, whatever became of each."""
    world.commit([use(1, "GEAR")])
    ((a, b, c, d),) = world.commit(
        [use(2, "GEAR"), use(1, "GEAR"), use(1, "OTHER"), use(2, "GEAR")]
    )
    assert [r.outcome for r in (a, b, c, d)] == ["recorded", "duplicate", "conflict", "duplicate"]
    assert (a.seq, b.seq, d.seq) == (2, 1, 2)
    assert world.engine.state.seq == world.ledger.head.seq == 2


def test_strangers_are_rejected(world):
    """Another tenant's events, Taktnet's own source and decisions from outside get no number."""
    foreign = use(1, tenant="other")
    forged = decision("D9")
    posing = CardPulled(source=OWN, id="1", at=AT, loop="L", card="C")
    ((a, b, c, d),) = world.commit([foreign, forged, posing, use(4, "GEAR")])
    assert [r.outcome for r in (a, b, c, d)] == ["rejected"] * 3 + ["recorded"]
    assert "'other'" in a.detail
    assert d.seq == 1
    sent = SignalSent(source=OWN, id="signal:D9", at=AT, decision="D9", channel="S1")
    ((own,),) = world.commit([sent], own=True)
    assert own.outcome == "recorded"


def test_network_changes_take_effect_where_they_stand(world):
    """Rules are made anew right behind the change; a change that cannot be is rejected."""
    good = NetworkChanged(
        source="erp", id="n1", at=AT, table="rates", key="USD", values={"per_eur": "1.1"}
    )
    bad = NetworkChanged(source="erp", id="n2", at=AT, table="rates", key="X", values={"a": "1"})
    wrong = NetworkChanged(
        source="erp", id="n3", at=AT, table="rates", key="EURO", values={"per_eur": "1"}
    )
    ((a, b, c, d),) = world.commit([use(1, "GEAR"), good, bad, use(2, "GEAR")])
    assert [r.outcome for r in (a, b, c, d)] == ["recorded", "recorded", "rejected", "recorded"], b
    assert "per_eur" in c.detail or "a" in c.detail
    assert [len(n.rates) for n in world.networks] == [0, 1]
    ((e,),) = world.commit([wrong])
    assert e.outcome == "rejected"
    again = Revisions(world.ledger, Past(world.ledger, None, 1000, 1.0), None)
    assert again.network.digest == world.engine.revisions.network.digest
    assert again.at(1).rates == ()
    assert again.since(0) == [2]


def test_parked_correction_follows_its_original(world):
    """A correction that came first is committed right behind what it corrects."""
    early = use("1b", "GEAR", corrects="1a")
    ((a,),) = world.commit([early])
    ((b, c),) = world.commit([use("1a", "GEAR"), use(2, "GEAR")])
    assert a.outcome == "parked"
    assert (b.seq, c.seq) == (1, 3)
    assert [r.event.id for r in world.ledger.read()] == ["1a", "1b", "2"]
    assert world.engine.state.seq == 3


def test_nothing_stays_of_a_failed_group(world):
    """When rules fail, nothing is stored or published, and the next group goes as if nothing."""
    world.commit([use(1, "GEAR")])
    world.bad = ("POISON",)
    world.engine.recover()
    with pytest.raises(ValueError, match="no rule"):
        world.commit([use(2), use(3, "POISON")])
    world.engine.recover()
    assert world.ledger.head.seq == 1
    assert world.ledger.names.find(Domain.ITEM, "POISON") == -1
    ((receipt,),) = world.commit([use(4)])
    assert receipt.seq == 2
    assert len(world.published) == 2


def test_own_late_event_is_recorded(world):
    """What happened in a closed period is posted as late, and folds like everything else."""
    world.commit(
        [
            PeriodClosed(
                source="fin", id="p", at=AT + timedelta(days=2), until=AT + timedelta(days=1)
            )
        ]
    )
    world.commit([use(1, "GEAR")])
    assert np.frombuffer(world.ledger.read()[1].facts, FACT)["flags"][0] & Flag.LATE
    assert world.ledger.read()[1].recorded == micros(AT) + 1
