"""The compiled loop: fold an event, look again at what it touched, decide, fold the decision."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from taktnet.ledger import event as e
from taktnet.ledger.fact import RULE
from taktnet.policy import records as r
from taktnet.policy import rules
from taktnet.policy.choose import best_loop_by, release
from taktnet.policy.due import due_by
from taktnet.policy.sources import (
    RULE_LOOP,
    RULE_POINT,
    fills,
    first_closed,
    furthest_behind,
    order_from,
    rule_loop_at,
    rule_point_at,
    rule_source_at,
    tell_closed,
    touch_supplied,
)
from taktnet.state.entry import entry
from taktnet.state.fold.cards import board_of
from taktnet.state.fold.closures import is_closure
from taktnet.state.fold.dispatch import FACT_SIZE, cards_behind, fact_at, fold_one
from taktnet.state.fold.feeds import is_late
from taktnet.state.fold.records import (
    CARD_FLAG,
    CARRIER,
    FIRST,
    LOOP,
    POINT,
    STALE,
    TOUCH_ROOM,
    WAITING,
    card_at,
    carrier_at,
    head_at,
    loop_at,
    point_at,
    spare,
    touched_at,
)
from taktnet.state.memory import USED, find, kernel, peek, poke, record_at, rows, word
from taktnet.state.stamp import STAMP, stamp

hours_at = rows(r.Table.HOURS, r.HOURS)
span_at = rows(r.Table.SPAN, r.SPAN)
leave_at = rows(r.Table.LEAVE, r.LEAVE)
control_at = record_at(r.CONTROL)
info_at = record_at(r.INFO)
queue_at = record_at(r.QUEUE)
INFO_SIZE, QUEUE_SIZE = r.INFO.itemsize, r.QUEUE.itemsize
BASE_STOCK, UP_TO = r.BASE_STOCK, r.UP_TO
WITHDRAWAL = RULE["withdrawal"]
DECISION = e.NUMBER[e.DecisionTaken]
#: Decisions that follow from one another across more tiers than this run in a ring.
TIERS = 64
DECIDED, NOTHING, NO_ROOM = 1, 0, -1


@kernel
def span(y: int, i: int) -> tuple[int, int, int]:
    """A working span: on, off, and the working time before it."""
    s = span_at(y, i)
    return s.on, s.off, s.before


@kernel
def leave(y: int, i: int) -> int:
    """The instant of a departure."""
    return leave_at(y, i).at


@kernel
def hours(y: int, row: int) -> tuple[int, int]:
    """Where a calendar's spans or a timetable's departures begin, and how many they are."""
    if row < 0:
        return 0, 0
    h = hours_at(y, row)
    return h.first, h.count


due = due_by(span, leave)


@kernel
def run(x: int, y: int, control: int) -> bool:
    """Work through the queue and the events; False when it needs more room to go on."""
    c = control_at(control)
    while True:
        while c.head < c.tail:
            q = queue_at(c.queue + c.head * QUEUE_SIZE)
            c.cause, c.depth = q.cause, q.depth
            done = examine(x, y, control, q.what, q.row)
            if done == NO_ROOM:
                return False
            if done == NOTHING:
                c.head += 1
        c.head = c.tail = 0
        if c.i >= c.n:
            return True
        if not take_event(x, y, control):
            return False


@kernel
def take_event(x: int, y: int, control: int) -> bool:
    """Fold the facts of the next event, numbered, and queue what they touched."""
    c, h = control_at(control), head_at(x, 0)
    while True:
        room = c.queue_room - word(x, POINT, USED) - word(x, LOOP, USED)
        if spare(x) <= 0 or c.out_n >= c.out_room or room < TOUCH_ROOM:
            c.need = 1
            return False
        given = c.facts + c.i * FACT_SIZE
        first = fact_at(given).flags & FIRST
        to = c.out + c.out_n * FACT_SIZE
        for offset in range(0, FACT_SIZE, 8):
            poke(to + offset, peek(given + offset))
        f = fact_at(to)
        f.seq = h.seq + 1 if first else h.seq
        if first:
            c.cause = c.out_n
        fold_one(x, f, cards_behind(c.facts, c.i, c.n))
        if is_closure(f.kind):
            touch_supplied(x, y, f)
        c.i += 1
        c.out_n += 1
        if c.i >= c.n or fact_at(c.facts + c.i * FACT_SIZE).flags & FIRST:
            break
    enqueue(x, control, c.cause, 0)
    return True


@kernel
def enqueue(x: int, control: int, cause: int, depth: int) -> None:
    """Queue what the event at hand touched, or everything when that is too much to be noted."""
    h = head_at(x, 0)
    if h.touched <= TOUCH_ROOM:
        for i in range(h.touched):
            t = touched_at(x, i)
            join(control, t.what, t.row, cause, depth)
        return
    for row in range(word(x, POINT, USED)):
        join(control, 0, row, cause, depth)
    for row in range(word(x, LOOP, USED)):
        join(control, 1, row, cause, depth)


@kernel
def join(control: int, what: int, row: int, cause: int, depth: int) -> None:
    """Queue a point (0) or a loop (1)."""
    c = control_at(control)
    q = queue_at(c.queue + c.tail * QUEUE_SIZE)
    q.what, q.row, q.cause, q.depth = what, row, cause, depth
    c.tail += 1


@kernel
def examine(x: int, y: int, control: int, what: int, row: int) -> int:
    """Decide at most one thing about a point or a loop."""
    if what == 1:
        return examine_loop(x, y, control, row)
    p = point_at(x, row)
    known = find(y, RULE_POINT, p.key)
    if known < 0 or p.refused != 0:
        return NOTHING
    point = rule_point_at(y, known)
    if point.loops > 0:
        return examine_cards(x, y, control, row, known)
    return examine_position(x, y, control, row, known)


@kernel
def examine_loop(x: int, y: int, control: int, row: int) -> int:
    """A loop with scanned cards: its detached cards are the signal."""
    state = loop_at(x, row)
    known = find(y, RULE_LOOP, np.int64(state.loop))
    if known < 0 or state.refused != 0 or state.empty == 0:
        return NOTHING
    loop = rule_loop_at(y, known)
    if loop.scan == 0:
        return NOTHING
    n = release(loop.rule, state.issued, state.empty, loop.least, loop.signal_at, loop.lot)
    if n == 0:
        return NOTHING
    c = control_at(control)
    c.named, c.feed, c.number = n, state.feed, state.decisions + 1
    c.cards, c.empty, c.out_seq = state.issued, state.empty, state.out_seq
    c.position, c.on_hand, c.coming, c.reserved, c.level, c.reorder = 0, 0, 0, 0, 0, 0
    order_cards(c, loop, n)
    return emit(x, y, control) if fills(x, y, c, known) else NOTHING


@kernel
def order_cards(c: Any, loop: Any, n: int) -> None:
    """Note an order of n cards of a loop."""
    c.site, c.item, c.origin, c.lane = loop.site, loop.item, loop.origin, loop.lane
    c.loop, c.rule, c.action = loop.key, loop.rule, loop.action
    c.containers, c.container, c.qty = n, loop.container, n * loop.container
    c.collect, c.lead, c.unit_us, c.transit = loop.collect, loop.lead, loop.unit_us, loop.transit
    c.window, c.works, c.leaves, c.opens = loop.window, loop.works, loop.leaves, loop.opens
    c.board, c.backup = loop.key, 0


@kernel
def loop_terms(x: int, y: int, row: int, i: int) -> tuple[int, int, int, int, int, int, int]:
    """What `best_loop` reads of a loop; one whose cards are scanned decides by its scans."""
    k = rule_loop_at(y, i)
    cards = k.cards if k.scan == 0 else 0
    return cards, k.container, pending(x, k.key), k.rule, k.least, k.signal_at, k.lot


best_loop = best_loop_by(loop_terms)


@kernel
def examine_cards(x: int, y: int, control: int, row: int, known: int) -> int:
    """Loops whose cards are freed by consumption: the position says how many are detached."""
    p, point = point_at(x, row), rule_point_at(y, known)
    position = rules.position(
        p.available + p.held, p.inspection, p.on_order, p.in_process, p.in_transit, 0
    )
    c = control_at(control)
    best, best_n, best_empty = best_loop(
        x, y, row, point.first_loop, point.loops, point.capacity, position
    )
    if best < 0:
        return NOTHING
    loop = rule_loop_at(y, best)
    known_loop = find(x, LOOP, loop.key)
    c.named, c.feed, c.cards, c.empty = 0, p.feed, loop.cards, best_empty
    c.number = (loop_at(x, known_loop).decisions if known_loop >= 0 else 0) + 1
    c.level, c.reorder = 0, 0
    rests_on(c, p, position)
    order_cards(c, loop, best_n)
    if not fills(x, y, c, best):
        return NOTHING
    if c.backup != 0:  # the cards stay empty until their loop opens or the goods are here
        c.number, c.loop, c.containers, c.rule = p.decisions + 1, 0, 0, WITHDRAWAL
    return emit(x, y, control)


@kernel
def rests_on(c: Any, p: Any, position: int) -> None:
    """Note what a decision about a point rests on."""
    c.position, c.on_hand, c.out_seq = position, p.available, p.out_seq
    c.coming = p.on_order + p.in_process + p.in_transit
    c.reserved = p.reserved


@kernel
def pending(x: int, loop: int) -> int:
    """Cards of a loop that are ordered, in process or in transit, without names."""
    row = find(x, LOOP, loop)
    if row < 0:
        return 0
    state = loop_at(x, row)
    return state.free_ordered + state.free_in_process + state.free_in_transit


@kernel
def examine_position(x: int, y: int, control: int, row: int, known: int) -> int:
    """Base stock, (s,S), (R,Q): the inventory position is the signal."""
    p, point, c = point_at(x, row), rule_point_at(y, known), control_at(control)
    if point.sources == 0 or not rules.due_review(c.now, p.decided, point.review):
        return NOTHING
    position = rules.position(
        p.available, p.inspection, p.on_order, p.in_process, p.in_transit, p.reserved
    )
    need = needed(point, position)
    if need <= 0:
        return NOTHING
    source = furthest_behind(x, y, row, point.first_source, point.sources, need)
    s = rule_source_at(y, source)
    rests_on(c, p, position)
    c.named, c.feed, c.number = 0, p.feed, p.decisions + 1
    c.level, c.reorder = point.level, point.reorder
    c.cards, c.empty, c.containers, c.container = 0, 0, 0, s.container
    c.site, c.item, c.loop, c.board, c.rule = p.site, p.item, 0, 0, point.rule
    c.qty, c.closure = rules.whole(need, s.moq, s.container), first_closed(x, y, point)
    order_from(c, s)
    return emit(x, y, control)


@kernel
def needed(point: Any, position: int) -> int:
    """What a point's policy orders at a position."""
    if point.policy == BASE_STOCK:
        return rules.base_stock(point.level, position)
    if point.policy == UP_TO:
        return rules.order_up_to(point.reorder, point.level, position)
    return rules.fixed_lot(point.reorder, point.lot, position)


