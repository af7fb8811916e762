"""Laws of the state, over random histories: replay, conservation, correction, cards."""

from __future__ import annotations

from collections import defaultdict
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.plants import HOUR_US, Plants, event, history
from taktnet.base.names import Domain
from taktnet.ledger import event as e
from taktnet.ledger.memory import MemoryLedger
from taktnet.state import State
from taktnet.state.state import BadFacts, fold_all
from taktnet.state.tables import Table

#: Shorter histories of one seed are the beginnings of longer ones, so failures shrink well.
random_histories = st.builds(
    lambda seed, n: history(Random(seed), n), st.integers(0, 2**32), st.integers(1, 60)
)


def stock_of(state: State) -> dict[tuple[str, str, str, str], float]:
    """Balances that are not zero."""
    return {(s.site, s.item, s.lot, s.status): s.qty for s in state.stock()}


class SlowStock:
    """Stock as a dictionary of balances: the same meaning, told in another way."""

    def __init__(self) -> None:
        self.balances: dict[tuple[str, str, str, str], float] = defaultdict(float)
        self.found: dict[str, float] = {}
        self.past: dict[str, Any] = {}

    def happen(self, one: Any) -> None:
        """An event; it undoes first what it corrects."""
        base = None
        if one.corrects:
            old = self.past[one.corrects]
            if type(old) is e.StockCounted:
                base = (self._shelf(old, old.status), self.found[old.id])
                self.balances[base[0]] -= old.qty - self.found[old.id]
            else:
                self._add(old, -1)
        self.past[one.id] = one
        if type(one) is e.StockCounted:
            shelf = self._shelf(one, one.status)
            found = base[1] if base and base[0] == shelf else self.balances[shelf]
            self.found[one.id] = found
            self.balances[shelf] += one.qty - found
        else:
            self._add(one, 1)

    def not_zero(self) -> dict[tuple[str, str, str, str], float]:
        """Balances that are not zero."""
        return {k: v for k, v in self.balances.items() if v}

    @staticmethod
    def _shelf(one: Any, status: str, site: str = "") -> tuple[str, str, str, str]:
        return site or one.site, one.item, one.lot, status

    def _add(self, one: Any, sign: int) -> None:
        match one:
            case e.StockConsumed() | e.GoodsShipped():
                self.balances[self._shelf(one, "available")] -= sign * one.qty
            case e.StockProduced() | e.StockReceived():
                self.balances[self._shelf(one, one.status)] += sign * one.qty
            case e.StockScrapped():
                self.balances[self._shelf(one, one.status)] -= sign * one.qty
            case e.StockMoved():
                self.balances[self._shelf(one, "available")] -= sign * one.qty
                self.balances[self._shelf(one, "available", one.to)] += sign * one.qty
            case e.StockHeld():
                self.balances[self._shelf(one, "available")] -= sign * one.qty
                self.balances[self._shelf(one, "held")] += sign * one.qty
            case e.StockReleased():
                self.balances[self._shelf(one, one.status)] -= sign * one.qty
                self.balances[self._shelf(one, "available")] += sign * one.qty
            case e.GoodsReceived():
                good = max(0.0, one.qty - one.rejected)
                self.balances[self._shelf(one, one.status)] += sign * good
                self.balances[self._shelf(one, "held")] += sign * (one.qty - good)
            case _:
                pass


@given(random_histories)
@settings(max_examples=200)
def test_stock_is_what_a_dictionary_of_balances_says_at_every_position(events: list[Any]) -> None:
    """The compiled fold and a slow one of ten lines agree after every single event."""
    plants, slow = Plants(), SlowStock()
    for one in events:
        plants.happen(one)
        slow.happen(one)
        assert stock_of(plants.state) == slow.not_zero()


