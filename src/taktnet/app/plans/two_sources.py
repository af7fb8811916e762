"""Points with a cheap slow source and a dear fast one: what the capped dual index would save."""

from __future__ import annotations

import math
from dataclasses import dataclass

from taktnet.app.plans.draft import Line
from taktnet.app.plans.loops import rates_of
from taktnet.app.plans.view import PlanView
from taktnet.network import Network
from taktnet.network import components as c
from taktnet.plan.dual import Sources, compare
from taktnet.plan.inventory.service import poisson_pmf

#: Demand of a day is counted in so many lots on average, so that the search stays small.
_LOTS_A_DAY = 4.0
_SEARCH, _TEST = 4_000, 40_000
_HOURS_DAY, _DAYS_YEAR = 24.0, 365.0


@dataclass(frozen=True, slots=True)
class _Way:
    source: c.Source
    days: int


def two_sources(view: PlanView, point: c.StockPoint, seed: int) -> Line | None:
    """The best of every dual policy beside the slow source alone; None with one way only.

    Costs are per year in EUR above the slow price: holding at the point's rate, backorders as its
    service target prices them, p = h t / (1 - t), and the premium of the fast source.
    """
    network = view.network
    ways = _ways(network, point)
    rate = rates_of(network, view.day())[0].get((point.site, point.item), 0.0)
    if ways is None or rate <= 0:
        return None
    slow, fast = ways
    lot = max(rate / _LOTS_A_DAY, 1e-9)
    item = network.item(point.item)
    cost = item.cost / network.per_eur(item.currency)
    holding = point.holding_rate * cost * lot / _DAYS_YEAR
    premium = (_price(network, fast.source) - _price(network, slow.source)) * lot
    target = min(point.service_target, 0.999)
    if holding <= 0 or premium <= 0 or target <= 0:
        return None
    sources = Sources(slow.days, premium, holding, holding * target / (1 - target), fast.days)
    found = compare(sources, _chances(rate / lot), seed=seed, search=_SEARCH, test=_TEST)
    best = found[0]
    alone = next(p for p in found if p.kind == "single")
    capped = next(p for p in found if p.kind == "capped_dual_index")
    name = best.kind.replace("_", " ")
    return Line(
        what=f"{point.site}|{point.item} two sources",
        today=round(alone.cost * _DAYS_YEAR, 2),
        proposed=round(best.cost * _DAYS_YEAR, 2),
        unit="EUR a year",
        why=f"{name}, in lots of {lot:,.4g}: {best.why} (capped dual index: "
        f"{capped.cost * _DAYS_YEAR:,.0f} EUR a year); {slow.source.lane} takes {slow.days} d, "
        f"{fast.source.lane} {fast.days} d; today is the slow source alone; for information, "
        "approval does not change it",
        site=point.site,
        item=point.item,
    )


def _ways(network: Network, point: c.StockPoint) -> tuple[_Way, _Way] | None:
    """The slow main source and the fastest other one, if that is faster and dearer."""
    sources = network.sources_of(point.site, point.item)
    primary = [s for s in sources if s.role == "primary"]
    if not primary or len(sources) < 2:
        return None
    slow = max(primary, key=lambda s: s.share)
    fast = min((s for s in sources if s is not slow), key=lambda s: _days(network, s))
    ways = _Way(slow, _days(network, slow)), _Way(fast, _days(network, fast))
    return ways if ways[1].days < ways[0].days else None


def _days(network: Network, source: c.Source) -> int:
    lane = network.lane(source.lane)
    return round((source.prep_h + lane.transit_h + lane.customs_h) / _HOURS_DAY)


def _price(network: Network, source: c.Source) -> float:
    """Price and freight of a unit, EUR."""
    lane, item = network.lane(source.lane), network.item(source.item)
    freight = lane.cost_kg * item.weight_kg + lane.cost_m3 * item.volume_m3
    price = source.price / network.per_eur(source.currency)
    return price + freight / network.per_eur(lane.currency)


def _chances(mean: float) -> list[float]:
    """Poisson chances of a day's lots, the tail in the last."""
    top = math.ceil(mean + 6 * math.sqrt(mean) + 2)
    chances = [poisson_pmf(k, mean) for k in range(top)]
    return [*chances, max(0.0, 1 - math.fsum(chances))]
