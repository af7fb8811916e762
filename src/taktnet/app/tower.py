"""The Tower: what a user holds. Ten methods; everything behind them is in `parts`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from taktnet.app import home, reports
from taktnet.app.clock import Clock
from taktnet.app.history import Progress, state_as_of
from taktnet.app.parts import Parts, assemble, assemble_reader
from taktnet.app.plans.rounds import Rounds
from taktnet.app.settings import Settings
from taktnet.app.signals import SignalPage, signal_page
from taktnet.app.verify import Verdict, verify
from taktnet.app.writer import Closed
from taktnet.kpi.definition import KpiValue
from taktnet.ledger.event import AnyEvent, Event
from taktnet.ledger.ledger import Receipt
from taktnet.network import Network
from taktnet.state import State

if TYPE_CHECKING:
    from taktnet.twin.scenario import Scenario


class Tower:
    """A running control tower over one ledger. Use it as a context manager, or `close` it.

    `parts` holds what it is made of; `network` is the network as it is now.
    """

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.settings, self.ledger, self.names = parts.settings, parts.ledger, parts.ledger.names
        self.hub, self.jobs, self.clock = parts.hub, parts.jobs, parts.clock
        parts.rounds = Rounds(self).look

    @classmethod
    def open(
        cls,
        place: str | Path | None = None,
        network: Network | str | Path | None = None,
        settings: Settings | None = None,
        *,
        clock: Clock | None = None,
        read_only: bool = False,
    ) -> Tower:
        """Open or make the tower in the folder `place`; None is a tower in memory.

        `network` is a value or the path of its files; without it the folder's own is taken. With
        `read_only` the tower may run in another process; nothing is written or sent.
        """
        path = None if place is None else Path(place)
        settings = settings or Settings.read(path and path / home.SETTINGS)
        if read_only and path is not None:
            return cls(assemble_reader(path, settings, clock))
        return cls(assemble(path, home.find_network(path, network), settings, clock))

    def ingest(self, events: Iterable[AnyEvent]) -> tuple[Receipt, ...]:
        """Record events as one batch; returns when they are durable, with a receipt for each.

        Events as others send them are read by `taktnet.exchange.events.read`.
        """
        batch = tuple(events)
        if strange := [event for event in batch if not isinstance(event, Event)]:
            raise TypeError(f"{type(strange[0]).__name__} is no event; see taktnet.ledger.event")
        return self.writer.append(batch)

    def state(
        self,
        at: datetime | None = None,
        known: datetime | int | None = None,
        progress: Progress | None = None,
    ) -> State:
        """What is true now; or what was at `at`, as known at `known` (a time or a row's number)."""
        if at is None and known is None:
            return self.parts.state.state()
        return state_as_of(self.parts.past, self.names, at, known, progress)

    def signals(self, status: str = "", **which: Any) -> SignalPage:
        """Decisions, newest first, with status, reason, evidence (see `signals.signal_page`)."""
        tenant = self.settings.tenant
        return signal_page(self.ledger, self.state(), tenant, status=status, **which)

    def takt(self, days: float = 7.0, site: str = "", **seen: Any) -> reports.TaktReport:
        """The rate each site, line and lane must keep, beside the pace it kept.

        Here, in `flow` and in `kpis`: `at` is when the window ends, `known` what was known then,
        `progress` hears how far the folding of another time has come, and may raise to stop it.
        """
        return reports.takt(self.parts, days, site, **seen)

    def flow(self, item: str = "", days: float = 28.0, **seen: Any) -> reports.FlowReport:
        """Dwell at every node and lane, the value-stream ladder, and Little's law checked."""
        return reports.flow(self.parts, item, days, **seen)

    def kpis(self, days: float = 28.0, **how: Any) -> list[KpiValue]:
        """The six KPIs over the last `days`; `how` as `Kpis.report` takes it (`by`, `step`...)."""
        return reports.kpis(self.parts, days, **how)

    def verify(self, progress: Callable[[int, int], None] | None = None) -> Verdict:
        """Check every row, hash and checkpoint; names the first that was changed."""
        return verify(self.parts, progress)

    def simulate(
        self, scenario: Scenario | None = None, answers: Sequence[Scenario] = (), **how: Any
    ) -> dict[str, Any]:
        """What comes of it from the live state, beside each answer, with intervals, ranked.

        `how` are the other fields of `simulation.question.Question`: days, replications, seed...
        """
        return reports.simulate(self.parts, scenario, answers, **how)

    def close(self) -> None:
        """Commit what waits, sign, keep snapshots, let go."""
        self.parts.close()

    @property
    def network(self) -> Network:
        """The network as it is now."""
        return self.parts.revisions.network

    @property
    def writer(self) -> Any:
        """The writer; raises Closed for a tower that only reads."""
        if self.parts.writer is None:
            raise Closed("this tower was opened for reading only")
        return self.parts.writer

    def __enter__(self) -> Tower:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
