"""Proofs that leave the house: one row is in the log; one checkpoint continues another.

Both are JSON that a stranger can check with the log's public key and nothing of Taktnet's:
`examples/verify_proof.py` does. An inclusion proof shows one row and hashes of others, so a
supplier can be shown its own rows without seeing anybody else's.
"""

from __future__ import annotations

from struct import error as struct_error

import msgspec
from msgspec import Struct

from taktnet.base.errors import TaktnetError
from taktnet.ledger.chain import GENESIS, row_hash
from taktnet.ledger.checkpoint import read_checkpoint, stored_note
from taktnet.ledger.ledger import Ledger
from taktnet.ledger.merkle import MerkleLog, verify_consistency, verify_inclusion
from taktnet.ledger.note import Verifier


class ProofError(TaktnetError):
    """A proof that cannot be made, or that does not prove what it says."""


class RowData(Struct, frozen=True):
    """What the hash of one row covers; bytes in hex, `body` the event's canonical JSON."""

    previous: str
    seq: int
    recorded: int
    facts: str
    body: str

    def hash(self) -> bytes:
        """The row's hash, which is its Merkle leaf."""
        previous, facts = bytes.fromhex(self.previous), bytes.fromhex(self.facts)
        return row_hash(previous, self.seq, self.recorded, facts, self.body.encode())


class Inclusion(Struct, frozen=True, tag="taktnet.inclusion/1", tag_field="format"):
    """Row `row.seq` is leaf `row.seq - 1` of the log under `checkpoint` (a signed note)."""

    row: RowData
    path: tuple[str, ...]
    checkpoint: str


class Consistency(Struct, frozen=True, tag="taktnet.consistency/1", tag_field="format"):
    """The log under the signed note `first` is the start of the log under `second`."""

    first: str
    second: str
    path: tuple[str, ...]


Proof = Inclusion | Consistency


def to_json(proof: Proof) -> bytes:
    """The proof as JSON, indented for people."""
    return msgspec.json.format(msgspec.json.encode(proof), indent=2) + b"\n"


def from_json(data: bytes) -> Proof:
    """The proof of its JSON; raises ProofError if it is not one."""
    try:
        return msgspec.json.decode(data, type=Proof)
    except msgspec.MsgspecError as error:
        raise ProofError(f"not a proof: {error}") from error


def prove_inclusion(ledger: Ledger, log: MerkleLog, seq: int, size: int | None = None) -> Inclusion:
    """That row `seq` is in the log at the checkpoint of `size` rows (the first that holds it)."""
    if size is None:
        page = ledger.checkpoints(seq - 1, 1)
        if not page:
            raise ProofError(f"row {seq} is under no checkpoint yet: wait a second and ask again")
        size = page[0][0]
    rows = ledger.rows(seq - 1, 1)
    if not rows or rows[0].seq != seq or seq > size:
        raise ProofError(f"row {seq} is not in the log of {size} rows")
    row = rows[0]
    previous = ledger.hashes(seq - 2, seq - 1) if seq > 1 else GENESIS
    data = RowData(previous.hex(), seq, row.recorded, row.facts.hex(), row.body.decode())
    path = tuple(p.hex() for p in log.inclusion(seq - 1, size))
    return Inclusion(data, path, _note(ledger, size))


def prove_consistency(ledger: Ledger, log: MerkleLog, first: int, second: int) -> Consistency:
    """That the checkpoint of `second` rows continues the one of `first` rows."""
    if not 0 < first <= second:
        raise ProofError(f"no consistency proof from {first} to {second} rows")
    notes = _note(ledger, first), _note(ledger, second)
    return Consistency(*notes, tuple(p.hex() for p in log.consistency(first, second)))


def _note(ledger: Ledger, size: int) -> str:
    found = stored_note(ledger, size)
    if found is None:
        raise ProofError(f"there is no checkpoint at {size} rows")
    return found


def check(proof: Proof, verifier: Verifier) -> None:
    """Nothing if the proof holds for the log with this key; raises ProofError or NoteError."""
    try:
        path = [bytes.fromhex(p) for p in proof.path]
        if isinstance(proof, Inclusion):
            _check_inclusion(proof, path, verifier)
        else:
            _check_consistency(proof, path, verifier)
    except (ValueError, OverflowError, struct_error) as error:
        raise ProofError(f"not a proof: {error}") from error


def _check_inclusion(proof: Inclusion, path: list[bytes], verifier: Verifier) -> None:
    said = read_checkpoint(proof.checkpoint, verifier)
    seq = proof.row.seq
    if not verify_inclusion(proof.row.hash(), seq - 1, said.size, path, said.root):
        raise ProofError(f"row {seq} is not in the log of {said.size} rows as it is shown")


def _check_consistency(proof: Consistency, path: list[bytes], verifier: Verifier) -> None:
    one, two = read_checkpoint(proof.first, verifier), read_checkpoint(proof.second, verifier)
    if not verify_consistency(one.size, two.size, path, one.root, two.root):
        raise ProofError(f"the log of {two.size} rows does not continue that of {one.size}")
