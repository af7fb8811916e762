"""What the books of the KPIs share: kinds by number, dense groups, corrections, closed results.

A book keeps the facts of its kinds in a log, each in a *group*: the smallest set of facts whose
results depend on each other (a site and item, a line, a shipment and component). Facts that come
in make their groups dirty; `settle` works out the dirty groups again and nothing else. As a
group's results depend on its facts alone, any chunking of the facts ends in the same results.

In these logs the slot `recorded` holds the *posting instant*: business time, or the end of the
closed period for facts that came after the close.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import defaultdict
from typing import Any

import numpy as np

from taktnet.kpi.exact import Ints, Log, Rows
from taktnet.ledger import event as e
from taktnet.ledger.fact import FACT, Flag

REVERSAL = int(Flag.REVERSAL)
CARD = int(Flag.CARD)
WAITING = int(Flag.WAITING)
_CONTENT = ~int(Flag.FIRST | Flag.REVERSAL)


def number(kind: type[e.Event]) -> int:
    """The number of a kind of event as facts carry it."""
    return e.NUMBER[kind]


class Groups:
    """Dense numbers for 64-bit keys in the order seen, and which of them are dirty."""

    __slots__ = ("_dirty", "_ids", "keys")

    def __init__(self, keys: list[int] | None = None) -> None:
        self.keys: list[int] = keys or []
        self._ids = {key: i for i, key in enumerate(self.keys)}
        self._dirty = np.ones(max(64, len(self.keys)), np.bool_)

    def __len__(self) -> int:
        return len(self.keys)

    def number(self, keys: Ints) -> Ints:
        """The number of each key, made where new; all of them become dirty."""
        unique, inverse = np.unique(keys, return_inverse=True)
        known = np.empty(len(unique), np.int64)
        for i, key in enumerate(unique.tolist()):
            found = self._ids.get(key)
            if found is None:
                found = self._ids[key] = len(self.keys)
                self.keys.append(key)
            known[i] = found
        if len(self.keys) > len(self._dirty):
            grown = np.zeros(2 * len(self.keys), np.bool_)
            grown[: len(self._dirty)] = self._dirty
            self._dirty = grown
        self._dirty[known] = True
        return known[inverse]

    @property
    def dirty(self) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """One flag per group; clear it after the groups were settled."""
        return self._dirty[: len(self.keys)]

    def clean(self) -> None:
        """All groups are settled."""
        self._dirty[:] = False

    def spoil(self) -> None:
        """All groups are dirty: what they rest on beside their facts has changed."""
        self._dirty[: len(self.keys)] = True


class Results:
    """Result rows by group; those of a closed period stay as they were when it closed."""

    __slots__ = ("_closed", "closed_until", "rows")

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self.rows: Rows = np.zeros(0, dtype)
        self._closed: Rows = np.zeros(0, dtype)
        self.closed_until = np.iinfo(np.int64).min

    def replace(self, dirty: np.ndarray[Any, np.dtype[np.bool_]], fresh: Rows) -> None:
        """Put `fresh` in the place of all open rows of the dirty groups."""
        kept = self.rows[~dirty[self.rows["group"]]]
        fresh = fresh[fresh["time"] >= self.closed_until]
        closed = self._closed[dirty[self._closed["group"]]]
        self.rows = np.concatenate((kept, fresh, closed))

    def close(self, until: int, rows: Rows | None = None) -> None:
        """Fix every row before `until` for good, or these. All groups must be settled."""
        if until <= self.closed_until:
            return
        self.closed_until = until
        self._closed = self.rows[self.rows["time"] < until].copy() if rows is None else rows

    def state(self) -> dict[str, Any]:
        """What cannot be worked out again from the log."""
        return {"until": int(self.closed_until), "closed": self._closed.tobytes()}

    def restore(self, state: dict[str, Any]) -> None:
        """Take up what `state` gave."""
        self.closed_until = state["until"]
        self._closed = np.frombuffer(state["closed"], self.rows.dtype).copy()
        self.rows = self._closed.copy()


class Book(ABC):
    """A log of the facts of some kinds, each in a group, and the results of the groups.

    A subclass says which group a fact is in (`_keys`) and works groups out (`_evaluate`).
    """

    def __init__(self, kinds: tuple[int, ...], results: np.dtype[Any]) -> None:
        self._kinds = kinds
        self._log = Log(FACT)
        self._of = Log(np.dtype(np.int64))
        self.groups = Groups()
        self.results = Results(results)

    def add(self, facts: Rows) -> None:
        """Take in facts, posting instants filled."""
        rows = facts[np.isin(facts["kind"], self._kinds)]
        if len(rows):
            self._log.append(rows)
            self._of.append(self.groups.number(self._keys(rows)))

    def settle(self) -> Rows:
        """The result rows, up to date."""
        dirty = self.groups.dirty
        if dirty.any():
            mine = dirty[self._of.rows]
            rows, group = self._log.rows[mine], self._of.rows[mine]
            keep = standing(rows)
            self.results.replace(dirty, self._evaluate(rows[keep], group[keep]))
            self.groups.clean()
        return self.results.rows

    @abstractmethod
    def _keys(self, rows: Rows) -> Ints:
        """The group of each row."""

    @abstractmethod
    def _evaluate(self, rows: Rows, group: Ints) -> Rows:
        """The results of whole groups."""

    def state(self) -> dict[str, Any]:
        """Everything needed to go on, as plain values."""
        return {
            "rows": self._log.rows.tobytes(),
            "of": self._of.rows.tobytes(),
            "groups": self.groups.keys,
            "results": self.results.state(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take up what `state` gave."""
        self._log.append(np.frombuffer(state["rows"], FACT))
        self._of.append(np.frombuffer(state["of"], np.int64))
        self.groups = Groups(state["groups"])
        self.results.restore(state["results"])


def standing(rows: Rows) -> Ints:
    """Positions of the facts that stand: a reversal takes away the oldest with its content.

    Rows are in the order of the ledger.
    """
    undo = (rows["flags"] & REVERSAL) != 0
    if not undo.any():
        return np.arange(len(rows))
    alive = ~undo
    concerned = np.flatnonzero(np.isin(rows["at"], rows["at"][undo]))
    content = rows[concerned].copy()
    content["seq"], content["recorded"] = 0, 0
    content["flags"] &= _CONTENT
    waiting: defaultdict[bytes, list[int]] = defaultdict(list)
    for place, row in zip(concerned.tolist(), content, strict=True):
        key = row.tobytes()
        if not undo[place]:
            waiting[key].append(place)
        elif waiting[key]:
            alive[waiting[key].pop(0)] = False
    return np.flatnonzero(alive)
