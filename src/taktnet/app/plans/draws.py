"""How a stock point is drawn from: how much at a time, and how many parts are needed together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from taktnet.network import Network
from taktnet.network import components as c


@dataclass(frozen=True, slots=True)
class Draws:
    """The largest `lump` taken at a time, in units (0: one by one), and of how many parts.

    `together` parts are needed for one order of an item that is made from it: the order starts
    when all of them are there. It is 1 where only customers and other sites draw.
    """

    lump: float = 0.0
    together: int = 1

    def target(self, service: float) -> float:
        """The service of each part that gives all parts together the `service`: its root."""
        return service ** (1 / self.together)


def draws(network: Network, site: str, item: str, on: date) -> Draws:
    """What draws on the stock of an item at a site: orders made there, and loops of other sites."""
    lump, together = 0.0, 1
    for line in network.users_of(item):
        parts = network.components_of(line.parent, on)
        if all(part.component != item for part in parts):
            continue
        for process in network.processes_of(site, line.parent):
            lump = max(lump, line.qty * _order(network, process))
            together = max(together, len(parts))
    for loop in network.loops:
        if (loop.origin, loop.item) == (site, item) and loop.site != site:
            lump = max(lump, loop.container_qty)
    return Draws(lump, together)


def _order(network: Network, process: c.Process) -> float:
    """Units that one order of a process makes."""
    lots = [loop.container_qty * max(1, loop.lot_cards)
            for loop in network.loops_of(process.site, process.item)]  # fmt: skip
    return process.lot_qty or max(lots, default=network.item(process.item).container_qty)
