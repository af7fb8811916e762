"""Pace of plants and lines as rows: plants first, their lines below, the worst plants on top."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from taktnet.app.screens.model import Level, PaceRow
from taktnet.kpi.pace import Pace
from taktnet.network import Network

BEHIND = -0.1  # a tenth behind is worth a look
FAR_BEHIND = -0.3


def level(deviation: float | None) -> Level:
    """How a deviation is: ahead is as fine as on time."""
    if deviation is None:
        return "none"
    if deviation <= FAR_BEHIND:
        return "crit"
    return "warn" if deviation <= BEHIND else "ok"


def pace_rows(paces: Iterable[Pace], network: Network) -> tuple[PaceRow, ...]:
    """Rows of the plants and of every line; other sites and lanes have pages of their own."""
    sites = {s.id: s for s in network.sites}
    units = {i.id: i.unit for i in network.items}
    plants: defaultdict[str, list[PaceRow]] = defaultdict(list)
    for p in paces:
        site = sites.get(p.site)
        if site is None or p.kind == "lane" or (p.kind == "site" and site.kind != "plant"):
            continue
        plants[p.site].append(_row(p, site.zone, units))
    for rows in plants.values():
        rows.sort(key=lambda r: (r.line != "", r.line))
    worst = {s: min((r.deviation or 0.0 for r in rows), default=0.0) for s, rows in plants.items()}
    return tuple(r for s in sorted(plants, key=lambda s: (worst[s], s)) for r in plants[s])


def _row(p: Pace, zone: str, units: dict[str, str]) -> PaceRow:
    deviation = p.ahead / p.wanted if p.wanted > 0 else None
    b = p.buffer
    ends = b is not None and b.at is not None and b.turns != "steady"
    return PaceRow(
        p.site,
        p.name if p.kind == "line" else "",
        zone,
        p.takt_s,
        p.rate_day,
        p.actual_day,
        deviation,
        p.ahead_h,
        level(deviation),
        b.item if b else "",
        units.get(b.item, "") if b else "",
        b.stock if b else None,
        b.turns if b and ends and b.turns != "steady" else "",
        b.at or 0 if b and ends else 0,
    )
