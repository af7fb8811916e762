"""A model, shared and never changed, and a run of it: one buffer that forks by copy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from taktnet.base.errors import TaktnetError
from taktnet.ledger.fact import FACT
from taktnet.twin.engine.loop import FACTS, SPARE, enter, enter_traced
from taktnet.twin.layout import DAY, DONE, DTYPES, HOUR, OWN, POOLS, REF, ROOM, SERIES, Table
from taktnet.twin.queue import CHECK
from taktnet.twin.room import Together, copy, places, room

Tables = dict[Table, np.ndarray]


class TooMuchMemory(TaktnetError):
    """A run needs more memory than it may have."""


@dataclass(frozen=True, eq=False)
class Model:
    """A network at one instant, lowered to arrays. Make it with `lower`.

    `points`, `links`, ... are the names of what the records of each table are, in their order: a
    point is (site, item), a link (site, item, loop id or origin, lane), a demand row (customer,
    item, supplier). `orders` are the names of what is open at a live start. `at` is the start in
    microseconds since 1970 UTC, `days` how far calendars and timetables reach. `live` says
    whether it begins from a state.
    """

    at: int
    days: float
    live: bool
    static: Mapping[Table, np.ndarray]
    fresh: Mapping[Table, np.ndarray]
    points: tuple[tuple[str, str], ...]
    links: tuple[tuple[str, str, str, str], ...]
    lanes: tuple[str, ...]
    sites: tuple[str, ...]
    processes: tuple[tuple[str, str, str], ...]
    resources: tuple[str, ...]
    demands: tuple[tuple[str, str, str], ...]
    shipments: tuple[tuple[str, str], ...] = ()
    orders: tuple[str, ...] = ()
    currency: str = "EUR"
    memory_limit: int = 4 << 30
    _index: dict[str, dict[Any, int]] = field(default_factory=dict[str, dict[Any, int]])

    def __post_init__(self) -> None:
        """Bring what never changes together."""
        if not isinstance(self.static, Together):
            object.__setattr__(self, "static", Together(self.static))

    def find(self, table: str, name: Any) -> int:
        """The number of a point, link, lane, site, ... by its name; -1 if there is none."""
        index = self._index.get(table)
        if index is None:
            index = self._index[table] = {n: i for i, n in enumerate(getattr(self, table))}
        return index.get(name, -1)

    @cached_property
    def parcels(self) -> dict[str, tuple[int, ...]]:
        """The numbers of the goods on the road by the name of their shipment."""
        found: dict[str, tuple[int, ...]] = {}
        for i, (shipment, _) in enumerate(self.shipments):
            found[shipment] = (*found.get(shipment, ()), i)
        return found

    def sim(self, *, heap: bool = False) -> Sim:
        """A run that has not begun; `heap` takes the reference queue, with the same bits."""
        return Sim(self, dict(self.fresh), heap=heap)


class Sim:
    """One run of a model: `begin`, then `run_to`; `fork` at any time.

    Records are read and changed by name of table through `table`; times are microseconds since
    the start, quantities millionths.
    """

    __slots__ = ("_buffer", "_context", "_facts", "_fixed", "_pieces", "model", "tables")

    def __init__(self, model: Model, tables: Tables, *, heap: bool = False) -> None:
        self.model = model
        self._facts = np.zeros(0, FACT)
        self._pieces: list[np.ndarray] = []
        pools = _pools(tables)
        work = _power(max(1, len(tables[Table.POINT])))
        tables = {
            **tables,
            Table.WORK: np.zeros(work, np.int32),
            **_empty_pools(tables, pools, pools),
        }
        self._build(tables, copy_pools=False)
        h: Any = self.tables[Table.HEAD][0]
        h["work_mask"], h["heap"] = work - 1, int(heap)
        h["node_room"] = h["cell_room"] = pools
        h["node_free"] = h["cell_free"] = h["far"] = h["near"] = -1
        h["buckets"], h["ring"], h["cursor"], h["turn"], h["check"] = 64, 6, -1, -1, CHECK
        h["turns"] = -1

    def _build(self, tables: Tables, *, copy_pools: bool = True) -> None:
        """Lay the tables out in one buffer; a pool's unused part is left as it is."""
        where, size = places({t: tables[t] for t in OWN})
        if size > self.model.memory_limit:
            raise TooMuchMemory(
                f"one run needs {size / 1e6:.0f} MB, allowed are"
                f" {self.model.memory_limit / 1e6:.0f} MB; simulate fewer days or sites"
            )
        self._buffer = room(size)[:size]
        self._fixed = where[Table.NODE]
        self._bind({t: (where[t], len(tables[t])) for t in OWN})
        for t in OWN:
            if t in POOLS:
                n = self._used(t) if copy_pools else 0
                copy(self.tables[t][:n], tables[t][:n])
            else:
                copy(self.tables[t], tables[t])

    def _bind(self, places: Mapping[Table, tuple[int, int]]) -> None:
        self.tables: Tables = {}
        self._context = np.zeros(len(Table), np.int64)
        base = self._buffer.ctypes.data
        for t, (offset, n) in places.items():
            size = n * DTYPES[t].itemsize
            self.tables[t] = self._buffer[offset : offset + size].view(DTYPES[t])
            self._context[t] = base + offset
        for t, array in self.model.static.items():
            self._context[t] = array.ctypes.data
        self._context[Table.TRACE] = self._facts.ctypes.data

    def _used(self, t: Table) -> int:
        h = self.tables[Table.HEAD][0]
        return min(len(self.tables[t]), int(h["node_used" if t == Table.NODE else "cell_used"]))

    @property
    def head(self) -> Any:
        """The one record of the clock, the queue and the pools."""
        return self.tables[Table.HEAD][0]

    @property
    def address(self) -> int:
        """Where compiled code finds the tables."""
        return int(self._context.ctypes.data)

    @property
    def nbytes(self) -> int:
        """Bytes that a fork copies."""
        pools = sum(self._used(t) * DTYPES[t].itemsize for t in POOLS)
        return self._fixed + pools

    @property
    def room(self) -> int:
        """Bytes that a run and its forks take each, as long as their pools do not grow."""
        return len(self._buffer)

    @property
    def events(self) -> int:
        """Events that happened so far."""
        return int(self.head["events"])

    def fork(self) -> Sim:
        """The same run, to go its own way from here."""
        other = object.__new__(Sim)
        other.model = self.model
        other._buffer = room(len(self._buffer))[: len(self._buffer)]
        other._fixed, other._pieces = self._fixed, []
        other._facts = np.zeros(len(self._facts), FACT)
        start = self._buffer.ctypes.data
        other._bind({t: (a.ctypes.data - start, len(a)) for t, a in self.tables.items()})
        other.load(self)
        return other

    def load(self, other: Sim) -> None:
        """Become what `other` is: a copy of the used part. Grows to its size where needed.

        Its trace so far is not copied: a traced run goes on from here.
        """
        self._pieces = []
        if len(self._facts) != len(other._facts):
            self._facts = np.zeros(len(other._facts), FACT)
        if len(self._buffer) != len(other._buffer) or self._fixed != other._fixed:
            self._build(other.tables)
            self.head["trace_n"] = 0
            return
        self._context[Table.TRACE] = self._facts.ctypes.data
        self._buffer[: self._fixed] = other._buffer[: self._fixed]
        for t in POOLS:
            n = other._used(t)
            copy(self.tables[t][:n], other.tables[t][:n])
        self.head["trace_n"] = 0

    def begin(
        self,
        seed: int,
        replication: int = 0,
        *,
        days: float = 0,
        every_h: float = 0,
        trace: bool = False,
    ) -> None:
        """Draw the luck of a replication and have the first events.

        With `every_h` totals of the network are noted so often, for `days`. With `trace` what
        happens is written as facts, for `trace()`.
        """
        if every_h > 0:
            self.room_for_series(int(days * 24 / every_h) + 1, round(every_h * HOUR))
        if trace:
            self._write_facts()
        self._enter(0, seed, replication)
        self._check_lost()

    @property
    def traced(self) -> bool:
        """Whether the run writes what happens."""
        return len(self._facts) > 0

    def _enter(self, what: int, a: int, b: int) -> int:
        return (enter_traced if self.traced else enter)(self.address, what, a, b)

    def _write_facts(self) -> None:
        """Have room for the facts of the first moment, and of what follows."""
        own = (Table.POINT, Table.LINK, Table.OPEN, Table.ROAD, Table.SERVER)
        self._pieces = []
        self.resize({Table.REF: np.zeros(len(self.tables[Table.CELL]), REF)})
        self._room_for_facts(4 * SPARE + 16 * sum(len(self.tables[t]) for t in own))

    def _room_for_facts(self, rows: int) -> None:
        self._facts = np.zeros(rows, FACT)
        self._context[Table.TRACE] = self._facts.ctypes.data
        self.head["trace_room"] = rows

    def trace(self) -> np.ndarray:
        """The facts since the last call, in the order of time; their numbers are 0.

        See `taktnet.twin.trace` for what to do with them.
        """
        self._take_facts()
        found, self._pieces = self._pieces, []
        return np.concatenate(found) if found else np.zeros(0, FACT)

    def _take_facts(self) -> None:
        n = int(self.head["trace_n"])
        self._pieces.append(self._facts[:n].copy())
        self.head["trace_n"] = 0
        held = sum(piece.nbytes for piece in self._pieces)
        if held > self.model.memory_limit:
            raise TooMuchMemory(
                f"the trace takes {held / 1e6:.0f} MB, allowed are"
                f" {self.model.memory_limit / 1e6:.0f} MB; take it in pieces, or fewer days"
            )

    def _check_lost(self) -> None:
        lost = int(self.head["trace_lost"])
        if lost:
            raise TaktnetError(f"{lost} facts of one moment found no room in the trace")

    def room_for_series(self, rows: int, every: int) -> None:
        """Have room for so many snapshots, one every `every` microseconds."""
        if len(self.tables[Table.SERIES]) < rows:
            self.resize({Table.SERIES: np.zeros(rows, SERIES)})
        self.head["snap_every"], self.head["snap_room"] = every, rows

    def run_to(self, days: float) -> None:
        """Let everything happen up to so many days after the start."""
        end = round(days * DAY)
        if end > self.model.days * DAY + DAY:
            raise TaktnetError(
                f"the model reaches {self.model.days:g} days and cannot run {days:g};"
                " lower the network for more days"
            )
        while (code := self._enter(1, end, 0)) != DONE:
            if code == ROOM:
                self._grow()
            else:
                self._take_facts()
                once = FACTS * int(self.head["cell_used"]) + SPARE
                if 2 * once > len(self._facts):
                    self._room_for_facts(2 * once)
        self._check_lost()

    def forget(self) -> None:
        """Count from now on only: the end of the warm-up."""
        self._enter(2, 0, 0)

    def close(self) -> None:
        """Count the lateness of orders that customers still wait for: the end of a run."""
        enter(self.address, 3, 0, 0)

    def resize(self, tables: Tables) -> None:
        """Give tables another content and length."""
        self._build({**self.tables, **tables})
        self._grow(_pools(self.tables))

    def _grow(self, least: int = 0) -> None:
        """Twice the room in the pool that is short, and `least` in each."""
        h = self.head
        rooms = {"node": int(h["node_room"]), "cell": int(h["cell_room"])}
        used = {"node": int(h["pending"]), "cell": int(h["cell_used"])}
        wide = {n: max(least, 2 * room if used[n] + SPARE > room else room)
                for n, room in rooms.items()}  # fmt: skip
        if wide == rooms:
            return
        more = _empty_pools(self.tables, wide["node"], wide["cell"])
        if self.traced:
            more[Table.REF] = np.empty(len(more[Table.CELL]), REF)
        for t, array in more.items():
            n = self._used(t) if t in POOLS else len(self.tables[t])
            array[:n] = self.tables[t][:n]
        h["node_room"], h["cell_room"] = wide["node"], wide["cell"]
        self._build({**self.tables, **more})

    def patch(self, changes: Iterable[Any]) -> None:
        """Apply the changes of a scenario (see `taktnet.twin.patch`) before the run begins."""
        from taktnet.twin.patch import apply

        apply(self, changes)


def _pools(tables: Tables) -> int:
    """Nodes and cells that a run needs to begin."""
    own = (t for t in OWN if t < Table.WORK)
    return max(1 << 13, _power(4 * sum(len(tables[t]) for t in own)))


def _empty_pools(tables: Tables, nodes: int, cells: int) -> Tables:
    """Pools of so many nodes and cells, and what one event may need beyond them.

    All that waits may set out at one event (a site opens, a large delivery is handed out), and
    every point may order then: as many nodes as there are cells, and a few for each order.
    """
    orders = 4 * len(tables[Table.LINK])
    return {
        Table.NODE: np.empty(nodes + cells + 2 * orders, DTYPES[Table.NODE]),
        Table.CELL: np.empty(cells + orders, DTYPES[Table.CELL]),
        Table.BUCKET: np.full(nodes, -1, np.int32),
        Table.FULL: np.zeros(nodes // 64, np.int64),
    }


def _power(n: int) -> int:
    return 1 << max(0, (n - 1).bit_length())
