"""Customers: orders, use from racks, forecasts; and the plants' frozen schedules."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from random import Random
from zoneinfo import ZoneInfo

from design import ORDER_WINDOW_H
from moving import Moving, Want
from world import DAY, HOUR, World

from taktnet.network.components import Demand


def negbin(chance: Random, mean: float, cv: float) -> int:
    """A whole number with this mean and coefficient of variation (gamma mixed Poisson)."""
    variance = max((cv * mean) ** 2, mean * 1.001)
    shape = mean * mean / (variance - mean)
    rate = chance.gammavariate(shape, mean / shape)
    count, left = 0, chance.expovariate(1.0)
    while left < rate:
        count += 1
        left += chance.expovariate(1.0)
    return count


class Selling:
    """All demand of a world. Customers with a loop consume from their rack, others order."""

    def __init__(self, world: World, moving: Moving, days: int) -> None:
        self.world, self.moving = world, moving
        self.looped = {(loop.site, loop.item) for loop in world.network.loops}
        self._orders: dict[str, int] = defaultdict(int)
        for d in world.network.demand:
            for day in range(days):
                world.at(day * DAY, lambda d=d, day=day: self._day(d, day))
        for week in range(days // 7 + 1):
            world.at(week * 7 * DAY + 4 * HOUR, lambda week=week: self._forecast(week))
            world.at(week * 7 * DAY + 5 * HOUR, lambda week=week: self._schedule(week))
            world.at((week * 7 + 6) * DAY + 6 * HOUR, self._count_stock)

    def _local(self, site: str, day: int, hour: float) -> float:
        zone = ZoneInfo(self.world.sites[site].zone)
        midnight = (self.world.start + timedelta(days=day)).astimezone(zone)
        local = midnight.replace(hour=0, minute=0) + timedelta(hours=hour)
        return self.world.seconds(local)

    def _day(self, d: Demand, day: int) -> None:
        """A working day's demand is seven fifths of the mean of the week."""
        world = self.world
        if (world.start + timedelta(days=day)).weekday() >= 5:
            return
        qty = negbin(world.chance(f"demand/{d.site}/{d.item}"), d.rate_day * 7 / 5, d.cv)
        if (d.site, d.item) in self.looped:
            self._consume(d, day, qty)
        elif qty:
            world.at(self._local(d.site, day, 9.5), lambda: self._order(d, qty))

    def _consume(self, d: Demand, day: int, qty: int) -> None:
        """The bike line takes the day's units in eight draws between 07:00 and 15:00."""
        chance = self.world.chance(f"draws/{d.site}/{d.item}")
        cuts = sorted(chance.randrange(qty + 1) for _ in range(7))
        for k, (a, b) in enumerate(zip([0, *cuts], [*cuts, qty], strict=True)):
            if b > a:
                when = self._local(d.site, day, 7 + k + chance.uniform(0.1, 0.9))
                self.world.at(when, lambda n=b - a: self._draw(d, n))

    def _draw(self, d: Demand, qty: int) -> None:
        have = int(self.world.have[d.site, d.item])
        used = min(qty, have)
        if used:
            self.world.take(d.site, d.item, used)
            self.world.tell("stock.consumed/1", d.site, "mes", item=d.item, qty=used)
        if qty > used:  # the rest is taken as soon as a container comes
            self.world.at(self.world.now + 4 * HOUR, lambda: self._draw(d, qty - used))

    def _order(self, d: Demand, qty: int) -> None:
        world = self.world
        self._orders[d.site] += 1
        order = f"SO-{d.site[2:]}-{self._orders[d.site]:04d}"
        end = world.now + d.lead_h * HOUR
        lane = next(
            x for x in world.network.lanes if (x.origin, x.destination) == (d.supplier, d.site)
        )
        world.tell(
            "order.placed/1",
            d.supplier,
            "erp",
            order=order,
            party=d.site,
            item=d.item,
            qty=qty,
            window_start=world.instant(end - ORDER_WINDOW_H * HOUR),
            window_end=world.instant(end),
            price=d.price,
        )
        ready = end - (lane.transit_h * 1.2 + 30) * HOUR
        self.moving.want(
            d.supplier,
            Want(d.site, d.item, float(qty), lane.id, order, "", end),
            max(ready, world.now + HOUR),
        )

    def _forecast(self, week: int) -> None:
        world = self.world
        for d in world.network.demand:
            off = world.chance(f"forecast/{d.site}/{d.item}").uniform(0.92, 1.1)
            world.tell(
                "forecast.published/1",
                d.supplier,
                "erp",
                item=d.item,
                start=world.instant((week + 1) * 7 * DAY),
                days=7,
                qty=round(d.rate_day * 7 * off),
                version=f"W{week + 1:02d}-{d.site}",
            )

    def _schedule(self, week: int) -> None:
        """Each assembly line freezes the week's lots: every product every day, in turn."""
        world = self.world
        made = defaultdict(list)
        rates: dict[tuple[str, str], float] = defaultdict(float)
        for d in world.network.demand:
            rates[d.supplier, d.item] += d.rate_day
        for p in world.network.processes:
            if (p.site, p.item) in rates:
                made[p.site, p.resource].append(p.item)
        for (site, resource), items in made.items():
            position = 0
            for day in range(5):
                start = self._local(site, week * 7 + day, 6)
                for item in items:
                    box = world.items[item].container_qty
                    qty = max(1, round(rates[site, item] * 7 / 5 / box)) * box
                    position += 1
                    world.tell(
                        "schedule.frozen/1",
                        site,
                        "erp",
                        resource=resource,
                        item=item,
                        schedule=f"{resource}-W{week + 1:02d}",
                        qty=qty,
                        position=position,
                        start=world.instant(start),
                        end=world.instant(start + 16 * HOUR),
                    )

    def _count_stock(self) -> None:
        """A tenth of the points is counted; some counts differ a little from the books."""
        world, chance = self.world, self.world.chance("counts")
        for site, item in sorted(world.kept):
            if chance.random() < 0.1:
                have = world.have[site, item]
                if chance.random() < 0.15 and have > 50:
                    have = round(have * chance.uniform(0.99, 1.004))
                world.have[site, item] = max(0.0, have)
                counted = max(0.0, have) + world.picked[site, item]
                world.tell("stock.counted/1", site, "wms", item=item, qty=counted)
