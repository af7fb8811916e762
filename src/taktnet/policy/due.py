"""When what is ordered now is there: compiled, for the plant and for the twin alike.

Cards are collected, goods are prepared in working time of their origin (or made, in that of the
line), leave with the next departure, travel the agreed time, and are received in working time of
their destination. Each function walks over rows that only its caller knows: `span(y, i)` gives
(on, off, working time before) and `leave(y, i)` the instant of a departure, both in order, in
microseconds. Beyond the last row time counts in full.
"""

# ruff: noqa: PLR0917  (compiled functions take their arguments by position)

from __future__ import annotations

from typing import Any

import numpy as np

from taktnet.state.memory import kernel


def worked_by(span: Any) -> Any:
    """A compiled (y, first, spans, at, work) -> when so much working time has passed since `at`.

    With no work it is the next working instant; no spans: day and night.
    """

    @kernel
    def worked(y: int, first: int, spans: int, at: int, work: int) -> int:
        low, high, last = first, first + spans, first + spans
        while low < high:  # the first span that ends after `at`
            middle = (low + high) >> 1
            if span(y, middle)[1] > at:
                high = middle
            else:
                low = middle + 1
        if low == last:
            return at + work
        on, off, before = span(y, low)
        end, high = before + max(0, at - on) + work, last
        while low < high:  # the first span by whose end the work is done
            middle = (low + high) >> 1
            on, off, before = span(y, middle)
            if before + off - on >= end:
                high = middle
            else:
                low = middle + 1
        on, off, before = span(y, min(low, last - 1))
        return on + end - before

    return worked


def departs_by(leave: Any) -> Any:
    """A compiled (y, first, leaves, at) -> the first departure at or after `at`; none: at once."""

    @kernel
    def departs(y: int, first: int, leaves: int, at: int) -> int:
        low, high = first, first + leaves
        while low < high:
            middle = (low + high) >> 1
            if leave(y, middle) >= at:
                high = middle
            else:
                low = middle + 1
        return leave(y, low) if low < first + leaves else at

    return departs


def sets_out_by(leave: Any) -> Any:
    """A compiled (y, first, leaves, now, latest) -> from when on goods may set out, `now` or later.

    Just in time: they go with the last departure up to `latest`, so from the one before it on;
    where none is left, at once. Without departures at `latest`.
    """

    @kernel
    def sets_out(y: int, first: int, leaves: int, now: int, latest: int) -> int:
        if leaves == 0:
            return max(now, latest)
        low, high = first, first + leaves
        while low < high:  # the first departure after `latest`
            middle = (low + high) >> 1
            if leave(y, middle) > latest:
                high = middle
            else:
                low = middle + 1
        return max(now, leave(y, low - 2) + 1) if low - 2 >= first else now

    return sets_out


def due_by(span: Any, leave: Any) -> Any:
    """A compiled (y, now, terms, works, leaves, opens) -> when an order placed now is due.

    `terms` are the time until collection, the working time to prepare, the agreed transit, the
    millionths ordered and the working time to make one unit; the others (first, number) of rows.
    """
    worked, departs = worked_by(span), departs_by(leave)

    @kernel
    def due(y: int, now: int, terms: Any, works: Any, leaves: Any, opens: Any) -> int:
        collect, lead, transit, qty, unit_us = terms
        work = lead + np.int64(qty / 1e6 * unit_us)
        ready = worked(y, works[0], works[1], now + collect, work)
        gone = departs(y, leaves[0], leaves[1], ready)
        return worked(y, opens[0], opens[1], gone + transit, 0)

    return due
