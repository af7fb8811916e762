"""What one stock point with a policy of its own needs: base stock, (s,S) or (R,Q) by simulation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from taktnet.app.plans.draft import Line
from taktnet.app.plans.loops import ENOUGH, Receipts, lead_time, rates_of
from taktnet.app.plans.view import PlanView
from taktnet.network import Network
from taktnet.network import components as c
from taktnet.plan import cards, stock_policies
from taktnet.plan.stock_policies import Kind, Rule, Served
from taktnet.plan.stock_policies import Sized as Result

_DAY_H = 24.0
#: Policies of a stock point that have numbers to size.
SIZED: dict[str, Kind] = {"base_stock": "base_stock", "sS": "sS", "RQ": "RQ"}


@dataclass(frozen=True, slots=True)
class Point:
    """A stock point with what it has and what it needs; `result` is None where nobody can say."""

    point: c.StockPoint
    cost: float
    why: str
    result: Result | None = None
    today: Served | None = None
    money_day: float = 0.0

    @property
    def changes(self) -> dict[str, float]:
        """The cells of the stock point as they should be."""
        assert self.result is not None
        rule = self.result.simulated.rule
        if self.point.policy == "base_stock":
            return {"base_stock": rule.level}
        if self.point.policy == "sS":
            return {"reorder_point": rule.trigger, "order_up_to": rule.level}
        return {"reorder_point": rule.trigger}

    def line(self) -> Line:
        """The comparison in one row."""
        proposed = None
        if self.result is not None:
            proposed = self.result.simulated.rule.trigger
        return Line(
            what=f"{self.point.site}|{self.point.item} {_NAMES[self.point.policy]}",
            today=_trigger(self.point),
            proposed=proposed,
            unit="reorder point" if self.point.policy != "base_stock" else "base stock",
            why=self.why,
            site=self.point.site,
            item=self.point.item,
        )

    def money(self) -> tuple[float, float]:
        """Mean stock at standard cost, today and as proposed."""
        assert self.today is not None and self.result is not None
        return self.today.stock * self.cost, self.result.simulated.stock * self.cost


_NAMES = {"base_stock": "base stock", "sS": "(s,S)", "RQ": "(R,Q)"}


def size_point(view: PlanView, point: c.StockPoint, asked: Mapping[str, Any],
               seen: Receipts) -> Point:  # fmt: skip
    """The least reorder point (base stock) that reaches the service, beside the formula's."""
    network = view.network
    item = network.item(point.item)
    cost = item.cost / network.per_eur(item.currency)
    need = _need(view, point, seen)
    if isinstance(need, str):
        return Point(point, cost, need)
    target = asked["service"] / 100 or point.service_target
    lot = _lot(point, need)
    review = max(1, round(point.review_h / _DAY_H))
    try:
        found = stock_policies.size(
            SIZED[point.policy], need, target, measure=asked["measure"], lot=lot, review=review,
            seed=asked["seed"],
        )  # fmt: skip
        today = stock_policies.judge(_rule(point), need, seed=asked["seed"], review=review)
    except ValueError as error:
        return Point(point, cost, str(error))
    best, formula = found.simulated, found.formula
    got = best.fill if asked["measure"] == "fill" else best.cycle
    why = (
        f"gives {100 * got:.1f} % ({asked['measure']}), today {100 * today.fill:.1f} % fill and "
        f"{100 * today.cycle:.1f} % of cycles; the formula says {formula.rule.trigger:,.0f} and "
        f"gives {100 * formula.fill:.1f} % fill"
    )
    return Point(point, cost, why, found, today, need.demand * cost)


def _trigger(point: c.StockPoint) -> float:
    return point.base_stock if point.policy == "base_stock" else point.reorder_point


def _rule(point: c.StockPoint) -> Rule:
    if point.policy == "base_stock":
        return stock_policies.base_stock(point.base_stock)
    if point.policy == "sS":
        return Rule("sS", point.reorder_point, max(point.order_up_to, point.reorder_point))
    return Rule("RQ", point.reorder_point, lot=point.order_qty)


def _lot(point: c.StockPoint, need: cards.Loop) -> float:
    """What an order brings today; the plan leaves it as it is."""
    if point.policy == "RQ":
        return point.order_qty or need.container
    return max(need.container, point.order_up_to - point.reorder_point)


def _need(view: PlanView, point: c.StockPoint, seen: Receipts) -> cards.Loop | str:
    network, on = view.network, view.day()
    rates, sds = rates_of(network, on)
    node = point.site, point.item
    rate = rates.get(node, 0.0)
    if rate <= 0:
        return "no demand reaches it; nothing to size"
    source = _main_source(network, point)
    way = c.Loop(
        id="point", kind="withdrawal" if source else "production", site=point.site,
        item=point.item, origin=source.origin if source else point.site,
        lane=source.lane if source else "", cards=1,
        container_qty=network.item(point.item).container_qty,
    )  # fmt: skip
    lead = lead_time(network, way, on)
    if lead is None:
        return f"no lane, source or process says how {point.item} comes to {point.site}"
    receipts = seen.get((point.site, point.item, way.origin), ())
    return cards.Loop(
        demand=rate, lead=lead.mean, container=way.container_qty, demand_sd=sds[node],
        lead_sd=lead.sd, collection=lead.gap,
        lead_seen=receipts if len(receipts) >= ENOUGH else (),
    )  # fmt: skip


def _main_source(network: Network, point: c.StockPoint) -> c.Source | None:
    """The primary source of the largest share; None where the item is made on the spot."""
    primary = [s for s in network.sources_of(point.site, point.item) if s.role == "primary"]
    return max(primary, key=lambda s: s.share, default=None)
