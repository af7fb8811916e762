"""SupplyGraph's tables as a Taktnet network and a stream of events; see README.md beside it.

Run: `python examples/supplygraph/convert.py SUPPLYGRAPH_FOLDER OUT`
"""

from __future__ import annotations

import csv
import gzip
import math
import re
import sys
from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from taktnet.ledger.event import AnyEvent
from taktnet.network import Network

ZONE = "Asia/Dhaka"
LAPSE_DAYS = 3
PROMISE = timedelta(days=2, hours=23, minutes=59)
Series = dict[str, list[float]]
Row = dict[str, object]


def read_flow(path: Path) -> tuple[list[datetime], Series]:
    """One table: its days, and per product the quantity of each day. A doubled name gets `.1`."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    days = [datetime.fromisoformat(r[0]).replace(tzinfo=ZoneInfo(ZONE)) for r in rows[1:]]
    columns = rows[0][1:]
    return days, {c: [round(float(r[i]), 3) for r in rows[1:]] for i, c in enumerate(columns, 1)}


class Tables:
    """The four flows, with the home plant and store of every product that moved at all."""

    def __init__(self, folder: Path) -> None:
        self.days, self.orders = read_flow(folder / "sales_order.csv")
        self.made = read_flow(folder / "production.csv")[1]
        self.issued = read_flow(folder / "factory_issue.csv")[1]
        self.delivered = read_flow(folder / "delivery_to_distributor.csv")[1]
        places: dict[str, set[tuple[str, str]]] = defaultdict(set)
        with (folder / "nodes_type_plant_and_storage.csv").open(newline="", encoding="utf-8") as f:
            for node, plant, store in csv.reader(f):
                if node != "Node" and store:
                    places[node].add((plant, str(int(float(store)))))
        load: dict[str, float] = defaultdict(float)
        self.home: dict[str, tuple[str, str]] = {}
        moved = [p for p in self.orders if sum(self.made[p]) and sum(self.delivered[p])]
        for product in sorted(moved, key=lambda p: (-sum(self.made[p]), p)):
            options = places[product] or places[product.split(".")[0]]
            plant, store = min(sorted(options), key=lambda o: load[o[0]])
            load[plant] += sum(self.made[product])
            self.home[product] = (f"P{plant}", f"W{store}")

    def mean(self, product: str) -> float:
        """Mean orders a day."""
        return sum(self.orders[product]) / len(self.days)

    def opening(self, product: str) -> tuple[float, float]:
        """Opening stock at (plant, store): see README."""

        def least(ins: list[float], outs: list[float]) -> float:
            balance, low = 0.0, 0.0
            for i, o in zip(ins, outs, strict=True):
                balance += i - o
                low = min(low, balance)
            return -low

        issued = self.issued[product]
        day = self.mean(product)
        return (
            round(least(self.made[product], issued) + day, 3),
            round(least(issued, self.delivered[product]) + day, 3),
        )


def pack(product: str) -> tuple[float, float]:
    """(kg, EUR) of one unit, from the pack in the product's code; 12 kg where it has none."""
    found = re.search(
        r"(\d{3}|\d)(L|K|M|G)(\d{2})?P?$",
        product.split(".", maxsplit=1)[0].replace("5X5K", "005K05"),
    )
    if not found:
        return 12.0, 12 * 0.7
    size, unit, packs = float(found[1]), found[2], float(found[3] or 1)
    amount = size * packs / (1000 if unit in "MG" else 1)
    return (amount * 0.92, amount * 1.6) if unit in "LM" else (amount, amount * 0.7)


def container(mean: float) -> float:
    """A container holds about a quarter of a day: 1, 2 or 5 times a power of ten."""
    quarter = max(1.0, mean / 4)
    power = 10 ** math.floor(math.log10(quarter))
    return float(max(p for p in (power, 2 * power, 5 * power) if p <= quarter))


