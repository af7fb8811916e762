"""Bills of material of a generated network: four levels, and every item is used.

Plants have lists of what they use: the products of a plant share most of its modules and parts,
and what one supplier makes is bought together. A list is as long in a large network as in a small.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from taktnet.network import components as c
from taktnet.network.generate.world import NEAR, World

#: Modules and parts on the list of a plant that assembles, parts on the list of one of modules.
MODULES, PARTS, SHOP_PARTS = (4, 6), (9, 11), (8, 10)
#: How often a product has a module of its plant's list, a part of it, and a module a part.
HAS_MODULE, HAS_PART, HAS_SHOP_PART = 0.75, 0.9, 0.35
#: How often a plant has its modules from near by.
NEAR_MODULES = 0.4
#: Parts of which a material takes one near by.
CHOICES = 20


@dataclass(slots=True)
class _List:
    """What a plant uses for its products, or for its modules."""

    site: str
    wanted: int
    items: list[str] = field(default_factory=list[str])


def write_bills(world: World) -> None:
    """Bills of material from products down to raw materials."""
    rng, goods, assembly = world.rng, world.goods, world.roles["assembly"]
    modules = [_List(site, rng.randint(*MODULES)) for site in assembly]
    parts = [_List(site, rng.randint(*PARTS)) for site in assembly]
    shops = [_List(site, rng.randint(*SHOP_PARTS)) for site in world.shops]
    _share_out(world, goods["module"], modules, NEAR_MODULES)
    _share_out(world, goods["part"] + goods["standard"], parts + shops, NEAR)
    for used, bought in zip(modules, parts, strict=True):
        products = [i for i in world.made[used.site] if i in set(goods["product"])]
        _bill(world, products, used.items, HAS_MODULE, (1, 2))
        _bill(world, products, bought.items, HAS_PART, (1, 6))
    stages = _stages(world)
    for shop in shops:
        _shop_bills(world, shop, stages)
    _materials(world)
    _alternatives(world)


def _share_out(world: World, items: Sequence[str], lists: list[_List], often: float) -> None:
    """Every item on a list, then lists filled up; `often` from near by."""
    rng = world.rng
    together: dict[str, list[str]] = {}
    for item in items:
        together.setdefault(world.makers[item][0], []).append(item)
    by_land = _by_land(world, items)
    for maker, made in together.items():
        own = [x for x in lists if x.site == maker]
        near = [x for x in lists if world.city[x.site].land == world.city[maker].land]
        pool = own or (near if near and rng.random() < often else lists)
        chosen = max((rng.choice(pool) for _ in range(3)), key=lambda x: x.wanted - len(x.items))
        chosen.items += made
    for plant in lists:
        near_items = by_land.get(world.city[plant.site].land, ())
        while len(plant.items) < min(plant.wanted, len(items)):
            near = len(near_items) > len(plant.items) and rng.random() < often
            item = rng.choice(near_items if near else items)
            for other in (item, *together[world.makers[item][0]]):
                if other not in plant.items and len(plant.items) < plant.wanted:
                    plant.items.append(other)


def _by_land(world: World, items: Iterable[str]) -> dict[str, list[str]]:
    lands: dict[str, list[str]] = {}
    for item in items:
        lands.setdefault(world.city[world.makers[item][0]].land, []).append(item)
    return lands


def _bill(
    world: World, parents: Sequence[str], items: Sequence[str], often: float, qty: tuple[int, int]
) -> None:
    """Lines by chance; no item without a parent, no parent without an item."""
    rng = world.rng
    lines = {(p, i): None for i in items for p in parents if rng.random() < often}
    parented, filled = {i for _, i in lines}, {p for p, _ in lines}
    lines |= {(rng.choice(parents), i): None for i in items if i not in parented}
    lines |= {(p, rng.choice(items)): None for p in parents if p not in filled}
    for parent, item in lines:
        _line(world, parent, item, float(rng.randint(*qty)))


def _line(world: World, parent: str, component: str, qty: float) -> None:
    scrap = world.rng.choice((0.0, 0.0, 0.01, 0.02, 0.03))
    world.bom.append(c.BomLine(parent=parent, component=component, qty=qty, scrap=scrap))


def _stages(world: World) -> dict[str, list[str]]:
    """Stages of modules: what is wound, turned or ground where the module is made."""
    rng, modules = world.rng, world.goods["module"]
    stages: dict[str, list[str]] = {m: [] for m in modules}
    for stage in world.goods["stage"]:
        module = min(rng.choice(modules), rng.choice(modules), key=lambda m: len(stages[m]))
        stages[module].append(stage)
        _line(world, module, stage, 1.0)
    return stages


def _shop_bills(world: World, shop: _List, stages: dict[str, list[str]]) -> None:
    """Stages of standard goods, modules of what else is on the list; none without a part."""
    rng, parts = world.rng, set(world.goods["part"])
    modules = [i for i in world.made[shop.site] if i in stages]
    standard = [i for i in shop.items if i not in parts] or [rng.choice(world.goods["standard"])]
    used: set[str] = set()
    for stage in (s for m in modules for s in stages[m]):
        for item in rng.sample(standard, min(len(standard), rng.randint(1, 3))):
            _line(world, stage, item, float(rng.randint(1, 4)))
            used.add(item)
    rest = [i for i in shop.items if i not in used]
    worked = [i for i in rest if i in parts] or [rng.choice(world.goods["part"])]
    before = len(world.bom)
    _bill(world, modules, rest or worked, HAS_SHOP_PART, (1, 4))
    deep = {line.parent for line in world.bom[before:] if line.component in parts}
    for module in modules:
        if not stages[module] and module not in deep:
            _line(world, module, rng.choice(worked), float(rng.randint(1, 4)))


def _materials(world: World) -> None:
    """Every material has a part, every part a material; a supplier's parts often share one."""
    rng, materials = world.rng, world.goods["material"]
    near, of = _by_land(world, materials), dict[str, list[str]]()

    def made_of(part: str, material: str) -> None:
        of.setdefault(world.makers[part][0], []).append(material)
        _line(world, part, material, round(rng.uniform(0.02, 0.8), 3))

    parts = dict.fromkeys(rng.sample(world.goods["part"], len(world.goods["part"])))
    for material in materials:
        fresh = [p for p in parts if world.makers[p][0] not in of][:CHOICES] or list(parts)[:1]
        some = [p for p in fresh if world.near(world.makers[p][0], world.makers[material])]
        part = rng.choice(some or fresh)
        del parts[part]
        made_of(part, material)
    for part in parts:
        maker = world.makers[part][0]
        pool = near.get(world.city[maker].land) or materials
        made_of(part, rng.choice(of.get(maker) or pool))


def _alternatives(world: World) -> None:
    """Some parts run out in autumn and are followed by another."""
    end, parts = date(world.year, 9, 30), world.goods["part"]
    known, worked = {(line.parent, line.component) for line in world.bom}, set(parts)
    for i, line in enumerate(list(world.bom)):
        if line.component not in worked or world.rng.random() > 0.03:
            continue
        other = world.rng.choice(parts)
        if (line.parent, other) in known:
            continue
        known.add((line.parent, other))
        group = f"{line.component}-successor"
        world.bom[i] = c.BomLine(
            parent=line.parent,
            component=line.component,
            qty=line.qty,
            scrap=line.scrap,
            alternative=group,
            priority=1,
            valid_to=end,
        )
        follower = c.BomLine(
            parent=line.parent, component=other, qty=line.qty, alternative=group, priority=2
        )
        world.bom.append(follower)
