"""Every screen of a tower: one desk per row of the ledger, dear parts kept for a while."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, partial
from threading import Lock
from typing import Any

from taktnet.app import history, reports
from taktnet.app import signals as decisions
from taktnet.app.reports import TaktReport
from taktnet.app.screens import flow as flows
from taktnet.app.screens import log
from taktnet.app.screens.desk import Desk, Reasons
from taktnet.app.screens.find import Hit, find
from taktnet.app.screens.kept import Kept
from taktnet.app.screens.kpi import KpiScreen, kpi_screen
from taktnet.app.screens.lab import LabScreen, lab_screen
from taktnet.app.screens.loops import Board, board, loop_lines
from taktnet.app.screens.model import Head, LoopLine, PaceRow, Tile, Trouble
from taktnet.app.screens.overview import Overview, overview
from taktnet.app.screens.pace import pace_rows
from taktnet.app.screens.place import (
    ItemList,
    ItemPage,
    SiteList,
    SitePage,
    item_list,
    item_page,
    site_list,
    site_page,
)
from taktnet.app.screens.signals import SignalScreen, signal_screen
from taktnet.app.screens.tiles import tiles
from taktnet.app.screens.trouble import gathered, troubles, troubles_of
from taktnet.app.tower import Tower
from taktnet.base.errors import TaktnetError
from taktnet.kpi.definition import Dimension, KpiValue
from taktnet.kpi.dwell import Dwell, dwell
from taktnet.kpi.flow import Ladder, value_stream
from taktnet.kpi.kpis import Kpis
from taktnet.network import Network
from taktnet.state import State

_FRESH_US = 2_000_000  # ages on a desk may be this old while nothing happens
_PERSON = "planner (web)"


class Sight:
    """A desk with what several of its screens show, each made once."""

    def __init__(self, desk: Desk, pace: tuple[PaceRow, ...]) -> None:
        self.desk, self.pace = desk, pace

    @cached_property
    def loops(self) -> tuple[LoopLine, ...]:
        """Every loop."""
        return loop_lines(self.desk)

    @cached_property
    def troubles(self) -> tuple[Trouble, ...]:
        """Every open exception."""
        return troubles(self.desk, self.pace)

    @cached_property
    def gathered(self) -> tuple[Trouble, ...]:
        """Every open exception, late feeds together."""
        return gathered(self.troubles)


class TowerScreens:
    """`port.Screens` over a tower. `targets` are declared goals in display units, by KPI."""

    def __init__(self, tower: Tower, targets: Mapping[str, float] | None = None) -> None:
        self._tower, self._targets = tower, dict(targets or {})
        self._reasons = Reasons(tower.ledger, tower.settings.tenant)
        self._lock = Lock()
        self._last: Sight | None = None
        self._paced: tuple[TaktReport, tuple[PaceRow, ...]] | None = None
        self._kpis = Kept(2.0)
        self._reports = Kept(5.0)

    def _moment(self) -> tuple[State, Network, int]:
        """State, network and time that the screens show."""
        return self._tower.state(), self._tower.network, self._tower.clock.now()

    def _network(self) -> Network:
        return self._tower.network

    def _covered(self) -> history.Sight:
        """Which rows of the ledger the screens show."""
        return history.Sight(self._tower.parts)

    def _sight(self) -> Sight:
        state, network, now = self._moment()
        pace = self._pace()
        with self._lock:
            last = self._last
            if (
                last is None
                or last.desk.state.seq != state.seq
                or last.desk.network is not network
                or last.pace is not pace
                or not 0 <= now - last.desk.now < _FRESH_US
            ):
                last = self._last = Sight(Desk(state, network, now, self._reasons), pace)
            return last

    def _report(self, by: Dimension, key: str = "") -> list[KpiValue]:
        """28 days of every KPI (or one) with a point a day; by members without points, as dear."""
        how: dict[str, Any] = {"by": by, "step": "day" if by == "network" else "none"}
        how |= {"keys": (key,)} if key else {}
        make = partial(reports.kpis_of, self._covered(), 28.0, **how)
        return self._kpis.get((by, key), make)

    def _tiles(self, by: Dimension = "network", name: str = "") -> tuple[Tile, ...]:
        return tiles(self._report(by), self._targets, name)

    def _takt(self) -> TaktReport:
        return self._reports.get("takt", partial(reports.takt_of, self._covered()))

    def _pace(self) -> tuple[PaceRow, ...]:
        report, network = self._takt(), self._network()
        with self._lock:
            if self._paced is None or self._paced[0] is not report:
                self._paced = report, pace_rows(report.pace, network)
            return self._paced[1]

    def head(self) -> Head:
        """Where the record stands."""
        sight = self._sight()
        desk = sight.desk
        name = self._tower.parts.place.name if self._tower.parts.place else "Tower in memory"
        return Head(
            desk.state.seq,
            desk.now,
            name,
            len(desk.network.sites),
            len(desk.waiting),
            len(sight.gathered),
        )

    def zone(self) -> str:
        """The zone of the first plant."""
        sites = self._network().sites
        return next((s.zone for s in sites if s.kind == "plant"), "UTC")

    def overview(self) -> Overview:
        """The first screen."""
        sight = self._sight()
        return overview(sight.desk, self._tiles(), sight.pace, sight.gathered)

    def board(self, site: str, item: str, show: str, page: int) -> Board:
        """The kanban board."""
        sight = self._sight()
        return board(sight.desk, sight.loops, site=site, item=item, show=show, page=page)

    def flow(self, item: str, page: int) -> flows.FlowScreen:
        """Ladder and dwell."""
        desk = self._sight().desk
        products = flows.products(desk.network)
        wanted = item or (products[0] if products else "")
        if item and item not in desk.units:
            raise KeyError(item)

        def make() -> tuple[Ladder | None, list[Dwell]]:
            takt = self._takt()
            start = takt.end - 4 * (takt.end - takt.start)

            def read(kpis: Kpis) -> tuple[Ladder | None, list[Dwell]]:
                ladder = value_stream(kpis, takt.takt, wanted, now=takt.end)
                return ladder, dwell(kpis, start, takt.end, flows.stream_items(ladder, wanted))

            return self._covered().look(read)

        ladder, stays = self._reports.get(("flow", wanted), make)
        return flows.flow_screen(desk, products, wanted, ladder=ladder, dwell=stays, page=page)

    def sites(self, kind: str, level: str, page: int) -> SiteList:
        """The list of sites."""
        return site_list(self._sight().desk, kind, level, page)

    def site(self, id: str) -> SitePage:
        """One site."""
        sight = self._sight()
        return site_page(
            sight.desk,
            id,
            tiles=self._tiles("site", id),
            pace=sight.pace,
            loops=sight.loops,
            troubles=troubles_of(sight.troubles, id),
        )

    def items(self, page: int) -> ItemList:
        """The list of items."""
        return item_list(self._sight().desk, page)

    def item(self, id: str) -> ItemPage:
        """One item."""
        sight = self._sight()
        return item_page(
            sight.desk,
            id,
            tiles=self._tiles("item", id),
            pace=sight.pace,
            loops=sight.loops,
        )

    def log(self, query: log.LogQuery) -> log.LogScreen:
        """One page of the event log."""
        return log.log_screen(self._sight().desk, self._tower.ledger, self._covered(), query)

    def event(self, seq: int) -> log.EventScreen:
        """One event with its chain."""
        return log.event_screen(self._sight().desk, self._tower.ledger, self._covered(), seq)

    def signals(self, status: str, site: str, item: str, page: int) -> SignalScreen:
        """Decisions with status and reason."""
        return signal_screen(self._sight().desk, status, site, item, page)

    def decision_seq(self, id: str) -> int:
        """The row of a decision."""
        seq, _ = self._reasons.of(id)
        if not seq:
            raise KeyError(id)
        return seq

    def kpi(self, id: str, scope: str) -> KpiScreen:
        """One KPI."""

        def report(by: Dimension) -> list[KpiValue]:
            return self._report(by, "" if by == "network" else id)

        return kpi_screen(id, scope, report, self._targets)

    def lab(self, picked: str) -> LabScreen:
        """The scenario lab."""
        return lab_screen(self._sight().desk, self._tower.parts, picked)

    def find(self, text: str) -> tuple[Hit, ...]:
        """What has `text` in its name."""
        return find(self._sight().desk, self._tower.names, self._covered(), text)

    def answer(self, id: str, approve: bool) -> str:
        """Record a person's answer to a waiting decision."""
        try:
            decisions.respond(self._tower.parts, id, _PERSON, declined=not approve)
        except decisions.UnknownDecision as unknown:
            raise KeyError(id) from unknown
        except TaktnetError as refused:
            return str(refused)
        return ""
