"""Named cards: what carries each, and where along its way it is.

A card is on one carrier at most: the board of its loop (detached), a decision, a work order, or
an item of a shipment. A carrier's cards lie in a list; when `done` (received or produced),
`shipped` or `started` quantity covers the first of them, those are full, in transit, in process.
Every scan of a card that does not fit where the card is leaves it there and is counted.
"""

# ruff: noqa: PLR0917  (compiled functions take their arguments by position)

from __future__ import annotations

from typing import Any

import numpy as np

from taktnet.state import tables as t
from taktnet.state.fold.records import (
    CARD,
    CARRIER,
    EMPTY,
    REVERSAL,
    anomaly,
    card_at,
    carrier_at,
    head_at,
    loop_at,
    loop_of,
    touch,
)
from taktnet.state.memory import drop, find, kernel, pair, put

UNKNOWN, FULL, DETACHED, ORDERED, IN_PROCESS, IN_TRANSIT, WITHDRAWN = (int(c) for c in t.Card)
UNKNOWN_CARD, TWICE = int(t.Anomaly.UNKNOWN_CARD), int(t.Anomaly.CARD_SCANNED_TWICE)
OUT_OF_STATE = int(t.Anomaly.CARD_OUT_OF_STATE)


@kernel
def board_of(loop: int) -> Any:
    """The carrier key of a loop's board."""
    return (np.int64(1) << 62) | loop


@kernel
def tally(x: int, loop: int, status: int, d: int) -> None:
    """Count a card of a loop into or out of a status."""
    row = loop_at(x, loop)
    if status == FULL:
        row.full += d
    elif status == DETACHED:
        row.empty += d
    elif status == ORDERED:
        row.ordered += d
    elif status == IN_PROCESS:
        row.in_process += d
    elif status == IN_TRANSIT:
        row.in_transit += d
    elif status == WITHDRAWN:
        row.withdrawn += d
    if status not in (UNKNOWN, WITHDRAWN):
        row.issued += d
    touch(x, 1, loop)


@kernel
def set_status(x: int, c: int, status: int, at: int) -> None:
    """Move a card to another status, and its loop's counts with it."""
    card = card_at(x, c)
    if card.status != status:
        loop = loop_of(x, card.loop)
        tally(x, loop, card.status, -1)
        tally(x, loop, status, 1)
        card.status, card.since = status, at


@kernel
def leave(x: int, c: int) -> None:
    """Take a card off its carrier, with the progress that covered it."""
    card = card_at(x, c)
    if card.carrier == 0:
        return
    row = find(x, CARRIER, card.carrier)
    carrier = carrier_at(x, row)
    progress(carrier, card.status, -card.share)
    if card.prev > 0:
        card_at(x, card.prev - 1).next = card.next
    else:
        carrier.head = card.next
    if card.next > 0:
        card_at(x, card.next - 1).prev = card.prev
    else:
        carrier.tail = card.prev
    carrier.n -= 1
    card.carrier, card.share, card.next, card.prev = 0, 0, 0, 0
    if carrier.n == 0:
        drop(x, CARRIER, row)


@kernel
def progress(carrier: Any, status: int, qty: int) -> None:
    """Add quantity to what a card in `status` has passed on its carrier."""
    if status == FULL:
        carrier.done += qty
    if status in (FULL, IN_TRANSIT):
        carrier.shipped += qty
    if status in (FULL, IN_TRANSIT, IN_PROCESS):
        carrier.started += qty


@kernel
def join(x: int, c: int, key: int, least: int, share: int) -> None:
    """Put a card last on a carrier; `least` is how far along every card on it is."""
    row = put(x, CARRIER, key)
    carrier, card = carrier_at(x, row), card_at(x, c)
    carrier.least = least
    card.carrier, card.share, card.prev, card.next = key, share, carrier.tail, 0
    if carrier.tail > 0:
        card_at(x, carrier.tail - 1).next = c + 1
    else:
        carrier.head = c + 1
    carrier.tail = c + 1
    carrier.n += 1


@kernel
def move(x: int, c: int, status: int, key: int, share: int, f: Any) -> None:
    """Move a card to a status and a carrier (0: none), remembering where it was."""
    card = card_at(x, c)
    status_was, carrier_was, share_was = card.status, card.carrier, card.share
    card.last_status, card.last_carrier = status_was, carrier_was
    card.last_share, card.last_since = share_was, card.since
    leave(x, c)
    set_status(x, c, status, f.at)
    card.since, card.seq = f.at, f.seq
    if key != 0:
        join(x, c, key, status, share)


@kernel
def unmove(x: int, c: int, status: int, f: Any) -> None:
    """Undo the last move of a card, if it is still where that move put it."""
    card = card_at(x, c)
    if card.status != status or card.last_status == UNKNOWN:
        anomaly(x, OUT_OF_STATE, f, 0)
        return
    leave(x, c)
    back, key, share, since = card.last_status, card.last_carrier, card.last_share, card.last_since
    set_status(x, c, back, since)
    card.since, card.last_status = since, UNKNOWN
    if key != 0:
        row = find(x, CARRIER, key)
        least = carrier_at(x, row).least if row >= 0 else back
        join(x, c, key, least, share)
        progress(carrier_at(x, find(x, CARRIER, key)), back, share)


@kernel
def sync(x: int, key: int, at: int) -> None:
    """Bring the cards on a carrier to where its quantities say they are."""
    row = find(x, CARRIER, key)
    if row < 0:
        return
    carrier = carrier_at(x, row)
    covered, c = 0, carrier.head
    while c > 0:
        card = card_at(x, c - 1)
        covered += card.share
        status = carrier.least
        if carrier.done >= covered:
            status = FULL
        elif carrier.shipped >= covered:
            status = IN_TRANSIT
        elif carrier.started >= covered:
            status = max(IN_PROCESS, status)
        set_status(x, c - 1, status, at)
        c = card.next


