"""The models that the twin and its peers are compared on."""

from __future__ import annotations

from taktnet.network import Network
from taktnet.network import components as c

MONDAY = 1_767_571_200 * 10**6  # 2026-01-05 00:00 UTC
#: Demand per day, and base stock and mean lead time (days, exponential) from source to customer.
RATE = 10.0
STAGES = ((60, 5.0), (36, 3.0), (26, 2.0))


def serial() -> Network:
    """A three-echelon base-stock chain with exponential lead times and Poisson customers."""
    names = ["N0", "N1", "N2"]
    place = {"latitude": 41.0, "longitude": -8.0, "country": "PT", "zone": "UTC"}
    sites = [c.Site(id="S", kind="supplier", **place), c.Site(id="K", kind="customer", **place)]
    sites += [c.Site(id=n, kind="warehouse", **place) for n in names]
    points, lanes, sources = [], [], []
    for i, (base, lead) in enumerate(STAGES):
        origin = names[i - 1] if i else "S"
        points.append(
            c.StockPoint(site=names[i], item="A", policy="base_stock", base_stock=float(base))
        )
        lanes.append(
            c.Lane(id=f"L{i}", origin=origin, destination=names[i], transit_kind="gamma",
                   transit_h=24 * lead, transit_sd_h=24 * lead)
        )  # fmt: skip
        sources.append(c.Source(site=names[i], item="A", origin=origin, lane=f"L{i}"))
    return Network(
        sites=tuple(sites),
        items=(c.Item(id="A", cost=1.0),),
        stock_points=tuple(points),
        lanes=tuple(lanes),
        sources=tuple(sources),
        demand=(c.Demand(site="K", item="A", supplier="N2", rate_day=RATE),),
    )
