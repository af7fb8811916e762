"""What each promise costs, and where the strategic buffers are and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from taktnet.plan.buffers.place import Placement, Table, place
from taktnet.plan.buffers.stage import Stage, tables


@dataclass(frozen=True, slots=True)
class Price:
    """What a limit on a stage's service time costs: money a year for one period more of it.

    `promised` is the limit in periods; `saved` the yearly cost that `periods` more would save;
    `proven` whether both costs are optimal (else the price is an estimate).
    """

    stage: str
    promised: float
    periods: float
    saved: float
    proven: bool

    @property
    def per_period(self) -> float:
        """The marginal price."""
        return self.saved / self.periods


def prices(stages: Table, arcs: Table, placed: Placement, *, periods: float = 1.0,
           **options: Any) -> tuple[Price, ...]:  # fmt: skip
    """The price of every binding limit, dearest first: each is loosened and the chain solved again.

    Limits are maximum service times (0 where customers are served from stock) and fixed promises;
    `options` are those of `place`.
    """
    rows, links = tables(stages, arcs)
    by_id = {p.stage: p for p in placed.stages}
    buys = {a for a, *_ in links}
    found: list[Price] = []
    for i, row in enumerate(rows):
        limit = _limit(row, row.id not in buys)
        if limit is None or by_id[row.id].outbound < limit - 1e-9:
            continue
        looser = replace(row, max_service_time=limit + periods, service_time=None)
        again = place([*rows[:i], looser, *rows[i + 1 :]], links, **options)
        proven = placed.proven and again.proven
        saved = max(0.0, placed.cost - again.cost)
        found.append(Price(row.id, limit, periods, saved, proven))
    return tuple(sorted(found, key=lambda p: (-p.saved, p.stage)))


def _limit(row: Stage, end: bool) -> float | None:
    """The service time a stage is held to, None where it is free."""
    if row.service_time is not None:
        return row.service_time
    if row.max_service_time is not None:
        return row.max_service_time
    return 0.0 if end or row.demand_sd > 0 else None


def reasons(stages: Table, arcs: Table, placed: Placement) -> dict[str, str]:
    """Why each stage keeps stock or none, in a planner's words."""
    rows, links = tables(stages, arcs)
    serves: dict[str, list[str]] = {r.id: [] for r in rows}
    for up, down, _ in links:
        serves[up].append(down)
    return {p.stage: _words(placed, k, serves[p.stage]) for k, p in enumerate(placed.stages)}


def _words(placed: Placement, at: int, serves: Sequence[str]) -> str:
    p = placed.stages[at]
    if p.covered <= 1e-9:
        if p.outbound <= 1e-9:
            return "no stock: what it gets is there at once and takes no time"
        return f"no stock: makes to order and passes on its {p.outbound:g} periods"
    share = 100 * p.cost / placed.cost if placed.cost > 0 else 0.0
    money = f"{p.safety_stock:,.1f} units, {p.cost:,.0f} a year ({share:.0f} % of all)"
    if not serves:
        return f"covers {p.covered:g} periods before the customer: {money}"
    if p.outbound <= 1e-9:
        whom = "one stage" if len(serves) == 1 else f"{len(serves)} stages"
        return (
            f"decouples: waits {p.inbound:g}, covers {p.covered:g} periods and serves {whom} at "
            f"once, so that none of them has to cover that time: {money}"
        )
    return (
        f"covers {p.covered:g} of {p.covered + p.outbound:g} periods, passes on the rest: {money}"
    )
