"""Rows of the views of the state, all or those of a site or an item: for commands and the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from taktnet.app.history import Sight
from taktnet.base.errors import TaktnetError
from taktnet.network import Network
from taktnet.state import State

#: Views that show ages, and so need the present instant.
_AGED = frozenset(("transit", "pace", "feeds"))
#: Views whose rows are about no item.
_NO_ITEM = frozenset(("cards", "resources", "closures", "feeds", "anomalies"))


def rows_of(state: State, sight: Sight, view: str, site: str = "", item: str = "") -> list[Any]:
    """The rows of a view as seen from a time; those at, from or to `site`, and about `item`.

    Raises TaktnetError for an item where the rows are about none.
    """
    read = getattr(state, view)
    rows = read(sight.network) if view == "loops" else read(sight.end) if view in _AGED else read()
    if item and view in _NO_ITEM:
        raise TaktnetError(f"{view} are not told by item; leave it out, or ask for a site")
    if site:
        sites = _sites(view, sight.network)
        rows = [row for row in rows if site in sites(row)]
    return [row for row in rows if not item or row.item == item]


def _sites(view: str, network: Network) -> Callable[[Any], tuple[str, ...]]:
    """The sites that a row of a view is about: both ends of what goes from one to another."""
    if view == "transit":
        return lambda row: (row.origin, row.to)
    if view == "orders":
        return lambda row: (row.buyer, row.seller)
    if view == "cards":
        homes = {loop.id: (loop.site,) for loop in network.loops}
        return lambda row: homes.get(row.loop, ())
    if view == "closures":
        ends = {lane.id: (lane.origin, lane.destination) for lane in network.lanes}
        return lambda row: ends.get(row.name, ()) if row.kind == "lane" else (row.name,)
    return lambda row: (row.site,)
