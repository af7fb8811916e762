"""A stretch of the ledger as the twin lives through it again: where it began and what came.

Exogenous is what the plants do not decide: customers' orders and call-offs, one by one, the stops
of resources that no missing part caused, and what closed. Everything else the twin draws or decides
itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

import numpy as np

from taktnet.app.history import by_business_time, come_to
from taktnet.app.parts import Parts
from taktnet.base.errors import TaktnetError
from taktnet.base.names import Domain, Names
from taktnet.kpi.book import standing
from taktnet.kpi.exact import DAY
from taktnet.ledger import event as e
from taktnet.ledger.event import NUMBER
from taktnet.ledger.fact import FACT, MILLION, STOP, instant
from taktnet.network import Network
from taktnet.state import State
from taktnet.state.tables import Table
from taktnet.twin.changes import Down
from taktnet.twin.live import OWN_CAUSES
from taktnet.twin.places import serving_point
from taktnet.twin.start import Start

HOUR = DAY // 24
_PLACED, _CALLED = NUMBER[e.OrderPlaced], NUMBER[e.CalloffPlaced]
_CANCELLED = NUMBER[e.OrderCancelled]
_USED = NUMBER[e.StockConsumed]
#: What is down: the kinds of facts that begin and end it, where its name is, and its table.
_DOWN: dict[str, tuple[int, int, str, Domain, str]] = {
    "resource": (NUMBER[e.ResourceStopped], NUMBER[e.ResourceStarted], "res", Domain.RESOURCE,
                 "resources"),
    "site": (NUMBER[e.SiteClosed], NUMBER[e.SiteOpened], "site", Domain.SITE, "sites"),
    "lane": (NUMBER[e.LaneClosed], NUMBER[e.LaneOpened], "res", Domain.LANE, "lanes"),
}  # fmt: skip
_OWN_CAUSES = tuple(STOP[cause] for cause in OWN_CAUSES)
Plans = dict[tuple[str, str, str], list[tuple[int, float] | tuple[int, float, int]]]


@dataclass(frozen=True, eq=False)
class Lived:
    """The ledger from `start` for `days`: the state then, the network then, the facts since.

    `before` are all facts up to the start and `facts` those after it, by business time; `network`
    has no failures of chance, as stops come as they happened.
    """

    network: Network
    names: Names
    start: int
    days: int
    state: State
    before: np.ndarray
    facts: np.ndarray

    @property
    def end(self) -> int:
        """The end, microseconds since 1970 UTC."""
        return self.start + self.days * DAY

    def begin(self) -> Start:
        """Where the twin starts, with that history."""
        return Start(self.network, self.start, self.days, self.state, self.names, self.plans())

    def plans(self) -> Plans:
        """What each customer took and when; a demand row without any has an empty plan.

        Orders and call-offs where the supplier ships them, and when they were cancelled; use where
        the customer keeps stock.
        """
        ends = self.facts[self.facts["kind"] == _CANCELLED]
        ends = ends[standing(ends)]
        until = dict(zip(ends["ref"].tolist(), ends["at"].tolist(), strict=True))
        rows = self.facts[np.isin(self.facts["kind"], (_PLACED, _CALLED, _USED))]
        rows = rows[standing(rows)]
        site, item = self._texts(Domain.SITE), self._texts(Domain.ITEM)
        plans: Plans = {(d.site, d.item, d.supplier): [] for d in self.network.demand}
        keepers: dict[tuple[str, str], list[tuple[str, str, str]]] = {}
        for row in self.network.demand:
            if serving_point(self.network, row)[0] == row.site:
                keepers.setdefault((row.site, row.item), []).append(
                    (row.site, row.item, row.supplier)
                )
        for row in rows:
            at, taken = (int(row["at"]), int(row["qty"]) / MILLION), item(row["item"])
            here, other = site(row["site"]), site(row["to"])
            if row["kind"] == _USED:
                for key in keepers.get((here, taken), ())[:1]:
                    plans[key].append(at)
                continue
            # A call-off stands at the buyer and names its origin, an order the other way round.
            buyer, seller = (here, other) if row["kind"] == _CALLED else (other, here)
            key = (buyer, taken, seller)
            if key in plans and (buyer, taken) not in keepers:
                end = until.get(int(row["ref"]))
                plans[key].append(at if end is None else (*at, end))
        return plans

    def stops(self) -> list[Down]:
        """When which resource, site or lane was down, as it happened; what still is stays down."""
        stands = {
            r.resource: 0.0
            for r in self.state.resources()
            if not r.up and r.reason not in OWN_CAUSES
        }
        shut = {(c.kind, c.name): 0.0 for c in self.state.closures()}
        found = list(self._downs("resource", stands))
        for kind in ("site", "lane"):
            found += self._downs(kind, {name: at for (k, name), at in shut.items() if k == kind})
        return found

    def _downs(
        self, kind: Literal["resource", "site", "lane"], since: dict[str, float]
    ) -> Iterator[Down]:
        """When what was down: `since` is what is down at the start, and grows and shrinks."""
        begins, ends, slot, domain, table = _DOWN[kind]
        text, known = self._texts(domain), {row.id for row in self.network.table(table)}
        rows = self.facts[np.isin(self.facts["kind"], (begins, ends))]
        for row in rows[standing(rows)]:
            name, at = text(row[slot]), (int(row["at"]) - self.start) / HOUR
            if row["kind"] == begins and not (kind == "resource" and row["reason"] in _OWN_CAUSES):
                since.setdefault(name, at)
            elif row["kind"] == ends and name in since:
                begun = since.pop(name)
                if name in known and at > begun:
                    yield Down(kind, name, begun, at)
        yield from (Down(kind, name, at) for name, at in since.items() if name in known)

    def stock(self, points: tuple[tuple[str, str], ...]) -> np.ndarray:
        """Stock of each point at the end of each day, [day, point], in units of the item."""
        find = self.names.find
        place = {(find(Domain.SITE, s), find(Domain.ITEM, i)): p for p, (s, i) in enumerate(points)}
        out = np.zeros((self.days, len(points)))
        for day, state in enumerate(self._days()):
            rows = state.memory.live(Table.POINT)
            held = rows["available"] + rows["held"] + rows["inspection"]
            for site, item, qty in zip(
                rows["site"].tolist(), rows["item"].tolist(), held.tolist(), strict=True
            ):
                if (p := place.get((site, item))) is not None:
                    out[day, p] = qty / MILLION
        return out

    def _days(self) -> Iterator[State]:
        state = self.state.copy()
        cuts = self.start + DAY * np.arange(1, self.days + 1)
        begin = 0
        for cut in np.searchsorted(come_to(self.facts), cuts, "right").tolist():
            state.fold(self.facts[begin:cut])
            begin = cut
            yield state

    def _texts(self, domain: Domain) -> Callable[[int], str]:
        return lambda number: self.names.text(domain, int(number))


def lived_days(parts: Parts, days: int) -> Lived:
    """The last so many days of the ledger; raises TaktnetError where it is too short.

    They end with the last whole hour, so that a check that is made again has the same luck.
    """
    end = parts.clock.now() // HOUR * HOUR
    start = end - days * DAY
    chunks = [np.empty(0, FACT), *parts.past.facts(0)]
    facts = by_business_time(np.concatenate(chunks))
    facts = facts[facts["at"] <= end]
    if not len(facts) or facts["at"][0] > start - DAY:
        begins = f"begins {instant(int(facts['at'][0])):%d %b %Y}" if len(facts) else "is empty"
        wanted = instant(start) - timedelta(days=1)
        raise TaktnetError(
            f"the ledger {begins}; to check the twin over {days} days it must reach back to"
            f" {wanted:%d %b %Y}. Check fewer weeks"
        )
    cut = int(np.searchsorted(come_to(facts), start, "right"))
    state = State(parts.ledger.names)
    state.fold(facts[:cut])
    seq = _row_at(parts, start)
    network = parts.revisions.at(seq)
    calm = [replace(r, mtbf_h=None) for r in network.resources]
    return Lived(
        network=network.with_rows("resources", calm),
        names=parts.ledger.names,
        start=start,
        days=days,
        state=state,
        before=facts[:cut],
        facts=facts[cut:],
    )


def _row_at(parts: Parts, at: int) -> int:
    """The last row recorded up to an instant."""
    last = 0
    for facts in parts.past.facts(0):
        rows = facts["seq"][facts["recorded"] <= at]
        if not len(rows):
            break
        last = int(rows[-1])
    return last