def network_tables(t: Tables) -> dict[str, list[Row]]:
    """The network that the tables describe."""
    out: dict[str, list[Row]] = defaultdict(list)
    out["calendars"] = [
        {"id": "DAILY", "days": "Mon-Sun", "shifts": "06:00-22:00", "break_min": 60}
    ]
    plants = sorted({p for p, _ in t.home.values()})
    stores = sorted({s for _, s in t.home.values()})
    for kind, names in (("plant", plants), ("warehouse", stores), ("customer", ["DIST"])):
        for k, name in enumerate(names):
            out["sites"].append(
                {
                    "id": name,
                    "name": "Distributors" if name == "DIST" else f"{kind.capitalize()} {name[1:]}",
                    "kind": kind,
                    "latitude": round(23.6 + 0.05 * k, 3),
                    "country": "BD",
                    "zone": ZONE,
                    "longitude": round(
                        {"plant": 90.5, "warehouse": 90.3, "customer": 90.4}[kind] + 0.03 * (k % 4),
                        3,
                    ),
                    "calendar": "DAILY" if kind == "plant" else "",
                    "company": "" if kind == "customer" else "SupplyGraph maker",
                }
            )
    for store in stores:
        out["lanes"].append(_lane(store, "DIST", 14))
    for plant, store in sorted(set(t.home.values())):
        out["lanes"].append(_lane(plant, store, 4))
    for plant in plants:
        out["resources"].append(
            {"id": f"{plant}-FILL", "site": plant, "kind": "filling line", "count": 4}
        )
    for product, (plant, store) in t.home.items():
        _product(out, t, product, plant, store)
    return out


def _lane(origin: str, destination: str, hours: float) -> Row:
    return {
        "id": f"{origin}-{destination}",
        "origin": origin,
        "destination": destination,
        "mode": "road",
        "transit_kind": "fixed",
        "transit_h": hours,
        "distance_km": 40,
        "cost_kg": 0.009,
        "co2_kg_tkm": 0.09,
        "window_h": 24,
    }


def _product(out: dict[str, list[Row]], t: Tables, product: str, plant: str, store: str) -> None:
    mean, (kg, eur) = t.mean(product), pack(product)
    box = container(mean)
    cards = max(3, math.ceil(mean * 1.5 * 1.6 / box))
    out["items"].append(
        {
            "id": product,
            "unit": "carton",
            "cost": round(eur, 4),
            "container_qty": box,
            "weight_kg": round(kg, 4),
            "volume_m3": round(kg / 550, 6),
        }
    )
    out["processes"].append(
        {
            "site": plant,
            "item": product,
            "resource": f"{plant}-FILL",
            "cycle_s": round(min(6.0, 40000 / max(mean, 1)), 3),
            "setup_s": 900,
        }
    )
    for site, origin, kind in ((store, plant, "withdrawal"), (plant, plant, "production")):
        out["stock_points"].append({"site": site, "item": product, "policy": "kanban"})
        out["loops"].append(
            {
                "id": f"{origin}>{site}:{product}" if site != origin else f"{plant}:{product}",
                "kind": kind,
                "site": site,
                "item": product,
                "origin": origin,
                "cards": cards,
                "container_qty": box,
                "lane": f"{plant}-{store}" if site == store else "",
                "resource": f"{plant}-FILL" if site == plant else "",
            }
        )
    out["sources"].append(
        {
            "site": store,
            "item": product,
            "origin": plant,
            "lane": f"{plant}-{store}",
            "price": round(eur, 4),
            "prep_h": 22,
        }
    )
    out["demand"].append(
        {
            "site": "DIST",
            "item": product,
            "supplier": store,
            "rate_day": round(mean, 3),
            "distribution": "negbin",
            "cv": 0.6,
            "lead_h": 66,
        }
    )


@dataclass
class Open:
    """An order that is not delivered in full yet."""

    id: str
    day: int
    left: float


