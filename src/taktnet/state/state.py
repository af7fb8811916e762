"""The State: what is true now, folded from facts and from nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from taktnet.base.errors import TaktnetError
from taktnet.base.names import Names
from taktnet.ledger.fact import FACT
from taktnet.state import digest, floor, rows, snapshot, views
from taktnet.state.fold.dispatch import fold_facts
from taktnet.state.memory import USED, Memory, address_of, reindex
from taktnet.state.tables import BESIDE, DENSE, DTYPES, KEYED, TOUCH_ROOM, Table

if TYPE_CHECKING:
    from taktnet.network import Network

#: Room is made for at most this many facts at once.
_STRIDE = 256
_ROWS_A_FACT = 4


class BadFacts(TaktnetError):
    """Facts that cannot be folded here: not the ones that follow, or not whole events."""


def new_memory() -> Memory:
    """Empty tables."""
    memory = Memory(
        DTYPES,
        keyed=KEYED,
        beside=BESIDE,
        sizes={Table.TOUCHED: TOUCH_ROOM},
        fill=reindex,
        dense=DENSE,
    )
    memory.context[Table.HEAD, USED] = 1
    return memory


class State:
    """Projections of the ledger up to `seq`: stock, transit, orders, cards, work, pace, feeds.

    It is changed by `fold` alone (and by `policy.Rules.step`, which folds). Views give frozen
    rows with names, quantities in the item's own unit and instants in UTC.
    """

    __slots__ = ("memory", "names")

    def __init__(self, names: Names, memory: Memory | None = None) -> None:
        self.names = names
        self.memory = memory or new_memory()

    @property
    def seq(self) -> int:
        """Number of the last event folded; 0 before the first."""
        return int(self.memory.arrays[Table.HEAD]["seq"][0])

    @property
    def recorded(self) -> int:
        """Recorded time of the newest fact, microseconds since 1970 UTC; 0 before the first."""
        return int(self.memory.arrays[Table.HEAD]["recorded"][0])

    @property
    def closed_until(self) -> int:
        """Business time before which periods are closed; 0 while none is."""
        return int(self.memory.arrays[Table.HEAD]["closed_until"][0])

    def fold(self, facts: np.ndarray) -> None:
        """Fold whole events, numbered and in order, right behind those folded before.

        Raises BadFacts when the first is not an event's first fact or not newer than `seq`.
        """
        n = len(facts)
        if n == 0:
            return
        if facts.dtype != FACT or not facts.flags.c_contiguous:
            facts = np.ascontiguousarray(facts, FACT)
        address, done = address_of(facts), 0
        while (done := fold_facts(self.memory.address, address, done, n)) < n:
            if done < 0:
                first = int(facts["seq"][0])
                raise BadFacts(
                    f"facts begin with event {first}, wanted the first fact of one after "
                    f"{self.seq}. Fold every event once, whole, in the order of the ledger"
                )
            self.grow(min(n - done, _STRIDE))

    def grow(self, facts: int) -> None:
        """Room in every table for some more facts."""
        for table in KEYED:
            self.memory.ensure(table, _ROWS_A_FACT * facts)

    def copy(self) -> State:
        """Another state of the same content and names."""
        return State(self.names, self.memory.copy())

    def digest(self) -> str:
        """SHA-256 (hex) of the content by names: equal for equal histories, however folded."""
        return digest.digest(self.memory, self.names)

    def to_bytes(self) -> bytes:
        """The state as a snapshot: versioned, with a checksum; names are not in it."""
        return snapshot.to_bytes(self.memory, self.names)

    @staticmethod
    def from_bytes(blob: bytes, names: Names) -> State:
        """The state of a snapshot of the same ledger; raises snapshot.BadSnapshot if it is not."""
        memory = new_memory()
        snapshot.load(memory, blob, names)
        return State(names, memory)

    def points(self, site: str = "", item: str = "") -> list[rows.Point]:
        """Stock, supply and demand by site and item."""
        return views.points(self.memory, self.names, site, item)

    def stock(self, site: str = "", item: str = "") -> list[rows.Stock]:
        """Balances that are not zero, by site, item, lot and status."""
        return views.stock(self.memory, self.names, site, item)

    def stocked(self) -> tuple[list[str], list[str]]:
        """The sites and the items under which stock is on record."""
        return views.stocked(self.memory, self.names)

    def transit(self, now: int, site: str = "", item: str = "") -> list[rows.Transit]:
        """What is under way (to `site`), by shipment and item, with its age at `now`."""
        return views.transit(self.memory, self.names, now, site, item)

    def orders(self, site: str = "", item: str = "", closed: bool = False) -> list[rows.Order]:
        """Orders and call-offs that are open; with `closed` those still remembered too.

        `site` is the buyer or the seller.
        """
        return views.orders(self.memory, self.names, site, item, closed)

    def loops(self, network: Network | None = None) -> list[rows.Loop]:
        """Cards by where they are. Loops whose cards have no names need the network."""
        return floor.loops(self.memory, self.names, network)

    def cards(self, loop: str = "") -> list[rows.Card]:
        """Named cards in circulation."""
        return floor.cards(self.memory, self.names, loop)

    def lots(self, site: str = "") -> list[rows.Lot]:
        """Work orders that run."""
        return floor.lots(self.memory, self.names, site)

    def resources(self, site: str = "") -> list[rows.Resource]:
        """Lines and machines, up or down, since when and why."""
        return floor.resources(self.memory, self.names, site)

    def closures(self) -> list[rows.Closure]:
        """Sites and lanes that are closed, since when and until when."""
        return floor.closures(self.memory, self.names)

    def pace(self, now: int, site: str = "", item: str = "") -> list[rows.Pace]:
        """Units made, used and shipped by site and item, per business day (UTC) up to `now`."""
        return floor.pace(self.memory, self.names, now, site, item)

    def resource_pace(self, now: int) -> list[rows.ResourcePace]:
        """Units made by resource, per business day (UTC) up to `now`."""
        return floor.resource_pace(self.memory, self.names, now)

    def feeds(self, now: int, factor: float = 1.5, floor_h: float = 4.0) -> list[rows.Feed]:
        """What each source last said about each site, and whether that is late at `now`."""
        return floor.feeds(self.memory, self.names, now, factor, floor_h)

    def decisions(self, site: str = "", closed: bool = False) -> list[rows.Decision]:
        """Decisions still open; with `closed` those still remembered too."""
        return views.decisions(self.memory, self.names, site, closed)

    def anomalies(self) -> list[rows.Anomaly]:
        """Facts that did not fit what was known, counted by kind and site."""
        return views.anomalies(self.memory, self.names)


def fold_all(names: Names, chunks: Iterable[np.ndarray]) -> State:
    """A new state of all facts of a ledger."""
    state = State(names)
    for chunk in chunks:
        state.fold(chunk)
    return state