@given(random_histories)
@settings(max_examples=150)
def test_conservation_of_every_item_at_every_position(events: list[Any]) -> None:
    """Received + made - used - scrapped + counted differences = on hand + under way, per item.

    Under way is shipped less received, negative where more came than was sent.
    """
    plants, slow = Plants(), SlowStock()
    for one in events:
        plants.happen(one)
        slow.happen(one)
        transit = plants.state.memory.live(Table.TRANSIT)
        shipped, unloaded = _flows(slow)
        for item in ("CELL", "FRAME"):
            id_ = plants.names.find(Domain.ITEM, item)
            own = transit[transit["item"] == id_] if id_ >= 0 else transit[:0]
            under_way = int(own["shipped"].sum() - own["received"].sum()) / 1e6
            assert under_way == shipped[item] - unloaded[item]
            on_hand = sum(s.qty for s in plants.state.stock(item=item))
            points = plants.state.points(item=item)
            assert on_hand == sum(p.available + p.held + p.inspection for p in points)
            positive = int(np.maximum(0, own["shipped"] - own["received"]).sum()) / 1e6
            assert positive == sum(p.in_transit for p in points)


def _flows(slow: SlowStock) -> tuple[dict[str, float], dict[str, float]]:
    """Shipped and received through shipments per item, without what was corrected."""
    undone = {one.corrects for one in slow.past.values()}
    shipped: dict[str, float] = defaultdict(float)
    unloaded: dict[str, float] = defaultdict(float)
    for one in slow.past.values():
        if one.id not in undone:
            if type(one) is e.GoodsShipped:
                shipped[one.item] += one.qty
            elif type(one) is e.GoodsReceived:
                unloaded[one.item] += one.qty
    return shipped, unloaded


@given(random_histories, st.data())
@settings(max_examples=150)
def test_replay_whole_in_pieces_or_from_a_snapshot_gives_equal_states(
    events: list[Any], data: st.DataObject
) -> None:
    """Folding once, again, event by event, in two halves, or snapshot and tail: one digest."""
    plants = Plants()
    parts = [plants.facts(one) for one in events]
    whole = fold_all(plants.names, [np.concatenate(parts)])
    assert fold_all(plants.names, [np.concatenate(parts)]).digest() == whole.digest()
    assert fold_all(plants.names, parts).digest() == whole.digest()
    cut = data.draw(st.integers(0, len(parts)))
    half = fold_all(plants.names, parts[:cut])
    tail = State.from_bytes(half.to_bytes(), plants.names)
    copied = half.copy()
    for part in parts[cut:]:
        tail.fold(part)
        copied.fold(part)
    assert tail.digest() == whole.digest() == copied.digest()
    assert tail.to_bytes() == copied.to_bytes()
    assert half.seq == cut


@given(random_histories)
@settings(max_examples=60)
def test_the_digest_does_not_depend_on_the_order_of_names(events: list[Any]) -> None:
    """Two ledgers that gave other ids to the same names have states of one digest."""
    one, other = Plants(), Plants()
    for text in ("PUN", "KRK", "OPO", "CUST"):
        other.names.intern(Domain.SITE, text)
    for text in ("FRAME", "CELL"):
        other.names.intern(Domain.ITEM, text)
    for i in range(200, 0, -7):
        other.names.intern(Domain.REF, f"Se{i}")
    one.happen(*events)
    other.happen(*events)
    assert one.state.digest() == other.state.digest()


def _without_counts_after(events: list[Any], wrong: Any) -> list[Any]:
    """A later count stands for what was there, whatever was wrong before it; leave those out."""
    left_out: set[str] = set()
    kept: list[Any] = []
    for one in events:
        after = kept and wrong in kept
        if (after and type(one) is e.StockCounted) or one.corrects in left_out:
            left_out.add(one.id)
        else:
            kept.append(one)
    return kept


