"""What the stores do and say alike: rows of a batch, refusals, the writer's name."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from typing import Any

from taktnet.base.names import Domain, Names
from taktnet.ledger import event as e
from taktnet.ledger.admission import Key
from taktnet.ledger.codec import decode_one
from taktnet.ledger.ledger import Fenced, Parked, StoreError
from taktnet.ledger.writing import Batch

#: The columns of a `Row`, in its order; `coalesce` because no correction is kept as NULL.
ROW = "seq, recorded, tenant, source, id, coalesce(corrects, ''), facts, body, hash"


def this_process() -> str:
    """Who writes, for the words of whoever is refused."""
    return f"process {os.getpid()} on {platform.node()}"


def ids_of(names: Names, key: Key) -> tuple[int, int, str]:
    """The key by ids, -1 for a name that no row has."""
    return names.find(Domain.TENANT, key[0]), names.find(Domain.SOURCE, key[1]), key[2]


def columns(batch: Batch, names: Names) -> list[tuple[Any, ...]]:
    """(seq, recorded, tenant, source, id, corrects or None, facts, hash, body) of every row."""
    tenants, sources = names.ids(Domain.TENANT), names.ids(Domain.SOURCE)
    recorded = batch.recorded
    rows: list[tuple[Any, ...]] = []
    for entry, digest in zip(batch.entries, batch.hashes, strict=True):
        event = entry.event
        rows.append(
            (
                entry.seq,
                recorded,
                tenants[event.tenant],
                sources[event.source],
                event.id,
                event.corrects or None,
                entry.facts,
                digest,
                entry.body,
            )
        )
    return rows


def waiting(rows: Iterable[tuple[int, bytes]]) -> list[Parked]:
    """The parked corrections of their rows (recorded, body)."""
    return [Parked(recorded, decode_one(body)) for recorded, body in rows]


def closings(rows: Iterable[tuple[bytes]]) -> list[e.PeriodClosed]:
    """The closed periods of their bodies."""
    events = [decode_one(body) for (body,) in rows]
    return [event for event in events if isinstance(event, e.PeriodClosed)]


def being_written(place: object, writer: str) -> StoreError:
    """Another process writes there."""
    return StoreError(
        f"{place}: being written by {writer}. Stop that one first, open this one read-only, or "
        "take over; then the other can never commit again."
    )


def only_read(place: object) -> StoreError:
    """A write to a ledger that is open for reading."""
    return StoreError(f"{place}: opened for reading only.")


def changed_outside(place: object, kept: int, newest: int) -> StoreError:
    """The head, row `kept`, is not the row that the head says."""
    return StoreError(
        f"{place}: its head is number {kept}, but its newest row is number {newest}, or that row "
        "has another hash: it was changed from outside. Run `taktnet verify`."
    )


def fence(held: bool, place: object) -> None:
    """Raise Fenced unless the writer's epoch still holds."""
    if not held:
        raise Fenced(
            f"{place}: another process has taken this ledger over; nothing was stored. "
            "Stop this one."
        )
