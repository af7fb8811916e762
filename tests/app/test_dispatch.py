"""Decisions go out at least once under one id; what became of them is recorded once."""

import random
from datetime import UTC, datetime

import pytest

from support.inline import Inline
from taktnet.app.dispatch import FOLLOWER, Dispatcher
from taktnet.app.engine import OWN
from taktnet.app.settings import Settings
from taktnet.exchange.transport import Undelivered
from taktnet.ledger.event import DecisionApproved, DecisionTaken, SignalRefused, SignalSent
from taktnet.ledger.memory import MemoryLedger

AT = datetime(2026, 1, 5, 8, tzinfo=UTC)


class Partner:
    """Counts what arrives; fails as often as it is told to."""

    most, lanes = 1, 9

    def __init__(self, failures=0):
        self.failures, self.got = failures, []

    def send(self, messages):
        """Arrive or fail."""
        if self.failures:
            self.failures -= 1
            raise Undelivered("no route")
        self.got.extend(name for name, _ in messages)

    def close(self):
        """Nothing to close."""


class World:
    """A ledger with decisions, a partner, and a dispatcher over both."""

    def __init__(self, ledger=None, **transports):
        self.ledger = ledger or MemoryLedger()
        self.transports = transports or {"default": Partner()}
        self.dispatcher = Dispatcher(
            self.ledger,
            self.append,
            self.transports,
            clock=self,
            settings=Settings(signal_attempts=3, signal_backoff_s=10, signal_backoff_max_s=15),
            executor=Inline(),
            chance=random.Random(1),
        )
        self.broken = False

    def now(self):
        """A clock that stands."""
        return 1_700_000_000_000_000

    def append(self, events, positions):
        """Commit with positions, as the writer does."""
        if self.broken:
            raise OSError("disk full")
        for receipt in self.ledger.append(events, self.now()):
            assert receipt.outcome == "recorded"
        for name, seq in positions.items():
            self.ledger.advance(name, seq)

    def decide(self, name, **more):
        """A decision is recorded."""
        fields = {"origin": "S1", "site": "OPO", "waiting": False} | more
        event = DecisionTaken(
            source=OWN, id=name, at=AT, decision=name, rule="base_stock", action="buy",
            item="MOTOR", qty=1, reason="low", **fields,
        )  # fmt: skip
        self.ledger.append([event], self.now())

    def outcomes(self, kind=SignalSent):
        """Recorded outcomes: (decision, attempt or reason)."""
        rows = self.ledger.read()
        return [r.event for r in rows if isinstance(r.event, kind)]


def test_each_decision_goes_out_once():
    """Sent under its own id, recorded with the channel, and never again."""
    world = World()
    world.decide("D1")
    world.decide("D2")
    for now in range(5):
        world.dispatcher.step(now)
    assert world.transports["default"].got == ["D1", "D2"]
    assert [(e.decision, e.channel, e.attempt) for e in world.outcomes()] == [
        ("D1", "default", 1),
        ("D2", "default", 1),
    ]
    assert world.dispatcher.idle


def test_waiting_decisions_wait_for_approval():
    """A waiting decision goes out when a person approves it, not before."""
    world = World()
    world.decide("D1", waiting=True)
    world.dispatcher.step(0)
    assert world.transports["default"].got == []
    approval = DecisionApproved(source=OWN, id="answer:D1", at=AT, decision="D1", by="ana")
    world.ledger.append([approval], world.now())
    world.dispatcher.step(1)
    assert world.transports["default"].got == ["D1"]


def test_partners_have_their_own_channels():
    """The origin's channel is used where there is one; a channel of kind none sends nothing."""
    world = World(default=Partner(), S2=Partner(), S3=None)
    for name, origin in (("D1", "S1"), ("D2", "S2"), ("D3", "S3")):
        world.decide(name, origin=origin)
    world.dispatcher.step(0)
    assert world.transports["default"].got == ["D1"]
    assert world.transports["S2"].got == ["D2"]
    assert [e.decision for e in world.outcomes()] == ["D1", "D2"]
    world.dispatcher.step(1)
    assert world.dispatcher.idle


