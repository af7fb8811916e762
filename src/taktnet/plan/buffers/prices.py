"""What each promise costs, and where the strategic buffers are and why."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from taktnet.plan.buffers.place import Placed, Placement, Table, place
from taktnet.plan.buffers.stage import Link, Stage, tables

What = Literal["promise", "no stock"]


@dataclass(frozen=True, slots=True)
class Price:
    """What a constraint on a stage costs: money a year.

    A `promise` is a limit on the service time of `promised` periods, and `saved` what `periods`
    more would save; for `no stock` it is what a buffer allowed there would save (`periods` 0).
    `proven`: both costs are optimal, else the price is an estimate, and unknown (`saved` None)
    where nothing cheaper was found.
    """

    stage: str
    promised: float
    periods: float
    saved: float | None
    proven: bool
    what: What = "promise"

    @property
    def per_period(self) -> float | None:
        """The marginal price of a promise; None where it is unknown."""
        return self.saved / self.periods if self.periods and self.saved else self.saved


def prices(stages: Table, arcs: Table, placed: Placement, *, periods: float = 1.0, most: int = 50,
           go_on: Callable[[int, int], None] = lambda done, of: None,
           **options: Any) -> tuple[Price, ...]:  # fmt: skip
    """The price of every binding constraint, dearest first: each is loosened, the chain solved.

    Limits are maximum service times (0 where customers are served from stock), fixed promises,
    and stages that may keep no stock. Of more than `most` only those are solved again that would
    save the most at their own stage. Where `placed` is not proven, all other promises are kept and
    nothing is searched, so that no gain of the search passes for a price. `go_on(done, of)` hears
    of progress; `options` are those of `place`.
    """
    rows, links = tables(stages, arcs)
    if not placed.proven:
        options["seconds"] = 0.0
    loose = sorted(_loosened(rows, links, placed, periods), key=lambda way: -way[0])[:most]
    found: list[Price] = []
    for n, (_, i, row, what) in enumerate(loose):
        go_on(n, len(loose))
        start = {p.stage: p.outbound for p in placed.stages}
        if what == "promise":
            start[row.id] += periods
        again = place([*rows[:i], row, *rows[i + 1 :]], links, start=start, **options)
        proven = placed.proven and again.proven
        saved = max(0.0, placed.cost - again.cost) or (0.0 if proven else None)
        limit = _limit(rows[i], end=True) or 0.0
        more = periods if what == "promise" else 0.0
        found.append(Price(row.id, limit, more, saved, proven, what))
    go_on(len(loose), len(loose))
    return tuple(sorted(found, key=lambda p: (-(p.saved or 0.0), p.stage)))


def _loosened(
    rows: Sequence[Stage], links: Sequence[Link], placed: Placement, periods: float
) -> list[tuple[float, int, Stage, What]]:
    """Every binding constraint taken back: what that saves at the stage itself, and how."""
    by_id = {p.stage: p for p in placed.stages}
    buys = {a for a, *_ in links}
    found: list[tuple[float, int, Stage, What]] = []
    for i, row in enumerate(rows):
        p, limit = by_id[row.id], _limit(row, row.id not in buys)
        if limit is not None and p.outbound >= limit - 1e-9:
            looser = replace(row, max_service_time=limit + periods, service_time=None)
            found.append((_own(p, periods), i, looser, "promise"))
        if not row.keeps_stock:
            found.append((0.0, i, replace(row, keeps_stock=True), "no stock"))
    return found


def _own(placed: Placed, periods: float) -> float:
    """What a stage saves by itself when it covers so many periods less."""
    if placed.covered <= 0:
        return 0.0
    return placed.cost * (1 - math.sqrt(max(0.0, placed.covered - periods) / placed.covered))


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
    free = {r.id for r in rows if r.keeps_stock}
    return {p.stage: _words(placed, p, serves[p.stage], p.stage in free) for p in placed.stages}


def _words(placed: Placement, p: Placed, serves: Sequence[str], free: bool) -> str:
    share = 100 * p.cost / placed.cost if placed.cost > 0 else 0.0
    money = f"{p.safety_stock:,.1f} units, {p.cost:,.0f} a year ({share:.0f} % of all)"
    if p.covered <= 1e-9:
        if p.safety_stock > 1e-9:
            return f"promises its longest time; what comes earlier lies: {money}"
        if p.outbound <= 1e-9:
            return "no stock: what it gets is there at once and takes no time"
        why = "makes to order" if free else "may keep none"
        return f"no stock: {why} and passes on its {p.outbound:.4g} periods"
    if not serves:
        return f"covers {p.covered:.4g} periods before the customer: {money}"
    if p.outbound <= 1e-9:
        whom = "one stage" if len(serves) == 1 else f"{len(serves)} stages"
        return (
            f"decouples: waits {p.inbound:.4g}, covers {p.covered:.4g} periods and serves {whom} "
            f"at once, so that none of them has to cover that time: {money}"
        )
    whole = p.covered + p.outbound
    return f"covers {p.covered:.4g} of {whole:.4g} periods, passes on the rest: {money}"
