"""For which orders goods on the road were shipped."""

from __future__ import annotations

from typing import Any

import numpy as np

Rows = np.ndarray[Any, np.dtype[Any]]
_KEY = ("site", "origin", "item")


def by_order(rows: Rows, lines: Rows) -> tuple[Rows, Rows, Rows]:
    """The parcels that items of shipments are made of: (place in `rows`, millionths, order).

    The state keeps an item of a shipment in one row, with the order that it named last. Where that
    lacks just so much it is for that one alone; all else, what set out first first, is for the
    oldest of the point that are shipped and not received. `lines` are open, the oldest first.
    """
    lines = lines[lines["shipped"] > lines["received"]]
    left, lacks = (
        rows["shipped"] - rows["received"],
        np.zeros((2, 1 + _last(rows, lines)), np.int64),
    )
    lacks[0, lines["ref"]] = lines["shipped"] - lines["received"]
    lacks[1, lines["ref"]] = lines["item"]
    alone = (lacks[0, rows["order"]] == left) & (lacks[1, rows["order"]] == rows["item"])
    twice = np.unique(np.where(alone, rows["order"], -1), return_index=True)[1]
    alone &= np.isin(np.arange(len(rows)), twice)
    given = lines[~np.isin(lines["ref"], rows["order"][alone])]
    place = np.flatnonzero(~alone)
    found = np.array(_oldest_first(rows[place], left[place], given), np.int64).reshape(-1, 3)
    own = np.flatnonzero(alone)
    own = np.column_stack((own, left[own], rows["order"][own]))
    found[:, 0] = place[found[:, 0]]
    made = np.concatenate((own, found))
    made = made[np.argsort(made[:, 0], kind="stable")]
    return made[:, 0], made[:, 1], made[:, 2]


def _last(rows: Rows, lines: Rows) -> int:
    return int(max(rows["order"].max(initial=0), lines["ref"].max(initial=0)))


def _oldest_first(rows: Rows, qty: Rows, lines: Rows) -> list[tuple[int, int, int]]:
    """Goods given to lines, as (place, quantity, order)."""
    queues: dict[tuple[int, ...], list[list[int]]] = {}
    keys = zip(*(rows[f].tolist() for f in _KEY), strict=True)
    for key in keys:
        queues[key] = []
    fields = [lines[f].tolist() for f in (*_KEY, "loop", "ref")]
    for site, origin, item, loop, ref, lacks in zip(
        *fields, (lines["shipped"] - lines["received"]).tolist(), strict=True
    ):
        if (site, origin, item) in queues:
            queues[site, origin, item].append([loop, ref, lacks])
    told = [rows[f].tolist() for f in (*_KEY, "loop", "order")]
    found: list[tuple[int, int, int]] = []
    for row in np.argsort(rows["at"], kind="stable").tolist():
        site, origin, item, loop, order = (column[row] for column in told)
        left = int(qty[row])
        for line in queues[site, origin, item]:
            part = min(left, line[2]) if loop in (0, line[0]) else 0
            if part > 0:
                found.append((row, part, line[1]))
                line[2] -= part
                left -= part
        if left > 0:
            found.append((row, left, order))
    return found
