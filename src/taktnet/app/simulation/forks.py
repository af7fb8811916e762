"""The live state as the twin starts from it: once for each position of the ledger.

The network is lowered once for a day; the state is laid into it whenever the ledger moves on.
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from taktnet.app.simulation import warm
from taktnet.base.errors import TaktnetError
from taktnet.base.names import Names
from taktnet.network import Network

if TYPE_CHECKING:
    from taktnet.app.parts import Parts
    from taktnet.state import State
    from taktnet.twin.scenario import Scenario
    from taktnet.twin.start import Start

#: Calendars and timetables are laid out for so many days, so that one start serves most questions.
REACHES = (35.0, 120.0, 400.0)
LONGEST_D = 3660.0
_SPARE_D = 1.0  # so long a network stays lowered
_OLD_US = 300_000_000  # a start may be this old while nothing new is on record
_MB = 1_000_000


class Forks:
    """Starts of a tower by their reach; for any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._network = ""
        self._first: dict[float, Start] = {}  # for which the network was lowered
        self._last: dict[float, Start] = {}

    def start(self, parts: Parts, days: float) -> Start:
        """Where a simulation of so many days starts now; raises TaktnetError for too many.

        Raises InputFaults when the network cannot run.
        """
        if not 0 < days <= LONGEST_D:
            raise TaktnetError(f"{days:g} days, wanted more than 0 and at most {LONGEST_D:g}")
        warm.ready()
        reach = next((r for r in REACHES if r >= days), LONGEST_D)
        state, network, now = parts.state.state(), parts.revisions.network, parts.clock.now()
        with self._lock:
            if self._network != network.digest:
                self._network, self._first, self._last = network.digest, {}, {}
            kept = self._last.get(reach)
            old = kept is None or not 0 <= now - kept.at < _OLD_US
            if kept is None or old or kept.state is None or kept.state.seq != state.seq:
                kept = self._start(parts, network, reach, now, state)
                assert kept.model.live  # made here, while the others wait for the same
                self._last[reach] = kept
            return kept

    def _start(self, parts: Parts, network: Network, reach: float, now: int, state: State) -> Start:
        from taktnet.twin.start import Start

        first = self._first.get(reach)
        kept = first and first.later(now, state)
        if kept is None or kept.days < reach:
            kept = self._first[reach] = Start(
                network=network,
                at=now,
                days=reach + _SPARE_D,
                state=state,
                names=parts.ledger.names,
                memory_limit=round(parts.settings.twin_mb * _MB),
            )
        return kept


@dataclass(frozen=True, eq=False)
class TracedRun:
    """One run with everything it wrote: facts in the order of time, their names, its network."""

    facts: np.ndarray
    names: Names
    network: Network


def traced(start: Start, scenario: Scenario, seed: int, replication: int, days: float) -> TracedRun:
    """Run a replication of a scenario and keep what happens as facts, numbered from 1."""
    from taktnet.twin.changes import Duty, Row
    from taktnet.twin.scenario import Scenario
    from taktnet.twin.trace import names_of, numbered

    rows = tuple(c for c in scenario.changes if isinstance(c, Row | Duty))
    others = tuple(c for c in scenario.changes if not isinstance(c, Row | Duty))
    begun = start.with_rows(rows, scenario.name) if rows else start
    sim = begun.sim(Scenario(name=scenario.name, changes=others))
    sim.begin(seed, replication, trace=True)
    sim.run_to(days)
    return TracedRun(numbered(sim.trace(), 0), names_of(sim, begun.own_names), begun.network)
