"""Laws of the decisions, over random histories on small and on generated networks."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from support.chains import Chain, kanban, network, point, source
from support.plants import START_US, event, history
from taktnet.base.names import Domain
from taktnet.ledger import event as e
from taktnet.ledger.slots import SLOTS
from taktnet.network import Network
from taktnet.network.components import Item, Loop, Source, StockPoint
from taktnet.state.state import fold_all

seeds = st.integers(0, 2**32)


def busy_network(stale: str = "mark") -> Network:
    """Loops of every kind and points of every policy over the places of the histories."""
    base = network()
    return network(
        items=(*base.items, Item(id="FRAME", cost=2.0, container_qty=10.0)),
        loops=(
            kanban(cards=5),
            kanban("signal", id="T", site="KRK", origin="PUN", lane="PK", cards=6, signal_at=2,
                   lot_cards=3),
            Loop(id="LA", kind="two_bin", site="OPO", item="FRAME", origin="KRK", lane="KO",
                 cards=3, container_qty=20.0, trigger="scan"),
            Loop(id="LB", kind="withdrawal", site="PUN", item="FRAME", origin="OSA", cards=4,
                 container_qty=20.0, trigger="scan"),
        ),
        stock_points=(
            StockPoint(site="PUN", item="CELL", policy="base_stock", base_stock=200.0),
            StockPoint(site="KRK", item="FRAME", policy="sS", reorder_point=30.0, order_up_to=90.0),
            point("RQ", site="OSA", reorder_point=50.0, order_qty=40.0),
        ),
        sources=(
            source(),
            Source(site="PUN", item="CELL", origin="OSA", lane=""),
            Source(site="KRK", item="FRAME", origin="OPO", lane=""),
        ),
    )  # fmt: skip


BUSY = busy_network()


def by_name(chain: Chain) -> list[dict[str, Any]]:
    """Every fact so far with names instead of ids."""
    told: list[dict[str, Any]] = []
    for facts in chain.facts_so_far:
        for fact in facts:
            kind = e.KINDS[fact["kind"] - 1]
            row = {name: int(fact[name]) for name in fact.dtype.names}
            slots = SLOTS[kind] | {"site": ("", Domain.SITE), "source": ("", Domain.SOURCE)}
            for slot, (_, how) in slots.items():
                if isinstance(how, Domain):
                    row[slot] = chain.names.text(how, row[slot])
            told.append(row)
    return told


def orders_answered(rng: Random, chain: Chain, n: int) -> list[Any]:
    """What planners, partners and plants do about open decisions."""
    made: list[Any] = []
    for i, open_ in enumerate(chain.state.decisions()):
        key = {"id": f"a{n}-{i}", "hours": n * 0.5 + 0.45}
        roll = rng.random()
        if roll < 0.1:
            made.append(event(e.DecisionDeclined, decision=open_.decision, by="Ana", **key))
        elif roll < 0.2:
            made.append(event(e.SignalRefused, decision=open_.decision, **key))
        elif roll < 0.5 and open_.action != "produce":
            made.append(
                event(
                    e.GoodsShipped, site=open_.origin, to=open_.site, item=open_.item,
                    qty=open_.outstanding, shipment=f"D{n}-{i}", order=open_.decision, **key,
                )
            )  # fmt: skip
    return made


def live(seed: int, n: int, cuts: set[int]) -> tuple[Chain, list[Any]]:
    """A random history lived through in batches that end at `cuts`; the chain and its events."""
    chain, events = Chain(BUSY), history(Random(seed), n)
    batch: list[Any] = []
    for i, one in enumerate(events):
        batch.append(one)
        if i in cuts or i == n - 1:
            chain.tell(*batch, now=START_US)
            batch = []
    return chain, events


@given(seeds, st.integers(1, 60), st.sets(st.integers(0, 59)))
@settings(max_examples=50)
def test_decisions_do_not_depend_on_how_events_are_cut_into_batches(
    seed: int, n: int, cuts: set[int]
) -> None:
    """One batch of n, n batches of one, or any cut: the same facts, by name, in the same order."""
    whole, singly, cut = live(seed, n, set()), live(seed, n, set(range(n))), live(seed, n, cuts)
    assert by_name(whole[0]) == by_name(singly[0]) == by_name(cut[0])
    assert whole[0].state.digest() == singly[0].state.digest() == cut[0].state.digest()


@given(seeds, st.integers(1, 60))
@settings(max_examples=50)
def test_the_live_state_is_the_fold_of_its_ledger(seed: int, n: int) -> None:
    """Folding the facts of events and decisions gives the live state; nothing lies beside them."""
    chain, _ = live(seed, n, {5, 20})
    facts = np.concatenate(chain.facts_so_far)
    assert fold_all(chain.names, [facts]).digest() == chain.state.digest()
    firsts = facts["seq"][facts["flags"] & 1 != 0]
    assert firsts.tolist() == list(range(1, len(firsts) + 1)), "numbers are dense, in order"


@given(seeds, st.integers(1, 40))
@settings(max_examples=50)
def test_after_any_history_a_full_look_finds_nothing_new(seed: int, n: int) -> None:
    """What a step touches is all that has to be looked at, whatever came and was answered."""
    rng, chain = Random(seed), Chain(BUSY)
    for i, one in enumerate(history(rng, n)):
        chain.tell(one, now=START_US)
        if rng.random() < 0.3:
            chain.tell(*orders_answered(rng, chain, i), now=START_US)
        assert chain.look() == []


@given(seeds, st.integers(1, 60))
@settings(max_examples=50)
def test_cards_of_a_loop_never_exceed_what_was_issued(seed: int, n: int) -> None:
    """Ordered, in process and in transit never exceed a loop's cards; scanned cards are conserved.

    Unless it is more than was ever ordered: then only what was ordered counts.
    """
    rng, chain = Random(seed), Chain(BUSY)
    cards = {loop.id: loop.cards for loop in BUSY.loops if loop.trigger == "consumption"}
    for i, one in enumerate(history(rng, n)):
        chain.tell(one, now=START_US)
        chain.tell(*orders_answered(rng, chain, i), now=START_US)
        for loop in chain.state.loops(BUSY):
            counts = (loop.full, loop.empty, loop.ordered, loop.in_process, loop.in_transit)
            assert min(counts) >= 0
            assert sum(counts) == loop.issued
            if loop.loop in cards:
                assert loop.issued == cards[loop.loop]


@given(seeds, st.integers(1, 40))
@settings(max_examples=60)
def test_decisions_keep_position_within_the_loop(seed: int, n: int) -> None:
    """on hand + coming <= N a at every moment, but for stock that came without being asked."""
    rng, chain = Random(seed), Chain(BUSY)
    for one in history(rng, n, corrections=False):
        for made in chain.tell(one, now=START_US):
            if made.loop == "L":
                (now,) = chain.state.points("OPO", "CELL")
                on_hand = now.available + now.held + now.inspection
                coming = now.on_order + now.in_process + now.in_transit
                assert on_hand + coming <= 5 * 40
