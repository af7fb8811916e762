"""Experiments: paired answers, rankings with a stated error, and figures that are what they say."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from lab_nets import cold, live, net
from twin_nets import MONDAY

from taktnet.twin import (
    Comparison,
    Goal,
    NotPossible,
    Penalties,
    Rules,
    Runs,
    Scenario,
    Start,
    Threads,
    TooMuchMemory,
    compare,
    measure,
    rank,
    results,
    run,
)
from taktnet.twin import changes as c
from taktnet.twin.intervals import interval, t_above, t_loss, t_quantile
from taktnet.twin.race import race

LATE = Scenario(name="late", note="the sea is rough", changes=(c.Delay("SH-1", 120.0),))
AIR = Scenario(name="by air", changes=(c.Link("W", "A", "S", lane="AIR"),))
NEXT = Scenario(name="from next door", changes=(c.Move("A", 20.0, "V", "W", "NEXT"),))
BACKUP = Scenario(name="backup", changes=(c.Link("W", "A", "T", share=1.0),))
ROW = Scenario(name="row", changes=(c.Row("stock_points", "W|A", {"base_stock": 90}),))
PARTS = ("points", "demand", "lanes", "processes", "resources", "series", "sketch", "events")


def same(a: Runs, b: Runs) -> bool:
    """Whether all figures are equal to the last bit."""
    return all(getattr(a, part).tobytes() == getattr(b, part).tobytes() for part in PARTS)


@pytest.fixture(scope="module")
def compared() -> Comparison:
    """A late shipment and four answers, three weeks, two dozen replications."""
    return compare(live(), LATE, [AIR, NEXT, BACKUP, ROW], 21, 24, every_h=24)


def test_t_quantiles_and_tails_are_those_of_the_tables() -> None:
    """t(0.975) is 12.706, 2.228 and 1.984 at 1, 10 and 100 degrees of freedom."""
    found = [round(t_quantile(0.975, f), 3) for f in (1, 10, 100)]
    assert found == [12.706, 2.228, 1.984]
    assert math.isclose(t_above(2.228139, 10), 0.025, rel_tol=1e-5)


@pytest.mark.parametrize(("x", "freedom"), [(0.0, 3), (1.3, 5), (-0.7, 9), (2.5, 60)])
def test_expected_loss_is_the_integral_of_the_tail(x: float, freedom: int) -> None:
    """E[max(0, T - x)] is the integral of P(T > t) from x on."""
    grid = np.concatenate([np.linspace(x, 30, 200_001), np.geomspace(30, 1e5, 20_001)[1:]])
    tail = np.array([t_above(t, freedom) for t in grid[::200]])
    exact = np.trapezoid(tail, grid[::200])
    assert math.isclose(t_loss(x, freedom), exact, rel_tol=2e-3)


def test_intervals_cover_a_known_mean_as_often_as_they_say() -> None:
    """Of 4,000 intervals from eight normal values 95 % cover the true mean."""
    rng = np.random.default_rng(5)
    found = [interval(rng.normal(3.0, 2.0, 8)) for _ in range(4000)]
    share = sum(i.low <= 3.0 <= i.high for i in found) / 4000
    assert abs(share - 0.95) < 0.015


def test_paired_intervals_of_the_twin_cover_the_true_difference() -> None:
    """A fifth more demand: 60 small experiments cover what 2,000 replications say."""
    start = cold(40)
    answer = Scenario(name="more", changes=(c.Demand(1.2),))
    true = compare(start, answers=[answer], days=30, replications=2000, most=2000, seed=99)
    exact = true.difference(true.answers[0], "stock").mean
    covered = 0
    for seed in range(60):
        small = compare(start, answers=[answer], days=30, replications=12, seed=seed)
        found = small.difference(small.answers[0], "stock")
        covered += found.low <= exact <= found.high
    assert covered >= 52  # 57 expected; fewer happens once in 100


def test_answers_are_paired_and_told(compared: Comparison) -> None:
    """Going by air serves more and costs freight; nothing is told that is no number."""
    by = {o.name: o for o in compared.options}
    assert compared.difference(by["from next door"], "service").low > 0
    assert compared.difference(by["by air"], "freight").low > 0
    assert compared.difference(by["backup"], "premium").low > 0
    told = json.loads(json.dumps(compared.to_json(), allow_nan=False))
    assert [o["name"] for o in told["options"]] == [o.name for o in compared.options]
    assert told["options"][0]["note"] == "the sea is rough"
    assert told["currency"] == "EUR"


def test_cost_is_the_sum_of_its_parts(compared: Comparison) -> None:
    """In every replication; a penalty that is doubled doubles its part."""
    runs = compared.base.runs
    once, twice = measure(runs), measure(runs, Penalties(late_per_day=0.02, short=0.1))
    parts = ("holding", "freight", "premium", "waste", "lateness", "shortage")
    assert np.array_equal(once["cost"], np.sum([once[p] for p in parts], axis=0))
    assert np.allclose(twice["lateness"], 2 * once["lateness"])
    assert once["lateness"].max() > 0
    assert np.allclose(twice["shortage"], 0.1 * 30.0 * (1 - once["fill"]) * runs.points["wanted"][
        :, runs.model.find("points", ("W", "A"))])  # fmt: skip


def test_luck_is_shared_when_the_network_is_lowered_again(compared: Comparison) -> None:
    """A row of the network that changes one level leaves every customer's orders alone."""
    row = next(o for o in compared.answers if o.name == "row")
    wanted = [o.runs.points["wanted"][:, o.runs.model.find("points", ("W", "A"))]
              for o in (compared.base, row)]  # fmt: skip
    assert np.array_equal(*wanted)
    apart = row.paired(compared.base, "stock").var()
    free = row.values["stock"].var() + compared.base.values["stock"].var()
    assert apart < free / 3


