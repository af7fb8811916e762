"""A small running tower for the pages: two plants, a supplier, a hub and a customer, in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from threading import Event
from typing import Any

import numpy as np

from taktnet.app.clock import ReplayClock
from taktnet.app.parts import assemble
from taktnet.app.settings import Channel, Settings
from taktnet.app.tower import Tower
from taktnet.ledger import event as e
from taktnet.ledger.fact import micros
from taktnet.network import Network
from taktnet.network import components as c

NOW = datetime(2026, 9, 21, 14, 0, tzinfo=UTC)  # a Monday
NASTY = """<script>alert("x")</script>&'"""
QUIET = Settings(channels={"default": Channel(kind="none")})
#: Every kind of page of the small tower: those of any time, and those that speak of now alone.
TIMED = (
    "/",
    "/loops",
    "/flow",
    "/sites",
    "/sites/OPO",
    "/items",
    "/items/MOT-36",
    "/signals",
    "/kpis/otif",
    "/kpis/stockout?scope=site%3AKRK",
    "/events",
    "/events/5",
    "/search?q=o",
)
PRESENT = ("/plan/proposals", "/plan/segments", "/lab")
PAGES = (*TIMED, *PRESENT)


def _site(id: str, name: str, kind: str, place: tuple[float, float], zone: str, **more: object):
    lat, lon = place
    country = more.pop("country", "DE")
    values = {"id": id, "name": name, "kind": kind, "zone": zone, "country": country, **more}
    return c.Site(latitude=lat, longitude=lon, **values)


def small_network(nasty: bool = False) -> Network:
    """Motors are wound in Kraków from bearings of Nagoya and built into drives in Porto."""
    porto = NASTY if nasty else "Porto drive units"
    own = {"company": "Acme"}
    return Network(
        sites=(
            _site("OPO", porto, "plant", (41.15, -8.61), "Europe/Lisbon", **own),
            _site("KRK", "Kraków motors", "plant", (50.06, 19.94), "Europe/Warsaw", **own),
            _site("NGO", "Nagoya bearings", "supplier", (35.18, 136.91), "Asia/Tokyo", tier=1),
            _site("LEJ", "Leipzig bikes", "customer", (51.34, 12.37), "Europe/Berlin"),
        ),
        items=(
            c.Item(id="DU-500", name=NASTY if nasty else "Drive unit", cost=210, container_qty=10),
            c.Item(id="MOT-36", name="Motor 36 V", cost=48, container_qty=40),
            c.Item(id="BRG-608", name="Bearing", cost=1.2, container_qty=200),
        ),
        bom=(
            c.BomLine(parent="DU-500", component="MOT-36", qty=1),
            c.BomLine(parent="MOT-36", component="BRG-608", qty=2),
        ),
        stock_points=(
            c.StockPoint(site="OPO", item="DU-500"),
            c.StockPoint(site="OPO", item="MOT-36", policy="kanban"),
            c.StockPoint(site="KRK", item="MOT-36"),
            c.StockPoint(
                site="KRK", item="BRG-608", policy="RQ", reorder_point=800, order_qty=2000
            ),
            c.StockPoint(site="NGO", item="BRG-608"),
        ),
        processes=(
            c.Process(site="OPO", item="DU-500", resource="ASM-1", cycle_s=240),
            c.Process(site="KRK", item="MOT-36", resource="WIND-1", cycle_s=90),
        ),
        resources=(c.Resource(id="ASM-1", site="OPO"), c.Resource(id="WIND-1", site="KRK")),
        lanes=(
            c.Lane(id="KRK-OPO", origin="KRK", destination="OPO", transit_h=60),
            c.Lane(id="NGO-KRK", origin="NGO", destination="KRK", mode="sea", transit_h=700),
            c.Lane(id="OPO-LEJ", origin="OPO", destination="LEJ", transit_h=55),
        ),
        sources=(
            c.Source(site="OPO", item="MOT-36", origin="KRK", lane="KRK-OPO", price=52),
            c.Source(site="KRK", item="BRG-608", origin="NGO", lane="NGO-KRK", price=1.2),
        ),
        loops=(
            c.Loop(
                id="KB-OPO-1",
                kind="withdrawal",
                site="OPO",
                item="MOT-36",
                origin="KRK",
                lane="KRK-OPO",
                cards=6,
                container_qty=40,
            ),
        ),
        demand=(c.Demand(site="LEJ", item="DU-500", supplier="OPO", rate_day=120, price=400),),
    )


