"""Starts a model from the live state: what is where, on its way, ordered, running or down.

A site of which the state has no balance at all starts with full levels: nothing is known of it.
The tables of the state are read as they lie, column by column: a large network has tens of
thousands of orders and shipments under way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from taktnet.base.calendars import micros
from taktnet.base.names import Domain
from taktnet.network import Network
from taktnet.policy.lower import millionths
from taktnet.state import State
from taktnet.state import tables as s
from taktnet.state.rows import Lot
from taktnet.twin.draft import records
from taktnet.twin.engine.loop import passed
from taktnet.twin.engine.note import HELD, WANTS
from taktnet.twin.engine.settle import ASSUMED
from taktnet.twin.layout import DTYPES, SECOND, Change, Table
from taktnet.twin.numbers import Numbers
from taktnet.twin.preparing import ready_at, worked_on
from taktnet.twin.sim import Model
from taktnet.twin.streams import name_key
from taktnet.twin.under_way import by_order

Rows = np.ndarray[Any, np.dtype[Any]]
#: Reasons for which a resource stands still that the twin has itself, so that it knows their end.
OWN_CAUSES = ("stockout", "hold", "changeover")
_UNLIMITED = 1 << 54
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
    placing.cards()
    return placing.model_now()


class _Placing:
    """The fresh tables in the making."""

    def __init__(self, model: Model, network: Network, state: State) -> None:
        self.model, self.network = model, network
        self.state, self.names = state, state.names
        self.tables = {t: a.copy() for t, a in model.fresh.items()}
        self.road = np.zeros(0, DTYPES[Table.ROAD])
        self.shipments: list[tuple[str, str]] = []
        self.open: list[Rows] = []
        self.running: dict[int, int] = {}
        self.numbers = Numbers(model, state.names)

    def text(self, domain: Domain, number: int) -> str:
        """A name of the ledger."""
        return self.names.text(domain, number)

    def ago(self, at: Rows) -> Rows:
        """Microseconds from instants to the start; 0 for those that are not known."""
        return np.where(at == 0, 0, np.maximum(0, self.model.at - at))

    def rank(self, domain: Domain, ids: Rows) -> Rows:
        """A number for each name by which names are in the order of their letters."""
        known = np.unique(ids).tolist()
        ranks = np.zeros(1 + max(known, default=0), np.int64)
        ranks[sorted(known, key=self.names.texts(domain).__getitem__)] = np.arange(len(known))
        return ranks[ids]

    def points(self) -> None:
        """Stock on hand and in inspection."""
        memory = self.state.memory
        balances, rows = memory.live(s.Table.STOCK), memory.live(s.Table.POINT)
        known = {*balances["site"].tolist(), *rows["site"][rows["plain"] != 0].tolist()}
        heard = {self.text(Domain.SITE, site) for site in known}
        points = self.tables[Table.POINT]
        mine = np.array([site in heard for site, _ in self.model.points], np.bool_)
        mine &= points["onhand"] < _UNLIMITED
        points["onhand"][mine] = 0
        points["flags"][mine] &= ~ASSUMED
        rows = rows[np.isin(rows["site"], list(known))]
        place = self.at(rows)
        rows, place = rows[place >= 0], place[place >= 0]
        points["onhand"][place] = np.maximum(0, rows["available"])
        points["inspecting"][place] = rows["inspection"] + rows["held"]

    def at(self, rows: Rows) -> Rows:
        """The points of rows' sites and items; -1 for none."""
        return self.numbers.points(rows["site"], rows["item"])

    def links(self, rows: Rows) -> Rows:
        """The links that supply rows' points, by their loop, or their origin and lane."""
        return self.numbers.links(self.at(rows), rows["origin"], rows["loop"], rows["lane"])

    def demands(self, rows: Rows) -> Rows:
        """The demand rows of rows' customers (their sites), items and suppliers (origins)."""
        return self.numbers.demands(rows["site"], rows["item"], rows["origin"])

    def transit(self) -> None:
        """Goods on the road, with their age and the rest of their time still to be drawn.

        What is at the gate is through with its way. All of a shipment has one luck, so that it
        arrives together.
        """
        rows = self.state.memory.used(s.Table.TRANSIT)
        rows = rows[(rows["key"] >= 0) & (rows["shipped"] > rows["received"])]
        where = ((Domain.SITE, "site"), (Domain.ITEM, "item"), (Domain.REF, "ref"))
        rows = rows[np.lexsort([self.rank(d, rows[f]) for d, f in reversed(where)])]
        link, demand = self.links(rows), self.demands(rows)
        goes = (link >= 0) | (demand >= 0)
        rows, link, demand = rows[goes], link[goes], demand[goes]
        parcel, qty, order = by_order(rows, self.lines)
        rows, link, demand = rows[parcel], link[parcel], demand[parcel]
        here = self.state.memory.used(s.Table.SHIPMENT)["arrived"][rows["shipment"] - 1] > 0
        lane = self.numbers.lanes(rows["lane"])
        dist = self.model.static[Table.LANE0]["dist"]
        road = self.road = np.zeros(len(rows), DTYPES[Table.ROAD])
        road["qty"], road["lane"] = qty, lane
        road["age"] = self.ago(rows["at"])
        road["born"] = -road["age"]
        road["kind"] = np.where((lane >= 0) & ~here, dist[lane], -1) if len(dist) else -1
        road["ref"] = np.where(link >= 0, link, -1 - demand)
        road["shipment"], road["order"] = rows["ref"], order
        refs: list[int] = rows["ref"].tolist()
        items: list[int] = rows["item"].tolist()
        ref_names, item_names = self.names.texts(Domain.REF), self.names.texts(Domain.ITEM)
        named = zip(refs, items, strict=True)
        self.shipments = [(ref_names[ref], item_names[item]) for ref, item in named]
        road["name"] = [name_key("shipment", ship) for ship, _ in self.shipments]
        seen, sim = np.zeros(len(road)), self.model.sim()  # held: its tables are at its address
        passed(sim.address, road["kind"].astype(np.int64), road["age"].astype(np.float64), seen)
        road["seen"] = seen
        self.coming(link[link >= 0], road["qty"][link >= 0])

    def coming(self, link: Rows, qty: Rows) -> None:
        """So much more is on its way over links."""
        links = self.tables[Table.LINK]
        np.add.at(links["out"], link, qty)
        np.add.at(self.tables[Table.POINT]["coming"], links["dest"][link], qty)

    def lots(self) -> None:
        """Running lots go onto free machines; the rest of their time follows from what is left.

        Where nothing of a lot is produced yet, what was worked since it began is done.
        """
        servers, procs = self.tables[Table.SERVER], self.tables[Table.PROC]
        static, resources = self.model.static[Table.PROC0], self.tables[Table.RES]
        find, lots = self.names.find, self.state.lots()
        by = [self.model.find("processes", (lot.site, lot.item, lot.resource)) for lot in lots]
        made = np.zeros(len(lots), DTYPES[Table.OPEN])
        told = zip(lots, by, self._works_for(lots), self._spent(lots, by), strict=True)
        for opened, (row, proc, link, spent) in zip(made, told, strict=True):
            qty = millionths(row.qty - row.produced - row.scrap)
            if proc < 0 or link < 0 or qty <= 0:
                continue
            res = int(static["res"][proc])
            machine = int(resources["idle"][res])
            if machine < 0:
                continue
            resources["idle"][res] = servers["next"][machine]
            work = float(static["cycle"][proc]) * qty - (spent if row.produced == 0 else 0)
            for name, value in (("listed", 0), ("proc", proc), ("last", proc), ("qty", qty),
                                ("left", max(SECOND, round(work)))):  # fmt: skip
                servers[name][machine] = value
            procs["started"][proc] += qty
            decision, order = find(Domain.REF, row.decision), find(Domain.REF, row.order)
            self.running[decision] = self.running.get(decision, 0) + qty
            opened["qty"], opened["who"], opened["started"] = qty, link, 1
            opened["placed"] = -max(0, self.model.at - micros(row.started))
            opened["order"], opened["work"] = decision or order, order
            opened["done"] = millionths(row.produced)
        made = made[made["qty"] > 0]
        self.open.append(made)
        self.coming(made["who"], made["qty"])

    def _works_for(self, lots: Sequence[Lot]) -> list[int]:
        """The links that lots are made for; -1 for none."""

        def ids(domain: Domain, texts: Iterable[str]) -> Rows:
            return np.array([self.names.find(domain, text) for text in texts], np.int64)

        site = ids(Domain.SITE, (lot.site for lot in lots))
        point = self.numbers.points(site, ids(Domain.ITEM, (lot.item for lot in lots)))
        loop = ids(Domain.LOOP, (lot.loop for lot in lots))
        return self.numbers.links(point, site, loop, np.zeros(len(lots), np.int64)).tolist()

    def _spent(self, lots: Sequence[Lot], procs: Sequence[int]) -> list[int]:
        """Working time since lots began, until now or until their resource stopped or site shut."""
        stops = {r.resource: r.since for r in self.state.resources() if not r.up and r.since}
        shut = {c.name: c.since for c in self.state.closures() if c.kind == "site"}
        ends = [stops.get(lot.resource) or shut.get(lot.site) for lot in lots]
        until = np.array([self.model.at if end is None else micros(end) for end in ends], np.int64)
        since = np.array([micros(lot.started) for lot in lots], np.int64)
        res = self.model.static[Table.PROC0]["res"][np.array(procs, np.int64)]
        return worked_on(self.network, self.model, res, since, until).tolist()

    @cached_property
    def lines(self) -> Rows:
        """Lines of supply and demand that are open, those placed first before the others."""
        rows = self.state.memory.used(s.Table.LINE)
        rows = rows[(rows["key"] >= 0) & (rows["listed"] == 1)]
        return rows[np.lexsort((self.rank(Domain.REF, rows["ref"]), rows["at"]))]

    def decisions(self) -> None:
        """What was decided and has not left its origin."""
        rows = self.lines
        still = (rows["ended"] == s.LIVE) & (rows["received"] < rows["qty"] - rows["short"])
        rows = rows[still & (rows["kinds"] & s.DECIDED != 0)]
        link = self.links(rows)
        gone = np.where(rows["origin"] == rows["site"], rows["received"], rows["shipped"])
        running = [self.running.get(ref, 0) for ref in rows["ref"].tolist()]
        qty = rows["qty"] - gone - np.array(running, np.int64)
        begun = (rows["shipped"] > 0) | (rows["received"] > 0) | (np.array(running) > 0)
        keep = (link >= 0) & (qty > 0)
        rows, link, qty, begun = rows[keep], link[keep], qty[keep], begun[keep]
        ready = ready_at(self.network, self.model, link, rows["at"])
        self.stand(rows, link, qty, np.where(begun, 0, ready))

    def stand(self, rows: Rows, who: Rows, qty: Rows, ready: Rows | int = 0) -> None:
        """Orders of links, or of customers (who < 0), stand in line at their origin when ready."""
        opened = np.zeros(len(rows), DTYPES[Table.OPEN])
        opened["ready"] = ready
        opened["qty"], opened["who"], opened["order"] = qty, who, rows["ref"]
        opened["placed"] = -self.ago(rows["at"])
        self.open.append(opened)
        sold = who < 0
        at = self.model.static[Table.DEMAND0]["point"][-1 - who[sold]]
        self.owe(at, qty[sold])
        link, qty = who[~sold], qty[~sold]
        origin = self.tables[Table.LINK]["origin"][link]
        self.owe(origin[origin >= 0], qty[origin >= 0])
        self.coming(link, qty)

    def owe(self, point: Rows, qty: Rows) -> None:
        """Stock of points is reserved."""
        np.add.at(self.tables[Table.POINT]["reserved"], point, qty)

    def orders(self) -> None:
        """Customers' orders and call-offs that are not shipped."""
        rows = self.lines
        decided = rows["ref"][rows["kinds"] & s.DECIDED != 0]
        asked = (rows["kinds"] & (s.ORDERED | s.CALLED) != 0) & ~np.isin(rows["ref"], decided)
        rows = rows[asked & (rows["qty"] > rows["shipped"])]
        demand, any_lane = self.demands(rows), np.zeros(len(rows), np.int64)
        link = self.numbers.links(self.at(rows), rows["origin"], rows["loop"], any_lane)
        who, known = np.where(demand >= 0, -1 - demand, link), (demand >= 0) | (link >= 0)
        self.stand(rows[known], who[known], (rows["qty"] - rows["shipped"])[known])

    def resources(self) -> None:
        """Resources that are down are under repair; those that wait go on when they can."""
        servers, short = self.tables[Table.SERVER], self.tables[Table.RES]["short"]
        for row in self.state.resources():
            number = self.model.find("resources", row.resource)
            if number < 0 or row.up:
                continue
            if row.reason in OWN_CAUSES:
                short[number] = WANTS
            else:
                servers["hold"][servers["res"] == number] = 1
                short[number] = HELD

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
        rows = self.state.memory.live(s.Table.SUPPLY)
        link = self.numbers.sources(self.at(rows), rows["origin"], rows["lane"])
        self.tables[Table.LINK]["given"][link[link >= 0]] = rows["decided"][link >= 0]
        rows = self.state.memory.live(s.Table.POINT)
        place = self.at(rows)
        self.tables[Table.POINT]["decided"][place[place >= 0]] = rows["decided"][place >= 0]

    def cards(self) -> None:
        """Loops whose cards are scanned have those that are in circulation, once any is known."""
        links = self.tables[Table.LINK]
        number = {row[2]: i for i, row in enumerate(self.model.links) if links["rule"][i] > 0}
        rows = self.state.memory.live(s.Table.LOOP)
        for row in rows[rows["issued"] + rows["withdrawn"] > 0]:
            link = number.get(self.text(Domain.LOOP, row["loop"]), -1)
            if link >= 0 and self.network.loop(self.model.links[link][2]).trigger == "scan":
                links["cards"][link] = row["issued"]

    def model_now(self) -> Model:
        """The model with these tables."""
        opened = np.concatenate([np.zeros(0, DTYPES[Table.OPEN]), *self.open])
        head = self.tables[Table.HEAD]
        head["roads"], head["orders_waiting"] = len(self.road), len(opened)
        fresh = {**self.tables, Table.ROAD: self.road, Table.OPEN: opened}
        return replace(
            self.model,
            fresh=fresh,
            live=True,
            shipments=tuple(self.shipments),
            orders=tuple(map(self.names.texts(Domain.REF).__getitem__, opened["order"].tolist())),
        )
