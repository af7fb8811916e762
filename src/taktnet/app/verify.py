"""Verifying a tower's ledger: rows, chain, facts and signed checkpoints, with progress."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, Protocol

from taktnet.app.parts import open_past, open_tower_ledger, open_tower_signer
from taktnet.app.past import Past
from taktnet.app.settings import Settings
from taktnet.base.errors import Fault, TaktnetError
from taktnet.ledger.checkpoint import check_checkpoints, read_checkpoint
from taktnet.ledger.ledger import Ledger
from taktnet.ledger.merkle import MerkleLog
from taktnet.ledger.note import Signer, Verifier
from taktnet.ledger.verify import Verdict
from taktnet.ledger.verify import verify as verify_ledger

Progress = Callable[[int, int], object]


class Books(Protocol):
    """What is verified of a tower."""

    @property
    def ledger(self) -> Ledger:
        """Its rows."""
        ...

    @property
    def past(self) -> Past:
        """Its closed segments."""
        ...

    @property
    def signer(self) -> Signer | None:
        """Who signed its checkpoints."""
        ...


class _Books(NamedTuple):
    ledger: Ledger
    past: Past
    signer: Signer | None


@contextmanager
def books(place: Path, settings: Settings) -> Iterator[Books]:
    """The books of the tower in a folder, to look at; nothing is folded, so they may be wrong."""
    ledger = open_tower_ledger(place, settings, read_only=True)
    try:
        past = open_past(ledger, place, settings)
        yield _Books(ledger, past, open_tower_signer(place, settings))
    finally:
        ledger.close()


def verify(
    parts: Books, progress: Progress | None = None, verifier: Verifier | None = None
) -> Verdict:
    """Every row hashed and lowered again, every checkpoint checked against its signature,
    every closed segment against its digest and the chain.

    `verifier` is the key that checkpoints must be signed with; without it, the tower's own.
    `progress` may raise to stop.
    """
    key = verifier or (parts.signer.verifier if parts.signer else None)

    def checkpoints(ledger: Ledger) -> Sequence[Fault]:
        signed = check_checkpoints(ledger, key) if key is not None else []
        return signed + parts.past.faults()

    return verify_ledger(parts.ledger, progress, checkpoints)


def fits(parts: Books, path: Path, verifier: Verifier | None = None) -> str:
    """Why the ledger does not continue a checkpoint kept elsewhere; "" when it does.

    Raises NoteError when the file is no checkpoint signed with the key.
    """
    key = verifier or (parts.signer.verifier if parts.signer else None)
    if key is None:
        raise TaktnetError("there is no key here to check a checkpoint with; give one with --key")
    said = read_checkpoint(path.read_text("utf-8", "replace"), key)
    log = MerkleLog(parts.ledger.hashes)
    log.extend(parts.ledger.hashes(0, said.size))
    if log.size < said.size:
        return f"the ledger has {log.size} rows, the checkpoint speaks of {said.size}"
    if log.root() != said.root:
        return f"the first {said.size} rows are not those of the checkpoint"
    return ""
