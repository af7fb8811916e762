"""Safety stock across the network: where to keep how much, beside what is kept today."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from statistics import NormalDist
from time import perf_counter
from typing import Any

from taktnet.app.plans.chain import Chain, chain_of
from taktnet.app.plans.draft import Change, Draft, Figure, Line, change
from taktnet.app.plans.draws import draws
from taktnet.app.plans.guard import OPTION, Guarded, Move, Shares, guard
from taktnet.app.plans.vertical import Asked, Option, Vertical
from taktnet.app.plans.view import PlanView, Progress
from taktnet.base.errors import Fault, InputFaults
from taktnet.base.exact import ceil_to, exact
from taktnet.network import Network
from taktnet.network import components as c
from taktnet.plan.buffers import Placed, Placement, Price, Stage, place, prices, reasons

#: Promises whose price is worked out, and the share of the time allowed that this may take.
MOST_PRICES, PRICING = 12, 0.5
#: Stages that the details of a draft hold, the dearest ones.
MOST_STAGES = 1000
ASSUMES = (
    "Every stage promises a time and keeps it for demand up to its bound (guaranteed service, "
    "Graves & Willems 2000); what is above the bound is expedited",
    "Demand is stationary, and independent between days and between customers",
    "Waiting for the next departure, inspection and review count in full; times are rounded up",
    "Times are in calendar days. An item that comes by several ways is covered for the slowest",
)


def make(view: PlanView, asked: Asked, progress: Progress) -> Draft:
    """Place the safety stock of the network, and compare it with today's settings."""
    network = view.network
    chain = chain_of(network, view.day(), asked)
    placed, priced = _solve(chain, asked, progress)
    why = reasons(chain.stages, chain.arcs, placed)
    rows = [
        _row(view, stage, spot, why[stage.id])
        for stage, spot in zip(chain.stages, placed.stages, strict=True)
    ]
    held = Guarded()
    if asked["twin"] == "yes":
        held = guard(view, lambda share: _changes(network, rows, share), _moves(rows), asked,
                     progress, what="moves of stock")  # fmt: skip
    rows = [replace(row, share=held.share(row.stage.id)) for row in rows]
    progress(100, 100)
    return _draft(view, asked, chain, (placed, priced), rows=rows, held=held)


def _proof(placed: Placement) -> str:
    """How near to the least possible the model's answer is, and the method that says so."""
    by = {"tree": "dynamic programming on the tree"}.get(placed.bounded_by, placed.bounded_by)
    if placed.proven:
        return f"nothing cheaper keeps these promises, proven by {by}"
    return f"at most {max(placed.gap, 1e-4):.2%} above the least possible, bounded by {by}"


def _moves(rows: list[_Row]) -> list[Move]:
    """Positions that change, with what their moves save a year; growth saves less than nothing."""
    return [
        Move(row.stage.id, row.stage.id.partition("|")[0], row.cost_today - row.cost_proposed)
        for row in rows
        if row.today is not None and row.proposed != row.today
    ]


def _changes(network: Network, rows: list[_Row], share: Shares) -> tuple[Change, ...]:
    moved = (replace(row, share=share(row.stage.id)) for row in rows)
    return tuple(made for row in moved for made in row.changes(network))


def _draft(view: PlanView, asked: Asked, chain: Chain, found: tuple[Placement, tuple[Price, ...]],
           *, rows: list[_Row], held: Guarded) -> Draft:  # fmt: skip
    placed, priced = found
    changes = _changes(view.network, rows, held.share)
    today = sum(row.cost_today for row in rows)
    after = sum(row.cost_proposed for row in rows) if changes else today
    strategic = [p.stage.replace("|", " ") for p in placed.strategic[:3]]
    where = f"; strategic buffers at {', '.join(strategic)}" if strategic else ""
    return Draft(
        kind="buffers",
        summary=f"{after:,.0f} EUR a year for safety stock, {today:,.0f} today; "
        f"{len(changes)} rows change{where}; by the model {_proof(placed)}",
        lines=tuple(row.line() for row in rows if row.point is not None),
        changes=changes,
        money=Figure(
            today=round(today),
            proposed=round(after),
            unit="EUR/year",
            means="Cost of keeping what positions hold above the mean use of the time they cover: "
            "today each its own time; as proposed with safety stock in whole containers",
        ),
        service=held.service(_service(rows)) if changes else None,
        assumptions=(*((held.why,) if held.why else ()), *ASSUMES),
        position=view.position,
        details=_details(view.network, chain, placed, priced, rows)
        | {"tolerance": asked["tolerance"] / 100}
        | held.details(),
    )


