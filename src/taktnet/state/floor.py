"""Views of what goes around and runs: loops, cards, lots, resources, closures, pace, feeds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from taktnet.base.names import Domain, Names
from taktnet.ledger.fact import MILLION, STOP, instant
from taktnet.state import tables as t
from taktnet.state.memory import Memory
from taktnet.state.rhythm import feed_limits
from taktnet.state.rows import Card, Closure, Feed, Loop, Lot, Pace, Point, Resource, ResourcePace
from taktnet.state.tables import Table
from taktnet.state.views import of, points, when

if TYPE_CHECKING:
    from taktnet.network import Network

_STOP: dict[int, str] = {v: k for k, v in STOP.items()}
_CARD = ("unknown", "full", "empty", "ordered", "in_process", "in_transit", "withdrawn")


def loops(memory: Memory, names: Names, network: Network | None) -> list[Loop]:
    """See `State.loops`."""
    rows = {int(r["loop"]): r for r in memory.live(Table.LOOP)}
    made = [_named_loop(row, names) for row in rows.values() if network is None or row["issued"]]
    if network is not None:
        known = {loop.loop for loop in made}
        at_hand = {(p.site, p.item): p for p in points(memory, names, "", "")}
        for loop in network.loops:
            if loop.id not in known:
                row = rows.get(names.find(Domain.LOOP, loop.id))
                made.append(_counted_loop(loop, row, at_hand.get((loop.site, loop.item))))
    return sorted(made, key=lambda loop: loop.loop)


def _named_loop(row: Any, names: Names) -> Loop:
    full, empty = int(row["full"]), int(row["empty"])
    ordered = int(row["ordered"]) + int(row["free_ordered"])
    process = int(row["in_process"]) + int(row["free_in_process"])
    moving = int(row["in_transit"]) + int(row["free_in_transit"])
    return Loop(
        names.text(Domain.LOOP, row["loop"]),
        names.text(Domain.SITE, row["site"]),
        names.text(Domain.ITEM, row["item"]),
        int(row["issued"]) if row["issued"] else ordered + process + moving,
        full,
        empty,
        ordered,
        process,
        moving,
        bool(row["issued"]),
        int(row["decisions"]),
        when(int(row["refused"])),
    )


def _counted_loop(loop: Any, row: Any, point: Point | None) -> Loop:
    """Cards without names: what is not ordered is full as far as the stock reaches, else empty."""
    ordered, process, moving = (
        (0, 0, 0)
        if row is None
        else (int(row["free_ordered"]), int(row["free_in_process"]), int(row["free_in_transit"]))
    )
    left = max(0, loop.cards - ordered - process - moving)
    on_hand = 0.0 if point is None else point.available + point.held + point.inspection
    full = min(left, max(0, round(on_hand * MILLION)) // round(loop.container_qty * MILLION))
    if on_hand > full * loop.container_qty and full < left:
        full += 1  # a container in use is still with its card
    return Loop(
        loop.id,
        loop.site,
        loop.item,
        full + (left - full) + ordered + process + moving,
        full,
        left - full,
        ordered,
        process,
        moving,
        False,
        0 if row is None else int(row["decisions"]),
        None if point is None else point.refused,
    )


def cards(memory: Memory, names: Names, loop: str) -> list[Card]:
    """See `State.cards`."""
    rows = memory.live(Table.CARD)
    rows = rows[(rows["status"] != t.Card.UNKNOWN) & (rows["status"] != t.Card.WITHDRAWN)]
    if loop:
        rows = rows[rows["loop"] == names.find(Domain.LOOP, loop)]
    made = [_card(row, names) for row in rows]
    return sorted(made, key=lambda c: (c.loop, c.card))


def _card(row: Any, names: Names) -> Card:
    carrier = int(row["carrier"])
    return Card(
        names.text(Domain.LOOP, row["loop"]),
        names.text(Domain.REF, row["card"]),
        _CARD[int(row["status"])],
        instant(int(row["since"])),
        names.text(Domain.REF, carrier >> 32) if 0 < carrier < 1 << 62 else "",
        int(row["cycle"]),
    )


def lots(memory: Memory, names: Names, site: str) -> list[Lot]:
    """See `State.lots`."""
    rows = of(memory.live(Table.WORK), names, site, "")
    rows = rows[(rows["ended"] == 0) & (rows["started"] != 0)]
    text = names.text
    made = [
        Lot(
            text(Domain.REF, r["ref"]),
            text(Domain.SITE, r["site"]),
            text(Domain.ITEM, r["item"]),
            text(Domain.RESOURCE, r["resource"]),
            text(Domain.LOT, r["lot"]),
            text(Domain.LOOP, r["loop"]),
            text(Domain.REF, r["line"]),
            int(r["qty"]) / MILLION,
            int(r["produced"]) / MILLION,
            int(r["scrap"]) / MILLION,
            instant(int(r["started"])),
        )
        for r in rows
    ]
    return sorted(made, key=lambda lot: (lot.site, lot.started, lot.order))


def resources(memory: Memory, names: Names, site: str) -> list[Resource]:
    """See `State.resources`."""
    rows = of(memory.live(Table.RESOURCE), names, site, "")
    text = names.text
    made = [
        Resource(
            text(Domain.RESOURCE, r["resource"]),
            text(Domain.SITE, r["site"]),
            not r["stopped"],
            when(int(r["since"])),
            _STOP[int(r["reason"])] if r["stopped"] else "",
            text(Domain.ITEM, r["item"]) if r["stopped"] else "",
            int(r["stops"]),
            int(r["down"]) / t.HOUR,
        )
        for r in rows
    ]
    return sorted(made, key=lambda r: (r.site, r.resource))


def closures(memory: Memory, names: Names) -> list[Closure]:
    """See `State.closures`."""
    rows = memory.live(Table.CLOSURE)
    made = [
        Closure(
            "lane" if r["lane"] else "site",
            names.text(Domain.LANE, r["lane"]) if r["lane"] else names.text(Domain.SITE, r["site"]),
            instant(int(r["since"])),
            when(int(r["until"])),
            int(r["seq"]),
        )
        for r in rows[rows["closed"] == 1]
    ]
    return sorted(made, key=lambda c: (c.kind, c.name))


def _days(row: Any, measure: int, known: int, today: int) -> tuple[float, ...]:
    """The ring of one measure as the days up to `today`, oldest first."""
    ring = row["day"][:, measure]
    return tuple(
        int(ring[d % t.RING]) / MILLION if known - t.RING < d <= known else 0.0
        for d in range(today - t.RING + 1, today + 1)
    )


def _total(row: Any, measure: int) -> float:
    return (int(row["day"][:, measure].sum()) + int(row["past"][measure])) / MILLION


def pace(memory: Memory, names: Names, now: int, site: str, item: str) -> list[Pace]:
    """See `State.pace`."""
    today = now // t.DAY
    rows = memory.used(Table.POINT)
    beside = memory.arrays[Table.POINT_PACE]
    keep = rows["day"] > 0
    for field, domain, text in (("site", Domain.SITE, site), ("item", Domain.ITEM, item)):
        if text:
            keep &= rows[field] == names.find(domain, text)
    made: list[Pace] = []
    for i in np.flatnonzero(keep).tolist():
        ring, known = beside[i], int(rows["day"][i])
        made.append(
            Pace(
                names.text(Domain.SITE, rows["site"][i]),
                names.text(Domain.ITEM, rows["item"][i]),
                _days(ring, 0, known, today),
                _days(ring, 1, known, today),
                _days(ring, 2, known, today),
                _total(ring, 0),
                _total(ring, 1),
                _total(ring, 2),
            )
        )
    return sorted(made, key=lambda p: (p.site, p.item))


def resource_pace(memory: Memory, names: Names, now: int) -> list[ResourcePace]:
    """See `State.resource_pace`."""
    today = now // t.DAY
    rows = memory.used(Table.RESOURCE)
    beside = memory.arrays[Table.RESOURCE_PACE]
    made: list[ResourcePace] = []
    for i in np.flatnonzero(rows["day"] > 0).tolist():
        row, ring = rows[i], beside[i]
        made.append(
            ResourcePace(
                names.text(Domain.RESOURCE, row["resource"]),
                names.text(Domain.SITE, row["site"]),
                names.text(Domain.ITEM, row["last_item"]),
                _days(ring, 0, int(row["day"]), today),
                _total(ring, 0),
            )
        )
    return sorted(made, key=lambda p: (p.site, p.resource))


def feeds(memory: Memory, names: Names, now: int, factor: float, floor_h: float) -> list[Feed]:
    """See `State.feeds`."""
    rows = memory.used(Table.FEED)
    usual = np.zeros(len(rows), np.int64)
    allowed = np.zeros(len(rows), np.int64)
    floor = round(floor_h * t.HOUR)
    feed_limits(memory.address, len(rows), usual.ctypes.data, allowed.ctypes.data, factor, floor)
    made = [
        Feed(
            names.text(Domain.SOURCE, r["system"]),
            names.text(Domain.SITE, r["site"]),
            instant(int(r["last"])),
            instant(int(r["heard"])),
            int(r["events"]),
            int(usual[i]) / t.HOUR if usual[i] else None,
            max(0, now - int(r["last"])) / t.HOUR,
            now - int(r["last"]) > int(allowed[i]),
        )
        for i, r in enumerate(rows)
    ]
    return sorted(made, key=lambda f: (f.source, f.site))
