"""Items of a generated network, who makes them, and what they cost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import cycle
from typing import Final

from taktnet.network import components as c
from taktnet.network.generate.world import EXAMPLE_SITES, World


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of goods: letter of its ids, items for 49 sites, weights in kg, names."""

    letter: str
    items: int
    weight: tuple[float, float]
    names: tuple[str, ...]
    unit: str = "pcs"


#: From raw material to product; parts are made of material, standard goods are bought as they are.
KINDS: Final[dict[str, Kind]] = {
    "material": Kind("R", 8, (1, 1), (
        "Bar steel", "Aluminium ingot", "Copper wire", "Polyamide", "Sheet steel", "Adhesive",
        "Magnet powder", "Laminate", "Rubber compound", "Grease"), "kg"),
    "part": Kind("B", 16, (0.02, 0.6), (
        "Rotor shaft", "Bearing", "Circuit board", "Casting", "Gear wheel", "Connector", "Seal",
        "Magnet", "Cover", "Heat sink")),
    "standard": Kind("S", 14, (0.01, 0.4), (
        "Cable set", "Screw set", "Carton", "Wire coil", "Lamination", "Steel blank", "Capacitor",
        "Label set", "Sealing compound", "Insulating paper")),
    "stage": Kind("W", 7, (0.2, 1.2), ("Wound stator", "Rotor", "Turned shaft", "Ground gear")),
    "module": Kind("U", 8, (0.4, 3), (
        "Motor module", "Gearbox", "Control unit", "Housing set", "Sensor module",
        "Battery frame")),
    "product": Kind("P", 7, (2, 8), (
        "Drive unit", "Hub motor", "Gear drive", "Actuator", "Pump drive")),
}  # fmt: skip
#: Items that a supplier makes together.
PROGRAMME: Final = (1, 2, 2, 3)
#: How often a supplier's parts are so light that they fly.
FLYING = 0.6
PERISHABLE: Final = ("Adhesive", "Rubber compound", "Grease", "Sealing compound")


def invent_goods(world: World) -> None:
    """Items of every kind, and a first maker of each; stages have theirs from their module."""
    makers = {
        "product": world.roles["assembly"],
        "module": world.shops,
        "material": world.roles["tier2"],
    }
    for kind in KINDS:
        _items(world, kind, len(makers["product"]) if kind == "product" else 1)
    for kind, sites in makers.items():
        for item, site in zip(world.goods[kind], cycle(sites), strict=False):
            world.make(site, item)
    _programmes(world, world.goods["part"] + world.goods["standard"], world.roles["tier1"])
    world.fliers.update(s for s in world.roles["tier1"] if world.rng.random() < FLYING)


def _items(world: World, kind: str, least: int) -> None:
    sites, rng = len(world.sites), world.rng
    count = max(least, round(sites * KINDS[kind].items / EXAMPLE_SITES))
    world.goods[kind] = [f"{KINDS[kind].letter}{1001 + i}" for i in range(count)]
    for item in world.goods[kind]:
        world.items[item] = _item(world, item, rng.choice(KINDS[kind].names), KINDS[kind])


def _item(world: World, id: str, name: str, kind: Kind) -> c.Item:
    rng = world.rng
    kg = round(rng.uniform(*kind.weight), 3)
    density = rng.uniform(600, 2500)
    keeps = None
    band: tuple[float | None, float | None] = (None, None)
    if name in PERISHABLE:
        keeps, band = float(rng.choice((90, 180, 365))), (5.0, 30.0)
    return c.Item(
        id=id,
        name=f"{name} {id}",
        unit=kind.unit,
        cost=round(rng.uniform(1, 9), 2),
        weight_kg=kg,
        volume_m3=round(kg / density, 6),
        shelf_life_d=keeps,
        temp_min_c=band[0],
        temp_max_c=band[1],
    )


def _programmes(world: World, items: list[str], sites: list[str]) -> None:
    """Suppliers of one to three items each; those for whom none is left make what others do."""
    turns, rest = cycle(sites), list(items)
    while rest:
        site, count = next(turns), world.rng.choice(PROGRAMME)
        for item in rest[:count]:
            world.make(site, item)
        del rest[:count]


def price_goods(world: World) -> None:
    """Standard costs: what goes in, and a margin for the work."""
    by_parent: dict[str, list[c.BomLine]] = {}
    for line in world.bom:
        if line.priority == 1:
            by_parent.setdefault(line.parent, []).append(line)
    for name in (item for kind in KINDS for item in world.goods[kind]):
        item = world.items[name]
        goes_in = sum(world.items[b.component].cost * b.qty for b in by_parent.get(name, ()))
        cost = item.cost if not goes_in else goes_in * world.rng.uniform(1.25, 1.8)
        world.items[name] = replace(item, cost=max(0.05, round(cost, 2)))
