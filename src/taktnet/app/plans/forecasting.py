"""What a forecast of a tower rests on: lead times, likeness, working days, overrides on record."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import numpy as np

from taktnet.app.plans.demand import Demand
from taktnet.kpi.book import number, standing
from taktnet.learn.likeness import Attributes
from taktnet.learn.panel import DAYS, Floats, Key, Panel
from taktnet.learn.value import Added, Override, added
from taktnet.ledger import event as e
from taktnet.ledger.fact import FACT
from taktnet.ledger.ledger import Ledger
from taktnet.network import Network

_OVERRIDDEN = number(e.ForecastOverridden)


def lead_days(network: Network, key: Key) -> float:
    """Mean days from an order to its receipt where the stock is kept; 0 where nobody says."""
    hours = [
        s.prep_h + network.lane(s.lane).transit_h + network.lane(s.lane).customs_h
        for s in network.sources_of(key.site, key.item)
        if s.role == "primary"
    ]
    return max(hours, default=0.0) / 24


def spans(network: Network, panel: Panel, review: int) -> tuple[int, ...]:
    """Whole periods that stock has to last: lead time and review, at most a third of history."""
    most = max(1, panel.periods // 3)
    days = DAYS[panel.step]
    needs = (math.ceil(lead_days(network, k) / days - 1e-9) + review for k in panel.keys)
    return tuple(max(1, min(most, n)) for n in needs)


def attributes(network: Network, panel: Panel) -> list[Attributes]:
    """What makes items alike: unit, cost, weight and container, and the site that sells them."""
    known = {item.id: item for item in network.items}
    told: list[Attributes] = []
    for key in panel.keys:
        one = known.get(key.item)
        own: dict[str, str | float] = {"site": key.site}
        if one is not None and one.family:
            own["family"] = one.family
        if one is not None:
            own |= {
                "unit": one.unit, "cost": math.log1p(one.cost), "weight": math.log1p(one.weight_kg),
                "container": math.log1p(one.container_qty or 0.0),
            }  # fmt: skip
        told.append(own)
    return told


def grouped(network: Network, panel: Panel) -> Panel:
    """The panel with series of one unit in a group: only like quantities lend strength."""
    units = {item.id: item.unit for item in network.items}
    return replace(panel, groups=tuple(units.get(k.item, "") for k in panel.keys))


def working_days(network: Network, panel: Panel, ahead: int) -> Floats:
    """Working days of each period at the series' site, known ahead from its calendar."""
    days: dict[str, Floats] = {}
    periods = panel.periods + ahead
    starts = [panel.day(k) for k in range(periods + 1)]
    known = {site.id for site in network.sites}
    for site in dict.fromkeys(k.site for k in panel.keys):
        row = np.zeros(periods)
        if site in known:
            hours = network.working_time(site)
            for k in range(periods):
                length = (starts[k + 1] - starts[k]).days
                span = (starts[k] + timedelta(days=d) for d in range(length))
                row[k] = sum(hours.works_on(day) for day in span)
        days[site] = row
    return np.stack([days[k.site] for k in panel.keys])


def families(network: Network) -> dict[str, str]:
    """The family of every item that has one."""
    return {item.id: item.family for item in network.items if item.family}


def driven(network: Network, panel: Panel, ahead: int) -> dict[str, Floats]:
    """Every driver of the network as its mean over each period, (series, periods + ahead).

    Of a driver's rows those count that name the series most closely: site and item, item, site,
    any. A value holds until the next; before the first it is 0.
    """
    rows: defaultdict[tuple[str, str, str], dict[int, float]] = defaultdict(dict)
    for row in network.drivers:
        rows[row.name, row.site, row.item][row.day.toordinal()] = row.value
    edges = np.array([panel.day(k).toordinal() for k in range(panel.periods + ahead + 1)])
    curves = {place: _mean_of_steps(told, edges) for place, told in rows.items()}
    none = np.zeros(panel.periods + ahead)
    told: dict[str, Floats] = {}
    for name in dict.fromkeys(row.name for row in network.drivers):
        told[name] = np.stack([
            next(
                (curves[name, *place] for place in
                 ((k.site, k.item), ("", k.item), (k.site, ""), ("", ""))
                 if (name, *place) in curves),
                none,
            )
            for k in panel.keys
        ])  # fmt: skip
    return told


def _mean_of_steps(told: dict[int, float], edges: Floats) -> Floats:
    """The mean between edges of a value that holds from each day (ordinal) until the next."""
    days = np.array(sorted(told))
    values = np.array([told[int(d)] for d in days])
    area = np.concatenate([[0.0], np.cumsum(np.diff(days) * values[:-1])])
    at = np.searchsorted(days, edges, side="right") - 1
    upto = np.where(at >= 0, area[at] + values[at] * (edges - days[at]), 0.0)
    return np.diff(upto) / np.diff(edges)


def overrides(ledger: Ledger, network: Network) -> tuple[Override, ...]:
    """People's forecasts on record that stand, oldest first, in local days of their sites."""
    parts = (part[part["kind"] == _OVERRIDDEN] for part in ledger.facts())
    facts = np.concatenate([np.empty(0, FACT), *parts])
    facts = facts[standing(facts)]
    zones = {site.id: ZoneInfo(site.zone) for site in network.sites}
    told: list[Override] = []
    for seq in facts["seq"].tolist():
        (row,) = ledger.read(seq - 1, 1)
        x = row.event
        assert isinstance(x, e.ForecastOverridden)
        start = x.start.astimezone(zones.get(x.site, ZoneInfo("UTC"))).date()
        told.append(
            Override(Key(x.item, x.site), start, max(1, round(x.days)), x.qty, x.statistical, x.by,
                     x.reason, x.id)
        )  # fmt: skip
    return tuple(told)


def value_added(known: Demand, made: tuple[Override, ...]) -> Added:
    """What the overrides whose days are over were worth."""
    return added(made, [known.between(o.key, o.start, o.end) for o in made])
