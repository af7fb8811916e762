"""Where simulations start: a network, cold or from a state, and what scenarios make of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from taktnet.base.errors import Fault, InputFaults, TaktnetError
from taktnet.base.names import Names
from taktnet.network import Network
from taktnet.network.cells import did_you_mean, quoted, to_text
from taktnet.network.formats import parse_price_breaks
from taktnet.twin.changes import AnyChange, Duty, Row
from taktnet.twin.draft import Plans
from taktnet.twin.later import start_later
from taktnet.twin.layout import DAY
from taktnet.twin.lower import lower
from taktnet.twin.patch import make
from taktnet.twin.patch_check import check
from taktnet.twin.scenario import AS_IT_IS, Scenario
from taktnet.twin.sim import Model, Sim

if TYPE_CHECKING:
    from taktnet.state import State

#: The most days that calendars and timetables are laid out for.
LONGEST_D = 36_600


@dataclass(frozen=True, eq=False)
class Start:
    """What a simulation starts from; see `lower` for the fields.

    The network is lowered once, when it is first needed, and again for a scenario that changes
    rows of it; not again for a `later` start. `names` are never added to.
    """

    network: Network
    at: int
    days: float = 400.0
    state: State | None = None
    names: Names = field(default_factory=Names)
    plans: Plans | None = None
    memory_limit: int = 4 << 30

    def __post_init__(self) -> None:
        if not 0 < self.days <= LONGEST_D:
            raise TaktnetError(
                f"{self.days:g} days are asked for, wanted more than 0 and at most {LONGEST_D:,}"
            )

    @cached_property
    def model(self) -> Model:
        """The network and the state lowered; raises InputFaults when it cannot run."""
        if self.state is None:
            return self.cold
        from taktnet.twin.live import place_state

        return place_state(self.cold, self.network, self.state)

    @cached_property
    def cold(self) -> Model:
        """The network alone lowered: every level full; raises InputFaults when it cannot run."""
        made = lower(self.network, None, self.own_names, self.at, self.days, self.plans)
        return replace(made, memory_limit=self.memory_limit)

    @cached_property
    def given(self) -> tuple[int, ...]:
        """How many names of each domain there were before the lowering."""
        return self.names.counts()

    @cached_property
    def own_names(self) -> Names:
        """A copy of `names`, to which lowering adds what the ledger has not named."""
        names = self.names.copy()
        names.truncate(self.given)
        return names

    def later(self, at: int, state: State) -> Start | None:
        """The start from another state at a later instant, without lowering the network again.

        It reaches as far as this one. None where the network must be lowered again: there are
        plans, or the ledger has since given numbers that the lowering took for names of its own.
        """
        _ = self.cold
        mine, given = self.own_names.since(self.given), self.names.counts()
        clash = any(given[d] != self.given[d] for d, _, _ in mine)
        if self.plans or clash or not self.at <= at < self.at + self.days * DAY:
            return None
        names = self.names.copy()
        names.truncate(given)
        names.load(mine)
        cold = start_later(self.cold, names, at)
        made = replace(self, at=at, days=cold.days, state=state)
        vars(made).update(cold=cold, given=given, own_names=names)
        return made

    def sim(self, scenario: Scenario = AS_IT_IS) -> Sim:
        """A run that has not begun, with the changes of a scenario.

        Raises InputFaults, with all that is wrong with the scenario at once, before anything
        runs. What a scenario includes must have been put in its place by `Scenarios.get`.
        """
        where = f"scenario {quoted(scenario.name)}"
        if scenario.include:
            remedy = "Take it from Scenarios.get."
            raise InputFaults([Fault(where, 0, "include", "open", "nothing left out", remedy)])
        rows = [c for c in scenario.changes if isinstance(c, Row | Duty)]
        start = self.with_rows(scenario.changes, where) if rows else self
        sim = start.model.sim()
        others = {i: c for i, c in enumerate(scenario.changes, 1) if not isinstance(c, Row | Duty)}
        faults = _numbered(check(sim, others.values(), where), list(others))
        if faults:
            raise InputFaults(faults)
        make(sim, others.values())
        return sim

    def with_rows(self, changes: Iterable[AnyChange], where: str = "scenario") -> Start:
        """The start with those changes made that change rows of the network."""
        network, faults = self.network, list[Fault]()
        for i, change in enumerate(changes, start=1):
            try:
                if isinstance(change, Row):
                    network = network.set_row(change.table, change.key, _cells(change.values))
                elif isinstance(change, Duty):
                    network = _duty(network, change)
            except InputFaults as e:
                faults += [
                    replace(f, where=where, row=0, subject=f"change {i} ({f.where})")
                    for f in e.faults
                ]
        faults = faults or [
            replace(f, where=f"{where}: {f.where}") for f in _new_faults(self.network, network)
        ]
        if faults:
            raise InputFaults(faults)
        return replace(self, network=network)


def _new_faults(before: Network, after: Network) -> list[Fault]:
    """What is wrong with a network and was not wrong before."""
    faults = after.check()
    known = {replace(f, row=0) for f in before.check()} if faults else set[Fault]()
    return [f for f in faults if replace(f, row=0) not in known]


def _numbered(faults: list[Fault], numbers: list[int]) -> list[Fault]:
    """Faults that count some changes, with the numbers that these have among all."""
    return [replace(f, subject=f"change {numbers[int(f.subject.split()[1]) - 1]}") for f in faults]


def _cells(values: Mapping[str, Any]) -> dict[str, str]:
    return {name: value if isinstance(value, str) else to_text(value)
            for name, value in values.items()}  # fmt: skip


def _duty(network: Network, duty: Duty) -> Network:
    """Prices of the sources that a duty is about, higher by its rate."""
    faults = list(_wrong_duty(network, duty))
    if faults:
        raise InputFaults(faults)

    def within(site: str, place: str) -> bool:
        return place in ("", site, network.site(site).country)

    rows = [
        replace(
            row,
            price=row.price * (1 + duty.rate),
            price_breaks=_breaks(row.price_breaks, 1 + duty.rate),
        )
        if within(row.origin, duty.origin)
        and within(row.site, duty.destination)
        and duty.item in ("", row.item)
        else row
        for row in network.sources
    ]
    if rows == list(network.sources):
        wanted = "a source that has a price"
        raise InputFaults([Fault("sources", 0, "origin", quoted(duty.origin), wanted)])
    return network.with_rows("sources", rows)


def _wrong_duty(network: Network, duty: Duty) -> Iterable[Fault]:
    if not -1 <= duty.rate <= 100:
        remedy = f"Did you mean {duty.rate / 100:g}?" if duty.rate > 100 else ""
        yield Fault("duty", 0, "rate", f"{duty.rate:g}", "-1 to 100", remedy)
    places = {s.id for s in network.sites} | {s.country for s in network.sites}
    for name in ("origin", "destination"):
        value = getattr(duty, name)
        if value and value not in places:
            remedy = did_you_mean(value, sorted(places))
            yield Fault("duty", 0, name, quoted(value), "a country or a site", remedy)
    if duty.item and duty.item not in {i.id for i in network.items}:
        remedy = did_you_mean(duty.item, [i.id for i in network.items])
        yield Fault("duty", 0, "item", quoted(duty.item), "an item", remedy)


def _breaks(text: str, factor: float) -> str:
    """Price breaks with every price multiplied."""
    if not text:
        return text
    rows = parse_price_breaks(text)
    return ";".join(f"{to_text(float(q))}:{to_text(p * factor)}" for q, p in rows)
