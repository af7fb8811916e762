"""A schedule as a Gantt chart: lines, bars, shifts and ticks, in pixels and words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from taktnet.ledger.fact import instant
from taktnet.plan.schedule.hours import net
from taktnet.plan.schedule.plain import from_plain, plan_from_plain
from taktnet.plan.schedule.problem import Operation, Placed, Problem

MINUTE = 60_000_000
#: Height of a line, of a bar in it, and of the head with the hours.
ROW, BAR, HEAD = 34, 24, 40
#: Widest chart, and most pixels an hour.
WIDEST, HOUR_PX = 6_000, 28.0
#: Most lines that are drawn.
MOST_LINES = 200


@dataclass(frozen=True, slots=True)
class Bar:
    """One lot: where it is drawn, its words, and where it may go."""

    id: str
    item: str
    line: str
    x: float
    y: float
    width: float
    start: int
    state: str
    words: str
    lines: tuple[str, ...]
    ghost: float | None


@dataclass(frozen=True, slots=True)
class LineRow:
    """One line with its stretches without shift and those that are down: (x, width)."""

    id: str
    site: str
    y: float
    off: tuple[tuple[float, float], ...]
    down: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Tick:
    """An hour or a day on the scale."""

    x: float
    label: str
    day: bool


@dataclass(frozen=True, slots=True)
class Gantt:
    """The whole chart; `px` are pixels a minute, `first` the minute at its left edge."""

    width: float
    height: float
    px: float
    first: int
    origin: int
    now: float
    fence: float
    lines: tuple[LineRow, ...]
    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]
    hidden: int


class _Scale(NamedTuple):
    """What every bar is drawn by."""

    first: int
    px: float
    y: Mapping[str, float]
    origin: int
    zone: ZoneInfo
    broken: set[str]


def gantt(details: Mapping[str, Any], zone: ZoneInfo) -> Gantt | None:
    """The chart of a draft's details; None for a plan without lots. Hours are those of `zone`."""
    problem = from_plain(details["problem"])
    plan = plan_from_plain(details["plan"])
    if not plan:
        return None
    origin = details["origin"]
    first = min([problem.now, *(x.start for x in plan)]) // 60 * 60 - 60
    first = max(first, problem.now - 24 * 60)
    last = max(x.end for x in plan) + 120
    px = min(HOUR_PX / 60, WIDEST / (last - first))
    used = _used(problem, plan)
    lines = _lines(problem, used[:MOST_LINES], (first, last), px)
    y = {line.id: line.y for line in lines}
    broken = {name for b in details["breaks"] for name in (b[1], b[2]) if name}
    scale = _Scale(first, px, y, origin, zone, broken)
    ops = {o.id: o for o in problem.operations}
    old = {x.operation: x for x in problem.old}
    bars = [
        _bar(problem, ops[x.operation], x, old.get(x.operation), scale)
        for x in plan
        if x.resource in y and x.end > first
    ]
    return Gantt(
        round((last - first) * px, 1),
        HEAD + ROW * len(lines),
        px,
        first,
        origin,
        (problem.now - first) * px,
        (problem.fence - first) * px,
        lines,
        tuple(bars),
        _ticks(origin, (first, last), px, zone),
        max(0, len(used) - MOST_LINES),
    )


def _used(p: Problem, plan: tuple[Placed, ...]) -> list[tuple[str, str]]:
    """Lines with work and those that work could go to, by site."""
    site = {r.id: r.site for r in p.resources}
    busy = {x.resource for x in plan}
    busy |= {m.resource for o in p.operations for m in o.modes if len(o.modes) < 5}
    return sorted((site[r], r) for r in busy)


def _lines(
    p: Problem, used: list[tuple[str, str]], span: tuple[int, int], px: float
) -> tuple[LineRow, ...]:
    by_id = {r.id: r for r in p.resources}
    first, last = span
    rows: list[LineRow] = []
    for n, (site, name) in enumerate(used):
        r = by_id[name]
        off: list[tuple[float, float]] = []
        at = first
        for a, b in (*net(r.spans, ()), (last, last)):
            if b < first:
                continue
            if min(a, last) > at:
                off.append((round((at - first) * px, 1), round((min(a, last) - at) * px, 1)))
            at = max(at, b)
            if at >= last:
                break
        down = tuple(
            (round((max(a, first) - first) * px, 1), round((min(b, last) - max(a, first)) * px, 1))
            for a, b in r.down
            if b > first and a < last
        )
        rows.append(LineRow(name, site, HEAD + ROW * n, tuple(off), down))
    return tuple(rows)


def _bar(
    p: Problem,
    o: Operation,
    x: Placed,
    old: Placed | None,
    scale: _Scale,
) -> Bar:
    first, px, y, origin, zone, broken = scale
    begin = max(x.start, first)
    late = o.due is not None and x.end > o.due
    moved = old is not None and (old.start, old.resource) != (x.start, x.resource)
    runs = old is not None and old.start < p.now
    frozen = old is not None and old.start < p.fence
    state = "broken" if o.id in broken else "runs" if runs else "late" if late else "fits"
    told = [f"{o.id}: {o.qty:g} {o.item} on {x.resource}"]
    told.append(f"{_clock(origin, x.start, zone)} to {_clock(origin, x.end, zone)}")
    if late and o.due is not None:
        told.append(f"{(x.end - o.due) / 60:.1f} h late")
    told += ["runs already"] if runs else ["frozen"] if frozen else []
    if moved and old is not None and not runs:
        told.append(f"was {_clock(origin, old.start, zone)} on {old.resource}")
    ghost = None
    if moved and old is not None and old.resource == x.resource and old.start >= first:
        ghost = round((old.start - first) * px, 1)
    return Bar(
        o.id,
        o.item,
        x.resource,
        round((begin - first) * px, 1),
        y[x.resource] + (ROW - BAR) / 2,
        round(max(3.0, (x.end - begin) * px), 1),
        x.start,
        state,
        ", ".join(told),
        () if runs else tuple(m.resource for m in o.modes if m.resource in y),
        ghost,
    )


def _clock(origin: int, minute: int, zone: ZoneInfo) -> str:
    return f"{instant(origin + minute * MINUTE).astimezone(zone):%a %d %b %H:%M}"


def _ticks(origin: int, span: tuple[int, int], px: float, zone: ZoneInfo) -> tuple[Tick, ...]:
    """A tick every so many whole hours of the day, at least 44 px apart; days are told by name."""
    step = next((h for h in (1, 2, 3, 4, 6, 12) if h * 60 * px >= 44), 24)
    first, last = span
    at: datetime = instant(origin + first * MINUTE).astimezone(zone)
    at = at.replace(minute=0, second=0, microsecond=0)
    rows: list[Tick] = []
    for _ in range(24 * 400):
        at = (at.astimezone(ZoneInfo("UTC")) + timedelta(hours=1)).astimezone(zone)
        minute = (at - instant(origin)) // timedelta(minutes=1)
        if minute > last:
            break
        if at.hour % step:
            continue
        day = at.hour == 0
        rows.append(
            Tick(round((minute - first) * px, 1), f"{at:%a %d %b}" if day else f"{at:%H}", day)
        )
    return tuple(rows)
