"""What the pages ask for: the port between the screens and whoever renders them."""

from __future__ import annotations

from typing import Protocol

from taktnet.app.screens.find import Hit
from taktnet.app.screens.flow import FlowScreen
from taktnet.app.screens.kpi import KpiScreen
from taktnet.app.screens.lab import LabScreen
from taktnet.app.screens.log import EventScreen, LogQuery, LogScreen
from taktnet.app.screens.loops import Board
from taktnet.app.screens.model import Head
from taktnet.app.screens.overview import Overview
from taktnet.app.screens.place import ItemList, ItemPage, SiteList, SitePage
from taktnet.app.screens.signals import SignalScreen


class Screens(Protocol):
    """Every method may be called from any thread; unknown names raise `KeyError`."""

    def head(self) -> Head:
        """Where the record stands."""
        ...

    def zone(self) -> str:
        """The zone for times that belong to no site: that of the network's first plant."""
        ...

    def overview(self) -> Overview:
        """The first screen."""
        ...

    def board(self, site: str, item: str, show: str, page: int) -> Board:
        """The kanban board; `show` is "", "attention", "waiting" or "stale"."""
        ...

    def flow(self, item: str, page: int) -> FlowScreen:
        """The ladder of a product ("": the first one) and the dwell table."""
        ...

    def sites(self, kind: str, level: str, page: int) -> SiteList:
        """The list of sites."""
        ...

    def site(self, id: str) -> SitePage:
        """One site."""
        ...

    def items(self, page: int) -> ItemList:
        """The list of items."""
        ...

    def item(self, id: str) -> ItemPage:
        """One item."""
        ...

    def log(self, query: LogQuery) -> LogScreen:
        """One page of the event log."""
        ...

    def event(self, seq: int) -> EventScreen:
        """One event with its chain."""
        ...

    def signals(self, status: str, site: str, item: str, page: int) -> SignalScreen:
        """Decisions with status and reason."""
        ...

    def decision_seq(self, id: str) -> int:
        """The number of the event that recorded a decision."""
        ...

    def kpi(self, id: str, scope: str) -> KpiScreen:
        """One KPI; `scope` is "" or such as "site:OPO"."""
        ...

    def lab(self, picked: str) -> LabScreen:
        """The scenario lab; `picked` is such as "shipment:SHP-1", or "" for nothing yet."""
        ...

    def find(self, text: str) -> tuple[Hit, ...]:
        """What has `text` in its name, best first, at most twenty."""
        ...

    def answer(self, id: str, approve: bool) -> str:
        """Approve or decline a waiting decision; "" when done, else why it was not."""
        ...
