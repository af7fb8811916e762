"""Stock at one place: every formula reaches the number its source prints.

Parameters of the examples: Snyder & Shen, *Fundamentals of Supply Chain Theory*, 2nd ed.; their
values are those of `shared/data/exact/inventory_textbook.json` and methods D1 to D3.
"""

# ruff: noqa: PLR0917 - properties draw every symbol of a formula
from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from taktnet.plan.inventory import lots, newsvendor, policies, service

E31 = (8, 0.225, 1300)  # example 3.1: K, h, D
E41 = (0.18, 0.7, 50, 8)  # examples 4.1 and 4.3: h, p, mean, deviation
E51 = (8, 0.225, 7.5, 1300, 150, 1 / 12)  # example 5.1: K, h, p, D, deviation, L
E91 = (8, 0.225, 5, 1300, 1.5, 14)  # example 9.1: K, h, p, D, failure, recovery
BREAKS = [(0, 0.75), (400, 0.72), (800, 0.68)]  # example 3.5


def near(value: float) -> object:
    """Equal to the printed digits."""
    return pytest.approx(value, rel=1e-8)


def test_economic_order_quantity_of_example_3_1() -> None:
    """304.05 units at 68.41 a year; 250 units cost 69.725."""
    lot = lots.eoq(*E31)
    assert (lot.qty, lot.cost) == (near(304.0467800264368), near(68.41052550594829))
    assert lots.eoq_cost(250, *E31) == near(69.725)


@given(st.floats(0.1, 10), st.floats(1, 1e4), st.floats(0.01, 50), st.floats(1, 1e5))
def test_penalty_of_a_wrong_lot(b: float, fixed: float, holding: float, demand: float) -> None:
    """At b times the best lot the cost is (b + 1/b) / 2 of the least: 1.08333 at b = 1.5."""
    lot = lots.eoq(fixed, holding, demand)
    ratio = lots.eoq_cost(b * lot.qty, fixed, holding, demand) / lot.cost
    assert ratio == pytest.approx((b + 1 / b) / 2)
    assert pytest.approx(1.08333, abs=1e-5) == (1.5 + 1 / 1.5) / 2


@given(st.floats(1, 1e3), st.floats(0.1, 10), st.floats(1, 1e4), st.integers(1, 500))
def test_whole_containers_are_never_beaten_by_another_count(
    fixed: float, holding: float, demand: float, container: int
) -> None:
    """No other number of containers is cheaper than the one chosen."""
    lot = lots.eoq_whole(fixed, holding, demand, container)
    chosen = round(lot.qty / container)
    assert chosen * container == lot.qty
    for other in (chosen - 1, chosen + 1):
        if other:
            assert lot.cost <= lots.eoq_cost(other * container, fixed, holding, demand) * (
                1 + 1e-12
            )


def test_backorders_of_example_3_8() -> None:
    """310.81 units, 4.3 % of demand waits, 66.92 a year."""
    lot = lots.eoq_backorders(8, 0.225, 5, 1300)
    assert (lot.qty, lot.short) == (near(310.8125551589646), near(0.043062200956938))
    assert lot.cost == near(66.92136355097325)


def test_production_quantity() -> None:
    """P = 1700: 626.81 at 33.18; P = 2000: 513.93 at 40.47, and 350 units cost 43.4955."""
    lot = lots.epq(*E31, 1700)
    assert (lot.qty, lot.cost) == (near(626.8084945889684), near(33.183979125298336))
    lot = lots.epq(*E31, 2000)
    assert (lot.qty, lot.cost) == (near(513.9328595516969), near(40.47221268969612))
    assert lots.eoq_cost(350, 8, 0.225 * (1 - 1300 / 2000), 1300) == near(43.495535714285715)
    with pytest.raises(ValueError, match="production must exceed demand"):
        lots.epq(*E31, 1300)


def test_periods_of_supply() -> None:
    """Orlicky: EOQ 58 at 200 a year covers 3.48 months, rounded 3."""
    fixed = 58**2 * 1 / (2 * 200 / 12)  # the fixed cost that makes EOQ 58 at h = 1 a month
    assert lots.eoq(fixed, 1, 200 / 12).qty == pytest.approx(58)
    assert lots.poq(fixed, 1, 200 / 12) == 3


