"""The book of charges: estimates that stand until an invoice of the same thing trues them up (G5).

Charges of one shipment and component (without a shipment: of one invoice number and component)
are a group. Every charge counts when it is posted; the invoice that replaces an estimate takes
the estimate back at that moment, so a closed period keeps its accrual and the difference falls
into the open one.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np

from taktnet.kpi.book import REVERSAL, Groups, number
from taktnet.kpi.exact import Ints, Log, Rows, order, runs
from taktnet.kpi.world import Flags, World
from taktnet.ledger import event as e
from taktnet.ledger.fact import BASIS, FACT

CHARGED = number(e.CostCharged)
_ESTIMATE = BASIS["estimate"]

#: What one charge adds to cost when posted: amount in millionths of its currency, quantity in
#: millionths of the item's unit.
COST_ROW = np.dtype(
    [
        ("time", "<i8"),
        ("amount", "<i8"),
        ("qty", "<i8"),
        ("group", "<i4"),
        ("site", "<i4"),
        ("origin", "<i4"),
        ("item", "<i4"),
        ("lane", "<i4"),
        ("currency", "<i4"),
        ("component", "<i4"),
    ]
)
#: Where a charge has what its row of cost takes over as it is.
_COLUMNS = {
    "time": "recorded", "site": "site", "origin": "to", "item": "item", "currency": "lot",
    "component": "status",
}  # fmt: skip
_Key = tuple[int, int, int, int, int]  # site, origin, item, lane, currency
_ITEM = 2
_Sum = tuple[int, int]  # amount, qty


class ChargeBook:
    """Charges by group, and the rows they add to cost."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._log = Log(FACT)
        self._of = Log(np.dtype(np.int64))
        self.groups = Groups()
        self._rows: Rows = np.zeros(0, COST_ROW)

    def add(self, facts: Rows) -> None:
        """Take in facts, posting instants filled."""
        rows = facts[facts["kind"] == CHARGED]
        if not len(rows):
            return
        shipment: Ints = rows["ref"].astype(np.int64)
        invoice: Ints = rows["ref2"].astype(np.int64)
        key = np.where(shipment != 0, shipment << 8, (1 << 60) + (invoice << 8))
        self._log.append(rows)
        self._of.append(self.groups.number(key + rows["status"].astype(np.int64)))

    def settle(self) -> Rows:
        """COST_ROW rows, up to date."""
        dirty = self.groups.dirty
        if dirty.any():
            mine = dirty[self._of.rows]
            fresh = self._evaluate(self._log.rows[mine], self._of.rows[mine])
            self._rows = np.concatenate((self._rows[~dirty[self._rows["group"]]], fresh))
            self.groups.clean()
        return self._rows

    def close(self, until: int) -> None:
        """Nothing to fix: whatever comes later is posted later and changes no earlier row."""

    def _evaluate(self, rows: Rows, group: Ints) -> Rows:
        cost = self._posted(rows, group)
        estimate = rows["reason"] == _ESTIMATE
        trued = np.zeros(len(self.groups), np.bool_)
        trued[group[estimate]] = True
        billed = np.zeros(len(self.groups), np.bool_)
        billed[group[~estimate]] = True
        paired = (rows["ref"] != 0) | (rows["ref2"] != 0)
        mixed = paired & (trued & billed)[group]
        return np.concatenate((cost[~mixed], _true_up(rows[mixed], cost[mixed], estimate[mixed])))

    def _posted(self, rows: Rows, group: Ints) -> Rows:
        """What each charge adds by itself, where no other replaces it."""
        sign = np.where(rows["flags"] & REVERSAL != 0, -1, 1)
        cost = np.zeros(len(rows), COST_ROW)
        for name, column in _COLUMNS.items():
            cost[name] = rows[column]
        cost["amount"], cost["qty"] = sign * rows["qty2"], sign * rows["qty"]
        cost["group"], cost["lane"] = group, self.world.local_lanes(rows["res"])
        return cost

    def state(self) -> dict[str, Any]:
        """Everything needed to go on, as plain values."""
        return {
            "rows": self._log.rows.tobytes(),
            "of": self._of.rows.tobytes(),
            "groups": self.groups.keys,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take up what `state` gave."""
        self._log.append(np.frombuffer(state["rows"], FACT))
        self._of.append(np.frombuffer(state["of"], np.int64))
        self.groups = Groups(state["groups"])


def _true_up(rows: Rows, cost: Rows, estimate: Flags) -> Rows:
    """What the charges of groups add that have estimates and invoices."""
    by = order(cost["group"], rows["recorded"], rows["seq"])
    cost, out = cost[by], list[tuple[int, ...]]()
    undone = (rows["flags"] & REVERSAL != 0)[by].tolist()
    guess: list[bool] = estimate[by].tolist()
    charges: list[tuple[int, ...]] = cost.tolist()
    for a, b in runs(cost["group"]):
        truing = _Truing()
        for i in range(a, b):
            time, amount, qty, group, site, origin, item, lane, currency, component = charges[i]
            key = (site, origin, item, lane, currency)
            for other, change in truing.charge(key, (amount, qty), guess[i], undone[i]):
                out.append((time, *change, group, *other, component))
    return np.array(out, COST_ROW)


class _Truing:
    """Estimates and invoices of one group as they come in.

    An estimate is replaced while there is an invoice of its item, or one for the whole shipment;
    an estimate for the whole shipment by any invoice.
    """

    def __init__(self) -> None:
        self.estimates: defaultdict[_Key, _Sum] = defaultdict(lambda: (0, 0))
        self.invoices: defaultdict[int, int] = defaultdict(int)

    def replaced(self, item: int) -> bool:
        """Whether estimates of an item (0: the whole) are replaced."""
        if not item:
            return any(n > 0 for n in self.invoices.values())
        return self.invoices[item] > 0 or self.invoices[0] > 0

    def charge(
        self, key: _Key, value: _Sum, estimate: bool, undone: bool
    ) -> list[tuple[_Key, _Sum]]:
        """What one charge adds, by key."""
        if estimate:
            self.estimates[key] = _plus(self.estimates[key], value)
            return [] if self.replaced(key[_ITEM]) else [(key, value)]
        before = {k: self.replaced(k[_ITEM]) for k in self.estimates}
        self.invoices[key[_ITEM]] += -1 if undone else 1
        out = [(key, value)]
        for other, old in self.estimates.items():
            now = self.replaced(other[_ITEM])
            if now != before[other]:
                out.append((other, _times(old, -1 if now else 1)))
        return out


def _plus(a: _Sum, b: _Sum) -> _Sum:
    return a[0] + b[0], a[1] + b[1]


def _times(a: _Sum, sign: int) -> _Sum:
    return sign * a[0], sign * a[1]
