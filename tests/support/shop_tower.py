"""A small tower whose lines have work: two lines, shifts, set-ups, orders, a running lot."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from support.web_tower import NOW, World, small_network
from taktnet.ledger import event as e
from taktnet.network import Network
from taktnet.network import components as c


def shop_network() -> Network:
    """The small network with two kinds of drives, a second assembly line and two shifts."""
    n = small_network()
    two = c.Calendar(id="two", days="Mon-Fri", shifts="06:00-14:00,14:00-22:00", break_min=30)
    drives = ("DU-500", "DU-250")
    return replace(
        n,
        items=(*n.items, c.Item(id="DU-250", name="Small drive", cost=150, container_qty=10)),
        bom=(*n.bom, c.BomLine(parent="DU-250", component="MOT-36", qty=1)),
        stock_points=(*n.stock_points, c.StockPoint(site="OPO", item="DU-250")),
        calendars=(two,),
        resources=tuple(
            c.Resource(id=i, site=s, calendar="two")
            for i, s in (("ASM-1", "OPO"), ("ASM-2", "OPO"), ("WIND-1", "KRK"))
        ),
        processes=(
            *(
                c.Process(site="OPO", item=i, resource=r, cycle_s=240, setup_s=1200)
                for i in drives
                for r in ("ASM-1", "ASM-2")
            ),
            c.Process(site="KRK", item="MOT-36", resource="WIND-1", cycle_s=90),
        ),
        demand=tuple(replace(d, item=i) for d in n.demand for i in drives),
    )


def shop_world() -> World:
    """Six orders of two drives, one of them running, motors at hand for four."""
    world = World(shop_network())
    make, start = world.make, NOW - timedelta(hours=8)
    orders = [
        make(e.OrderPlaced, start, "OPO", order=f"SO-{k}", party="LEJ",
             item="DU-500" if k % 2 else "DU-250", qty=30 + 10 * k,
             window_start=NOW + timedelta(hours=5 * k), window_end=NOW + timedelta(hours=5 * k + 4))
        for k in range(1, 7)
    ]  # fmt: skip
    world.tell(
        make(e.StockCounted, start, "OPO", item="MOT-36", qty=200),
        make(e.StockCounted, start, "KRK", item="MOT-36", qty=400),
        make(e.StockCounted, start, "KRK", item="BRG-608", qty=5000),
        *orders,
        make(e.LotStarted, NOW - timedelta(hours=1), "OPO", order="WO-1", item="DU-500", qty=40,
             resource="ASM-1"),
    )  # fmt: skip
    world.clock.reach(int(NOW.timestamp()) * 1_000_000)
    return world
