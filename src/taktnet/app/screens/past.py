"""The screens as of another time: what was, or what was known then. Nothing on them changes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime
from threading import Lock

from taktnet.app.history import Sight
from taktnet.app.looks import Look, Looks
from taktnet.app.screens.kept import Kept
from taktnet.app.screens.screens import TowerScreens
from taktnet.app.tower import Tower
from taktnet.network import Network
from taktnet.state import State

_FOR_EVER_S = 1e12
_WAIT_S = 0.6  # what is folded by then is shown at once
_MOST = 4


class PastScreens(TowerScreens):
    """`port.Screens` of a tower as seen from another time."""

    def __init__(self, tower: Tower, targets: Mapping[str, float] | None, look: Look) -> None:
        super().__init__(tower, targets)
        self.past = look
        if look.sight.seq is not None:
            self._kpis = self._reports = Kept(_FOR_EVER_S)

    def _moment(self) -> tuple[State, Network, int]:
        return self.past.state, self.past.sight.network, self.past.sight.end

    def _network(self) -> Network:
        return self.past.sight.network

    def _covered(self) -> Sight:
        return self.past.sight


class Pasts:
    """The screens of the last few pasts that were looked at."""

    def __init__(
        self, tower: Tower, looks: Looks, targets: Mapping[str, float] | None = None
    ) -> None:
        self._tower, self._looks, self._targets = tower, looks, targets
        self._lock = Lock()
        self._made: OrderedDict[tuple[datetime | None, datetime | None], PastScreens]
        self._made = OrderedDict()

    def screens(self, at: datetime | None, known: datetime | None) -> PastScreens:
        """The screens of that time; raises `looks.Folding` where folding takes its time."""
        look = self._looks.get(at, known, _WAIT_S)
        with self._lock:
            found = self._made.get((at, known))
            if found is None or found.past is not look:
                found = self._made[at, known] = PastScreens(self._tower, self._targets, look)
            self._made.move_to_end((at, known))
            while len(self._made) > _MOST:
                self._made.popitem(last=False)
            return found
