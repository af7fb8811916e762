"""The kanban board: loops by plant, their cards by status, decisions that wait for a person."""

from __future__ import annotations

from dataclasses import dataclass

from taktnet.app.screens.model import DecisionLine, LoopLine, Page

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
