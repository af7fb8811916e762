"""The screens as of another time: what was, or what was known then. Nothing on them changes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from datetime import datetime
from threading import Lock
from typing import TypeVar

from taktnet.app import reports
from taktnet.app.history import Sight
from taktnet.app.reports import TaktReport
from taktnet.app.screens.kept import Kept
from taktnet.app.screens.port import Screens
from taktnet.app.screens.screens import TowerScreens
from taktnet.app.tower import Tower
from taktnet.kpi.definition import Dimension, KpiValue
from taktnet.kpi.kpis import Kpis
from taktnet.network import Network
from taktnet.state import State

T = TypeVar("T")
_FOR_EVER_S = 1e12
_MOST = 4  # each holds a state and, where `known` is given, KPIs


class PastScreens(TowerScreens):
    """`port.Screens` of a tower as of `at`, as known at `known`; see `history.Sight`."""

    def __init__(
        self,
        tower: Tower,
        targets: Mapping[str, float] | None,
        at: datetime | None,
        known: datetime | None,
    ) -> None:
        super().__init__(tower, targets)
        self._kpis = self._reports = Kept(_FOR_EVER_S)
        self._past = Sight(tower.parts, at, known)
        self._shown = tower.state(at, known), self._past.network, self._past.end

    def _moment(self) -> tuple[State, Network, int]:
        return self._shown

    def _network(self) -> Network:
        return self._past.network

    def _look(self, read: Callable[[Kpis], T]) -> T:
        return self._past.look(read)

    def _report(self, by: Dimension) -> list[KpiValue]:
        step = "day" if by == "network" else "none"
        start, end = reports.span(self._past, 28.0)
        return self._kpis.get(
            ("kpis", by), lambda: self._look(lambda k: k.report(start, end, by=by, step=step))
        )

    def _takt(self) -> TaktReport:
        return self._reports.get("takt", lambda: reports.takt_of(self._past))


class Pasts:
    """The last few pasts that were looked at; one with `known` never changes."""

    def __init__(self, tower: Tower, targets: Mapping[str, float] | None = None) -> None:
        self._tower, self._targets = tower, targets
        self._lock = Lock()
        self._made: OrderedDict[Hashable, Screens] = OrderedDict()

    def screens(self, at: datetime | None, known: datetime | None) -> Screens:
        """The screens of that time; made when first asked for, one after another."""
        key = at, known, 0 if known else self._tower.ledger.head.seq
        with self._lock:
            found = self._made.pop(key, None)
            if found is None:
                found = PastScreens(self._tower, self._targets, at, known)
            self._made[key] = found
            while len(self._made) > _MOST:
                self._made.popitem(last=False)
            return found
