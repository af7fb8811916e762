"""The network of a tower through time: a base kept with the ledger, and every change recorded.

The base is stored once, when the ledger is new. After that a change is an event, whoever makes it:
a person, another system, or somebody who edits the files between two starts.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence

import msgspec
import numpy as np

from taktnet.app.past import Past
from taktnet.ledger.event import NUMBER, NetworkChanged
from taktnet.ledger.ledger import Ledger
from taktnet.network import Network

BASE = "network.base"
FILES = "network.files"
CHANGES = "network.changes"
_KIND = NUMBER[NetworkChanged]
_KEEP = 8  # networks of the past kept ready


class Change(msgspec.Struct, frozen=True):
    """Row `key` of `table` was set to `values` by event `seq`."""

    seq: int
    table: str
    key: str
    values: dict[str, str]


class Revisions:
    """The network now (`network`), and as it was after any row of the ledger (`at`)."""

    def __init__(
        self, ledger: Ledger, past: Past, files: Network | None, *, read_only: bool = False
    ) -> None:
        self._ledger, self._past_facts = ledger, past.facts
        kept = ledger.load_snapshot(BASE)
        base = Network.from_json(kept[1]) if kept else files or Network()
        if kept is None and not read_only:
            ledger.save_snapshot(BASE, 0, base.to_json())
            ledger.save_snapshot(FILES, 0, base.to_json())
        self._base = base
        self._changes: list[Change] = []
        self._past: dict[int, Network] = {}
        self.network = base
        self.reload()

    def reload(self) -> None:
        """Read the changes from the ledger again; used at the start and after a failed commit."""
        kept = self._ledger.load_snapshot(CHANGES)
        after, blob = kept or (0, b"[]")
        self._changes = msgspec.json.decode(blob, type=list[Change])
        for seq in _changed(self._past_facts(after)):
            event = self._ledger.read(seq - 1, 1)[0].event
            assert isinstance(event, NetworkChanged)
            self._changes.append(Change(seq, event.table, event.key, event.values))
        self._past.clear()
        self.network = self._build(len(self._changes))

    def save(self, seq: int) -> None:
        """Keep the list of changes as of `seq`, so that a start need not look for them."""
        known = [change for change in self._changes if change.seq <= seq]
        self._ledger.save_snapshot(CHANGES, seq, msgspec.json.encode(known))

    def apply(self, changes: Sequence[tuple[int, NetworkChanged]]) -> None:
        """Rows (numbers and events) change the network; they were tried before they came here."""
        made = [Change(seq, event.table, event.key, event.values) for seq, event in changes]
        self._changes += made
        self.network = self.network.set_rows([(c.table, c.key, c.values) for c in made])

    def at(self, seq: int) -> Network:
        """The network as it was after row `seq`."""
        count = bisect_right(self._changes, seq, key=lambda change: change.seq)
        if count == len(self._changes):
            return self.network
        if count not in self._past:
            while len(self._past) >= _KEEP:
                del self._past[next(iter(self._past))]
            self._past[count] = self._build(count)
        return self._past[count]

    def since(self, seq: int) -> list[int]:
        """The rows after `seq` that change the network."""
        return [change.seq for change in self._changes if change.seq > seq]

    def edits(self, files: Network) -> tuple[int, list[tuple[str, str, dict[str, str]]]]:
        """The row when the files were last taken up; (table, key, values) of what changed since."""
        seq, blob = self._ledger.load_snapshot(FILES) or (0, Network().to_json())
        before = Network.from_json(blob)
        if before.digest == files.digest:
            return seq, []
        return seq, [(c.table, c.key, dict(c.values)) for c in before.diff(files)]

    def took_up(self, files: Network, seq: int) -> None:
        """The files as they are now are part of the record up to `seq`."""
        self._ledger.save_snapshot(FILES, seq, files.to_json())

    def _build(self, count: int) -> Network:
        return self._base.set_rows([(c.table, c.key, c.values) for c in self._changes[:count]])


def _changed(arrays: Iterator[np.ndarray]) -> Iterator[int]:
    for facts in arrays:
        rows = facts[facts["kind"] == _KIND]
        yield from np.unique(rows["seq"]).tolist()
