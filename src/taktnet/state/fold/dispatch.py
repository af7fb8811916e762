"""Which kind of fact goes where, and the loop over an array of facts."""

from __future__ import annotations

from typing import Any

import numpy as np

from taktnet.ledger import event as e
from taktnet.ledger.fact import FACT
from taktnet.state.entry import entry
from taktnet.state.fold.ahead import FAR, NEAR, ask_index, ask_rows
from taktnet.state.fold.cards import (
    DETACHED,
    FULL,
    IN_PROCESS,
    IN_TRANSIT,
    ORDERED,
    WITHDRAWN,
    issued,
    named,
    scanned,
)
from taktnet.state.fold.closures import is_closure, turned
from taktnet.state.fold.feeds import heard
from taktnet.state.fold.goods import (
    arrived,
    moved,
    positioned,
    received,
    shipped,
    shipped_card,
)
from taktnet.state.fold.lines import RECEIVED, SHIPPED, advance, carry, line_of, named_line, weigh
from taktnet.state.fold.orders import amended, answered, decided, placed
from taktnet.state.fold.records import (
    CARD_FLAG,
    FIRST,
    LOOP,
    REVERSAL,
    head_at,
    here,
    line_at,
    loop_at,
    point_at,
    spare,
)
from taktnet.state.fold.stock import (
    AVAILABLE,
    DAY,
    HELD,
    USED_UP,
    counted,
    point_pace,
    shelve,
)
from taktnet.state.fold.work import finished, produced, running, started, stopped
from taktnet.state.memory import find, kernel, record_at
from taktnet.state.stamp import STAMP

fact_at = record_at(FACT)
FACT_SIZE = FACT.itemsize

_N = e.NUMBER
ORDER_PLACED, ORDER_CHANGED = _N[e.OrderPlaced], _N[e.OrderChanged]
ORDER_CANCELLED, CALLOFF = _N[e.OrderCancelled], _N[e.CalloffPlaced]
COUNTED, CONSUMED, PRODUCED = _N[e.StockCounted], _N[e.StockConsumed], _N[e.StockProduced]
STOCK_RECEIVED, MOVED, SCRAPPED = _N[e.StockReceived], _N[e.StockMoved], _N[e.StockScrapped]
STOCK_HELD, RELEASED = _N[e.StockHeld], _N[e.StockReleased]
PULLED, RETURNED = _N[e.CardPulled], _N[e.CardReturned]
ISSUED, CARD_WITHDRAWN = _N[e.CardIssued], _N[e.CardWithdrawn]
LOT_STARTED, LOT_FINISHED = _N[e.LotStarted], _N[e.LotFinished]
GOODS_SHIPPED, POSITION = _N[e.GoodsShipped], _N[e.GoodsPosition]
ARRIVED, GOODS_RECEIVED = _N[e.GoodsArrived], _N[e.GoodsReceived]
STOPPED, RUNNING = _N[e.ResourceStopped], _N[e.ResourceStarted]
PERIOD_CLOSED = _N[e.PeriodClosed]
DECISION, LAST = _N[e.DecisionTaken], _N[e.SignalRefused]


@kernel
def fold_one(x: int, f: Any, cards: int) -> None:
    """Fold one fact. `cards` is how many facts of its cards follow a main fact."""
    h = head_at(x, 0)
    if f.flags & FIRST:
        h.touched = 0
        h.undone_key = 0
    h.here = 0
    h.seq, h.recorded = f.seq, max(h.recorded, f.recorded)
    h.clock = max(h.clock, min(f.at, f.recorded + DAY))
    h.facts += 1
    sign = -1 if f.flags & REVERSAL else 1
    if f.flags & CARD_FLAG:
        fold_card(x, f, sign)
        return
    h.ref, h.cards = f.ref, cards
    h.share = f.qty // cards if cards > 0 else 0
    kind = f.kind
    if COUNTED <= kind <= RELEASED:
        fold_stock(x, f, sign)
    elif PULLED <= kind <= CARD_WITHDRAWN:
        fold_scan(x, f, sign)
    elif GOODS_SHIPPED <= kind <= GOODS_RECEIVED:
        fold_goods(x, f, sign)
    elif kind <= CALLOFF or DECISION <= kind <= LAST:
        fold_line(x, f, sign)
    elif kind in (LOT_STARTED, LOT_FINISHED, STOPPED, RUNNING):
        fold_work(x, f, sign, cards > 0)
    elif kind == PERIOD_CLOSED and sign > 0:
        h.closed_until = max(h.closed_until, f.t1)
    elif is_closure(kind):
        turned(x, f, sign)
    if sign > 0 and (kind < DECISION or is_closure(kind)):
        listen(x, f)


@kernel
def fold_line(x: int, f: Any, sign: int) -> None:
    """Kinds about orders, call-offs and decisions."""
    if f.kind in (ORDER_PLACED, CALLOFF):
        placed(x, f, sign)
    elif f.kind in (ORDER_CHANGED, ORDER_CANCELLED):
        amended(x, f, sign)
    elif f.kind == DECISION:
        decided(x, f, sign)
    else:
        answered(x, f, sign)


@kernel
def fold_work(x: int, f: Any, sign: int, cards: bool) -> None:
    """Kinds about work orders and resources."""
    if f.kind == LOT_STARTED:
        started(x, f, sign, cards)
    elif f.kind == LOT_FINISHED:
        finished(x, f, sign)
    elif f.kind == STOPPED:
        stopped(x, f, sign)
    else:
        running(x, f, sign)