@kernel
def on_carrier(x: int, key: int, what: int, qty: int, at: int) -> bool:
    """Add started (0), shipped (1) or done (2) quantity to a carrier; False if there is none."""
    row = find(x, CARRIER, key)
    if row < 0:
        return False
    carrier = carrier_at(x, row)
    if what == t.STARTED:
        carrier.started += qty
    elif what == t.SHIPPED:
        carrier.shipped += qty
    else:
        carrier.done += qty
    sync(x, key, at)
    return True


@kernel
def issued(x: int, f: Any, sign: int) -> None:
    """card.issued: into circulation, attached to a full container or detached."""
    c = put(x, CARD, pair(f.loop, f.ref))
    card = card_at(x, c)
    card.loop, card.card = f.loop, f.ref
    if f.site > 0:
        loop_at(x, loop_of(x, f.loop)).site = f.site
    status = DETACHED if f.flags & EMPTY else FULL
    if sign < 0:
        if card.status == status:
            leave(x, c)
            set_status(x, c, UNKNOWN, f.at)
        else:
            anomaly(x, OUT_OF_STATE, f, 0)
    elif card.status not in (UNKNOWN, WITHDRAWN):
        anomaly(x, TWICE, f, 0)
    else:
        move(x, c, status, board_of(f.loop) if status == DETACHED else np.int64(0), 0, f)
        rearm(x, f)


@kernel
def rearm(x: int, f: Any) -> None:
    """A new pull: what was refused before may be decided again."""
    loop = loop_at(x, loop_of(x, f.loop))
    loop.refused, loop.seq, loop.out_seq = 0, f.seq, f.seq


@kernel
def scanned(x: int, f: Any, sign: int, status: int) -> None:
    """card.pulled (empty), card.returned (full), card.withdrawn: a scan of one card."""
    c = find(x, CARD, pair(f.loop, f.ref))
    if c < 0 or card_at(x, c).status == UNKNOWN:
        anomaly(x, UNKNOWN_CARD, f, 0)
        return
    card = card_at(x, c)
    if sign < 0:
        unmove(x, c, status, f)
        if status == DETACHED and card.status == FULL:
            card.cycle -= 1
        return
    if card.status == status or (status == DETACHED and card.status == ORDERED):
        anomaly(x, TWICE, f, 0)
    elif not may(card.status, status):
        anomaly(x, OUT_OF_STATE, f, 0)
    elif status == DETACHED:
        card.cycle += 1
        move(x, c, DETACHED, board_of(f.loop), 0, f)
        rearm(x, f)
    else:
        arrive_early(x, c, status)
        move(x, c, status, 0, 0, f)


@kernel
def may(now: int, next_: int) -> bool:
    """Whether a scan may take a card from `now` to `next_`."""
    if next_ == DETACHED:
        return now == FULL
    if next_ == FULL:
        return now in (DETACHED, ORDERED, IN_PROCESS, IN_TRANSIT)
    return now in (FULL, DETACHED)


@kernel
def arrive_early(x: int, c: int, status: int) -> None:
    """A card scanned back before its receipt was booked: that receipt is not another card's."""
    card = card_at(x, c)
    if status != FULL or card.carrier == 0:
        return
    row = find(x, CARRIER, card.carrier)
    carrier = carrier_at(x, row)
    carrier.done -= card.share
    if card.status != IN_TRANSIT:
        carrier.shipped -= card.share
    if card.status not in (IN_TRANSIT, IN_PROCESS):
        carrier.started -= card.share


@kernel
def named(x: int, f: Any, status: int) -> int:
    """One card named by an event that moves it; the ref of its former carrier, 0 if none.

    Ordered by a decision, in process by a work order, in transit by a shipment. The carrier is
    the main fact's ref and item, each card stands for an equal share of its quantity.
    """
    h = head_at(x, 0)
    c = find(x, CARD, pair(f.loop, f.ref))
    if c < 0 or card_at(x, c).status in (UNKNOWN, WITHDRAWN):
        anomaly(x, UNKNOWN_CARD, f, 0)
        return 0
    card = card_at(x, c)
    if f.flags & REVERSAL:
        unmove(x, c, status, f)
        return card.carrier >> 32 if 0 < card.carrier < board_of(0) else 0
    if card.status >= status or card.status == FULL:
        anomaly(x, TWICE if card.status == status else OUT_OF_STATE, f, 0)
        return 0
    was = card.carrier >> 32 if 0 < card.carrier < board_of(0) else 0
    move(x, c, status, pair(h.ref, f.item), h.share, f)
    return was


@kernel
def released(x: int, key: int, loop: int, f: Any) -> None:
    """A decision was declined or refused: its ordered cards hang on the board again."""
    row = find(x, CARRIER, key)
    c = carrier_at(x, row).head if row >= 0 else 0
    while c > 0:
        following = card_at(x, c - 1).next
        if card_at(x, c - 1).status == ORDERED:
            move(x, c - 1, DETACHED, board_of(loop), 0, f)
        c = following


@kernel
def taken_back(x: int, key: int, loop: int, f: Any) -> None:
    """The refusal is undone: cards that it sent back, and that are still there, are ordered."""
    row = find(x, CARRIER, board_of(loop))
    c = carrier_at(x, row).head if row >= 0 else 0
    while c > 0:
        following = card_at(x, c - 1).next
        if card_at(x, c - 1).last_carrier == key:
            unmove(x, c - 1, DETACHED, f)
        c = following
