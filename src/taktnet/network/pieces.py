"""What is taken of an item in one piece: loops that never hold as much stand still for ever."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import NamedTuple

from taktnet.base.exact import Number, ceil_div, exact
from taktnet.network import components as c
from taktnet.network.cells import quoted

Place = tuple[str, str]


class Piece(NamedTuple):
    """The largest quantity of an item that is taken from a site at once, and by what."""

    qty: Fraction
    taker: str


def pieces(
    items: Mapping[str, c.Item],
    processes: Iterable[c.Process],
    bom: Iterable[c.BomLine],
    loops: Iterable[c.Loop],
) -> dict[Place, Piece]:
    """The largest piece by site and item: parts of one container, or one container of a loop.

    Alternatives and parts whose time ends are left out: the job may go without them.
    """
    found: dict[Place, Piece] = {}
    parts: dict[str, list[c.BomLine]] = {}
    for line in bom:
        if not line.alternative and line.valid_to is None:
            parts.setdefault(line.parent, []).append(line)

    def takes(place: Place, qty: Fraction, taker: str) -> None:
        if place not in found or qty > found[place].qty:
            found[place] = Piece(qty, taker)

    for process in processes:
        made = items.get(process.item)
        if made is None:
            continue
        for line in parts.get(process.item, ()):
            qty = exact(made.container_qty) * exact(line.qty) / (1 - exact(line.scrap))
            takes((process.site, line.component), qty, f"a container of {quoted(made.id)}")
    for loop in loops:
        if loop.origin not in ("", loop.site):
            taker = f"a container of loop {quoted(loop.id)}"
            takes((loop.origin, loop.item), exact(loop.container_qty), taker)
    return found


def least_order(loop: c.Loop, sources: Iterable[c.Source]) -> float:
    """The least order of the source that fills a loop; 0 where there is none."""
    for s in sources:
        way = (s.site, s.item, s.origin) == (loop.site, loop.item, loop.origin)
        if way and loop.lane in ("", s.lane):
            return s.moq
    return 0.0


def least_cards(container: Number, *quantities: Number) -> int:
    """The fewest cards that hold each of the quantities."""
    return max(1, *(ceil_div(qty, container) for qty in quantities))
