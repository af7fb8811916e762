"""Other policies for one stock point, tried side by side on the same demand and luck."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from taktnet.network import components as c
from taktnet.plan import cards, ddmrp, stock_policies
from taktnet.plan.stock_policies import Kind, Served

#: Demand-driven factors by days of lead time and by variation of a day's demand (methods D5).
_LEAD_FACTORS = ((5.0, 0.8), (20.0, 0.5), (float("inf"), 0.3))
_SPREAD_FACTORS = ((0.5, 0.2), (1.0, 0.5), (float("inf"), 0.8))
_TITLES: dict[Kind, str] = {"base_stock": "base stock", "sS": "(s,S)", "RQ": "(R,Q)",
                            "two_bin": "two-bin", "ddmrp": "DDMRP"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Alternative:
    """One policy at the least size that reaches the target; what it does and keeps."""

    kind: Kind
    served: Served

    @property
    def title(self) -> str:
        """Its name as planners say it."""
        return _TITLES[self.kind]

    def cells(self) -> dict[str, object]:
        """The stock point's cells under this policy; two bins are (R,Q) with R = Q = one bin."""
        rule = self.served.rule
        if self.kind == "base_stock":
            return {"policy": "base_stock", "base_stock": rule.level}
        if self.kind in ("RQ", "two_bin"):
            return {"policy": "RQ", "reorder_point": rule.trigger, "order_qty": rule.lot}
        return {"policy": "sS", "reorder_point": rule.trigger, "order_up_to": rule.level}

    def detail(self, cost: float) -> dict[str, Any]:
        """What the page shows; `cost` is of a unit."""
        s, rule = self.served, self.served.rule
        return {
            "policy": self.title, "trigger": rule.trigger, "level": rule.level, "lot": rule.lot,
            "fill": s.fill, "fill_half": s.fill_half, "cycle": s.cycle, "stock": s.stock,
            "money": round(s.stock * cost, 2),
        }  # fmt: skip


def alternatives(point: c.StockPoint, need: cards.Loop, target: float, how: dict[str, Any]
                 ) -> tuple[Alternative, ...]:  # fmt: skip
    """Every policy that can reach the target, the least mean stock first.

    Lots are the point's own, for (s,S) its S - s, for DDMRP the green zone; `how` goes to
    `stock_policies.size`. Sizes that cannot be found are left out.
    """
    lots: dict[Kind, float] = {
        "base_stock": 0.0, "two_bin": 0.0, "RQ": point.order_qty or need.container,
        "sS": max(need.container, point.order_up_to - point.reorder_point),
        "ddmrp": max(need.container, _green(point, need)),
    }  # fmt: skip
    found: list[Alternative] = []
    for kind, lot in lots.items():
        try:
            sized = stock_policies.size(kind, need, target, **{**how, "lot": lot})
        except ValueError:
            continue
        found.append(Alternative(kind, sized.simulated))
    return tuple(sorted(found, key=lambda one: one.served.stock))


def _green(point: c.StockPoint, need: cards.Loop) -> float:
    """The green zone of methods D5 for the point's use and lead time."""
    spread = (need.demand**0.5 if need.demand_sd is None else need.demand_sd) / need.demand
    zones = ddmrp.buffer(
        need.demand, need.lead, next(f for days, f in _LEAD_FACTORS if need.lead <= days),
        next(f for cv, f in _SPREAD_FACTORS if spread <= cv), moq=point.order_qty,
    )  # fmt: skip
    return float(zones.green)
