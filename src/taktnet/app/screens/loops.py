"""The kanban board: loops by plant, their cards by status, decisions that wait for a person."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from taktnet.app.screens.desk import Desk, us
from taktnet.app.screens.model import CardMark, DecisionLine, Level, LoopLine, Page, page_of
from taktnet.state.rows import Decision, Loop

#: Columns of the board: a card's status and what it is called.
STATUSES: tuple[tuple[str, str], ...] = (
    ("full", "Full"),
    ("empty", "Empty"),
    ("ordered", "Ordered"),
    ("in_process", "In process"),
    ("in_transit", "In transit"),
)


@dataclass(frozen=True, slots=True)
class Plant:
    """One site on the board with its loops."""

    site: str
    name: str
    loops: tuple[LoopLine, ...]


@dataclass(frozen=True, slots=True)
class Board:
    """The loops screen."""

    plants: tuple[Plant, ...]
    waiting: tuple[DecisionLine, ...]
    waiting_total: int
    total: int
    cards: int
    page: Page
    site: str
    item: str
    show: str
    sites: tuple[str, ...]
    items: tuple[str, ...]


_PLANTS_A_PAGE = 12
_MOST_WAITING = 20
_MOST_CHOICES = 400
_MOST_MARKS = 16


def loop_lines(desk: Desk) -> tuple[LoopLine, ...]:
    """Every loop with its cards; cards without names stand under the loop's own name."""
    named: defaultdict[str, defaultdict[str, list[CardMark]]]
    named = defaultdict(lambda: defaultdict(list))
    for card in desk.state.cards():
        named[card.loop][card.status].append(CardMark(card.card, card.status, us(card.since)))
    waiting: defaultdict[str, list[Decision]] = defaultdict(list)
    for decision in desk.waiting:
        waiting[decision.loop].append(decision)
    declared = {loop.id: loop for loop in desk.network.loops}
    closed = {c.name for c in desk.closed}
    lines = []
    for row in desk.state.loops(desk.network):
        about = declared.get(row.loop)
        marks = named.get(row.loop, {})
        counts = {status: int(getattr(row, status)) for status, _ in STATUSES}
        cards = {
            status: _marks(row.loop, status, count, marks.get(status, []))
            for status, count in counts.items()
        }
        stale = row.site in desk.stale_sites
        shut = _closed(about, row, closed)
        lines.append(
            LoopLine(
                row.loop,
                about.kind if about else "",
                row.site,
                about.origin if about else row.site,
                row.item,
                desk.zone(row.site),
                about.container_qty if about else 0.0,
                desk.unit(row.item),
                row.issued,
                counts,
                cards,
                stale,
                _level(row, stale or bool(shut)),
                tuple(desk.line(d) for d in waiting.get(row.loop, ())),
                shut,
            )
        )
    return tuple(lines)


def _closed(about: Any, row: Loop, closed: set[str]) -> str:
    """What of a loop's way is closed: its origin or its lane."""
    if about is None:
        return ""
    if (about.origin or row.site) in closed:
        return f"{about.origin or row.site} closed"
    return "lane closed" if about.lane in closed else ""


def _marks(loop: str, status: str, count: int, named: list[CardMark]) -> tuple[CardMark, ...]:
    """The first cards of a status; those without a name stand under the loop's."""
    bare = CardMark(loop, status)
    return tuple((named + [bare] * max(0, count - len(named)))[:_MOST_MARKS])


def _level(row: Loop, doubt: bool) -> Level:
    if row.issued and row.full == 0 and row.empty > 0:
        return "crit"
    return "warn" if doubt or row.refused is not None else "ok"


def _wanted(line: LoopLine, site: str, item: str, show: str) -> bool:
    if site and site not in (line.site, line.origin):
        return False
    if item and item != line.item:
        return False
    return {
        "attention": line.level in ("warn", "crit") or bool(line.waiting),
        "waiting": bool(line.waiting),
        "stale": line.stale,
    }.get(show, True)


def board(
    desk: Desk, lines: tuple[LoopLine, ...], *, site: str, item: str, show: str, page: int
) -> Board:
    """The board, by consuming site; `page` counts sites."""
    groups: defaultdict[str, list[LoopLine]] = defaultdict(list)
    for line in lines:
        if _wanted(line, site, item, show):
            groups[line.site].append(line)
    plant = {s.id for s in desk.network.sites if s.kind == "plant"}
    places = sorted(groups, key=lambda s: (s not in plant, s))
    cut, where = page_of(len(groups), page, _PLANTS_A_PAGE)
    names = {s.id: (s.name or s.id) for s in desk.network.sites}
    plants = tuple(
        Plant(place, names.get(place, place), tuple(groups[place])) for place in places[where]
    )
    waiting = [d for d in desk.waiting if not site or d.site == site]
    waiting = [d for d in waiting if not item or d.item == item]
    shown = [line for group in groups.values() for line in group]
    return Board(
        plants,
        tuple(desk.line(d) for d in waiting[:_MOST_WAITING]),
        len(waiting),
        len(shown),
        sum(line.issued for line in shown),
        cut,
        site,
        item,
        show,
        tuple(sorted({line.site for line in lines})[:_MOST_CHOICES]),
        tuple(sorted({line.item for line in lines})[:_MOST_CHOICES]),
    )
