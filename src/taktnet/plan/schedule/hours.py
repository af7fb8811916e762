"""Working minutes of a resource: spans without what is lost, and counting along them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from taktnet.plan.schedule.problem import Span


def net(spans: Sequence[Span], down: Sequence[Span]) -> tuple[Span, ...]:
    """The working spans without the stretches that are down; spans that touch are one."""
    left = list(spans)
    for a, b in down:
        left = [
            piece
            for x, y in left
            for piece in ((x, min(y, a)), (max(x, b), y))
            if piece[0] < piece[1]
        ]
    joined: list[Span] = []
    for x, y in sorted(left):
        if joined and joined[-1][1] == x:
            joined[-1] = (joined[-1][0], y)
        else:
            joined.append((x, y))
    return tuple(joined)


def next_working(spans: Sequence[Span], at: int) -> int | None:
    """The first working minute at or after `at`; None if there is none."""
    i = bisect_right(spans, at, key=lambda s: s[1])
    return max(at, spans[i][0]) if i < len(spans) else None


def add(spans: Sequence[Span], at: int, minutes: int) -> int | None:
    """When `minutes` of working time from `at` on are over; None if the shifts do not suffice."""
    i = bisect_right(spans, at, key=lambda s: s[1])
    while i < len(spans):
        low, high = spans[i]
        at = max(at, low)
        if minutes <= high - at:
            return at + minutes
        minutes -= high - at
        i += 1
    return None


def between(spans: Sequence[Span], start: int, end: int) -> int:
    """Working minutes in [start, end)."""
    return sum(max(0, min(y, end) - max(x, start)) for x, y in spans)
