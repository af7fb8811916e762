"""Who supplies whom in a generated network: sources, hubs, and customers' demand."""

from __future__ import annotations

import math
from typing import Final

from taktnet.network import components as c
from taktnet.network.generate.lanes import lane, usual_mode
from taktnet.network.generate.places import PER_EUR, currency_of
from taktnet.network.generate.world import Node, World

#: Units a day up to which a customer orders piece by piece; who takes more calls off daily.
SINGLE = 6
_CV: Final[dict[c.Distribution, tuple[float, float]]] = {
    "poisson": (0, 0), "fixed": (0, 0), "normal": (0.1, 0.3), "lognormal": (0.2, 0.5),
    "negbin": (0.4, 0.9),
}  # fmt: skip


def connect(world: World) -> None:
    """Demand for every product, and sources for whatever is needed where it is not made."""
    _demand(world)
    components: dict[str, list[str]] = {}
    for line in world.bom:
        components.setdefault(line.parent, []).append(line.component)
    for site, items in list(world.made.items()):
        for item in items:
            for needed in components.get(item, ()):
                supply(world, site, needed)


def _demand(world: World) -> None:
    """Every product has a customer and every customer a product, near ones first."""
    rng, customers = world.rng, world.roles["customer"]
    products = [i for site in world.roles["assembly"] for i in world.made[site]]
    pairs: dict[tuple[str, str], None] = {}
    for product in products:
        near = world.near(world.makers[product][0], customers)
        pairs[rng.choice(near if near and rng.random() < 0.7 else customers), product] = None
    for customer in customers:
        near = [p for p in products if world.near(customer, world.makers[p])]
        for _ in range(rng.randint(1, 3)):
            choice = near if near and rng.random() < 0.7 else products
            pairs[customer, rng.choice(choice)] = None
    for customer, product in pairs:
        world.demand.append(_order_line(world, customer, product))


def _order_line(world: World, customer: str, product: str) -> c.Demand:
    rng, plant = world.rng, world.makers[product][0]
    hubs = world.near(customer, world.roles["hub"])
    shipper = plant
    if hubs and not world.near(customer, [plant]) and rng.random() < 0.6:
        shipper = rng.choice(hubs)
        supply(world, shipper, product)
    way = lane(world, shipper, customer, usual_mode(world, shipper, customer))
    cost, currency = world.items[product].cost, currency_of(world.sites[customer].country)
    rate = float(rng.choice((4, 6, 8, 10, 12, 16, 20, 24, 30, 40)))
    kind: c.Distribution = rng.choice(("normal", "lognormal", "negbin", "fixed"))
    if rate <= SINGLE:
        kind = "poisson"
    return c.Demand(
        site=customer,
        item=product,
        supplier=shipper,
        rate_day=rate,
        distribution=kind,
        cv=round(rng.uniform(*_CV[kind]), 2),
        lead_h=float(12 * math.ceil((way.transit_h * 1.3 + 72) / 12)),
        price=_money(cost * rng.uniform(1.3, 1.7), currency),
        currency=currency,
    )


def _money(euro: float, currency: str) -> float:
    return round(euro * PER_EUR[currency], 2)


def supply(world: World, site: str, item: str) -> None:
    """See that `item` comes to `site`: from its makers, far ones often through a hub."""
    if (site, item) in world.sources or site in world.makers[item]:
        return
    rng, makers, place = world.rng, world.makers[item], (site, item)
    near = world.near(site, makers)
    first = rng.choice(near or makers)
    others = [m for m in makers if m != first]
    second = rng.choice(others) if others else ""
    split = rng.choice((1.0, 0.7, 0.6)) if second else 1.0
    rows = [_source(world, place, _through(world, site, item, first), split)]
    if second and split < 1:
        rows.append(_source(world, place, second, round(1 - split, 2)))
    elif second:
        rows.append(_source(world, place, second, 1.0, backup=True))
    if world.lanes[rows[0].lane].mode == "sea" and rng.random() < 0.5:
        fast = lane(world, rows[0].origin, site, "air").id
        rows.append(_source(world, place, rows[0].origin, 1.0, backup=True, way=fast))
    world.sources[site, item] = _without_twins(rows)


def _without_twins(rows: list[c.Source]) -> list[c.Source]:
    """Sources of one origin by one lane are one source."""
    merged: dict[tuple[str, str], c.Source] = {}
    for row in rows:
        key = (row.origin, row.lane)
        if key not in merged:
            merged[key] = row
    return list(merged.values())


def _through(world: World, site: str, item: str, maker: str) -> str:
    """The origin of goods from a maker: itself, or a hub on its landmass for a far site."""
    hubs = [h for h in world.near(maker, world.roles["hub"]) if h != site]
    if world.near(site, [maker]) or not hubs or world.rng.random() > 0.6:
        return maker
    hub = world.rng.choice(hubs)
    supply(world, hub, item)
    return hub


def _source(
    world: World,
    place: Node,
    origin: str,
    share: float,
    *,
    backup: bool = False,
    way: str = "",
) -> c.Source:
    site, item = place
    rng = world.rng
    chosen = way or lane(world, origin, site, usual_mode(world, origin, site)).id
    currency = currency_of(world.sites[origin].country)
    price = world.items[item].cost * rng.uniform(0.95, 1.1)
    supplier = world.sites[origin].kind == "supplier"
    breaks = ""
    if supplier and rng.random() < 0.4:
        breaks = ";".join(
            f"{q}:{_money(price * f, currency):.2f}" for q, f in ((500, 0.98), (2000, 0.95))
        )
    return c.Source(
        site=site,
        item=item,
        origin=origin,
        lane=chosen,
        price=_money(price, currency),
        currency=currency,
        price_breaks=breaks,
        prep_h=float(rng.choice((4, 8, 12, 24) if supplier else (2, 4, 8))),
        share=share,
        role="backup" if backup else "primary",
    )
