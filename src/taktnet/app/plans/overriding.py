"""People's forecasts: checked, set beside what the statistics say, and recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from taktnet.app.ids import about
from taktnet.app.plans.demand import demand
from taktnet.app.plans.forecasting import spans
from taktnet.app.plans.view import PlanView
from taktnet.app.tower import Tower
from taktnet.base.errors import Fault, InputFaults
from taktnet.learn.forecast import Ask, forecast
from taktnet.learn.panel import Key
from taktnet.learn.value import Override, statistical
from taktnet.ledger import event as e
from taktnet.ledger.fact import instant
from taktnet.ledger.ledger import Receipt

SOURCE = "planner"
T = TypeVar("T")


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
        take("start", _day, "a day such as 2026-04-06", date(2000, 1, 1)),
        int(take("days", number(1, 3660), "1 to 3,660 days", 1.0)),
        take("qty", number(0, 1e9), "a quantity from 0 up", 0.0),
        0.0,
        take("by", words(200), "who says so", "-"),
        take("reason", words(4000), "why people know better", "-"),
    )
    if faults:
        raise InputFaults(faults)
    return made


def _day(text: str) -> date:
    day = date.fromisoformat(text)
    if not 1971 <= day.year <= 2199:
        raise ValueError(text)
    return day


def _statistics(view: PlanView, made: Override) -> float:
    """What the statistical forecast says of the override's days; 0 without any history."""
    known = demand(view, made.key.site, made.key.item)
    if not known.keys:
        return 0.0
    if made.start < known.until:
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
