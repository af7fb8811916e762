"""Checks of the network as a whole: cycles, alternatives, shares, and who supplies what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from datetime import date
from itertools import combinations
from typing import TypeVar

from taktnet.base.errors import Fault
from taktnet.network import components as c
from taktnet.network.cells import quoted
from taktnet.network.draft import Draft

N = TypeVar("N", bound=Hashable)
SHARE_TOLERANCE = 1e-6


def cycles(edges: Mapping[N, Sequence[N]]) -> list[list[N]]:
    """One cycle for each edge that closes one, as met depth first; empty when there is none."""
    found: list[list[N]] = []
    done: set[N] = set()
    for start in edges:
        if start in done:
            continue
        path: list[N] = [start]
        place: dict[N, int] = {start: 0}
        ways = [iter(edges[start])]
        while ways:
            step = next(ways[-1], None)
            if step is None:
                ways.pop()
                done.add(path[-1])
                del place[path.pop()]
            elif step in place:
                found.append([*path[place[step] :], step])
            elif step not in done:
                place[step] = len(path)
                path.append(step)
                ways.append(iter(edges.get(step, ())))
    return found


def check_bom_cycles(draft: Draft) -> Iterator[Fault]:
    """No item is, by whatever way, a component of itself."""
    part = draft.parts["bom"]
    edges: defaultdict[str, list[str]] = defaultdict(list)
    first: dict[tuple[str, str], int] = {}
    for i, row in draft.each("bom"):
        edges[row.parent].append(row.component)
        first.setdefault((row.parent, row.component), i)
    for cycle in cycles(dict(edges)):
        way = " > ".join(cycle)
        remedy = f"It goes in a circle: {way}."
        row = first[cycle[-2], cycle[-1]]
        yield part.fault(row, "component", quoted(cycle[-1]), "an item not made from it", remedy)


def _overlap(a: c.BomLine, b: c.BomLine) -> date | None:
    """The first day on which both lines are valid, if there is one."""
    start = max(a.valid_from or date.min, b.valid_from or date.min)
    end = min(a.valid_to or date.max, b.valid_to or date.max)
    return start if start <= end else None


def check_alternatives(draft: Draft) -> Iterator[Fault]:
    """On every day it is plain which line of a group, or of a component, is used."""
    part = draft.parts["bom"]
    groups: defaultdict[tuple[str, ...], list[tuple[int, c.BomLine]]] = defaultdict(list)
    for i, row in draft.each("bom"):
        group = ("group", row.alternative) if row.alternative else ("item", row.component)
        groups[row.parent, *group].append((i, row))
    for lines in groups.values():
        for (i, a), (j, b) in combinations(lines, 2):
            day = _overlap(a, b)
            if day is None or (a.alternative and a.priority != b.priority):
                continue
            if (a.component, a.valid_from) == (b.component, b.valid_from):
                continue  # told as a key used twice
            since = "" if day == date.min else f" from {day}"
            other = f"row {part.numbers[i]}"
            if a.alternative:
                wanted = f"another priority than {other}, valid at the same time{since}"
                yield part.fault(j, "priority", str(b.priority), wanted, "Order the alternatives.")
            else:
                wanted = f"dates apart from {other}, the same component{since}"
                yield part.fault(j, "valid_from", str(b.valid_from or "blank"), wanted)


def check_shares(draft: Draft) -> Iterator[Fault]:
    """The primary shares of an item at a site sum to 1; to 1 or less where it is also made."""
    part = draft.parts["sources"]
    made = {(row.site, row.item) for _, row in draft.each("processes")}
    made |= {(key[0], key[1]) for key in draft.parts["processes"].broken}
    broken = {(key[0], key[1]) for key in part.broken}
    groups: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for i, row in draft.each("sources"):
        groups[row.site, row.item].append(i)
    for place, rows in groups.items():
        primary = [i for i in rows if part.rows[i].role == "primary"]
        total = sum(part.rows[i].share for i in primary)
        enough = total >= 1 - SHARE_TOLERANCE or place in made
        if place in broken or (enough and total <= 1 + SHARE_TOLERANCE):
            continue
        if draft.parts["processes"].unreadable and total < 1:
            continue
        where = f"{quoted(place[1])} at {quoted(place[0])}"
        wanted = f"primary shares of {where} that sum to 1"
        remedy = f"They sum to {total:g}."
        yield part.fault(
            (primary or rows)[-1], "share", _shares(part.rows, primary), wanted, remedy
        )


def _shares(rows: list[c.Source], primary: list[int]) -> str:
    return " + ".join(f"{rows[i].share:g}" for i in primary) or "none of a primary source"


def check_sourcing_cycles(draft: Draft) -> Iterator[Fault]:
    """No site is, for one item, by whatever way its own supplier."""
    part = draft.parts["sources"]
    edges: defaultdict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    first: dict[tuple[tuple[str, str], tuple[str, str]], int] = {}
    for i, row in draft.each("sources"):
        if row.role == "primary" and row.origin != row.site:
            to, origin = (row.site, row.item), (row.origin, row.item)
            edges[to].append(origin)
            first.setdefault((to, origin), i)
    for cycle in cycles(dict(edges)):
        way = " from ".join(site for site, _ in cycle)
        wanted = "a site that is not supplied by it"
        row = first[cycle[-2], cycle[-1]]
        yield part.fault(
            row, "origin", quoted(cycle[-1][0]), wanted, f"It goes in a circle: {way}."
        )


def check_supply(draft: Draft) -> Iterator[Fault]:
    """Whatever a row needs at a site is made there or comes there; suppliers' origins are open."""
    if any(draft.parts[name].unreadable for name in ("sites", "processes", "sources")):
        return
    has = {(row.site, row.item) for name in ("processes", "sources") for _, row in draft.each(name)}
    has |= {(k[0], k[1]) for name in ("processes", "sources") for k in draft.parts[name].broken}
    closed = {row.id for _, row in draft.each("sites") if row.kind != "supplier"}
    items = draft.names("items")

    def lacks(site: str, item: str) -> bool:
        return site in closed and item in items and (site, item) not in has

    remedy = "Add a row to processes or sources."
    for name, column in (("demand", "supplier"), ("sources", "origin"), ("loops", "origin")):
        part = draft.parts[name]
        for i, row in draft.each(name):
            site = getattr(row, column)
            if lacks(site, row.item):
                wanted = f"a site that makes or receives {quoted(row.item)}"
                yield part.fault(i, column, quoted(site), wanted, remedy)
    lines: defaultdict[str, set[str]] = defaultdict(set)
    for _, line in draft.each("bom"):
        lines[line.parent].add(line.component)
    part = draft.parts["processes"]
    for i, row in draft.each("processes"):
        for needed in sorted(lines[row.item]):
            if lacks(row.site, needed):
                wanted = f"an item whose component {quoted(needed)} is made at or comes to the site"
                yield part.fault(i, "item", quoted(row.item), wanted, remedy)
