"""The book of stops: when lines stood for want of a part (G6)."""

from __future__ import annotations

from typing import Any

import numpy as np

from taktnet.kpi.book import Book, number
from taktnet.kpi.exact import Ints, Rows, order, pair, runs
from taktnet.ledger import event as e
from taktnet.ledger.fact import STOP

STOPPED, STARTED = number(e.ResourceStopped), number(e.ResourceStarted)
_SHORT = (STOP["stockout"], STOP["hold"])
OPEN = int(np.iinfo(np.int64).max)

#: One stop for want of a part. `time` is its end, `OPEN` while it lasts; `root` 0 is a root event.
#: A stop that lasts over a close is two rows, of which only the first has `begun`.
STOP_ROW = np.dtype(
    [
        ("time", "<i8"),
        ("start", "<i8"),
        ("group", "<i4"),
        ("site", "<i4"),
        ("resource", "<i4"),
        ("item", "<i4"),
        ("root", "<i4"),
        ("hold", "?"),
        ("begun", "?"),
    ]
)


class StopBook(Book):
    """Stops and starts, one group per site and resource; results are of STOP_ROW."""

    def __init__(self) -> None:
        super().__init__((STOPPED, STARTED), STOP_ROW)

    def _keys(self, rows: Rows) -> Ints:
        return pair(rows["site"], rows["res"])

    def _evaluate(self, rows: Rows, group: Ints) -> Rows:
        return _after(_stops(rows, group), self.results.closed_until)

    def close(self, until: int) -> None:
        """What of the stops lies before `until` stays as it is now."""
        rows = self.settle()
        before = rows[rows["start"] < until]
        before["time"] = np.minimum(before["time"], until)
        self.results.close(until, before)
        self.groups.spoil()

    def places(self, before: int) -> list[tuple[int, int]]:
        """(site, resource) of every line that stopped or started before an instant."""
        seen: list[int] = np.unique(self._of.rows[self._log.rows["recorded"] < before]).tolist()
        keys = [self.groups.keys[group] for group in seen]
        return [(key >> 32, key & 0xFFFFFFFF) for key in keys]


def _after(rows: Rows, closed: int) -> Rows:
    """What of the stops lies after the close."""
    over = rows["start"] < closed
    rows["begun"][over] = False
    rows["start"][over] = closed
    return rows[~over | (rows["time"] > closed)]


def _stops(rows: Rows, group: Ints) -> Rows:
    by = order(group, rows["at"], rows["seq"])
    rows, group = rows[by], group[by]
    out: list[tuple[Any, ...]] = []
    for a, b in runs(group):
        out += _of_line(rows[a:b], int(group[a]))
    return np.array(out, STOP_ROW)


def _of_line(rows: Rows, group: int) -> list[tuple[Any, ...]]:
    """Every stop lasts until the next start of its line.

    A stop posted late keeps its length and counts from when it was posted.
    """
    out: list[tuple[Any, ...]] = []
    starts = np.flatnonzero(rows["kind"] == STARTED)
    short = (rows["kind"] == STOPPED) & np.isin(rows["reason"], _SHORT)
    for i in np.flatnonzero(short).tolist():
        row = rows[i]
        nth = int(np.searchsorted(starts, i))
        end = rows[starts[nth]] if nth < len(starts) else None
        begin = int(row["recorded"])
        if end is None:
            until = OPEN
        elif begin > row["at"]:
            until = begin + int(end["at"] - row["at"])
        else:
            until = int(end["recorded"])
        what = (int(row["site"]), int(row["res"]), int(row["item"]), int(row["ref"]))
        out.append((until, begin, group, *what, row["reason"] == STOP["hold"], True))
    return out