def test_discounts_on_all_units() -> None:
    """K 200, i .2, D 1000: 500 units of the third tier at 472,900; example 3.6: 800 at 978.60."""
    lot = lots.all_units(200, 0.2, 1000, [(0, 500), (200, 475), (500, 450)])
    assert (lot.qty, lot.tier, lot.cost) == (500, 2, near(472900))
    best = lots.all_units(8, 0.3, 1300, BREAKS)
    grid = min(
        price * 1300 + lots.eoq_cost(q, 8, 0.3 * price, 1300)
        for (start, price), end in zip(BREAKS, [400, 800, 3000], strict=True)
        for q in range(max(1, start), end)
    )
    assert best.cost <= grid
    assert (best.qty, best.tier, best.cost) == (800, 2, near(978.6))


def test_incremental_discounts() -> None:
    """K 150, i .25, D 2400: 1481.89 units; example 3.7 keeps 304.05 units at 1043.41."""
    lot = lots.incremental(150, 0.25, 2400, [(0, 100), (300, 90), (600, 80)])
    assert lot.qty == near(1481.8906842274164)
    first = lots.incremental(8, 0.3, 1300, BREAKS[:1])
    assert (first.qty, first.cost) == (near(304.04678003), near(1043.41052551))
    assert lots.incremental(8, 0.3, 1300, BREAKS).cost <= first.cost


def test_disruptions_of_example_9_1() -> None:
    """772.81 units at 173.95; 800 units cost 174.0525."""
    lot = lots.disrupted(*E91)
    assert lot.qty == pytest.approx(772.8110739983106, abs=2e-3)
    assert lot.cost == near(173.95000257319708)
    assert lots.disrupted_cost(800, *E91) == near(174.0524722120417)


def test_wagner_whitin_of_example_3_9() -> None:
    """Orders 210, 0, 150, 0 at 1380."""
    assert lots.wagner_whitin(500, 2, [90, 120, 80, 70]) == ([210, 0, 150, 0], 1380)


@given(st.integers(0, 60), st.integers(0, 5), st.lists(st.integers(0, 20), min_size=1, max_size=7))
def test_no_set_of_order_periods_beats_wagner_whitin(
    fixed: int, holding: int, demand: list[int]
) -> None:
    """Every choice of order periods costs at least as much, and demand is always met."""
    orders, cost = lots.wagner_whitin(fixed, holding, demand)
    assert sum(orders) == sum(demand)
    n = len(demand)
    for later in itertools.product([False, True], repeat=n - 1):
        starts = [0, *[t + 1 for t in range(n - 1) if later[t]]]
        ends = [*starts[1:], n]
        total = sum(
            fixed + sum(holding * (t - a) * demand[t] for t in range(a, b))
            for a, b in zip(starts, ends, strict=True)
        )
        assert cost <= total + 1e-9


def test_newsvendor_with_normal_demand() -> None:
    """Example 4.3: level 56.60 at 1.9976, and 40 costs 7.3561; example 4.4 with four periods."""
    best = newsvendor.normal(*E41)
    assert (best.level, best.cost) == (near(56.60395592743389), near(1.9976051931766445))
    assert newsvendor.normal_cost(40, *E41) == near(7.356131552870388)
    over = (0.18, 0.7, 50 * 5, 8 * math.sqrt(5))  # lead time 4 and the period itself
    assert newsvendor.normal(*over).level == near(264.7668943741548)
    assert newsvendor.normal(*over).cost == near(4.466781004149578)
    assert newsvendor.normal_cost(180, *over) == near(49.000164748034095)


def test_newsvendor_with_poisson_demand() -> None:
    """Example 4.7: level 8 at 3.5701, and 5 costs 6.5903; mean 50 needs 56."""
    best = newsvendor.poisson(1, 4, 6)
    assert (best.level, best.cost) == (8, near(3.570106945770946))
    assert newsvendor.poisson_cost(5, 1, 4, 6) == near(6.590296024616344)
    assert newsvendor.poisson(0.18, 0.7, 50).level == 56


