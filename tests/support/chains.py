"""Networks in small for tests of the pull, and a live chain of events and decisions on them."""

from __future__ import annotations

from typing import Any

import numpy as np

from support.plants import START_US, Plants
from taktnet.ledger.event import DecisionTaken
from taktnet.network import Network
from taktnet.network.components import Item, Lane, Loop, Process, Resource, Site, Source, StockPoint
from taktnet.policy import Rules, Step

_PLACES = {
    "CUST": ("customer", "Berlin", "Europe/Berlin", ""),
    "OPO": ("plant", "Porto", "Europe/Lisbon", "Takt SA"),
    "KRK": ("plant", "Krakow", "Europe/Warsaw", "Takt SA"),
    "PUN": ("supplier", "Pune", "Asia/Kolkata", ""),
    "OSA": ("supplier", "Osaka", "Asia/Tokyo", ""),
}


def network(**tables: Any) -> Network:
    """Five places, one item in containers of 40, lanes of whole hours; the rest as told."""
    base = {
        "sites": tuple(
            Site(id=key, name=name, kind=kind, latitude=0.0, longitude=0.0, country="PT",
                 zone=zone, company=company)
            for key, (kind, name, zone, company) in _PLACES.items()
        ),
        "items": (Item(id="CELL", cost=1.0, container_qty=40.0),),
        "lanes": (
            Lane(id="OC", origin="OPO", destination="CUST", transit_h=10.0, window_h=4.0),
            Lane(id="KO", origin="KRK", destination="OPO", transit_h=30.0, window_h=8.0),
            Lane(id="PK", origin="PUN", destination="KRK", transit_h=300.0),
            Lane(id="SK", origin="OSA", destination="KRK", transit_h=400.0),
        ),
        "resources": (Resource(id="LINE", site="KRK"),),
        "processes": (
            Process(site="KRK", item="CELL", resource="LINE", cycle_s=60.0, setup_s=600.0),
        ),
    }  # fmt: skip
    return Network(**{**base, **tables})


def kanban(kind: str = "withdrawal", **fields: Any) -> Loop:
    """A loop of 8 cards of 40 from Krakow to Porto, unless told otherwise."""
    base = {"id": "L", "site": "OPO", "item": "CELL", "origin": "KRK", "lane": "KO", "cards": 8}
    return Loop(**{**base, "kind": kind, "container_qty": 40.0, **fields})


def point(policy: str, site: str = "KRK", **fields: Any) -> StockPoint:
    """A stocking point of the item."""
    return StockPoint(site=site, item="CELL", policy=policy, **fields)


def source(origin: str = "PUN", lane: str = "PK", **fields: Any) -> Source:
    """A source of Krakow."""
    return Source(**{"site": "KRK", "item": "CELL", "origin": origin, "lane": lane} | fields)


class Chain(Plants):
    """A state under rules: events go in, decisions come out; every decision is checked to lower
    to the very facts that were folded."""

    def __init__(self, net: Network, **settings: Any) -> None:
        super().__init__()
        self.rules = Rules(net, self.names, **settings)
        self.now = START_US
        self.facts_so_far: list[np.ndarray] = []

    def tell(self, *events: Any, now: int | None = None) -> list[DecisionTaken]:
        """Fold events as one batch; what is decided."""
        self.now = self.now if now is None else now
        return self.take(
            self.rules.step(self.state, self.lower(*events, recorded=self.now), self.now)
        )

    def look(self, now: int | None = None) -> list[DecisionTaken]:
        """Examine everything."""
        self.now = self.now if now is None else now
        return self.take(self.rules.examine_all(self.state, self.now))

    def take(self, step: Step) -> list[DecisionTaken]:
        """Keep the facts of a step and compare its decisions with them."""
        self.facts_so_far.append(step.facts)
        for decision, seq in zip(step.decisions, step.seqs, strict=True):
            mine = step.facts[step.facts["seq"] == seq].copy()
            mine["seq"] = 0
            assert self.lowering.facts(decision, self.now) == mine.tobytes()
            assert all(0 < n < seq for n in decision.evidence)
        return list(step.decisions)
