"""Prices of promises, and the reasons for every buffer."""

from __future__ import annotations

import pytest

from taktnet.plan.buffers import Stage, place, prices, reasons

# Cheap part -> dear end item, made in 4 and 5 periods, sold from stock.
STAGES = [Stage("part", 4, holding=1.0), Stage("end", 5, holding=10.0, demand_sd=2, k=2)]
ARCS = [("part", "end")]


def test_the_price_of_a_promise_is_what_loosening_it_saves() -> None:
    """One period of grace at the end item saves 10 k sigma (sqrt 5 - sqrt 4)."""
    placed = place(STAGES, ARCS)
    (price,) = prices(STAGES, ARCS, placed)
    assert (price.stage, price.promised, price.proven) == ("end", 0, True)
    assert price.per_period == pytest.approx(10 * 4 * (5**0.5 - 2))


def test_a_limit_that_does_not_bind_has_no_price() -> None:
    """A stage that may promise 50 and promises less is not on the list."""
    stages = [Stage("part", 4, holding=1.0, max_service_time=50), STAGES[1]]
    placed = place(stages, ARCS)
    assert [p.stage for p in prices(stages, ARCS, placed)] == ["end"]


def test_a_fixed_promise_has_its_price() -> None:
    """A supplier held to 0 for a cheap end item: letting it pass on a period saves money."""
    stages = [Stage("part", 4, holding=9.0, service_time=0), Stage("end", 0, holding=9.1,
              demand_sd=2, k=2, max_service_time=4)]  # fmt: skip
    placed = place(stages, ARCS)
    found = {p.stage: p for p in prices(stages, ARCS, placed)}
    assert found["part"].saved == pytest.approx(9 * 4 * (2 - 3**0.5))


def test_every_stage_says_why() -> None:
    """The cheap part decouples, the end item covers its own time before the customer."""
    placed = place(STAGES, ARCS)
    words = reasons(STAGES, ARCS, placed)
    assert words["part"].startswith("decouples: waits 0, covers 4 periods and serves one stage")
    assert words["end"].startswith("covers 5 periods before the customer")
    assert [p.stage for p in placed.strategic] == ["end", "part"]


def test_a_stage_without_stock_makes_to_order() -> None:
    """A part hardly cheaper than the end item keeps nothing and passes its time on."""
    stages = [Stage("part", 4, holding=9.9), STAGES[1]]
    placed = place(stages, ARCS)
    assert reasons(stages, ARCS, placed)["part"] == (
        "no stock: makes to order and passes on its 4 periods"
    )
    assert [p.stage for p in placed.strategic] == ["end"]


def test_a_place_without_room_has_its_price() -> None:
    """What a buffer at a stage that may keep none would save is the difference of both answers."""
    stages = [
        Stage("mill", 9, holding=1),
        Stage("wash", 2, holding=2, keeps_stock=False),
        Stage("shop", 1, holding=9, demand_sd=3, k=2),
    ]
    arcs = [("mill", "wash"), ("wash", "shop")]
    placed = place(stages, arcs)
    free = place([stages[0], Stage("wash", 2, holding=2), stages[2]], arcs)
    room = next(p for p in prices(stages, arcs, placed) if p.what == "no stock")
    assert (room.stage, room.proven) == ("wash", True)
    assert room.saved == pytest.approx(placed.cost - free.cost)
    assert room.saved > 0
    assert "may keep none" in reasons(stages, arcs, placed)["wash"]


def test_only_the_constraints_that_matter_most_are_solved_again() -> None:
    """Of three customers' promises the one of the dearest stock is priced."""
    stages = [Stage("mill", 4, holding=1)]
    stages += [Stage(f"c{n}", 2, holding=10.0**n, demand_sd=3, k=2) for n in range(3)]
    arcs = [("mill", f"c{n}") for n in range(3)]
    (price,) = prices(stages, arcs, place(stages, arcs), most=1)
    assert price.stage == "c2"
