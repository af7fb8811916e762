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
