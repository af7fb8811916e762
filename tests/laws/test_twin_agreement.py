"""Twin agreement: what the twin decides, the live path decides on the same history, one by one.

A traced run gives a history. All of it that is not a decision (customers' orders, shipments,
receipts, jobs, stops) goes through the live path, which has to decide what the twin decided: the
same point and loop, quantity and origin, due at the same time, in the same order (of several
points at one instant the order is free). What the twin has happen at once (a shift begins and five
jobs take their parts) is one event with many facts.
Where cards are scanned, the twin has them scanned as containers are emptied; so does the scanner
that stands here for the people of the plant. A backup's order for scanned cards names them and
their loop live; the twin, which does not know cards one by one, says of it what it says of any
backup's order. So the law holds it to the same origin, lane, quantity and times.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from operator import itemgetter
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taktnet.base.calendars import instant
from taktnet.base.names import Domain, Names
from taktnet.ledger import event as e
from taktnet.ledger.fact import FACT, RULE, Flag, Lowering
from taktnet.network import Network
from taktnet.network import components as c
from taktnet.network.generate import generate
from taktnet.policy import Rules
from taktnet.state import State
from taktnet.twin import lower
from taktnet.twin.changes import Down
from taktnet.twin.layout import HOUR
from taktnet.twin.trace import names_of

MONDAY = 1_767_571_200 * 10**6
DECIDED, CHARGED = e.NUMBER[e.DecisionTaken], e.NUMBER[e.CostCharged]
SAID = ("at", "site", "item", "to", "loop", "qty", "qty2", "res", "status", "reason", "t1", "t2")


def told(facts: np.ndarray) -> list[tuple[int, ...]]:
    """What decisions say, without their names and those of their cards."""
    return [tuple(int(f[n]) for n in SAID) for f in facts[decisions(facts)]]


def decisions(facts: np.ndarray) -> np.ndarray:
    """Which facts are decisions; those of their cards are not."""
    return (facts["kind"] == DECIDED) & (facts["flags"] & Flag.CARD == 0)


def reviews(network: Network, days: float) -> list[int]:
    """The instants at which some point is reviewed."""
    every = {round(p.review_h * HOUR) for p in network.stock_points if p.review_h > 0}
    end = MONDAY + round(days * 24 * HOUR) + 1
    return sorted({t for n in every for t in range(MONDAY - MONDAY % n + n, end, n)})


def happened(facts: np.ndarray, turns: list[int]) -> Iterator[tuple[int, np.ndarray]]:
    """What is not decided, one happening at a time, and the turns of reviews (with no fact).

    A happening is all that lies between two decisions at one instant.
    """
    left, free = list(turns), (facts["kind"] != DECIDED) & (facts["kind"] != CHARGED)
    taken = np.cumsum(facts["kind"] == DECIDED)
    cuts = np.flatnonzero((np.diff(facts["at"]) != 0) | (np.diff(taken) != 0)) + 1
    for run in np.split(np.arange(len(facts)), cuts):
        own = facts[run[free[run]]]
        now, decided = facts["at"][run[0]], facts["kind"][run[0]] == DECIDED
        while left and left[0] < now + decided:  # what comes of a turn's decisions follows it
            yield left.pop(0), facts[:0]
        if len(own):
            own["flags"][1:] &= ~1
            yield int(own["at"][0]), own
    for turn in left:
        yield turn, facts[:0]


def both(
    network: Network, days: float, seed: int, trouble: tuple[Down, ...] = ()
) -> tuple[list[Any], list[Any]]:
    """The decisions of the twin and those of the live path."""
    names = Names()
    sim = lower(network, None, names, MONDAY, days + 90).sim()  # calendars reach beyond what is due
    sim.patch(trouble)
    sim.begin(seed, 0, trace=True)
    sim.run_to(days)
    facts, names = sim.trace(), names_of(sim, names)
    refs = iter(facts["ref"][facts["kind"] == DECIDED].tolist())
    taken, mine = defaultdict[Any, list[int]](list), dict[int, int]()
    for decision in told(facts):
        taken[decision].append(next(refs))
    rules, state, live = Rules(network, names), State(names), list[Any]()
    scanner = Scanner(network, names)

    def tell(given_: np.ndarray, now: int) -> None:
        step = rules.step(state, given_, now) if len(given_) else rules.examine_all(state, now)
        out = step.facts
        said = map(scanner.said, told(out))
        for decision, ref in zip(said, out["ref"][decisions(out)], strict=True):
            if taken[decision]:
                mine[taken[decision].pop(0)] = int(ref)
            live.append(decision)

    if scanner.loops:
        tell(scanner.issued(), MONDAY)
    for now, given_ in happened(facts, reviews(network, days)):
        for name in ("ref", "ref2"):
            given_[name] = [mine.get(int(r), int(r)) for r in given_[name]]
        tell(given_, now)
        while len(pulled := scanner.pulled(state, now)):
            tell(pulled, now)
    return told(facts), live


class Scanner:
    """Scans the cards of loops whose cards are scanned: all that a container was emptied of."""

    def __init__(self, network: Network, names: Names) -> None:
        self.loops = [loop for loop in network.loops if loop.trigger == "scan"]
        self.lowering = Lowering(names)
        self.own = {
            names.find(Domain.LOOP, x.id): (
                names.find(Domain.SITE, x.origin), max(0, names.find(Domain.LANE, x.lane))
            )
            for x in self.loops
        }  # fmt: skip

    def said(self, decision: tuple[int, ...]) -> tuple[int, ...]:
        """A decision; of a backup's order for scanned cards without the cards."""
        row = dict(zip(SAID, decision, strict=True))
        if self.own.get(row["loop"], (row["to"], row["res"])) != (row["to"], row["res"]):
            row |= {"loop": 0, "qty2": 0, "status": RULE["withdrawal"]}
        return tuple(row.values())

    def facts(
        self, kind: type[e.CardIssued | e.CardPulled], cards: list[tuple[str, str]], now: int
    ) -> np.ndarray:
        """One happening of so many scans of (loop, card)."""
        packed = b"".join(
            self.lowering.facts(
                kind(source="scan", id=f"{now}-{card}", at=instant(now), loop=loop, card=card), now
            )
            for loop, card in cards
        )
        made = np.frombuffer(packed, FACT).copy()
        made["flags"][1:] &= ~1
        return made

    def issued(self) -> np.ndarray:
        """Every card on a full container."""
        cards = [(x.id, f"{x.id}/{n:03}") for x in self.loops for n in range(x.cards)]
        return self.facts(e.CardIssued, cards, MONDAY)

    def pulled(self, state: State, now: int) -> np.ndarray:
        """Cards whose containers are empty and that hang on no board yet."""
        cards: list[tuple[str, str]] = []
        for loop in self.loops:
            for point in state.points(loop.site, loop.item):
                position = point.position + point.held + point.reserved
                size, status = loop.container_qty, state.cards(loop.id)
                free = int((loop.cards * size - position + 1e-9) // size)
                hang = sum(c.status == "empty" for c in status)
                full = [c.card for c in status if c.status == "full"]
                cards += [(loop.id, card) for card in full[: max(0, free - hang)]]
        return self.facts(e.CardPulled, cards, now)


def same(network: Network, days: float, seed: int, trouble: tuple[Down, ...] = ()) -> list[Any]:
    """Assert that both decide alike; returns the decisions."""
    made = both(network, days, seed, trouble)
    twin, live = (sorted(both_said, key=itemgetter(0, 1, 2)) for both_said in made)
    for i, (a, b) in enumerate(zip(twin, live, strict=False)):
        assert a == b, (i, dict(zip(SAID, a, strict=True)), dict(zip(SAID, b, strict=True)))
    assert len(twin) == len(live)
    return live


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_generated_network_decides_in_the_twin_as_it_does_live(seed: int) -> None:
    """Kanban, base stock, (s,S), (R,Q), plants, shared lines, hubs, departures: 20 days."""
    network = generate(12, seed)
    loops = [replace(loop, trigger="consumption") for loop in network.loops]
    assert len(same(network.with_rows("loops", loops), 20, seed)) > 100


def place(id: str, kind: Any) -> c.Site:
    """A site in UTC."""
    return c.Site(id=id, kind=kind, latitude=41.0, longitude=-8.0, country="PT", zone="UTC")


def stocked(rng: Random, site: str, item: str, origin: str, lane: str) -> dict[str, list[Any]]:
    """A point that is replenished by a policy or by one loop of some kind, from one origin."""
    box = rng.choice((1.0, 4.0, 10.0))
    inspect = rng.choice((0.0, 0.0, 3.0))
    kind: Any = rng.choice(("base_stock", "sS", "RQ", "kanban", "two_bin", "signal", "conwip"))
    if kind in ("base_stock", "sS", "RQ"):
        review = rng.choice((0.0, 8.0, 24.0))
        point = c.StockPoint(
            site=site, item=item, policy=kind, base_stock=60.0, reorder_point=25.0,
            order_up_to=70.0, order_qty=20.0, review_h=review,
            inspect_h=inspect,
        )  # fmt: skip
        return {"stock_points": [point]}
    if kind == "kanban":
        kind = "production" if origin == site else "withdrawal"
    cards = 2 if kind == "two_bin" else rng.randint(3, 9)
    loop = c.Loop(
        id=f"{site}-{item}", kind=kind, site=site, item=item, origin=origin, lane=lane,
        cards=cards, container_qty=40.0 if kind == "two_bin" else box, signal_at=cards // 2,
        lot_cards=rng.randint(1, cards), collection_h=rng.choice((0.0, 0.0, 6.0)),
    )  # fmt: skip
    point = c.StockPoint(site=site, item=item, policy="kanban", inspect_h=inspect)
    return {"stock_points": [point], "loops": [loop]}


def small(rng: Random) -> Network:
    """Two suppliers, a plant that makes A of two B and one C, a warehouse, a customer."""
    at_night = rng.choice(("", "18:00", "Mon,Thu 06:00"))
    lanes = [
        c.Lane(id=f"{a}{b}", origin=a, destination=b, transit_kind="gamma", transit_h=h,
               transit_sd_h=h / 2, departures=rng.choice(("", at_night)))
        for a, b, h in (("S", "P", 20.0), ("T", "P", 60.0), ("U", "P", 15.0), ("P", "W", 9.0))
    ]  # fmt: skip
    lanes.append(c.Lane(id="SP2", origin="S", destination="P", transit_h=30.0))
    tables: dict[str, list[Any]] = {"stock_points": [], "loops": []}
    for rows in (stocked(rng, "W", "A", "P", "PW"), stocked(rng, "P", "A", "P", ""),
                 stocked(rng, "P", "B", "S", "SP"), stocked(rng, "P", "C", "T", "TP")):  # fmt: skip
        for name, more in rows.items():
            tables[name] += more
    share = rng.choice((1.0, 0.6))
    sources = [c.Source(site="P", item="B", origin="S", lane="SP", share=share, moq=8.0),
               c.Source(site="P", item="C", origin="T", lane="TP", prep_h=2.0),
               c.Source(site="W", item="A", origin="P", lane="PW")]  # fmt: skip
    if share < 1.0:  # another origin, or the same one over another lane
        origin, lane = rng.choice((("T", "TP"), ("S", "SP2")))
        sources.append(c.Source(site="P", item="B", origin=origin, lane=lane, share=0.4))
    for item, origin, lane in (("B", "T", "TP"), ("B", "U", "UP"), ("C", "S", "SP2")):
        if lane not in (s.lane for s in sources if s.item == item) and rng.random() < 0.5:
            moq, share = rng.choice((0.0, 30.0)), rng.choice((0.0, 0.3))
            sources.append(c.Source(site="P", item=item, origin=origin, lane=lane, moq=moq,
                                    share=share, role="backup"))  # fmt: skip
    box = {i: rng.choice((1.0, 5.0)) for i in "ABC"}
    return Network(
        sites=tuple(place(*s) for s in (("S", "supplier"), ("T", "supplier"), ("U", "supplier"),
                                        ("P", "plant"), ("W", "warehouse"), ("K", "customer"))),
        items=tuple(c.Item(id=i, cost=1.0, container_qty=q) for i, q in box.items()),
        bom=(c.BomLine(parent="A", component="B", qty=2.0),
             c.BomLine(parent="A", component="C", qty=1.0)),
        resources=(c.Resource(id="M", site="P", count=rng.randint(1, 3), mtbf_h=100.0, mttr_h=5.0,
                              calendar=rng.choice(("", "day"))),),
        processes=(c.Process(site="P", item="A", resource="M", cycle_s=600.0, cycle_cv=0.5,
                             setup_s=600.0, lot_qty=rng.choice((0.0, 20.0)),
                             yield_rate=rng.choice((1.0, 0.9))),),
        calendars=(c.Calendar(id="day", days="Mon-Fri", shifts="06:00-22:00"),),
        lanes=tuple(lanes), sources=tuple(sources),
        demand=(c.Demand(site="K", item="A", supplier="W", rate_day=20.0, distribution="negbin",
                         cv=rng.choice((0.3, 0.9)), partial=rng.choice(("yes", "no"))),),
        **{name: tuple(rows) for name, rows in tables.items()},
    )  # fmt: skip


@given(st.integers(0, 2**32))
@settings(max_examples=25, deadline=None, derandomize=True)
def test_every_policy_and_loop_decides_in_the_twin_as_it_does_live(seed: int) -> None:
    """Random mixes of policies, loops, reviews, shares, departures, shifts and scrap: 30 days."""
    same(small(Random(seed)), 30, seed)


@given(st.integers(0, 2**32))
@settings(max_examples=15, deadline=None, derandomize=True)
def test_scanned_cards_are_decided_in_the_twin_as_live(seed: int) -> None:
    """Every kind of loop with its cards scanned, from suppliers and on the spot: 30 days."""
    network = small(Random(seed))
    loops = [replace(loop, trigger="scan") for loop in network.loops]
    same(network.with_rows("loops", loops), 30, seed)


def closures(rng: Random) -> tuple[Down, ...]:
    """Suppliers, plants and lanes that close for a time, some of them twice at once."""
    made: list[Down] = []
    kinds: Any = (("site", "STUPW"), ("lane", ("SP", "SP2", "TP", "UP", "PW")))
    for kind, names in kinds:
        for name in rng.sample(list(names), 2):
            start = rng.uniform(0.0, 400.0)
            made.append(
                Down(kind=kind, name=name, start=start, end=start + rng.uniform(5.0, 300.0))
            )
    return tuple(made)


@given(st.integers(0, 2**32))
@settings(max_examples=25, deadline=None, derandomize=True)
def test_what_closes_and_opens_is_decided_in_the_twin_as_live(seed: int) -> None:
    """Backups step in and hand back, primaries share anew, orders wait: the same both ways."""
    same(small(Random(seed)), 30, seed, closures(Random(seed)))


@given(st.integers(0, 2**32))
@settings(max_examples=25, deadline=None, derandomize=True)
def test_who_fills_scanned_cards_while_ways_are_closed_is_decided_in_the_twin_as_live(
    seed: int,
) -> None:
    """The loop's own origin, or the backup that steps in for it, once the cards are enough."""
    network = small(Random(seed))
    loops = [replace(loop, trigger="scan") for loop in network.loops]
    same(network.with_rows("loops", loops), 30, seed, closures(Random(seed)))


@pytest.mark.parametrize("seed", [67, 10523])
def test_points_that_are_touched_together_decide_before_any_of_their_orders_goes_off(
    seed: int,
) -> None:
    """B is reviewed with A, which is made of it; B was used when A orders: in both runs B orders
    what was used before, not what the order of A takes at once."""
    same(small(Random(seed)), 30, seed)
