"""Determinism: the same seed gives the same bits, whoever runs the replications and in what pieces.

That decisions do not depend on the batches of a history is in `test_decision_laws.py`; that Ray
gives the bits of threads is in `tests/twin/test_ray.py`.
"""

from __future__ import annotations

import json
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from test_twin_agreement import MONDAY, small

from taktnet.twin import Rules, Scenario, Start, Threads, compare, rank
from taktnet.twin import changes as c

PARTS = ("points", "demand", "lanes", "processes", "resources", "series", "sketch", "events")
MORE = Scenario(name="more stock", changes=(c.Row("stock_points", "W|A", {"inspect_h": 1.0}),))
BUSY = Scenario(name="more is sold", changes=(c.Demand(1.5),))
threads = st.builds(Threads, st.sampled_from([1, 2, 3, 7]), st.integers(1, 9))


def bits(start: Start, seed: int, replications: int, workers: Threads) -> list[bytes]:
    """Every figure of every replication of a base and two answers."""
    found = compare(
        start, BUSY, [MORE], days=15, replications=replications, seed=seed, every_h=24,
        workers=workers,
    )  # fmt: skip
    return [getattr(option.runs, part).tobytes() for option in found.options for part in PARTS]


def ranked(start: Start, seed: int, workers: Threads) -> Any:
    """A race, which decides from what it has seen how often each option is run."""
    rules = Rules(first=3, most=12)
    told = rank(start, BUSY, [MORE], 10, seed=seed, rules=rules, workers=workers).to_json()
    return json.dumps(told, sort_keys=True)


@given(st.integers(0, 2**32), st.integers(0, 2**62 - 1), st.integers(1, 13), threads, threads)
@settings(max_examples=25, deadline=None, derandomize=True)
def test_determinism_any_number_of_workers_and_any_pieces_give_the_same_bits(
    network: int, seed: int, replications: int, one: Threads, other: Threads
) -> None:
    """Random networks; 1, 2, 3 and 7 threads; 1 to 9 replications a piece; lowered anew as well."""
    start = Start(small(Random(network)), MONDAY, 40.0)
    again = Start(small(Random(network)), MONDAY, 40.0)
    plain = bits(start, seed, replications, Threads(1))
    assert bits(start, seed, replications, one) == plain
    assert bits(again, seed, replications, other) == plain
    assert ranked(start, seed, one) == ranked(again, seed, other)


@given(st.integers(0, 2**32), st.integers(0, 2**62 - 2))
@settings(max_examples=10, deadline=None, derandomize=True)
def test_another_seed_is_other_luck(network: int, seed: int) -> None:
    """Or equal bits would say nothing."""
    start = Start(small(Random(network)), MONDAY, 40.0)
    assert bits(start, seed, 2, Threads(2)) != bits(start, seed + 1, 2, Threads(2))
