"""First in, first out: goods that name no line serve the open line that is due first."""

from __future__ import annotations

from bisect import insort
from collections import defaultdict

import numpy as np

from taktnet.kpi.exact import Ints, Rows

#: (line, time of record, time of receipt, quantity, accepted quantity)
Part = tuple[int, int, int, int, int]


def serve(lines: Rows, free: Ints, receipts: Rows) -> list[Part]:
    """Parts of receipts by line.

    `lines` are sorted by group and due time; `free` are the places of those that goods may serve.
    Goods serve lines of their group and origin (0: any) that were asked for when they came; what
    is left over of a receipt that served a line goes to the last one it served.
    """
    by_asked: defaultdict[int, list[int]] = defaultdict(list)
    for i in free[np.argsort(lines["asked"][free], kind="stable")].tolist():
        by_asked[int(lines["group"][i])].append(i)
    queues = {group: _Queue(lines, places) for group, places in by_asked.items()}
    out: list[Part] = []
    order = np.lexsort((receipts["time"], receipts["taken"]))
    names = ["group", "origin", "time", "taken", "qty", "good"]
    for group, origin, time, taken, qty, good in receipts[names][order].tolist():
        if group in queues:
            shares = queues[group].fill(origin, taken, qty, good)
            out += [(line, time, taken, part, fine) for line, part, fine in shares]
    return out


class _Queue:
    """The lines of one group: those asked for by now and still open, in order of due time."""

    def __init__(self, lines: Rows, by_asked: list[int]) -> None:
        self.later = by_asked[::-1]
        self.open: list[int] = []
        self.asked = {i: int(lines["asked"][i]) for i in by_asked}
        self.origin = {i: int(lines["origin"][i]) for i in by_asked}
        self.left = {i: int(lines["qty"][i]) for i in by_asked}

    def fill(self, origin: int, now: int, qty: int, good: int) -> list[tuple[int, int, int]]:
        """(line, quantity, accepted) for one receipt."""
        while self.later and self.asked[self.later[-1]] <= now:
            insort(self.open, self.later.pop())
        out: list[tuple[int, int, int]] = []
        full: list[int] = []
        for i in self.open:
            if qty == 0:
                break
            if origin not in (0, self.origin[i]):
                continue
            take = min(qty, self.left[i])
            out.append((i, take, min(take, good)))
            qty, good, self.left[i] = qty - take, good - min(take, good), self.left[i] - take
            if self.left[i] == 0:
                full.append(i)
        for i in full:
            self.open.remove(i)
        if qty and out:
            out.append((out[-1][0], qty, good))
        return out
