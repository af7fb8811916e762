"""A search for the best point of a box: compass search on shared luck.

From a point all neighbours at a step along each axis are looked at; it moves to the best of them
or halves the step (Kolda, Lewis and Torczon, "Optimization by direct search", SIAM Review 45
(2003), 385-482). Points that were looked at are not looked at again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

#: Points in the unit cube -> their values; the lowest is best.
Evaluate = Callable[[Sequence[tuple[float, ...]]], Sequence[float]]


@dataclass(frozen=True, slots=True)
class Found:
    """The best point, its value, how many were looked at, and whether the step got small."""

    point: tuple[float, ...]
    value: float
    looked_at: int
    finished: bool


def compass(
    evaluate: Evaluate,
    begin: tuple[float, ...],
    *,
    step: float = 0.25,
    smallest: float = 0.02,
    most: int = 400,
    stop: Callable[[], bool] | None = None,
    rounded: Callable[[tuple[float, ...]], tuple[float, ...]] | None = None,
) -> Found:
    """Search from `begin`; `rounded` puts a point where it can be (whole numbers)."""
    put: Callable[[tuple[float, ...]], tuple[float, ...]] = rounded or _as_it_is
    best = put(begin)
    known: dict[tuple[float, ...], float] = {best: evaluate([best])[0]}
    while step >= smallest and len(known) < most and not (stop is not None and stop()):
        around = [
            put((*best[:i], min(1.0, max(0.0, best[i] + d)), *best[i + 1 :]))
            for i in range(len(best))
            for d in (step, -step)
        ]
        new = [p for p in dict.fromkeys(around) if p not in known][: most - len(known)]
        if new:
            known.update(zip(new, evaluate(new), strict=True))
        seen = [p for p in around if p in known]
        nearby = min(seen, key=known.__getitem__, default=best)
        if known[nearby] < known[best]:
            best = nearby
        else:
            step /= 2
    return Found(best, known[best], len(known), step < smallest)


def _as_it_is(point: tuple[float, ...]) -> tuple[float, ...]:
    return point
