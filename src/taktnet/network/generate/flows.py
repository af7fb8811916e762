"""Who supplies whom in a generated network: sources, hubs, and customers' demand."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

from taktnet.network import components as c
from taktnet.network.generate.lanes import distance_km, lane, lane_id, usual_mode, wait_h
from taktnet.network.generate.places import PER_EUR, currency_of
from taktnet.network.generate.world import NEAR, Node, World

#: Units a day up to which a customer orders piece by piece; who takes more calls off daily.
SINGLE = 6
#: How often goods from far come by a hub, a second maker near by is used, and air backs up sea.
BY_HUB, SECOND, FAST = 0.9, 0.3, 0.4
#: How often a customer has stock of its own, which a plant by road keeps full.
KEPT = 0.4
#: How often a customer buys a product of another plant, too.
ELSEWHERE = 0.2
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
    _employ(world)


def _demand(world: World) -> None:
    """Every product has a customer and every customer a plant, more often than not a near one."""
    rng, plants, products = world.rng, world.roles["assembly"], world.goods["product"]
    served: dict[str, list[str]] = {plant: [] for plant in plants}
    pairs: dict[Node, None] = {}
    for customer in world.roles["customer"]:
        near = world.near(customer, plants)
        pool = near if near and rng.random() < NEAR else plants
        idle = [p for p in plants if not served[p]]
        plant = rng.choice([p for p in pool if not served[p]] or idle or pool)
        served[plant].append(customer)
        own = [p for p in world.made[plant] if p in set(products)]
        wanted = rng.sample(own, min(len(own), rng.choice((2, 2, 3, 3))))
        if rng.random() < ELSEWHERE:
            wanted.append(rng.choice(products))
        pairs |= {(customer, product): None for product in wanted}
    sold = {product for _, product in pairs}
    for product in products:
        if product not in sold:
            customers = served[world.makers[product][0]] or world.roles["customer"]
            pairs[rng.choice(customers), product] = None
    kept = {customer for customer in world.roles["customer"] if rng.random() < KEPT}
    for customer, product in pairs:
        world.demand.append(_order_line(world, customer, product, kept=customer in kept))


def _order_line(world: World, customer: str, product: str, *, kept: bool) -> c.Demand:
    rng, plant = world.rng, world.makers[product][0]
    hubs = world.near(customer, world.roles["hub"])
    shipper = plant
    if hubs and not world.near(customer, [plant]) and rng.random() < 0.6:
        shipper = rng.choice(hubs)
        supply(world, shipper, product)
    way = lane(world, shipper, customer, usual_mode(world, shipper, customer))
    if kept and shipper == plant and way.mode == "road":
        world.sources[customer, product] = [_source(world, (customer, product), plant)]
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
        lead_h=float(12 * math.ceil((way.transit_h * 1.3 + wait_h(way) + 72) / 12)),
        price=_money(cost * rng.uniform(1.3, 1.7), currency),
        currency=currency,
    )


def _money(euro: float, currency: str) -> float:
    return round(euro * PER_EUR[currency], 2)


def supply(world: World, site: str, item: str) -> None:
    """See that `item` comes to `site`: from its makers, far ones sometimes through a hub."""
    if (site, item) in world.sources or site in world.makers[item]:
        return
    rng, makers, place = world.rng, world.makers[item], (site, item)
    first = _maker(world, place, makers)
    others = [m for m in world.near(site, makers) if m != first]
    second = _maker(world, place, others) if others and rng.random() < SECOND else ""
    split = rng.choice((1.0, 0.7, 0.6)) if second else 1.0
    rows = [_source(world, place, _through(world, site, item, first), split)]
    if second and split < 1:
        rows.append(_source(world, place, second, round(1 - split, 2)))
    elif second:
        rows.append(_source(world, place, second, 1.0, backup=True))
    if world.lanes[rows[0].lane].mode == "sea" and rng.random() < FAST:
        fast = lane(world, rows[0].origin, site, "air").id
        rows.append(_source(world, place, rows[0].origin, 1.0, backup=True, way=fast))
    world.sources[site, item] = rows


def _maker(world: World, place: Node, makers: list[str]) -> str:
    """A maker near by if there is one; before others one without a buyer, or who comes anyway."""
    site, item = place

    def rank(maker: str) -> tuple[bool, bool]:
        comes = lane_id(maker, site, usual_mode(world, maker, site)) in world.lanes
        return (maker, item) in world.asked, not comes

    pool = world.near(site, makers) or makers
    return min(world.rng.sample(pool, len(pool)), key=rank)


def _employ(world: World) -> None:
    """Makers of whom nobody buys an item become second sources of it: near by, or to be busy."""
    busy = {site for site, _ in world.asked}
    users: dict[str, list[Node]] = {}
    for node, rows in world.sources.items():
        if len(rows) == 1:
            users.setdefault(node[1], []).append(node)
    for site, items in world.made.items():
        for item in items:
            nodes = users.get(item)
            if (site, item) in world.asked or not nodes:
                continue
            near = [n for n in nodes if world.near(site, [n[0]])]
            if site in busy and not near:
                continue
            busy.add(site)
            alike = [n for n in near if world.lanes[world.sources[n][0].lane].mode == "road"]
            node = world.rng.choice(alike or near or nodes)
            nodes.remove(node)
            first = replace(world.sources[node][0], share=0.7)
            world.sources[node] = [first, _source(world, node, site, 0.3)]


def _through(world: World, site: str, item: str, maker: str) -> str:
    """The origin of goods from a maker: itself, or from a far plant the hub nearest to an end."""
    kinds = {world.sites[site].kind, world.sites[maker].kind}
    if kinds != {"plant"} or world.near(site, [maker]) or world.rng.random() > BY_HUB:
        return maker
    for end in world.rng.sample((site, maker), 2):
        hubs = world.near(end, world.roles["hub"])
        if hubs:
            break
    else:
        return maker
    hub = min(hubs, key=lambda h: distance_km(world.sites[h], world.sites[end]))
    supply(world, hub, item)
    return hub


def _source(
    world: World,
    place: Node,
    origin: str,
    share: float = 1.0,
    *,
    backup: bool = False,
    way: str = "",
) -> c.Source:
    site, item = place
    rng = world.rng
    world.asked.add((origin, item))
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
