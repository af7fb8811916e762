"""Elementary effects: which of many parameters matter, and which of them act together.

Morris, "Factorial sampling plans for preliminary computational experiments", Technometrics 33
(1991), 161-174; mu* by Campolongo, Cariboni and Saltelli, Environmental Modelling & Software 22
(2007), 1509-1518.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

#: A trajectory of points [point, parameter] in the unit cube -> the output at each.
Evaluate = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, slots=True, eq=False)
class Effects:
    """Elementary effects [trajectory, parameter], per whole range of a parameter."""

    effects: np.ndarray

    @property
    def mu(self) -> np.ndarray:
        """The mean effect of each parameter."""
        return self.effects.mean(0)

    @property
    def mu_star(self) -> np.ndarray:
        """The mean absolute effect: how much the parameter matters."""
        found: np.ndarray = np.abs(self.effects).mean(0)
        return found

    @property
    def sigma(self) -> np.ndarray:
        """The standard deviation of effects: whether it bends, or acts with others."""
        found = np.zeros(self.effects.shape[1])
        if len(self.effects) > 1:
            found[:] = self.effects.std(0, ddof=1)
        return found

    @property
    def error(self) -> np.ndarray:
        """The standard error of mu*, from the trajectories; infinite for one."""
        n, found = len(self.effects), np.full(self.effects.shape[1], math.inf)
        if n > 1:
            found[:] = np.abs(self.effects).std(0, ddof=1) / math.sqrt(n)
        return found


def trajectory(parameters: int, levels: int, rng: np.random.Generator) -> np.ndarray:
    """k + 1 points on a grid of p levels, each one step of p / (2 (p - 1)) from the one before.

    Every parameter moves once, in random order; p is even.
    """
    if levels < 2 or levels % 2:
        raise ValueError("the number of levels is even")
    step = levels / (2 * (levels - 1))
    low = rng.integers(0, levels // 2, parameters) / (levels - 1)
    up = rng.integers(0, 2, parameters).astype(bool)
    points = np.empty((parameters + 1, parameters))
    points[0] = np.where(up, low, low + step)
    for i, moved in enumerate(rng.permutation(parameters), start=1):
        points[i] = points[i - 1]
        points[i, moved] += step if up[moved] else -step
    return points


def morris(
    evaluate: Evaluate,
    parameters: int,
    trajectories: int = 10,
    *,
    levels: int = 4,
    seed: int = 1,
    stop: Callable[[], bool] | None = None,
) -> Effects:
    """The elementary effects over random trajectories; fewer when `stop()` said so."""
    rng = np.random.Generator(np.random.Philox(seed))
    found: list[np.ndarray] = []
    for _ in range(trajectories):
        points = trajectory(parameters, levels, rng)
        if stop is not None and stop():
            break
        values = evaluate(points)
        steps = np.diff(points, axis=0)
        moved = np.abs(steps).argmax(1)
        effects = np.empty(parameters)
        effects[moved] = np.diff(values) / steps[np.arange(parameters), moved]
        found.append(effects)
    return Effects(np.array(found).reshape(len(found), parameters))
