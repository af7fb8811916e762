"""Working time: spans of calendars, the hand that follows a resource's, and due times."""

from __future__ import annotations

from typing import Any

import numpy as np

from taktnet.policy.due import due_by, worked_by
from taktnet.state.memory import kernel
from taktnet.twin.engine.access import cal0_at, cal_at, leave_of, span_at


@kernel
def span(x: int, i: int) -> tuple[int, int, int]:
    """A working span: on, off, and the working time before it."""
    s = span_at(x, i)
    return s.on, s.off, s.done


@kernel
def leave(x: int, i: int) -> int:
    """The instant of a departure."""
    return leave_of(x, i)


@kernel
def hours(x: int, cal: int) -> tuple[int, int]:
    """Where a calendar's spans begin, and how many they are."""
    if cal < 0:
        return 0, 0
    s = cal0_at(x, cal)
    first: Any = np.int64(s.first)
    spans: Any = np.int64(s.spans)
    return first, spans


@kernel
def near_hours(x: int, cal: int, at: int, work: int) -> tuple[int, int]:
    """Spans from the calendar's hand on that surely hold so much work after `at`, now or later.

    Working time is never longer than the time it lies in, so a few spans mostly do.
    """
    first, spans = hours(x, cal)
    if spans == 0:
        return first, spans
    hand = min(cal_at(x, cal).cursor, spans - 1)
    first, spans, n = first + hand, spans - hand, 8
    s = span_at(x, first)
    if s.on <= at and at + work < s.off:
        return first, 1
    need = s.done + max(0, at - s.on) + work
    while n < spans:
        last = span_at(x, first + n - 1)
        if last.on >= at and last.done >= need:
            return first, n
        n *= 4
    return first, spans


#: The rules of due times (`policy.due`) over the calendars and timetables of a run.
worked = worked_by(span)
due = due_by(span, leave)


@kernel
def works(x: int, cal: int) -> bool:
    """Whether a calendar works now; -1 always does."""
    return cal < 0 or cal_at(x, cal).on != 0


@kernel
def end_of(x: int, cal: int, now: int, work: int) -> int:
    """When so much working time has passed. Beyond the last span time counts in full."""
    if cal < 0:
        return now + work
    s = cal0_at(x, cal)
    i, left = cal_at(x, cal).cursor, work
    while i < s.spans:
        span = span_at(x, s.first + i)
        start = max(now, span.on)
        if left <= span.off - start:
            return start + left
        left -= max(0, span.off - start)
        i += 1
    return max(now, span_at(x, s.first + s.spans - 1).off if s.spans > 0 else now) + left


@kernel
def work_until(x: int, cal: int, now: int, end: int) -> int:
    """Working time from now to an end that `end_of` gave."""
    if cal < 0:
        return end - now
    s = cal0_at(x, cal)
    i, total = cal_at(x, cal).cursor, 0
    while i < s.spans:
        span = span_at(x, s.first + i)
        if span.on >= end:
            return total
        total += max(0, min(end, span.off) - max(now, span.on))
        i += 1
    last = span_at(x, s.first + s.spans - 1).off if s.spans > 0 else now
    return total + max(0, end - max(now, last))
