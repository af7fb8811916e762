"""Working time of resources: spans of a calendar, and the hand that follows them."""

from __future__ import annotations

from taktnet.state.memory import kernel
from taktnet.twin.engine.access import cal0_at, cal_at, span_at


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
