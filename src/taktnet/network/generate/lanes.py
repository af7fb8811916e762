"""Lanes of a generated network: mode by landmass and distance, times, costs and emissions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from taktnet.base.daytexts import WEEK_MIN, parse_departures
from taktnet.network import components as c
from taktnet.network.generate.world import World

EARTH_KM = 6371.0


@dataclass(frozen=True, slots=True)
class Mode:
    """What a mode is like: detour over the great circle, speed, handling, costs, emissions."""

    detour: float
    km_h: float
    handling_h: float
    cv: float
    shipment: float
    per_tkm: float
    per_kg: float
    co2: float
    kg: float
    m3: float
    departures: tuple[str, ...]


MODES: Final[dict[c.Mode, Mode]] = {
    "road": Mode(1.25, 38.0, 3.0, 0.12, 120.0, 0.11, 0.0, 0.075, 24000, 82,
                 ("", "", "Mon-Fri 06:00,14:00", "Mon-Fri 18:00")),
    "rail": Mode(1.3, 30.0, 24.0, 0.15, 260.0, 0.045, 0.01, 0.022, 26000, 67,
                 ("Mon,Wed,Fri 20:00", "Tue,Thu,Sat 04:00")),
    "sea": Mode(1.6, 28.0, 130.0, 0.18, 900.0, 0.004, 0.04, 0.012, 26000, 67,
                ("Fri 18:00", "Tue,Sat 12:00", "Thu 08:00")),
    "air": Mode(1.05, 650.0, 40.0, 0.3, 180.0, 0.25, 1.4, 0.608, 10000, 60,
                ("Mon-Sat 22:00", "Mon,Wed,Fri 23:30")),
}  # fmt: skip


def distance_km(a: c.Site, b: c.Site) -> float:
    """Great-circle distance by the haversine formula on a sphere of 6,371 km."""
    la, lb = math.radians(a.latitude), math.radians(b.latitude)
    half = math.radians(b.longitude - a.longitude) / 2
    h = math.sin((lb - la) / 2) ** 2 + math.cos(la) * math.cos(lb) * math.sin(half) ** 2
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(h)))


def usual_mode(world: World, origin: str, destination: str) -> c.Mode:
    """Road within a landmass, rail when it is far, sea between landmasses; light parts fly."""
    lands = {world.city[origin].land, world.city[destination].land}
    far = distance_km(world.sites[origin], world.sites[destination])
    if len(lands) == 1:
        return "road" if far < 2200 else "rail"
    if lands == {"EU", "GB"} and far < 2200:
        return "road"
    return "air" if origin in world.fliers else "sea"


def wait_h(lane: c.Lane) -> float:
    """Hours from one departure of a lane to the next, on average; 0 where it leaves at any time."""
    leaves = parse_departures(lane.departures)
    return WEEK_MIN / 60 / len(leaves) if leaves else 0.0


def lane_id(origin: str, destination: str, mode: c.Mode) -> str:
    """The name of a lane."""
    return f"{origin}_{destination}_{mode}"


def lane(world: World, origin: str, destination: str, mode: c.Mode) -> c.Lane:
    """The lane between two sites by a mode, made when it is first needed."""
    name = lane_id(origin, destination, mode)
    known = world.lanes.get(name)
    if known is None:
        known = world.lanes[name] = _lane(world, name, origin, destination, mode)
    return known


def _lane(world: World, name: str, origin: str, destination: str, mode: c.Mode) -> c.Lane:
    rng, m = world.rng, MODES[mode]
    air = distance_km(world.sites[origin], world.sites[destination])
    km = round(max(2.0, air * m.detour), 1)
    mean = round(m.handling_h + km / m.km_h, 1)
    kind: c.TransitKind = rng.choice(("gamma", "lognormal", "quantiles"))
    if mode == "road" and mean < 8:
        kind = "fixed"
    sd = round(mean * m.cv * rng.uniform(0.7, 1.3), 2) if kind in ("gamma", "lognormal") else 0.0
    spread = (0.82, 0.98, 1.25, 1.6) if mode in ("sea", "air") else (0.9, 0.99, 1.12, 1.35)
    points = zip((0.05, 0.5, 0.9, 0.99), spread, strict=True)
    text = ";".join(f"{p}:{round(mean * f, 1)}" for p, f in points) if kind == "quantiles" else ""
    return c.Lane(
        id=name,
        origin=origin,
        destination=destination,
        mode=mode,
        transit_kind=kind,
        transit_h=mean,
        transit_sd_h=sd,
        quantiles=text,
        departures=rng.choice(m.departures),
        distance_km=km,
        cost_shipment=round(m.shipment * rng.uniform(0.8, 1.2), 2),
        cost_kg=round(m.per_kg + m.per_tkm * km / 1000, 4),
        cost_m3=round(m.per_tkm * km / 4, 2),
        capacity_kg=float(m.kg),
        capacity_m3=float(m.m3),
        co2_kg_tkm=m.co2,
        agreed_h=float(math.ceil(mean * 1.2)),
        window_h=4.0 if mode == "road" and mean < 24 else 24.0,
    )
