"""Lines of supply and demand: customers' orders, call-offs and decisions, and their progress.

A line has a buyer's point (`dest`) and, unless it is made on the spot, a seller's (`source`).
What of it is neither shipped nor received is on order at the one and reserved at the other.
Every change takes the line's weight off both, changes it, and puts its new weight on.
"""

# ruff: noqa: PLR0917  (compiled functions take their arguments by position)

from __future__ import annotations

from typing import Any

import numpy as np

from taktnet.state import tables as t
from taktnet.state.fold.cards import on_carrier
from taktnet.state.fold.records import (
    LINE,
    SUPPLY,
    hand,
    head_at,
    line_at,
    line_of,
    loop_at,
    loop_of,
    point_at,
    point_of,
    supply_at,
    touch,
)
from taktnet.state.memory import drop, kernel, pair, put

STARTED, SHIPPED, RECEIVED, SHORT = t.STARTED, t.SHIPPED, t.RECEIVED, t.SHORT
LIVE, DECIDED, RETAIN = t.LIVE, t.DECIDED, t.RETAIN
PRODUCE = 0


@kernel
def wanted(line: Any) -> int:
    """The quantity a line still stands for: less what fell short, and what ended left out."""
    if line.ended != LIVE:
        return max(line.shipped, line.received)
    return line.qty - line.short


@kernel
def open_qty(line: Any) -> int:
    """Neither shipped nor received."""
    return max(0, wanted(line) - max(line.shipped, line.received))


