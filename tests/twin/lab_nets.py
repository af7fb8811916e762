"""A small network that is right, and starts of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
from twin_nets import MONDAY, site

from taktnet.base.calendars import instant
from taktnet.base.names import Names
from taktnet.ledger import event as e
from taktnet.ledger.fact import FACT, Lowering
from taktnet.network import Network
from taktnet.network import components as c
from taktnet.state import State
from taktnet.twin import Start

NOW = instant(MONDAY)


def net(base: float = 60.0) -> Network:
    """A supplier, a backup, a warehouse over two lanes, and a customer."""
    lanes = [("SEA", "S", "W", 120.0, 60.0, 50.0), ("AIR", "S", "W", 24.0, 0.0, 400.0),
             ("ROAD", "T", "W", 48.0, 0.0, 100.0), ("OUT", "W", "K", 2.0, 0.0, 5.0),
             ("NEXT", "V", "W", 12.0, 0.0, 10.0)]  # fmt: skip
    return Network(
        sites=(site("S", "supplier", country="CN"), site("T", "supplier", country="DE"),
               site("W", "warehouse"), site("V", "warehouse"), site("K", "customer")),
        items=(c.Item(id="A", cost=20.0, container_qty=1.0),),
        stock_points=(
            c.StockPoint(site="W", item="A", policy="base_stock", base_stock=base),
            c.StockPoint(site="V", item="A", policy="base_stock", base_stock=30.0),
        ),
        lanes=tuple(
            c.Lane(id=id, origin=o, destination=d, transit_h=h, transit_sd_h=sd,
                   transit_kind="gamma" if sd else "fixed", cost_shipment=cost,
                   window_h=48.0 if id == "OUT" else 24.0)
            for id, o, d, h, sd, cost in (*lanes, ("SEA2", "S", "V", 120.0, 0.0, 50.0))
        ),
        sources=(
            c.Source(site="W", item="A", origin="S", lane="SEA", price=18.0),
            c.Source(site="W", item="A", origin="T", lane="ROAD", price=22.0, share=0.0,
                     role="backup"),
            c.Source(site="V", item="A", origin="S", lane="SEA2", price=18.0),
        ),
        demand=(c.Demand(site="K", item="A", supplier="W", rate_day=8.0, price=30.0,
                         lead_h=48.0),),
    )  # fmt: skip


def cold(days: float = 100.0) -> Start:
    """The network with every level full."""
    return Start(net(), MONDAY, days)


def live(days: float = 100.0) -> Start:
    """20 on hand, 30 on the sea for two days, and a customer's order of 4 that is open."""
    events: list[e.Event] = [
        e.StockCounted(**base("c1", site="W"), item="A", qty=20.0),
        e.StockCounted(**base("c2", site="V"), item="A", qty=25.0),
        e.GoodsShipped(**base("s", -48.0, site="S"), shipment="SH-1", to="W", item="A", qty=30.0,
                       lane="SEA"),
        e.OrderPlaced(**base("o", -2.0, site="W"), order="O-1", party="K", item="A", qty=4.0,
                      window_start=NOW, window_end=NOW + timedelta(hours=46)),
    ]  # fmt: skip
    names = Names()
    state, lowering = State(names), Lowering(names)
    for i, event in enumerate(events, start=1):
        facts = np.frombuffer(lowering.facts(event, MONDAY), FACT).copy()
        facts["seq"] = i
        state.fold(facts)
    return Start(net(), MONDAY, days, state, names)


def base(id: str, hours: float = -100.0, **values: Any) -> dict[str, Any]:
    """What every event has."""
    return {"source": "wms", "id": id, "at": NOW + timedelta(hours=hours), **values}
