"""Laws of admission: whatever the order, the repeats and the batches, the same things are known."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import AT, EVENTS, NOW, closed, used

from taktnet.base.names import Domain, Names
from taktnet.ledger import event as e
from taktnet.ledger.admission import key_of, number, settle
from taktnet.ledger.chain import GENESIS, chain, row_hash
from taktnet.ledger.codec import encode
from taktnet.ledger.fact import FACT, MILLION, Flag, Lowering, micros, millionths
from taktnet.ledger.ledger import Ledger, Receipt
from taktnet.ledger.memory import MemoryLedger
from taktnet.ledger.verify import verify
from taktnet.store.sqlite import SqliteLedger

KEYS = [str(n) for n in range(8)]
#: Events with some right and some dangling corrections among them; one content for each key.
STORY: list[e.AnyEvent] = [
    used("0", qty=1), used("1", qty=2), used("2", qty=4, corrects="1"),
    used("3", qty=8, corrects="2"), used("4", qty=16, at=AT - timedelta(days=9)),
    e.EventVoided(source="mes", id="5", at=AT, corrects="0"), used("6", qty=32),
    used("7", qty=64, corrects="never-sent"),
]  # fmt: skip


@contextlib.contextmanager
def both() -> Iterator[list[Ledger]]:
    """A ledger in memory and one on disk, empty."""
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteLedger(Path(folder) / "ledger.db")
        try:
            yield [MemoryLedger(), store]
        finally:
            store.close()


def batches_of(events: Sequence[Any], cuts: list[int]) -> Iterator[Sequence[Any]]:
    """`events` cut into batches of these sizes, over and over."""
    at, n = 0, 0
    while at < len(events):
        size = cuts[n % len(cuts)] if cuts else len(events)
        yield events[at : at + size]
        at, n = at + size, n + 1


def net(ledger: Ledger) -> int:
    """Units consumed according to all facts."""
    facts = np.concatenate([np.empty(0, FACT), *ledger.facts()])
    facts = facts[facts["kind"] == e.NUMBER[e.StockConsumed]]
    signs = np.where(facts["flags"] & int(Flag.REVERSAL), -1, 1)
    return int((facts["qty"] * signs).sum()) // MILLION


orders = st.permutations(STORY)
repeats = st.lists(st.sampled_from(STORY), max_size=8)
cuts = st.lists(st.integers(1, 5), max_size=4)


@settings(max_examples=40)
@given(orders, repeats, cuts, st.randoms(use_true_random=False))
def test_any_order_any_repeats_any_batches_lead_to_the_same(
    order: list[Any], again: list[Any], sizes: list[int], random: Any
) -> None:
    """The same rows, the same waiting correction, the same balance; each receipt true."""
    offered = [*order, *again]
    random.shuffle(offered)
    with both() as ledgers:
        told: list[list[Receipt]] = []
        for ledger in ledgers:
            receipts: list[Receipt] = []
            for batch in batches_of(offered, sizes):
                receipts += ledger.append(batch, NOW)
            rows = ledger.read()
            assert {row.event.id for row in rows} == set(KEYS) - {"7"}
            assert [row.seq for row in rows] == list(range(1, 8))
            assert [parked.event.id for parked in ledger.parked()] == ["7"]
            assert ledger.conflicts() == []
            assert net(ledger) == 8 + 16 + 32  # "0" is voided, 2 and 4 were replaced
            assert verify(ledger).good
            told.append(receipts)
        assert told[0] == told[1]
        assert ledgers[0].rows() == ledgers[1].rows()
        _check_receipts(offered, told[0], ledgers[0])


def _check_receipts(offered: list[Any], receipts: list[Receipt], ledger: Ledger) -> None:
    """The first offer of a key is recorded or parked, each later one says where the first is."""
    seen: set[str] = set()
    for event, receipt in zip(offered, receipts, strict=True):
        assert receipt.id == event.id
        found = ledger.find(event.source, event.id)
        if receipt.outcome == "recorded":
            assert event.id not in seen
        if receipt.outcome in ("recorded", "duplicate"):
            assert found is not None
            assert receipt.seq == found.seq
        else:
            assert (receipt.outcome, receipt.seq) == ("parked", 0)
        seen.add(event.id)


@settings(max_examples=40)
@given(st.lists(EVENTS, max_size=8, unique_by=lambda x: (x.tenant, x.source, x.id)), cuts)
def test_one_batch_or_many_lower_to_the_same_facts(events: list[Any], sizes: list[int]) -> None:
    """Any events, in one batch or in many: but for the recorded time, the same rows."""
    whole, parts = MemoryLedger(), MemoryLedger()
    whole.append(events, NOW)
    for batch in batches_of(events, sizes):
        parts.append(batch, NOW)
    for one, other in zip(whole.rows(), parts.rows(), strict=True):
        assert (one.seq, one.id, one.body) == (other.seq, other.id, other.body)
        facts, others = np.frombuffer(one.facts, FACT), np.frombuffer(other.facts, FACT).copy()
        others["recorded"] = one.recorded
        # A clock that runs ahead is judged by recorded time, which the batches move on a little.
        assert np.array_equal(facts, others)
    assert whole.names.since((0,) * len(Domain)) == parts.names.since((0,) * len(Domain))


@given(st.lists(st.tuples(st.binary(max_size=9), st.binary(max_size=9)), max_size=9), st.data())
def test_one_batch_or_many_give_the_same_hashes(
    rows: list[tuple[bytes, bytes]], data: st.DataObject
) -> None:
    """Given the same recorded time, a chain does not know where batches began."""
    cut = data.draw(st.integers(0, len(rows)))
    first = chain(GENESIS, 1, NOW, rows[:cut])
    rest = chain(first[-1] if first else GENESIS, cut + 1, NOW, rows[cut:])
    assert first + rest == chain(GENESIS, 1, NOW, rows)


def test_the_hash_of_a_row_is_the_documented_one() -> None:
    """SHA-256 over 0x00, the hash before, both numbers big-endian, facts and body.

    The expected value was made by `openssl dgst -sha256` from those bytes.
    """
    assert row_hash(GENESIS, 1, 2, b"facts", b"body").hex() == (
        "373ecf0c8d88ecc36cac8e48c08b24a22963a2d464e42f3fed8672768d8d1c45"
    )


@given(st.lists(EVENTS, max_size=6))
def test_abandoning_leaves_the_names_as_they_were(events: list[Any]) -> None:
    """Whatever was admitted: ids given since are taken back, and given again the same."""
    ledger = MemoryLedger()
    ledger.append([used("first")], NOW)
    before = ledger.names.counts()
    once = ledger.admit(events, NOW)
    grown = ledger.names.since(before)
    ledger.abandon()
    assert ledger.names.counts() == before
    assert ledger.admit(events, NOW) == once
    assert ledger.names.since(before) == grown


@given(EVENTS)
def test_facts_follow_from_an_event_and_the_names_alone(event: Any) -> None:
    """Lowering again over the same names gives the same bytes: `verify` rests on it."""
    names = Names()
    once = Lowering(names).facts(event, NOW)
    assert Lowering(names).facts(event, NOW) == once
    fact = np.frombuffer(once, FACT)[0]
    assert (fact["at"], fact["recorded"], fact["seq"]) == (micros(event.at), NOW, 0)
    assert names.text(Domain.SITE, int(fact["site"])) == event.site
    assert len(once) == FACT.itemsize * (1 + len(getattr(event, "cards", ())))


@pytest.mark.parametrize("text", ["0.1", "1e-06", "999999999.999999", "123456789012.34", "-7.25"])
def test_numbers_become_millionths_exactly(text: str) -> None:
    """As the decimal that is written, however large."""
    whole, _, part = text.partition(".") if "e" not in text else ("0", ".", "000001")
    sign = -1 if whole.startswith("-") else 1
    assert millionths(float(text)) == int(whole) * MILLION + sign * int(part.ljust(6, "0"))


def test_settle_numbers_repeats_like_their_first() -> None:
    """A repeat within the batch gets the number that its first got, wherever decisions fell."""
    ledger = MemoryLedger()
    admission = ledger.admit([used("1"), used("1"), used("2"), used("1", qty=9)], NOW)
    receipts = settle(admission, [5, 9])
    assert [(r.outcome, r.seq) for r in receipts] == [
        ("recorded", 5),
        ("duplicate", 5),
        ("recorded", 9),
        ("conflict", 5),
    ]


def test_a_released_correction_of_something_final_becomes_a_conflict() -> None:
    """Nobody is there to be refused when its original turns out to be a closed period."""
    ledger = MemoryLedger()
    early = used("x", source="erp", corrects="c")
    assert ledger.append([early], NOW)[0].outcome == "parked"
    ledger.append([closed("c", AT)], NOW)
    assert ledger.parked() == []
    assert [body for *_, body in ledger.conflicts()] == [encode(early)]
    assert ledger.head.seq == 1


def test_what_was_made_here_breaks_no_rule() -> None:
    """A decision that could not be read back is an error at once, not a row."""
    ledger = MemoryLedger()
    with pytest.raises(ValueError, match="qty is 0"):
        ledger.admit_own(used("1", qty=0), NOW)
    admitted = ledger.admit_own(used("1", qty=2), NOW)
    assert key_of(number([admitted], 0)[0].event) == ("main", "mes", "1")
