"""Every value of `exact/inventory_textbook.json` is reached by the product, entry by entry.

The file names the test of stockpyl 1.0 that prints a value, not its input; inputs are those of the
examples of Snyder & Shen, 2nd ed., that it names. Each answer stands in the order of the file.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from functools import cache
from itertools import product
from typing import Any

import numpy as np
import pytest

from support.reference import DATA
from taktnet.plan.buffers import Stage
from taktnet.plan.buffers.chain import read_chain
from taktnet.plan.buffers.line_run import LineRun, run_line
from taktnet.plan.buffers.serial import Demand, serial
from taktnet.plan.inventory import lots, newsvendor, policies

FILE = DATA / "exact" / "inventory_textbook.json"
EOQ = (8, 0.225, 1300)  # example 3.1: K, h, D
BREAKS = [(0, 0.75), (400, 0.72), (800, 0.68)]  # example 3.5
NEWS = (0.18, 0.7, 50, 8)  # examples 4.1 and 4.3: h, p, mean, deviation
FOUR = (0.18, 0.7, 250, 8 * math.sqrt(5))  # example 4.4: four periods of lead time and one
MYOPIC = (0.18, 0.7, (0.3, 0.35), 50, 8, 0.98)
RQ = (8, 0.225, 7.5, 1300, 150, 1 / 12)  # example 5.1: K, h, p, D, deviation, L
HOLDING, LEAD, BACKORDER = [3, 2, 2], [1, 1, 2], 37.12  # example 6.1, from the customer upstream
NORMAL = Demand(5, 1)
#: Values that the source worked out on a grid of 100 levels by 10 demands are as coarse as that.
COARSE = {"uniform": 0.012, "TestExpectedCost": 0.02, "TestExpectedHoldingCost": 0.01,
          "obj_fcn": 0.04, "test_example_6_1": 0.004, "from_network": 0.004,
          "poisson": 5e-4}  # fmt: skip


def _all_units(qty: int) -> float:
    lot = lots.all_units(8, 0.3, 1300, BREAKS)
    assert lot.qty == qty
    return lot.cost


def _first_tier() -> list[float]:
    lot = lots.incremental(8, 0.3, 1300, BREAKS[:1])
    return [lot.qty, lot.cost]


def _backorders() -> list[float]:
    lot = lots.eoq_backorders(8, 0.225, 5, 1300)
    return [lot.qty, lot.short, lot.cost]


def _produced() -> list[float]:
    lot = lots.epq(*EOQ, 2000)
    return [lot.qty, lot.cost]


@cache
def _prices() -> Callable[[int, int], float]:
    """Yearly cost of stage k of example 6.5 for a gap SI + T - S."""
    stages = [
        Stage("1", 2, holding=1, inbound_time=1),
        Stage("2", 1, holding=3, demand_sd=1, k=1, max_service_time=0),
        Stage("3", 1, holding=2),
        Stage("4", 1, holding=3, demand_sd=1, k=1, max_service_time=1),
    ]
    chain = read_chain(stages, [("1", "3"), ("3", "2"), ("3", "4")], 1)
    return lambda stage, gap: float(chain.price[stage - 1, gap])


def _stage(stage: int, *times: tuple[int, int]) -> list[float]:
    """Costs for pairs (S, SI) of a stage."""
    own = {1: 2, 2: 1, 3: 1, 4: 1}[stage]
    return [_prices()(stage, inbound + own - out) for out, inbound in times]


def _drawn(seed: int, mean: float, sd: float, periods: int) -> list[float]:
    chance = np.random.RandomState(seed)
    return [max(0.0, float(chance.normal(mean, sd))) for _ in range(periods)]


@cache
def _histories(mean: float, sd: float) -> list[list[float]]:
    """Five runs of 500 periods, each with a seed drawn by the one before it."""
    chance, drawn = np.random.RandomState(762), list[list[float]]()
    for _ in range(5):
        chance = np.random.RandomState(chance.randint(1, 10000))
        drawn.append([max(0.0, float(chance.normal(mean, sd))) for _ in range(500)])
    return drawn


def _tried(levels: Sequence[float]) -> float:
    """Mean cost a period of local levels, by runs that start empty; one level is example 4.1."""
    one = len(levels) == 1
    holding, lead, short = ([0.18], [1], 0.7) if one else (HOLDING, LEAD, BACKORDER)
    runs = [
        run_line(levels, lead, demand, start=[0.0] * len(levels)).cost(holding, short) / 500
        for demand in (_histories(50, 8) if one else _histories(5, 1))
    ]
    return float(np.mean(runs))


def _enumerated(*grids: Sequence[float]) -> tuple[tuple[float, ...], float]:
    cost, levels = min((_tried(levels), levels) for levels in product(*grids))
    return levels, cost


def _descended(*levels: float) -> list[float]:
    """The levels and their cost; the source's descent stops where a move gains next to nothing."""
    cost = _tried(levels)
    for n, step in product(range(len(levels)), (-0.05, 0.05)):
        moved = [x + step * (k == n) for k, x in enumerate(levels)]
        assert _tried(moved) >= cost * (1 - 1e-3)
    return [*levels, cost]


