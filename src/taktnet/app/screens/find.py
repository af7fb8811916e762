"""Search by the beginning or a part of a name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import nsmallest
from urllib.parse import quote, urlencode

from taktnet.app.history import Sight
from taktnet.app.screens.desk import Desk
from taktnet.base.names import Domain, Names
from taktnet.ledger.search import Query


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that fits, and its page."""

    kind: str
    id: str
    name: str
    href: str


_MOST = 20
_REFERENCES = (Domain.REF, Domain.RESOURCE, Domain.LOT)
_WORDS = {Domain.REF: "reference", Domain.RESOURCE: "resource", Domain.LOT: "lot"}


def _rank(text: str, id: str, name: str) -> int | None:
    """0 the same, 1 begins so, 2 a word begins so, 3 contains it, None not at all."""
    low_id, low_name = id.casefold(), name.casefold()
    if text == low_id:
        return 0
    if low_id.startswith(text):
        return 1
    if low_name.startswith(text) or f" {text}" in low_name:
        return 2
    return 3 if text in low_id or text in low_name else None


def _named(desk: Desk) -> Iterator[Hit]:
    for s in desk.network.sites:
        yield Hit(s.kind, s.id, s.name, f"/sites/{quote(s.id, safe='')}")
    for i in desk.network.items:
        yield Hit("item", i.id, i.name, f"/items/{quote(i.id, safe='')}")
    for loop in desk.network.loops:
        name = f"{loop.item} at {loop.site}"
        yield Hit("loop", loop.id, name, f"/loops?{urlencode({'site': loop.site})}")


def _referred(names: Names, seen: Sight, text: str) -> Iterator[Hit]:
    """References by their exact name: there may be millions, and each is a look-up."""
    for domain in _REFERENCES:
        for spelling in dict.fromkeys((text, text.upper(), text.lower())):
            if names.find(domain, spelling) > 0 and _was(seen, spelling):
                yield Hit(_WORDS[domain], spelling, "", f"/events?{urlencode({'ref': spelling})}")
                break


def _was(seen: Sight, name: str) -> bool:
    """Whether a reference was on record; without a time all are."""
    now = seen.at is None and seen.seq is None
    return now or bool(seen.search(Query(subject=name), 1))


def find(desk: Desk, names: Names, seen: Sight, text: str) -> tuple[Hit, ...]:
    """What fits and was there, best first."""
    low = text.casefold()
    ranked = [
        (rank, n, hit)
        for n, hit in enumerate(_named(desk))
        if (rank := _rank(low, hit.id, hit.name)) is not None
    ]
    best = [hit for _, _, hit in nsmallest(_MOST, ranked, key=lambda r: r[:2])]
    return tuple([*_referred(names, seen, text), *best][:_MOST])
