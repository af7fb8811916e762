"""Forecasts that add up: items at sites, items over all sites, sites, and the network.

MinT (Wickramasuriya, Athanasopoulos & Hyndman 2019) by hierarchicalforecast, with weights by the
structure (the number of series below) or by the errors that each level made.
"""

# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# Its library has no types.
from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from taktnet.learn.panel import Floats, Key, Panel

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
    told = _mint(tree, paths, deviation, nonnegative=False)
    return told if (told >= 0).all() else _mint(tree, paths, deviation, nonnegative=True)


def _mint(tree: Hierarchy, paths: Floats, deviation: Floats | None, *, nonnegative: bool) -> Floats:
    from hierarchicalforecast.methods import MinTrace

    how: dict[str, Any] = {}
    if deviation is not None:  # errors of exactly that root mean square
        errors = np.outer(deviation, np.ones(8))
        how = {"y_insample": errors, "y_hat_insample": np.zeros_like(errors)}
    model = MinTrace("wls_var" if how else "wls_struct", nonnegative=nonnegative)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # how its solver likes its matrices
        told = model.fit_predict(S=tree.sums, y_hat=paths, **how)
    return np.maximum(np.asarray(told["mean"], float), 0.0)
