"""The overview: the network on the map, the six KPIs, pace, exceptions and the newest decisions."""

from __future__ import annotations

from dataclasses import dataclass

from taktnet.app.screens.model import DecisionLine, MapFlow, MapSite, PaceRow, Tile, Trouble


@dataclass(frozen=True, slots=True)
class Overview:
    """What the first screen shows; lists are cut to what a person can take in."""

    tiles: tuple[Tile, ...]
    sites: tuple[MapSite, ...]
    flows: tuple[MapFlow, ...]
    shipments: int
    late: int
    pace: tuple[PaceRow, ...]
    troubles: tuple[Trouble, ...]
    critical: int
    decisions: tuple[DecisionLine, ...]
