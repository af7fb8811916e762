"""What a plan is made from: a network alone, or a tower with its record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from taktnet.app.reading import KpiReading
from taktnet.ledger.fact import instant
from taktnet.ledger.ledger import Ledger
from taktnet.network import Network
from taktnet.state import State

if TYPE_CHECKING:
    from taktnet.app.tower import Tower

#: How far the work is: (done, total); raises when the work is to stop.
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class PlanView:
    """The network now; for a tower also its ledger, state and KPIs, as of row `position`.

    `now` is the tower's time in microseconds, 0 where there is only a network.
    """

    network: Network
    ledger: Ledger | None = None
    state: State | None = None
    now: int = 0
    position: int = 0
    kpis: KpiReading | None = None
    tower: Tower | None = None

    def day(self) -> date:
        """The day that calendars and bills of material are read for: today, for a network."""
        return instant(self.now).date() if self.now else date.today()

    @classmethod
    def of(cls, tower: Tower) -> PlanView:
        """What a tower knows now."""
        state = tower.state()
        parts = tower.parts
        return cls(
            tower.network, tower.ledger, state, tower.clock.now(), state.seq, parts.kpis, tower
        )
