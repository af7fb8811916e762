"""As it was, and as we knew it: the state at another time, folded from the ledger."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from taktnet.app.past import Past
from taktnet.base.names import Names
from taktnet.ledger.fact import FACT, Flag, micros
from taktnet.state import State

_FIRST = int(Flag.FIRST)


def state_as_of(
    past: Past, names: Names, at: datetime | None, known: datetime | int | None
) -> State:
    """The state from events that happened up to `at` and were recorded up to `known`.

    `known` is a time or a row's number; without it everything recorded counts. Without `at` it is
    the live state as it stood then, late events in the order in which they came. With `at` events
    count by business time, so what came late but happened before stands where it belongs; such a
    state numbers its events anew.
    """
    state = State(names)
    last = known if isinstance(known, int) else None
    knew = micros(known) if isinstance(known, datetime) else None
    until = None if at is None else micros(at)
    kept: list[np.ndarray] = [np.empty(0, FACT)]
    for facts in past.facts(0, last):
        part = facts if knew is None else facts[facts["recorded"] <= knew]
        if until is None:
            state.fold(part)
        else:
            kept.append(part[part["at"] <= until])
        if len(part) < len(facts):
            break  # recorded time only rises
    if until is not None:
        state.fold(by_business_time(np.concatenate(kept)))
    return state


def by_business_time(facts: np.ndarray) -> np.ndarray:
    """The facts in the order in which they happened, numbered anew.

    What an event undoes keeps the time of what it undoes, so it may come before the event's own
    facts; each run of facts of one event and one time counts as an event.
    """
    history = facts[np.argsort(facts["at"], kind="stable")].copy()
    if not len(history):
        return history
    begins = np.ones(len(history), np.bool_)
    begins[1:] = (np.diff(history["seq"]) != 0) | (np.diff(history["at"]) != 0)
    history["flags"] = (history["flags"] & ~_FIRST) | (begins * _FIRST)
    history["seq"] = np.cumsum(begins)
    return history
