"""Car sequencing: brute force, bounds that never lie, paint, frozen cars, the text form."""

from __future__ import annotations

from collections import Counter
from itertools import groupby, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.cars import made_cars
from taktnet.base.errors import InputFaults
from taktnet.plan.sequencing import CarClass, Cars, Option, read_cars, score, sequence_cars
from taktnet.plan.sequencing.arrays import lower, started
from taktnet.plan.sequencing.walk import cost_of, loads, walk

#: Dincbas, Simonis & Van Hentenryck (ECAI 1988): ten cars that can be built without a fault.
TEN = """
10 5 6
1 2 1 2 1
2 3 3 5 5
0 1 1 0 1 1 0
1 1 0 0 0 1 0
2 2 0 1 0 0 1
3 2 0 1 0 1 0
4 2 1 0 1 0 0
5 2 1 1 0 0 0
"""


def slow_score(cars: Cars, order: tuple[str, ...], by_window: bool) -> int:
    """Violations counted the long way."""
    by_id = {c.id: c for c in cars.classes}
    total = 0
    for o in cars.options:
        for t in range(len(order) - o.window + 1):
            over = sum(o.id in by_id[x].options for x in order[t : t + o.window]) - o.most
            if over > 0:
                total += o.weight * (1 if by_window else over)
    return total


@st.composite
def small(draw: st.DrawFn) -> Cars:
    """A few options and at most seven cars of a few classes."""
    options = []
    for o in range(draw(st.integers(1, 3))):
        window = draw(st.integers(1, 4))
        options.append(
            Option(str(o), draw(st.integers(0, window)), window, draw(st.integers(1, 3)))
        )
    names = [o.id for o in options]
    classes = [
        CarClass(str(i), draw(st.integers(1, 3)), frozenset(draw(st.sets(st.sampled_from(names)))))
        for i in range(draw(st.integers(1, 3)))
    ]
    cars = Cars(tuple(options), tuple(classes))
    return cars if cars.count <= 7 else Cars(cars.options, cars.classes[:2])


@settings(max_examples=25, deadline=None)
@given(small(), st.sampled_from(["excess", "windows"]))
def test_no_order_of_a_few_cars_breaks_less(cars: Cars, measure: str) -> None:
    """Against every order; the bound is never above the best."""
    units = [c.id for c in cars.classes for _ in range(c.count)]
    least = min(slow_score(cars, o, measure == "windows") for o in set(permutations(units)))
    result = sequence_cars(cars, moves=20_000, workers=1, measure=measure)
    assert result.ratios == least == slow_score(cars, result.sequence, measure == "windows")
    assert result.lower <= least
    if len(cars.options) == 1:
        assert result.proven


def test_the_ten_cars_of_the_first_paper_fit() -> None:
    """CSPLib's example has an order without a fault, and it is found and proven."""
    result = sequence_cars(read_cars(TEN), moves=200_000)
    assert (result.ratios, result.lower, result.proven) == (0, 0, True)
    assert set(result.score.windows.values()) == {0}


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 3))
def test_the_walk_keeps_true_books(seed: int, frozen: int) -> None:
    """Loads and costs carried along are those counted afresh; frozen cars never move."""
    cars = made_cars(60, seed, colours=3, paint_limit=4)
    a = lower(cars, "excess")
    chance = np.random.default_rng(seed)
    order = started(cars, [0][: min(frozen, cars.classes[0].count)], chance)
    head = min(frozen, cars.classes[0].count, 1)
    first = order[:head].copy()
    price = a.price(3)
    load = loads(order, a.has, a.size)
    begun = int(cost_of(order, load, a.size, price, a.colour, 2))
    best, state = order.copy(), np.array([seed + 1], np.uint64)
    cost, least = walk(
        order, a.has, load, a.size, price, a.colour, 2, head, begun, 2.0, 3_000, state, best,
        begun, -1,
    )  # fmt: skip
    assert np.array_equal(load, loads(order, a.has, a.size))
    assert cost == cost_of(order, load, a.size, price, a.colour, 2)
    assert least == cost_of(best, loads(best, a.has, a.size), a.size, price, a.colour, 2) <= begun
    assert np.array_equal(order[:head], first)
    assert np.array_equal(best[:head], first)


