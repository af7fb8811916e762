"""Parameters that experiments may turn: numbers in changes, with their ranges, as data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import msgspec

from taktnet.base.errors import Fault, InputFaults
from taktnet.network.cells import did_you_mean, quoted
from taktnet.twin.changes import AnyChange
from taktnet.twin.scenario import Scenario

#: The most parameters of an experiment.
MAX_PARAMETERS = 200


class Parameter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A field of a change, from `low` to `high`; `whole` for cards and other whole numbers.

    Parameter("cards", Link("P", "A", "L1"), "cards", 2, 12, whole=True) turns the cards of L1.
    """

    name: str
    change: AnyChange
    field: str
    low: float
    high: float
    whole: bool = False

    def value(self, x: float) -> float:
        """The value at `x` of the range, 0 to 1."""
        value = self.low + x * (self.high - self.low)
        return float(round(value)) if self.whole else value

    def place(self, value: float) -> float:
        """Where in the range a value is, 0 to 1."""
        x = (value - self.low) / (self.high - self.low)
        return min(1.0, max(0.0, x))

    def at(self, value: float) -> AnyChange:
        """The change with the value in its field."""
        cell: Any = int(value) if self.whole else value
        return msgspec.structs.replace(self.change, **{self.field: cell})


def check(parameters: Sequence[Parameter], where: str = "parameters") -> None:
    """Raise InputFaults for all that is wrong with parameters."""
    faults: list[Fault] = []
    if not 0 < len(parameters) <= MAX_PARAMETERS:
        faults.append(Fault(where, 0, "", f"{len(parameters)}", f"1 to {MAX_PARAMETERS} of them"))
    for p in parameters:
        subject = f"parameter {quoted(p.name)}"
        numbers = [f.name for f in msgspec.structs.fields(type(p.change)) if _number(f.type)]
        if p.field not in numbers:
            wanted, near = f"one of {', '.join(numbers)}", did_you_mean(p.field, tuple(numbers))
            faults.append(Fault(where, 0, "field", quoted(p.field), wanted, near, subject))
        if not (math.isfinite(p.low) and math.isfinite(p.high) and p.low < p.high):
            found, wanted = f"{p.low:g} to {p.high:g}", "a range that rises"
            faults.append(Fault(where, 0, "low", found, wanted, "", subject))
        if p.whole and (p.low % 1 or p.high % 1):
            found = f"{p.low:g} to {p.high:g}"
            faults.append(Fault(where, 0, "low", found, "whole numbers", "", subject))
    if faults:
        raise InputFaults(faults)


def _number(kind: Any) -> bool:
    return "float" in str(kind) or "int" in str(kind)


def scenario(
    base: Scenario, parameters: Sequence[Parameter], values: Sequence[float], name: str
) -> Scenario:
    """The base with every parameter at its value."""
    changes = tuple(p.at(v) for p, v in zip(parameters, values, strict=True))
    return Scenario(name=name, changes=base.changes + changes)