def _best_local() -> list[float]:
    line = serial(HOLDING, LEAD, BACKORDER, NORMAL)
    return [*line.local, line.cost]


def _whole_local() -> float:
    """Best whole local levels by expected cost: 7, 5 and 11."""
    grid = product((5, 6, 7), (4, 5, 6, 7), (10, 11, 12))
    cost, levels = min((_serial(*np.cumsum(local)), local) for local in grid)
    assert levels == (7, 5, 11)
    return cost


def _serial(*levels: float, backorder: float = BACKORDER) -> float:
    return serial(HOLDING, LEAD, backorder, NORMAL, levels).cost


def _cost(demand: Demand) -> float:
    return serial(HOLDING, LEAD, BACKORDER, demand).cost


def _line() -> list[float]:
    """Example 6.1, 100 periods from empty: what its simulation prints."""
    run = run_line([6.49, 5.53, 10.69], LEAD, _drawn(17, 5, 1, 100), start=[0, 0, 0])
    return [run.cost(HOLDING, BACKORDER), run.ordered[0, 6], run.net[0, 95], run.ordered[0, 43],
            run.received[1, 95], -run.net[2, 31], run.net[2, 89]]  # fmt: skip


def _single() -> list[float]:
    demand = _drawn(762, 50, 8, 100)
    run: LineRun = run_line([56.6], [1], demand, start=[0])
    return [run.cost([0.18], 0.7), run.ordered[0, 6], run.net[0, 95], demand[43],
            run.received[0, 95], -run.net[0, 19], run.net[0, 86]]  # fmt: skip


def _news(level: float | None = None) -> list[float]:
    if level is not None:
        return [level, newsvendor.normal_cost(level, *NEWS)]
    best = newsvendor.normal(*NEWS)
    return [best.level, best.cost]


def _earned(level: float | None) -> list[float]:
    order = newsvendor.normal(*NEWS)
    if level is not None:
        order = newsvendor.Order(level, newsvendor.normal_cost(level, *NEWS))
    return [order.level, newsvendor.profit(order, 1, 0.3, 50)]


def _earned_poisson() -> list[float]:
    forty = newsvendor.Order(40, newsvendor.poisson_cost(40, 0.18, 0.7, 50))
    best = newsvendor.poisson(0.18, 0.7, 50)
    return [newsvendor.profit(order, 1, 0.3, 50) for order in (best, forty)]


def _poisson() -> list[float]:
    return [newsvendor.poisson(1, 4, 6).cost, newsvendor.poisson_cost(5, 1, 4, 6)]


def _myopic() -> list[float]:
    best = newsvendor.myopic(*MYOPIC)
    return [best.level, best.cost, newsvendor.myopic_cost(62, *MYOPIC)]


def _later() -> list[float]:
    return [newsvendor.myopic_cost(level, 0.18, 0.7, (0.3, 0.4), 50, 8, 0.98)
            for level in (60, 40, 120, 56.6)]  # fmt: skip


