"""Cells of the network: POLCA cards between every pair of lines, and what CONWIP lines can do.

A cell is a line (resource). Two lines are a pair where the second makes things from what the first
makes, at the same site or with a lane between; a job is one order of the first line.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from taktnet.app.plans.loops import lead_time, takt_of
from taktnet.app.plans.view import PlanView
from taktnet.base.exact import exact
from taktnet.network import Network
from taktnet.network import components as c
from taktnet.network.rates import NetworkTakt
from taktnet.policy.cards import Line, conwip, polca_cards

_DAY_H = 24.0


@dataclass(frozen=True, slots=True)
class _Flow:
    """What one line sends the next: orders a day, lead times in days, and the move between."""

    first: str
    second: str
    jobs: float
    lead_a: float
    lead_b: float
    move: float

    def with_other(self, known: _Flow) -> _Flow:
        """Both flows of one pair: their orders together, the slower times."""
        return replace(
            self, jobs=self.jobs + known.jobs, lead_a=max(self.lead_a, known.lead_a),
            lead_b=max(self.lead_b, known.lead_b), move=max(self.move, known.move),
        )  # fmt: skip


def polca(view: PlanView, safety: float) -> list[dict[str, Any]]:
    """POLCA cards of every pair of cells, most first (methods A4); times in days.

    Cards come back as messages, so that the way back takes no time. A lead time is that of one
    order with its wait for the line.
    """
    merged: dict[tuple[str, str], _Flow] = {}
    for flow in _flows(view.network, view.day()):
        known = merged.get((flow.first, flow.second))
        merged[flow.first, flow.second] = flow if known is None else flow.with_other(known)
    rows = [
        {
            "first": f.first, "second": f.second, "jobs_day": f.jobs, "lead_a_d": f.lead_a,
            "lead_b_d": f.lead_b, "move_d": f.move,
            "cards": polca_cards(lead_a=f.lead_a, move=f.move, lead_b=f.lead_b, back=0,
                                 jobs=f.jobs, horizon=1, safety=str(safety)),
        }
        for f in merged.values()
    ]  # fmt: skip
    return sorted(rows, key=lambda row: (-row["cards"], row["first"], row["second"]))


def _flows(network: Network, on: date) -> Iterator[_Flow]:
    takt = takt_of(network, on)
    lead = {(p.resource, p.site, p.item): _lead(network, p, on) for p in network.processes}
    for b in takt.processes:
        for part in network.components_of(b.item, on):
            units = b.start_day * part.qty
            for site, share, move in _ways(network, b.site, part.component):
                makers = [a for a in takt.processes if (a.site, a.item) == (site, part.component)]
                whole = sum(a.start_day for a in makers)
                for a in makers:
                    lot = _order(network, a.resource, site, a.item)
                    yield _Flow(a.resource, b.resource, units * share * a.start_day / whole / lot,
                                lead[a.resource, site, a.item], lead[b.resource, b.site, b.item],
                                move)  # fmt: skip


def _ways(network: Network, site: str, item: str) -> Iterator[tuple[str, float, float]]:
    """Where an item comes from: the site, its share, and the days on the road."""
    bought = 0.0
    for source in network.sources_of(site, item):
        if source.role == "primary" and source.share > 0:
            lane = network.lane(source.lane)
            bought += source.share
            yield source.origin, source.share, (lane.transit_h + lane.customs_h) / _DAY_H
    if bought < 1:
        yield site, 1 - bought, 0.0


def _lead(network: Network, process: c.Process, on: date) -> float:
    loop = c.Loop(id="cell", kind="production", site=process.site, item=process.item, cards=1,
                  origin=process.site, resource=process.resource,
                  container_qty=network.item(process.item).container_qty)  # fmt: skip
    found = lead_time(network, loop, on)
    return found.mean if found else 0.0


def _order(network: Network, resource: str, site: str, item: str) -> float:
    """Units of one order of a line."""
    for process in network.processes_of(site, item):
        if process.resource == resource and process.lot_qty:
            return process.lot_qty
    return network.item(item).container_qty


def conwip_line(view: PlanView, loop: c.Loop) -> Line | None:
    """The line of a CONWIP loop in containers: all that is made on the spot for its item.

    Rate and times are of working hours; the bottleneck is the line with the least rate. None
    where the loop is of another kind or nothing is made.
    """
    network = view.network
    if loop.kind != "conwip":
        return None
    times = list(_route(network, loop, view.day()))
    if not times:
        return None
    rate = min(1 / hours for hours, _ in times)
    return conwip(exact(rate), exact(sum(passing for _, passing in times)))


def _route(network: Network, loop: c.Loop, on: date) -> Iterator[tuple[float, float]]:
    """For each line: hours of its capacity that a container takes, and hours it stays there."""

    def along(item: str, qty: float, above: tuple[str, ...]) -> list[tuple[float, float]]:
        own = network.processes_of(loop.site, item)
        if not own or item in above:
            return []
        process = min(own, key=lambda p: p.priority)
        passing = (process.setup_s + process.cycle_s * qty) / 3600
        here = passing / network.resource(process.resource).count, passing
        parts = network.components_of(item, on)
        before = [along(part.component, qty * part.qty, (*above, item)) for part in parts]
        return [here, *max(before, key=lambda times: sum(h for _, h in times), default=[])]

    yield from along(loop.item, loop.container_qty, ())


def conwip_detail(line: Line, cards: int, rate_day: float, takt: NetworkTakt, loop: c.Loop
                  ) -> dict[str, float | None]:  # fmt: skip
    """What so many cards do on a CONWIP line in the practical worst case (methods A3).

    `needs` are the cards for the demand's share of the bottleneck rate; None where it exceeds it.
    """
    throughput, cycle = line.practical_worst(max(1, cards))
    known = takt.line(loop.resource)
    hours = known.available_s_day / 3600 if known else _DAY_H
    asked = rate_day / loop.container_qty / hours if hours else 0.0
    share = asked / float(line.rate)
    return {
        "critical": float(line.critical_wip), "rate_h": float(line.rate), "asked_h": asked,
        "throughput_h": float(throughput), "cycle_h": float(cycle),
        "needs": line.cards(share) if share < 1 else None,
    }  # fmt: skip
