"""A small world that answers Taktnet's signals: lines build, goods move, things go wrong.

It stands for the partners' ERP, MES, WMS and TMS. This file is time, chance and stock; what
happens in it is in `making`, `moving`, `selling` and `trouble`.
"""

from __future__ import annotations

import heapq
import random
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta

from diary import Diary

from taktnet.ledger.event import DecisionTaken
from taktnet.network import Network

HOUR = 3600.0
DAY = 24 * HOUR
Key = tuple[str, str]


class World:
    """A clock in seconds since `start`, an agenda, stock by site and item, named chance."""

    def __init__(self, network: Network, start: datetime, seed: int, diary: Diary) -> None:
        self.network, self.start, self.seed, self.diary = network, start, seed, diary
        self.now = 0.0
        self.have: dict[Key, float] = defaultdict(float)  # free to use
        self.picked: dict[Key, float] = defaultdict(float)  # waits on the dock for its truck
        self.sites = {s.id: s for s in network.sites}
        self.items = {i.id: i for i in network.items}
        self.kept = {(p.site, p.item) for p in network.stock_points}
        self.closures: dict[str, tuple[tuple[float, float], ...]] = {}  # from, to; in order
        self.on_decision: Callable[[DecisionTaken], None] = lambda _: None
        self.on_stock: Callable[[str, str], None] = lambda site, item: None
        self._streams: dict[str, random.Random] = {}
        self._agenda: list[tuple[float, int, Callable[[], None]]] = []
        self._n = 0

    def chance(self, name: str) -> random.Random:
        """The stream of this name: the same draws whatever else happens."""
        if name not in self._streams:
            self._streams[name] = random.Random(f"{self.seed}/{name}")
        return self._streams[name]

    def at(self, when: float, what: Callable[[], None]) -> None:
        """Do `what` at `when`; equal times in the order they were asked for."""
        self._n += 1
        heapq.heappush(self._agenda, (max(when, self.now), self._n, what))

    def run(self, until: float) -> None:
        """Let time pass."""
        while self._agenda and self._agenda[0][0] <= until:
            self.now, _, what = heapq.heappop(self._agenda)
            what()
        self.now = until

    def instant(self, when: float) -> datetime:
        """The UTC instant of a world time."""
        return self.start + timedelta(seconds=round(when))

    def seconds(self, instant: datetime) -> float:
        """The world time of an instant."""
        return (instant - self.start).total_seconds()

    def closed(self, site: str) -> bool:
        """Whether a site stands still just now."""
        return any(since <= self.now < until for since, until in self.closures.get(site, ()))

    def open_at(self, site: str, when: float) -> float:
        """The first working moment at or after `when`."""
        return self.after_work(site, when, 0.0)

    def after_work(self, site: str, when: float, seconds: float) -> float:
        """When `seconds` of working time from `when` have passed; none passes while it is shut."""
        hours = self.network.working_time(site)
        for since, until in self.closures.get(site, ()):
            if until <= when:
                continue
            before = hours.seconds(self.instant(when), self.instant(max(since, when)))
            if seconds < before:
                break
            when, seconds = until, seconds - before
        done = hours.add(self.instant(when), seconds)
        return when + seconds if done is None else self.seconds(done)

    def tell(
        self, kind: str, site: str, system: str, *, when: float | None = None, **values: object
    ) -> None:
        """Report an event of `site`'s `system`, and act on the decisions that it causes."""
        at = self.instant(self.now if when is None else when)
        site_zone = self.sites[site].zone
        for decision in self.diary.tell(
            kind, f"{system}-{site.lower()}", site, at, site_zone, values
        ):
            self.on_decision(decision)

    def take(self, site: str, item: str, qty: float) -> None:
        """Stock leaves."""
        self.have[site, item] = round(self.have[site, item] - qty, 6)

    def put(self, site: str, item: str, qty: float) -> None:
        """Stock comes, and whoever waited for it looks again."""
        self.have[site, item] = round(self.have[site, item] + qty, 6)
        self.on_stock(site, item)
