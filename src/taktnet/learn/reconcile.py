"""Forecasts that add up: items at sites, items over all sites, sites, and the network.

MinT (Wickramasuriya, Athanasopoulos & Hyndman, *Journal of the American Statistical Association*
114, 2019), with weights by the structure (the number of series below) or by the errors that each
level made: the series b nearest to all forecasts y, least (S b - y)' W (S b - y), none below 0
(Wickramasuriya, Turlach & Hyndman, *Statistics and Computing* 30, 2020).
"""

# pyright: reportMissingTypeStubs=false
# SciPy has none.
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from taktnet.learn.panel import Floats, Key, Panel

#: Most changes of the set of series that are held at 0.
MOST_HELD = 100
Bools = npt.NDArray[np.bool_]
#: A level: how it names the group of a key.
Level = Callable[[Key], str]


@dataclass(frozen=True)
class Hierarchy:
    """Which series add up to which: `sums` is (nodes, series), the bottom series last."""

    names: tuple[str, ...]
    sums: Floats

    @property
    def above(self) -> int:
        """How many nodes lie above the bottom."""
        return len(self.names) - self.sums.shape[1]


def hierarchy(keys: Sequence[Key], levels: Mapping[str, Level]) -> Hierarchy:
    """The hierarchy of these series; a level groups them by what it says of a key ("" leaves out).

    Groups of one series, and groups that another level has already, are left out.
    """
    rows: list[Floats] = []
    names: list[str] = []
    seen: set[bytes] = set()
    for level, name_of in levels.items():
        told = [name_of(key) for key in keys]
        for name in sorted(set(told) - {""}):
            row = np.array([float(t == name) for t in told])
            if row.sum() > 1 and row.tobytes() not in seen:
                seen.add(row.tobytes())
                rows.append(row)
                names.append(f"{level} {name}")
    bottom = np.eye(len(keys))
    sums = np.vstack([*rows, bottom]) if rows else bottom
    return Hierarchy((*names, *(str(k) for k in keys)), sums)


def usual(keys: Sequence[Key], family: Mapping[str, str] | None = None) -> Hierarchy:
    """Item over its sites, family, site and network."""
    kin = family or {}
    levels: dict[str, Level] = {
        "network": lambda key: "all",
        "family": lambda key: kin.get(key.item, ""),
        "site": lambda key: key.site,
        "item": lambda key: key.item,
    }
    return hierarchy(keys, levels)


def added(panel: Panel, tree: Hierarchy) -> Panel:
    """The panel of the nodes above the bottom: each the sum of its series."""
    up = tree.sums[: tree.above]
    first = np.array([int(panel.first[row > 0].min()) for row in up], np.int64)
    keys = tuple(Key(name) for name in tree.names[: tree.above])
    return Panel(keys, up @ panel.values, first, panel.start, panel.step)


def reconcile(tree: Hierarchy, paths: Floats, deviation: Floats | None = None) -> Floats:
    """Paths (nodes, horizon) made to add up, changed as little as can be; none below 0.

    `deviation` (nodes,) is that of each node's errors: those that err more yield more. Without it
    the weights are by structure.
    """
    if not tree.above:
        return paths
    weight = 1 / tree.sums.sum(axis=1) if deviation is None else 1 / deviation**2
    near = _Near(tree.sums[: tree.above], weight)
    return tree.sums @ near.series(paths)


class _Near:
    """Series nearest to forecasts of all nodes, by sums `up` (above, series) and node weights."""

    def __init__(self, up: Floats, weight: Floats) -> None:
        from scipy.sparse import csc_array

        self.up: Any = csc_array(up)
        self.above, self.own = weight[: len(up)], weight[len(up) :]

    def series(self, paths: Floats) -> Floats:
        """The series (series, horizon), none below 0, of paths (nodes, horizon)."""
        n = len(self.above)
        goal = self.up.T @ (self.above[:, None] * paths[:n]) + self.own[:, None] * paths[n:]
        free = np.ones(len(self.own), bool)
        told = self._solved(goal, free)
        for k in np.flatnonzero((told < 0).any(axis=0)):
            told[:, k] = self._held(goal[:, k], free)
        return told

    def _solved(self, goal: Floats, free: Bools) -> Floats:
        """(U'WU + D) b = goal for the series that are free, by the fewer nodes above (Woodbury)."""
        part, give = self.up[:, free], 1 / self.own[free, None]
        inner: Floats = np.diag(1 / self.above) + ((part * give.T) @ part.T).toarray()
        first = give * goal[free]
        told = np.zeros(goal.shape)
        right = np.linalg.solve(inner, np.asarray(part @ first, float))
        told[free] = first - give * (part.T @ right)
        return told

    def _held(self, goal: Floats, free: Bools) -> Floats:
        """The series of one period, none below 0, from a guess of those above it (changed).

        Series below 0 are held there and those that would rise are let go, all at once and then one
        by one, until none is (block principal pivoting: Portugal, Judice & Vicente, *Mathematics of
        Computation* 63, 1994).
        """
        scale, told = 1e-9 * max(1.0, float(np.abs(goal).max())), goal
        for turn in range(MOST_HELD):
            told = self._solved(goal[:, None], free)[:, 0]
            pull = self.up.T @ (self.above * (self.up @ told)) + self.own * told - goal
            wrong = np.flatnonzero(np.where(free, told < 0, pull < -scale))
            if not len(wrong):
                break
            free[wrong if turn < MOST_HELD // 2 else wrong[-1:]] ^= True
        return np.maximum(told, 0.0)
