"""Search in the event log, newest first.

No index: facts are looked through backwards, some thousands at a time, at millions a second, so
that appending pays nothing for it. Only rows whose facts fit are read for their text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache

import msgspec
import numpy as np
from msgspec import Struct

from taktnet.base.names import Domain, Names
from taktnet.ledger import event as e
from taktnet.ledger.fact import SLOTS, micros
from taktnet.ledger.ledger import Ledger, Recorded

_CHUNK = 20_000
_SUBJECTS = (Domain.REF, Domain.LOT, Domain.LOOP, Domain.RESOURCE, Domain.LANE)


class Query(Struct, frozen=True):
    """What to look for; an empty field does not matter.

    `kind` is a kind's name or the start of one ("goods." for all of goods); `site` finds events
    at or to the site; `subject` is an order, shipment, card, decision, lot, loop, resource or
    lane; `text` is part of any value or field name, small and capital letters (ASCII) alike;
    `start` and `end` bound the business time, `end` excluded.
    """

    text: str = ""
    kind: str = ""
    site: str = ""
    item: str = ""
    subject: str = ""
    start: datetime | None = None
    end: datetime | None = None


def search(
    ledger: Ledger, query: Query, limit: int = 50, before: int | None = None
) -> list[Recorded]:
    """Up to `limit` rows that fit, with seq < `before`, the newest first."""
    wanted = _mask_of(query, ledger.names)
    if wanted is None:
        return []
    high = ledger.head.seq if before is None else min(before - 1, ledger.head.seq)
    found: list[Recorded] = []
    for row in _fitting(ledger, wanted, _needle(query.text), high):
        found.append(row)
        if len(found) == limit:
            break
    return found


def _fitting(
    ledger: Ledger, wanted: list[Callable[[np.ndarray], np.ndarray]], needle: bytes, high: int
) -> Iterator[Recorded]:
    while high > 0:
        low = max(0, high - _CHUNK)
        seqs = _candidates(ledger, wanted, low, high)
        if needle:
            fits = set(seqs)
            rows = ledger.rows(low, high - low) if seqs else []
            for row in reversed(rows):
                if row.seq in fits and needle in row.body.lower():
                    yield from ledger.read(row.seq - 1, 1)
        else:
            for seq in reversed(seqs):
                yield from ledger.read(seq - 1, 1)
        high = low


def _candidates(
    ledger: Ledger, wanted: list[Callable[[np.ndarray], np.ndarray]], low: int, high: int
) -> list[int]:
    if not wanted:
        return list(range(low + 1, high + 1))
    seqs: list[int] = []
    for facts in ledger.facts(low, high):
        mask = np.ones(len(facts), np.bool_)
        for fits in wanted:
            mask &= fits(facts)
        seqs += np.unique(facts["seq"][mask]).tolist()
    return seqs


def _needle(text: str) -> bytes:
    return msgspec.json.encode(text)[1:-1].lower() if text else b""


def _mask_of(query: Query, names: Names) -> list[Callable[[np.ndarray], np.ndarray]] | None:
    """What the facts must fulfil, each over an array; None if nothing can."""
    wanted: list[Callable[[np.ndarray], np.ndarray]] = []
    if query.kind:
        kinds = [n for k, n in e.NUMBER.items() if e.kind_name(k).startswith(query.kind)]
        if not kinds:
            return None
        wanted.append(lambda facts: np.isin(facts["kind"], kinds))
    if query.site:
        site = names.find(Domain.SITE, query.site)
        wanted.append(lambda facts: (facts["site"] == site) | (facts["to"] == site))
    if query.item:
        item = names.find(Domain.ITEM, query.item)
        wanted.append(lambda facts: facts["item"] == item)
    if query.subject:
        numbers = {domain: names.find(domain, query.subject) for domain in _SUBJECTS}
        wanted.append(lambda facts: _is_about(facts, numbers))
    if query.start is not None:
        start = micros(query.start)
        wanted.append(lambda facts: facts["at"] >= start)
    if query.end is not None:
        end = micros(query.end)
        wanted.append(lambda facts: facts["at"] < end)
    return wanted


@cache
def _slots() -> tuple[tuple[str, Domain, tuple[int, ...]], ...]:
    """(slot, domain, kinds that keep a name of that domain there)."""
    found: dict[tuple[str, Domain], list[int]] = {("ref", Domain.REF): []}
    for kind, slots in SLOTS.items():
        for slot, (_, how) in slots.items():
            if isinstance(how, Domain) and how in _SUBJECTS:
                found.setdefault((slot, how), []).append(e.NUMBER[kind])
        if "cards" in kind.__struct_fields__:
            found["ref", Domain.REF].append(e.NUMBER[kind])
    return tuple((slot, domain, tuple(kinds)) for (slot, domain), kinds in found.items())


def _is_about(facts: np.ndarray, numbers: dict[Domain, int]) -> np.ndarray:
    mask = np.zeros(len(facts), np.bool_)
    for slot, domain, kinds in _slots():
        if numbers[domain] > 0:
            mask |= (facts[slot] == numbers[domain]) & np.isin(facts["kind"], kinds)
    return mask