class Story:
    """Yields the events day by day."""

    def __init__(self, tables: Tables) -> None:
        self.t = tables
        self.number: dict[str, int] = defaultdict(int)
        self.open: dict[str, deque[Open]] = defaultdict(deque)

    def event(self, kind: str, system: str, site: str, at: datetime, **values: object) -> AnyEvent:
        """One event of a source system, numbered."""
        source = f"{system}-{site.lower()}"
        self.number[source] += 1
        return msgspec.convert(
            {
                "kind": kind,
                "source": source,
                "id": f"{self.number[source]:07d}",
                "site": site,
                "at": at,
                "zone": ZONE,
                **values,
            },
            AnyEvent,
        )

    def all(self) -> Iterator[AnyEvent]:
        """Every event, in order of time."""
        for product, (plant, store) in self.t.home.items():
            at_plant, at_store = self.t.opening(product)
            for site, qty in ((plant, at_plant), (store, at_store)):
                yield self.event(
                    "stock.counted/1", "wms", site, self.t.days[0], item=product, qty=qty
                )
        for n in range(len(self.t.days)):
            yield from sorted(self.day(n), key=lambda e: e.at)

    def day(self, n: int) -> Iterator[AnyEvent]:
        """What happened on day n, and on the morning after to what left on it."""
        for product, (plant, store) in self.t.home.items():
            yield from self._ordered(n, product, store)
            yield from self._made(n, product, plant)
            yield from self._issued(n, product, plant, store)
            yield from self._delivered(n, product, store)
            yield from self._lapsed(n, product, store)

    def _ordered(self, n: int, product: str, store: str) -> Iterator[AnyEvent]:
        day, qty = self.t.days[n], self.t.orders[product][n]
        if qty > 0:
            order = f"SO-{product}-{day:%Y%m%d}"
            self.open[product].append(Open(order, n, qty))
            yield self.event(
                "order.placed/1",
                "erp",
                store,
                day + timedelta(hours=6),
                order=order,
                party="DIST",
                item=product,
                qty=qty,
                window_start=day,
                window_end=day + PROMISE,
                price=round(pack(product)[1] * 1.2, 2),
            )

    def _made(self, n: int, product: str, plant: str) -> Iterator[AnyEvent]:
        day, qty = self.t.days[n], self.t.made[product][n]
        line, order = f"{plant}-FILL", f"WO-{product}-{day:%Y%m%d}"
        if day.weekday() == 6 and n >= 7:
            week = sum(self.t.orders[product][n - 7 : n]) / 7
            for ahead in range(7) if week >= 0.5 else ():
                start = day + timedelta(days=ahead, hours=7)
                yield self.event(
                    "schedule.frozen/1",
                    "erp",
                    plant,
                    day + timedelta(hours=5),
                    schedule=f"{plant}-{day:%Y%m%d}",
                    resource=line,
                    item=product,
                    qty=round(week),
                    position=ahead + 1,
                    start=start,
                    end=start + timedelta(hours=7),
                )
        if qty > 0:
            start, end = day + timedelta(hours=7), day + timedelta(hours=14)
            common = {"item": product, "resource": line, "order": order, "qty": qty}
            yield self.event(
                "lot.started/1", "mes", plant, start, loop=f"{plant}:{product}", **common
            )
            yield self.event("stock.produced/1", "mes", plant, end, **common)
            yield self.event("lot.finished/1", "mes", plant, end, **common)

    def _issued(self, n: int, product: str, plant: str, store: str) -> Iterator[AnyEvent]:
        day, qty = self.t.days[n], self.t.issued[product][n]
        if qty > 0:
            shipment = f"ISS-{product}-{day:%Y%m%d}"
            yield self._ship(
                shipment,
                plant,
                store,
                product,
                qty,
                day + timedelta(hours=14, minutes=30),
                4,
                loop=f"{plant}>{store}:{product}",
            )
            evening = day + timedelta(hours=18, minutes=30)
            yield from self._receive(shipment, store, product, qty, evening)
            cost = qty * pack(product)[1]
            yield self._charge("price", cost, shipment, store, product, qty, evening)

    def _delivered(self, n: int, product: str, store: str) -> Iterator[AnyEvent]:
        day, left = self.t.days[n], self.t.delivered[product][n]
        part = 0
        while left > 1e-6:
            order, take = "", left
            if self.open[product]:
                head = self.open[product][0]
                order, take = head.id, min(left, head.left)
                head.left = round(head.left - take, 3)
                if head.left <= 1e-6:
                    self.open[product].popleft()
            left, take, part = round(left - take, 3), round(take, 3), part + 1
            if take <= 0:
                continue
            shipment = f"DEL-{product}-{day:%Y%m%d}-{part}"
            yield self._ship(
                shipment, store, "DIST", product, take, day + timedelta(hours=19), 14, order=order
            )
            morning = day + timedelta(days=1, hours=9)
            yield from self._receive(shipment, "DIST", product, take, morning, order=order)
            yield self.event(
                "stock.consumed/1",
                "erp",
                "DIST",
                morning + timedelta(minutes=15),
                item=product,
                qty=take,
                order=order,
            )

    def _lapsed(self, n: int, product: str, store: str) -> Iterator[AnyEvent]:
        """Orders still open at the end of the day after their promise are given up."""
        at = self.t.days[n] + timedelta(hours=23)
        while self.open[product] and self.open[product][0].day <= n - LAPSE_DAYS:
            order = self.open[product].popleft()
            yield self.event(
                "order.cancelled/1",
                "erp",
                store,
                at,
                order=order.id,
                by="seller",
                reason="not delivered in time",
            )

    def _ship(
        self,
        shipment: str,
        site: str,
        to: str,
        product: str,
        qty: float,
        at: datetime,
        hours: float,
        **links: object,
    ) -> AnyEvent:
        return self.event(
            "goods.shipped/1",
            "wms",
            site,
            at,
            shipment=shipment,
            to=to,
            item=product,
            qty=qty,
            lane=f"{site}-{to}",
            eta=at + timedelta(hours=hours),
            **links,
        )

    def _receive(
        self, shipment: str, site: str, product: str, qty: float, at: datetime, **links: object
    ) -> Iterator[AnyEvent]:
        yield self.event("goods.arrived/1", "tms", site, at, shipment=shipment)
        yield self.event(
            "goods.received/1",
            "wms",
            site,
            at + timedelta(minutes=5),
            shipment=shipment,
            item=product,
            qty=qty,
            **links,
        )
        freight = qty * pack(product)[0] * 0.009
        yield self._charge("freight", freight, shipment, site, product, qty, at)

    def _charge(
        self,
        component: str,
        amount: float,
        shipment: str,
        site: str,
        product: str,
        qty: float,
        at: datetime,
    ) -> AnyEvent:
        return self.event(
            "cost.charged/1",
            "erp",
            site,
            at + timedelta(minutes=10),
            component=component,
            amount=round(amount, 2),
            item=product,
            qty=qty,
            shipment=shipment,
            basis="estimate",
        )


def write_network(tables: dict[str, list[Row]], folder: Path) -> None:
    """One CSV file per table."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        columns = list(dict.fromkeys(key for row in rows for key in row))
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as out:
            writer = csv.DictWriter(out, columns, restval="", lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


def convert(source: Path, out: Path) -> tuple[Network, int]:
    """Write OUT/network and OUT/events.ndjson.gz; the network, and how many events."""
    tables = Tables(source)
    write_network(network_tables(tables), out / "network")
    events = sorted(Story(tables).all(), key=lambda e: e.at)
    lines = b"\n".join(msgspec.json.encode(e) for e in events) + b"\n"
    (out / "events.ndjson.gz").write_bytes(gzip.compress(lines, compresslevel=6, mtime=0))
    return Network.read(out / "network"), len(events)


def main() -> None:
    """The command line."""
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    network, count = convert(Path(sys.argv[1]), Path(sys.argv[2]))
    print(
        f"{len(network.sites)} sites, {len(network.items)} products,"
        f" {count} events in {sys.argv[2]}"
    )


if __name__ == "__main__":
    main()