def test_a_number_of_moves_gives_the_same_order_every_time() -> None:
    """The seed decides, not the machine; another seed decides otherwise."""
    cars = made_cars(80, 4)
    one, two = (sequence_cars(cars, moves=100_000, seed=9) for _ in range(2))
    assert one == two
    assert sequence_cars(cars, moves=100_000, seed=10).sequence != one.sequence


def test_paint_comes_second_or_first_and_keeps_its_limit() -> None:
    """Ratios first: as few faults as without colours. Colours first: as few changes as can be."""
    cars = made_cars(100, 2, use=(0.6, 0.8), colours=4, paint_limit=6)
    ratios = sequence_cars(cars, moves=400_000, seed=1)
    colours = sequence_cars(cars, moves=400_000, seed=1, aims=("colours", "ratios"))
    assert ratios.ratios == 0
    assert colours.score.changes == colours.lower_changes
    assert ratios.score.changes >= colours.score.changes
    colour_of = {c.id: c.colour for c in cars.classes}
    for result in (ratios, colours, sequence_cars(cars, moves=200_000, colour_weight=2)):
        batches = [len(list(g)) for _, g in groupby(colour_of[x] for x in result.sequence)]
        assert max(batches) <= 6
        assert (result.score.over_limit, result.score.changes) == (0, len(batches) - 1)
        assert result.score.changes >= result.lower_changes


def test_cars_that_the_plant_was_told_stay_in_front() -> None:
    """The first places are as given, whatever they break."""
    cars = made_cars(50, 7)
    head = [c.id for c in cars.classes[:3] for _ in range(min(2, c.count))]
    result = sequence_cars(cars, moves=50_000, frozen=head)
    assert list(result.sequence[: len(head)]) == head
    assert Counter(result.sequence) == Counter({c.id: c.count for c in cars.classes})
    with pytest.raises(InputFaults, match="a class with cars left"):
        sequence_cars(cars, frozen=["nothing"])


def test_a_search_is_watched_and_can_be_stopped() -> None:
    """Who watches hears of cost and bound; False ends it with the best so far."""
    heard: list[tuple[int, int]] = []

    def watch(cost: int, bound: int) -> bool:
        heard.append((cost, bound))
        return len(heard) < 3

    cars = made_cars(100, 3, use=(0.99, 1.0))
    result = sequence_cars(cars, seconds=60, workers=1, watch=watch)
    assert len(heard) == 3
    assert all(cost >= bound for cost, bound in heard)
    assert score(cars, result.sequence) == result.score


def test_the_text_is_read_with_all_its_faults() -> None:
    """By line: what is no number, too few numbers, sums that differ, an option that is 2."""
    cars = read_cars(TEN)
    assert (cars.count, len(cars.options), len(cars.classes)) == (10, 5, 6)
    assert cars.options[2] == Option("2", 1, 3)
    assert cars.classes[4].options == {"0", "2"}
    with pytest.raises(InputFaults) as caught:
        read_cars(TEN.replace("10 5 6", "11 5 7").replace("4 2 1 0 1 0 0", "4 2 1 0 2 0"), "a.txt")
    said = [(f.row, f.field) for f in caught.value.faults]
    assert said == [(9, "class"), (2, "classes"), (2, "cars"), (9, "class")]
    with pytest.raises(InputFaults, match=r"a.txt row 3: number is x"):
        read_cars("1 1 1\n\nx 1", "a.txt")
    with pytest.raises(InputFaults, match="wanted cars, options and classes"):
        read_cars("", "a.txt")
    with pytest.raises(InputFaults, match="p of q"):
        Cars((Option("a", 3, 2),), (CarClass("k", 1, frozenset("b")),))


def test_what_no_order_can_keep_is_told_in_words() -> None:
    """Six of eight cars with an option that one of two may carry; a colour that nothing parts."""
    many = Cars(
        (Option("roof", 1, 2), Option("tow", 1, 3)),
        (CarClass("a", 6, frozenset({"roof"}), "red"), CarClass("b", 2, frozenset({"tow"}), "red")),
        paint_limit=2,
    )
    found = sequence_cars(many, moves=2_000, workers=1)
    assert found.conflicts == (
        "option roof: 6 of 8 cars carry it and at most 1 of any 2 in a row may; in any order at"
        " least 3 are above it, summed over windows",
        "colour red: 8 cars in batches of at most 2 need 3 cars of other colours between them, and"
        " there are 0",
    )
    assert sequence_cars(read_cars(TEN), moves=2_000, workers=1).conflicts == ()
