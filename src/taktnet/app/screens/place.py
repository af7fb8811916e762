"""The pages of one site and of one item, and the lists of both."""

from __future__ import annotations

from dataclasses import dataclass

from taktnet.app.screens.model import (
    DecisionLine,
    Level,
    LoopLine,
    OrderLine,
    PaceRow,
    Page,
    ResourceLine,
    StockLine,
    Tile,
    Trouble,
    Way,
)


@dataclass(frozen=True, slots=True)
class SiteRow:
    """One site in the list."""

    id: str
    name: str
    kind: str
    country: str
    level: Level
    why: str
    stock: int
    inbound: int
    outbound: int


@dataclass(frozen=True, slots=True)
class SiteList:
    """The list of sites."""

    rows: tuple[SiteRow, ...]
    page: Page
    kind: str
    level: str


@dataclass(frozen=True, slots=True)
class SitePage:
    """Everything about one site; long lists are cut and say so by their totals."""

    id: str
    name: str
    kind: str
    country: str
    zone: str
    troubles: tuple[Trouble, ...]
    tiles: tuple[Tile, ...]
    stock: tuple[StockLine, ...]
    stock_total: int
    inbound: tuple[Way, ...]
    inbound_total: int
    outbound: tuple[Way, ...]
    outbound_total: int
    orders: tuple[OrderLine, ...]
    orders_total: int
    loops: tuple[LoopLine, ...]
    loops_query: str
    resources: tuple[ResourceLine, ...]
    pace: tuple[PaceRow, ...]
    decisions: tuple[DecisionLine, ...]
    pace_site: bool = False


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One item in the list."""

    id: str
    name: str
    unit: str
    on_hand: float
    transit: float
    open: float
    cost: float
    currency: str

    @property
    def value(self) -> float:
        """Stock on hand at standard cost."""
        return self.on_hand * self.cost


@dataclass(frozen=True, slots=True)
class ItemList:
    """The list of items."""

    rows: tuple[ItemRow, ...]
    page: Page


@dataclass(frozen=True, slots=True)
class ItemPage:
    """Everything about one item."""

    id: str
    name: str
    unit: str
    cost: float
    currency: str
    container: float
    components: tuple[str, ...]
    parents: tuple[str, ...]
    on_hand: float
    transit: float
    open: float
    tiles: tuple[Tile, ...]
    stock: tuple[StockLine, ...]
    stock_total: int
    ways: tuple[Way, ...]
    ways_total: int
    orders: tuple[OrderLine, ...]
    orders_total: int
    loops: tuple[LoopLine, ...]
    loops_query: str
    pace: tuple[PaceRow, ...]
    decisions: tuple[DecisionLine, ...]
    pace_site: bool = True
