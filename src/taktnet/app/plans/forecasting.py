"""What a forecast of a tower rests on: lead times, likeness of items, working days, overrides."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import numpy as np

from taktnet.app.ids import about
from taktnet.app.plans.demand import Demand, demand
from taktnet.app.plans.view import PlanView
from taktnet.app.tower import Tower
from taktnet.base.errors import Fault, InputFaults
from taktnet.kpi.book import number, standing
from taktnet.learn.forecast import Ask, forecast
from taktnet.learn.likeness import Attributes
from taktnet.learn.panel import DAYS, Floats, Key, Panel, period_start
from taktnet.learn.value import Added, Override, added, statistical
from taktnet.ledger import event as e
from taktnet.ledger.fact import FACT, instant
from taktnet.ledger.ledger import Ledger, Receipt
from taktnet.network import Network

_OVERRIDDEN = number(e.ForecastOverridden)
SOURCE = "planner"
T = TypeVar("T")


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


def override(tower: Tower, made: Override) -> Receipt:
    """Record a person's forecast; raises TaktnetError for a site or item nobody knows."""
    network = tower.network
    site, _ = network.site(made.key.site), network.item(made.key.item)
    zone = ZoneInfo(site.zone)
    begin = instant(0).replace(
        year=made.start.year, month=made.start.month, day=made.start.day, tzinfo=zone
    )
    now = tower.clock.now()
    name = about("override:", f"{made.key.site}:{made.key.item}:{made.start}:{now}")
    event = e.ForecastOverridden(
        source=SOURCE, id=name, at=instant(now), site=site.id, tenant=tower.settings.tenant,
        zone=site.zone, item=made.key.item, start=begin, days=made.days, qty=made.qty,
        statistical=made.statistical, by=made.by, reason=made.reason.strip(),
    )  # fmt: skip
    (receipt,) = tower.ingest([event])
    return receipt


def override_asked(tower: Tower, given: Mapping[str, str]) -> dict[str, Any]:
    """Record an override given in texts: site, item, start, days, qty, reason, by.

    What the statistics say of those days is worked out here, so that its worth can be measured.
    Raises InputFaults for all that is wrong, TaktnetError where there is no forecast to replace.
    """
    made = _asked(given)
    tower.network.site(made.key.site)
    tower.network.item(made.key.item)
    view = PlanView.of(tower)
    said = _statistics(view, made)
    told = override(tower, replace(made, statistical=round(said, 6)))
    return {"id": told.id, "seq": told.seq, "qty": made.qty, "statistical": round(said, 4)}


def _asked(given: Mapping[str, str]) -> Override:
    faults: list[Fault] = []

    def take(name: str, parse: Callable[[str], T], wanted: str, usual: T) -> T:
        try:
            return parse(str(given.get(name, "")).strip())
        except (ValueError, KeyError):
            found = repr(str(given.get(name, ""))[:100])
            faults.append(Fault("override", 0, name, found, wanted))
            return usual

    def words(most: int) -> Callable[[str], str]:
        def check(text: str) -> str:
            if not 1 <= len(text) <= most:
                raise ValueError(text)
            return text

        return check

    def number(low: float, high: float) -> Callable[[str], float]:
        def check(text: str) -> float:
            value = float(text)
            if not low <= value <= high:
                raise ValueError(text)
            return value

        return check

    made = Override(
        Key(take("item", words(200), "an item", "-"), take("site", words(200), "a site", "-")),
        take("start", date.fromisoformat, "a day such as 2026-04-06", date(2000, 1, 1)),
        int(take("days", number(1, 3660), "1 to 3,660 days", 1.0)),
        take("qty", number(0, 1e9), "a quantity from 0 up", 0.0),
        0.0,
        take("by", words(200), "who says so", "-"),
        take("reason", words(4000), "why people know better", "-"),
    )
    if faults:
        raise InputFaults(faults)
    return made


def _statistics(view: PlanView, made: Override) -> float:
    """What the statistical forecast says of the override's days; 0 without any history."""
    known = demand(view, made.key.site, made.key.item)
    if not known.keys:
        return 0.0
    if made.start < period_start(known.until, "day"):
        raise InputFaults(
            [Fault("override", 0, "start", made.start.isoformat(), f"{known.until} or later",
                   "Only days ahead can be forecast.")]
        )  # fmt: skip
    panel = known.panel("day")
    horizon = (made.end - panel.end).days
    if horizon > 1000:
        raise InputFaults([Fault("override", 0, "start", str(made.start), "within 1,000 days")])
    told = forecast(panel, Ask(horizon=max(1, horizon), span=spans(view.network, panel, 1)))
    return statistical(panel, told.forecasts[0].mean, made.start, made.days)