def test_profit_of_example_4_2() -> None:
    """Price 1, purchase .3, salvage .12: 33.0024 at best and 27.6439 for 40, in both demands."""

    def earned(order: newsvendor.Order) -> float:
        return newsvendor.profit(order, 1, 0.3, 50)

    assert earned(newsvendor.normal(*E41)) == near(33.002394806823354)
    forty = newsvendor.Order(40, newsvendor.normal_cost(40, *E41))
    assert earned(forty) == near(27.643868447129613)
    assert earned(newsvendor.poisson(0.18, 0.7, 50)) == near(33.20276478819082)
    forty = newsvendor.Order(40, newsvendor.poisson_cost(40, 0.18, 0.7, 50))
    assert earned(forty) == near(27.811432228377633)


def test_prices_that_change_between_periods() -> None:
    """Example 4.1 bought at .3, later at .35 or .4, discounted by .98: all published values."""
    best = newsvendor.myopic(0.18, 0.7, (0.3, 0.35), 50, 8, 0.98)
    assert (best.level, best.cost) == (near(58.09891883213067), near(16.682411764618777))
    assert newsvendor.myopic_cost(62, 0.18, 0.7, (0.3, 0.35), 50, 8, 0.98) == near(
        16.850319828088736
    )
    for level, cost in ((60, 16.23613155287039), (40, 23.27613155287039), (120, 21.16),
                        (56.6, 16.390405437438364)):  # fmt: skip
        assert newsvendor.myopic_cost(level, 0.18, 0.7, (0.3, 0.4), 50, 8, 0.98) == near(cost)
    assert newsvendor.normal_cost(60, *E41) == near(2.156131552870387)
    assert newsvendor.normal_cost(120, 0.18, 0.7, 200, 16) == near(56.00000075274009)
    for wrong in ((0.3, 0.8), (2, 0.2)):
        with pytest.raises(ValueError, match="between -h and p"):
            newsvendor.myopic(0.18, 0.7, wrong, 50, 8, 0.95)


def test_uncertain_yield_of_example_9_6() -> None:
    """Demand 1.5, yield uniform on half up or down: 11/6 at 6.25 M."""
    order = newsvendor.uniform_yield(15e6, 75e6, 1.5, -0.5, 0.5)
    assert (order.level, order.cost) == (near(11 / 6), near(6.25e6))


def test_reorder_lot_by_expected_level() -> None:
    """Example 5.2: r 213.97, Q 318.59, 95.45 a year."""
    policy = policies.rq_expected_level(*E51)
    assert (policy.reorder, policy.qty) == (near(213.9704421358024), near(318.5901810768729))
    assert policy.cost == near(95.45114022285196)


def test_exact_cost_of_a_reorder_lot() -> None:
    """Example 5.1: (126.8, 328.5) costs 78.07, (100, 250) costs 87.35."""
    assert policies.rq_cost((126.8, 328.5), *E51) == near(78.07116250928294)
    assert policies.rq_cost((100, 250), *E51) == near(87.34647802817499)


@pytest.mark.parametrize(
    ("qty", "reorder"),
    [(318, 127.7880348669655), (150, 147.1949581740714), (750, 99.85377339616528)],
)
def test_best_reorder_point_of_a_lot(qty: float, reorder: float) -> None:
    """Example 5.2: the reorder point at which r and r + Q cost the same."""
    assert policies.rq_reorder(qty, *E51[1:]) == pytest.approx(reorder, abs=1e-5)


def test_best_reorder_lot_is_below_every_neighbour() -> None:
    """The exact optimum of example 5.1 is near (126.9, 328.4) and no near policy is cheaper."""
    best = policies.rq_normal(*E51)
    assert best.reorder == pytest.approx(126.867, abs=0.01)
    assert best.qty == pytest.approx(328.449, abs=0.05)
    for dr, dq in itertools.product([-3, 0, 3], [-5, 0, 5]):
        assert best.cost <= policies.rq_cost((best.reorder + dr, best.qty + dq), *E51) + 1e-9


