"""Items and bills of material of a generated network: products, modules, parts, materials."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Final

from taktnet.network import components as c
from taktnet.network.generate.world import World

#: Role of the maker -> (letter of item ids, items per site, names).
GOODS: Final[dict[str, tuple[str, tuple[int, int], tuple[str, ...]]]] = {
    "assembly": ("P", (1, 3), ("Drive unit", "Hub motor", "Gear drive", "Actuator", "Pump drive")),
    "component": (
        "U",
        (2, 3),
        ("Motor module", "Gearbox", "Control unit", "Housing set", "Sensor module",
         "Battery frame"),
    ),
    "tier1": (
        "B",
        (1, 3),
        ("Rotor shaft", "Bearing", "Circuit board", "Casting", "Gear wheel", "Connector", "Seal",
         "Cable set", "Stator stack", "Screw set", "Magnet", "Cover"),
    ),
    "tier2": (
        "R",
        (1, 2),
        ("Bar steel", "Aluminium ingot", "Copper wire", "Polyamide", "Sheet steel", "Adhesive",
         "Magnet powder", "Laminate", "Rubber compound", "Grease"),
    ),
}  # fmt: skip


def invent_goods(world: World) -> None:
    """Items, who makes them, and bills of material in which every item is used."""
    for role in GOODS:
        _items(world, role)
    products, modules = _made_by(world, "assembly"), _made_by(world, "component")
    parts, materials = _made_by(world, "tier1"), _made_by(world, "tier2")
    _assemble(world, products, modules, (2, 4), (1, 2))
    _assemble(world, products, parts[: len(parts) // 4], (1, 2), (1, 6))
    _assemble(world, modules, parts, (2, 4), (1, 4))
    _assemble(world, parts, materials, (1, 2), (0, 0))
    _alternatives(world, parts)
    _cost(world, [*materials, *parts, *modules, *products])


def _made_by(world: World, role: str) -> list[str]:
    return [item for site in world.roles[role] for item in world.made[site]
            if world.makers[item][0] == site]  # fmt: skip


def _items(world: World, role: str) -> None:
    letter, (least, most), names = GOODS[role]
    rng, sites, number = world.rng, world.roles[role], 1000
    for site in sites:
        world.made.setdefault(site, [])
        for _ in range(rng.randint(least, most)):
            number += 1
            item = f"{letter}{number}"
            world.items[item] = _item(world, item, rng.choice(names), role)
            world.makers[item] = [site]
            world.made[site].append(item)
            second = rng.choice(sites)
            if role in ("tier1", "component") and second != site and rng.random() < 0.2:
                world.makers[item].append(second)
                world.made.setdefault(second, []).append(item)


def _item(world: World, id: str, name: str, role: str) -> c.Item:
    rng = world.rng
    raw = role == "tier2"
    weight = {"assembly": (2, 8), "component": (0.4, 3), "tier1": (0.02, 0.6), "tier2": (1, 1)}
    kg = round(rng.uniform(*weight[role]), 3)
    density = rng.uniform(600, 2500)
    keeps = None
    band: tuple[float | None, float | None] = (None, None)
    if name in ("Adhesive", "Rubber compound", "Grease"):
        keeps, band = float(rng.choice((90, 180, 365))), (5.0, 30.0)
    return c.Item(
        id=id,
        name=f"{name} {id}",
        unit="kg" if raw else "pcs",
        cost=round(rng.uniform(1, 9), 2),
        weight_kg=kg,
        volume_m3=round(kg / density, 6),
        shelf_life_d=keeps,
        temp_min_c=band[0],
        temp_max_c=band[1],
    )


def _by_land(world: World, items: list[str]) -> dict[str, list[str]]:
    lands: dict[str, list[str]] = {}
    for item in items:
        lands.setdefault(world.city[world.makers[item][0]].land, []).append(item)
    return lands


def _assemble(
    world: World, parents: list[str], parts: list[str], many: tuple[int, int], qty: tuple[int, int]
) -> None:
    """Give every part a parent, then fill parents up, three times in four from near by.

    Quantity (0, 0) means kilograms.
    """
    rng = world.rng
    near_parents, near_parts = _by_land(world, parents), _by_land(world, parts)
    uses: dict[str, list[str]] = {p: [] for p in parents}

    def near(item: str, pools: dict[str, list[str]], everywhere: list[str]) -> list[str]:
        pool = pools.get(world.city[world.makers[item][0]].land)
        return pool if pool and rng.random() < 0.75 else everywhere

    for part in parts:
        pool = near(part, near_parents, parents)
        parent = min((rng.choice(pool) for _ in range(3)), key=lambda p: len(uses[p]))
        uses[parent].append(part)
    for parent in parents:
        wanted = min(rng.randint(*many), len(parts))
        while len(uses[parent]) < wanted:
            part = rng.choice(near(parent, near_parts, parts))
            if part not in uses[parent]:
                uses[parent].append(part)
        for part in uses[parent]:
            amount = float(rng.randint(*qty)) if qty[1] else round(rng.uniform(0.02, 0.8), 3)
            scrap = rng.choice((0.0, 0.0, 0.01, 0.02, 0.03))
            world.bom.append(c.BomLine(parent=parent, component=part, qty=amount, scrap=scrap))


def _alternatives(world: World, parts: list[str]) -> None:
    """Some parts run out in autumn and are followed by another."""
    end = date(world.year, 9, 30)
    known = {(line.parent, line.component) for line in world.bom}
    for i, line in enumerate(list(world.bom)):
        if not line.component.startswith("B") or world.rng.random() > 0.05:
            continue
        other = world.rng.choice(parts)
        if other == line.component or (line.parent, other) in known:
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


def _cost(world: World, bottom_up: list[str]) -> None:
    """Standard costs: what goes in, and a margin for the work."""
    by_parent: dict[str, list[c.BomLine]] = {}
    for line in world.bom:
        if line.priority == 1:
            by_parent.setdefault(line.parent, []).append(line)
    for name in bottom_up:
        item = world.items[name]
        goes_in = sum(world.items[b.component].cost * b.qty for b in by_parent.get(name, ()))
        cost = item.cost if not goes_in else goes_in * world.rng.uniform(1.25, 1.8)
        world.items[name] = replace(item, cost=max(0.05, round(cost, 2)))