def _solve(
    chain: Chain, asked: Mapping[str, Any], progress: Progress
) -> tuple[Placement, tuple[Price, ...]]:
    allowed, begun = float(asked["seconds"]), perf_counter()

    def watch(cost: float, lower: float) -> None:
        progress(min(99, int(100 * (perf_counter() - begun) / (allowed * (1 + PRICING)))), 100)

    try:
        placed = place(chain.stages, chain.arcs, seconds=allowed, watch=watch)
    except InputFaults as error:
        raise InputFaults([_told(fault) for fault in error.faults]) from error
    each = PRICING * allowed / MOST_PRICES
    priced = prices(
        chain.stages, chain.arcs, placed, most=MOST_PRICES, seconds=each,
        go_on=lambda done, of: watch(0.0, 0.0),
    )  # fmt: skip
    return placed, priced


def _told(fault: Fault) -> Fault:
    """A fault of the chain's tables as one of the network."""
    return Fault("network", 0, fault.field, fault.found, fault.wanted, fault.remedy,
                 fault.subject.replace("stage", "stock point"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Row:
    """A stage with its stock point, today's position and the proposed one, in units."""

    stage: Stage
    placed: Placed
    point: c.StockPoint | None
    loops: tuple[c.Loop, ...]
    container: float
    unit: str
    mean: float
    why: str
    lump: float = 0.0
    share: float = 1.0

    @property
    def today(self) -> float | None:
        """Most that stock on hand and on order may be today; None where nothing says so."""
        point = self.point
        if point is None or point.policy == "none":
            return None
        return {
            "kanban": sum(loop.cards * loop.container_qty for loop in self.loops),
            "base_stock": point.base_stock,
            "sS": point.order_up_to,
            "RQ": point.reorder_point + point.order_qty,
        }[point.policy]

    @property
    def lot(self) -> float:
        """What a replenishment brings above the level that triggers it, units."""
        point = self.point
        if point is None:
            return 0.0
        return {"sS": point.order_up_to - point.reorder_point, "RQ": point.order_qty}.get(
            point.policy, 0.0
        )

    @property
    def needed(self) -> float:
        """The position that covers demand up to its bound.

        Cards in a loop also carry what is on its way while customers wait, so that the loop never
        runs below demand; what is taken at a time; and the container that is being emptied.
        """
        cards = self.point is not None and self.point.policy == "kanban"
        more = self.lump if cards else 0.0
        level = exact(round(self.used + self.placed.safety_stock + more, 6))
        whole = float(ceil_to(level, exact(self.container))) + self.lot
        return whole + self.container if cards else whole

    @property
    def proposed(self) -> float:
        """The position as proposed: the share of the way from today, in whole containers.

        Less here rests on more elsewhere, so that both go the same share of their way.
        """
        if self.today is None or self.share == 1.0:
            return self.needed
        part = self.share * (self.needed - self.today)
        moved = ceil_to(exact(round(self.today + part, 6)), exact(self.container))
        return min(max(self.today, self.needed), float(moved))

    @property
    def used(self) -> float:
        """Mean use over the time that the proposed position covers."""
        waits = self.point is not None and self.point.policy == "kanban"
        return self.mean * (self.placed.covered + (self.placed.outbound if waits else 0.0))

    @property
    def cost_proposed(self) -> float:
        """Yearly cost of what the proposed position holds above mean use."""
        if self.point is None:
            return 0.0
        return max(0.0, self.proposed - self.lot - self.used) * (self.stage.holding or 0.0)

    @property
    def cost_today(self) -> float:
        """Yearly cost of what the position today holds above mean use over the stage's time."""
        if self.today is None:
            return 0.0
        spare = self.today - self.lot - self.mean * self.stage.time
        return max(0.0, spare) * (self.stage.holding or 0.0)

    def cycle_service(self) -> tuple[float, float] | None:
        """Chance that a cycle passes without a stock-out, today and as proposed, at an end."""
        stage, today = self.stage, self.today
        if today is None or stage.demand_mean <= 0:
            return None
        wait = stage.max_service_time or 0.0
        covered = max(0.0, stage.time - wait)
        sd = math.hypot(stage.demand_sd * math.sqrt(covered), stage.demand_mean * stage.time_sd)
        spare = today - self.lot - stage.demand_mean * covered
        now = float(spare >= 0) if sd <= 0 else NormalDist().cdf(spare / sd)
        return now, stage.service_level

    def line(self) -> Line:
        """The comparison in one row."""
        site, _, item = self.stage.id.partition("|")
        return Line(
            what=self.stage.id,
            today=None if self.today is None else round(self.today, 6),
            proposed=None if self.today is None else self.proposed,
            unit=self.unit,
            why=self.why.replace(" periods", " days") + self._hint(),
            site=site,
            item=item,
        )

    def _hint(self) -> str:
        if self.today is not None:
            if self.proposed == self.needed:
                return ""
            return f"; {self.needed:,.0f} by the model, of which the twin allows a part"
        if self.placed.safety_stock <= 0:
            return ""
        return f"; give it a policy that keeps {self.proposed:,.0f}: today it orders nothing itself"

    def changes(self, network: Network) -> list[Change]:
        """The rows of the network that keep the proposed position."""
        point, level = self.point, self.proposed - self.lot
        if point is None or self.today is None or not self.today:
            return []
        if point.policy == "kanban":
            return _cards(network, self.loops, self.proposed / self.today)
        cells = {
            "base_stock": {"base_stock": level},
            "sS": {"reorder_point": level, "order_up_to": level + self.lot},
            "RQ": {"reorder_point": level},
        }[point.policy]
        made = change(network, "stock_points", self.stage.id, cells)
        return [made] if made else []


def _cards(network: Network, loops: tuple[c.Loop, ...], factor: float) -> list[Change]:
    """Each loop keeps its part; a signal loop keeps its lot, and two bins stay two."""
    found: list[Change] = []
    for loop in loops:
        least = {"two_bin": 2, "signal": loop.lot_cards + 1}.get(loop.kind, 1)
        cells = {"cards": max(least, math.ceil(loop.cards * factor - 1e-9))}
        if loop.kind == "signal":
            cells["signal_at"] = cells["cards"] - loop.lot_cards
        if made := change(network, "loops", loop.id, cells):
            found.append(made)
    return found


def _row(view: PlanView, stage: Stage, spot: Placed, why: str) -> _Row:
    site, _, part = stage.id.partition("|")
    network = view.network
    item = network.item(part)
    mean = spot.pipeline / stage.time if stage.time > 0 else 0.0
    return _Row(stage, spot, network.stock_point(site, part), network.loops_of(site, part),
                item.container_qty, item.unit, mean, why,
                draws(network, site, part, view.day()).lump)  # fmt: skip


def _service(rows: list[_Row]) -> Figure | None:
    found = [pair for row in rows if (pair := row.cycle_service()) is not None]
    if not found:
        return None
    return Figure(
        today=round(100 * min(now for now, _ in found), 2),
        proposed=round(100 * min(then for _, then in found), 2),
        unit="%",
        means="Cycle service of the worst stock that customers draw from, by the normal formula, "
        "when its suppliers deliver as promised",
    )


def _details(network: Network, chain: Chain, placed: Placement, priced: tuple[Price, ...],
             rows: list[_Row]) -> dict[str, Any]:  # fmt: skip
    strategic = {p.stage for p in placed.strategic}
    dearest = sorted(rows, key=lambda row: (-row.placed.cost, row.stage.id))[:MOST_STAGES]
    at: dict[str, float] = {}
    for row in rows:
        site = row.stage.id.partition("|")[0]
        at[site] = at.get(site, 0.0) + row.placed.cost
    return {
        "cost": placed.cost,
        "lower": placed.lower,
        "gap": placed.gap,
        "bounded_by": placed.bounded_by,
        "proof": _proof(placed),
        "step_d": chain.step_d,
        "stages": [_stage_details(row, row.stage.id in strategic) for row in dearest],
        "prices": [
            {"stage": p.stage, "what": p.what, "promised_d": p.promised, "days": p.periods,
             "saved": None if p.saved is None else round(p.saved, 2), "proven": p.proven}
            for p in priced
        ],
        "sites": {site: round(cost, 2) for site, cost in at.items()},
    }  # fmt: skip


def _stage_details(row: _Row, strategic: bool) -> dict[str, Any]:
    spot = row.placed
    site, _, item = spot.stage.partition("|")
    return {
        "site": site, "item": item, "strategic": strategic, "unit": row.unit,
        "waits_d": round(spot.inbound, 3), "takes_d": row.stage.time,
        "takes_sd_d": round(row.stage.time_sd, 3), "promises_d": round(spot.outbound, 3),
        "covers_d": round(spot.covered, 3), "safety": round(spot.safety_stock, 3),
        "cost": round(spot.cost, 2), "today": row.today,
        "proposed": None if row.point is None else row.proposed,
        "why": row.why.replace(" periods", " days"),
    }  # fmt: skip


def _screen(view: PlanView) -> dict[str, Any]:
    """Every site with its place on the map."""
    return {
        "sites": [
            (s.id, s.name or s.id, s.kind, round(s.latitude, 3), round(s.longitude, 3))
            for s in view.network.sites
        ]
    }


VERTICAL = Vertical(
    kind="buffers",
    label="Buffers",
    about="Where safety stock belongs in the whole network, how much, why, and what promises cost",
    make=make,
    options=(
        Option("service", "Service, %", 0.0, "Demand bound; empty: each stock point's", 0, 99.99,
               zero="as declared"),
        Option("times", "Lead times", "random", "random: as the lanes spread; fixed: their means",
               choices=("random", "fixed")),
        Option("holding", "Holding, % a year", 0.0, "Empty takes each stock point's rate", 0, 1000,
               zero="as declared"),
        Option("twin", "Tried in the twin", "yes",
               "yes: reductions that cost service in the twin are taken back",
               choices=("yes", "no")),
        OPTION,
        Option("seconds", "Seconds", 10.0, "Time to search; trees need none", 0.1, 600),
    ),
    template="plan/buffers.html",
    screen=_screen,
)  # fmt: skip
