"""The tables of the twin: what each record holds, and how they lie in one buffer.

Times are int64 microseconds since the start of the run, quantities int64 millionths, money EUR as
floats. A field that points at a cell or a node holds its number, -1 for none. Static tables
belong to the model and are shared; the others are copied with every fork.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any

import numpy as np

from taktnet.ledger.fact import FACT

SECOND = 1_000_000
HOUR = 3_600 * SECOND
DAY = 24 * HOUR
#: Bytes of a cache line.
LINE = 64
#: Turns of the ring of pending events for which a list of its own is kept.
TURNS = 64
#: Orders that are kept at hand until nothing is left to decide, a power of two.
KEPT = 8
#: Buckets of a lead-time sketch: under a minute, then eight equal ones to each octave.
SKETCH = 160


class Table(IntEnum):
    """Tables by their place in the context."""

    HEAD = 0
    POINT = 1
    LINK = 2
    LANE = 3
    SITE = 4
    PROC = 5
    RES = 6
    SERVER = 7
    CAL = 8
    DEMAND = 9
    TALLY = 10
    ROAD = 11
    CHANGE = 12
    OPEN = 13
    WORK = 14
    SERIES = 15
    BUCKET = 16
    FULL = 17
    NODE = 18
    CELL = 19
    REF = 20
    # static
    PLACE = 21
    LANE0 = 22
    PROC0 = 23
    RES0 = 24
    DEMAND0 = 25
    SITE0 = 26
    EDITION = 27
    PART = 28
    USER = 29
    SPAN = 30
    LEAVE = 31
    DIST = 32
    KNOT = 33
    BREAK = 34
    CAL0 = 35
    MEMBER = 36
    PLAN = 37
    POINT_ID = 38
    LINK_ID = 39
    LANE_ID = 40
    RES_ID = 41
    DEMAND_ID = 42
    SETUP = 43
    # what a traced run writes; no fork has it
    TRACE = 44


class Kind(IntEnum):
    """Kinds of simulated events; the lower goes first at one instant."""

    CHANGE = 1
    REPAIR = 2
    FAIL = 3
    SHIFT = 4
    ARRIVE = 5
    RELEASE = 6
    END = 7
    EXPIRE = 8
    REQUEST = 9
    DEMAND = 10
    REVIEW = 11
    DEPART = 12
    SNAPSHOT = 13
    CANCEL = 14


class Change(IntEnum):
    """What a timed change of a scenario does to its entity."""

    SITE = 1  # value 1 takes the site down, -1 brings it up
    LANE = 2
    RESOURCE = 3
    DEMAND = 4  # value multiplies the demand row's rate; below 0 it is the usual rate again
    LOT = 5  # the open order is handed to the process `value`
    CANCEL = 6  # an open order of a customer is taken back


#: Why a run stopped: done, or more room is needed for nodes and cells, or the trace.
DONE, ROOM, TRACE_ROOM = 0, 1, 2
#: `DIST.kind`.
FIXED, EXPONENTIAL, LOGNORMAL, TABLE, QUANTILES = 0, 1, 2, 3, 4
#: `DEMAND0.kind`.
POISSON, NEGBIN, STEADY, NORMAL, LOGN, PLANNED = 0, 1, 2, 3, 4, 5
#: Kinds of supply, `LINK.way`.
MAKE, SHIP = 0, 1
#: `LINK.active` beside 0 and 1: a backup, which steps in while the others are closed.
STANDBY = 2


def _record(longs: str = "", floats: str = "", ints: str = "", words: str = "") -> np.dtype:
    """A record of int64, float64, uint64 and int32 fields, in this order, of whole words."""
    fields: list[Any] = [(name, "<i8") for name in longs.split()]
    fields += [(name, "<f8") for name in floats.split()]
    fields += [(name, "<u8") for name in words.split()]
    small = ints.split()
    fields += [(name, "<i4") for name in small]
    if len(small) % 2:
        fields.append(("pad", "<i4"))
    return np.dtype(fields, align=True)


def _lines(*parts: str) -> np.dtype:
    """A record of whole cache lines: each part is a type and its fields, in order.

    What one event touches lies in one line, the seldom touched in the last.
    """
    fields: list[Any] = []
    for part in parts:
        kind, *names = part.split()
        fields += [(name, kind) for name in names]
    made = np.dtype(fields, align=True)
    places = [made.fields[name][1] for name, _ in fields] if made.fields else []
    return np.dtype(
        {
            "names": [name for name, _ in fields],
            "formats": [kind for _, kind in fields],
            "offsets": places,
            "itemsize": -(-made.itemsize // LINE) * LINE,
        },
        align=True,
    )


#: One record: the clock, the queue, the pools, what was counted.
HEAD = _lines(
    "i8 now start end pending node_free node_used node_room cell_free cell_used cell_room"
    " shift ring buckets cursor turn outside far open near heap mark mark_events check rebuilds"
    " work_head work_tail"
    " work_mask events stale snap_every snap_n snap_room points links lanes sites resources"
    " servers calendars demands roads changes procs warm orders_waiting"
    " at trace_n trace_room trace_lost ref source tenant order_head order_tail ahead seen"
    " kept_head kept_tail",
    f"({KEPT},)i8 kept_qty kept_mark kept_link kept_ref", "(8,)i8 soon",
    f"({TURNS},)i4 turns", "u8 key",
)  # fmt: skip
#: A stocking point (site, item; `inspecting` is there but not free: in inspection, or at the dock):
#: what every look at it reads, what a request or a job counts,
#: what an order and a delivery do. `trigger` is the highest position at which its rule may order.
POINT = _lines(
    "i8 onhand inspecting coming reserved last", "f8 stock_area", "i8 trigger",
    "i2 flags policy", "i4 head",
    "i8 queued", "f8 owed_area", "i8 wanted filled shipped used made", "i4 tail waiting",
    "i8 level reorder lot decided received leads", "f8 lead_sum lead_squares",
)  # fmt: skip
#: A supply option of a point: a loop, a source, or making it on the spot.
LINK = _lines(
    "i8 out container", "u8 name",
    "i4 dest lane origin origin_site proc ordinal cards least first_break", "i2 way rule",
    "i8 given prep collect", "f8 price spend share", "i4 decisions breaks works active",
    "i8 moq", "i4 signal_at lot",
)  # fmt: skip
#: A lane: what waits at its dock, and what it has carried.
LANE = _lines(
    "i8 shipments", "f8 cost kg m3 co2_t", "i4 head tail next_leave ordinal vehicles", "i2 down due"
)
#: A site; `shut` outside its working time, when it takes nothing in.
SITE = _record("", "", "down gate_head gate_tail held_head held_tail shut")
#: A process: what is to be started, and the orders it works for; `whole` is the probability that
#: a job of the size `sized` is all good.
PROC = _lines(
    "i8 queued started made scrapped", "i4 next listed blocked ordinal head tail jobs",
    "i8 sized", "f8 whole", "i8 given starved_at starved",
)  # fmt: skip
RES = _record("", "", "head tail idle hold short pad1")
#: One machine of a resource; `point` is that of the process under way.
SERVER = _lines(
    "i8 qty end run busy", "i4 res next proc last seq setups point", "i2 hold listed",
    "i8 left down down_at", "i4 fails",
)  # fmt: skip
CAL = _record("", "", "cursor on")
#: A customer's demand for an item.
DEMAND = _lines(
    "i8 next ordinal lines units on_time_lines on_time_units", "f8 factor", "i4 seq plan",
    "i8 carry late_sum overdue", "f8 late_area", "i4 held_head held_tail",
)  # fmt: skip
#: Seldom touched counts of a point, when its stock is next looked at for what is past its date,
#: and the sketch of its lead times.
TALLY = _lines(
    f"({SKETCH},)i4 sketch", "i8 scrapped expired stockouts expiry", "i4 batch_head batch_tail"
)
#: Goods that are on the road when the run starts. `seen` is F(age), where the residual begins.
#: `moved` of an extra shipment, which no one has told of yet.
ROAD = _record("qty age delay born", "seen", "lane lost kind ref shipment order moved", "name")
CHANGE = _record("at", "value", "what entity")
WORK = np.dtype("<i4")
#: One row per snapshot: time, stock value, units owed, wanted, filled, on the way, freight cost.
#: `stock` and `coming` are EUR at cost; `owed`, `wanted` and `filled` millionths of units at
#: points that serve customers; `spend` and `freight` EUR so far.
SERIES = _record("at", "stock owed wanted filled coming spend freight", "")
BUCKET = np.dtype("<i4")
#: A bit for each bucket that holds events.
FULL = np.dtype("<i8")
#: A pending event; `order` is kind, entity and the sequence of that entity.
NODE = _record("t order", "", "arg next")
#: A request, a parcel, a batch or a production order. While a customer's order is held, `mark` is
#: when it is released and `who` its number: -1 - number for one that was open at the start.
CELL = _record("qty placed mark", "", "who next")
#: Beside a cell of a traced run: the names of its order and its shipment or work order, and of an
#: order to make the whole quantity and what of it is started.
REF = _record("qty started", "", "order shipment")

#: What never changes about a point.
PLACE = _lines(
    "i8 review shelf inspect",
    "i4 site kind first_link links first_edition editions first_proc procs first_user users",
    "i8 container", "f8 kg m3 cost holding", "i4 item backups",
)  # fmt: skip
LANE0 = _lines(
    "i8 customs", "f8 cap_kg cap_m3 cost_shipment", "u8 name",
    "i4 dist first_leave leaves origin dest",
    "f8 cost_kg cost_m3 co2 km",
)  # fmt: skip
PROC0 = _lines("i8 setup lot", "f8 cycle yield_rate share", "u8 name", "i4 point res dist kind")
#: `kinds` set-ups that tell from one another begin at `first_setup` in SETUP; 0: as processes say.
RES0 = _record("", "mtbf mttr", "site cal first_server servers first_setup kinds", "name")
DEMAND0 = _lines(
    "i8 lead", "f8 rate p1", "u8 name", "i4 point lane site kind partial prio plan plans",
    "i8 slack first window", "f8 p2 price",
)  # fmt: skip
#: `name` is the id of a site's name.
SITE0 = _record("", "", "first_res res first_point points name pad1")
#: Which parts go into a product until when.
EDITION = _record("until", "", "first parts")
PART = _record("", "per", "point pad1")
USER = np.dtype("<i4")
#: A working span and the working time before it.
SPAN = _record("on off done")
LEAVE = np.dtype("<i8")
DIST = _record("", "a b", "kind first knots pad1")
KNOT = np.dtype("<f8")
BREAK = _record("qty", "price")
#: Working time, its resources, and the sites that take goods in by it (both in MEMBER).
CAL0 = _record("", "", "first spans first_member members first_site sites")
MEMBER = np.dtype("<i4")
#: An order of a plan, and when it is cancelled (0: never).
PLAN = _record("at qty until")
#: What is open when the run starts: a customer's order (who < 0), an order of a link, or
#: (started = 1) the order that a job under way works for. One that is planned waits for its change.
#: An order of a link is at its origin at `ready`, where that is still to come.
OPEN = _record("qty placed done ready", "", "who started order work planned pad1")
#: Names of what the records stand for, as ids of `base.names`, and what a decision says beside.
POINT_ID = _record("", "", "site item")
LINK_ID = _record(
    "collect lead transit window first_leave leaves", "unit_us",
    "origin loop rule action works opens",
)  # fmt: skip
LANE_ID = _record("transit", "", "lane pad1")
RES_ID = _record("", "", "site res")
DEMAND_ID = _record("price", "", "customer currency")
#: Microseconds from one set-up of a resource to another, row by row.
SETUP = np.dtype("<i8")
TRACE = FACT

DTYPES: dict[Table, np.dtype] = {t: globals()[t.name] for t in Table}
#: Tables of a run, copied with every fork.
OWN: tuple[Table, ...] = tuple(t for t in Table if t <= Table.REF)
#: Those among them of which only the used part is copied.
POOLS = (Table.NODE, Table.CELL, Table.REF)
STATIC: tuple[Table, ...] = tuple(t for t in Table if Table.PLACE <= t < Table.TRACE)
