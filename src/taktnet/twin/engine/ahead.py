"""What the next events will touch is asked for in good time, so that none waits for memory.

A large network is larger than the caches of a processor, and an event touches a dozen records. As
the hand of the calendar goes on, the buckets before it are looked at four times: for their nodes,
then what these name, then what that names. Nothing is read that is not there, nothing is changed.
A smaller one waits only for the next cache: there the next event's own records are asked for.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from taktnet.state.machine import kernel, prefetch
from taktnet.twin.engine.access import (
    address,
    base_of,
    bucket_of,
    cell_at,
    demand0_at,
    full_of,
    lane_at,
    link_at,
    lowest_bit,
    node_at,
    place_at,
    proc_at,
    server_at,
)
from taktnet.twin.layout import DTYPES, LINE, MAKE, Kind, Table

ARRIVE, END, REQUEST = int(Kind.ARRIVE), int(Kind.END), int(Kind.REQUEST)
DEMAND, DEPART = int(Kind.DEMAND), int(Kind.DEPART)
#: Points from which on a network does not fit a processor's own cache, and looking ahead pays.
MANY = 2000
#: How many buckets before the hand it may look, and the later looks, in buckets that hold events.
FAR, NAMED, BEHIND, LAST = 48, 2, 4, 6

node_place = address(Table.NODE)
cell_place = address(Table.CELL)
point_place = address(Table.POINT)
place_place = address(Table.PLACE)
link_place = address(Table.LINK)
lane_place = address(Table.LANE)
lane0_place = address(Table.LANE0)
proc_place = address(Table.PROC)
proc0_place = address(Table.PROC0)
res0_place = address(Table.RES0)
server_place = address(Table.SERVER)
demand_place = address(Table.DEMAND)
demand0_place = address(Table.DEMAND0)
edition_place = address(Table.EDITION)


@kernel
def look_ahead(x: int, h: Any, cursor: int) -> None:
    """The hand goes on to a bucket; the look that goes before it takes a step too."""
    at = max(h.ahead, cursor) + 1
    if at > cursor + FAR:
        return
    mask = h.buckets - 1
    b = at & mask
    step = lowest_bit(full_of(x, b >> 6), b & 63)
    if step == 64:
        h.ahead = at | 63
        return
    h.ahead = at + step
    b += step
    prefetch(node_place(x, bucket_of(x, b)))
    seen = h.seen + 1
    h.seen = seen
    h.soon[seen & 7] = b
    i = bucket_of(x, h.soon[(seen - NAMED) & 7] & mask)
    while i >= 0:
        n = node_at(x, i)
        _named(x, h, n.order >> 58, (n.order >> 32) & 0x3FFFFFF, n.arg)
        i = n.next
    i = bucket_of(x, h.soon[(seen - BEHIND) & 7] & mask)
    while i >= 0:
        n = node_at(x, i)
        _behind(x, h, n.order >> 58, (n.order >> 32) & 0x3FFFFFF, n.arg)
        i = n.next
    i = bucket_of(x, h.soon[(seen - LAST) & 7] & mask)
    while i >= 0:
        n = node_at(x, i)
        _last(x, n.order >> 58, (n.order >> 32) & 0x3FFFFFF, n.arg)
        i = n.next


def _first(kinds: dict[int, Table], other: Table) -> tuple[np.ndarray, np.ndarray]:
    """The number of each kind's table, and the size of its records."""
    tables = [kinds.get(kind, other) for kind in range(16)]
    return (
        np.array(tables, np.int64),
        np.array([DTYPES[t].itemsize for t in tables], np.int64),
    )


_ENTITY, _ENTITY_SIZE = _first(
    {
        END: Table.SERVER,
        ARRIVE: Table.LANE0,
        REQUEST: Table.LINK,
        DEMAND: Table.DEMAND,
        DEPART: Table.LANE,
    },
    Table.POINT,
)
_ARG, _ARG_SIZE = _first({END: Table.PROC}, Table.CELL)


@kernel
def look_at_next(x: int, i: int) -> None:
    """Ask for what the event of node i names itself, whatever it is."""
    n = node_at(x, i)
    kind = (n.order >> 58) & 15
    prefetch(base_of(x, _ENTITY[kind]) + ((n.order >> 32) & 0x3FFFFFF) * _ENTITY_SIZE[kind])
    prefetch(base_of(x, _ARG[kind]) + n.arg * _ARG_SIZE[kind])


@kernel
def _two(place: int) -> None:
    prefetch(place)
    prefetch(place + LINE)


@kernel
def _named(x: int, h: Any, kind: int, entity: int, arg: int) -> None:
    """What an event names itself."""
    if kind == END:
        prefetch(server_place(x, entity))
    elif kind == ARRIVE:
        prefetch(cell_place(x, arg))
        prefetch(lane0_place(x, entity))
    elif kind == REQUEST:
        prefetch(cell_place(x, arg))
        if entity < h.links:
            prefetch(link_place(x, entity))
        else:
            prefetch(demand_place(x, entity - h.links) + LINE)
            prefetch(demand0_place(x, entity - h.links))
    elif kind == DEMAND:
        prefetch(demand_place(x, entity))
        _two(demand0_place(x, entity))
    elif kind == DEPART:
        prefetch(lane_place(x, entity))
        _two(lane0_place(x, entity))


@kernel
def _behind(x: int, h: Any, kind: int, entity: int, arg: int) -> None:
    """What the records name that an event names."""
    if kind == END:
        m = server_at(x, entity)
        _two(proc_place(x, m.proc))
        prefetch(proc0_place(x, m.proc))
        prefetch(res0_place(x, m.res))
        _two(point_place(x, m.point))
        prefetch(point_place(x, m.point) + 2 * LINE)
        prefetch(place_place(x, m.point))
    elif kind == ARRIVE:
        c = cell_at(x, arg)
        prefetch(link_place(x, c.who))
        prefetch(cell_place(x, c.next))
    elif kind == REQUEST and entity >= h.links:
        s = demand0_at(x, entity - h.links)
        _two(point_place(x, s.point))
        prefetch(lane_place(x, s.lane))
        prefetch(cell_place(x, cell_at(x, arg).next))
    elif kind == REQUEST:
        k = link_at(x, entity)
        if k.way == MAKE:
            prefetch(place_place(x, k.dest))
            _two(proc_place(x, k.proc))
        else:
            _two(point_place(x, k.origin))
            prefetch(lane_place(x, k.lane))
            prefetch(lane0_place(x, k.lane))
    elif kind == DEMAND:
        s = demand0_at(x, entity)
        _two(point_place(x, s.point))
        prefetch(lane_place(x, s.lane))
        prefetch(lane0_place(x, s.lane))
    elif kind == DEPART:
        prefetch(cell_place(x, lane_at(x, entity).head))


@kernel
def _last(x: int, kind: int, entity: int, arg: int) -> None:
    """The end of the longest chains: an order to make and its parts, goods and their point."""
    if kind == END:
        m = server_at(x, entity)
        if m.proc >= 0:
            prefetch(cell_place(x, proc_at(x, m.proc).head))
            prefetch(edition_place(x, place_at(x, m.point).first_edition))
    elif kind == ARRIVE:
        who = cell_at(x, arg).who
        if who >= 0:
            p = link_at(x, who).dest
            _two(point_place(x, p))
            prefetch(point_place(x, p) + 2 * LINE)
