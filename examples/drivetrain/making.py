"""Lines: they build what production signals ask, when they are open and their parts are there."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field

from world import HOUR, World

from taktnet.ledger.event import DecisionTaken


@dataclass
class Job:
    """Something a line is to build."""

    item: str
    qty: float
    order: str
    loop: str


@dataclass
class Line:
    """One resource: what waits, whether it runs, what it made last, which part it lacks."""

    site: str
    id: str
    queue: list[Job] = field(default_factory=list)
    busy: bool = False
    waking: bool = False
    last: str = ""
    lacks: str = ""


class Making:
    """All lines of a world."""

    def __init__(self, world: World) -> None:
        self.world = world
        network = world.network
        self.lines = {r.id: Line(r.site, r.id) for r in network.resources}
        self.resources = {r.id: r for r in network.resources}
        self.process = {(p.site, p.item): p for p in network.processes}
        self.parts: dict[str, list[tuple[str, float]]] = defaultdict(list)
        for b in network.bom:
            if not b.alternative or b.priority == 1:
                self.parts[b.parent].append((b.component, b.qty / (1 - b.scrap)))
        self.down: dict[str, float] = {}
        self._users: dict[tuple[str, str], list[str]] = defaultdict(list)
        for p in network.processes:
            for component, _ in self.parts[p.item]:
                self._users[p.site, component].append(p.resource)

    def order(self, d: DecisionTaken) -> None:
        """Queue what a production decision asks."""
        line = self.lines[self.process[d.site, d.item].resource]
        line.queue.append(Job(d.item, d.qty, f"WO-{d.decision}", d.loop))
        self.world.at(self.world.now + 300, lambda: self.look(line))

    def stock_came(self, site: str, item: str) -> None:
        """Lines that may have waited for this part look again."""
        for resource in dict.fromkeys(self._users.get((site, item), ())):
            line = self.lines[resource]
            if line.queue and not line.busy:
                self.world.at(self.world.now + 60, lambda line=line: self.look(line))

    def look(self, line: Line) -> None:
        """Start the first job whose parts are there, in working time."""
        world = self.world
        if line.busy or not line.queue:
            return
        opens = max(world.open_at(line.site, world.now), self.down.get(line.site, 0.0))
        if opens > world.now + 1:
            if not line.waking:
                line.waking = True
                world.at(opens, lambda: self._wake(line))
            return
        ready = [j for j in line.queue if not self._lacks(line.site, j)]
        if not ready:
            self._starve(line)
            return
        job = next((j for j in ready if j.item == line.last), ready[0])
        line.queue.remove(job)
        if line.lacks:
            world.tell("resource.started/1", line.site, "mes", resource=line.id)
            line.lacks = ""
        self._start(line, job)

    def _wake(self, line: Line) -> None:
        line.waking = False
        self.look(line)

    def _started(self, site: str, job: Job) -> float:
        return float(math.ceil(round(job.qty / self.process[site, job.item].yield_rate, 6)))

    def _lacks(self, site: str, job: Job) -> str:
        made = self._started(site, job)
        for component, per in self.parts[job.item]:
            short = self.world.have[site, component] + 1e-6 < per * made
            if short and (site, component) in self.world.kept:
                return component
        return ""

    def _starve(self, line: Line) -> None:
        """A plant's line says which part stops it; suppliers do not report their lines."""
        part = self._lacks(line.site, line.queue[0])
        if not line.lacks and self.world.sites[line.site].kind == "plant":
            line.lacks = part
            self.world.tell(
                "resource.stopped/1",
                line.site,
                "mes",
                resource=line.id,
                reason="stockout",
                item=part,
            )

    def _start(self, line: Line, job: Job) -> None:
        world, made = self.world, self._started(line.site, job)
        line.busy = True
        world.tell(
            "lot.started/1",
            line.site,
            "mes",
            order=job.order,
            item=job.item,
            qty=job.qty,
            resource=line.id,
            loop=job.loop,
        )
        for component, per in self.parts[job.item]:
            if (line.site, component) not in world.kept:
                continue
            qty = round(per * made, 6)
            world.take(line.site, component, qty)
            world.tell(
                "stock.consumed/1",
                line.site,
                "mes",
                item=component,
                qty=qty,
                resource=line.id,
                order=job.order,
            )
        process = self.process[line.site, job.item]
        work = made * process.cycle_s / self.resources[line.id].count
        work += process.setup_s if line.last != job.item else 0.0
        line.last = job.item
        end = world.after_work(line.site, world.now, work)
        end = self._breakdown(line, work, end)
        world.at(end, lambda: self._finish(line, job, made))

    def _breakdown(self, line: Line, work: float, end: float) -> float:
        """The line may fail during the run; its end moves by the repair."""
        resource, chance = self.resources[line.id], self.world.chance(f"failure/{line.id}")
        draw, repair, part = chance.random(), chance.expovariate(1.0), chance.random()
        if not resource.mtbf_h or draw > 1 - math.exp(-work / HOUR / resource.mtbf_h):
            return end
        stop = self.world.after_work(line.site, self.world.now, work * part)
        back = stop + (0.2 + repair) * resource.mttr_h * HOUR
        self.world.at(
            stop,
            lambda: self.world.tell(
                "resource.stopped/1", line.site, "mes", resource=line.id, reason="breakdown"
            ),
        )
        self.world.at(
            back, lambda: self.world.tell("resource.started/1", line.site, "mes", resource=line.id)
        )
        return max(end + back - stop, back)

    def _finish(self, line: Line, job: Job, made: float) -> None:
        world = self.world
        world.tell(
            "stock.produced/1",
            line.site,
            "mes",
            item=job.item,
            qty=job.qty,
            resource=line.id,
            order=job.order,
            scrap=made - job.qty,
        )
        world.tell(
            "lot.finished/1",
            line.site,
            "mes",
            order=job.order,
            item=job.item,
            qty=job.qty,
            resource=line.id,
            scrap=made - job.qty,
        )
        line.busy = False
        world.put(line.site, job.item, job.qty)
        self.look(line)
