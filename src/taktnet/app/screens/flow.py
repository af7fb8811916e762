"""Flow: the value-stream ladder of a product, and how long goods stay where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote, urlencode

from taktnet.app.screens.desk import Desk
from taktnet.app.screens.model import Page, page_of
from taktnet.app.screens.saying import amount
from taktnet.kpi import flow as kpi_flow
from taktnet.kpi.dwell import Dwell
from taktnet.network import Network

_PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class Rung:
    """One step: goods wait (`stock`), travel (`transit`) or are worked on (`process`)."""

    kind: Literal["stock", "transit", "process"]
    place: str
    item: str
    days: float
    seconds: float = 0.0
    note: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class DwellRow:
    """How long an item stays at a place or on a lane, with both sides of Little's law.

    `qty` units left in the window; `share` is the mean stay as a share of the longest; `wip` is
    L, `little` is lambda W, equal to it where `exact`.
    """

    place: str
    way: bool
    item: str
    unit: str
    href: str
    qty: float
    mean_h: float | None
    p95_h: float | None
    share: float
    wip: float
    little: float | None
    exact: bool


@dataclass(frozen=True, slots=True)
class FlowScreen:
    """The flow screen; `pce` is a share of one."""

    products: tuple[str, ...]
    item: str
    rungs: tuple[Rung, ...]
    lead_d: float
    value_s: float
    pce: float | None
    base: str
    dwell: tuple[DwellRow, ...]
    page: Page

    @property
    def longest(self) -> Rung:
        """The rung on which goods wait longest."""
        return max(self.rungs, key=lambda r: r.days)


def products(network: Network) -> tuple[str, ...]:
    """What customers buy, then everything else that is made, each by name."""
    sold = {d.item for d in network.demand}
    made = {p.item for p in network.processes} - sold
    return (*sorted(sold), *sorted(made))


def flow_screen(
    desk: Desk,
    choices: tuple[str, ...],
    item: str,
    *,
    ladder: kpi_flow.Ladder | None,
    dwell: list[Dwell],
    page: int,
) -> FlowScreen:
    """The screen of one product, `dwell` of its stream; without a ladder it has no rungs."""
    known = sorted(dwell, key=lambda d: (-(d.mean_h or 0.0), d.place, d.item))
    most = max((d.mean_h or 0.0 for d in known), default=0.0)
    cut, where = page_of(len(known), page, _PER_PAGE)
    rows = tuple(_dwell_row(desk, d, most) for d in known[where])
    if ladder is None:
        return FlowScreen(choices, item, (), 0.0, 0.0, None, "", rows, cut)
    rungs = tuple(_rung(desk, r) for r in ladder.rungs)
    return FlowScreen(
        choices,
        item,
        rungs,
        ladder.lead_d,
        ladder.value_s,
        ladder.pce,
        ladder.time_base,
        rows,
        cut,
    )


def _site(place: str) -> str:
    return f"/sites/{quote(place, safe='')}"


def _events(subject: str) -> str:
    return f"/events?{urlencode({'ref': subject})}"


def stream_items(ladder: kpi_flow.Ladder | None, item: str) -> set[str] | None:
    """The product and the parts on its ladder; None, which is all, where there is no product."""
    if not item:
        return None
    return {item} | ({r.item for r in ladder.rungs} if ladder else set())


def _rung(desk: Desk, r: kpi_flow.Rung) -> Rung:
    place, note = r.place, ""
    if r.kind == "transit":
        lane = next((lane for lane in desk.network.lanes if lane.id == r.place), None)
        if lane is not None:
            place, note = f"{lane.origin} → {lane.destination}", lane.mode
    if r.qty and r.kind != "process":
        note = f"{amount(round(r.qty, 1))} {desk.unit(r.item)}" + (f", {note}" if note else "")
    href = _site(r.place) if r.kind == "stock" else _events(r.place)
    return Rung(r.kind, place, r.item, r.days, r.seconds, note, href)


def _dwell_row(desk: Desk, d: Dwell, most: float) -> DwellRow:
    way = d.kind == "lane"
    href = _events(d.place) if way else _site(d.place)
    share = (d.mean_h or 0.0) / most if most else 0.0
    unit = desk.unit(d.item)
    return DwellRow(
        d.place, way, d.item, unit, href, d.qty, d.mean_h, d.p95_h, share, d.wip, d.little, d.exact
    )
