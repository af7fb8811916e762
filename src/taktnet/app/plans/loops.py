"""What one kanban loop needs: its demand, its lead time, the formulas and the simulation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

from taktnet.app.plans.draft import Line
from taktnet.app.plans.draws import draws
from taktnet.app.plans.guard import keep
from taktnet.app.plans.overload import overload
from taktnet.app.plans.view import PlanView
from taktnet.base.daytexts import parse_departures
from taktnet.base.exact import exact
from taktnet.kpi.flow import kingman_h
from taktnet.network import Network
from taktnet.network import components as c
from taktnet.network.explode import demand_sd, spreads
from taktnet.network.pieces import least_cards, least_order
from taktnet.network.rates import NetworkTakt, network_takt
from taktnet.plan import cards
from taktnet.plan.cards import Count, Sizing

#: Receipts from which observed lead times are drawn instead of those of the network (methods D1).
ENOUGH = 30
_DAY_H = 24.0
ASSUMED = (
    "Demand is stationary at the rates of the network",
    f"Lead times are drawn from receipts where at least {ENOUGH} are on record, else gamma with "
    "the network's mean and deviation",
    "Goods wait for the next departure of their lane, and for their line as Kingman's formula says",
    "A card is sent when its container is empty; parts are taken by whole orders of what is made "
    "from them",
    "The parts of one order are needed together: each is sized for the root of the service, so "
    "that all of them are there as often as its target says",
)
Receipts = Mapping[tuple[str, str, str], tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class Sized:
    """A loop with what it has and what it needs; `sizing` is None where it cannot be said."""

    loop: c.Loop
    cost: float
    why: str
    sizing: Sizing | None = None
    today: Count | None = None
    need: cards.Loop | None = None
    share: float = 1.0
    after: Count | None = None
    least: int = 1  #: cards that make up the least order of who fills them

    @property
    def proposed(self) -> int:
        """The cards it should have."""
        return self.changes["cards"]

    @property
    def changes(self) -> dict[str, int]:
        """The cells of the loop as they should be.

        A signal loop orders its lot when the simulated count is left (methods A2: the most is
        ROP + Q); two bins are at least two, and all make up the least order of who fills them. Of
        a reduction only the `share` is taken.
        """
        assert self.sizing is not None
        count = int(keep(self.armed, self.sizing.simulated.cards, self.share))
        if self.loop.kind == "signal":
            return {"cards": count + self.loop.lot_cards, "signal_at": count}
        return {"cards": max(count, self.least, 2 if self.loop.kind == "two_bin" else 1)}

    @property
    def armed(self) -> int:
        """Cards that cover the lead time today: of a signal loop those left when it orders."""
        return self.loop.signal_at if self.loop.kind == "signal" else self.loop.cards

    def kept(self, share: float, seed: int) -> Sized:
        """The same with the share of its reduction, and what that many cards do."""
        if self.sizing is None or self.need is None or share == 1.0:
            return self
        count = int(keep(self.armed, self.sizing.simulated.cards, share))
        if count == self.sizing.simulated.cards:
            return self
        after = replace(cards.judge(self.need, count, seed=seed), how="kept")
        why = f"{self.why}; {count} are kept, as fewer everywhere cost service in the twin"
        return replace(self, share=share, after=after, why=why)

    @property
    def now(self) -> Count:
        """What today's cards do."""
        assert self.today is not None
        return self.today

    @property
    def then(self) -> Count:
        """What the proposed cards do."""
        assert self.sizing is not None
        return self.after or self.sizing.simulated

    def stock(self, count: int) -> float:
        """Money in a number of full cards, EUR."""
        return count * self.loop.container_qty * self.cost

    def money_day(self) -> float:
        """What is used by it in a day, EUR."""
        assert self.need is not None
        return self.need.demand * self.cost

    def line(self) -> Line:
        """The comparison in one row."""
        return Line(
            what=self.loop.id,
            today=self.loop.cards,
            proposed=None if self.sizing is None else self.proposed,
            unit="cards",
            why=self.why,
            site=self.loop.site,
            item=self.loop.item,
        )

    def detail(self) -> dict[str, Any]:
        """Everything that the page shows of it."""
        assert self.sizing is not None and self.need is not None
        counts = [self.now, *self.sizing.formulas, self.sizing.simulated]
        return {
            "loop": self.loop.id,
            "kind": self.loop.kind,
            "site": self.loop.site,
            "item": self.loop.item,
            "container": self.loop.container_qty,
            "target": self.sizing.target,
            "measure": self.sizing.measure,
            "demand_day": self.need.demand,
            "demand_sd": self.need.demand_sd,
            "lead_days": self.need.lead,
            "lead_sd_days": self.need.lead_sd,
            "receipts": len(self.need.lead_seen),
            "counts": [
                {
                    "how": "today" if n == 0 else count.how,
                    "cards": count.cards,
                    "money": round(self.stock(count.cards), 2),
                    "fill": count.fill,
                    "fill_half": count.fill_half,
                    "cycle": count.cycle,
                    "stockout": count.stockout,
                }
                for n, count in enumerate(counts)
            ],
            "proposed": self.proposed,
            "fill": self.then.fill,
            "fill_half": self.then.fill_half,
            "why": self.why,
        }


