"""Milk runs: savings of calling at several places in one round, and when a round pays.

Clarke & Wright, *Operations Research* 12(4), 1964; methods E3. Distances are symmetric.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

Distance = Callable[[str, str], float]


@dataclass(frozen=True, slots=True)
class Run:
    """One round from the depot and back: its stops in order, its length and its load."""

    stops: tuple[str, ...]
    length: float
    load: float


def savings(depot: str, stops: Sequence[str], distance: Distance) -> dict[tuple[str, str], float]:
    """s_ij = d_0i + d_0j - d_ij of every pair, the largest first."""
    found = {
        (i, j): distance(depot, i) + distance(depot, j) - distance(i, j)
        for i, j in combinations(stops, 2)
    }
    return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))


def runs(
    depot: str,
    loads: Mapping[str, float],
    distance: Distance,
    *,
    capacity: float,
    longest: float = float("inf"),
) -> tuple[Run, ...]:
    """Rounds by the savings method: the ends of two rounds are joined while all limits hold.

    `capacity` is of one vehicle in the unit of `loads`, `longest` the most of one round in the
    unit of `distance`. Raises ValueError for a stop that no round can serve.
    """
    for stop, load in loads.items():
        if not 0 <= load <= capacity or 2 * distance(depot, stop) > longest:
            raise ValueError(f"{stop} cannot be served: it exceeds the vehicle or the round alone")
    routes: dict[str, list[str]] = {stop: [stop] for stop in loads}
    for (i, j), saving in savings(depot, list(loads), distance).items():
        first, second = routes[i], routes[j]
        if saving <= 0 or first is second:
            continue
        if i not in (first[0], first[-1]) or j not in (second[0], second[-1]):
            continue
        head = first if first[-1] == i else first[::-1]
        tail = second if second[0] == j else second[::-1]
        joined = [*head, *tail]
        if sum(loads[s] for s in joined) > capacity or _length(depot, joined, distance) > longest:
            continue
        for stop in joined:
            routes[stop] = joined
    unique = {id(route): route for route in routes.values()}
    return tuple(
        Run(tuple(r), _length(depot, r, distance), sum(loads[s] for s in r))
        for r in unique.values()
    )


def direct(depot: str, stops: Sequence[str], distance: Distance) -> float:
    """Length of calling at every stop on its own."""
    return sum(2 * distance(depot, stop) for stop in stops)


def pays(run_cost: float, rounds_day: float, direct_cost_day: float) -> bool:
    """Whether a round so many times a day is cheaper than the direct journeys of a day."""
    return run_cost * rounds_day < direct_cost_day


def _length(depot: str, route: Sequence[str], distance: Distance) -> float:
    return sum(distance(a, b) for a, b in pairwise([depot, *route, depot]))
