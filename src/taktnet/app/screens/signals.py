"""Decisions and what became of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from taktnet.app.screens.desk import Desk
from taktnet.app.screens.model import DecisionLine, Page, page_of
from taktnet.state.views import STATUSES


@dataclass(frozen=True, slots=True)
class SignalScreen:
    """One page of decisions, newest first, with how many there are of each status."""

    rows: tuple[DecisionLine, ...]
    page: Page
    counts: tuple[tuple[str, int], ...]
    status: str
    site: str
    item: str


_PER_PAGE = 50


def signal_screen(desk: Desk, status: str, site: str, item: str, page: int) -> SignalScreen:
    """One page of decisions."""
    fits = [
        d
        for d in desk.decisions
        if (not site or site in (d.site, d.origin)) and (not item or d.item == item)
    ]
    counts = Counter(d.status for d in fits)
    rows = [d for d in fits if not status or d.status == status]
    cut, where = page_of(len(rows), page, _PER_PAGE)
    listed = tuple((s, counts[s]) for s in STATUSES if counts[s] or s == status)
    return SignalScreen(tuple(desk.line(d) for d in rows[where]), cut, listed, status, site, item)
