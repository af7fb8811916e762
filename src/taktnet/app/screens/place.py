"""The pages of one site and of one item, and the lists of both."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from urllib.parse import urlencode

from taktnet.app.screens.desk import Desk
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
    page_of,
)
from taktnet.state.rows import Decision


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


_PER_PAGE = 50
_MOST = 100
_MOST_LOOPS = 60
_MOST_DECISIONS = 12
_WORST = ("crit", "warn", "none", "ok")


def site_list(desk: Desk, kind: str, level: str, page: int) -> SiteList:
    """The list of sites; `level` "attention" keeps those that need it."""
    stock = Counter(s.site for s in desk.stock)
    inbound = Counter(w.destination for w in desk.ways)
    outbound = Counter(w.origin for w in desk.ways)
    rows = [
        SiteRow(
            s.id, s.name, s.kind, s.country, *desk.level(s.id),
            stock[s.id], inbound[s.id], outbound[s.id],
        )
        for s in desk.network.sites
        if not kind or s.kind == kind
    ]  # fmt: skip
    if level:
        rows = [r for r in rows if r.why]
        rows.sort(key=lambda r: (_WORST.index(r.level), r.kind != "plant", r.id))
    else:
        rows.sort(key=lambda r: (r.kind != "plant", r.id))
    cut, where = page_of(len(rows), page, _PER_PAGE)
    return SiteList(tuple(rows[where]), cut, kind, level)


def _decisions(desk: Desk, fits: Callable[[Decision], bool]) -> tuple[DecisionLine, ...]:
    found = (d for d in desk.decisions if fits(d))
    return tuple(desk.line(d) for d in islice(found, _MOST_DECISIONS))


def site_page(
    desk: Desk,
    id: str,
    *,
    tiles: tuple[Tile, ...],
    pace: tuple[PaceRow, ...],
    loops: tuple[LoopLine, ...],
    troubles: tuple[Trouble, ...],
) -> SitePage:
    """Everything about one site; raises KeyError for one that nobody knows."""
    stock = [s for s in desk.stock if s.site == id]
    inbound = [w for w in desk.ways if w.destination == id]
    outbound = [w for w in desk.ways if w.origin == id]
    orders = [o for o in desk.orders if id in (o.site, o.party)]
    site = desk.sites.get(id)
    if site is None and not (stock or inbound or outbound or orders):
        raise KeyError(id)
    return SitePage(
        id,
        (site.name if site else "") or id,
        site.kind if site else "site",
        site.country if site else "not in the network",
        desk.zone(id),
        troubles,
        tiles,
        tuple(stock[:_MOST]),
        len(stock),
        tuple(inbound[:_MOST]),
        len(inbound),
        tuple(outbound[:_MOST]),
        len(outbound),
        tuple(orders[:_MOST]),
        len(orders),
        tuple(line for line in loops if id in (line.site, line.origin))[:_MOST_LOOPS],
        urlencode({"site": id}),
        _resources(desk, id),
        tuple(p for p in pace if p.site == id),
        _decisions(desk, lambda d: id in (d.site, d.origin)),
    )


def _resources(desk: Desk, site: str) -> tuple[ResourceLine, ...]:
    """Those of the site that were ever heard of, then those that only the network names."""
    known = [r for r in desk.resources if r.site == site]
    heard = {r.id for r in known}
    quiet = [
        ResourceLine(r.id, site, desk.zone(site), True, 0)
        for r in desk.network.resources_at(site)
        if r.id not in heard
    ]
    return tuple((known + quiet)[:_MOST])


def item_list(desk: Desk, page: int) -> ItemList:
    """The list of items."""
    on_hand: defaultdict[str, float] = defaultdict(float)
    transit: defaultdict[str, float] = defaultdict(float)
    open_: defaultdict[str, float] = defaultdict(float)
    for s in desk.stock:
        on_hand[s.item] += s.qty
    for w in desk.ways:
        transit[w.item] += w.qty
    for o in desk.orders:
        open_[o.item] += o.open
    items = sorted(desk.network.items, key=lambda i: i.id)
    cut, where = page_of(len(items), page, _PER_PAGE)
    rows = tuple(
        ItemRow(
            i.id, i.name, i.unit, on_hand[i.id], transit[i.id], open_[i.id], i.cost, i.currency
        )
        for i in items[where]
    )  # fmt: skip
    return ItemList(rows, cut)


def item_page(
    desk: Desk,
    id: str,
    *,
    tiles: tuple[Tile, ...],
    pace: tuple[PaceRow, ...],
    loops: tuple[LoopLine, ...],
) -> ItemPage:
    """Everything about one item; raises KeyError for one that nobody knows."""
    stock = [s for s in desk.stock if s.item == id]
    ways = [w for w in desk.ways if w.item == id]
    orders = [o for o in desk.orders if o.item == id]
    item = next((i for i in desk.network.items if i.id == id), None)
    if item is None and not (stock or ways or orders):
        raise KeyError(id)
    return ItemPage(
        id,
        (item.name if item else "") or id,
        item.unit if item else "pcs",
        item.cost if item else 0.0,
        item.currency if item else "EUR",
        item.container_qty if item else 0.0,
        tuple(sorted({line.component for line in desk.network.bom_of(id)})),
        tuple(sorted({line.parent for line in desk.network.users_of(id)})),
        sum(s.qty for s in stock),
        sum(w.qty for w in ways),
        sum(o.open for o in orders),
        tiles,
        tuple(stock[:_MOST]),
        len(stock),
        tuple(ways[:_MOST]),
        len(ways),
        tuple(orders[:_MOST]),
        len(orders),
        tuple(line for line in loops if line.item == id)[:_MOST_LOOPS],
        urlencode({"item": id}),
        tuple(p for p in pace if p.item == id and p.line),
        _decisions(desk, lambda d: d.item == id),
    )
