"""Second makers in a generated network: where goods are used far from their first maker."""

from __future__ import annotations

from typing import Final

from taktnet.network.generate.world import World

#: Second makers of an item, on average, by kind of goods.
SECOND: Final = {"module": 0.3, "part": 0.5, "standard": 0.5, "material": 0.6}
#: Items of which a further maker chooses what is wanted most near by.
CHOICES: Final = 12


def second_makers(world: World) -> None:
    """From modules down to materials, as users of one level are makers of the one above."""
    _second(world, ("module",), world.shops)
    for line in list(world.bom):
        if line.component in set(world.goods["stage"]):
            for site in world.makers[line.parent]:
                world.make(site, line.component)
    _second(world, ("part", "standard"), world.roles["tier1"])
    _second(world, ("material",), world.roles["tier2"])


def _second(world: World, kinds: tuple[str, ...], sites: list[str]) -> None:
    """Sites without an item, then those with few, take up what another makes together."""
    rng, items = world.rng, [i for kind in kinds for i in world.goods[kind]]
    users: dict[str, list[str]] = {i: [] for i in items}
    for line in world.bom:
        if line.component in users:
            users[line.component] += world.makers[line.parent]

    def wanted(item: str, site: str) -> int:
        """Users near the site without a maker near by count most, then any that have no other."""
        makers = world.makers[item]
        if site in makers:
            return -1
        if world.near(site, users[item]) and not world.near(site, makers):
            return 2
        return int(len(set(users[item])) > len(makers))

    together: dict[str, list[str]] = {}
    for item in items:
        together.setdefault(world.makers[item][0], []).append(item)
    idle = [s for s in sites if not world.made.get(s)]
    left = round(sum(SECOND[k] * len(world.goods[k]) for k in kinds))
    while left > 0 or idle:
        site = idle.pop(0) if idle else _little(world, sites)
        some = [rng.choice(items) for _ in range(CHOICES)]
        item = max(some, key=lambda i: wanted(i, site))
        for other in together[world.makers[item][0]]:
            if site not in world.makers[other]:
                world.make(site, other)
        left -= max(1, len(together[world.makers[item][0]]))


def _little(world: World, sites: list[str]) -> str:
    """Of two sites the one that makes less."""
    return min(world.rng.choice(sites), world.rng.choice(sites), key=lambda s: len(world.made[s]))
