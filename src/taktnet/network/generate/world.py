"""What the generator builds up: places, goods and ways, before they become a Network."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from taktnet.network import components as c
from taktnet.network.cities import City

Node = tuple[str, str]


@dataclass
class World:
    """A network in the making; `rng` is the only source of chance."""

    rng: random.Random
    year: int
    sites: dict[str, c.Site] = field(default_factory=dict[str, c.Site])
    city: dict[str, City] = field(default_factory=dict[str, City])
    #: Sites by role: customer, assembly, component, hub, tier1, tier2.
    roles: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    calendars: dict[str, c.Calendar] = field(default_factory=dict[str, c.Calendar])
    items: dict[str, c.Item] = field(default_factory=dict[str, c.Item])
    bom: list[c.BomLine] = field(default_factory=list[c.BomLine])
    #: Item to the sites that make it, and site to the items it makes.
    makers: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    made: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    lanes: dict[str, c.Lane] = field(default_factory=dict[str, c.Lane])
    sources: dict[Node, list[c.Source]] = field(default_factory=dict[Node, list[c.Source]])
    demand: list[c.Demand] = field(default_factory=list[c.Demand])

    def near(self, site: str, others: list[str]) -> list[str]:
        """Those of `others` on the same landmass as `site`."""
        land = self.city[site].land
        return [o for o in others if self.city[o].land == land]
