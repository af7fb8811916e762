"""Signed checkpoints: made in time, kept, cosigned, and a rewritten ledger does not fit them."""

from __future__ import annotations

import pytest

from support.happenings import START_US, happenings
from taktnet.base.errors import TaktnetError
from taktnet.ledger import note
from taktnet.ledger.checkpoint import (
    Checkpoint,
    Checkpointer,
    check_checkpoints,
    read_checkpoint,
    stored_note,
)
from taktnet.ledger.memory import MemoryLedger
from taktnet.ledger.merkle import MerkleLog
from taktnet.ledger.note import NoteError, Signer

SECOND = 1_000_000
LOG = Signer("plant.example/log", b"L" * 32)
WITNESS = Signer("partner.example/witness", b"W" * 32, note.COSIGNATURE)


def grown(ledger: MemoryLedger, checkpointer: Checkpointer, *sizes: int) -> None:
    """Append up to each size and sign there."""
    for n, size in enumerate(sizes):
        have = ledger.head.seq
        ledger.append(happenings(size - have, first=have), ledger.stamp(START_US + n))
        checkpointer.make(START_US + n * SECOND)


def test_a_checkpoint_is_a_tlog_checkpoint_to_the_letter() -> None:
    """Origin, size, root in base64, an empty line, the signature: readable by other verifiers."""
    root = bytes.fromhex("5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328")
    text = Checkpoint("plant.example/log", 8, root).text()
    assert text == "plant.example/log\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n"
    assert Checkpoint.parse(text) == Checkpoint("plant.example/log", 8, root)
    assert Checkpoint.parse(text + "an extension\n").size == 8


@pytest.mark.parametrize(
    "text",
    ["", "a\n1\n", "a\n01\nAA==\n", "a\n-1\nAA==\n", "a\n1\nAA==\n", "a\n1\n!\n", "\n1\nAA==\n"],
)
def test_what_is_not_a_checkpoint_is_refused(text: str) -> None:
    """Sizes with leading zeros or signs and short roots are not read as something else."""
    with pytest.raises(NoteError):
        Checkpoint.parse(text)