@kernel
def emit(x: int, y: int, control: int) -> int:
    """Write the facts of the decision in the making, fold them, and queue what they touched."""
    c = control_at(control)
    if c.depth > TIERS:
        return NOTHING
    n = c.named + 1
    if spare(x) < n or c.out_n + n > c.out_room or c.tail + 64 > c.queue_room:
        c.need = n
        return NO_ROOM
    start = c.out_n
    write_decision(x, y, c, start)
    if c.named > 0:
        write_cards(x, c, start)
    write_info(x, c, start)
    for i in range(start, start + n):
        fold_one(x, fact_at(c.out + i * FACT_SIZE), c.named if i == start else 0)
    c.out_n += n
    c.next_ref += 1
    enqueue(x, control, start, c.depth + 1)
    return DECIDED


@kernel
def write_decision(x: int, y: int, c: Any, start: int) -> None:
    """The main fact, slot by slot as the event lowers."""
    to = c.out + start * FACT_SIZE
    for offset in range(0, FACT_SIZE, 8):
        poke(to + offset, 0)
    f = fact_at(to)
    f.seq, f.at, f.recorded, f.kind = head_at(x, 0).seq + 1, c.now, c.now, DECISION
    f.site, f.item, f.to, f.res, f.loop = c.site, c.item, c.origin, c.lane, c.loop
    f.qty, f.qty2, f.status, f.reason = c.qty, c.containers, c.rule, c.action
    terms = c.collect, c.lead, c.transit, c.qty, c.unit_us
    f.t1 = due(y, c.now, terms, hours(y, c.works), hours(y, c.leaves), hours(y, c.opens))
    f.t2 = f.t1 - c.window
    f.ref, f.source, f.tenant = c.next_ref, c.source, c.tenant
    flags = FIRST
    if is_late(x, c.feed, c.now, c.factor, c.floor):
        flags |= STALE | WAITING if c.wait else STALE
    f.flags = flags


