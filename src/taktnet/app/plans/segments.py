"""Segments of every stocked item: ABC, XYZ, criticality and supply risk, with a default policy."""

from __future__ import annotations

from typing import Any

from taktnet.app.plans.draft import Change, Draft, Line, change
from taktnet.app.plans.loops import rates_of
from taktnet.app.plans.record import weekly_use
from taktnet.app.plans.vertical import Asked, Option, Vertical
from taktnet.app.plans.view import PlanView, Progress
from taktnet.network import Network
from taktnet.network import components as c
from taktnet.plan.segments import Limits, Segment, Segments, Use, segment

#: Weeks of use from which variability is measured instead of taken from the network.
ENOUGH_WEEKS = 8
_LONG_LEAD_D = 30.0


def make(view: PlanView, asked: Asked, progress: Progress) -> Draft:
    """Classify every stock point, and give each the service of its segment."""
    network = view.network
    points = [p for p in network.stock_points if asked["site"] in ("", p.site)]
    rates, spreads = rates_of(network, view.day())
    weeks = weekly_use(view)
    uses: list[Use] = []
    for n, point in enumerate(points):
        progress(n, len(points))
        node = point.site, point.item
        uses.append(_use(network, point, rates.get(node, 0.0), spreads.get(node, 0.0), weeks))
    limits = Limits(asked["a"], asked["b"], asked["x"], asked["y"], asked["cut"])
    found = segment(uses, limits)
    progress(len(points), len(points))
    lines, changes = _compare(network, found)
    return Draft(
        kind="segments",
        summary=f"{len(changes)} of {len(points)} stock points get another service; "
        + ", ".join(f"{count} {name}" for name, count in sorted(found.counts.items())),
        lines=lines,
        changes=changes,
        assumptions=(
            "Value is a year's use at standard cost, in EUR; ABC by the share of value before",
            f"Variability is of weekly use on record from {ENOUGH_WEEKS} weeks on, else of the "
            "network's demand over a week",
            "Criticality is 1 for a part without alternative in a bill of materials, 0.5 with "
            "one, else 0; risk is 0.6 for a single source, and up to 0.4 more for a lead time of "
            f"{_LONG_LEAD_D:g} days",
            "The fill rate of a segment (share of units met from stock) becomes the target of its "
            "stock points; how much stock that takes say the plans for cards and buffers",
        ),
        position=view.position,
        details=_details(found),
    )


def _use(
    network: Network,
    point: c.StockPoint,
    rate: float,
    spread: float,
    weeks: dict[tuple[str, str], tuple[float, ...]],
) -> Use:
    item = network.item(point.item)
    seen = weeks.get((point.site, point.item), ())
    cv = spread / (rate * 7**0.5) if rate > 0 else None
    return Use(
        f"{point.site}|{point.item}",
        rate * 365 * item.cost / network.per_eur(item.currency),
        seen if len(seen) >= ENOUGH_WEEKS else (),
        _criticality(network, point.item),
        _risk(network, point),
        cv=cv,
    )


def _criticality(network: Network, item: str) -> float:
    lines = network.users_of(item)
    if not lines:
        return 0.0
    return 0.5 if all(line.alternative for line in lines) else 1.0


def _risk(network: Network, point: c.StockPoint) -> float:
    """Single sources and long ways; what is made on the spot has the risk of its lines alone."""
    sources = network.sources_of(point.site, point.item)
    if network.processes_of(point.site, point.item) or not sources:
        return 0.2
    single = 0.6 if len({s.origin for s in sources}) == 1 else 0.2
    days = max((s.prep_h + network.lane(s.lane).transit_h) / 24 for s in sources)
    return single + 0.4 * min(1.0, days / _LONG_LEAD_D)


def _compare(network: Network, found: Segments) -> tuple[tuple[Line, ...], tuple[Change, ...]]:
    lines: list[Line] = []
    changes: list[Change] = []
    for row in found.rows:
        site, _, item = row.item.partition("|")
        point = network.stock_point(site, item)
        assert point is not None
        target = point.service_target if row.service is None else row.service
        lines.append(
            Line(
                what=f"{row.item} {row.abc}{row.xyz}",
                today=round(100 * point.service_target, 4),
                proposed=round(100 * target, 4),
                unit="% fill rate",
                why=f"{row.quadrant}; default policy {row.policy}, today {point.policy}: {row.why}",
                site=site,
                item=item,
            )
        )
        if made := change(network, "stock_points", row.item, {"service_target": target}):
            changes.append(made)
    return tuple(lines), tuple(changes)


def _details(found: Segments) -> dict[str, Any]:
    limits = found.limits
    value: dict[str, float] = {}
    for row in found.rows:
        value[row.abc + row.xyz] = value.get(row.abc + row.xyz, 0.0) + max(0.0, row.value)
    return {
        "limits": {name: getattr(limits, name) for name in ("a", "b", "x", "y", "cut")},
        "counts": found.counts,
        "value": {name: round(v, 2) for name, v in value.items()},
        "quadrants": {q: _quadrant(found.rows, q) for q in
                      ("strategic", "bottleneck", "leverage", "non-critical")},
    }  # fmt: skip


def _quadrant(rows: tuple[Segment, ...], name: str) -> int:
    return sum(1 for row in rows if row.quadrant == name)


VERTICAL = Vertical(
    kind="segments",
    label="Segments",
    about="Which items deserve which care: ABC by value, XYZ by variability, Kraljic by risk",
    make=make,
    options=(
        Option("site", "Site", "", "Only stock points of this site"),
        Option("a", "A up to", 0.8, "Share of value before an item, below which it is A", 0.01, 1),
        Option("b", "B up to", 0.95, "Share of value before an item, below which it is B", 0.01, 1),
        Option("x", "X below CV", 0.5, "Coefficient of variation of weekly use", 0.01, 10),
        Option("y", "Y below CV", 1.0, "Coefficient of variation of weekly use", 0.01, 10),
        Option(
            "cut", "Kraljic cut", 0.5, "Impact and risk from which they count as high", 0.01, 0.99
        ),
    ),
    template="plan/segments.html",
)
