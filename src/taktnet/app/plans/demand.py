"""Demand on record: what customers wanted and lines used, by item and site and local day.

A customer's order line counts on the day, in the seller's time zone, on which its window ends;
what the buyer cancelled does not count. Stock that a line used counts on the day it was used; what
was used for a customer's order line is counted as that line.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np

from taktnet.app.plans.view import PlanView
from taktnet.base.errors import TaktnetError
from taktnet.base.names import Domain
from taktnet.kpi.book import number, standing
from taktnet.learn.panel import Ints, Key, Panel, Step, advance, between, period_start
from taktnet.ledger import event as e
from taktnet.ledger.fact import BY, FACT, MILLION, instant

ORDER, CHANGED, CANCELLED, USED = (
    number(k) for k in (e.OrderPlaced, e.OrderChanged, e.OrderCancelled, e.StockConsumed)
)
_HOUR = 3600 * MILLION
#: A silence before the first demand longer than so many usual intervals means a new item.
_NEW = 3.0


@dataclass(frozen=True)
class Demand:
    """Single demands: which key, which local day (its ordinal), how many millionths.

    `until` is the first day that is not over yet, `since` the first on record.
    """

    keys: tuple[Key, ...]
    row: Ints
    day: Ints
    qty: Ints
    since: date
    until: date

    def between(self, key: Key, start: date, end: date) -> float | None:
        """Demand from `start` up to `end` (exclusive); None while that is not over."""
        if end > self.until:
            return None
        if key not in self.keys:
            return 0.0
        mine = (self.row == self.keys.index(key)) & (self.day >= start.toordinal())
        return int(self.qty[mine & (self.day < end.toordinal())].sum()) / MILLION

    def panel(self, step: Step) -> Panel:
        """Whole periods only: the one that runs is left out. Raises TaktnetError without any."""
        start, end = period_start(self.since, step), period_start(self.until, step)
        if start < self.since:
            start = advance(start, step, 1)
        periods = between(start, end, step) if end > start else 0
        if periods < 1 or not self.keys:
            raise TaktnetError(
                f"there is no {step} of demand on record yet; record orders or use, take a shorter "
                "step, or give a table of history"
            )
        days = np.unique(self.day)
        place_of = {int(d): between(start, date.fromordinal(int(d)), step) for d in days}
        place = np.array([place_of[int(d)] for d in self.day], np.int64)
        inside = (place >= 0) & (place < periods) & (self.day >= start.toordinal())
        values = np.zeros((len(self.keys), periods), np.int64)
        np.add.at(values, (self.row[inside], place[inside]), self.qty[inside])
        known = values / MILLION
        return Panel(self.keys, known, np.array([_first(x) for x in known], np.int64), start, step)


def _first(values: np.ndarray) -> int:
    """Where a history begins: at its first demand, if the silence before is unusually long."""
    at = np.flatnonzero(values > 0)
    if not len(at):
        return 0
    usual = (len(values) - at[0]) / len(at)
    return int(at[0]) if at[0] > _NEW * usual else 0


def demand(view: PlanView, site: str = "", item: str = "") -> Demand:
    """The demand on record of a tower; raises TaktnetError for a network alone."""
    if view.ledger is None:
        raise TaktnetError(
            "a network alone has no history of demand; give a tower's folder, or a table with the "
            "columns series (or site and item), date and qty"
        )
    kinds = (ORDER, CHANGED, CANCELLED, USED)
    parts = (part[np.isin(part["kind"], kinds)] for part in view.ledger.facts())
    facts = np.concatenate([np.empty(0, FACT), *parts])
    facts = facts[standing(facts)]
    orders = facts[facts["kind"] == ORDER]
    wanted = _orders(orders, facts)
    used = facts[facts["kind"] == USED]
    used = used[~np.isin(used["ref2"], orders["ref"]) | (used["ref2"] == 0)]
    rows = np.concatenate([wanted, used])
    when = np.concatenate([wanted["t2"], used["at"]])
    return _demand(view, rows, when, site, item)


def _orders(orders: np.ndarray, facts: np.ndarray) -> np.ndarray:
    """Order lines with their last quantity and window, without those the buyer cancelled."""
    lines = orders.copy()
    place = {int(ref): i for i, ref in enumerate(lines["ref"])}
    gone = np.zeros(len(lines), np.bool_)
    for word in facts[np.isin(facts["kind"], (CHANGED, CANCELLED))]:
        at = place.get(int(word["ref"]))
        if at is None:
            continue
        if word["kind"] == CANCELLED:
            gone[at] |= word["reason"] == BY["buyer"]
            continue
        if word["qty"]:
            lines["qty"][at] = word["qty"]
        if word["t2"]:
            lines["t2"][at] = word["t2"]
    return lines[~gone]


def _demand(view: PlanView, rows: np.ndarray, when: Ints, site: str, item: str) -> Demand:
    assert view.ledger is not None
    names = view.ledger.names
    pairs, row = np.unique(
        np.stack([rows["site"], rows["item"]]).astype(np.int64), axis=1, return_inverse=True
    )
    day = np.zeros(len(rows), np.int64)
    for code in np.unique(rows["site"]):
        mine = rows["site"] == code
        day[mine] = _local_days(when[mine], _zone(view, names.text(Domain.SITE, int(code))))
    today = instant(view.now).date()
    keys = tuple(
        Key(names.text(Domain.ITEM, i), names.text(Domain.SITE, s)) for s, i in pairs.T.tolist()
    )
    keep = np.array([(site in ("", k.site)) and (item in ("", k.item)) for k in keys], np.bool_)
    known = day < today.toordinal()
    first = int(day[known].min()) if known.any() else today.toordinal()
    inside = known & (keep[row.ravel()] if keys else known)
    fresh = np.cumsum(keep) - 1
    return Demand(
        tuple(k for k, wanted in zip(keys, keep, strict=True) if wanted),
        fresh[row.ravel()[inside]] if keys else np.zeros(0, np.int64),
        day[inside], rows["qty"][inside].astype(np.int64), date.fromordinal(first), today,
    )  # fmt: skip


def _zone(view: PlanView, site: str) -> ZoneInfo:
    for known in view.network.sites:
        if known.id == site:
            return ZoneInfo(known.zone)
    return ZoneInfo("UTC")


def _local_days(when: Ints, zone: ZoneInfo) -> Ints:
    """Ordinals of local days; zones change by whole quarters, so each quarter is asked once."""
    quarter = _HOUR // 4
    unique, place = np.unique(when // quarter, return_inverse=True)
    local = [
        datetime.fromtimestamp(int(q) * quarter // MILLION, zone).date().toordinal() for q in unique
    ]
    return np.array(local, np.int64)[place.ravel()]
