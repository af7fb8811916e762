"""Forecasts of every item at every site, from the demand on record; approval publishes them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from taktnet.app.plans import forecasting as base
from taktnet.app.plans.demand import demand
from taktnet.app.plans.draft import Change, Draft, Figure, Line, change
from taktnet.app.plans.forecast_detail import details
from taktnet.app.plans.vertical import Asked, Option, Plays, Vertical, changed_rows
from taktnet.app.plans.view import PlanView, Progress
from taktnet.base.errors import TaktnetError
from taktnet.learn import drivers, tables
from taktnet.learn.adjust import agreed, with_newcomers
from taktnet.learn.forecast import Ask, Forecast, Outlook, forecast
from taktnet.learn.methods import DRIVEN
from taktnet.learn.panel import DAYS, Key, Panel
from taktnet.learn.reconcile import usual
from taktnet.learn.value import added, overridden
from taktnet.ledger.event import ForecastPublished
from taktnet.ledger.fact import instant
from taktnet.network import Network
from taktnet.network.network import row_key

_EVENTS = 10_000


def make(view: PlanView, asked: Asked, progress: Progress) -> Draft:
    """Forecast the demand on record, with people's overrides in place."""
    network = view.network
    known = demand(view, str(asked["site"]), str(asked["item"]))
    panel = base.grouped(network, known.panel(asked["step"]))
    ask = Ask(
        horizon=asked["horizon"], level=asked["service"] / 100, band=asked["band"] / 100,
        span=base.spans(network, panel, asked["review"]), clean=asked["clean"] == "yes",
    )  # fmt: skip
    outlook = _outlook(network, panel, ask, asked, progress)
    levels = None
    if asked["reconcile"] == "yes":
        levels = agreed(outlook, usual(panel.keys, base.families(network)), progress)
        outlook = levels.outlook
    assert view.ledger is not None
    made = base.overrides(view.ledger, network)
    final = [overridden(panel, i, f.mean, made) for i, f in enumerate(outlook.forecasts)]
    worth = base.value_added(known, made)
    more = details(network, outlook, final, made, value=worth, levels=levels)
    return _draft(view, outlook, final, asked, more)


