"""Scenarios: named lists of changes, kept in files, built from one another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

import msgspec

from taktnet.base.errors import Fault, InputFaults
from taktnet.network.cells import did_you_mean, quoted
from taktnet.twin.changes import AnyChange

#: Names that `Scenarios.get` puts together are parted by it.
PLUS = "+"
MAX_CHANGES = 10_000
MAX_DEPTH = 20


class Scenario(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A named list of changes with a note; `include` takes those of other scenarios first."""

    name: str
    note: str = ""
    include: tuple[str, ...] = ()
    changes: tuple[AnyChange, ...] = ()

    def __add__(self, other: Scenario) -> Scenario:
        """Both, one after the other."""
        return Scenario(
            name=f"{self.name} {PLUS} {other.name}",
            note="; ".join(n for n in (self.note, other.note) if n),
            include=self.include + other.include,
            changes=self.changes + other.changes,
        )


#: Nothing is changed.
AS_IT_IS = Scenario(name="as it is")


@dataclass(frozen=True)
class Scenarios:
    """The scenarios of a file, or of several, by their names."""

    all: tuple[Scenario, ...] = ()
    where: str = "scenarios"

    def __iter__(self) -> Iterator[Scenario]:
        return iter(self.all)

    @property
    def names(self) -> tuple[str, ...]:
        """The names, in the order of the file."""
        return tuple(s.name for s in self.all)

    def get(self, names: str) -> Scenario:
        """The scenario called so, or several as "a + b", with all that they include in one list.

        Raises InputFaults for names that are not there, and for circles.
        """
        parts = [part.strip() for part in names.split(PLUS)]
        faults: list[Fault] = []
        found = [self._flat(part, (), faults) for part in parts]
        if not faults and sum(len(s.changes) for s in found) > MAX_CHANGES:
            faults.append(self._fault(names, "changes", "more", f"at most {MAX_CHANGES}"))
        if faults:
            raise InputFaults(faults)
        return reduce(lambda a, b: a + b, found)

    def check(self) -> list[Fault]:
        """What is wrong with what scenarios include, and with names used twice."""
        faults: list[Fault] = []
        for i, scenario in enumerate(self.all):
            if scenario.name in self.names[:i]:
                found = f"{quoted(scenario.name)} again"
                faults.append(self._fault(scenario.name, "name", found, "a name used once"))
            self._flat(scenario.name, (), faults)
        return list(dict.fromkeys(faults))

    def _flat(self, name: str, above: tuple[str, ...], faults: list[Fault]) -> Scenario:
        """A scenario with the changes of all that it includes before its own."""
        one = next((s for s in self.all if s.name == name), None)
        by = above[-1] if above else ""
        field = "include" if by else "name"
        if one is None:
            remedy = did_you_mean(name, self.names)
            wanted = "a scenario of the file"
            faults.append(self._fault(by, field, quoted(name), wanted, remedy))
            return AS_IT_IS
        if name in above or len(above) >= MAX_DEPTH:
            way = " -> ".join((*above[-3:], name))
            wanted = f"no circle, and at most {MAX_DEPTH} one in another"
            faults.append(self._fault(by, field, quoted(way), wanted))
            return AS_IT_IS
        parts = [self._flat(other, (*above, name), faults) for other in one.include]
        changes = tuple(c for part in parts for c in part.changes)
        if len(changes) > MAX_CHANGES:
            changes = changes[: MAX_CHANGES + 1]
        return Scenario(name=one.name, note=one.note, changes=changes + one.changes)

    def _fault(self, scenario: str, field: str, found: str, wanted: str, remedy: str = "") -> Fault:
        subject = f"scenario {quoted(scenario)}" if scenario else ""
        return Fault(self.where, 0, field, found, wanted, remedy, subject)

    def to_json(self) -> bytes:
        """The text of a file that holds them; nothing is lost."""
        text = msgspec.json.encode({"scenarios": self.all})
        return msgspec.json.format(text, indent=2) + b"\n"

    def write(self, path: str | Path) -> None:
        """Write them to a file."""
        Path(path).write_bytes(self.to_json())

    @staticmethod
    def of(scenarios: Iterable[Scenario]) -> Scenarios:
        """Scenarios made by hand; raises InputFaults for names used twice and for circles."""
        made = Scenarios(tuple(scenarios))
        faults = made.check()
        if faults:
            raise InputFaults(faults)
        return made
