"""What a tower's record says for plans: lead times of deliveries, and use by week."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from taktnet.app.plans.view import PlanView
from taktnet.base.names import Domain
from taktnet.ledger import event as e
from taktnet.ledger.fact import Flag

_DAY_US = 86_400_000_000
_OUT = [e.NUMBER[e.StockConsumed], e.NUMBER[e.GoodsShipped]]
#: Newest receipts of a route that count; older ones tell of another time.
_NEWEST = 500


def lead_times(view: PlanView) -> dict[tuple[str, str, str], tuple[float, ...]]:
    """Days from asking to the receipt that completed a line, by (site, item, origin), in order.

    Lines of supply that were left out of the KPIs (withdrawn, waiting) do not count; neither do
    open ones. Empty for a network alone.
    """
    if view.kpis is None or view.ledger is None:
        return {}
    lines = view.kpis.look(lambda kpis: (kpis.fold(), kpis.lines.settle().copy())[1])
    done = lines[(lines["done"] > lines["asked"]) & ~lines["customer"] & (lines["out"] == 0)]
    done = done[np.argsort(done["done"], kind="stable")]
    text = view.ledger.names.text
    found: defaultdict[tuple[int, int, int], list[float]] = defaultdict(list)
    for line in done:
        key = int(line["site"]), int(line["item"]), int(line["origin"])
        found[key].append(float(line["done"] - line["asked"]) / _DAY_US)
    return {
        (text(Domain.SITE, site), text(Domain.ITEM, item), text(Domain.SITE, origin)): tuple(
            days[-_NEWEST:]
        )
        for (site, item, origin), days in found.items()
    }


def weekly_use(view: PlanView, weeks: int = 52) -> dict[tuple[str, str], tuple[float, ...]]:
    """Units consumed and shipped in each of the last whole weeks, by (site, item), oldest first.

    Weeks before the first fact of the record are not counted as weeks without use.
    """
    if view.ledger is None:
        return {}
    week, parts, begun = 7 * _DAY_US, list[np.ndarray](), view.now
    for facts in view.ledger.facts(0, view.position):
        if len(facts):
            begun = min(begun, int(facts["at"].min()))
        rows = facts[np.isin(facts["kind"], _OUT) & ((facts["flags"] & int(Flag.CARD)) == 0)]
        if len(rows):
            parts.append(rows[["at", "qty", "site", "item", "flags"]])
    count = min(weeks, (view.now - begun) // week)
    if not parts or count < 1:
        return {}
    rows = np.concatenate(parts)
    start = view.now - count * week
    rows = rows[(rows["at"] >= start) & (rows["at"] < view.now)]
    sign = np.where(rows["flags"] & int(Flag.REVERSAL), -1, 1)
    pairs, place = np.unique(
        rows["site"].astype(np.int64) << 32 | rows["item"], return_inverse=True
    )
    table = np.zeros((len(pairs), count))
    np.add.at(table, (place, (rows["at"] - start) // week), sign * rows["qty"] / 1e6)
    text = view.ledger.names.text
    return {
        (text(Domain.SITE, pair >> 32), text(Domain.ITEM, pair & 0xFFFFFFFF)): tuple(row)
        for pair, row in zip(pairs.tolist(), table.tolist(), strict=True)
    }
