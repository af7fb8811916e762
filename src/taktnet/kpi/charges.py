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
from taktnet.kpi.world import World
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
        by = order(group, rows["recorded"], rows["seq"])
        rows, group = rows[by], group[by]
        lane = self.world.local_lanes(rows["res"])
        out: list[tuple[int, ...]] = []
        for a, b in runs(group):
            paired = bool(rows["ref"][a] or rows["ref2"][a])
            truing = _Truing(paired)
            for row, place in zip(rows[a:b], lane[a:b].tolist(), strict=True):
                out += [
                    (int(row["recorded"]), *change, int(group[a]), *key, int(row["status"]))
                    for key, change in truing.charge(row, place)
                ]
        return np.array(out, COST_ROW)

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


class _Truing:
    """Estimates and invoices of one group as they come in.

    An estimate is replaced while there is an invoice of its item, or one for the whole shipment;
    an estimate for the whole shipment by any invoice.
    """

    def __init__(self, paired: bool) -> None:
        self.paired = paired
        self.estimates: defaultdict[_Key, _Sum] = defaultdict(lambda: (0, 0))
        self.invoices: defaultdict[int, int] = defaultdict(int)

    def replaced(self, item: int) -> bool:
        """Whether estimates of an item (0: the whole) are replaced."""
        if not item:
            return any(n > 0 for n in self.invoices.values())
        return self.invoices[item] > 0 or self.invoices[0] > 0

    def charge(self, row: Any, lane: int) -> list[tuple[_Key, _Sum]]:
        """What one charge adds, by key."""
        sign = -1 if row["flags"] & REVERSAL else 1
        key = (int(row["site"]), int(row["to"]), int(row["item"]), lane, int(row["lot"]))
        value = (sign * int(row["qty2"]), sign * int(row["qty"]))
        if not self.paired:
            return [(key, value)]
        if row["reason"] == _ESTIMATE:
            self.estimates[key] = _plus(self.estimates[key], value)
            return [] if self.replaced(key[_ITEM]) else [(key, value)]
        before = {k: self.replaced(k[_ITEM]) for k in self.estimates}
        self.invoices[key[_ITEM]] += sign
        out = [(key, value)]
        for other, estimate in self.estimates.items():
            now = self.replaced(other[_ITEM])
            if now != before[other]:
                out.append((other, _times(estimate, -1 if now else 1)))
        return out


def _plus(a: _Sum, b: _Sum) -> _Sum:
    return a[0] + b[0], a[1] + b[1]


def _times(a: _Sum, sign: int) -> _Sum:
    return sign * a[0], sign * a[1]
