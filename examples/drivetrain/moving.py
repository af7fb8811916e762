"""Lanes: goods are picked when stock is there, leave, travel, arrive, are unloaded."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace

from world import DAY, HOUR, World

from taktnet.base.calendars import next_departure
from taktnet.base.daytexts import parse_departures
from taktnet.ledger.event import DecisionTaken
from taktnet.network.components import Lane

UNLOAD = 1.5 * HOUR  # from the gate to the shelf; a lane's transit takes it in


@dataclass
class Want:
    """A quantity that somebody wants shipped."""

    to: str
    item: str
    qty: float
    lane: str
    order: str
    loop: str
    promised: float


class Moving:
    """All lanes of a world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.lanes = {lane.id: lane for lane in world.network.lanes}
        self.prep = {
            (s.site, s.item, s.origin): s.prep_h
            for s in world.network.sources
            if s.role == "primary"
        }
        self.wants: dict[tuple[str, str], list[Want]] = defaultdict(list)
        self.loads: dict[tuple[str, float], list[Want]] = {}
        self.delays: dict[str, float] = {}  # lane -> extra hours for the next ship
        self._count: dict[str, int] = defaultdict(int)

    def order(self, d: DecisionTaken) -> None:
        """A move or buy decision: the origin gets it ready in its working time, then picks it."""
        world, origin = self.world, d.origin
        prep = self.prep.get((d.site, d.item, origin), 8.0) * HOUR
        prep *= world.chance(f"prep/{origin}").triangular(0.8, 1.2, 1.0)
        promised = world.seconds(d.due) if d.due else world.now + 5 * DAY
        self.want(
            origin,
            Want(d.site, d.item, d.qty, d.lane, d.decision, d.loop, promised),
            world.after_work(origin, world.now, prep),
        )

    def want(self, origin: str, want: Want, ready: float) -> None:
        """Wish for a shipment that can be picked from `ready` on."""

        def queue() -> None:
            self.wants[origin, want.item].append(want)
            self.stock_came(origin, want.item)

        self.world.at(ready, queue)

    def stock_came(self, site: str, item: str) -> None:
        """Pick in the order of the wishes as far as stock goes; customers get all or nothing."""
        queue = self.wants.get((site, item))
        while queue and not self.world.closed(site):
            want, have = queue[0], self.world.have[site, item] + 1e-6
            box = self.world.items[item].container_qty
            whole = self.world.sites[want.to].kind == "customer" or want.qty <= box
            qty = want.qty if have >= want.qty else 0.0 if whole else have // box * box
            if qty <= 0:
                return
            self.world.take(site, item, qty)
            self._load(site, replace(want, qty=qty))
            if qty >= want.qty:
                queue.pop(0)
            else:
                want.qty -= qty

    def _load(self, site: str, want: Want) -> None:
        lane = self.lanes[want.lane]
        self._await(site, lane, self.departure(lane, self.world.now)).append(want)
        self.world.picked[site, want.item] += want.qty

    def _await(self, site: str, lane: Lane, leaves: float) -> list[Want]:
        """What goes with a departure of a lane."""
        load = self.loads.get((lane.id, leaves))
        if load is None:
            load = self.loads[lane.id, leaves] = []
            self.world.at(leaves, lambda: self._leave(site, lane, leaves))
        return load

    def departure(self, lane: Lane, when: float) -> float:
        """The first departure of the lane at or after `when`."""
        zone = self.world.sites[lane.origin].zone
        leaves = next_departure(parse_departures(lane.departures), zone, self.world.instant(when))
        return max(when, self.world.seconds(leaves))

    def transit(self, lane: Lane) -> float:
        """Sampled seconds on the road, by the lane's mean and deviation."""
        chance, mean, sd = (
            self.world.chance(f"transit/{lane.id}"),
            lane.transit_h,
            lane.transit_sd_h,
        )
        if sd <= 0:
            return mean * HOUR
        shape = (mean / sd) ** 2
        return max(0.6 * mean, chance.gammavariate(shape, mean / shape)) * HOUR

    def _leave(self, site: str, lane: Lane, leaves: float) -> None:
        world, load = self.world, self.loads.pop((lane.id, leaves))
        if world.closed(site):
            after = self.departure(lane, world.open_at(site, world.now))
            self._await(site, lane, after).extend(load)
            return
        self._count[lane.id] += 1
        shipment = f"SHP-{lane.id}-{self._count[lane.id]:04d}"
        transit = self.transit(lane)
        extra = self.delays.pop(lane.id, 0.0) * HOUR
        eta = leaves + (lane.agreed_h or lane.transit_h) * HOUR
        for w in load:
            world.picked[site, w.item] -= w.qty
            world.tell(
                "goods.shipped/1",
                site,
                "wms",
                shipment=shipment,
                to=w.to,
                item=w.item,
                qty=w.qty,
                eta=world.instant(eta),
                order=w.order,
                loop=w.loop,
                lane=lane.id,
                promised=world.instant(w.promised),
            )
        self._costs(site, lane, shipment, load)
        self._track(lane, shipment, leaves, transit, extra)
        there = leaves + transit + extra - UNLOAD
        world.at(there, lambda: self._arrive(lane, shipment, load))

    def _costs(self, site: str, lane: Lane, shipment: str, load: list[Want]) -> None:
        """An estimate when it leaves, an invoice some days after; duty where a border is far."""
        world, items = self.world, self.world.items
        kg = sum(w.qty * items[w.item].weight_kg for w in load)
        m3 = sum(w.qty * items[w.item].volume_m3 for w in load)
        full = lane.cost_shipment + lane.cost_kg * kg + lane.cost_m3 * m3
        share = min(1.0, max(kg / 24000, m3 / 80, 0.06)) if lane.mode == "road" else 1.0
        value = sum(w.qty * items[w.item].cost for w in load)
        to = lane.destination
        common = {
            "shipment": shipment,
            "origin": site,
            "lane": lane.id,
            "item": load[0].item if len({w.item for w in load}) == 1 else "",
            "qty": sum(w.qty for w in load),
        }
        freight = round(full * share, 2)
        world.tell(
            "cost.charged/1",
            to,
            "tms",
            component="freight",
            amount=freight,
            basis="estimate",
            **common,
        )
        off = world.chance(f"invoice/{lane.id}").uniform(-0.04, 0.12)
        world.at(
            world.now + (lane.transit_h * HOUR) + 4 * DAY,
            lambda: world.tell(
                "cost.charged/1",
                to,
                "erp",
                component="freight",
                amount=round(freight * (1 + off), 2),
                basis="invoice",
                invoice=f"INV-{shipment}",
                **common,
            ),
        )
        if lane.mode in ("sea", "air") and world.sites[site].country != world.sites[to].country:
            world.tell(
                "cost.charged/1",
                to,
                "erp",
                component="duty",
                amount=round(value * 0.027, 2),
                invoice=f"DUTY-{shipment}",
                **common,
            )

    def _track(
        self, lane: Lane, shipment: str, leaves: float, transit: float, extra: float
    ) -> None:
        """Positions on long ways: every two days at sea, every twelve hours else."""
        world = self.world
        a, b = world.sites[lane.origin], world.sites[lane.destination]
        step = 2 * DAY if lane.mode == "sea" else 12 * HOUR
        count = int(transit // step)
        for k in range(1, count + 1):
            part = k * step / transit
            lon = b.longitude - a.longitude
            lon -= 360 * round(lon / 360)
            here = {
                "latitude": round(a.latitude + part * (b.latitude - a.latitude), 4),
                "longitude": round((a.longitude + part * lon + 180) % 360 - 180, 4),
            }
            known = leaves + transit + (extra if part > 0.4 else 0.0)
            world.at(
                leaves + k * step,
                lambda here=here, known=known: world.tell(
                    "goods.position/1",
                    lane.destination,
                    "tms",
                    shipment=shipment,
                    eta=world.instant(known),
                    **here,
                ),
            )

    def _arrive(self, lane: Lane, shipment: str, load: list[Want]) -> None:
        world = self.world
        world.tell("goods.arrived/1", lane.destination, "tms", shipment=shipment)
        unload = world.open_at(lane.destination, world.now + UNLOAD)
        world.at(unload, lambda: self._receive(lane, shipment, load))

    def _receive(self, lane: Lane, shipment: str, load: list[Want]) -> None:
        world, to = self.world, lane.destination
        customer = world.sites[to].kind == "customer"
        for w in load:
            bad = 0.0
            if not customer and world.chance(f"quality/{lane.origin}").random() < 0.012:
                bad = float(max(1, round(w.qty * 0.03)))
            world.tell(
                "goods.received/1",
                to,
                "wms",
                shipment=shipment,
                item=w.item,
                qty=w.qty,
                rejected=bad,
                order=w.order,
            )
            world.put(to, w.item, w.qty - bad)
            if customer and not w.loop:
                world.take(to, w.item, w.qty)
                world.tell("stock.consumed/1", to, "erp", item=w.item, qty=w.qty, order=w.order)
