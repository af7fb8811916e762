"""What the generator builds up: places, goods and ways, before they become a Network."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from taktnet.network import components as c
from taktnet.network.cities import City

Node = tuple[str, str]
#: Sites of `examples/drivetrain`, whose mix and densities generated networks have.
EXAMPLE_SITES: Final = 49
#: How often what is near by is preferred.
NEAR: Final = 0.75


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
    #: Items by kind: product, module, stage, part, standard, material.
    goods: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    bom: list[c.BomLine] = field(default_factory=list[c.BomLine])
    #: Item to the sites that make it, and site to the items it makes.
    makers: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    made: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    lanes: dict[str, c.Lane] = field(default_factory=dict[str, c.Lane])
    sources: dict[Node, list[c.Source]] = field(default_factory=dict[Node, list[c.Source]])
    #: Suppliers of parts so light that what goes overseas flies.
    fliers: set[str] = field(default_factory=set[str])
    #: Makers of whom somebody buys an item.
    asked: set[Node] = field(default_factory=set[Node])
    demand: list[c.Demand] = field(default_factory=list[c.Demand])

    def make(self, site: str, item: str) -> None:
        """A site makes an item, too."""
        self.makers.setdefault(item, []).append(site)
        self.made.setdefault(site, []).append(item)

    def near(self, site: str, others: Iterable[str]) -> list[str]:
        """Those of `others` on the same landmass as `site`."""
        land = self.city[site].land
        return [o for o in others if self.city[o].land == land]

    @property
    def shops(self) -> list[str]:
        """Plants that make modules: component plants, and one in three that assemble, too."""
        return self.roles["component"] + self.roles["assembly"][2::3]
