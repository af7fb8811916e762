"""Levelling of lines: takt, pitch, heijunka box and sequence of a day, and how often each part.

Every line gets its demand of the next working day levelled container by container (methods B1, B5),
and the shortest interval in which it can make every part (B4), which sizes its lots.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from taktnet.app.clock import WallClock
from taktnet.app.plans.draft import Change, Draft, Figure, Line, change
from taktnet.app.plans.overload import fewest
from taktnet.app.plans.vertical import Asked, Option, Vertical
from taktnet.app.plans.view import PlanView, Progress
from taktnet.base.errors import Fault, InputFaults
from taktnet.base.exact import ceil_div, exact
from taktnet.ledger.fact import instant
from taktnet.network import Network
from taktnet.network.changeovers import Changeovers, setup_of
from taktnet.network.components import Process
from taktnet.network.network import row_key
from taktnet.network.rates import ProcessRate, network_takt, pitch_s
from taktnet.plan.epei import MOST_PARTS, Epei, Part, epei
from taktnet.plan.heijunka import Box, board, heijunka_box

#: Most lines whose boxes are kept with a draft, and most slots of one.
MOST_BOXES, MOST_SLOTS = 40, 2_000
#: Days that are looked ahead for one on which a line works.
_AHEAD_D = 21


@dataclass(frozen=True, slots=True)
class Levelled:
    """One line on one day: its products, its box, and the interval of its parts."""

    line: str
    site: str
    day: date
    available_s: float
    rows: tuple[tuple[Process, ProcessRate], ...]
    packs: dict[str, int]
    demand: dict[str, int]
    box: Box | None
    why: str
    epei: Epei
    use: float | None
    conflict: tuple[str, ...] = ()


def make(view: PlanView, asked: Asked, progress: Progress) -> Draft:
    """Level the lines asked for: lots by the shortest interval, a box for the next working day."""
    network = view.network
    now = view.now if view.state is not None else WallClock().now()
    takt = network_takt(network, instant(now).date())
    by_line: dict[str, list[ProcessRate]] = {}
    for row in takt.processes:
        if asked["site"] in ("", row.site) and asked["line"] in ("", row.resource):
            by_line.setdefault(row.resource, []).append(row)
    if asked["line"] and not by_line:
        wanted = "a line that makes something customers ask for"
        raise InputFaults([Fault("plan level", 0, "line", asked["line"], wanted)])
    told = Changeovers(network)
    found: list[Levelled] = []
    for n, (line, rates) in enumerate(sorted(by_line.items())):
        progress(n, len(by_line))
        found.append(level_line(network, line, rates, now, spare=asked["spare"] / 100, told=told))
    found.sort(key=lambda x: (-(x.use or 0.0), x.line))
    return _draft(view, network, found, asked["limit"], now)


def level_line(
    network: Network,
    line: str,
    rates: Sequence[ProcessRate],
    now: int,
    *,
    spare: float,
    told: Changeovers,
) -> Levelled:
    """One line; `spare` is the share of its time that is kept free of runs and changeovers."""
    resource = network.resource(line)
    working = network.working_time(resource.site, line)
    day, available = _day(working, now)
    mean = working.mean_day_seconds(instant(now).date(), 28)
    available *= resource.count
    mean *= resource.count
    processes = {p.item: p for p in network.processes if p.resource == line}
    rows = tuple((processes[r.item], r) for r in sorted(rates, key=lambda r: r.item) if r.rate_day)
    packs = {r.item: math.ceil(network.item(r.item).container_qty) for _, r in rows}
    # A working day carries the demand of the days on which the line stands, too.
    share = available / mean if available and mean else 1.0
    demand = {r.item: ceil_div(exact(r.rate_day) * exact(round(share, 9)), 1) for _, r in rows}
    parts = [Part(p.item, r.rate_day * share, p.cycle_s / p.yield_rate, p.setup_s) for p, r in rows]
    free = available * (1 - spare)
    interval = epei(parts, free, _changeovers(told, line, rows)) if rows else epei([], available)
    use = interval.run_s / available if available else None
    box, why = _box(demand, packs, available)
    return Levelled(
        line, resource.site, day, available, rows, packs, demand, box, why, interval, use,
        _conflict(parts, packs, (available, available - free), day),
    )  # fmt: skip


def _conflict(
    parts: Sequence[Part], packs: dict[str, int], time: tuple[float, float], day: date
) -> tuple[str, ...]:
    """The fewest demands on a line's day that cannot be met together, in words; () where all can.

    `time` are its working seconds, and those of them to be kept free. What is kept free, and that
    containers are filled, are among the demands only where it is they that do not fit.
    """
    available, kept = time
    shifts = f"the shifts of {day:%d %b} give {available / 3600:.1f} h"
    if not available:
        shifts = f"no shift within {_AHEAD_D} days"
    runs = {p.id: p.demand_day * p.cycle_s for p in parts}
    full = {p.id: math.ceil(p.demand_day / packs[p.id] - 1e-9) * packs[p.id] for p in parts}
    filled = {p.id: full[p.id] * p.cycle_s for p in parts}
    told = {
        p.id: f"{p.id}: {p.demand_day:,.4g} a day take {runs[p.id] / 3600:.1f} h" for p in parts
    }
    if found := fewest(runs, available):
        return (*(told[i] for i in found), shifts)
    # A day that is full to the last second leaves no time for a changeover.
    if found := fewest(runs, math.nextafter(available - kept, 0)):
        return (*(told[i] for i in found), f"{kept / 3600:.1f} h of it are kept free", shifts)
    if found := fewest(filled, available):
        rows = (f"{i}: {full[i]:,} in full containers take {filled[i] / 3600:.1f} h" for i in found)
        return (*rows, shifts)
    return ()


def _changeovers(
    told: Changeovers, line: str, rows: Sequence[tuple[Process, ProcessRate]]
) -> dict[tuple[str, str], float] | None:
    """Seconds from part to part of a line where the order matters; None where it does not."""
    if line not in told.ordered or not 1 < len(rows) <= MOST_PARTS:
        return None
    needs = {p.item: setup_of(p) for p, _ in rows}
    return {
        (a, b): told.seconds(line, x, y)
        for a, x in needs.items()
        for b, y in needs.items()
        if a != b
    }


def _day(working: Any, now: int) -> tuple[date, float]:
    """Today while a line still works, else the next day on which it does; its net seconds."""
    first = instant(now).astimezone(working.zone).date()
    for n in range(_AHEAD_D + 1):
        day = first + timedelta(days=n)
        spans = working.spans(day)
        if spans and spans[-1][1] > now:
            return day, working.day_seconds(day)
    return first, 0.0


def _box(demand: dict[str, int], packs: dict[str, int], available: float) -> tuple[Box | None, str]:
    if not any(demand.values()):
        return None, "no demand"
    if not available:
        return None, f"no shift within {_AHEAD_D} days"
    containers = sum(-(-d // packs[i]) for i, d in demand.items())
    if containers > MOST_SLOTS:
        return None, f"{containers:,} containers a day, at most {MOST_SLOTS:,} are levelled"
    return heijunka_box(demand, packs, available), ""


def pattern(sequence: Sequence[str]) -> tuple[str, ...]:
    """The shortest stretch whose repetition is the sequence."""
    n = len(sequence)
    for length in range(1, n + 1):
        if n % length == 0 and tuple(sequence[:length]) * (n // length) == tuple(sequence):
            return tuple(sequence[:length])
    return tuple(sequence)


def _draft(
    view: PlanView, network: Network, found: list[Levelled], limit: float, now: int
) -> Draft:
    lots = [_lot(network, one, p, r, limit) for one in found for p, r in one.rows]
    changes: list[Change] = []
    for lot in lots:
        key = row_key("processes", lot.process)
        made = change(network, "processes", key, {"lot_qty": lot.proposed})
        if lot.proposed != lot.today and made:
            changes.append(made)
    over = sum(one.epei.overloaded for one in found)
    told = f"{len(found)} lines levelled, {len(changes)} lots change"
    boxes = [_detail(view, network, one, now) for one in found[:MOST_BOXES]]
    return Draft(
        kind="level",
        summary=told + (f"; {over} lines have more work than time" if over else ""),
        lines=tuple(_line(lot) for lot in lots),
        changes=tuple(changes),
        money=Figure(
            today=round(sum(lot.today * lot.value for lot in lots) / 2, 2),
            proposed=round(sum(lot.proposed * lot.value for lot in lots) / 2, 2),
            unit="EUR",
            means="Cycle stock: half a lot of every part at standard cost",
        ),
        service=Figure(
            today=round(max((lot.today_d for lot in lots), default=0.0), 2),
            proposed=round(max((lot.proposed_d for lot in lots), default=0.0), 2),
            unit="d",
            means="Working days after which the slowest part comes round again",
            less_is_better=True,
        ),
        assumptions=(
            "A working day carries the mean demand of the days since the last",
            "EPEI = changeovers of one round / (time - run time), in working days (methods B4);"
            " lots are whole containers",
        ),
        position=view.position,
        details={"boxes": boxes, "hidden": max(0, len(found) - MOST_BOXES)},
    )


@dataclass(frozen=True, slots=True)
class _Lot:
    """The lot of one part on one line, today and proposed, and the working days that each lasts."""

    process: Process
    takt_s: float | None
    epei: Epei
    against: tuple[str, ...]
    value: float
    today: float
    proposed: float
    today_d: float
    proposed_d: float


def _lot(
    network: Network, one: Levelled, process: Process, rate: ProcessRate, limit: float
) -> _Lot:
    item = network.item(process.item)
    lot = proposed = process.lot_qty or item.container_qty
    a_day = one.demand[process.item]
    if one.epei.days is not None and one.epei.days <= limit:
        pack = exact(item.container_qty)
        proposed = float(max(1, ceil_div(a_day * one.epei.days, pack)) * pack)
    return _Lot(
        process,
        rate.takt_s,
        one.epei,
        one.conflict,
        item.cost / network.per_eur(item.currency),
        lot,
        proposed,
        lot / a_day if a_day else 0.0,
        proposed / a_day if a_day else 0.0,
    )


def _line(lot: _Lot) -> Line:
    if lot.epei.days is None:
        why = "these cannot be met together: " + "; ".join(lot.against)
        why += ". Give way on one of them"
    elif lot.proposed == lot.today:
        why = f"every {lot.today_d:.2f} d; EPEI {lot.epei.days:.2f} d"
    else:
        why = f"every {lot.proposed_d:.2f} d instead of {lot.today_d:.2f} d; "
        why += f"EPEI {lot.epei.days:.2f} d"
    takt = f"; takt {lot.takt_s:.1f} s" if lot.takt_s else ""
    p = lot.process
    return Line(
        what=f"{p.resource} {p.item}", today=lot.today, proposed=lot.proposed,
        unit="units a lot", why=why + takt, site=p.site, item=p.item,
    )  # fmt: skip


def _detail(view: PlanView, network: Network, one: Levelled, now: int) -> dict[str, Any]:
    """One line for the page: its figures, and every slot with its place in the box."""
    row: dict[str, Any] = {
        "line": one.line, "site": one.site, "day": one.day.isoformat(), "why": one.why,
        "available_s": one.available_s, "use": one.use, "epei": one.epei.days,
        "setup_s": one.epei.setup_s, "spare_s": one.epei.spare_s,
        "conflict": list(one.conflict),
        "products": [
            {"item": p.item, "demand": one.demand[p.item], "pack": one.packs[p.item],
             "takt_s": r.takt_s, "pitch_s": pitch_s(r.takt_s, one.packs[p.item])}
            for p, r in one.rows
        ],
    }  # fmt: skip
    box = one.box
    if box is None:
        return {**row, "slots": [], "columns": 0}
    made = _made_s(view, one, box, now)
    states = board(box, made, _now_s(network, one, now))
    row |= {
        "takt_s": box.takt_s, "pace_s": box.pace_s, "column_s": box.column_s,
        "columns": box.columns, "deviation": float(box.deviation), "surplus": dict(box.surplus),
        "pattern": list(pattern([s.product for s in box.slots])),
        "slots": [
            {"number": s.slot.number, "product": s.slot.product, "state": s.state,
             "column": math.floor(s.slot.start_s / box.column_s + 1e-9),
             "wide": max(1, round((s.slot.end_s - s.slot.start_s) / box.column_s)),
             "at": _at(network, one, s.slot.start_s)}
            for s in states
        ],
    }  # fmt: skip
    return row


def _at(network: Network, one: Levelled, working_s: float) -> str:
    """The wall time after so many working seconds; a line of several runs them side by side."""
    working = network.working_time(one.site, one.line)
    spans = working.spans(one.day)
    count = network.resource(one.line).count
    at = working.add(instant(spans[0][0]), working_s / count)
    return "" if at is None else f"{at.astimezone(working.zone):%H:%M}"


def _now_s(network: Network, one: Levelled, now: int) -> float:
    working = network.working_time(one.site, one.line)
    start = working.spans(one.day)[0][0]
    return working.seconds(instant(start), instant(now)) if now > start else 0.0


def _made_s(view: PlanView, one: Levelled, box: Box, now: int) -> dict[int, float]:
    """Slots whose containers have been made on the day of the box, at the end of their pitch."""
    if view.state is None or instant(now).date() != one.day:
        return {}
    left: dict[str, float] = {}
    for row in view.state.pace(now, one.site):
        left[row.item] = row.made[-1]
    made: dict[int, float] = {}
    for slot in box.slots:
        if left.get(slot.product, 0.0) >= one.packs[slot.product]:
            left[slot.product] -= one.packs[slot.product]
            made[slot.number] = slot.end_s
    return made


VERTICAL = Vertical(
    kind="level",
    label="Levelling",
    about="Takt, pitch, heijunka box and sequence of lines, and the lots of the shortest interval",
    make=make,
    options=(
        Option("site", "Site", "", "Only lines of this site"),
        Option("line", "Line", "", "Only this line"),
        Option("spare", "Spare, %", 10.0, "Of a line's time, kept free for stops", 0, 90),
        Option("limit", "Limit, d", 30.0, "Longer intervals change no lot", 0.01, 365),
    ),
    template="plan/level.html",
)
