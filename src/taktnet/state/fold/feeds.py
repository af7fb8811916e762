"""The rhythm of what is heard: per source system and site, how long its silences usually are.

Gaps between business times are sorted into buckets of doubling length, each with the time spent
in them. A silence is usual when 95 % of the time observed so far fell into gaps no longer than
it; so nights and week-ends are usual where they are, and a feed that never pauses is soon late.
"""

from __future__ import annotations

from typing import Any

from taktnet.state import tables as t
from taktnet.state.fold.records import FEED, feed_at, head_at
from taktnet.state.memory import ROWS, kernel, pair, peek, poke, put, word

RHYTHM, RHYTHM_SIZE = int(t.Table.RHYTHM), t.RHYTHM.itemsize
BUCKETS, SECOND = t.BUCKETS, t.SECOND
#: Time after which the past counts half.
FADE_S = 90 * 86_400
#: A gap from which on it is looked whether the past must fade.
FADE_CHECK_S = 3_600
#: Gaps below this are one class.
SHORT_S = 64
#: Gaps to be heard before a rhythm is known.
LEARN = 20


@kernel
def heard(x: int, f: Any) -> int:
    """Note that a fact came; returns its feed's row plus one."""
    h = head_at(x, 0)
    key = pair(f.source, f.site)
    if h.feed_row > 0 and h.feed_key == key:
        row = h.feed_row - 1
    else:
        row = put(x, FEED, key)
        h.feed_key, h.feed_row = key, row + 1
    feed = feed_at(x, row)
    at = min(f.at, f.recorded)
    if feed.events == 0:
        feed.system, feed.site, feed.last = f.source, f.site, at
    elif at > feed.last:
        seconds = (at - feed.last) // SECOND
        if seconds < SHORT_S:
            feed.short_time += seconds
            feed.short_gaps += 1
        else:
            add_gap(x, row, seconds)
        feed.last = at
    feed.heard = max(feed.heard, f.recorded)
    feed.events += 1
    return row + 1


@kernel
def spent(x: int, row: int) -> int:
    """Seconds observed of a feed."""
    total = feed_at(x, row).short_time
    base = word(x, RHYTHM, ROWS) + row * RHYTHM_SIZE
    for b in range(BUCKETS):
        total += peek(base + b * 8)
    return total


@kernel
def add_gap(x: int, row: int, seconds: int) -> None:
    """Add a gap to the rhythm of a feed, and let the past fade."""
    bucket = 0
    while (seconds >> bucket) > 1 and bucket < BUCKETS - 1:
        bucket += 1
    base = word(x, RHYTHM, ROWS) + row * RHYTHM_SIZE
    poke(base + bucket * 8, peek(base + bucket * 8) + seconds)
    number = base + (BUCKETS + bucket) * 8
    poke(number, peek(number) + 1)
    if seconds >= FADE_CHECK_S and spent(x, row) > FADE_S:
        feed = feed_at(x, row)
        feed.short_time //= 2
        feed.short_gaps = (feed.short_gaps + 1) // 2
        for b in range(2 * BUCKETS):
            poke(base + b * 8, (peek(base + b * 8) + 1) // 2)


@kernel
def usual_gap(x: int, row: int) -> int:
    """Microseconds of the longest usual silence of a feed; 0 while too little was heard."""
    base, feed = word(x, RHYTHM, ROWS) + row * RHYTHM_SIZE, feed_at(x, row)
    gaps = feed.short_gaps
    for b in range(BUCKETS):
        gaps += peek(base + (BUCKETS + b) * 8)
    if gaps < LEARN:
        return 0
    total, seen, b = spent(x, row), feed.short_time, 0
    if seen * 100 >= total * 95:
        return SHORT_S * SECOND
    while seen * 100 < total * 95:
        seen += peek(base + b * 8)
        b += 1
    return peek(base + (b - 1) * 8) // max(1, peek(base + (BUCKETS + b - 1) * 8)) * SECOND


@kernel
def allowed_gap(x: int, row: int, factor: float, floor: int) -> int:
    """Microseconds of silence after which a feed is late: `factor` times the usual, no less than
    `floor`; four times `floor` while its rhythm is not known."""
    usual = usual_gap(x, row)
    if usual == 0:
        return 4 * floor
    return max(floor, int(usual * factor))


@kernel
def is_late(x: int, feed: int, now: int, factor: float, floor: int) -> bool:
    """Whether a feed (row plus one) is later than its rhythm; data never heard of are late."""
    if feed == 0:
        return True
    return now - feed_at(x, feed - 1).last > allowed_gap(x, feed - 1, factor, floor)