def _yield() -> list[float]:
    return [newsvendor.uniform_yield(15e6, 75e6, 1.5, -0.5, 0.5).cost] * 2


ANSWERS: dict[str, Callable[[], list[float]]] = {
    "TestEconomicOrderQuantity.test_example_3_1":
        lambda: [lots.eoq(*EOQ).qty, lots.eoq(*EOQ).cost],
    "TestEconomicOrderQuantity.test_order_quantity":
        lambda: [lots.eoq_cost(q, *EOQ) for q in (304.0467800264368, 250)],
    "TestEconomicOrderQuantityWithAllUnitsDiscounts.test_example_3_6": lambda: [_all_units(800)],
    "TestEconomicOrderQuantityWithIncrementalDiscounts.test_example_3_7": _first_tier,
    "TestEconomicOrderQuantityWithBackorders.test_example_3_8": _backorders,
    "TestEconomicProductionQuantity.test_example_3_1": _produced,
    "TestEconomicProductionQuantity.test_order_quantity":
        lambda: [lots.eoq_cost(q, 8, 0.225 * (1 - 1300 / 2000), 1300)
                 for q in (513.9328595516969, 350)],
    # The cost c_k_S_SI and the stage's own part of it, which at an end of the tree are the same.
    "TestCalculateC.test_example_6_5_k1":
        lambda: _stage(1, (1, 1), (1, 1), (3, 1), (3, 1)),
    "TestCalculateC.test_example_6_5_k2":
        lambda: _stage(2, (0, 0), (0, 0), (0, 3), (0, 3)),
    "TestCalculateC.test_example_6_5_k3_S0": lambda: _stage(3, (0, 1)),
    "TestCalculateC.test_example_6_5_k3_S2": lambda: _stage(3, (2, 1), (2, 3)),
    "TestCalculateC.test_example_6_5_k4": lambda: _stage(4, (1, 0), (1, 1), (1, 4)),
    "TestMEIOByEnumeration.test_example_4_1":
        lambda: [(best := _enumerated(np.arange(550, 581) / 10))[0][0], best[1]],
    "TestMEIOByEnumeration.test_example_6_1":
        lambda: [_enumerated((5, 6, 7), (4, 5, 6, 7), (10, 11, 12))[1]],
    "TestMEIOByEnumeration.test_example_6_1_obj_fcn": lambda: [_whole_local()],
    "TestMEIOByCoordinateDescent.test_example_4_1": lambda: _descended(56.45760997389772),
    "TestMEIOByCoordinateDescent.test_example_4_1_obj_fcn": _news,
    "TestMEIOByCoordinateDescent.test_example_6_1":
        lambda: _descended(6.48114753085059, 5.733907579533881, 10.498834186884864),
    "TestMEIOByCoordinateDescent.test_example_6_1_obj_fcn": _best_local,
    "TestNewsvendorNormal.test_example_4_3": lambda: [*_news(), *_news(40)],
    "TestNewsvendorNormal.test_example_4_4":
        lambda: [newsvendor.normal(*FOUR).cost, 180, newsvendor.normal_cost(180, *FOUR)],
    "TestNewsvendorNormalCost.test_example_4_3":
        lambda: [_news(40)[1], _news(60)[1], newsvendor.normal_cost(120, 0.18, 0.7, 200, 16)],
    "TestNewsvendorPoisson.test_example_4_7": _poisson,
    "TestNewsvendorPoissonCost.test_example_4_7": _poisson,
    "TestNewsvendorContinuous.test_example_4_1_with_distrib": lambda: [*_news(), *_news(40)],
    "TestNewsvendorDiscrete.test_example_4_7_with_distrib": _poisson,
    "TestNewsvendorDiscrete.test_example_4_7_with_pmf": _poisson,
    "TestMyopic.test_example_4_1": _myopic,
    "TestMyopicCost.test_example_4_1": _later,
    "TestNewsvendorNormalExplicit.test_example_4_2": lambda: [*_earned(None), *_earned(40)],
    "TestNewsvendorPoissonExplicit.test_example_4_2": _earned_poisson,
    "TestrQCost.test_example_5_1":
        lambda: [policies.rq_cost(p, *RQ) for p in ((126.8, 328.5), (100, 250))],
    "TestrQOptimalrForQ.test_example_5_1": lambda: [policies.rq_reorder(750, *RQ[1:])],
    "TestrQEILApproximation.test_example_5_2": lambda: [policies.rq_expected_level(*RQ).cost],
    "TestSimulation.test_example_6_1": _line,
    "TestSimulation.test_single_stage": _single,
    "TestSimulation.test_no_policy_node": _single,
    "TestsSCost.test_example_4_7":
        lambda: [policies.ss_poisson_cost(p, 5, 1, 4, 6) for p in ((4, 10), (6, 18))],
    "TestsSOptimalsS.test_example_4_7": lambda: [policies.ss_poisson(5, 1, 4, 6).cost],
    "TestsSPowerApproximation.test_example_4_8":
        lambda: list(policies.ss_power(2.5, 0.18, 0.7, 50, 8)),
    "TestOptimizeBaseStockLevels.test_example_6_1": lambda: [_cost(NORMAL)] * 2,
    "TestOptimizeBaseStockLevels.test_example_6_1_from_network": lambda: [_cost(NORMAL)] * 2,
    "TestOptimizeBaseStockLevels.test_example_6_1_uniform":
        lambda: [_cost(Demand(5, 1, uniform=True))] * 2,
    "TestOptimizeBaseStockLevels.test_example_6_1_poisson": lambda: [_cost(Demand(5))] * 2,
    "TestExpectedCost.test_example_6_1":
        lambda: [_serial(*s) for s in ((4, 9, 10), (10, 10, 12), (3, -1, 4))],
    "TestExpectedHoldingCost.test_example_6_1":
        lambda: [_serial(*s, backorder=1e-9) for s in ((4, 9, 10), (10, 10, 12), (3, -1, 4))],
    "TestEOQWithDisruptionsCost.test_example_9_1_exact":
        lambda: [lots.disrupted_cost(800, 8, 0.225, 5, 1300, 1.5, 14)],
    "TestNewsvendorWithAdditiveYieldUncertainty.test_example_9_6": _yield,
    "TestWagnerWhitin.test_example_3_9": lambda: [lots.wagner_whitin(500, 2, [90, 120, 80, 70])[1]],
}  # fmt: skip


