"""Believable networks of 10 to 5,000 sites, the same for the same size and seed.

They are of the kind of `examples/drivetrain`: its mix of sites, and its items, stock points,
sources, lanes, loops, processes and lines per site, at any size; a larger network has more makers
to choose from, so that its lanes grow a little, but no plant has a longer list of parts.

Two tiers of suppliers, component and assembly plants, consolidation hubs and customers near real
industrial cities; a bill of materials of four levels; road, rail, sea and air lanes; kanban loops
of every kind, (s,S), (R,Q) and base stock, sized from the exploded rates so that goods flow.
"""

from __future__ import annotations

import random

from taktnet.base.errors import TaktnetError
from taktnet.network.generate.bills import write_bills
from taktnet.network.generate.flows import connect
from taktnet.network.generate.goods import invent_goods, price_goods
from taktnet.network.generate.makers import second_makers
from taktnet.network.generate.places import settle
from taktnet.network.generate.stocks import size
from taktnet.network.generate.world import World
from taktnet.network.network import Network

MIN_SITES, MAX_SITES = 10, 5000


def generate(sites: int, seed: int, year: int = 2026) -> Network:
    """A network with exactly `sites` sites that passes its check; `year` dates its shutdowns.

    Raises TaktnetError for a size out of 10 to 5,000.
    """
    if not MIN_SITES <= sites <= MAX_SITES:
        raise TaktnetError(f"sites is {sites}, wanted {MIN_SITES} to {MAX_SITES}")
    world = World(random.Random(f"taktnet {sites} {seed}"), year)  # noqa: S311 - no secret
    settle(world, sites)
    invent_goods(world)
    write_bills(world)
    second_makers(world)
    price_goods(world)
    connect(world)
    return size(world)