def size_loop(view: PlanView, loop: c.Loop, asked: Mapping[str, Any], seen: Receipts) -> Sized:
    """Formulas and simulation of one loop, with what each assumes.

    `seen` are the lead times on record, as `record.lead_times` gives them.
    """
    network = view.network
    item = network.item(loop.item)
    cost = item.cost / network.per_eur(item.currency)
    need = _need(view, loop, seen)
    if isinstance(need, str):
        return Sized(loop, cost, need)
    point = network.stock_point(loop.site, loop.item)
    drawn = draws(network, loop.site, loop.item, view.day())
    target = drawn.target(asked["service"] / 100 or (point.service_target if point else 0.95))
    measure, seed = asked["measure"], asked["seed"]
    try:
        sizing = cards.size(
            need, target, measure=measure, seed=seed, alphas=("0", str(asked["alpha"]))
        )
        today = cards.judge(need, max(1, Sized(loop, cost, "").armed), seed=seed)
    except ValueError as error:
        return Sized(loop, cost, str(error))
    lead = f"{len(need.lead_seen)} receipts" if need.lead_seen else "the network's lead times"
    moq = least_order(loop, network.sources_of(loop.site, loop.item))
    least = least_cards(loop.container_qty, moq)
    why = f"{sizing.why}; from {lead}"
    if least > sizing.simulated.cards:
        why += f"; {least} make up the least order of {loop.origin}"
    return Sized(loop, cost, why, sizing, today, need, least=least)


def _need(view: PlanView, loop: c.Loop, seen: Receipts) -> cards.Loop | str:
    """What the loop must cover; words where nothing is asked of it."""
    network, on = view.network, view.day()
    rates, sds = rates_of(network, on)
    node = loop.site, loop.item
    rate, spread = rates.get(node, 0.0), sds.get(node, 0.0)
    for row in network.demand:
        if (row.site, row.item, row.supplier) == (*node, loop.origin):
            rate, spread = row.rate_day, demand_sd(row)
    if rate <= 0:
        return "no demand reaches it; nothing to size"
    share = _share(network, loop)
    lead = lead_time(network, loop, on)
    if lead is None:
        return f"no lane, source or process says how {loop.item} comes to {loop.site}"
    if loop.origin in ("", loop.site) and (words := _no_time(network, loop, on)):
        return words
    receipts = seen.get((loop.site, loop.item, loop.origin), ())
    return cards.Loop(
        demand=rate * share,
        lead=lead.mean,
        container=loop.container_qty,
        demand_sd=spread * share,
        lead_sd=lead.sd,
        collection=max(loop.collection_h / _DAY_H, lead.gap),
        lead_seen=receipts if len(receipts) >= ENOUGH else (),
        lump=draws(network, loop.site, loop.item, on).lump,
        emptied=True,
    )


