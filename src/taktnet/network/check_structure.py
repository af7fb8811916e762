"""Checks of the network as a whole: cycles, alternatives, shares, loops, who supplies what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import TypeVar

from taktnet.base.errors import Fault
from taktnet.base.exact import exact
from taktnet.network import components as c
from taktnet.network.cells import quoted, to_text
from taktnet.network.draft import Draft
from taktnet.network.pieces import least_cards, least_order, pieces

N = TypeVar("N", bound=Hashable)
SHARE_TOLERANCE = 1e-6
MAX_CYCLES = 20
_SHOWN = 12


def cycles(edges: Mapping[N, Sequence[N]]) -> list[list[N]]:
    """A cycle for each edge that closes one, depth first, at most MAX_CYCLES; empty without one."""
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
                if len(found) == MAX_CYCLES:
                    return found
            elif step not in done:
                place[step] = len(path)
                path.append(step)
                ways.append(iter(edges.get(step, ())))
    return found


def _way(word: str, names: list[str]) -> str:
    """A cycle in words, its middle left out when it is long."""
    if len(names) <= _SHOWN:
        return word.join(names)
    left_out = f"... {len(names) - _SHOWN} more ..."
    return word.join([*names[: _SHOWN - 2], left_out, *names[-2:]])


def check_bom_cycles(draft: Draft) -> Iterator[Fault]:
    """No item is, by whatever way, a component of itself."""
    part = draft.parts["bom"]
    edges: defaultdict[str, list[str]] = defaultdict(list)
    first: dict[tuple[str, str], int] = {}
    for i, row in draft.each("bom"):
        edges[row.parent].append(row.component)
        first.setdefault((row.parent, row.component), i)
    for cycle in cycles(dict(edges)):
        way = _way(" > ", cycle)
        remedy = f"It goes in a circle: {way}."
        row = first[cycle[-2], cycle[-1]]
        yield part.fault(row, "component", quoted(cycle[-1]), "an item not made from it", remedy)


def check_alternatives(draft: Draft) -> Iterator[Fault]:
    """On every day it is plain which line of a group, or of a component, is used."""
    part = draft.parts["bom"]
    groups: defaultdict[tuple[str, str, str, int], list[tuple[date, int]]] = defaultdict(list)
    for i, row in draft.each("bom"):
        start = row.valid_from or date.min
        if row.alternative:
            groups[row.parent, "group", row.alternative, row.priority].append((start, i))
        else:
            groups[row.parent, "item", row.component, 0].append((start, i))
    for lines in groups.values():
        lines.sort()
        last = lines[0][1]
        for start, i in lines[1:]:
            if start <= (part.rows[last].valid_to or date.max):
                yield _unclear(draft, i, last, start)
            last = max(last, i, key=lambda n: part.rows[n].valid_to or date.max)


def _unclear(draft: Draft, i: int, other: int, start: date) -> Fault:
    part, row = draft.parts["bom"], draft.parts["bom"].rows[i]
    since = "" if start == date.min else f" from {start}"
    if row.alternative:
        wanted = f"another priority than row {part.numbers[other]}, valid at the same time{since}"
        return part.fault(i, "priority", str(row.priority), wanted, "Order the alternatives.")
    wanted = f"dates apart from row {part.numbers[other]}, the same component{since}"
    return part.fault(i, "valid_from", str(row.valid_from or "blank"), wanted)


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
        way = _way(" from ", [site for site, _ in cycle])
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


def check_cards(draft: Draft) -> Iterator[Fault]:
    """The cards of a loop make up the least order, and hold what is taken from them at once."""
    part = draft.parts["loops"]
    if part.broken or part.unreadable:
        return
    loops, processes, lines = (
        [row for _, row in draft.each(table)] for table in ("loops", "processes", "bom")
    )
    taken = pieces({row.id: row for _, row in draft.each("items")}, processes, lines, loops)
    held: defaultdict[tuple[str, str], Fraction] = defaultdict(Fraction)
    for loop in loops:
        held[loop.site, loop.item] += loop.cards * exact(loop.container_qty)
    sources: defaultdict[tuple[str, str], list[c.Source]] = defaultdict(list)
    for _, row in draft.each("sources"):
        sources[row.site, row.item].append(row)
    for i, loop in draft.each("loops"):
        place, own = (loop.site, loop.item), loop.cards * exact(loop.container_qty)
        moq, piece = least_order(loop, sources[place]), taken.get(place)
        if own < moq:
            least = least_cards(loop.container_qty, moq)
            why = f"make up the least order of {quoted(loop.origin)}, {to_text(moq)}"
            remedy = "Or lower the least order."
        elif piece is not None and held[place] < piece.qty:
            least = least_cards(loop.container_qty, own + piece.qty - held[place])
            why = f"hold the {to_text(float(piece.qty))} that {piece.taker} takes at once"
            remedy = "With fewer it stands still; or take larger containers."
        else:
            continue
        yield part.fault(i, "cards", str(loop.cards), f"at least {least}, which {why}", remedy)