def of_table(path: Path, asked: Asked, lead: int, progress: Progress) -> dict[str, Any]:
    """The forecast of a table of history, as the page's data; all its series are told.

    Raises InputFaults for whatever is wrong with the table, drivers unknown ahead included.
    """
    panel = _picked(tables.read(path, asked["step"]), asked)
    span = max(1, min(lead + asked["review"], panel.periods // 3))
    ask = Ask(
        horizon=asked["horizon"], level=asked["service"] / 100, band=asked["band"] / 100,
        span=span, clean=asked["clean"] == "yes",
    )  # fmt: skip
    extra = None
    if panel.drivers or asked["trees"] == "yes":
        drivers.check(panel, max(ask.horizon, span))
        extra = {DRIVEN: drivers.lightgbm}
    outlook = forecast(panel, ask, extra, progress)
    levels = None
    if asked["reconcile"] == "yes":
        levels = agreed(outlook, usual(panel.keys), progress)
        outlook = levels.outlook
    final = [f.mean for f in outlook.forecasts]
    return details(
        Network(), outlook, final, (), value=added((), ()), levels=levels, most=len(final)
    )


def _picked(panel: Panel, asked: Asked) -> Panel:
    rows = [
        i for i, k in enumerate(panel.keys)
        if asked["site"] in ("", k.site) and asked["item"] in ("", k.item)
    ]  # fmt: skip
    if not rows:
        raise TaktnetError("no series of the table is of this site and item")
    return panel.pick(np.array(rows, np.int64))


def _outlook(network: Network, panel: Panel, ask: Ask, asked: Asked, progress: Progress) -> Outlook:
    extra = None
    if asked["trees"] == "yes" or network.drivers:
        ahead = int(max(ask.horizon, *np.atleast_1d(ask.span)))
        days = base.working_days(network, panel, ahead)
        known = base.driven(network, panel, ahead)
        panel = replace(panel, drivers={"working days": days, **known})
        extra = {DRIVEN: drivers.lightgbm}
    told = forecast(panel, ask, extra, progress)
    return with_newcomers(told, base.attributes(network, panel))


def _draft(
    view: PlanView, outlook: Outlook, final: list[Any], asked: Asked, more: dict[str, Any]
) -> Draft:
    network, panel = view.network, outlook.panel
    days = DAYS[panel.step]
    rates = {f.key: float(path.mean()) / days for f, path in zip(outlook.forecasts, final,
                                                                strict=True)}  # fmt: skip
    lines = tuple(_line(network, f, rates[f.key]) for f in outlook.forecasts)
    events = _events(network, outlook, final, view.now)
    if len(events) > _EVENTS:
        raise TaktnetError(
            f"{len(events):,} forecasts to publish at once, more than {_EVENTS:,}; narrow it to "
            "a site or item, or take a shorter horizon or longer steps"
        )
    covered = next((c for c in outlook.coverage if c.what == "stock"), None)
    return Draft(
        kind="forecast",
        summary=_summary(outlook, covered),
        lines=lines,
        changes=_changes(network, rates) if asked["rates"] == "update" else (),
        events=events,
        money=_money(network, outlook),
        service=Figure(
            today=None, proposed=round(100 * covered.seen, 2), unit="%",
            means=f"Lead times that stock for {asked['service']:g} % would have covered,"
            f" over {covered.judged:,} in the backtest",
        ) if covered else None,
        assumptions=(*_measured(outlook, more), *_ASSUMED),
        position=view.position,
        details=more,
    )  # fmt: skip


_ASSUMED = (
    "The period that runs is left out; history is of whole periods only.",
    "Methods are chosen by the cost of holding and shortage over the lead time in a rolling "
    "backtest, never by their error.",
    "Coverage is measured out of sample at each moment, but over the same moments from which the "
    "method was chosen.",
)


def _measured(outlook: Outlook, more: dict[str, Any]) -> list[str]:
    """What bands covered, what drove the trees, and what people's overrides were worth."""
    told = [
        f"Measured: the {c.what} covered {100 * c.seen:.1f} % of {c.judged:,} outcomes, wanted were"
        f" {100 * c.wanted:.1f} %"
        for c in outlook.coverage
    ]
    if drivers := sorted(outlook.panel.drivers):
        told.append(f"Trees were tried with {', '.join(drivers)}; they count where they cost less")
    value, judged = more["value"]["share"], len(more["value"]["judged"])
    if value is not None:
        told.append(f"Overrides took {100 * value:.1f} % off the error, {judged} judged")
    return told


def _summary(outlook: Outlook, covered: Any) -> str:
    series = f"{len(outlook.forecasts):,} series"
    spans = f"{outlook.ask.horizon} {outlook.panel.step}s ahead"
    seen = f"; stock covered {100 * covered.seen:.1f} %" if covered else ""
    spikes = sum(bool(f.spikes) for f in outlook.forecasts)
    return f"{series}, {spans}{seen}; {spikes} with spikes"


def _line(network: Network, one: Forecast, rate: float) -> Line:
    today = [d.rate_day for d in network.demand_at(one.key.site, one.key.item)]
    units = {item.id: item.unit for item in network.items}
    return Line(
        what=one.method,
        today=round(sum(today), 4) if today else None,
        proposed=round(rate, 4),
        unit=f"{units.get(one.key.item, '')}/day",
        why=one.why,
        site=one.key.site,
        item=one.key.item,
    )


def _money(network: Network, outlook: Outlook) -> Figure:
    """Stock up to the level at standard cost."""
    worth = {i.id: i.cost / network.per_eur(i.currency) for i in network.items}
    after = sum(f.stock * worth.get(f.key.item, 0.0) for f in outlook.forecasts)
    held = [network.stock_point(f.key.site, f.key.item) for f in outlook.forecasts]
    known = [(p, p.base_stock or p.order_up_to) for p in held if p is not None]
    today = sum(level * worth.get(p.item, 0.0) for p, level in known)
    return Figure(
        today=round(today, 2) if any(level for _, level in known) else None,
        proposed=round(after, 2),
        unit="EUR",
        means="Stock to last the lead time and review at the service level, at standard cost; "
        "today: base stock or order-up-to level of the network",
    )


def _changes(network: Network, rates: dict[Key, float]) -> tuple[Change, ...]:
    """Customers' rates of the network, each in its share of the forecast."""
    made: list[Change] = []
    for key, rate in rates.items():
        rows = network.demand_at(key.site, key.item)
        total = sum(r.rate_day for r in rows)
        for row in rows:
            if total > 0 and rate > 0:
                value = round(rate * row.rate_day / total, 6)
                one = change(network, "demand", row_key("demand", row), {"rate_day": value})
                made += [one] if one else []
    return tuple(made)


def _events(
    network: Network, outlook: Outlook, final: list[Any], now: int
) -> tuple[ForecastPublished, ...]:
    """One forecast event for each series and period ahead."""
    panel = outlook.panel
    zones = {s.id: s.zone for s in network.sites}
    sites = {f.key.site for f in outlook.forecasts}
    edges = [panel.day(panel.periods + k) for k in range(outlook.ask.horizon + 1)]
    starts = {s: [_midnight(day, zones.get(s, "UTC")) for day in edges] for s in sites}
    version = f"{panel.step} {edges[0]}"
    return tuple(
        ForecastPublished(
            source="taktnet", id="draft", at=instant(now), site=f.key.site,
            zone=zones.get(f.key.site, ""), item=f.key.item, start=starts[f.key.site][k],
            days=float((edges[k + 1] - edges[k]).days), qty=round(float(qty), 6), version=version,
        )
        for f, path in zip(outlook.forecasts, final, strict=True)
        for k, qty in enumerate(path)
    )  # fmt: skip


def _midnight(day: date, zone: str) -> Any:
    return instant(0).replace(year=day.year, month=day.month, day=day.day, tzinfo=ZoneInfo(zone))


def plays(network: Network, draft: Draft) -> Plays:
    """Customers' demand at the rates of the forecast, whether or not they are proposed."""
    rates = {Key(x.item, x.site): float(x.proposed or 0.0) for x in draft.lines}
    as_forecast = msgspec.structs.replace(draft, changes=_changes(network, rates))
    return replace(
        changed_rows(network, as_forecast),
        notes=("Today: customers want what the network says; proposed: what was forecast",),
        why="no customer's rate of the network differs from the forecast: there is nothing to try",
    )


_YES = ("no", "yes")
VERTICAL = Vertical(
    kind="forecast",
    label="Forecast",
    about="What customers will want and lines will use, how sure that is, and by which method",
    make=make,
    options=(
        Option("site", "Site", "", "Only what is wanted or used here"),
        Option("item", "Item", "", "Only this item"),
        Option("step", "By", "week", "Length of a period", choices=("day", "week", "month")),
        Option("horizon", "Periods ahead", 12, "How far to look", 1, 365),
        Option("service", "Service, %", 95.0, "What stock has to cover", 50, 99.99),
        Option("band", "Band, %", 80.0, "Share of outcomes inside the band", 10, 99),
        Option("review", "Review, periods", 1, "How long between two orders", 1, 52),
        Option("clean", "Cut spikes", "no", "Cut spikes to the largest usual demand", choices=_YES),
        Option("trees", "Trees", "no", "Try LightGBM with working days too; drivers always are",
               choices=_YES),
        Option("reconcile", "Add up", "no", "Make items, sites and the network agree",
               choices=_YES),
        Option("rates", "Rates", "keep", "Propose the network's demand rates too",
               choices=("keep", "update")),
    ),
    template="plan/forecast.html",
    plays=plays,
)  # fmt: skip
