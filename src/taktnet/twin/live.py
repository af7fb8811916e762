"""Starts a model from the live state: what is where, on its way, ordered, running or down.

A site of which the state has no balance at all starts with full levels: nothing is known of it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from taktnet.base.calendars import micros
from taktnet.base.names import Domain
from taktnet.network import Network
from taktnet.policy.lower import millionths
from taktnet.state import State
from taktnet.state.tables import Table as Now
from taktnet.twin.draft import records
from taktnet.twin.engine.loop import passed
from taktnet.twin.engine.note import HELD
from taktnet.twin.engine.settle import ASSUMED
from taktnet.twin.layout import DTYPES, SECOND, Change, Table
from taktnet.twin.sim import Model
from taktnet.twin.streams import name_key

#: What closes: the names of the model to look in, and the change that it is.
_CLOSES = {"site": ("sites", Change.SITE), "lane": ("lanes", Change.LANE)}


def place_state(model: Model, network: Network, state: State) -> Model:
    """The model with its fresh tables as the state says."""
    placing = _Placing(model, network, state)
    placing.points()
    placing.transit()
    placing.lots()
    placing.decisions()
    placing.orders()
    placing.resources()
    placing.closures()
    placing.given()
    return placing.model_now()


class _Placing:
    """The fresh tables in the making."""

    def __init__(self, model: Model, network: Network, state: State) -> None:
        self.model, self.network, self.state = model, network, state
        self.tables = {t: a.copy() for t, a in model.fresh.items()}
        self.roads: list[dict[str, Any]] = []
        self.shipments: list[tuple[str, str]] = []
        self.open: list[dict[str, Any]] = []
        self.running: dict[str, int] = {}
        self.by_point: dict[int, list[int]] = {}
        for i, dest in enumerate(self.tables[Table.LINK]["dest"].tolist()):
            self.by_point.setdefault(dest, []).append(i)

    def ago(self, at: datetime | None) -> int:
        """Microseconds from an instant to the start; 0 for one that is not known."""
        return 0 if at is None else max(0, self.model.at - micros(at))

    def ref(self, name: str) -> int:
        """The id of the name of an order, a decision or a shipment; 0 for none."""
        return max(0, self.state.names.find(Domain.REF, name))

    def points(self) -> None:
        """Stock on hand and in inspection."""
        known = {row.site for row in self.state.stock()}
        points = self.tables[Table.POINT]
        for p, (site, _) in enumerate(self.model.points):
            if site in known and points["onhand"][p] < 1 << 54:
                points["onhand"][p] = 0
                points["flags"][p] &= ~ASSUMED
        for row in self.state.points():
            p = self.model.find("points", (row.site, row.item))
            if p >= 0 and row.site in known:
                points["onhand"][p] = max(0, millionths(row.available))
                points["inspecting"][p] = millionths(row.inspection + row.held)

    def link(self, site: str, item: str, origin: str, loop: str, lane: str = "") -> int:
        """The link that supplies a point, by its loop, or its origin and lane; -1 for none."""
        p = self.model.find("points", (site, item))
        best = -1
        for i in self.by_point.get(p, ()):
            row = self.tables[Table.LINK][i]
            name = self.model.links[i]
            if loop and name[2] == loop:
                return i
            if self.model.sites[row["origin_site"]] == origin and (
                best < 0 or lane == name[3] != self.model.links[best][3]
            ):
                best = i
        return best

    def transit(self) -> None:
        """Goods on the road, with their age and the rest of their time still to be drawn."""
        sim = self.model.sim()
        for row in self.state.transit(self.model.at):
            ref = self.link(row.to, row.item, row.origin, row.loop, row.lane)
            if ref < 0:
                demand = self.model.find("demands", (row.to, row.item, row.origin))
                if demand < 0:
                    continue
                ref = -1 - demand
            age, qty, lane = self.ago(row.shipped_at), millionths(row.qty), row.lane
            number = self.model.find("lanes", lane)
            dist = int(self.model.static[Table.LANE0]["dist"][number]) if number >= 0 else -1
            self.roads.append({
                "qty": qty, "age": age, "born": -age, "kind": dist, "ref": ref, "lane": number,
                "seen": passed(sim.address, dist, float(age)) if dist >= 0 else 0.0,
                "name": name_key("shipment", row.shipment, row.item),
                "shipment": self.ref(row.shipment), "order": self.ref(row.order),
            })  # fmt: skip
            self.shipments.append((row.shipment, row.item))
            if ref >= 0:
                self.coming(ref, qty)

    def coming(self, link: int, qty: int) -> None:
        """So much more is on its way over a link."""
        row = self.tables[Table.LINK][link]
        row["out"] += qty
        self.tables[Table.POINT]["coming"][row["dest"]] += qty

    def lots(self) -> None:
        """Running lots go onto free machines; the rest of their time follows from what is left."""
        servers, procs = self.tables[Table.SERVER], self.tables[Table.PROC]
        static, resources = self.model.static[Table.PROC0], self.tables[Table.RES]
        for row in self.state.lots():
            proc = self.model.find("processes", (row.site, row.item, row.resource))
            link = self.link(row.site, row.item, row.site, row.loop)
            qty = millionths(row.qty - row.produced - row.scrap)
            if proc < 0 or link < 0 or qty <= 0:
                continue
            res = int(static["res"][proc])
            machine = int(resources["idle"][res])
            if machine < 0:
                continue
            resources["idle"][res] = servers["next"][machine]
            work = float(static["cycle"][proc]) * qty
            for name, value in (("listed", 0), ("proc", proc), ("last", proc), ("qty", qty),
                                ("left", max(SECOND, round(work)))):  # fmt: skip
                servers[name][machine] = value
            procs["started"][proc] += qty
            self.running[row.decision] = self.running.get(row.decision, 0) + qty
            self.open.append({
                "qty": qty, "placed": -self.ago(row.started), "who": link, "started": 1,
                "order": self.ref(row.decision or row.order), "work": self.ref(row.order),
                "done": millionths(row.produced),
            })  # fmt: skip
            self.coming(link, qty)

    def decisions(self) -> None:
        """What was decided and has not left its origin."""
        for row in self.state.decisions():
            link = self.link(row.site, row.item, row.origin, row.loop, row.lane)
            done = row.received if row.origin == row.site else row.shipped
            qty = millionths(row.qty - done) - self.running.get(row.decision, 0)
            if link >= 0 and qty > 0 and row.status not in ("declined", "refused", "done"):
                self.waiting(link, qty, row.taken_at, row.decision)

    def waiting(self, link: int, qty: int, placed: datetime, name: str) -> None:
        """An order of a link stands in line at its origin."""
        origin = int(self.tables[Table.LINK]["origin"][link])
        if origin >= 0:
            self.tables[Table.POINT]["reserved"][origin] += qty
        self.stands(link, qty, placed, name)
        self.coming(link, qty)

    def stands(self, who: int, qty: int, placed: datetime, name: str) -> None:
        """An order of a link or a customer (who < 0) stands where it stood."""
        order = {"qty": qty, "placed": -self.ago(placed), "who": who, "order": self.ref(name)}
        self.open.append(order)

    def orders(self) -> None:
        """Customers' orders and call-offs that are not shipped."""
        decided = {row.decision for row in self.state.decisions()}
        for row in self.state.orders():
            qty = millionths(row.qty - row.shipped)
            if qty <= 0 or row.order in decided:
                continue
            demand = self.model.find("demands", (row.buyer, row.item, row.seller))
            link = self.link(row.buyer, row.item, row.seller, row.loop)
            if demand >= 0:
                p = int(self.model.static[Table.DEMAND0]["point"][demand])
                self.tables[Table.POINT]["reserved"][p] += qty
                self.stands(-1 - demand, qty, row.placed_at, row.order)
            elif link >= 0:
                self.waiting(link, qty, row.placed_at, row.order)

    def resources(self) -> None:
        """Resources that are down are under repair."""
        servers = self.tables[Table.SERVER]
        for row in self.state.resources():
            number = self.model.find("resources", row.resource)
            if number >= 0 and not row.up:
                servers["hold"][servers["res"] == number] = 1
                self.tables[Table.RES]["short"][number] = HELD

    def closures(self) -> None:
        """What is closed opens when expected; where that is not known, or over, it stays so."""
        made: list[dict[str, Any]] = []
        for row in self.state.closures():
            table, what = _CLOSES[row.kind]
            entity = self.model.find(table, row.name)
            if entity < 0:
                continue
            made.append({"at": -1, "value": 1.0, "what": what, "entity": entity})
            opens = 0 if row.until is None else micros(row.until) - self.model.at
            if opens > 0:
                made.append({"at": opens, "value": -1.0, "what": what, "entity": entity})
        self.tables[Table.CHANGE] = records(DTYPES[Table.CHANGE], made)
        self.tables[Table.HEAD]["changes"] = len(made)

    def given(self) -> None:
        """What each supply option was asked for so far, and when a point last decided."""
        names, memory = self.state.names, self.state.memory
        links, points = self.tables[Table.LINK], self.tables[Table.POINT]
        for row in memory.live(Now.SUPPLY):
            origin = names.text(Domain.SITE, row["origin"])
            lane = names.text(Domain.LANE, row["lane"])
            for i in self.by_point.get(self.number(row), ()):
                site = self.model.sites[int(links["origin_site"][i])]
                if (site, self.model.links[i][3]) == (origin, lane):
                    links["given"][i] = row["decided"]
        for row in memory.live(Now.POINT):
            p = self.number(row)
            if p >= 0:
                points["decided"][p] = row["decided"]

    def number(self, row: Any) -> int:
        """The point of a record of the state; -1 for none."""
        text = self.state.names.text
        at = text(Domain.SITE, row["site"]), text(Domain.ITEM, row["item"])
        return self.model.find("points", at)

    def model_now(self) -> Model:
        """The model with these tables."""
        roads = records(DTYPES[Table.ROAD], self.roads)
        opened = records(DTYPES[Table.OPEN], self.open)
        head = self.tables[Table.HEAD]
        head["roads"], head["orders_waiting"] = len(roads), len(opened)
        fresh = {**self.tables, Table.ROAD: roads, Table.OPEN: opened}
        names = self.state.names
        return replace(
            self.model,
            fresh=fresh,
            live=True,
            shipments=tuple(self.shipments),
            orders=tuple(names.text(Domain.REF, row["order"]) for row in self.open),
        )
