"""Names to dense integers and back: hot paths carry numbers, doors carry names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum


class Domain(IntEnum):
    """What a name names; ids are dense within a domain and never reused. 0 means "none"."""

    SITE = 0  # plants, suppliers, hubs, warehouses, customers: every party is a site
    ITEM = 1
    LOT = 2
    REF = 3  # order lines, shipments, cards, work orders, schedules, decisions
    LOOP = 4
    RESOURCE = 5
    SOURCE = 6  # source systems
    LANE = 7
    CURRENCY = 8
    TENANT = 9


class Names:
    """An append-only two-way dictionary per domain, in the order names were first seen."""

    __slots__ = ("_ids", "_texts")

    def __init__(self) -> None:
        self._ids: tuple[dict[str, int], ...] = tuple({"": 0} for _ in Domain)
        self._texts: tuple[list[str], ...] = tuple([""] for _ in Domain)

    def intern(self, domain: Domain, text: str) -> int:
        """The id of `text`, given a new one if it was not known; "" is always 0."""
        ids = self._ids[domain]
        found = ids.get(text)
        if found is None:
            found = ids[text] = len(ids)
            self._texts[domain].append(text)
        return found

    def ids(self, domain: Domain) -> Mapping[str, int]:
        """All names of a domain with their ids, as they grow; for look-ups on hot paths."""
        return self._ids[domain]

    def find(self, domain: Domain, text: str) -> int:
        """The id of `text`, or -1 if it is not known."""
        return self._ids[domain].get(text, -1)

    def text(self, domain: Domain, number: int) -> str:
        """The name with this id; raises IndexError for an id never given."""
        return self._texts[domain][number]

    def texts(self, domain: Domain) -> Sequence[str]:
        """All names of a domain by their ids, as they grow; for look-ups on hot paths."""
        return self._texts[domain]

    def count(self, domain: Domain) -> int:
        """How many ids the domain has given, with the empty name; the next new id."""
        return len(self._texts[domain])

    def since(self, counts: tuple[int, ...]) -> list[tuple[int, int, str]]:
        """(domain, id, text) of every name given after `counts`, a former `counts()`."""
        return [
            (d, i, texts[i])
            for d, texts in enumerate(self._texts)
            if len(texts) > counts[d]
            for i in range(counts[d], len(texts))
        ]

    def counts(self) -> tuple[int, ...]:
        """How many ids each domain has given, in domain order."""
        return tuple(map(len, self._texts))

    def copy(self) -> Names:
        """The same names, to go their own way; another thread may add some meanwhile."""
        made = Names()
        made._texts = tuple(texts.copy() for texts in self._texts)
        made._ids = tuple(ids.copy() for ids in self._ids)
        for ids, texts in zip(made._ids, made._texts, strict=True):
            del texts[len(ids) :]
            while len(ids) > len(texts):
                ids.popitem()
        return made

    def load(self, rows: Iterable[tuple[int, int, str]]) -> None:
        """Take up stored rows (domain, id, text), in id order within each domain."""
        for d, i, text in rows:
            texts = self._texts[d]
            if i != len(texts):
                known = f"{len(texts)} names are known in {Domain(d).name}"
                raise ValueError(f"name {text!r} has id {i}, but {known}")
            self._ids[d][text] = i
            texts.append(text)

    def truncate(self, counts: tuple[int, ...]) -> None:
        """Forget every name given after `counts`: the undo of a batch that did not commit."""
        for d in Domain:
            texts = self._texts[d]
            for text in texts[counts[d] :]:
                del self._ids[d][text]
            del texts[counts[d] :]