def wide_network(sites: int) -> Network:
    """The small one with further suppliers all over the world, to a number of sites."""
    small = small_network()
    places = ((-50.0 + n * 37 % 110, -170.0 + n * 61 % 340) for n in range(sites))
    more = tuple(
        _site(f"S{n:04}", f"Supplier {n}", "supplier", place, "Europe/Berlin", tier=2)
        for n, place in zip(range(sites - len(small.sites)), places, strict=False)
    )
    lanes = (
        c.Lane(id=f"{s.id}-KRK", origin=s.id, destination="KRK", mode="sea", transit_h=400)
        for s in more
    )
    return replace(small, sites=small.sites + more, lanes=(*small.lanes, *lanes))


class World:
    """A tower and a hand to make things happen in it, minute by minute."""

    def __init__(self, network: Network | None = None, settings: Settings = QUIET) -> None:
        self.network = network or small_network()
        self.clock = ReplayClock(micros(NOW - timedelta(days=3)))
        self.tower = Tower(assemble(None, self.network, settings, self.clock))
        self._ids = count(1)

    def tell(self, *events: e.AnyEvent) -> None:
        """Ingest, moving the clock along; every event must be recorded."""
        self.clock.reach(max(micros(event.at) for event in events))
        receipts = self.tower.ingest(events)
        assert {r.outcome for r in receipts} == {"recorded"}, receipts

    def make(self, kind: type[e.Event], at: datetime, site: str, **values: object) -> e.AnyEvent:
        """An event of the source "wms" with the next id."""
        return kind(source="wms", id=f"w{next(self._ids)}", at=at, site=site, **values)  # type: ignore[return-value]

    def close(self) -> None:
        """Stop the tower."""
        self.tower.close()


def eventful(world: World, note: str = "") -> World:
    """Three days: stock counted, motors used, a late shipment, a line that stands."""
    make, start = world.make, NOW - timedelta(days=3)
    world.tell(
        make(e.StockCounted, start, "OPO", item="MOT-36", qty=240),
        make(e.StockCounted, start, "KRK", item="MOT-36", qty=400),
        make(e.StockCounted, start, "KRK", item="BRG-608", qty=1500),
        make(e.StockCounted, start, "NGO", item="BRG-608", qty=90_000, lot="L-7"),
        make(
            e.GoodsShipped,
            start,
            "NGO",
            shipment="SHP-1",
            to="KRK",
            item="BRG-608",
            qty=2000,
            eta=NOW - timedelta(hours=30),
        ),
        make(
            e.OrderPlaced,
            start,
            "OPO",
            order="SO-1",
            party="LEJ",
            item="DU-500",
            qty=60,
            window_start=NOW - timedelta(hours=8),
            window_end=NOW - timedelta(hours=4),
        ),
    )
    for hour in range(1, 60):
        at = start + timedelta(hours=hour)
        world.tell(
            make(e.StockConsumed, at, "OPO", item="MOT-36", qty=4, resource="ASM-1"),
            make(e.StockProduced, at, "OPO", item="DU-500", qty=4, resource="ASM-1"),
        )
    world.tell(
        make(e.StockHeld, NOW - timedelta(hours=3), "KRK", item="MOT-36", qty=5, reason=note),
        make(
            e.ResourceStopped,
            NOW - timedelta(hours=2),
            "KRK",
            resource="WIND-1",
            reason="stockout",
            item="BRG-608",
            note=note,
        ),
        make(e.StockConsumed, NOW, "OPO", item="MOT-36", qty=4, resource="ASM-1"),
    )
    return world


def rows(world: World) -> Sequence[e.AnyEvent]:
    """Every event on record, in order."""
    return [row.event for row in world.tower.ledger.read(0, 10_000)]


class Held:
    """A past that gives its facts row by row, each when it may go."""

    def __init__(self, past: Any) -> None:
        self._past, self.go, self.reads = past, Event(), 0

    @property
    def ledger(self) -> Any:
        """The ledger behind it."""
        return self._past.ledger

    def facts(self, after: int, until: int | None = None, _chunk: int = 0) -> Iterator[np.ndarray]:
        """One event at a time."""
        self.reads += 1
        for facts in self._past.facts(after, until, 10):
            self.go.wait(20)
            yield facts
