"""Card counts from rates and times, exact before the one rounding up."""

from __future__ import annotations

from taktnet.base.exact import Number, ceil_div, exact


def kanban_cards(
    demand_day: Number, lead_d: Number, safety: Number, container: Number, least: int = 1
) -> int:
    """Cards of a loop: N = ceil(D * L * (1 + a) / C), at least `least` (Sugimori et al. 1977).

    D units per day, L days of waiting and processing, a safety factor >= 0, C units per card.
    D=480, L=1.5, a=0.15, C=40 gives 21; D=100, L=2, a=0.1, C=20 gives 11 where floats say 12.
    """
    need = exact(demand_day) * exact(lead_d) * (1 + exact(safety))
    return max(least, ceil_div(need, container))


def two_bin_qty(demand: Number, lead: Number, safety_stock: Number, container: Number) -> float:
    """Quantity of one bin: B = ceil((d*L + SS) / C) * C; the system holds at most two."""
    need = exact(demand) * exact(lead) + exact(safety_stock)
    return float(max(1, ceil_div(need, container)) * exact(container))


def signal_cards(
    demand_day: Number, lead_d: Number, safety_stock: Number, epei_d: Number, container: Number
) -> tuple[int, int]:
    """Signal kanban in containers: reorder point ceil((d*L + SS)/C) and lot ceil(d*EPEI/C)."""
    need = exact(demand_day) * exact(lead_d) + exact(safety_stock)
    lot = exact(demand_day) * exact(epei_d)
    return max(1, ceil_div(need, container)), max(1, ceil_div(lot, container))
