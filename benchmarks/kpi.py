"""The six KPIs: facts folded per second, cost of one live fact, and how long a report takes.

    uv run python benchmarks/kpi.py [--facts 100000] [--sites 50] [--weeks 8] [--json]

Facts are those of a random eight-week history over 50 sites and 200 items: call-offs and their
deliveries, consumption and production with counts, schedules and lots, charges, stops. "Fold" is
`update` plus `settle` of every book, the whole first report with it; "live" is one fact taken
in, and the report that has to work its groups out again.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random

import numpy as np

from taktnet.base.names import Names
from taktnet.kpi.kpis import Kpis, recompute
from taktnet.ledger import event as e
from taktnet.ledger.fact import FACT, Lowering, micros
from taktnet.network import Network
from taktnet.network import components as c

START = datetime(2026, 3, 2, tzinfo=UTC)
WEEK = timedelta(days=7)
BARS = {"fold": 100_000, "live us": 50, "overview ms": 150}


def make_network(sites: int, items: int) -> Network:
    """Half the sites are plants of ours with one line each, half are suppliers."""
    zones = ("Europe/Lisbon", "Europe/Warsaw", "America/Mexico_City", "Asia/Kolkata")
    plants = range(sites // 2)
    rows = tuple(
        c.Site(
            id=f"S{n:04d}", kind="plant" if n in plants else "supplier", latitude=0.0,
            longitude=0.0, country="DE", zone=zones[n % 4], company="G" if n in plants else "",
        )
        for n in range(sites)
    )  # fmt: skip
    return Network(
        sites=rows,
        items=tuple(c.Item(id=f"I{n:04d}", cost=1.0 + n / 8) for n in range(items)),
        resources=tuple(c.Resource(id=f"L{n:04d}", site=f"S{n:04d}") for n in plants),
        calendars=(c.Calendar(id="TWO", days="Mon-Fri", shifts="06:00-14:00,14:00-22:00"),),
    )


class History:
    """Lowers events of random plants in time order."""

    def __init__(self, net: Network, names: Names, seed: int) -> None:
        self.luck = Random(seed)
        self.lower = Lowering(names)
        self.plants = [s.id for s in net.sites if s.company]
        self.suppliers = [s.id for s in net.sites if not s.company]
        self.items = [i.id for i in net.items]
        self.told: list[tuple[int, bytes]] = []

    def tell(self, kind: type[e.Event], at: datetime, site: str, **fields: object) -> None:
        """One event."""
        key = {"source": "erp", "id": str(len(self.told)), "at": at, "site": site}
        facts = self.lower.facts(kind(**key, **fields), micros(at))  # type: ignore[arg-type]
        self.told.append((micros(at), facts))

    def delivery(self, n: int, at: datetime) -> None:
        """A line, its shipment, gate and receipt, with the charges: eight facts."""
        luck, order, truck = self.luck, f"PO{n // 4}/{n % 4}", f"T{n}"
        site, origin = luck.choice(self.plants), luck.choice(self.suppliers)
        item, qty = luck.choice(self.items), float(luck.randint(10, 500))
        due = at + timedelta(hours=luck.randint(60, 200))
        came = due + timedelta(hours=luck.gauss(-6, 8))
        goods = {"item": item, "qty": qty}
        self.tell(
            e.CalloffPlaced, at, site, order=order, origin=origin, **goods,
            window_start=due - timedelta(hours=24), window_end=due,
        )  # fmt: skip
        charge = {"shipment": truck, "origin": origin, **goods}
        for kind, money in (("price", qty * 3), ("freight", qty / 4)):
            self.tell(
                e.CostCharged, at, site, component=kind, amount=money, basis="estimate", **charge
            )
        self.tell(
            e.GoodsShipped, at + timedelta(hours=20), origin, shipment=truck, to=site, order=order,
            **goods,
        )  # fmt: skip
        self.tell(e.GoodsArrived, came, site, shipment=truck)
        self.tell(
            e.GoodsReceived, came + timedelta(minutes=40), site, shipment=truck, **goods,
            rejected=float(luck.random() < 0.05),
        )  # fmt: skip
        self.tell(e.CostCharged, came + WEEK, site, component="freight", amount=qty / 3.9, **charge)

    def shop_floor(self, at: datetime) -> None:
        """Use, production, sale, a schedule, a count or a stop: one or two facts."""
        luck = self.luck
        site, item = luck.choice(self.plants), luck.choice(self.items)
        qty, line = float(luck.randint(1, 60)), "L" + site[1:]
        what = luck.random()
        if what < 0.5:
            self.tell(e.StockConsumed, at, site, item=item, qty=qty, resource=line)
        elif what < 0.8:
            self.tell(e.StockProduced, at, site, item=item, qty=qty, resource=line)
        elif what < 0.9:
            truck = f"C{len(self.told)}"
            self.tell(e.GoodsShipped, at, site, shipment=truck, to="ACME", item=item, qty=qty)
        elif what < 0.93:
            self.tell(e.StockCounted, at, site, item=item, qty=qty * 20)
        elif what < 0.98:
            lot, day = f"W{len(self.told)}", at.strftime("%Y%m%d")
            self.tell(
                e.ScheduleFrozen, at, site, schedule=day, resource=line, item=item, qty=qty,
                position=at.hour, start=at, end=at + timedelta(hours=4), lot=lot,
            )  # fmt: skip
            after = at + timedelta(hours=2)
            told = {"order": lot, "resource": line, "item": item, "qty": qty, "lot": lot}
            self.tell(e.LotFinished, after, site, **told)
        else:
            self.tell(e.ResourceStopped, at, site, resource=line, reason="stockout", item=item)
            self.tell(e.ResourceStarted, at + timedelta(minutes=30), site, resource=line)

    def facts(self) -> np.ndarray:
        """All facts, numbered in time order."""
        self.told.sort(key=lambda row: row[0])
        rows = np.frombuffer(b"".join(facts for _, facts in self.told), FACT).copy()
        rows["seq"] = np.arange(1, len(rows) + 1)
        return rows


def make_facts(net: Network, names: Names, count: int, weeks: int) -> np.ndarray:
    """About so many facts over so many weeks; 30 % of them of deliveries."""
    history = History(net, names, 7)
    span = weeks * WEEK
    for n in range(count * 3 // 70):
        history.delivery(n, START + history.luck.random() * span)
    while len(history.told) < count:
        history.shop_floor(START + history.luck.random() * span)
    return history.facts()


def best(work: Callable[[], object], times: int = 5) -> float:
    """Shortest of several runs, in seconds."""
    found: list[float] = []
    for _ in range(times):
        begin = time.perf_counter()
        work()
        found.append(time.perf_counter() - begin)
    return min(found)


def measure(count: int, sites: int, weeks: int) -> dict[str, float]:
    """All figures."""
    net, names = make_network(sites, 200), Names()
    facts = make_facts(net, names, count, weeks)
    start, end = micros(START), micros(START + weeks * WEEK)
    settings = {"start": start, "end": end, "step": "week"}

    def fold() -> Kpis:
        kpis = recompute([facts], net, names)
        kpis.settle()
        return kpis

    kpis = fold()
    out = {"facts": len(facts), "fold": len(facts) / best(fold, 3)}
    for by in ("network", "site", "item", "supplier"):
        name = "overview ms" if by == "network" else f"by {by} ms"
        out[name] = best(lambda by=by: kpis.report(**settings, by=by)) * 1e3
    one = facts[-1:]

    def live() -> None:
        for _ in range(1000):
            kpis.update(one)

    out["live us"] = best(live, 3) * 1e3
    used = facts[np.flatnonzero(facts["kind"] == e.NUMBER[e.StockConsumed])[-1:]]

    def turn() -> None:
        kpis.update(used)
        kpis.report(**settings)

    kpis.fold()
    out["report after one fact ms"] = best(turn) * 1e3
    blob = kpis.to_bytes()
    out["snapshot MB"] = len(blob) / 1e6
    out["restart ms"] = best(lambda: Kpis.from_bytes(blob, net, names), 3) * 1e3
    return out


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--facts", type=int, default=100_000)
    parser.add_argument("--sites", type=int, default=50)
    parser.add_argument("--weeks", type=int, default=8)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    figures = measure(args.facts, args.sites, args.weeks)
    if args.json:
        print(json.dumps(figures))
        return
    for name, figure in figures.items():
        bar = f"   bar {BARS[name]:,}" if name in BARS else ""
        print(f"{name:28} {figure:14,.1f}{bar}")


if __name__ == "__main__":
    main()
