"""Who supplies a point: its loops and sources as the live rules have them, and backups."""

from __future__ import annotations

from typing import Any

import numpy as np

from taktnet.base.names import Domain
from taktnet.ledger.fact import ACTION, RULE
from taktnet.network.formats import parse_price_breaks
from taktnet.policy import lower as policy_lower
from taktnet.policy import records as r
from taktnet.twin import layout as y
from taktnet.twin.draft import MICRO, fault, micros, millionths
from taktnet.twin.layout import Table
from taktnet.twin.places import Places
from taktnet.twin.streams import name_key

BIG = 1 << 55


class Supply(Places):
    """What comes from where."""

    def add_links(self) -> None:
        """The loops, sources and backups of every point, as the live rules have them."""
        memory = policy_lower.lower(self.network, self.names).memory
        rules = {row["key"]: row for row in _rows(memory.live(r.Table.POINT))}
        loops, sources = _rows(memory.live(r.Table.LOOP)), _rows(memory.live(r.Table.SOURCE))
        for p, (site, item) in enumerate(self.points):
            place, point = self.rows[Table.PLACE][p], self.rows[Table.POINT][p]
            place["first_link"] = len(self.links)
            row = rules.get(self.key(site, item))
            if row is not None:
                for name in ("policy", "level", "reorder", "lot"):
                    point[name] = row[name]
                n, first = row["loops"], row["first_loop"]
                for loop in loops[first : first + n]:
                    self.add_loop(p, loop)
                n, first = row["sources"], row["first_source"]
                for source in sources[first : first + n]:
                    self.add_source(p, source)
                place["backups"] = sum(s["backup"] for s in sources[first : first + n])
            if place["procs"] and len(self.links) == place["first_link"]:
                self.to_order(p)
            place["links"] = len(self.links) - place["first_link"]

    def key(self, site: str, item: str) -> int:
        """The key of a point in the tables of the live rules."""
        names = self.names
        return max(0, names.find(Domain.SITE, site)) << 32 | max(0, names.find(Domain.ITEM, item))

    def add_loop(self, p: int, row: Any) -> None:
        """A kanban loop."""
        name = self.names.text(Domain.LOOP, row["key"])
        loop = self.network.loop(name)
        lane = self.names.text(Domain.LANE, row["lane"])
        proc = -1
        if loop.resource and (loop.origin or loop.site) == loop.site:
            first = self.rows[Table.PLACE][p]["first_proc"]
            made = [
                name
                for _, _, name in self.procs[first : first + self.rows[Table.PLACE][p]["procs"]]
            ]
            proc = first + made.index(loop.resource) if loop.resource in made else -1
        self.add_link(
            p, loop.origin or loop.site, lane, name,
            container=row["container"], cards=row["cards"], least=row["least"],
            rule=row["rule"], signal_at=row["signal_at"], lot=row["lot"],
            collect=micros(loop.collection_h), proc=proc, share=1.0, active=1,
            says={**_says(row), "rule": row["rule"], "loop": row["key"],
                  "collect": row["collect"]},
        )  # fmt: skip

    def add_source(self, p: int, row: Any) -> None:
        """A source, a backup, or making it on the spot."""
        origin = self.names.text(Domain.SITE, row["origin"])
        lane = self.names.text(Domain.LANE, row["lane"])
        self.add_link(
            p, origin, lane, origin, container=row["container"], moq=row["moq"],
            share=row["share"], proc=-1, active=y.STANDBY if row["backup"] else 1,
            says=self.says(p, row),
        )  # fmt: skip

    def says(self, p: int, row: Any) -> dict[str, Any]:
        """What a decision of a point's own policy says beside the order itself."""
        point = self.network.stock_point(*self.points[p])
        policy = point.policy if point is not None else ""
        return {**_says(row), "rule": RULE.get(policy, RULE["withdrawal"])}

    def add_link(
        self, p: int, origin: str, lane: str, name: str, says: dict[str, Any], **values: Any
    ) -> None:
        """One supply option, and what an order by it says."""
        site, item = self.points[p]
        way = next(
            (s for s in self.network.sources_of(site, item)
             if s.origin == origin and lane in ("", s.lane)), None,
        )  # fmt: skip
        make = origin == site
        first = len(self.rows[Table.BREAK])
        rate, own = 1.0, self.hours(p, origin, lane, name)
        if way is not None:
            rate = MICRO / self.network.per_eur(way.currency)
            for qty, price in parse_price_breaks(way.price_breaks) if way.price_breaks else ():
                self.add(Table.BREAK, qty=millionths(qty), price=price * rate)
        self.add(
            Table.LINK,
            dest=p,
            origin=-1 if make else self.index.get((origin, item), -1),
            origin_site=self.site_no[origin],
            lane=self.lane_no.get(lane, -1),
            way=y.MAKE if make else y.SHIP,
            prep=micros(way.prep_h) if way is not None and not make else 0,
            works=-1 if make else own["works"],
            price=way.price * rate if way is not None else 0.0,
            first_break=first,
            breaks=len(self.rows[Table.BREAK]) - first,
            name=name_key("link", site, item, name, lane),
            **values,
        )
        self.add(
            Table.LINK_ID, origin=self.names.intern(Domain.SITE, origin),
            **says, **own,
        )  # fmt: skip
        self.links.append((site, item, name, lane))
        if make and not self.rows[Table.PLACE][p].get("procs"):
            wanted = f"a process for {item!r} at {site!r}"
            self.faults.append(fault("loops", name, "origin", origin, wanted))

    def hours(self, p: int, origin: str, lane: str, loop: str) -> dict[str, int]:
        """Whose calendars and departures an order's due time goes by, as the live rules have it."""
        site, item = self.points[p]
        if origin == site:
            line = policy_lower.line(self.network, site, item, self.lines.get(loop, ""))
            return {"works": self.calendar(site, line), "opens": -1}
        first, leaves = self.leaving_of(self.network.lane(lane)) if lane else (0, 0)
        return {
            "works": self.calendar(origin, ""), "opens": self.calendar(site, ""),
            "first_leave": first, "leaves": leaves,
        }  # fmt: skip

    def to_order(self, p: int) -> None:
        """A point that makes an item without a policy of its own makes what is ordered."""
        site, item = self.points[p]
        self.rows[Table.POINT][p]["policy"] = r.BASE_STOCK
        container = millionths(self.network.item(item).container_qty)
        says = {"rule": RULE["base_stock"], "action": ACTION["produce"]}
        self.add_link(
            p, site, "", site, container=container, share=1.0, proc=-1, active=1, says=says
        )

    def check_supply(self) -> None:
        """What is asked for must come from somewhere."""
        for p in sorted(self.reached()):
            if self.rows[Table.PLACE][p]["links"]:
                continue
            site, item = self.points[p]
            if (site, item) in self.open:
                self.rows[Table.POINT][p]["onhand"] = BIG
                self.rows[Table.PLACE][p]["shelf"] = 0
                continue
            point = self.network.stock_point(site, item)
            wanted = "a policy, or a loop, with a source or a process"
            remedy = f"{item} is needed at {site} and nothing replenishes it."
            found = point.policy if point else "missing"
            self.faults.append(
                fault("stock_points", f"{site}|{item}", "policy", found, wanted, remedy=remedy)
            )

    def reached(self) -> set[int]:
        """Points that customers' orders come to, by whatever way."""
        left: list[int] = [row["point"] for row in self.rows[Table.DEMAND0]]
        found: set[int] = set()
        while left:
            p = left.pop()
            if p < 0 or p in found:
                continue
            found.add(p)
            place: dict[str, Any] = self.rows[Table.PLACE][p]
            links = self.rows[Table.LINK][place["first_link"] :][: place["links"]]
            left += [k["origin"] for k in links if k.get("active") == 1]
            if any(k["way"] == y.MAKE for k in links):
                left += self.parts(p)
        return found

    def parts(self, p: int) -> list[int]:
        """The points of all parts that a point's item is ever made of."""
        place = self.rows[Table.PLACE][p]
        first, n = place["first_edition"], place.get("editions", 0)
        found: list[int] = []
        for edition in self.rows[Table.EDITION][first : first + n]:
            parts = self.rows[Table.PART][edition["first"] : edition["first"] + edition["parts"]]
            found += [part["point"] for part in parts]
        return found

    def add_users(self) -> None:
        """Which processes use a point."""
        users: dict[int, dict[int, None]] = {}
        for i, row in enumerate(self.rows[Table.PROC0]):
            for part in self.parts(int(row["point"])):
                users.setdefault(part, {})[i] = None
        for p, place in enumerate(self.rows[Table.PLACE]):
            mine = list(users.get(p, ()))
            place["first_user"], place["users"] = self.lay(Table.USER, mine), len(mine)


def _rows(array: np.ndarray) -> list[dict[str, Any]]:
    """Records as plain values."""
    return [dict(zip(array.dtype.names or (), row, strict=True)) for row in array.tolist()]


_SAYS: tuple[tuple[str, type], ...] = (
    ("lead", int), ("transit", int), ("window", int), ("unit_us", float), ("action", int),
)  # fmt: skip


def _says(row: Any) -> dict[str, Any]:
    """Times and action of a row of the live rules."""
    return {name: kind(row[name]) for name, kind in _SAYS}