def test_a_goal_is_reached_or_told() -> None:
    """Replications go on until the interval is as narrow as asked for, or the most are done."""
    start, answers = cold(40), [Scenario(name="more", changes=(c.Demand(1.2),))]
    wide = compare(start, answers=answers, days=21, replications=8)
    wanted = wide.difference(wide.answers[0], "stock").half / 2
    goal = Goal("stock", wanted)
    found = compare(start, answers=answers, days=21, replications=8, goals=[goal])
    reached = found.difference(found.answers[0], "stock")
    assert found.reached
    assert reached.half <= wanted
    assert not reached.doubtful
    goal = Goal("stock", 1e-6, relative=True)
    short = compare(start, answers=answers, days=21, replications=8, most=16, goals=[goal])
    assert not short.reached
    assert short.replications == 16


def test_what_was_stopped_tells_what_it_rests_on() -> None:
    """Stopped in the middle, the figures are those of the replications that were done."""
    seen: list[int] = []
    found = compare(live(), LATE, [NEXT], 21, 200, workers=Threads(1), stop=lambda: len(seen) > 20,
                    on_progress=lambda done, _: seen.append(done))  # fmt: skip
    assert found.stopped
    assert sum(len(o.runs) for o in found.options) == len(seen) == 21


@pytest.mark.parametrize("threads", [2, 5])
def test_any_number_of_workers_compares_to_the_same_bits(threads: int) -> None:
    """Patched and lowered again, in batches of any size."""
    one, many = (compare(live(), LATE, [NEXT, ROW], 14, 7, every_h=24, workers=Threads(n, size))
                 for n, size in ((1, 8), (threads, 3)))  # fmt: skip
    for a, b in zip(one.options, many.options, strict=True):
        assert same(a.runs, b.runs)


def test_the_best_answer_is_ranked_first_with_its_error() -> None:
    """Next door's stock is cheapest; the order, the error and the expected loss are told."""
    found = rank(live(), LATE, [AIR, NEXT, BACKUP, ROW], 21, rules=Rules(error=0.05))
    assert found.best.name == "from next door"
    assert found.error <= 0.05
    assert found.sure
    assert [p.rank for p in found.places] == [1, 2, 3, 4, 5]
    told = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert told["places"][0]["behind"]["mean"] == 0
    service = rank(live(), LATE, [NEXT], 21, "service")
    assert service.best.name == "from next door"


def toy(gaps: list[float], seed: int) -> Any:
    """Options whose costs are known: normal, most of the spread is shared luck."""
    rng = np.random.default_rng(seed)
    values = np.array(gaps)[:, None] + rng.normal(0, 3, 128) + rng.normal(0, 1, (len(gaps), 128))
    return lambda who, first, count: [values[i, first : first + count] for i in who]


def test_the_stated_error_is_the_one_made() -> None:
    """Over 400 races of eight options the wrong one wins no more often than was stated."""
    gaps = [0.0, 0.4, 0.8, 1.0, 1.0, 2.0, 3.0, 5.0]
    wrong = stated = runs = 0.0
    for seed in range(400):
        found = race(toy(gaps, seed), 8, Rules(first=4, most=128, error=0.1))
        wrong += found.order[0] != 0
        stated += found.error
        runs += sum(map(len, found.values))
    assert wrong / 400 <= 0.1
    assert wrong <= stated + 3 * math.sqrt(stated)
    assert runs / 400 < 0.5 * 8 * 128


def test_what_does_not_matter_ends_a_race_sooner() -> None:
    """Over 400 races nothing worse than the zone wins more often than stated, in half the runs."""
    gaps = [0.0, 0.05, 0.1, 0.15, 1.5, 2.0, 3.0, 5.0]
    worse = stated = runs = exact = equal = 0.0
    for seed in range(400):
        found = race(toy(gaps, seed), 8, Rules(first=4, most=128, error=0.1, indifference=1.0))
        worse += gaps[found.order[0]] > 1.0
        stated += found.error
        runs += sum(map(len, found.values))
        exact += sum(map(len, race(toy(gaps, seed), 8, Rules(first=4, error=0.1)).values))
        said = [i for i in found.order[1:] if found.apart[i] <= 0.1]
        equal += sum(abs(gaps[i] - gaps[found.order[0]]) > 1.0 for i in said)
    assert worse / 400 <= 0.1
    assert worse <= stated + 3 * math.sqrt(stated)
    assert equal / 400 <= 0.1
    assert runs < 0.5 * exact


