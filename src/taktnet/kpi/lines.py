"""The book of delivery lines: what was ordered, when it came, and how it counts (G1, G3).

Lines are call-offs, customers' order lines and decisions to move or buy; goods shipped, arrived
and received are matched to them by `match`. A group is a destination site and item.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from taktnet.kpi.book import CARD, Groups, Results, number, standing
from taktnet.kpi.exact import Ints, Log, Rows, pair
from taktnet.kpi.line import CALLOFF, DECISION, LINE, ORDER, RECEIVED, SHIPPED, TAKEN_IN
from taktnet.kpi.match import evaluate
from taktnet.kpi.world import World
from taktnet.ledger import event as e
from taktnet.ledger.fact import ACTION, FACT

_GOODS = [ORDER, CALLOFF, DECISION, SHIPPED, RECEIVED, TAKEN_IN]
_WORDS = [
    number(k)
    for k in (
        e.OrderChanged,
        e.OrderCancelled,
        e.DecisionApproved,
        e.DecisionDeclined,
        e.SignalRefused,
        e.GoodsArrived,
    )
]
_TO = [ORDER, SHIPPED]  # their destination is `to`


class LineBook:
    """Facts about delivery lines, and one result row (`match.LINE`) per line."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.goods = Log(FACT)
        self.words = Log(FACT)
        self._of_goods = Log(np.dtype(np.int64))
        self.groups = Groups()
        self.results = Results(LINE)
        self._heard = 0  # words up to here have spoiled the groups they are about
        self._orders: dict[str, int] = {}

    def add(self, facts: Rows) -> None:
        """Take in facts, posting instants filled."""
        kind = facts["kind"]
        goods = facts[
            np.isin(kind, _GOODS)
            & ((facts["flags"] & CARD) == 0)
            & ((kind != DECISION) | (facts["reason"] != ACTION["produce"]))
            & ((kind != TAKEN_IN) | (facts["ref2"] != 0))
        ]
        if len(goods):
            place = np.where(np.isin(goods["kind"], _TO), goods["to"], goods["site"])
            self.goods.append(goods)
            self._of_goods.append(self.groups.number(pair(place, goods["item"])))
        words = facts[np.isin(kind, _WORDS)]
        if len(words):
            self.words.append(words)

    def settle(self) -> Rows:
        """One result row per line, up to date."""
        self._hear()
        dirty = self.groups.dirty
        if dirty.any():
            mine = dirty[self._of_goods.rows]
            group = self._of_goods.rows[mine]
            rows = self.goods.rows[mine]
            keep = standing(rows)
            fresh = evaluate(rows[keep], group[keep], self._said(rows), self.world, self._orders)
            self.results.replace(dirty, fresh)
            self.groups.clean()
        return self.results.rows

    def close(self, until: int) -> None:
        """Results of lines due before `until` stay as they are now."""
        self.settle()
        self.results.close(until)

    def _hear(self) -> None:
        """Spoil the groups that have goods under a name that a new word speaks of."""
        fresh = self.words.rows[self._heard :]
        if not len(fresh):
            return
        rows = self.goods.rows
        about = np.zeros(1 + max(_top(fresh["ref"]), _top(rows["ref"])), np.bool_)
        about[fresh["ref"]] = True
        touched = self._of_goods.rows[about[rows["ref"]]]
        self.groups.dirty[touched] = True
        self._heard = len(self.words)

    def _said(self, rows: Rows) -> Rows:
        """The words about any of these rows, corrected."""
        words = self.words.rows
        about = np.zeros(1 + max(_top(words["ref"]), _top(rows["ref"])), np.bool_)
        about[rows["ref"]] = True
        said = words[about[words["ref"]]]
        return said[standing(said)]

    def state(self) -> dict[str, Any]:
        """Everything needed to go on, as plain values."""
        return {
            "goods": self.goods.rows.tobytes(),
            "words": self.words.rows.tobytes(),
            "of_goods": self._of_goods.rows.tobytes(),
            "groups": self.groups.keys,
            "results": self.results.state(),
            "orders": list(self._orders),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take up what `state` gave."""
        self.goods.append(np.frombuffer(state["goods"], FACT))
        self.words.append(np.frombuffer(state["words"], FACT))
        self._of_goods.append(np.frombuffer(state["of_goods"], np.int64))
        self.groups = Groups(state["groups"])
        self.results.restore(state["results"])
        self._orders = {name: i for i, name in enumerate(state["orders"])}


def _top(column: Ints) -> int:
    return int(column.max()) if len(column) else 0