def test_reorder_lot_under_poisson_demand() -> None:
    """Example 5.8: (3, 5) at 107.92."""
    best = policies.rq_poisson(100, 20, 150, 1.5, 2)
    assert (best.reorder, best.qty, best.cost) == (3, 5, near(107.9235806331498))


def test_order_up_to_of_example_4_7() -> None:
    """(4, 10) at 8.0341; (6, 18) costs 10.1938."""
    best = policies.ss_poisson(5, 1, 4, 6)
    assert (best.reorder, best.up_to, best.cost) == (4, 10, near(8.034111561471644))
    assert policies.ss_poisson_cost((6, 18), 5, 1, 4, 6) == near(10.193798671644046)


@pytest.mark.parametrize(
    ("mean", "s", "up_to", "cost"),
    [(10, 6, 40, 35.022), (20, 14, 62, 49.173), (35, 28, 77, 61.215), (60, 52, 129, 77.306),
     (65, 56, 75, 78.518), (22, 16, 68, 51.632), (64, 55, 74, 78.402)],
)  # fmt: skip
def test_zheng_and_federgruens_own_table(mean: int, s: int, up_to: int, cost: float) -> None:
    """Operations Research 39(4), 1991: h 1, p 9, K 64."""
    best = policies.ss_poisson(64, 1, 9, mean)
    assert (best.reorder, best.up_to) == (s, up_to)
    assert best.cost == pytest.approx(cost, abs=6e-4)


def test_power_approximation_of_example_4_8() -> None:
    """(40.19, 74.29)."""
    s, up_to = policies.ss_power(2.5, 0.18, 0.7, 50, 8)
    assert (s, up_to) == (near(40.19461695647407), near(74.29017010980579))


def test_safety_stock_of_the_carpet_store() -> None:
    """Russell & Taylor: z 1.65, d 30, deviation 5, L 10: 26.1 and reorder at 326.1."""
    safety = service.safety_stock(1.65, 30, 5, 10)
    assert safety == pytest.approx(26.09, abs=0.02)
    assert service.reorder_point(30, 10, safety) == pytest.approx(326.09, abs=0.02)


def test_safety_stock_falls_with_the_spread_of_the_lead_time() -> None:
    """Chopra & Meindl: deviations 7 to 0 of a lead time of 7 give 22,491 down to 1,695."""
    z = service.quantile(0.9)
    found = [service.safety_stock(z, 2500, 500, 7, s) for s in range(7, -1, -1)]
    assert found == pytest.approx([22491, 19298, 16109, 12927, 9760, 6628, 3625, 1695], abs=1)


def test_safety_stock_with_both_spreads() -> None:
    """d 100, deviations 20 and 1, L 4, 95 %: 107.70, 177.16 and 577.16."""
    assert service.lead_time_sd(100, 20, 4, 1) == pytest.approx(107.70, abs=0.005)
    safety = service.safety_stock(service.quantile(0.95), 100, 20, 4, 1)
    assert safety == pytest.approx(177.16, abs=0.01)
    assert service.reorder_point(100, 4, safety) == pytest.approx(577.16, abs=0.01)


def test_edges_of_safety_stock() -> None:
    """No spread or half the cycles: none; certainty is refused; the reorder point stays >= 0."""
    assert service.safety_stock(service.quantile(0.95), 10, 0, 5) == 0
    assert service.safety_stock(service.quantile(0.5), 10, 3, 5) == 0
    with pytest.raises(ValueError, match="endless stock"):
        service.quantile(1)
    assert service.reorder_point(1, 1, -50) == 0


@given(st.floats(0.51, 0.999), st.floats(0.1, 100), st.floats(0, 40), st.floats(0.1, 30),
       st.floats(0, 9), st.sampled_from([24.0, 7.0, 60.0]))  # fmt: skip
def test_safety_stock_does_not_depend_on_the_unit_of_time(
    level: float, mean: float, sd: float, lead: float, lead_sd: float, per: float
) -> None:
    """Days or hours, weeks or minutes: the same units of stock."""
    z = service.quantile(level)
    days = service.safety_stock(z, mean, sd, lead, lead_sd)
    other = service.safety_stock(z, mean / per, sd / math.sqrt(per), lead * per, lead_sd * per)
    assert other == pytest.approx(days, rel=1e-9)