@given(random_histories, st.data())
@settings(max_examples=150)
def test_a_corrected_event_leaves_the_stock_of_the_right_one(
    events: list[Any], data: st.DataObject
) -> None:
    """A stream with e, and later e -> e', has the stock of the stream with e' in its place."""
    corrected_ids = {one.corrects for one in events}
    plain = [x for x in events if x.id not in corrected_ids and hasattr(x, "qty")]
    plain = [x for x in plain if not x.corrects]
    if not plain:
        return
    wrong = data.draw(st.sampled_from(plain))
    if type(wrong) is e.OrderChanged:
        return
    fields = {f: getattr(wrong, f) for f in wrong.__struct_fields__}
    right = type(wrong)(**{**fields, "qty": wrong.qty + 3.0})
    correction = type(wrong)(**{**fields, "id": "fix", "corrects": wrong.id, "qty": right.qty})
    events = _without_counts_after(events, wrong)
    corrected, clean = Plants(), Plants()
    corrected.happen(*events, correction)
    clean.happen(*(right if one is wrong else one for one in events))
    assert stock_of(corrected.state) == stock_of(clean.state)
    for now, then in zip(corrected.state.points(), clean.state.points(), strict=True):
        assert (now.available, now.held, now.inspection, now.in_transit) == (
            then.available, then.held, then.inspection, then.in_transit,
        )  # fmt: skip


@given(random_histories)
@settings(max_examples=150)
def test_cards_are_conserved_and_never_exceed_what_was_issued(events: list[Any]) -> None:
    """In every loop full + empty + ordered + in process + in transit = issued, at all times."""
    plants = Plants()
    for one in events:
        state = plants.happen(one)
        by_loop: dict[str, list[str]] = defaultdict(list)
        for card in state.cards():
            by_loop[card.loop].append(card.status)
        for loop in state.loops():
            counts = (loop.full, loop.empty, loop.ordered, loop.in_process, loop.in_transit)
            assert min(counts) >= 0
            assert sum(counts) == loop.issued == len(by_loop[loop.loop])
            assert loop.full == by_loop[loop.loop].count("full")
            assert loop.empty == by_loop[loop.loop].count("empty")


@given(random_histories)
@settings(max_examples=60)
def test_idempotence_the_same_keys_again_change_nothing(events: list[Any]) -> None:
    """A ledger offered everything twice has the facts, and the state, of once."""
    once, twice = MemoryLedger(), MemoryLedger()
    recorded = 2_000_000_000_000_000
    once.append(events, recorded)
    for _ in range(2):
        for one in events:
            recorded += 1
            twice.append([one], 2_000_000_000_000_000)
    first = fold_all(once.names, once.facts())
    again = fold_all(twice.names, twice.facts())
    assert first.seq == again.seq == len(events)
    assert stock_of(first) == stock_of(again)


def test_a_long_history_of_ten_thousand_events_replays_in_any_pieces() -> None:
    """The same law on a long seeded history, with tables that grow and forget on the way."""
    plants = Plants()
    facts = plants.facts(*history(Random(11), 10_000))
    whole = fold_all(plants.names, [facts])
    firsts = np.flatnonzero(facts["flags"] & 1)
    cuts = [int(firsts[i]) for i in (1, 17, 4_000, 9_998)]
    pieces = np.split(facts, cuts)
    again = fold_all(plants.names, pieces)
    assert again.digest() == whole.digest()
    slow = SlowStock()
    for one in history(Random(11), 10_000):
        slow.happen(one)
    assert stock_of(whole) == slow.not_zero()
    assert len(whole.memory.live(Table.TRANSIT)) < 1_600, "what closed long ago is forgotten"


def test_facts_out_of_order_or_torn_are_refused() -> None:
    """Folding the same events again, or beginning inside an event, is an error, not a fold."""
    plants = Plants()
    facts = plants.facts(
        event(e.StockReceived, "a", item="CELL", qty=40),
        event(e.GoodsShipped, "b", item="CELL", qty=40, shipment="S", to="KRK", loop="L",
              cards=("1", "2")),
    )  # fmt: skip
    state = fold_all(plants.names, [facts])
    before = state.digest()
    with pytest.raises(BadFacts, match="wanted the first fact of one after 2"):
        state.fold(facts[:1])
    with pytest.raises(BadFacts):
        fold_all(plants.names, [facts[2:]])
    assert state.digest() == before
    assert state.recorded == facts["recorded"].max() <= HOUR_US * 24 * 366 * 60
