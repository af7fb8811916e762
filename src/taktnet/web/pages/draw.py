"""Small drawings as SVG without any style attribute, and the data of the charts as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from markupsafe import Markup

from taktnet.app.screens.kpi import KpiScreen
from taktnet.app.screens.lab import LabScreen
from taktnet.app.screens.model import PaceRow
from taktnet.app.screens.overview import Overview
from taktnet.web.pages.format import hours, money, num

_W, _H = 84, 28
_FULL = 0.5  # the gauge is full at half as much again, or half


def spark(values: Sequence[float | None], target: float | None = None) -> Markup:
    """A trend as a line of 84 by 28; gaps are bridged faintly, the target is dashed."""
    known = [v for v in values if v is not None]
    if len(known) < 2:
        return Markup("")
    low, high = min(known), max(known)
    if target is not None and (high - low) > 0 and low - (high - low) < target < 2 * high - low:
        low, high = min(low, target), max(high, target)
    size = (high - low) or 1.0
    step = _W / (len(values) - 1)

    def y(v: float) -> float:
        return _H - 3 - (v - low) / size * (_H - 6) if high > low else _H / 2

    path, bridges, last = [], [], None
    for i, v in enumerate(values):
        if v is None:
            continue
        here = f"{i * step:.1f} {y(v):.1f}"
        joined = i > 0 and values[i - 1] is not None
        alone = not joined and (i + 1 == len(values) or values[i + 1] is None)
        path.append(f"{'L' if joined else 'M'}{here}{'h.01' if alone else ''}")
        if last is not None and not joined:
            bridges.append(f"M{last}L{here}")
        last = here
    line = ""
    if target is not None and low <= target <= high and high > low:
        line = f'<line x1="0" x2="{_W}" y1="{y(target):.1f}" y2="{y(target):.1f}"/>'
    return Markup(  # noqa: S704 - numbers only
        f'<svg class="spark" viewBox="0 0 {_W} {_H}" preserveAspectRatio="none" aria-hidden="true">'
        f'{line}<path class="bridge" d="{"".join(bridges)}"/><path d="{"".join(path)}"/>'
        f'<path class="end" d="M{last}h.01"/></svg>'
    )


def deviation(row: PaceRow) -> Markup:
    """How far ahead or behind, as a bar from the middle and in words."""
    d = row.deviation
    if d is None:
        return Markup('<span class="gauge"><span></span><span class="dim">–</span></span>')
    share = max(-1.0, min(1.0, d / _FULL)) * 50
    x, width = (50 + share, -share) if share < 0 else (50.0, share)
    level = row.level if row.level in ("warn", "crit") else "ok"
    percent = f"{'+' if d > 0 else ''}{num(d * 100)} %"
    told = "" if row.ahead_h is None else f"{hours(abs(row.ahead_h))} of work "
    told += "behind" if d < 0 else "ahead"
    return Markup(  # noqa: S704 - numbers only, and a level of ours
        f'<span class="gauge" title="{told}"><svg viewBox="0 0 100 14" preserveAspectRatio="none" '
        'aria-hidden="true"><rect class="rail" x="0" y="4" width="100" height="6" rx="1"/>'
        f'<rect class="bar-{level}" x="{x:.1f}" y="4" width="{width:.1f}" height="6"/>'
        '<rect class="zero" x="49.6" y="1" width="0.8" height="12"/></svg>'
        f'<span class="{level if level != "ok" else "soft"}">{percent}</span></span>'
    )


def meter(share: float) -> Markup:
    """A share of one as a bar."""
    width = max(0.0, min(1.0, share)) * 100
    return Markup(  # noqa: S704 - a number only
        '<svg class="meter" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="rail" width="100" height="8" rx="1"/>'
        f'<rect class="fill" width="{width:.1f}" height="8" rx="1"/></svg>'
    )


def data(value: object) -> Markup:
    """JSON that can stand inside a script element of type application/json."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    safe = text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return Markup(safe)  # noqa: S704 - `<`, `>` and `&` are escaped in the line before


def lab_data(screen: LabScreen) -> Markup:
    """What `lab.js` begins with."""
    return data({"rows": screen.rows, "picked": screen.picked, **screen.trust})


def map_data(screen: Overview | LabScreen) -> Markup:
    """Sites and flows of the map, as rows in the order that `map.js` reads."""
    sites = [
        [s.id, s.name, s.kind, round(s.latitude, 3), round(s.longitude, 3), s.level, s.why]
        for s in screen.sites
    ]
    flows = [
        [
            f.origin,
            f.destination,
            f.mode,
            f.shipments,
            round(f.value),
            f.late,
            round(f.late_h, 1),
            f.level,
            [round(p, 3) for p in f.progress],
            f"worth {money(f.value)}" if f.value else "",
            f.closed,
        ]
        for f in screen.flows
    ]
    return data({"sites": sites, "flows": flows})


def buffer_map(sites: Iterable[tuple[str, str, str, float, float]], cost: Mapping[str, float]
               ) -> str:  # fmt: skip
    """Sites by what their buffers cost a year, as rows that `map.js` reads from an attribute."""
    rows = [
        [*site, "ok", f"{money(cost[site[0]])} a year for safety stock" if cost.get(site[0]) else
         "no safety stock", round(cost.get(site[0], 0.0), 2)]
        for site in sites
    ]  # fmt: skip
    return json.dumps({"sites": rows, "flows": []}, ensure_ascii=False, separators=(",", ":"))


def trend_data(screen: KpiScreen) -> Markup:
    """Points, target, unit and digits of one KPI, for `trend.js`."""
    tile = screen.tile
    unit = tile.unit if tile.unit.startswith("%") else f" {tile.unit}".rstrip()
    return data(
        {
            "points": [list(p) for p in screen.points],
            "target": tile.target,
            "unit": unit,
            "digits": tile.digits,
        }
    )