def test_what_was_observed_is_preferred_from_thirty_receipts_on() -> None:
    """29 receipts: the formula; 30: the observed quantile, with both shown."""
    demands = [10.0] * 27 + [40.0] * 2
    few = service.reorder_points(0.9, demands)
    assert (few.empirical, few.chosen) == (None, few.normal)
    many = service.reorder_points(0.9, [*demands, 40.0])
    assert (many.empirical, many.chosen, many.samples) == (10, 10, 30)
    assert many.normal > 20
    assert service.reorder_points(0.07, [*range(100)]).empirical == 6  # .07 * 100 is 7, not 8
    with pytest.raises(ValueError, match="two observed"):
        service.reorder_points(0.9, [1.0])


def test_pooling_four_sites_halves_the_stock() -> None:
    """Four sites of deviation 100: 400 apart, 200 together (z = 1, one period)."""
    assert service.pooled([100] * 4, 1, 1) == (pytest.approx(400), pytest.approx(200))


def test_loss_functions() -> None:
    """G(1.3) = .0455 and the normal loss of 18.6 at N(15, 3) = .1683."""
    assert service.unit_loss(1.3) == pytest.approx(0.04552796208651397, abs=1e-12)
    assert service.normal_loss(18.6, 15, 3) == pytest.approx(0.1683073521514889, abs=1e-12)


def test_fill_rate_and_cycle_service_of_one_policy() -> None:
    """Chopra & Meindl: reorder at 6,000, lot 10,000: 92.1 % of cycles, 99.7 % of units."""
    sd = 500 * math.sqrt(2)
    assert service.cycle_service(6000, 5000, sd) == pytest.approx(0.92135, abs=1e-4)
    assert service.normal_loss(6000, 5000, sd) == pytest.approx(25.127, abs=0.01)
    assert service.fill_rate(6000, 10000, 5000, sd) == pytest.approx(0.997487, abs=1e-5)
    assert service.safety_for_fill_rate(0.975, 10000, sd) == pytest.approx(66.7, abs=0.1)


def test_large_lots_may_need_less_than_no_safety_stock() -> None:
    """A fill rate of 80 % with lots of 10,000 asks for a reorder point below mean demand."""
    assert service.safety_for_fill_rate(0.8, 10000, 700) < -1000


@given(st.floats(0.5, 0.999), st.floats(1, 1e4), st.floats(0.1, 1e3))
def test_safety_stock_for_a_fill_rate_reaches_it(target: float, qty: float, sd: float) -> None:
    """Put back into the fill rate, the safety stock gives the target."""
    assume(qty / sd < 50)
    safety = service.safety_for_fill_rate(target, qty, sd)
    assert service.fill_rate(safety, qty, 0, sd) == pytest.approx(target, abs=1e-6)


@given(st.floats(-3, 3), st.floats(0.5, 5))
def test_fill_rates_are_ordered(z: float, qty: float) -> None:
    """Lost sales fill more than backorders; taking off the double count raises the rate."""
    plain = service.fill_rate(z, qty, 0, 1)
    assert service.fill_rate(z, qty, 0, 1, lost_sales=True) >= plain
    assert service.fill_rate(z, qty, 0, 1, tail=True) >= plain
    assert 0 <= service.fill_rate(z, qty, 0, 1, tail=True) <= 1


def test_second_loss_is_the_integral_of_the_first() -> None:
    """The trapezoid sum of the loss from x up equals the closed form."""
    step = 0.001
    area = sum(service.normal_loss(4 + step * (k + 0.5), 5, 2) for k in range(20000)) * step
    assert service.normal_loss_second(4, 5, 2) == pytest.approx(area, rel=1e-6)


def test_undershoot_of_lumps_and_single_units() -> None:
    """Equal lumps of 10 overshoot by 5 on average; a deviation adds to it; no demand, none."""
    assert service.undershoot(10, 0) == 5
    assert service.undershoot(10, 10) == 10
    assert service.undershoot(0, 0) == 0
