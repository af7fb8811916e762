"""Finds in a run what a change of a scenario names."""

from __future__ import annotations

import math
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from taktnet.base.calendars import micros
from taktnet.twin.changes import Begin, Demand, Link, When
from taktnet.twin.layout import HOUR, MAKE, Table

if TYPE_CHECKING:
    from taktnet.twin.sim import Sim


def hours(sim: Sim, when: When | None) -> float:
    """Hours after the start; never for None."""
    if when is None:
        return math.inf
    if isinstance(when, datetime):
        return (micros(when) - sim.model.at) / HOUR
    return when


def roads(sim: Sim, shipment: str) -> tuple[int, ...]:
    """The parcels on the road of a shipment."""
    return sim.model.parcels.get(shipment, ())


def links(sim: Sim, c: Link) -> list[int]:
    """The supplies of a point that go by a name."""
    return [i for i, row in enumerate(sim.model.links) if row[:3] == (c.site, c.item, c.name)]


def planned(sim: Sim, c: Begin) -> tuple[int, int, int]:
    """The open order of a name, the link it is made for and its process on the resource.

    All are -1 where there is no such order, work on it has begun, or nothing makes it there.
    """
    resource, static = sim.model.find("resources", c.resource), sim.model.static
    links = sim.tables[Table.LINK]
    for i, name in enumerate(sim.model.orders):
        order = sim.tables[Table.OPEN][i]
        if name != c.order or order["started"] or order["qty"] <= 0:
            continue
        who = int(order["who"])
        if who < 0:  # a customer's: by the point that makes it to order
            point = int(static[Table.DEMAND0]["point"][-1 - who])
            who = int((np.flatnonzero(links["dest"] == point).tolist() or [-1])[0])
        if who < 0 or links["way"][who] != MAKE:
            continue
        place = static[Table.PLACE][links["dest"][who]]
        for k in range(place["first_proc"], place["first_proc"] + place["procs"]):
            if static[Table.PROC0]["res"][k] == resource:
                return i, who, k
    return -1, -1, -1


def way_in(sim: Sim, dest: int, origin: str) -> int:
    """The link of a point on whose account a parcel from `origin` comes: its own, else any."""
    found = np.flatnonzero(sim.tables[Table.LINK]["dest"] == dest).tolist()
    site = sim.model.find("sites", origin)
    own = [i for i in found if sim.tables[Table.LINK]["origin_site"][i] == site]
    return (own or found or [-1])[0]


def demand_rows(sim: Sim, c: Demand) -> list[int]:
    """The demand rows that a change is about."""
    wanted = (c.site, c.item, c.supplier)
    return [
        i
        for i, row in enumerate(sim.model.demands)
        if all(w in ("", v) for w, v in zip(wanted, row, strict=True))
    ]