def entries() -> dict[str, list[Any]]:
    """Values of the file by the test that prints them, in the order of the file."""
    if not FILE.is_file():
        return {}
    found: dict[str, list[Any]] = {}
    for entry in json.loads(FILE.read_text()):
        found.setdefault(f"{entry['cls']}.{entry['test']}", []).append(entry["value"])
    return found


def tolerance(name: str) -> float:
    """How far an answer may lie from the printed digits, relatively."""
    kind, _, test = name.partition(".")
    if kind in ("TestExpectedCost", "TestExpectedHoldingCost"):
        return COARSE[kind]
    if test.endswith("obj_fcn"):
        return COARSE["obj_fcn"] if "6_1" in test else 1e-6
    if kind == "TestOptimizeBaseStockLevels":
        return next(t for end, t in COARSE.items() if test.endswith(end))
    return 1e-5 if kind == "TestSimulation" else 1e-7


def test_every_entry_has_an_answer() -> None:
    """A test that the file names and nothing answers fails here, and so does one too many."""
    if not FILE.is_file():
        pytest.skip("published reference data is not at hand")
    assert set(entries()) == set(ANSWERS)


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_printed_values_are_reached(name: str) -> None:
    """All digits of the source, or as near as the grid it was worked out on."""
    wanted = entries().get(name)
    if wanted is None:
        pytest.skip("published reference data is not at hand")
    assert ANSWERS[name]() == pytest.approx(wanted, rel=tolerance(name))
