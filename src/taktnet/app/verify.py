"""Verifying a tower's ledger: rows, chain, facts and signed checkpoints, with progress."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from taktnet.app.parts import Parts
from taktnet.base.errors import Fault
from taktnet.ledger.checkpoint import check_checkpoints
from taktnet.ledger.ledger import Ledger
from taktnet.ledger.note import Verifier
from taktnet.ledger.verify import Verdict
from taktnet.ledger.verify import verify as verify_ledger

Progress = Callable[[int, int], object]


def verify(
    parts: Parts, progress: Progress | None = None, verifier: Verifier | None = None
) -> Verdict:
    """Every row hashed and lowered again, every checkpoint checked against its signature.

    `verifier` is the key that checkpoints must be signed with; without it, the tower's own.
    `progress` may raise to stop.
    """
    key = verifier or (parts.signer.verifier if parts.signer else None)

    def checkpoints(ledger: Ledger) -> Sequence[Fault]:
        return check_checkpoints(ledger, key) if key is not None else ()

    return verify_ledger(parts.ledger, progress, checkpoints)