@kernel
def write_cards(x: int, c: Any, start: int) -> None:
    """One fact per named card: those that were detached first."""
    main = c.out + start * FACT_SIZE
    board = find(x, CARRIER, board_of(c.loop))
    at = carrier_at(x, board).head
    for i in range(start + 1, start + c.named + 1):
        to = c.out + i * FACT_SIZE
        for offset in range(0, FACT_SIZE, 8):
            poke(to + offset, peek(main + offset))
        f, card = fact_at(to), card_at(x, at - 1)
        f.ref = card.card
        f.flags = (f.flags & ~FIRST) | CARD_FLAG
        info_at(c.info + i * INFO_SIZE).card_seq = card.seq
        at = card.next


@kernel
def write_info(x: int, c: Any, start: int) -> None:
    """What the decision rests on, for its reason in words."""
    info = info_at(c.info + start * INFO_SIZE)
    info.cause, info.out_seq, info.number, info.card_seq = c.cause, c.out_seq, c.number, 0
    info.position, info.on_hand, info.coming = c.position, c.on_hand, c.coming
    info.reserved, info.level, info.reorder = c.reserved, c.level, c.reorder
    info.empty, info.cards, info.container, info.board = c.empty, c.cards, c.container, c.board
    tell_closed(x, c, info)


def _entry(stamp: int) -> Any:
    """The compiled loop; its cache on disk is good only for these very sources."""

    @entry
    def run_events(x: int, y: int, control: int) -> int:
        """Work on; 1 when all is done, 0 when more room is needed."""
        if control == 0:
            return stamp
        return 1 if run(x, y, control) else 0

    return run_events


_HERE = Path(__file__).parent
run_events = _entry(STAMP ^ stamp(_HERE))
