"""New items by likeness: what items like it did, scaled by its own first weeks.

Likeness is Gower's (1971): the mean over attributes of 1 for equal words, and for numbers of
1 - |a - b| / range. The profile is the mean demand of the likes at the same age, weighted by
likeness; its level moves to the new item's own as its weeks come in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from taktnet.learn.panel import Floats, Key, Panel

Attributes = Mapping[str, str | float]
#: How many likes are asked, the least likeness, and the least history of a like in periods.
LIKES, LEAST, GROWN = 5, 0.5, 12
#: Periods of its own after which a new item's level counts as much as its likes'.
_OWN = 4.0


@dataclass(frozen=True, slots=True)
class Like:
    """An item that is like the new one, from 0 to 1."""

    key: Key
    likeness: float


@dataclass(frozen=True)
class Newcomer:
    """What is expected of a new item a period ahead, and by whose likeness."""

    mean: Floats
    likes: tuple[Like, ...]


def likeness(one: Attributes, other: Attributes, ranges: Mapping[str, float]) -> float:
    """Gower's similarity over the attributes both have; 0 without any."""
    shared = [name for name in one if name in other]
    if not shared:
        return 0.0
    return sum(_alike(one[n], other[n], ranges.get(n, 0.0)) for n in shared) / len(shared)


def _alike(a: str | float, b: str | float, span: float) -> float:
    if isinstance(a, str) or isinstance(b, str):
        return float(a == b)
    return 1 - abs(a - b) / span if span > 0 else float(a == b)


def newcomer(
    panel: Panel, attributes: Sequence[Attributes], row: int, horizon: int
) -> Newcomer | None:
    """What is expected of the series `row`; None where nothing grown is like it.

    `attributes` are one mapping a series. Likes have at least GROWN periods of history.
    """
    ranges = _ranges(attributes)
    grown = [
        i for i in range(len(panel.keys))
        if i != row and panel.periods - panel.first[i] >= GROWN and panel.history(i).any()
    ]  # fmt: skip
    scored = sorted(
        ((likeness(attributes[row], attributes[i], ranges), -i) for i in grown), reverse=True
    )
    chosen = [(-i, score) for score, i in scored[:LIKES] if score >= LEAST]
    if not chosen:
        return None
    own = panel.history(row)
    profile = _profile(panel, chosen, len(own) + horizon)
    scale = _scale(own, profile)
    likes = tuple(Like(panel.keys[i], score) for i, score in chosen)
    return Newcomer(profile[len(own) :] * scale, likes)


def _ranges(attributes: Sequence[Attributes]) -> dict[str, float]:
    numbers: dict[str, list[float]] = {}
    for one in attributes:
        for name, value in one.items():
            if not isinstance(value, str):
                numbers.setdefault(name, []).append(float(value))
    return {name: max(known) - min(known) for name, known in numbers.items()}


def _profile(panel: Panel, likes: list[tuple[int, float]], length: int) -> Floats:
    """Mean demand of the likes by age; from where a like's launch is unseen, its mean."""
    total, weights = np.zeros(length), 0.0
    for i, weight in likes:
        history = panel.history(i)
        curve = np.full(length, history.mean())
        if panel.first[i] > 0:  # its launch was seen
            seen = min(length, len(history))
            curve[:seen] = history[:seen]
        total += weight * curve
        weights += weight
    return total / weights


def _scale(own: Floats, profile: Floats) -> float:
    """The new item's level over its likes' at the same age, as far as its weeks can tell."""
    expected = profile[: len(own)].sum()
    if not len(own) or expected <= 0:
        return 1.0
    ratio = float(own.sum() / expected)
    return (len(own) * ratio + _OWN) / (len(own) + _OWN)