def test_many_are_handed_over_together():
    """As many as the transport takes go in one hand-over; the rest in the next."""
    world = World()
    partner = world.transports["default"]
    partner.most, partner.lanes = 3, 1
    for n in range(7):
        world.decide(f"D{n}")
    for now in range(3):
        world.dispatcher.step(now)
        assert len(partner.got) == min(7, 3 * now + 3)
    assert [e.decision for e in world.outcomes()] == [f"D{n}" for n in range(7)]


def test_retries_back_off_and_succeed():
    """A failure is tried again after a pause that doubles to its limit, less up to half of it."""
    world = World(default=Partner(failures=2))
    world.decide("D1")
    world.dispatcher.step(0)
    world.dispatcher.step(4.9)
    assert world.transports["default"].failures == 1
    world.dispatcher.step(10)
    assert world.transports["default"].failures == 0
    assert world.outcomes() == []
    world.dispatcher.step(17.4)
    assert world.outcomes() == []
    world.dispatcher.step(25)
    assert [e.attempt for e in world.outcomes()] == [3]


def test_giving_up_is_recorded():
    """After the last try the signal is refused, with the reason; nothing more is sent."""
    world = World(default=Partner(failures=99))
    world.decide("D1")
    for now in range(0, 200, 10):
        world.dispatcher.step(now)
    (refused,) = world.outcomes(SignalRefused)
    assert refused.reason == "not delivered after 3 tries: no route"
    assert world.transports["default"].failures == 96
    assert world.dispatcher.idle


def test_a_slow_partner_holds_nobody_up():
    """While one partner fails the other gets its signals, and the position stays behind."""
    world = World(default=Partner(failures=1), S2=Partner())
    world.decide("D1")
    world.decide("D2", origin="S2")
    world.dispatcher.step(0)
    assert world.transports["S2"].got == ["D2"]
    assert world.ledger.position(FOLLOWER) == 0
    world.dispatcher.step(20)
    assert world.transports["default"].got == ["D1"]
    assert world.ledger.position(FOLLOWER) == 3


def test_restart_repeats_only_what_was_not_recorded():
    """A new dispatcher starts at the stored position and passes over what has its outcome."""
    world = World(default=Partner(failures=1), S2=Partner())
    world.decide("D1")
    world.decide("D2", origin="S2")
    world.dispatcher.step(0)
    again = World(world.ledger, **world.transports)
    again.dispatcher.step(0)
    assert world.transports["S2"].got == ["D2"]
    assert world.transports["default"].got == ["D1"]
    again.dispatcher.step(1)
    assert again.dispatcher.idle


def test_what_was_sent_is_recorded_when_the_store_is_back():
    """If the record fails the outcome is kept and recorded later, without sending again."""
    world = World()
    world.decide("D1")
    world.broken = True
    with pytest.raises(OSError, match="disk full"):
        world.dispatcher.step(0)
    world.broken = False
    world.dispatcher.step(1)
    assert world.transports["default"].got == ["D1"]
    assert len(world.outcomes()) == 1


@pytest.mark.parametrize("seed", range(30))
def test_killed_at_any_call(seed):
    """Killed before or after any send or record, every decision arrives and is recorded once."""
    chance = random.Random(seed)
    partner = Partner()
    ledger = MemoryLedger()
    world = World(ledger, default=partner)
    decided = 0
    for turn in range(40):
        if decided < 25 and chance.random() < 0.7:
            world.decide(f"D{decided}")
            decided += 1
        partner.failures = chance.random() < 0.2
        world.broken = chance.random() < 0.2
        try:
            world.dispatcher.step(turn * 20)
        except OSError:
            world = World(ledger, default=partner)  # the process is gone, and started again
    partner.failures, world.broken = 0, False
    for turn in range(40, 60):
        world.dispatcher.step(turn * 20)
    wanted = {f"D{n}" for n in range(decided)}
    sent = [e.decision for e in world.outcomes()] + [
        e.decision for e in world.outcomes(SignalRefused)
    ]
    assert sorted(sent) == sorted(wanted)
    assert {e.decision for e in world.outcomes()} <= set(partner.got)
