"""What goes wrong in the eight weeks, on purpose, so that there is something to see."""

from __future__ import annotations

from moving import Moving
from world import DAY, HOUR, World


def plan(world: World, moving: Moving) -> None:
    """A late ship, a supplier that stops, a quality hold, an order changed and one cancelled."""
    world.at(16 * DAY, lambda: moving.delays.update({"PEN-RTM-sea": 6 * 24.0}))
    world.at(33 * DAY, lambda: moving.closed.update({"T19": 38 * DAY}))
    world.at(38 * DAY + 60, lambda: moving.stock_came("T19", "MAG"))
    world.at(24 * DAY + 9 * HOUR, lambda: _hold(world, "MIS", "MAG", 4000))
    world.at(45 * DAY, lambda: moving.delays.update({"SUZ-LGB-sea": 4 * 24.0}))
    world.at(52 * DAY, lambda: moving.delays.update({"MIS-BRG-road": 30.0}))


def _hold(world: World, site: str, item: str, qty: float) -> None:
    qty = min(qty, world.have[site, item])
    if qty <= 0:
        return
    world.take(site, item, qty)
    world.tell("stock.held/1", site, "wms", item=item, qty=qty, reason="flux density below limit")

    def free() -> None:
        world.tell("stock.released/1", site, "wms", item=item, qty=qty - 200)
        world.tell(
            "stock.scrapped/1",
            site,
            "wms",
            item=item,
            qty=200,
            status="held",
            reason="flux density below limit",
        )
        world.put(site, item, qty - 200)

    world.at(world.now + 2 * DAY, free)