def test_answers_that_hardly_differ_are_told_to_be_equal() -> None:
    """A level of 61 or 62 instead of 60 costs cents a day: within 50 EUR they are one."""
    levels = [Scenario(name=str(n), changes=(c.Point("W", "A", level=n),)) for n in (61.0, 62.0)]
    found = rank(live(), answers=levels, days=21, rules=Rules(error=0.05, indifference=50.0))
    assert found.sure
    assert found.indifference == 50.0
    assert all(place.equal for place in found.places)
    assert found.to_json()["places"][1]["equal"]
    apart = rank(live(), LATE, [AIR, NEXT], 21, rules=Rules(error=0.05))
    assert not any(place.equal for place in apart.places[1:])


def test_the_ranking_is_that_of_many_replications() -> None:
    """In 30 races the best of 2,000 replications wins, but for as often as was stated."""
    answers = [AIR, NEXT, BACKUP, ROW]
    many = compare(live(), LATE, answers, 21, 2000, 2000, seed=10_000)
    best = min(many.options, key=lambda o: o.values["cost"].mean()).name
    wrong = stated = 0.0
    for seed in range(30):
        found = rank(live(), LATE, answers, 21, seed=seed)
        wrong += found.best.name != best
        stated += found.error
    assert wrong <= stated + 3 * math.sqrt(stated)


def test_skew_values_are_told_to_need_more_replications() -> None:
    """Cochran's rule: a hundred even values are enough, a hundred with one far off are not."""
    rng = np.random.default_rng(1)
    assert not interval(rng.normal(0, 1, 100)).doubtful
    assert interval(np.append(rng.normal(0, 1, 99), 30.0)).doubtful
    assert interval(np.ones(5)).half == 0
    assert not interval(np.ones(5)).doubtful


def test_options_that_are_the_same_tie() -> None:
    """Nothing is lost by taking one of them, and no replication is wasted on telling."""
    found = race(lambda who, first, n: [np.arange(first, first + n) * 1.0 for _ in who], 3)
    assert found.error == 0
    assert found.order == (0, 1, 2)
    assert max(map(len, found.values)) <= 8


def test_experiments_that_cannot_be_made_are_refused_before_anything_runs() -> None:
    """Unknown measures, days out of reach, names used twice, empty goals."""
    start = cold(30)
    for wrong in (
        lambda: rank(start, answers=[AIR], measured="csot"),
        lambda: compare(start, days=31),
        lambda: compare(start, answers=[AIR, AIR], days=5),
        lambda: compare(start, days=5, goals=[Goal("cost", 0.0)]),
        lambda: compare(start, days=5, replications=0),
    ):
        with pytest.raises(NotPossible):
            wrong()


def test_a_run_that_needs_more_memory_than_allowed_is_refused_with_the_figure() -> None:
    """The estimate counts the figures of all replications and a run for each worker."""
    start = Start(net(), MONDAY, 400, memory_limit=40_000_000)
    with pytest.raises(TooMuchMemory, match=r"100000 replications of 1 runs need [\d,]+ MB"):
        run(start.sim(), 10, 100_000, 1)
    with pytest.raises(TooMuchMemory, match="allowed are 40 MB"):
        compare(start, days=365, replications=5000, most=5000, every_h=1)


def test_results_over_time_have_bands(compared: Comparison) -> None:
    """Quantiles over replications at every snapshot, in order, within what was seen."""
    bands = results.bands(compared.base.runs)
    assert set(bands) == set(results.OVER_TIME)
    stock = bands["stock"]
    assert stock.days.tolist() == list(range(1, 22))
    assert (np.diff(stock.quantiles, axis=0) >= 0).all()
    assert (stock.quantiles[0] <= stock.mean).all()
    json.dumps([band.to_json() for band in bands.values()], allow_nan=False)
    assert results.bands(run(cold().sim(), 5, 2, 1)) == {}


def test_results_are_tables_by_name(compared: Comparison) -> None:
    """A row for every point, lane and customer, the means over replications."""
    runs = compared.base.runs
    points = results.frame(runs, "points")
    assert points["site"].to_list() == [site for site, _ in runs.model.points]
    assert np.isclose(points["stock_eur"].sum(), compared.base.values["stock"].mean())
    assert results.frame(runs, "demand")["customer"].to_list() == ["K"]
    json.dumps([results.rows(runs, t) for t in results.NAMES], allow_nan=False)
    assert {row["site"] for row in results.sites(runs)} >= {"W", "V"}