def _no_time(network: Network, loop: c.Loop, on: date) -> str:
    """Why no number of cards serves a loop that is made here; "" where some does."""
    lines = {p.resource for p in network.processes_of(loop.site, loop.item)}
    words = [overload(takt_of(network, on), line) for line in sorted(lines)]
    return "; ".join(words) if all(words) else ""


def _share(network: Network, loop: c.Loop) -> float:
    """The part of the need that comes by this loop: its part of all its point's cards."""
    total = sum(o.cards * o.container_qty for o in network.loops_of(loop.site, loop.item))
    return loop.cards * loop.container_qty / total


class Lead(NamedTuple):
    """Mean and deviation of a lead time in days; `gap` are the days between two departures."""

    mean: float
    sd: float
    gap: float = 0.0


def lead_time(network: Network, loop: c.Loop, on: date) -> Lead | None:
    """The loop's lead time by the network, without collection; None where nothing tells it.

    By a lane: preparation at the origin, transit and customs. Made here: waiting for the line,
    set-up and run of one order of the loop (a container, or its lot).
    """
    if loop.origin not in ("", loop.site):
        return _way(network, loop)
    own = [
        p for p in network.processes_of(loop.site, loop.item) if loop.resource in ("", p.resource)
    ]
    if not own:
        return None
    process = min(own, key=lambda p: p.priority)
    line = _takt(_Keyed(network), on).line(process.resource)
    if line is None or not line.available_s_day:
        return None
    lot = process.lot_qty or loop.container_qty * max(1, loop.lot_cards)
    count = network.resource(process.resource).count
    run = (process.setup_s + process.cycle_s * lot / count) / line.available_s_day
    wait = _waiting(line.utilisation or 0.0, run, process.cycle_cv)
    return Lead(run + wait, ((process.cycle_cv * run) ** 2 + wait**2) ** 0.5)


def _waiting(use: float, run: float, cv: float) -> float:
    """Days for the line, by Kingman's formula with arrivals of ca = 1 (methods B6).

    A line that is as good as full counts as 95 % full: its true wait has no end.
    """
    wait = kingman_h(1, exact(cv) ** 2, min(exact(use), Fraction(95, 100)), exact(run))
    return float(wait or 0)


def _way(network: Network, loop: c.Loop) -> Lead | None:
    source = next(
        (s for s in network.sources_of(loop.site, loop.item)
         if s.origin == loop.origin and loop.lane in ("", s.lane)),
        None,
    )  # fmt: skip
    name = loop.lane or (source.lane if source else "")
    if not name:
        return None
    lane = network.lane(name)
    mean = (source.prep_h if source else 0.0) + lane.transit_h + lane.customs_h
    spread = (lane.transit_sd_h**2 + lane.customs_h**2) ** 0.5
    weekly = len(parse_departures(lane.departures)) if lane.departures else 0
    return Lead(mean / _DAY_H, spread / _DAY_H, 7 / weekly if weekly else 0.0)


class _Keyed:
    """A network as the key of a cache: by its digest."""

    def __init__(self, network: Network) -> None:
        self.network = network

    def __hash__(self) -> int:
        return hash(self.network.digest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Keyed) and other.network.digest == self.network.digest


Rates = dict[tuple[str, str], float]


def rates_of(network: Network, on: date) -> tuple[Rates, Rates]:
    """Units a day of every node that demand reaches, and the deviation of a day's need."""
    keyed = _Keyed(network)
    return {(r.site, r.item): r.rate_day for r in _takt(keyed, on).nodes}, _spreads(keyed, on)


def takt_of(network: Network, on: date) -> NetworkTakt:
    """The takt of a network on a day, worked out once."""
    return _takt(_Keyed(network), on)


@lru_cache(maxsize=4)
def _takt(keyed: _Keyed, on: date) -> NetworkTakt:
    return network_takt(keyed.network, on)


@lru_cache(maxsize=4)
def _spreads(keyed: _Keyed, on: date) -> Rates:
    return spreads(keyed.network, on)
