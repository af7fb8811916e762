"""Rules: what a network's policies decide, applied to a state event by event."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from taktnet.base.errors import TaktnetError
from taktnet.base.names import Domain, Names
from taktnet.ledger.event import DecisionTaken
from taktnet.ledger.fact import FACT, Flag
from taktnet.network import Network
from taktnet.policy import records as r
from taktnet.policy.examine import run_events
from taktnet.policy.lower import lower
from taktnet.policy.reasons import Words
from taktnet.state import State
from taktnet.state.tables import HOUR, TOUCH_ROOM, Table

#: The source of Taktnet's own events.
OWN = "taktnet"
_FIRST = int(Flag.FIRST)


class StaleRules(TaktnetError):
    """The names that these rules were made with are gone; make the rules anew."""


@dataclass(frozen=True, slots=True)
class Step:
    """What a step did: all facts in final order, numbered, and the decisions among them.

    `facts` holds the given facts and those of the decisions, each right behind its cause.
    `decisions[i]` is event number `seqs[i]`; it lowers to exactly the facts of that number.
    """

    facts: np.ndarray
    decisions: tuple[DecisionTaken, ...]
    seqs: tuple[int, ...]


class Rules:
    """The pull rules of one network, over the names of one ledger.

    A decision on data later than its feed's own rhythm is marked stale; with `stale="wait"` it
    waits for a person. A feed is late after `stale_factor` times its usual silence, but not
    before `stale_floor_h`. After `Ledger.abandon` the rules must be made anew.
    """

    def __init__(
        self,
        network: Network,
        names: Names,
        *,
        stale: Literal["mark", "wait"] = "mark",
        stale_factor: float = 1.5,
        stale_floor_h: float = 4.0,
        tenant: str = "main",
    ) -> None:
        self.network, self.names = network, names
        self._lowered = lower(network, names)
        self._words = Words(network, names)
        self._tenant = tenant
        self._control = np.zeros(1, r.CONTROL)
        control = self._control[0]
        control["source"] = names.intern(Domain.SOURCE, OWN)
        control["tenant"] = names.intern(Domain.TENANT, tenant)
        control["floor"], control["factor"] = round(stale_floor_h * HOUR), stale_factor
        control["wait"] = int(stale == "wait")
        self._out, self._info = np.zeros(64, FACT), np.zeros(64, r.INFO)
        self._queue = np.zeros(4 * TOUCH_ROOM, r.QUEUE)
        self._known = [(d, names.count(d), names.text(d, names.count(d) - 1)) for d in Domain]

    @property
    def silent(self) -> tuple[tuple[str, str], ...]:
        """Points (site, item) with a policy for which nothing is decided: nobody supplies them."""
        return tuple(self._lowered.silent)

    @property
    def rings(self) -> tuple[tuple[str, str], ...]:
        """Points that supply themselves in a ring; nothing is decided for them."""
        return tuple(sorted(self._lowered.rings))

    def step(self, state: State, facts: np.ndarray, now: int) -> Step:
        """Fold whole events whose numbers are not given yet, and decide after each.

        `now` (microseconds since 1970 UTC) is the time of every decision and must be the recorded
        time of the facts. How events are cut into batches makes no difference. Raises StaleRules
        when names were forgotten since the rules were made.
        """
        self._check_names()
        given = np.ascontiguousarray(facts, FACT)
        if len(given) and not given["flags"][0] & _FIRST:
            raise ValueError("the facts do not begin with the first fact of an event")
        return self._run(state, given, now, ())

    def examine_all(self, state: State, now: int) -> Step:
        """Look at every point and loop of the state; what `step` has left out is decided.

        It finds nothing right after a step, but what came due by time alone (periodic review).
        """
        self._check_names()
        memory = state.memory
        whole = [(0, int(i)) for i in range(len(memory.used(Table.POINT)))]
        whole += [(1, int(i)) for i in np.flatnonzero(memory.used(Table.LOOP)["key"] >= 0)]
        return self._run(state, np.zeros(0, FACT), now, whole)

    def _check_names(self) -> None:
        for domain, count, text in self._known:
            if self.names.count(domain) < count or self.names.text(domain, count - 1) != text:
                raise StaleRules("names were forgotten since these rules were made; make new ones")

    def _run(
        self, state: State, facts: np.ndarray, now: int, queue: Iterable[tuple[int, int]]
    ) -> Step:
        entries = [(what, row, -1, 0) for what, row in queue]
        c: Any = self._control[0]
        c["now"], c["facts"], c["n"], c["i"] = now, facts.ctypes.data, len(facts), 0
        c["out_n"], c["head"], c["tail"], c["need"] = 0, 0, len(entries), 0
        c["next_ref"] = self.names.count(Domain.REF)
        self._room(state, len(facts) + 16, len(entries))
        self._queue[: len(entries)] = entries
        self._lowered.reach(now)
        control = self._control.ctypes.data
        rules = self._lowered.memory.address
        while run_events(state.memory.address, rules, control) == 0:
            self._room(state, int(c["out_n"]) + int(c["need"]), int(c["tail"]))
            state.grow(int(c["need"]))
        out = self._out[: int(c["out_n"])].copy()
        return self._told(out) if len(out) > len(facts) else Step(out, (), ())

    def _room(self, state: State, facts: int, queued: int) -> None:
        """Room for so many facts out and points queued; what was written before stays."""
        size = len(self._out)
        while size < facts:
            size *= 2
        if size > len(self._out):
            out, info = np.zeros(size, FACT), np.zeros(size, r.INFO)
            out[: len(self._out)], info[: len(self._info)] = self._out, self._info
            self._out, self._info = out, info
        everything = len(state.memory.used(Table.POINT)) + len(state.memory.used(Table.LOOP))
        while len(self._queue) < queued + everything + 2 * TOUCH_ROOM:
            self._queue = np.concatenate([self._queue, np.zeros_like(self._queue)])
        c: Any = self._control[0]
        c["out"], c["out_room"] = self._out.ctypes.data, len(self._out)
        c["info"] = self._info.ctypes.data
        c["queue"], c["queue_room"] = self._queue.ctypes.data, len(self._queue)

    def _told(self, out: np.ndarray) -> Step:
        """The events of the decisions; their names get the ids that were kept for them."""
        own = int(self._control[0]["source"])
        taken = (out["kind"] == r.DECISION) & (out["source"] == own)
        starts = np.flatnonzero(taken & (out["flags"] & _FIRST != 0)).tolist()
        events: list[DecisionTaken] = []
        for at in starts:
            event = self._words.decision(out, self._info, at, self._tenant)
            id_ = self.names.intern(Domain.REF, event.decision)
            assert id_ == out["ref"][at], "the id kept for a decision went to another name"
            events.append(event)
        return Step(out, tuple(events), tuple(out["seq"][starts].tolist()))
