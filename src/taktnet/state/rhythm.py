"""How late each feed may be, for the views."""

# ruff: noqa: PLR0917  (compiled functions take their arguments by position)

from __future__ import annotations

from typing import Any

from taktnet.state.entry import entry
from taktnet.state.fold.feeds import allowed_gap, usual_gap
from taktnet.state.memory import poke
from taktnet.state.stamp import STAMP


def _entry(stamp: int) -> Any:
    @entry
    def feed_limits(x: int, n: int, usual: int, allowed: int, factor: float, floor: int) -> int:
        for row in range(n):
            poke(usual + row * 8, usual_gap(x, row))
            poke(allowed + row * 8, allowed_gap(x, row, factor, floor))
        return stamp

    return feed_limits


#: (state, feeds, addresses of two int64 arrays, factor, floor in us): fills usual and allowed gap.
feed_limits = _entry(STAMP)
