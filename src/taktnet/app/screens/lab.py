"""The scenario lab: the map to pick from, what may go wrong, and how far the twin is trusted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from taktnet.app.parts import Parts
from taktnet.app.screens.desk import Desk
from taktnet.app.screens.model import MapFlow, MapSite
from taktnet.app.screens.overview import map_flows, map_sites

_FIRST = 60


@dataclass(frozen=True, slots=True)
class LabScreen:
    """What the page begins with: `rows` are disturbances as plain values, late shipments first.

    `trust` is the twin's last check and whether advice is given; `picked` the disturbance that
    the address names, "" for none.
    """

    sites: tuple[MapSite, ...]
    flows: tuple[MapFlow, ...]
    rows: list[dict[str, Any]]
    trust: dict[str, Any]
    picked: str


def lab_screen(desk: Desk, parts: Parts, picked: str) -> LabScreen:
    """The lab as of a desk; `picked` is kind:subject."""
    from taktnet.app.encode import plain
    from taktnet.app.simulation.answers import trust
    from taktnet.app.simulation.disturbances import disturbances
    from taktnet.app.simulation.fidelity import last_check

    rows = disturbances(desk.network, desk.state, desk.now, most=_FIRST)
    _, _, subject = picked.partition(":")
    if subject:
        named = disturbances(desk.network, desk.state, desk.now, subject, _FIRST)
        rows += [row for row in named if row not in rows]
    known = {f"{row.kind}:{row.subject}" for row in rows}
    return LabScreen(
        map_sites(desk),
        map_flows(desk),
        plain(rows),
        plain(trust(last_check(parts), parts.settings.twin_error_limit)),
        picked if picked in known else "",
    )
