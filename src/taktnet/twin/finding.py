"""Finds in a run what a change of a scenario names."""

from __future__ import annotations

import math
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from taktnet.base.calendars import micros
from taktnet.twin.changes import Demand, Link, When
from taktnet.twin.layout import HOUR, Table

if TYPE_CHECKING:
    from taktnet.twin.sim import Sim


def hours(sim: Sim, when: When | None) -> float:
    """Hours after the start; never for None."""
    if when is None:
        return math.inf
    if isinstance(when, datetime):
        return (micros(when) - sim.model.at) / HOUR
    return when


def roads(sim: Sim, shipment: str) -> list[int]:
    """The parcels on the road of a shipment."""
    return [i for i, (name, _) in enumerate(sim.model.shipments) if name == shipment]


def links(sim: Sim, c: Link) -> list[int]:
    """The supplies of a point that go by a name."""
    return [i for i, row in enumerate(sim.model.links) if row[:3] == (c.site, c.item, c.name)]


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
