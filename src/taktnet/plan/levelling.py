"""Mixed-model levelling: the order of units that stays nearest to the even rate of every product.

Symbols: d_i units of product i, D their sum, x_ik units of i among the first k; the deviation at k
is |x_ik - k d_i / D|. Two exact answers: least greatest deviation by due positions (Steiner &
Yeomans, *Management Science* 39(6), 1993) and least sum of squared deviations by assignment
(Kubiak & Sethi, *Management Science* 37(1), 1991). All arithmetic is in whole numbers, so equal is
equal; ties go to the product named first.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from taktnet.base.errors import Fault, InputFaults

#: Most units of one exact assignment; its table has so many numbers squared.
MOST_UNITS = 3_000


@dataclass(frozen=True, slots=True)
class Levelled:
    """An order of units, how far it strays, and what no order can beat.

    `deviation` is the greatest |x_ik - k d_i / D|, `square` the sum of its squares over all
    products and positions, both in units and exact; `least` bounds whichever of the two the
    method makes small, which is named by `measure`.
    """

    sequence: tuple[str, ...]
    deviation: Fraction
    square: Fraction
    measure: str
    least: Fraction

    @property
    def proven(self) -> bool:
        """Whether no order does better by the measure."""
        return (self.deviation if self.measure == "deviation" else self.square) == self.least


def level_greatest(demand: Mapping[str, int]) -> Levelled:
    """The order whose greatest deviation is least; it is always below one unit."""
    names, counts = _read(demand)
    low, high = -1, sum(counts)  # in D-ths of a unit: `low` is too little, `high` is enough
    best = _by_due_position(counts, high)
    while high - low > 1:
        middle = (low + high) // 2
        order = _by_due_position(counts, middle)
        if order is None:
            low = middle
        else:
            high, best = middle, order
    assert best is not None, "a deviation of one unit can always be kept"
    sequence = tuple(names[i] for i in best)
    return Levelled(sequence, *strays(sequence, demand), "deviation", Fraction(high, sum(counts)))


def level_squares(demand: Mapping[str, int], within: int | None = 1) -> Levelled:
    """The order with the least sum of squared deviations: output-rate variation.

    Only orders whose deviations all stay `within` so many units are looked at; `None` is every
    order, where a rare demand would gain a little by straying further.
    """
    from taktnet.plan.assignment import assign

    names, counts = _read(demand)
    total = sum(counts)
    if total > MOST_UNITS:
        wanted = f"at most {MOST_UNITS} units"
        raise InputFaults([Fault("demand", 0, "units", str(total), wanted, "Level the shares.")])
    costs = np.concatenate([_moved(d, total) for d in counts])
    if within is not None:
        # Dearer than any order of the others; there always is one within a unit.
        far = ~np.concatenate([_due(d, total, within * total) for d in counts])
        costs[far] = int(costs.max()) * total + 1
    columns, lower = assign(costs)
    sequence = [""] * total
    owners = [name for name, d in zip(names, counts, strict=True) for _ in range(d)]
    for owner, column in zip(owners, columns, strict=True):
        sequence[column] = owner
    least = Fraction(_unmoved(counts) + total * lower, total * total)
    return Levelled(tuple(sequence), *strays(sequence, demand), "square", least)


def strays(sequence: Sequence[str], demand: Mapping[str, int]) -> tuple[Fraction, Fraction]:
    """Greatest deviation and sum of squared deviations of an order, in units and exact."""
    names, counts = _read(demand)
    total = sum(counts)
    if sorted(sequence) != sorted(n for n, d in zip(names, counts, strict=True) for _ in range(d)):
        raise InputFaults([Fault("sequence", 0, "", "other units", "the units of the demand")])
    done, most, squares = dict.fromkeys(names, 0), 0, 0
    for k, name in enumerate(sequence, 1):
        done[name] += 1
        for i, d in zip(names, counts, strict=True):
            off = abs(total * done[i] - k * d)
            most = max(most, off)
            squares += off * off
    return Fraction(most, total), Fraction(squares, total * total)


def _read(demand: Mapping[str, int]) -> tuple[list[str], list[int]]:
    """Names in order and their units; products without demand are left out."""
    faults = [
        Fault("demand", 0, "units", str(d), "a whole number, 0 or more", subject=name)
        for name, d in demand.items()
        if d < 0 or d != int(d)
    ]
    if not faults and not any(demand.values()):
        faults = [Fault("demand", 0, "units", "0", "at least one unit")]
    if faults:
        raise InputFaults(faults)
    names = sorted(name for name, d in demand.items() if d)
    return names, [int(demand[name]) for name in names]


def _by_due_position(counts: Sequence[int], bound: int) -> list[int] | None:
    """The order that keeps every deviation <= bound / D: earliest due position first, or None."""
    total = sum(counts)
    waiting: list[list[tuple[int, int]]] = [[] for _ in range(total + 1)]
    for i, d in enumerate(counts):
        for j in range(1, d + 1):
            earliest, latest = _window(j, d, total, bound)
            if earliest > latest:
                return None
            waiting[earliest].append((latest, i))
    ready: list[tuple[int, int]] = []
    order: list[int] = []
    for k in range(1, total + 1):
        for unit in waiting[k]:
            heapq.heappush(ready, unit)
        if not ready or ready[0][0] < k:
            return None
        order.append(heapq.heappop(ready)[1])
    return order


def _window(j: int, d: int, total: int, bound: int) -> tuple[int, int]:
    """The positions that unit j of a product may take so that it strays <= bound / D.

    From the first where j is not too far ahead of k d / D to the last before which j - 1 is not
    yet too far behind.
    """
    earliest = -(-(j * total - bound) // d)
    latest = ((j - 1) * total + bound) // d + 1
    return max(1, earliest), min(total, latest)


def _due(d: int, total: int, bound: int) -> np.ndarray:
    """bool[d, D]: which positions each unit of a product may take."""
    windows = np.array([_window(j, d, total, bound) for j in range(1, d + 1)])
    k = np.arange(1, total + 1)[None, :]
    return (windows[:, :1] <= k) & (k <= windows[:, 1:])


def _moved(d: int, total: int) -> np.ndarray:
    """What each unit of a product adds at each position, in D-ths: 0 where it belongs.

    Unit j one position further from its place adds |(j - k d/D)^2 - (j - 1 - k d/D)^2| for the
    position k it leaves, which is |D (2j - 1) - 2kd| / D.
    """
    j = np.arange(1, d + 1, dtype=np.int64)[:, None]
    k = np.arange(1, total, dtype=np.int64)[None, :]
    step = total * (2 * j - 1) - 2 * k * d  # > 0: at k, j - 1 units are nearer than j
    early = np.maximum(step, 0)
    late = np.maximum(-step, 0)
    cost = np.zeros((d, total), np.int64)
    cost[:, :-1] += np.cumsum(early[:, ::-1], axis=1)[:, ::-1]
    cost[:, 1:] += np.cumsum(late, axis=1)
    return cost


def _unmoved(counts: Sequence[int]) -> int:
    """The squared deviations, in D^2-ths, if every product stood where it belongs."""
    total = sum(counts)
    k = np.arange(1, total + 1, dtype=np.int64)
    squares = 0
    for d in counts:
        off = (k * d) % total
        squares += int((np.minimum(off, total - off) ** 2).sum())
    return squares