def test_a_checkpoint_is_due_at_once_then_at_most_a_second_after_the_last() -> None:
    """New rows wait for the interval, which is under a second; no rows, no checkpoint."""
    ledger = MemoryLedger()
    signing = Checkpointer(ledger, LOG)
    assert not signing.due(START_US, 0)
    ledger.append(happenings(3), START_US)
    assert signing.due(START_US, 3)
    signing.make(START_US)
    assert not signing.due(START_US + 60 * SECOND, 3)
    assert not signing.due(START_US + SECOND // 2, 4)
    assert signing.due(START_US + SECOND, 4)


def test_stored_checkpoints_carry_the_root_of_the_rows_and_the_logs_signature() -> None:
    """Each note verifies under the log's key and its root is that of the ledger's rows."""
    ledger = MemoryLedger()
    grown(ledger, Checkpointer(ledger, LOG), 3, 10, 300, 301)
    plain = MerkleLog(ledger.hashes)
    for size, text in ledger.checkpoints():
        said = read_checkpoint(text, LOG.verifier)
        plain.extend(ledger.hashes(plain.size, size))
        assert (said.origin, said.size, said.root) == (LOG.name, size, plain.root())
    assert [size for size, _ in ledger.checkpoints()] == [3, 10, 300, 301]
    assert check_checkpoints(ledger, LOG.verifier) == []
    other = Signer(LOG.name, b"x" * 32)
    with pytest.raises(NoteError):
        read_checkpoint(text, other.verifier)


def test_a_key_for_one_log_does_not_vouch_for_another() -> None:
    """A note of another origin, though signed by this key, is not this log's checkpoint."""
    forged = LOG.sign(Checkpoint("other.example/log", 1, bytes(32)).text())
    with pytest.raises(NoteError, match=r"other\.example"):
        read_checkpoint(forged, LOG.verifier)


def test_a_restart_goes_on_from_the_kept_nodes_without_reading_all_rows() -> None:
    """After `save`, a new process reads only rows after it (and the last block for the root)."""
    ledger = MemoryLedger()
    first = Checkpointer(ledger, LOG)
    grown(ledger, first, 1000)
    first.save()
    ledger.append(happenings(24, first=1000), ledger.stamp(START_US + 50))
    asked: list[int] = []

    class Watched(MemoryLedger):
        def hashes(self, after: int = 0, until: int | None = None) -> bytes:
            asked.append(after)
            return ledger.hashes(after, until)

    watched = Watched()
    watched.__dict__.update(ledger.__dict__)
    again = Checkpointer(watched, LOG)
    made = again.make(START_US + 60)
    whole = MerkleLog(ledger.hashes)
    whole.extend(ledger.hashes())
    assert made == Checkpoint(LOG.name, 1024, whole.root())
    assert min(asked) >= 768  # 3 full blocks of 256 were not read again


def test_a_spoilt_snapshot_of_the_log_is_only_a_lost_cache() -> None:
    """Wrong kept nodes are noticed by the last checkpoint and built again from the rows."""
    ledger = MemoryLedger()
    first = Checkpointer(ledger, LOG)
    grown(ledger, first, 700)
    good = first.log.to_bytes()
    for bad in (good[:4] + bytes(32) + good[36:], good[:50], b""):
        ledger.save_snapshot("merkle", 700, bad)
        assert Checkpointer(ledger, LOG).log.root() == first.log.root()


def rewritten(ledger: MemoryLedger, changed: int) -> MemoryLedger:
    """The ledger as a thief with the database would leave it: one row changed, chain made new."""
    forged = MemoryLedger()
    events = [row.event for row in ledger.read(0, 10_000)]
    events[changed - 1] = happenings(1, first=5_000)[0]
    for n in range(0, len(events), 50):
        forged.append(events[n : n + 50], forged.stamp(START_US + n))
    for size, text in ledger.checkpoints():
        forged.save_checkpoint(size, text)
    return forged


def test_a_ledger_rewritten_with_a_sound_chain_does_not_fit_its_checkpoints() -> None:
    """The faults name the stretch in which the change lies; a start on such a ledger is refused."""
    ledger = MemoryLedger()
    signing = Checkpointer(ledger, LOG)
    for n in range(0, 200, 50):
        ledger.append(happenings(50, first=n), ledger.stamp(START_US + n))
        signing.make(START_US + n * SECOND)
    forged = rewritten(ledger, 120)
    faults = check_checkpoints(forged, LOG.verifier)
    assert [fault.row for fault in faults] == [150, 200]
    assert "after 100 and up to 150" in str(faults[0])
    with pytest.raises(TaktnetError, match="changed or removed"):
        Checkpointer(forged, LOG)


def test_rows_missing_at_the_end_do_not_fit_the_last_checkpoint() -> None:
    """A ledger cut short is found, though its chain is sound."""
    ledger, short = MemoryLedger(), MemoryLedger()
    grown(ledger, Checkpointer(ledger, LOG), 5, 9)
    short.append(happenings(5), START_US)
    for size, text in ledger.checkpoints():
        short.save_checkpoint(size, text)
    faults = check_checkpoints(short, LOG.verifier)
    assert [(fault.row, fault.found) for fault in faults] == [(9, "too few rows")]


def test_a_checkpoint_signed_by_somebody_else_is_a_fault() -> None:
    """A stored note without the log's good signature is named."""
    ledger = MemoryLedger()
    grown(ledger, Checkpointer(ledger, LOG), 4)
    thief = Signer(LOG.name, b"T" * 32)
    ledger.save_checkpoint(4, thief.sign(Checkpoint(LOG.name, 4, bytes(32)).text()))
    assert [fault.row for fault in check_checkpoints(ledger, LOG.verifier)] == [4]


def test_a_witness_cosigns_and_the_second_signature_is_kept() -> None:
    """The cosigned note carries both lines, each good, also when offered twice."""
    ledger = MemoryLedger()
    signing = Checkpointer(ledger, LOG)
    grown(ledger, signing, 6)
    seen = stored_note(ledger, 6)
    assert seen is not None
    cosigned = WITNESS.cosign(seen, 1_772_427_605)
    assert signing.add_cosignature(cosigned, WITNESS.verifier) == 1_772_427_605
    signing.add_cosignature(cosigned, WITNESS.verifier)
    kept = stored_note(ledger, 6)
    assert kept == cosigned
    assert note.signature_line(kept, LOG.verifier) is not None
    signing.make(START_US + 9 * SECOND)  # no new rows: the note is not written over
    assert stored_note(ledger, 6) == cosigned


def test_a_false_cosignature_is_refused() -> None:
    """Other text, another witness, the log itself, or an unknown size: nothing is kept."""
    ledger = MemoryLedger()
    signing = Checkpointer(ledger, LOG)
    grown(ledger, signing, 6)
    seen = stored_note(ledger, 6)
    assert seen is not None
    other = Checkpoint(LOG.name, 6, b"r" * 32).text()
    unknown = Checkpoint(LOG.name, 7, b"r" * 32).text()
    for bad, key in (
        (WITNESS.cosign(LOG.sign(other), 1), WITNESS.verifier),
        (WITNESS.cosign(LOG.sign(unknown), 1), WITNESS.verifier),
        (WITNESS.cosign(seen, 1), Signer("w.example", b"V" * 32, 4).verifier),
        (seen, LOG.verifier),
    ):
        with pytest.raises(NoteError):
            signing.add_cosignature(bad, key)
    assert stored_note(ledger, 6) == seen


def test_old_checkpoints_are_thinned_to_one_a_minute_and_the_log_still_verifies() -> None:
    """The last of each minute stays, all of the last hour, and every one that was cosigned."""
    ledger = MemoryLedger()
    signing = Checkpointer(ledger, LOG)
    begin = START_US - START_US % (60 * SECOND)
    for n in range(2 * 360):  # two hours, one every ten seconds
        ledger.append(happenings(1, first=n), begin + n * 10 * SECOND)
        signing.make(n * 10 * SECOND)
    kept = stored_note(ledger, 15)
    assert kept is not None
    signing.add_cosignature(WITNESS.cosign(kept, 1_800_000_000), WITNESS.verifier)
    gone = signing.thin()
    while more := signing.thin():
        gone += more
    sizes = [size for size, _ in ledger.checkpoints(0, 2000)]
    assert sizes[:5] == [6, 12, 15, 18, 24]
    assert sizes[-360:] == list(range(361, 721))
    assert gone == 720 - len(sizes) == 299
    assert check_checkpoints(ledger, LOG.verifier) == []
    assert Checkpointer(ledger, LOG).last == signing.last
