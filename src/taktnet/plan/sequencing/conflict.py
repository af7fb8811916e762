"""Which ratio or paint limit no order can keep, in a planner's words: each is a conflict by itself.

An option's ratio and the cars that carry it, or a colour's limit and the cars of other colours, are
the smallest sets that conflict: with either changed, the other can be kept.
"""

from __future__ import annotations

import numpy as np

from taktnet.plan.sequencing.bound import least_of_option
from taktnet.plan.sequencing.cars import Cars


def conflicts(cars: Cars) -> tuple[str, ...]:
    """Everything that is proven impossible whatever the order; empty where nothing is."""
    told: list[str] = []
    for o in cars.options:
        carry = sum(c.count for c in cars.classes if o.id in c.options)
        over = np.maximum(0, np.arange(o.window + 1) - o.most)
        least = least_of_option(cars.count, carry, o.window, over)
        if least:
            told.append(
                f"option {o.id}: {carry} of {cars.count} cars carry it and at most {o.most} of any"
                f" {o.window} in a row may; in any order at least {least} are above it, summed over"
                " windows"
            )
    return (*told, *_paint(cars))


def _paint(cars: Cars) -> list[str]:
    limit = cars.paint_limit
    told: list[str] = []
    for colour in cars.colours if limit else ():
        own = sum(c.count for c in cars.classes if c.colour == colour)
        others, apart = cars.count - own, -(-own // (limit or 1)) - 1
        if apart > others:
            told.append(
                f"colour {colour}: {own} cars in batches of at most {limit} need {apart} cars of"
                f" other colours between them, and there are {others}"
            )
    return told
