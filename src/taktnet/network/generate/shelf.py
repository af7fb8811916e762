"""Shelf lives in a generated network: what spoils is used up in time wherever it is kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from taktnet.network import components as c
from taktnet.network.generate.world import Node

#: Shelf lives in days; what a place would keep longer than the longest does not spoil.
LIVES: Final = (90.0, 180.0, 365.0, 730.0)
#: Days on the road and in wait at most.
ON_THE_WAY = 30


def shelf_lives(
    items: Iterable[c.Item],
    points: Iterable[c.StockPoint],
    loops: Iterable[c.Loop],
    rates: Mapping[Node, float],
) -> tuple[c.Item, ...]:
    """Items whose shelf life covers full stock where they are made and where they are used."""
    full: dict[Node, float] = {}
    for loop in loops:
        node = loop.site, loop.item
        full[node] = full.get(node, 0.0) + loop.cards * loop.container_qty
    longest: dict[str, float] = {}
    for p in points:
        node = p.site, p.item
        stock = max(full.get(node, 0.0), p.base_stock, p.order_up_to, p.reorder_point + p.order_qty)
        longest[p.item] = max(longest.get(p.item, 0.0), stock / rates[node])
    made: list[c.Item] = []
    for item in items:
        life = item.shelf_life_d
        if life is not None:
            least = max(life, 2 * longest.get(item.id, 0.0) + ON_THE_WAY)
            life = next((d for d in LIVES if d >= least), None)
        made.append(replace(item, shelf_life_d=life))
    return tuple(made)
