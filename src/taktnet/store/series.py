"""What surely is new: sources number what they send, and the next number was never recorded.

A series is all ids of one source that are alike but for the digits at their end. Of a series that
was asked for once, the greatest recorded id is kept; an id that sorts behind it needs no look-up.
"""

from __future__ import annotations

from collections.abc import Callable

#: tenant, source, id: names by their numbers
Numbered = tuple[int, int, str]

#: An id with fewer digits at its end is looked up: hardly a number that goes on.
DIGITS = 6
MOST = 10_000


class Series:
    """The greatest recorded id of each series; `greatest` looks it up in the store.

    `greatest(tenant, source, low, high)` gives the greatest recorded id with low <= id < high, ""
    if there is none; ids are ordered by their code points.
    """

    def __init__(self, greatest: Callable[[int, int, str, str], str]) -> None:
        self._greatest = greatest
        self._known: dict[Numbered, str] = {}

    def is_new(self, key: Numbered) -> bool:
        """Whether the key surely is not recorded; False says nothing."""
        tenant, source, id = key
        stem = id.rstrip("0123456789")
        if len(id) - len(stem) < DIGITS:
            return False
        series = tenant, source, stem
        known = self._known.get(series)
        if known is None:
            if len(self._known) >= MOST:
                self._known.clear()
            known = self._known[series] = self._greatest(tenant, source, stem, f"{stem}:")
        return id > known

    def take(self, key: Numbered) -> None:
        """The key is recorded."""
        tenant, source, id = key
        series = tenant, source, id.rstrip("0123456789")
        if id > self._known.get(series, id):
            self._known[series] = id
