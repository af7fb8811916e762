"""Decisions and what became of them."""

from __future__ import annotations

from dataclasses import dataclass

from taktnet.app.screens.model import DecisionLine, Page


@dataclass(frozen=True, slots=True)
class SignalScreen:
    """One page of decisions, newest first, with how many there are of each status."""

    rows: tuple[DecisionLine, ...]
    page: Page
    counts: tuple[tuple[str, int], ...]
    status: str
    site: str
    item: str
