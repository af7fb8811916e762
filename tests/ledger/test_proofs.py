"""Proofs for strangers: exported as JSON, checked by a script that knows nothing of Taktnet."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.happenings import START_US, happenings
from taktnet.ledger import note, proofs
from taktnet.ledger.checkpoint import Checkpoint, Checkpointer
from taktnet.ledger.memory import MemoryLedger
from taktnet.ledger.note import NoteError, Signer
from taktnet.ledger.proofs import ProofError

SCRIPT = Path(__file__).parents[2] / "examples" / "verify_proof.py"
LOG = Signer("plant.example/log", b"L" * 32)
SIZES = (1, 2, 7, 64, 300, 517)


@pytest.fixture(scope="module")
def signing() -> tuple[MemoryLedger, Checkpointer]:
    """A ledger with checkpoints at SIZES."""
    ledger = MemoryLedger()
    made = Checkpointer(ledger, LOG)
    for size in SIZES:
        have = ledger.head.seq
        ledger.append(happenings(size - have, first=have), ledger.stamp(START_US))
        made.make(START_US + size)
    return ledger, made


def stranger(tmp_path: Path, proof: object, *more: str, key: str = str(LOG.verifier)) -> str:
    """What the script says, with `0: ` or `1: ` in front for how it ended."""
    path = tmp_path / "proof.json"
    path.write_bytes(proof if isinstance(proof, bytes) else json.dumps(proof).encode())
    command = [sys.executable, "-I", str(SCRIPT), str(path), key, *more]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert ran.stderr == ""
    return f"{ran.returncode}: {ran.stdout.strip()}"


def test_every_row_is_proved_under_every_checkpoint_that_holds_it(
    signing: tuple[MemoryLedger, Checkpointer],
) -> None:
    """Exported, read back and checked: nothing is lost on the way through JSON."""
    ledger, made = signing
    for size in SIZES:
        for seq in {1, 2, size // 2 + 1, size}:
            if seq <= size:
                proof = proofs.prove_inclusion(ledger, made.log, seq, size)
                again = proofs.from_json(proofs.to_json(proof))
                assert again == proof
                proofs.check(again, LOG.verifier)


def test_every_checkpoint_continues_every_earlier_one(
    signing: tuple[MemoryLedger, Checkpointer],
) -> None:
    """Consistency holds between any two of them."""
    ledger, made = signing
    for second in SIZES:
        for first in (s for s in SIZES if s <= second):
            proof = proofs.prove_consistency(ledger, made.log, first, second)
            proofs.check(proofs.from_json(proofs.to_json(proof)), LOG.verifier)


def test_a_stranger_accepts_true_proofs(
    signing: tuple[MemoryLedger, Checkpointer], tmp_path: Path
) -> None:
    """The script, with the standard library and `cryptography` alone, says what was proved."""
    ledger, made = signing
    for seq in (1, 200, 517):
        said = stranger(tmp_path, proofs.to_json(proofs.prove_inclusion(ledger, made.log, seq)))
        assert said.startswith(f"0: holds: row {seq} is in the log")
        assert f'"id":"e-{seq - 1:06d}"' in said
    known = tmp_path / "known.txt"
    for first, second in ((1, 517), (64, 300), (7, 64), (300, 300)):
        proof = proofs.prove_consistency(ledger, made.log, first, second)
        known.write_text(proof.first, encoding="utf-8")
        assert stranger(tmp_path, proofs.to_json(proof), str(known)).startswith("0: holds: ")


def _flip(text: str) -> str:
    return ("0" if text[0] != "0" else "1") + text[1:]


def _forge_body(p: Any) -> None:
    p["row"]["body"] = p["row"]["body"].replace("OPO", "KRK")


def _forge_facts(p: Any) -> None:
    p["row"]["facts"] = _flip(p["row"]["facts"])


def _forge_previous(p: Any) -> None:
    p["row"]["previous"] = _flip(p["row"]["previous"])


def _forge_seq(p: Any) -> None:
    p["row"]["seq"] += 1


def _forge_recorded(p: Any) -> None:
    p["row"]["recorded"] += 1


def _forge_path(p: Any) -> None:
    p["path"][0] = _flip(p["path"][0])


def _shorten_path(p: Any) -> None:
    p["path"].pop()


def _lengthen_path(p: Any) -> None:
    p["path"].append("00" * 32)


def _forge_root(p: Any) -> None:
    text = Checkpoint(LOG.name, 517, b"r" * 32).text()
    p["checkpoint"] = p["second"] = Signer(LOG.name, b"T" * 32).sign(text)


def _unsign(p: Any) -> None:
    for name in ("checkpoint", "second"):
        if name in p:
            p[name] = p[name].split("\n\n")[0] + "\n\n"


def _drop(p: Any) -> None:
    del p["path"]


def _change_size(p: Any) -> None:
    for name in ("checkpoint", "second"):
        if name in p:
            p[name] = p[name].replace("\n517\n", "\n518\n")


FORGERIES: list[Callable[[Any], None]] = [
    _forge_body, _forge_facts, _forge_previous, _forge_seq, _forge_recorded, _forge_path,
    _shorten_path, _lengthen_path, _forge_root, _unsign, _drop, _change_size,
]  # fmt: skip


@pytest.mark.parametrize("forge", FORGERIES, ids=lambda f: f.__name__)
def test_a_forged_inclusion_is_refused_by_us_and_by_a_stranger(
    signing: tuple[MemoryLedger, Checkpointer], tmp_path: Path, forge: Callable[[Any], None]
) -> None:
    """Any change to row, path or checkpoint breaks the proof."""
    ledger, made = signing
    proof = json.loads(proofs.to_json(proofs.prove_inclusion(ledger, made.log, 321)))
    forge(proof)
    assert stranger(tmp_path, proof).startswith("1: REFUSED")
    with pytest.raises((ProofError, NoteError)):
        proofs.check(proofs.from_json(json.dumps(proof).encode()), LOG.verifier)


@pytest.mark.parametrize(
    "forge", [f for f in FORGERIES if "row" not in f.__code__.co_consts], ids=lambda f: f.__name__
)
def test_a_forged_consistency_is_refused_by_us_and_by_a_stranger(
    signing: tuple[MemoryLedger, Checkpointer], tmp_path: Path, forge: Callable[[Any], None]
) -> None:
    """Any change to path or checkpoints breaks the proof."""
    ledger, made = signing
    proof = json.loads(proofs.to_json(proofs.prove_consistency(ledger, made.log, 300, 517)))
    forge(proof)
    assert stranger(tmp_path, proof).startswith("1: REFUSED")
    with pytest.raises((ProofError, NoteError)):
        proofs.check(proofs.from_json(json.dumps(proof).encode()), LOG.verifier)


def test_a_stranger_refuses_another_key_another_start_and_nonsense(
    signing: tuple[MemoryLedger, Checkpointer], tmp_path: Path
) -> None:
    """The key must be the log's, the first checkpoint the one kept, the file a proof."""
    ledger, made = signing
    good = proofs.to_json(proofs.prove_consistency(ledger, made.log, 64, 517))
    other = str(Signer(LOG.name, b"x" * 32).verifier)
    assert "not signed by" in stranger(tmp_path, good, key=other)
    witness = str(Signer("w.example", b"x" * 32, note.COSIGNATURE).verifier)
    assert stranger(tmp_path, good, key=witness).startswith("1: REFUSED")
    assert stranger(tmp_path, good, key="no key").startswith("1: REFUSED")
    known = tmp_path / "known.txt"
    known.write_text(proofs.prove_consistency(ledger, made.log, 7, 7).first, encoding="utf-8")
    assert "does not start at your checkpoint" in stranger(tmp_path, good, str(known))
    for nonsense in (b"", b"[]", b"{}", b'{"format":"x"}', b'{"format":"taktnet.inclusion/1"}'):
        assert stranger(tmp_path, nonsense).startswith("1: REFUSED")


def test_proofs_that_cannot_be_made_are_refused_with_the_reason(
    signing: tuple[MemoryLedger, Checkpointer],
) -> None:
    """No checkpoint, no row, or the wrong order: the error says which."""
    ledger, made = signing
    with pytest.raises(ProofError, match="under no checkpoint yet"):
        proofs.prove_inclusion(ledger, made.log, 518)
    with pytest.raises(ProofError, match="not in the log of 64 rows"):
        proofs.prove_inclusion(ledger, made.log, 65, 64)
    with pytest.raises(ProofError, match="no checkpoint at 65 rows"):
        proofs.prove_inclusion(ledger, made.log, 3, 65)
    with pytest.raises(ProofError, match="from 64 to 7"):
        proofs.prove_consistency(ledger, made.log, 64, 7)
    with pytest.raises(ProofError, match="not a proof"):
        proofs.from_json(b"{}")


def test_the_script_says_how_it_is_used() -> None:
    """Without arguments it prints its own documentation and fails."""
    ran = subprocess.run(
        [sys.executable, "-I", str(SCRIPT)], capture_output=True, text=True, check=False, timeout=60
    )
    assert ran.returncode == 2
    assert "python verify_proof.py PROOF.json KEY" in ran.stdout
