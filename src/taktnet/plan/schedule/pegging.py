"""Which lots and deliveries a lot's components come from: first needed, first pegged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from taktnet.base.calendars import instant, micros
from taktnet.base.timetable import leaves
from taktnet.network import Network
from taktnet.network.components import Lane

if TYPE_CHECKING:
    from taktnet.state import State

HOUR = 3_600_000_000
#: In so long every departure of a timetable comes round.
WEEK = 8 * 24 * HOUR


@dataclass(frozen=True, slots=True)
class Lot:
    """A lot to be made; instants in microseconds, `started` 0 while it has not."""

    id: str
    site: str
    item: str
    qty: float
    due: int
    order: str
    resource: str = ""
    started: int = 0


class Pegs:
    """For every lot: when its bought material is there, and the lots that it waits for."""

    def __init__(
        self, network: Network, state: State | None, now: int, lots: Sequence[Lot]
    ) -> None:
        self._network, self._now = network, now
        self._stock = _stock(network, state)
        self._road: defaultdict[tuple[str, str], list[list[float]]] = defaultdict(list)
        for t in state.transit(now) if state else ():
            due = t.eta or t.promised
            at = max(now, micros(due)) if due else now
            self._road[t.to, t.item].append([at, t.qty])
        self._lots: defaultdict[tuple[str, str], list[list[object]]] = defaultdict(list)
        for lot in sorted(lots, key=lambda x: (x.due, x.id)):
            self._lots[lot.site, lot.item].append([lot.id, lot.qty])
        self._known: dict[str, tuple[int, tuple[str, ...]]] = {}
        self._bought = 0
        for lot in sorted(lots, key=lambda x: (not x.started, x.due, x.id)):
            self._known[lot.id] = (now, ()) if lot.started else self._peg(lot)

    def of(self, lot: Lot) -> tuple[int, tuple[str, ...]]:
        """(instant that other material is there, lots it waits for)."""
        return self._known[lot.id]

    @property
    def assumed(self) -> tuple[str, ...]:
        """What had to be taken for granted."""
        if not self._bought:
            return ()
        return (
            f"{self._bought} lots need components neither at hand, on the road nor planned;"
            " they are taken to come after the supplier's preparation, by the next departure, in"
            " mean transit and customs times",
        )

    def _peg(self, lot: Lot) -> tuple[int, tuple[str, ...]]:
        n = self._network
        rates = [p.yield_rate for p in n.processes_of(lot.site, lot.item)]
        starts = lot.qty / (max(rates) if rates else 1.0)
        ready, after, bought = self._now, list[str](), False
        for line in n.components_of(lot.item, instant(self._now).date()):
            need = starts * line.qty / (1 - line.scrap)
            at, ids, left = self._from_site(lot.site, line.component, need)
            for source in n.sources_of(lot.site, line.component):
                if left > 1e-9 and source.role == "primary":
                    more, left = self._from_lots(source.origin, line.component, left)
                    ids += more
            if left > 1e-9:
                at, bought = max(at, self._supplied(lot.site, line.component)), True
            ready, after = max(ready, at), after + ids
        self._bought += bought
        return ready, tuple(dict.fromkeys(x for x in after if x != lot.id))

    def _from_site(self, site: str, item: str, need: float) -> tuple[int, list[str], float]:
        """Stock at hand, goods on the road, then lots of the site."""
        key, at = (site, item), self._now
        used = min(need, self._stock[key])
        self._stock[key] -= used
        need -= used
        road = self._road[key]
        road.sort()
        while need > 1e-9 and road:
            used = min(need, road[0][1])
            at, need = max(at, int(road[0][0])), need - used
            road[0][1] -= used
            if road[0][1] <= 1e-9:
                road.pop(0)
        ids, need = self._from_lots(site, item, need)
        return at, ids, need

    def _from_lots(self, site: str, item: str, need: float) -> tuple[list[str], float]:
        ids: list[str] = []
        rows = self._lots[site, item]
        while need > 1e-9 and rows:
            used = min(need, float(rows[0][1]))  # type: ignore[arg-type]
            ids.append(str(rows[0][0]))
            need -= used
            rows[0][1] = float(rows[0][1]) - used  # type: ignore[arg-type]
            if float(rows[0][1]) <= 1e-9:
                rows.pop(0)
        return ids, need

    def _supplied(self, site: str, item: str) -> int:
        n = self._network
        ways = [
            _arrives(n, n.lane(s.lane), self._now + round(s.prep_h * HOUR))
            for s in n.sources_of(site, item)
            if s.role == "primary"
        ]
        return min(ways, default=self._now)


def _arrives(network: Network, lane: Lane, ready: int) -> int:
    """When goods that are ready at an instant have come by a lane's next departure; mean times."""
    if lane.departures:
        zone = network.site(lane.origin).zone
        times = leaves(lane.departures, zone, ready, ready + WEEK)
        ready += int(times[0]) if len(times) else 0
    return ready + round((lane.transit_h + lane.customs_h) * HOUR)


def _stock(network: Network, state: State | None) -> defaultdict[tuple[str, str], float]:
    """What is at hand; of a network alone, what loops and stock points keep when they are full."""
    stock: defaultdict[tuple[str, str], float] = defaultdict(float)
    if state is not None:
        for p in state.points():
            stock[p.site, p.item] += max(0.0, p.available)
        return stock
    for loop in network.loops:
        stock[loop.site, loop.item] += loop.cards * loop.container_qty
    for point in network.stock_points:
        top = max(point.base_stock, point.order_up_to, point.reorder_point + point.order_qty)
        stock[point.site, point.item] += 0.0 if point.policy in {"none", "kanban"} else top
    return stock
