"""What one stock point with a policy of its own needs: base stock, (s,S) or (R,Q) by simulation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from taktnet.app.plans.alternatives import Alternative, alternatives
from taktnet.app.plans.draft import Line
from taktnet.app.plans.guard import keep
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
    need: cards.Loop | None = None
    others: tuple[Alternative, ...] = ()
    instead: Alternative | None = None
    share: float = 1.0
    after: Served | None = None

    @property
    def key(self) -> str:
        """The key of its row."""
        return f"{self.point.site}|{self.point.item}"

    @property
    def changes(self) -> dict[str, object]:
        """The cells of the stock point as they should be."""
        if self.instead is not None and self.share > 0:
            return self.instead.cells()
        level = self.trigger
        if self.point.policy == "base_stock":
            return {"base_stock": level}
        if self.point.policy == "sS":
            lot = self.simulated.rule.level - self.simulated.rule.trigger
            return {"reorder_point": level, "order_up_to": level + lot}
        return {"reorder_point": level}

    @property
    def simulated(self) -> Served:
        """The least of today's policy that reaches the target."""
        assert self.result is not None
        return self.result.simulated

    @property
    def trigger(self) -> float:
        """The reorder point or base stock as it should be: of a reduction only the share."""
        return keep(_trigger(self.point), self.simulated.rule.trigger, self.share)

    @property
    def then(self) -> Served:
        """What is proposed does."""
        return self.after or (self.instead.served if self.instead else self.simulated)

    def kept(self, share: float, seed: int) -> Point:
        """The same with the share of its reduction; another policy is all or nothing."""
        if self.result is None or self.need is None or share == 1.0:
            return self
        if self.instead is not None and share > 0:
            return replace(self, share=share)
        scaled = replace(self, share=share, instead=None)
        rule = replace(_rule(self.point), trigger=scaled.trigger,
                       level=scaled.trigger + _above(self.point))  # fmt: skip
        return replace(scaled, after=stock_policies.judge(rule, self.need, seed=seed))

    def detail(self) -> dict[str, Any]:
        """Everything that the page shows of it."""
        assert self.result is not None and self.today is not None and self.need is not None
        now, formula = self.today, self.result.formula
        return {
            "site": self.point.site, "item": self.point.item,
            "policy": _NAMES[self.point.policy], "target": self.result.target,
            "measure": self.result.measure, "lead_days": self.need.lead,
            "lead_sd_days": self.need.lead_sd, "demand_day": self.need.demand,
            "today": {"trigger": _trigger(self.point), "fill": now.fill, "stock": now.stock,
                      "money": round(now.stock * self.cost, 2)},
            "formula": {"trigger": formula.rule.trigger, "fill": formula.fill},
            "simulated": {"trigger": self.simulated.rule.trigger, "fill": self.simulated.fill},
            "proposed": {"policy": self.instead.title if self.instead else "as today",
                         "trigger": self.then.rule.trigger, "fill": self.then.fill,
                         "fill_half": self.then.fill_half, "cycle": self.then.cycle,
                         "money": round(self.then.stock * self.cost, 2)},
            "others": [one.detail(self.cost) for one in self.others],
        }  # fmt: skip

    def line(self) -> Line:
        """The comparison in one row."""
        proposed = None
        if self.result is not None:
            proposed = self.then.rule.trigger
        return Line(
            what=f"{self.key} {_NAMES[self.point.policy]}",
            today=_trigger(self.point),
            proposed=proposed,
            unit="reorder point" if self.point.policy != "base_stock" else "base stock",
            why=self.why + self._instead(),
            site=self.point.site,
            item=self.point.item,
        )

    def money(self) -> tuple[float, float]:
        """Mean stock at standard cost, today and as proposed."""
        assert self.today is not None and self.result is not None
        return self.today.stock * self.cost, self.then.stock * self.cost

    def _instead(self) -> str:
        if self.instead is None:
            return ""
        kept = self.instead.served
        return (f"; {self.instead.title} instead keeps {kept.stock:,.0f} units on average and "
                f"gives {100 * kept.fill:.1f} %")  # fmt: skip


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
    how = {"measure": asked["measure"], "review": review, "seed": asked["seed"]}
    try:
        found = stock_policies.size(SIZED[point.policy], need, target, lot=lot, **how)
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
    others = alternatives(point, need, target, how)
    instead = others[0] if asked["policy"] == "best" and others else None
    if instead is not None and instead.kind == SIZED[point.policy]:
        instead = None
    return Point(point, cost, why, found, today, need.demand * cost, need, others, instead)


def _trigger(point: c.StockPoint) -> float:
    return point.base_stock if point.policy == "base_stock" else point.reorder_point


def _rule(point: c.StockPoint) -> Rule:
    if point.policy == "base_stock":
        return stock_policies.base_stock(point.base_stock)
    if point.policy == "sS":
        return Rule("sS", point.reorder_point, max(point.order_up_to, point.reorder_point))
    return Rule("RQ", point.reorder_point, lot=point.order_qty)


def _above(point: c.StockPoint) -> float:
    """How far an order lifts the position above the trigger today; 0 for lots and one for one."""
    return max(0.0, point.order_up_to - point.reorder_point) if point.policy == "sS" else 0.0


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