@kernel
def listen(x: int, f: Any) -> None:
    """Note the feed of a fact, on the point or loop whose stock or cards it tells about."""
    h = head_at(x, 0)
    if h.here > 0:
        point = point_at(x, h.here - 1)
        point.feed = heard(x, f, point.feed)
        return
    feed = heard(x, f, 0)
    if PULLED <= f.kind <= CARD_WITHDRAWN:
        row = find(x, LOOP, np.int64(f.loop))
        if row >= 0:
            loop_at(x, row).feed = feed


@kernel
def fold_scan(x: int, f: Any, sign: int) -> None:
    """Kinds that scan one card."""
    if f.kind == ISSUED:
        issued(x, f, sign)
    elif f.kind == PULLED:
        scanned(x, f, sign, DETACHED)
    elif f.kind == RETURNED:
        scanned(x, f, sign, FULL)
    else:
        scanned(x, f, sign, WITHDRAWN)


@kernel
def fold_goods(x: int, f: Any, sign: int) -> None:
    """Kinds of goods between sites."""
    if f.kind == GOODS_SHIPPED:
        shipped(x, f, sign)
    elif f.kind == GOODS_RECEIVED:
        received(x, f, sign)
    elif f.kind == POSITION:
        positioned(x, f, sign)
    else:
        arrived(x, f, sign)


@kernel
def fold_card(x: int, f: Any, sign: int) -> None:
    """One card that a decision, a work order or a shipment names."""
    if f.kind == DECISION:
        named(x, f, ORDERED)
        line_named(x, f, sign)
    elif f.kind == LOT_STARTED:
        named(x, f, IN_PROCESS)
    elif f.kind == GOODS_SHIPPED:
        shipped_card(x, f, named(x, f, IN_TRANSIT))


@kernel
def line_named(x: int, f: Any, sign: int) -> None:
    """A decision's line knows how many of its containers are named cards."""
    row = line_of(x, head_at(x, 0).ref)
    if row >= 0:
        weigh(x, row, -1)
        line_at(x, row).named += sign
        weigh(x, row, 1)


@kernel
def fold_stock(x: int, f: Any, sign: int) -> None:
    """Kinds that change the stock of one site."""
    if f.kind == PRODUCED:
        produced(x, f, sign)
        return
    if f.kind == MOVED:
        moved(x, f, sign)
        return
    p = here(x, f)
    if f.kind == CONSUMED:
        shelve(x, p, f.lot, AVAILABLE, -sign * f.qty, f)
        point_pace(x, p, USED_UP, sign * f.qty, f)
        if f.ref2 > 0:
            collected(x, f, sign)
    elif f.kind == COUNTED:
        counted(x, p, f, sign)
    elif f.kind == STOCK_RECEIVED:
        shelve(x, p, f.lot, f.status, sign * f.qty, f)
        if f.ref2 > 0 or f.to > 0:
            carry(x, p, RECEIVED, sign, f.qty, f.ref2, f.to, 0, False, True, f)
    elif f.kind == SCRAPPED:
        shelve(x, p, f.lot, f.status, -sign * f.qty, f)
    elif f.kind == STOCK_HELD:
        shelve(x, p, f.lot, AVAILABLE, -sign * f.qty, f)
        shelve(x, p, f.lot, HELD, sign * f.qty, f)
    else:
        shelve(x, p, f.lot, f.status, -sign * f.qty, f)
        shelve(x, p, f.lot, AVAILABLE, sign * f.qty, f)


@kernel
def collected(x: int, f: Any, sign: int) -> None:
    """stock.consumed for an order line of this site: it is delivered."""
    row = named_line(x, f.ref2, f)
    if row >= 0 and line_at(x, row).origin == f.site:
        advance(x, row, SHIPPED, sign * f.qty, False, f)
        advance(x, row, RECEIVED, sign * f.qty, False, f)


def _entry(stamp: int) -> Any:
    """The compiled fold; its cache on disk is good only for these very sources."""

    @entry
    def fold_facts(x: int, facts: int, start: int, n: int) -> int:
        """Fold facts[start:n]; returns where it stopped for want of room, or n.

        -1 if they are not the first facts of an event newer than the last one folded.
        """
        if n < 0:
            return stamp
        first = fact_at(facts)
        if start == 0 and (first.flags & FIRST == 0 or first.seq <= head_at(x, 0).seq):
            return -1
        left = 0
        for i in range(start, n):
            if left <= 0:
                left = spare(x)
                if left <= 0:
                    return i
            left -= 1
            if i + FAR < n:
                ask_index(x, fact_at(facts + (i + FAR) * FACT_SIZE))
                ask_rows(x, fact_at(facts + (i + NEAR) * FACT_SIZE))
            fold_one(x, fact_at(facts + i * FACT_SIZE), cards_behind(facts, i, n))
        return n

    return fold_facts


@kernel
def cards_behind(facts: int, i: int, n: int) -> int:
    """How many facts of named cards follow a main fact."""
    if fact_at(facts + i * FACT_SIZE).flags & CARD_FLAG:
        return 0
    j = i + 1
    while j < n and fact_at(facts + j * FACT_SIZE).flags & CARD_FLAG:
        j += 1
    return j - i - 1


fold_facts = _entry(STAMP)
