"""Flow: the value-stream ladder of a product, and how long goods stay where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from taktnet.app.screens.model import Page


@dataclass(frozen=True, slots=True)
class Rung:
    """One step: goods wait (`stock`), travel (`transit`) or are worked on (`process`)."""

    kind: Literal["stock", "transit", "process"]
    place: str
    item: str
    days: float
    seconds: float = 0.0
    note: str = ""


@dataclass(frozen=True, slots=True)
class DwellRow:
    """How long an item stays at a place or on a lane, with both sides of Little's law."""

    place: str
    item: str
    href: str
    count: int
    mean_h: float | None
    p95_h: float | None
    share: float
    wip: float | None
    little: float | None


@dataclass(frozen=True, slots=True)
class FlowScreen:
    """The flow screen; `pce` is a share of one."""

    products: tuple[str, ...]
    item: str
    rungs: tuple[Rung, ...]
    lead_d: float
    value_s: float
    pce: float | None
    dwell: tuple[DwellRow, ...]
    page: Page

    @property
    def longest(self) -> Rung:
        """The rung on which goods wait longest."""
        return max(self.rungs, key=lambda r: r.days)