@kernel
def containers(qty: int, line: Any) -> int:
    """Containers of a line that a quantity touches."""
    each = max(1, line.qty // line.containers)
    return (max(0, qty) + each - 1) // each


@kernel
def weigh(x: int, row: int, sign: int) -> None:
    """Put a line's weight on its points and its loop (+1), or take it off (-1); touches them."""
    line = line_at(x, row)
    still = open_qty(line)
    if line.dest > 0:
        point_at(x, line.dest - 1).on_order += sign * still
        touch(x, 0, line.dest - 1)
    if line.source > 0:
        point_at(x, line.source - 1).reserved += sign * still
        touch(x, 0, line.source - 1)
    free = line.containers - line.named
    if line.loop > 0 and free > 0:
        loop_row = loop_of(x, line.loop)
        touch(x, 1, loop_row)
        loop = loop_at(x, loop_row)
        left = min(free, containers(wanted(line) - line.received, line))
        moving = min(left, containers(line.shipped - line.received, line))
        making = min(left - moving, containers(line.started - line.received, line))
        loop.free_in_transit += sign * moving
        loop.free_in_process += sign * making
        loop.free_ordered += sign * (left - moving - making)


@kernel
def settle(x: int, row: int, f: Any) -> None:
    """After a change: keep the line on its point's list while it is open."""
    line = line_at(x, row)
    point = point_at(x, line.dest - 1)
    is_open = wanted(line) > line.received
    if is_open and line.listed == 0:
        line.listed, line.closed, line.prev, line.next = 1, 0, point.tail, 0
        if point.tail > 0:
            line_at(x, point.tail - 1).next = row + 1
        else:
            point.head = row + 1
        point.tail = row + 1
    elif not is_open:
        line.closed = head_at(x, 0).clock
        if line.listed == 1:
            unlist(x, row)
            point.last_line = line.ref
    line.seq = f.seq


@kernel
def unlist(x: int, row: int) -> None:
    """Take a line off its point's list."""
    line = line_at(x, row)
    point = point_at(x, line.dest - 1)
    if line.prev > 0:
        line_at(x, line.prev - 1).next = line.next
    else:
        point.head = line.next
    if line.next > 0:
        line_at(x, line.next - 1).prev = line.prev
    else:
        point.tail = line.prev
    line.listed, line.next, line.prev = 0, 0, 0


@kernel
def advance(x: int, row: int, what: int, qty: int, cards: bool, f: Any) -> None:
    """Move a line along by a quantity; with `cards` also the named cards that it carries."""
    line = line_at(x, row)
    weigh(x, row, -1)
    if what == STARTED:
        line.started += qty
    elif what == SHIPPED:
        line.shipped += qty
    elif what == RECEIVED:
        line.received += qty
    else:
        line.short += qty
    weigh(x, row, 1)
    settle(x, row, f)
    if cards and line.named > 0:
        on_carrier(x, pair(line.ref, line.item), RECEIVED if what == SHORT else what, qty, f.at)


@kernel
def room(line: Any, what: int, stage: int) -> int:
    """How much more of `what` a line can take; at stage 0 only receipts of what is under way."""
    if what == STARTED:
        return wanted(line) - line.started
    if what == SHIPPED:
        return wanted(line) - max(line.shipped, line.received)
    if stage == 0:
        return min(wanted(line), line.shipped) - line.received
    return wanted(line) - line.received


@kernel
def fits(line: Any, origin: int, loop: int, produce: bool, decided: bool) -> bool:
    """Whether a movement may belong to a line."""
    if (line.action == PRODUCE and line.kinds & DECIDED != 0) != produce:
        return False
    if decided and line.kinds & DECIDED == 0:
        return False
    if origin > 0 and line.origin != origin:
        return False
    if loop == 0:
        return True
    return line.loop == loop


@kernel
def allot(x: int, dest: int, what: int, qty: int, origin: int, loop: int, produce: bool,
          decided: bool, cards: bool, f: Any) -> int:  # fmt: skip
    """Give a movement to the oldest open lines of a point that it fits; returns what is left."""
    for stage in range(2):
        row = point_at(x, dest).head - 1
        while row >= 0 and qty > 0:
            line = line_at(x, row)
            following = line.next - 1
            if fits(line, origin, loop, produce, decided):
                part = min(qty, room(line, what, stage))
                if part > 0:
                    advance(x, row, what, part, cards, f)
                    qty -= part
            row = following
        if what != RECEIVED:
            break
    return qty


@kernel
def take_back(x: int, dest: int, what: int, qty: int, origin: int, loop: int, produce: bool,
              cards: bool, f: Any) -> None:  # fmt: skip
    """Undo `allot`: from the line that closed last, then from the newest open lines."""
    row = line_of(x, point_at(x, dest).last_line)
    if row >= 0 and line_at(x, row).listed == 0:
        line = line_at(x, row)
        if fits(line, origin, loop, produce, False):
            part = min(qty, passed(line, what))
            if part > 0:
                advance(x, row, what, -part, cards, f)
                qty -= part
    row = point_at(x, dest).tail - 1
    while row >= 0 and qty > 0:
        line = line_at(x, row)
        following = line.prev - 1
        if fits(line, origin, loop, produce, False):
            part = min(qty, passed(line, what))
            if part > 0:
                advance(x, row, what, -part, cards, f)
                qty -= part
        row = following


@kernel
def passed(line: Any, what: int) -> int:
    """How much of `what` a line has seen and could give back."""
    if what == STARTED:
        return line.started
    if what == SHIPPED:
        return line.shipped
    return line.received


@kernel
def named_line(x: int, ref: int, f: Any) -> int:
    """The line that a movement of an item names, or -1 when there is none for that item."""
    row = line_of(x, ref)
    if row >= 0 and line_at(x, row).dest > 0 and line_at(x, row).item == f.item:
        return row
    return -1


@kernel
def carry(x: int, dest: int, what: int, sign: int, qty: int, order: int, origin: int, loop: int,
          produce: bool, cards: bool, f: Any) -> None:  # fmt: skip
    """Book a movement to the line it names, else to the oldest it fits (undo: the newest).

    A movement that names an order not known yet, and fits no decision, is kept under that name
    until the order comes.
    """
    row = named_line(x, order, f)
    if row >= 0:
        advance(x, row, what, sign * qty, cards, f)
        return
    if sign < 0:
        take_back(x, dest, what, qty, origin, loop, produce, cards, f)
        return
    left = allot(x, dest, what, qty, origin, loop, produce, order > 0, cards, f)
    if left > 0 and order > 0 and what == SHIPPED and not produce and line_of(x, order) < 0:
        row = new_line(x, order, f)
        point = point_at(x, dest)
        place(x, row, point.site, point.item, origin)
        advance(x, row, what, left, False, f)


@kernel
def new_line(x: int, ref: int, f: Any) -> int:
    """The row of a line, made when first named; makes room by forgetting lines of long ago."""
    row = line_of(x, ref)
    if row >= 0:
        return row
    for _ in range(2):
        old = hand(x, LINE)
        if old >= 0 and line_at(x, old).key >= 0:
            closed = line_at(x, old).closed
            if 0 < closed < head_at(x, 0).clock - RETAIN:
                drop(x, LINE, old)
    row = put(x, LINE, ref)
    line_at(x, row).ref = ref
    return row


@kernel
def place(x: int, row: int, site: int, item: int, origin: int) -> None:
    """Say between which points a line runs."""
    line = line_at(x, row)
    line.site, line.item, line.origin = site, item, origin
    line.dest = point_of(x, site, item) + 1
    line.source = 0
    if origin > 0 and origin != site:
        line.source = point_of(x, origin, item) + 1


@kernel
def option(dest: int, origin: int, lane: int) -> Any:
    """The key of a supply option of a point (its row plus one); a lane has but one origin."""
    if lane > 0:
        return (np.int64(dest) << 32) | (np.int64(1) << 31) | np.int64(lane)
    return pair(dest, origin)


@kernel
def supplied(x: int, line: Any, qty: int) -> None:
    """Add to what was asked for by a supply option so far."""
    s = supply_at(x, put(x, SUPPLY, option(line.dest, line.origin, line.lane)))
    s.site, s.item, s.origin, s.lane = line.site, line.item, line.origin, line.lane
    s.decided += qty
