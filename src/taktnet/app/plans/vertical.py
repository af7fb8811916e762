"""One kind of plan: its name, the options it takes, and the function that works it out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from taktnet.app.plans.draft import Draft
from taktnet.app.plans.view import PlanView, Progress
from taktnet.base.errors import Fault, InputFaults, TaktnetError
from taktnet.network import Network

if TYPE_CHECKING:
    from taktnet.twin.changes import AnyChange

Asked = Mapping[str, Any]


class UnknownPlan(TaktnetError):
    """No plan is of this kind, or no proposal has this name."""


@dataclass(frozen=True, slots=True)
class Option:
    """Something to say about a plan before it is worked out; checked wherever it comes from.

    `zero` is what 0 stands for, where it is not a number: a form shows it in place of the 0.
    """

    name: str
    label: str
    default: float | int | str
    help: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    zero: str = ""

    def take(self, raw: object) -> float | int | str:
        """The value, typed as the default is; raises ValueError."""
        if isinstance(self.default, str):
            value: float | int | str = str(raw).strip()[:200]
            if self.choices and value not in self.choices:
                raise ValueError("one of " + ", ".join(c or '""' for c in self.choices))
            return value
        try:
            value = type(self.default)(str(raw))
        except ValueError:
            kind = "a whole number" if isinstance(self.default, int) else "a number"
            raise ValueError(kind) from None
        low, high = self.low, self.high
        if low is not None and high is not None and not low <= value <= high:
            raise ValueError(f"{low:g} to {high:g}")
        return value


def _nothing(view: PlanView) -> dict[str, Any]:
    return {}


@dataclass(frozen=True, slots=True)
class Plays:
    """What a trial does in the twin: `changes` on top of `today`, with notes on what they are.

    `why` says why there is nothing to try; `live` why it takes a tower, where it does.
    """

    changes: tuple[AnyChange, ...]
    today: tuple[AnyChange, ...] = ()
    notes: tuple[str, ...] = ()
    why: str = ""
    live: str = ""


def changed_rows(network: Network, draft: Draft) -> Plays:
    """What most plans try: the rows of the network that they change."""
    from taktnet.twin.changes import Cell, Row

    rows = ((change.table, change.key, dict[str, Cell](change.after)) for change in draft.changes)
    return Plays(tuple(Row(table, key, values) for table, key, values in rows))


@dataclass(frozen=True, slots=True)
class Vertical:
    """One kind of plan. `make(view, asked, progress)` works it out; `screen` is for its page.

    `plays(network, draft)` says what a trial of it does in the twin.
    """

    kind: str
    label: str
    about: str
    make: Callable[[PlanView, Asked, Progress], Draft]
    options: tuple[Option, ...] = ()
    template: str = "plan/kind.html"
    screen: Callable[[PlanView], dict[str, Any]] = _nothing
    plays: Callable[[Network, Draft], Plays] = changed_rows

    def asked(self, given: Mapping[str, object]) -> dict[str, Any]:
        """Every option with its value; raises InputFaults for all that are wrong or unknown."""
        known = {option.name: option for option in self.options}
        faults = [
            Fault(f"plan {self.kind}", 0, name, repr(given[name]), "one of " + ", ".join(known))
            for name in given
            if name not in known
        ]
        values: dict[str, Any] = {}
        for name, option in known.items():
            raw = given.get(name)
            try:
                values[name] = option.default if raw in (None, "") else option.take(raw)
            except ValueError as error:
                faults.append(Fault(f"plan {self.kind}", 0, name, repr(raw), str(error)))
        if faults:
            raise InputFaults(faults)
        return values
