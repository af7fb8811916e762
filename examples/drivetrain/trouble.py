"""What goes wrong in the eight weeks, on purpose, so that there is something to see."""

from __future__ import annotations

from moving import Moving
from world import DAY, HOUR, World


def plan(world: World, moving: Moving) -> None:
    """Late ships and lorries, a supplier that closes for longer than it hoped, a quality hold."""
    world.at(16 * DAY, lambda: moving.delays.update({"PEN-RTM-sea": 6 * 24.0}))
    _closure(world, moving, "T19", since=33 * DAY + 2 * HOUR, until=38 * DAY + 2 * HOUR)
    world.at(24 * DAY + 9 * HOUR, lambda: _hold(world, "MIS", "MAG", 4000))
    world.at(45 * DAY, lambda: moving.delays.update({"SUZ-LGB-sea": 4 * 24.0}))
    world.at(52 * DAY, lambda: moving.delays.update({"MIS-BRG-road": 30.0}))


def _closure(world: World, moving: Moving, site: str, since: float, until: float) -> None:
    """A site stands still from `since` to `until`; it hoped to be back a day earlier."""
    world.closures[site] = (*world.closures.get(site, ()), (since, until))
    hoped = world.instant(until - DAY)

    def close() -> None:
        world.tell("site.closed/1", site, "erp", until=hoped, reason="power rationed")

    def reopen() -> None:
        world.tell("site.opened/1", site, "erp")
        for item in world.items:
            moving.stock_came(site, item)

    world.at(since, close)
    world.at(until, reopen)


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
