"""What the compiled rules read of the network, and what they hand back.

Quantities are millionths, times microseconds, names ids; like the tables of the state.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from taktnet.ledger.event import NUMBER, DecisionTaken

DECISION = NUMBER[DecisionTaken]


class Table(IntEnum):
    """The tables of the lowered network, by their place in the context."""

    POINT = 0
    LOOP = 1
    SOURCE = 2
    HOURS = 3
    SPAN = 4
    LEAVE = 5


#: Who is asked while a source is closed, `INFO.instead`.
OTHER, BACKUP, NOBODY = 0, 1, 2
#: Policies of a stocking point, as in `POINT.policy`.
NONE, BASE_STOCK, UP_TO, LOTS = 0, 1, 2, 3

#: A stocking point that decides; its loops and sources lie one after another. Where it has loops,
#: its sources are their backups.
POINT = np.dtype(
    [
        ("key", "<i8"),
        ("level", "<i8"),  # base stock, S
        ("reorder", "<i8"),  # s, R
        ("lot", "<i8"),  # Q
        ("review", "<i8"),
        ("capacity", "<i8"),  # cards x containers of all its loops
        ("policy", "<i4"),
        ("rule", "<i4"),
        ("first_loop", "<i4"),
        ("loops", "<i4"),
        ("first_source", "<i4"),
        ("sources", "<i4"),
    ]
)
LOOP = np.dtype(
    [
        ("key", "<i8"),  # the loop's id
        ("container", "<i8"),
        ("collect", "<i8"),  # until cards are collected
        ("lead", "<i8"),  # of preparing or setting up, in working time
        ("unit_us", "<f8"),  # of making one unit, in working time
        ("transit", "<i8"),  # as agreed
        ("window", "<i8"),
        ("works", "<i4"),  # rows of HOURS: of the origin or the line,
        ("leaves", "<i4"),  # of the lane's departures,
        ("opens", "<i4"),  # of the destination
        ("site", "<i4"),
        ("item", "<i4"),
        ("origin", "<i4"),
        ("lane", "<i4"),
        ("rule", "<i4"),
        ("action", "<i4"),
        ("scan", "<i4"),
        ("cards", "<i4"),
        ("least", "<i4"),
        ("signal_at", "<i4"),
        ("lot", "<i4"),
    ]
)
SOURCE = np.dtype(
    [
        ("key", "<i8"),  # its place
        ("share", "<f8"),
        ("moq", "<i8"),
        ("container", "<i8"),
        ("lead", "<i8"),
        ("unit_us", "<f8"),
        ("transit", "<i8"),
        ("window", "<i8"),
        ("origin", "<i4"),
        ("lane", "<i4"),
        ("action", "<i4"),
        ("works", "<i4"),
        ("leaves", "<i4"),
        ("opens", "<i4"),
        ("backup", "<i4"),
        ("pad", "<i4"),
    ]
)
#: A calendar's spans or a timetable's departures, `count` from row `first` of their table on.
HOURS = np.dtype([("key", "<i8"), ("first", "<i8"), ("count", "<i8")])
#: Working time: from `on` to `off`, after so much of it since the first span.
SPAN = np.dtype([("key", "<i8"), ("on", "<i8"), ("off", "<i8"), ("before", "<i8")])
LEAVE = np.dtype([("key", "<i8"), ("at", "<i8")])
DTYPES: dict[Table, np.dtype] = {
    Table.POINT: POINT,
    Table.LOOP: LOOP,
    Table.SOURCE: SOURCE,
    Table.HOURS: HOURS,
    Table.SPAN: SPAN,
    Table.LEAVE: LEAVE,
}

#: The one record that the compiled loop works from, and leaves its progress and the decision in
#: the making in.
CONTROL = np.dtype(
    [
        *((name, "<i8") for name in ("now", "facts", "n", "i", "out", "out_room", "out_n")),
        *((name, "<i8") for name in ("info", "queue", "queue_room", "head", "tail")),
        *((name, "<i8") for name in ("next_ref", "source", "tenant", "floor", "wait")),
        *((name, "<i8") for name in ("need", "cause", "depth")),
        ("factor", "<f8"),
        *((name, "<i8") for name in ("site", "item", "origin", "lane", "loop", "rule", "action")),
        *((name, "<i8") for name in ("qty", "named", "collect", "lead", "transit", "window")),
        *((name, "<i8") for name in ("works", "leaves", "opens", "feed")),
        ("unit_us", "<f8"),
        *((name, "<i8") for name in ("out_seq", "number", "position", "on_hand", "coming")),
        *((name, "<i8") for name in ("reserved", "level", "reorder", "empty", "cards")),
        *((name, "<i8") for name in ("container", "containers", "board", "closure", "backup")),
    ]
)
#: Beside every fact of a decision: what it rests on. `cause` is the place of the causing event's
#: first fact or -1, `card_seq` the scan of a named card, `board` the loop whose cards are empty;
#: `closed_seq` (0: nothing is) and what follows tell of a closed source, and who is asked instead.
INFO = np.dtype(
    [
        *((name, "<i8") for name in ("cause", "card_seq", "out_seq", "number", "position")),
        *((name, "<i8") for name in ("on_hand", "coming", "reserved", "level", "reorder")),
        *((name, "<i8") for name in ("empty", "cards", "container", "board")),
        *((name, "<i8") for name in ("closed_seq", "closed_site", "closed_lane", "since", "until")),
        ("instead", "<i8"),
    ]
)
#: What is still to be examined: (0, point row) or (1, loop row), why, and how many tiers away.
QUEUE = np.dtype([("what", "<i8"), ("row", "<i8"), ("cause", "<i8"), ("depth", "<i8")])
