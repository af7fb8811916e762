"""Goal chasing: at every position the model that keeps the use of parts nearest to even.

Methods A7; Monden, *Toyota Production System*. Symbols: b_ij units of part j in model i, N_j total
need of part j, Q units in all, X_j use so far; D_ki = sqrt(sum_j (k N_j / Q - X_j - b_ij)^2).
Squares are compared in whole numbers, so a tie is a tie.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from taktnet.base.errors import Fault, InputFaults

#: How equal models are told apart; kept with every result.
TIE_RULE = "the model named first in the alphabet"


@dataclass(frozen=True, slots=True)
class Chased:
    """An order of models, the distance D of each choice, and where the tie rule decided.

    `distances` are in parts; `ties` are positions that count from 1.
    """

    sequence: tuple[str, ...]
    distances: tuple[float, ...]
    ties: tuple[int, ...]
    tie_rule: str = TIE_RULE


def chase_goals(demand: Mapping[str, int], parts: Mapping[str, Sequence[int]]) -> Chased:
    """Order the units of `demand` by goal chasing; `parts` has the parts per unit of each model.

    Parts are whole units in one order for all models. Raises InputFaults for a model without
    parts, a list of another length, or a demand that is no whole number.
    """
    _check(demand, parts)
    left = {model: demand[model] for model in sorted(demand) if demand[model]}
    units = sum(left.values())
    need = [sum(d * parts[m][j] for m, d in left.items()) for j in range(len(parts[min(left)]))]
    used = [0] * len(need)
    sequence: list[str] = []
    squares: list[int] = []
    ties: list[int] = []
    for k in range(1, units + 1):
        square = {m: _square(k, units, need, used, parts[m]) for m in left}
        least = min(square.values())
        best = [m for m in left if square[m] == least]  # `left` is in the order of the alphabet
        if len(best) > 1:
            ties.append(k)
        sequence.append(best[0])
        squares.append(least)
        used = [x + b for x, b in zip(used, parts[best[0]], strict=True)]
        left[best[0]] -= 1
        if not left[best[0]]:
            del left[best[0]]
    distances = tuple(math.sqrt(s) / units for s in squares)
    return Chased(tuple(sequence), distances, tuple(ties))


def _square(
    k: int, units: int, need: Sequence[int], used: Sequence[int], more: Sequence[int]
) -> int:
    """(Q D_ki)^2."""
    return sum((k * n - units * (x + b)) ** 2 for n, x, b in zip(need, used, more, strict=True))


def _check(demand: Mapping[str, int], parts: Mapping[str, Sequence[int]]) -> None:
    faults = [
        Fault("demand", 0, "units", str(d), "a whole number, 0 or more", subject=model)
        for model, d in demand.items()
        if d < 0 or d != int(d)
    ]
    faults += [
        Fault("parts", 0, "model", "absent", "the parts of one unit", subject=model)
        for model, d in demand.items()
        if d and model not in parts
    ]
    lengths = {len(parts[m]) for m in demand if m in parts}
    if len(lengths) > 1:
        found = ", ".join(map(str, sorted(lengths)))
        faults.append(Fault("parts", 0, "number", found, "as many numbers for every model"))
    if not faults and not any(demand.values()):
        faults.append(Fault("demand", 0, "units", "0", "at least one unit"))
    if faults:
        raise InputFaults(faults)
