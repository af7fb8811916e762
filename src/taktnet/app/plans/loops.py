"""What one kanban loop needs: its demand, its lead time, the formulas and the simulation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from taktnet.app.plans.draft import Line
from taktnet.app.plans.view import PlanView
from taktnet.network import Network
from taktnet.network import components as c
from taktnet.network.explode import demand_sd, spreads
from taktnet.network.rates import network_takt
from taktnet.plan import cards
from taktnet.plan.cards import Count, Sizing

#: Receipts from which observed lead times are drawn instead of those of the network (methods D1).
ENOUGH = 30
_DAY_US, _DAY_H = 86_400_000_000, 24.0


@dataclass(frozen=True, slots=True)
class Sized:
    """A loop with what it has and what it needs; `sizing` is None where it cannot be said."""

    loop: c.Loop
    cost: float
    why: str
    sizing: Sizing | None = None
    today: Count | None = None
    need: cards.Loop | None = None
    assumptions: tuple[str, ...] = ()

    @property
    def proposed(self) -> int:
        """The cards it should have."""
        return self.changes["cards"]

    @property
    def changes(self) -> dict[str, int]:
        """The cells of the loop as they should be.

        A signal loop orders its lot when the simulated count is left (methods A2: the most is
        ROP + Q); two bins are at least two.
        """
        count = self.then.cards
        if self.loop.kind == "signal":
            return {"cards": count + self.loop.lot_cards, "signal_at": count}
        return {"cards": max(count, 2 if self.loop.kind == "two_bin" else 1)}

    @property
    def now(self) -> Count:
        """What today's cards do."""
        assert self.today is not None
        return self.today

    @property
    def then(self) -> Count:
        """What the proposed cards do."""
        assert self.sizing is not None
        return self.sizing.simulated

    def stock(self, loop_cards: int) -> float:
        """Money in a number of full cards, EUR."""
        return loop_cards * self.loop.container_qty * self.cost

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
        counts = [self.now, *self.sizing.formulas, self.then]
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
            "why": self.why,
        }


def size_loop(view: PlanView, loop: c.Loop, asked: Mapping[str, Any]) -> Sized:
    """Formulas and simulation of one loop, with what each assumes."""
    network = view.network
    item = network.item(loop.item)
    cost = item.cost / network.per_eur(item.currency)
    need = _need(view, loop)
    if isinstance(need, str):
        return Sized(loop, cost, need)
    point = network.stock_point(loop.site, loop.item)
    target = asked["service"] / 100 or (point.service_target if point else 0.95)
    measure, seed = asked["measure"], asked["seed"]
    try:
        sizing = cards.size(
            need, target, measure=measure, seed=seed, alphas=("0", str(asked["alpha"]))
        )
        armed = loop.signal_at if loop.kind == "signal" else loop.cards
        today = cards.judge(need, max(1, armed), seed=seed)
    except ValueError as error:
        return Sized(loop, cost, str(error))
    lead = f"{len(need.lead_seen)} receipts" if need.lead_seen else "the network's lead times"
    assumed = (
        "Demand is stationary at the rates of the network",
        "Lead times are drawn from receipts where at least 30 are on record, else gamma with the "
        "network's mean and deviation",
    )
    return Sized(loop, cost, f"{sizing.why}; from {lead}", sizing, today, need, assumed)


def _need(view: PlanView, loop: c.Loop) -> cards.Loop | str:
    """What the loop must cover; words where nothing is asked of it."""
    on = date.fromtimestamp(view.now / 1e6) if view.now else date.today()
    rates, sds = _rates(_Keyed(view.network), on)
    node = loop.site, loop.item
    rate, spread = rates.get(node, 0.0), sds.get(node, 0.0)
    for row in view.network.demand:
        if (row.site, row.item, row.supplier) == (*node, loop.origin):
            rate, spread = row.rate_day, demand_sd(row)
    if rate <= 0:
        return "no demand reaches it; nothing to size"
    share = _share(view.network, loop)
    lead, sd = lead_time(view.network, loop)
    if lead is None or sd is None:
        return f"no lane, source or process says how {loop.item} comes to {loop.site}"
    return cards.Loop(
        demand=rate * share,
        lead=lead,
        container=loop.container_qty,
        demand_sd=spread * share,
        lead_sd=sd,
        collection=loop.collection_h / _DAY_H,
    )


def _share(network: Network, loop: c.Loop) -> float:
    """The part of the need that comes by this loop: its part of all its point's cards."""
    all_loops = network.loops_of(loop.site, loop.item)
    total = sum(one.cards * one.container_qty for one in all_loops)
    return loop.cards * loop.container_qty / total


def lead_time(network: Network, loop: c.Loop) -> tuple[float, float] | tuple[None, None]:
    """Mean and deviation of the loop's lead time in days, without collection.

    By a lane: preparation at the origin, transit and customs. Made here: set-up and run of one
    order of the loop (a container, or its lot).
    """
    if loop.origin not in ("", loop.site):
        source = next(
            (s for s in network.sources_of(loop.site, loop.item)
             if s.origin == loop.origin and loop.lane in ("", s.lane)),
            None,
        )  # fmt: skip
        name = loop.lane or (source.lane if source else "")
        if not name:
            return None, None
        lane = network.lane(name)
        mean = (source.prep_h if source else 0.0) + lane.transit_h + lane.customs_h
        spread = (lane.transit_sd_h**2 + lane.customs_h**2) ** 0.5
        return mean / _DAY_H, spread / _DAY_H
    rows = network.processes_of(loop.site, loop.item)
    own = [p for p in rows if loop.resource in ("", p.resource)]
    if not own:
        return None, None
    process = min(own, key=lambda p: p.priority)
    seconds_day = network.working_time(loop.site, process.resource).mean_day_seconds(
        date(2026, 1, 5), 28
    )
    if not seconds_day:
        return None, None
    lot = process.lot_qty or loop.container_qty * max(1, loop.lot_cards)
    run = process.cycle_s * lot / network.resource(process.resource).count
    return (process.setup_s + run) / seconds_day, process.cycle_cv * run / seconds_day


class _Keyed:
    """A network as the key of a cache: by its digest."""

    def __init__(self, network: Network) -> None:
        self.network = network

    def __hash__(self) -> int:
        return hash(self.network.digest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Keyed) and other.network.digest == self.network.digest


@lru_cache(maxsize=4)
def _rates(
    keyed: _Keyed, on: date
) -> tuple[dict[tuple[str, str], float], dict[tuple[str, str], float]]:
    takt = network_takt(keyed.network, on)
    rates = {(row.site, row.item): row.rate_day for row in takt.nodes}
    return rates, spreads(keyed.network, on)
