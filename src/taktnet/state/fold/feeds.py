"""The rhythm of what is heard: per source system and site, how long its silences usually are.

Gaps between business times are sorted into buckets of doubling length, each with the time spent
in them. A silence is usual when 95 % of the time observed so far fell into gaps no longer than
it; so nights and week-ends are usual where they are, and a feed that never pauses is soon late.
"""

from __future__ import annotations

from typing import Any

from taktnet.state import tables as t
from taktnet.state.fold.records import FEED, feed_at
from taktnet.state.memory import ROWS, bits, kernel, pair, peek, poke, put, word

RHYTHM, RHYTHM_SIZE = int(t.Table.RHYTHM), t.RHYTHM.itemsize
BUCKETS, SECOND = t.BUCKETS, t.SECOND
#: Time after which the past counts half.
FADE_S = 90 * 86_400
#: Gaps below this are one class.
SHORT_S = 64
#: Gaps to be heard before a rhythm is known.
LEARN = 20


@kernel
def heard(x: int, f: Any, guess: int) -> int:
    """Note that a fact came; returns its feed's row plus one. `guess` is where it may be."""
    key = pair(f.source, f.site)
    row = guess - 1
    if row < 0 or feed_at(x, row).key != key:
        row = put(x, FEED, key)
    feed = feed_at(x, row)
    at = min(f.at, f.recorded)
    if feed.events == 0:
        feed.system, feed.site, feed.last = f.source, f.site, at
    elif at > feed.last:
        seconds = (at - feed.last) // SECOND
        if seconds < SHORT_S:
            feed.time += seconds
            feed.short_time += seconds
            feed.short_gaps += 1
        else:
            add_gap(x, row, seconds)
        feed.last = at
    feed.heard = max(feed.heard, f.recorded)
    feed.events += 1
    return row + 1


@kernel
def add_gap(x: int, row: int, seconds: int) -> None:
    """Add a gap to the rhythm of a feed, and let the past fade."""
    bucket = min(bits(seconds) - 1, BUCKETS - 1)
    base = word(x, RHYTHM, ROWS) + row * RHYTHM_SIZE
    at = base + bucket * 16
    poke(at, peek(at) + seconds)
    poke(at + 8, peek(at + 8) + 1)
    feed = feed_at(x, row)
    feed.time += seconds
    if feed.time > FADE_S:
        feed.short_time //= 2
        feed.short_gaps = (feed.short_gaps + 1) // 2
        feed.time = feed.short_time
        for b in range(BUCKETS):
            poke(base + b * 16, (peek(base + b * 16) + 1) // 2)
            poke(base + b * 16 + 8, (peek(base + b * 16 + 8) + 1) // 2)
            feed.time += peek(base + b * 16)


@kernel
def usual_gap(x: int, row: int) -> int:
    """Microseconds of the longest usual silence of a feed; 0 while too little was heard."""
    base, feed = word(x, RHYTHM, ROWS) + row * RHYTHM_SIZE, feed_at(x, row)
    gaps = feed.short_gaps
    for b in range(BUCKETS):
        gaps += peek(base + b * 16 + 8)
    if gaps < LEARN:
        return 0
    seen, b = feed.short_time, -1
    while seen * 100 < feed.time * 95:
        b += 1
        seen += peek(base + b * 16)
    if b < 0:
        return SHORT_S * SECOND
    return peek(base + b * 16) // max(1, peek(base + b * 16 + 8)) * SECOND


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
