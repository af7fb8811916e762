"""Time-weighted stock of a point, and the list of points that must be looked at again."""

from __future__ import annotations

from typing import Any

from taktnet.policy import rules
from taktnet.state.memory import kernel
from taktnet.twin.engine.access import head_at, point_at, set_work

#: Bits of `POINT.flags`: waits to be examined; its next expiry is in the queue; its first stock is
#: an assumption that no count backs; its site is down; what its place says: goods expire, orders
#: go by a periodic review, deliveries are inspected.
LISTED, BATCHED, ASSUMED, SHUT, EXPIRES, REVIEWED, INSPECTED = 1, 2, 4, 8, 16, 32, 64


@kernel
def settle(x: int, p: int) -> None:
    """Add the time since the point last changed to its areas (microseconds x millionths)."""
    a = point_at(x, p)
    now = head_at(x, 0).now
    span = now - a.last
    if span:
        a.last = now
        a.stock_area += float(span) * float(a.onhand)
        if a.head >= 0:
            a.owed_area += float(span) * float(a.queued)


@kernel
def may_order(a: Any) -> bool:
    """Whether a point's position is so low that its rule may order."""
    reserved = a.reserved if a.policy else 0
    return rules.position(a.onhand, a.inspecting, a.coming, 0, 0, reserved) <= a.trigger


@kernel
def touch(x: int, p: int) -> None:
    """Have a point that may order examined before the next event, in the order of touching."""
    a = point_at(x, p)
    if may_order(a) and not a.flags & LISTED:
        a.flags |= LISTED
        h = head_at(x, 0)
        set_work(x, h.work_tail & h.work_mask, p)
        h.work_tail += 1
