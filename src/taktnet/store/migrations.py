"""Schema steps of a store: taken in order, each once; a store from a newer Taktnet is refused."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from taktnet.ledger.ledger import StoreError


class NewerSchema(StoreError):
    """The store was made by a newer Taktnet; this one would damage it."""


class Migration(Struct, frozen=True):
    """A step to schema `version` by a script of SQL; a step that shipped is never changed."""

    version: int
    what: str
    script: str


def pending(found: int, steps: Sequence[Migration], where: str) -> tuple[Migration, ...]:
    """The steps that a store at schema `found` (0: empty) still needs.

    Raises NewerSchema when the store is beyond them; `where` names it.
    """
    versions = [step.version for step in steps]
    if versions != list(range(1, len(steps) + 1)):
        raise ValueError(f"schema versions must count from 1 without a hole: {versions}")
    if found > len(steps):
        raise NewerSchema(
            f"{where}: its schema is version {found}, this Taktnet knows up to {len(steps)}. "
            "Upgrade Taktnet, or restore the backup made before the upgrade"
        )
    return tuple(steps[found:])
