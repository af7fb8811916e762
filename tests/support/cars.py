"""Car-sequencing problems made after the pattern of CSPLib's problem 1 and of Gagné et al."""

from __future__ import annotations

from random import Random

from taktnet.plan.sequencing import CarClass, Cars, Option

#: The ratios of CSPLib's own problems, and eight after Perron & Shaw (2004).
FIVE = ((1, 2), (2, 3), (1, 3), (2, 5), (1, 5))
EIGHT = (*FIVE, (1, 4), (2, 5), (5, 7))


def made_cars(
    cars: int,
    seed: int,
    *,
    ratios: tuple[tuple[int, int], ...] = FIVE,
    classes: int = 24,
    use: tuple[float, float] = (0.86, 0.99),
    colours: int = 0,
    paint_limit: int | None = None,
) -> Cars:
    """Cars whose every option is used to a part of its ratio drawn from `use`."""
    rng = Random(seed)
    wanted = [p / q * rng.uniform(*use) for p, q in ratios]
    kinds: dict[tuple[int, ...], float] = {}
    while len(kinds) < classes:
        kinds[tuple(int(rng.random() < p / q) for p, q in ratios)] = rng.expovariate(1.0)
    for _ in range(1500):  # iterative proportional fitting of the options' shares
        total = sum(kinds.values())
        for o, share in enumerate(wanted):
            has = sum(w for k, w in kinds.items() if k[o]) / total
            factor = (share * (1 - has)) / (has * (1 - share)) if 0 < has < 1 else 1.0
            kinds = {k: w * (factor**0.2 if k[o] else 1.0) for k, w in kinds.items()}
    total = sum(kinds.values())
    counts = {k: max(1, int(cars * w / total)) for k, w in kinds.items()}
    largest = max(counts, key=lambda k: counts[k])
    counts[largest] += cars - sum(counts.values())
    made: list[CarClass] = []
    for i, (k, n) in enumerate(sorted(counts.items())):
        options = frozenset(str(o) for o, x in enumerate(k) if x)
        drawn = [rng.randrange(colours) for _ in range(n)] if colours else [-1] * n
        for c in sorted(set(drawn)):
            colour = "" if c < 0 else f"colour {c}"
            made.append(
                CarClass(f"{i}.{c}" if colours else str(i), drawn.count(c), options, colour)
            )
    return Cars(
        tuple(Option(str(o), p, q) for o, (p, q) in enumerate(ratios)), tuple(made), paint_limit
    )
