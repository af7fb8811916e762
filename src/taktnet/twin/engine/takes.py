"""Parts for a job: all of them, or none and the process waits for the first that is short."""

from __future__ import annotations

import math
from typing import Any

from taktnet.state.memory import kernel
from taktnet.twin.engine import note
from taktnet.twin.engine.access import (
    cell_at,
    edition_at,
    head_at,
    part_at,
    place_at,
    point_at,
    proc0_at,
    tally_at,
    traced,
)
from taktnet.twin.engine.pool import free_cell
from taktnet.twin.engine.settle import EXPIRES, settle, touch


@kernel
def take_parts(x: int, proc: int, o: Any, qty: int) -> bool:
    """Take the parts of a job by the bill of materials of the moment."""
    s, now = place_at(x, proc0_at(x, proc).point), head_at(x, 0).now
    if s.editions == 0:
        return True
    e = edition_at(x, s.first_edition)
    k = s.first_edition
    while e.until <= now and k < s.first_edition + s.editions - 1:
        k += 1
        e = edition_at(x, k)
    for i in range(e.first, e.first + e.parts):
        part = part_at(x, i)
        if point_at(x, part.point).onhand < _need(part.per, qty):
            o.blocked = part.point + 1
            o.starved_at = now
            point_at(x, part.point).waiting += 1
            return False
    for i in range(e.first, e.first + e.parts):
        part = part_at(x, i)
        _use(x, part.point, _need(part.per, qty))
        if traced(x):
            note.consumed(x, part.point, proc, _need(part.per, qty))
    return True


@kernel
def _need(per: float, qty: int) -> int:
    """What a job needs of a part, rounded up to a millionth."""
    return math.ceil(per * qty - 1e-3)


@kernel
def _use(x: int, p: int, qty: int) -> None:
    settle(x, p)
    a = point_at(x, p)
    a.onhand -= qty
    a.used += qty
    if a.flags & EXPIRES:
        _oldest_first(x, p, qty)
    touch(x, p)


@kernel
def _oldest_first(x: int, p: int, qty: int) -> None:
    t, left = tally_at(x, p), qty
    while left > 0 and t.batch_head >= 0:
        i = t.batch_head
        c = cell_at(x, i)
        if c.qty > left:
            c.qty -= left
            left = 0
        else:
            left -= c.qty
            t.batch_head = c.next
            free_cell(x, i)
    if t.batch_head < 0:
        t.batch_tail = -1
