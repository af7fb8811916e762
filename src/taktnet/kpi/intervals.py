"""Sets of time as sorted, disjoint spans (start, end) in microseconds."""

from __future__ import annotations

from collections.abc import Iterable

Span = tuple[int, int]


def merged(spans: Iterable[Span]) -> list[Span]:
    """The union: overlapping and touching spans become one, empty ones vanish."""
    out: list[Span] = []
    for start, end in sorted(spans):
        if end <= start:
            continue
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        else:
            out.append((start, end))
    return out


def cut(spans: Iterable[Span], start: int, end: int) -> list[Span]:
    """The part within [start, end)."""
    return [(max(a, start), min(b, end)) for a, b in spans if a < end and b > start]


def common(left: list[Span], right: list[Span]) -> list[Span]:
    """The intersection of two unions."""
    out: list[Span] = []
    i = j = 0
    while i < len(left) and j < len(right):
        start = max(left[i][0], right[j][0])
        end = min(left[i][1], right[j][1])
        if start < end:
            out.append((start, end))
        if left[i][1] < right[j][1]:
            i += 1
        else:
            j += 1
    return out


def length(spans: Iterable[Span]) -> int:
    """Total time of disjoint spans."""
    return sum(end - start for start, end in spans)
