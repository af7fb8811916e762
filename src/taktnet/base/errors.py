"""One root error and one form for every fault: what, where, found, wanted, what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


class TaktnetError(Exception):
    """Root of every error Taktnet raises on purpose; its text is meant for the reader."""


class Malformed(TaktnetError, ValueError):
    """A text that does not have its form: what was wanted, and what to do about it."""

    def __init__(self, wanted: str, remedy: str = "") -> None:
        super().__init__(f"wanted {wanted}. {remedy}".strip())
        self.wanted = wanted
        self.remedy = remedy


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing wrong with something from outside.

    `where` names the file or channel, `row` counts from 1 with the header as row 1 (0: not a
    row), `field` the column, `subject` the thing the row is about. Shown as
    `network/lanes.csv row 14: lane "OPO-KRK": transit_h is -2, wanted > 0. Did you mean 2?`
    """

    where: str
    row: int
    field: str
    found: str
    wanted: str
    remedy: str = ""
    subject: str = ""

    def __str__(self) -> str:
        place = f"{self.where} row {self.row}" if self.row else self.where
        about = f": {self.subject}" if self.subject else ""
        what = (
            f"{self.field} is {self.found}, wanted {self.wanted}"
            if self.field
            else (f"found {self.found}, wanted {self.wanted}")
        )
        tail = f" {self.remedy}" if self.remedy else ""
        return f"{place}{about}: {what}.{tail}"


class InputFaults(TaktnetError):
    """All faults of one input at once; nothing of that input was applied."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults: tuple[Fault, ...] = tuple(faults)
        if not self.faults:
            raise ValueError("InputFaults needs at least one fault")
        super().__init__("\n".join(str(f) for f in self.faults))
