"""Beyond statistics: drivers, sums that agree, likes, people, tables."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from histories import panel, spare_parts

from taktnet.base.errors import InputFaults
from taktnet.learn import drivers, tables
from taktnet.learn.adjust import agreed, with_newcomers
from taktnet.learn.forecast import Ask, forecast
from taktnet.learn.likeness import likeness, newcomer
from taktnet.learn.methods import DRIVEN
from taktnet.learn.panel import Key, Panel, advance, between, period_start
from taktnet.learn.reconcile import Hierarchy, hierarchy, reconcile, usual
from taktnet.learn.spikes import cleaned, find, spikes
from taktnet.learn.value import Override, added, overridden, statistical

KEY = Key("P000", "S1")


def promoted(weeks: int = 110, ahead: int = 12) -> Panel:
    """Twelve items that sell fourfold in weeks of promotion, which are planned ahead."""
    chance = np.random.default_rng(2)
    on = (chance.random((12, weeks + ahead)) < 0.15).astype(float)
    sold = chance.poisson(4 + 12 * on[:, :weeks]).astype(float)
    return replace(panel(sold), drivers={"promotion": on})


@pytest.mark.slow
def test_trees_are_believed_where_drivers_drive_and_nowhere_else() -> None:
    """With promotions known ahead LightGBM is chosen, and sells more in their weeks; on demand
    without drivers it never costs less than what is chosen."""
    driven = promoted()
    told = forecast(driven, Ask(span=1, horizon=12), {DRIVEN: drivers.lightgbm})
    chosen = [f for f in told.forecasts if f.method == DRIVEN]
    assert len(chosen) >= 9
    on = driven.drivers["promotion"][:, driven.periods :]
    path = np.stack([f.mean for f in told.forecasts])
    assert path[on > 0].mean() > 2 * path[on == 0].mean()
    plain = panel(spare_parts(20, 60))
    for one in forecast(plain, Ask(span=2), {DRIVEN: drivers.lightgbm}).forecasts:
        if one.method == DRIVEN:
            others = [c.cost for c in one.candidates if c.method != DRIVEN]
            assert one.candidates[0].cost < min(others)


def test_a_driver_that_nobody_knows_ahead_is_refused() -> None:
    """It says until when it is known and until when it has to be."""
    short = promoted(ahead=3)
    with pytest.raises(InputFaults, match="promotion is known until"):
        drivers.check(short, 12)
    drivers.check(short, 3)


def tree() -> tuple[tuple[Key, ...], Hierarchy]:
    """Item A at two sites, item B at one."""
    keys = (Key("A", "S1"), Key("A", "S2"), Key("B", "S1"))
    return keys, usual(keys)


def test_a_hierarchy_has_each_sum_once() -> None:
    """Network, site S1, item A; a site or item of one series adds nothing."""
    keys, told = tree()
    assert told.names == ("network all", "site S1", "item A", *(str(k) for k in keys))
    assert told.sums[:3].tolist() == [[1, 1, 1], [1, 0, 1], [1, 1, 0]]
    assert hierarchy(keys[:1], {"item": lambda k: k.item}).above == 0


def test_reconciled_forecasts_add_up_and_stay_near() -> None:
    """By hand: a total of 12 over two series of 4 and 6 splits its 2 by weights (structure: total
    2, series 1 each): the total gives twice what each series takes: 11, 4.5, 6.5."""
    keys = (Key("A", "S1"), Key("A", "S2"))
    two = hierarchy(keys, {"item": lambda k: k.item})
    told = reconcile(two, np.array([[12.0], [4.0], [6.0]]))
    assert told.ravel() == pytest.approx([11, 4.5, 6.5], abs=1e-4)
    sure = reconcile(two, np.array([[12.0], [4.0], [6.0]]), np.array([0.01, 1.0, 1.0]))
    assert sure.ravel() == pytest.approx([12, 5, 7], abs=1e-2)
    low = reconcile(two, np.array([[0.0], [0.1], [5.0]]), np.array([0.01, 1, 1]))
    assert (low >= 0).all()
    assert low[0] == pytest.approx(low[1:].sum())


def test_reconciled_forecasts_are_the_nearest_that_add_up() -> None:
    """Against least squares without negatives, and hierarchicalforecast where none is negative."""
    from hierarchicalforecast.methods import MinTrace
    from scipy.optimize import nnls

    chance = np.random.default_rng(1)
    for n in (3, 10, 40):
        three = usual([Key(f"I{i // 3}", f"S{i % 7}") for i in range(n)])
        paths = np.maximum(0, chance.normal(3, 3, (len(three.names), 4)))
        paths[: three.above] *= chance.choice([0.05, 1.0], (three.above, 4))
        deviation = chance.lognormal(0, 1, len(three.names))
        told = reconcile(three, paths, deviation)
        bottom = told[three.above :]
        assert told == pytest.approx(three.sums @ bottom)
        for k in range(4):
            rows = three.sums / deviation[:, None]
            best = three.sums @ nnls(rows, paths[:, k] / deviation, maxiter=10_000)[0]
            near = [(((x - paths[:, k]) / deviation) ** 2).sum() for x in (told[:, k], best)]
            assert near[0] == pytest.approx(near[1])
        high = three.sums @ (10 + chance.random((n, 4))) + chance.random((len(three.names), 4))
        peer = MinTrace("wls_struct").fit_predict(S=three.sums, y_hat=high)["mean"]
        assert reconcile(three, high) == pytest.approx(np.asarray(peer))


def test_an_outlook_agrees_with_its_sums() -> None:
    """Every node above is the sum of its series, period by period."""
    keys, told = tree()
    three = replace(panel(spare_parts(3, 40)), keys=keys)
    done = agreed(forecast(three, Ask(span=2, horizon=5)), told)
    bottom = np.stack([f.mean for f in done.outlook.forecasts])
    assert done.after == pytest.approx(told.sums[:3] @ bottom, abs=1e-5)


def test_likeness_is_gowers() -> None:
    """One equal word, one number 1/4 of its range away: (1 + 3/4) / 2."""
    assert likeness({"unit": "pcs", "cost": 2.0}, {"unit": "pcs", "cost": 3.0}, {"cost": 4.0}) == (
        pytest.approx(0.875)
    )
    assert likeness({"a": "x"}, {"b": "x"}, {}) == 0


def test_a_new_item_follows_its_likes_scaled_by_its_own_weeks() -> None:
    """Two weeks at twice the likes' launch: the profile grows by 2 (2 - 1) / (2 + 4) = 1/3."""
    launch = np.array([2.0, 4, 6, 8, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10])
    rows = np.zeros((3, 16))
    rows[0, 2:], rows[1, :] = launch, 50
    rows[2, 14:] = [4, 8]
    told = newcomer(
        panel(rows, first=[2, 0, 14]), [{"kind": "a"}, {"kind": "b"}, {"kind": "a"}], 2, 3
    )
    assert told is not None
    assert [like.key.item for like in told.likes] == ["P000"]
    assert told.mean == pytest.approx(np.array([6, 8, 10]) * (2 * 2 + 4) / 6)
    assert (
        newcomer(panel(rows, first=[2, 0, 14]), [{"k": "a"}, {"k": "b"}, {"k": "c"}], 2, 3) is None
    )


def test_an_outlook_marks_its_newcomers() -> None:
    """The method is likeness, and the words name whom it is like."""
    rows = spare_parts(6, 40) + 1
    rows[5, :38] = 0
    told = forecast(panel(rows, first=[0, 0, 0, 0, 0, 38]), Ask(span=2, horizon=4))
    one = with_newcomers(told, [{"unit": "pcs"}] * 6).forecasts[5]
    assert one.method == "likeness"
    assert "P000 at S1" in one.why
    assert (one.low <= one.high).all()


def test_spikes_stand_out_and_can_be_cut() -> None:
    """One demand of 90 among about 10: flagged; cut to the largest usual one, 12."""
    history = np.array([10.0, 0, 9, 11, 10, 12, 0, 90, 9, 10, 11])
    (one,) = spikes(history)
    assert (one.period, one.qty, one.usual) == (7, 90, 12)
    known = panel(history)
    assert cleaned(known, find(known)).values[0, 7] == 12
    assert spikes(np.full(20, 7.0)) == ()


def override(qty: float, said: float, start: date = date(2024, 2, 5), days: int = 7) -> Override:
    """An override of the first series."""
    return Override(KEY, start, days, qty, said, "m.silva", "trade fair")


def test_value_added_is_one_less_the_ratio_of_errors() -> None:
    """By hand: came 100 and 50; people 90 and 60 (errors 10 + 10), statistics 60 and 45 (40 + 5):
    1 - 20/45; what is not over does not count."""
    told = added([override(90, 60), override(60, 45), override(1, 2)], [100, 50, None])
    assert told.share == pytest.approx(1 - 20 / 45)
    assert [j.better for j in told.judged] == [30, -5]
    assert added([], []).share is None


def test_an_override_replaces_its_days_and_no_others() -> None:
    """Five weeks of history from 1 January; ahead from 5 February. A week replaced whole, and ten
    days over two weeks: 7/10 in one, 3/10 beside 4/7 of the statistics in the next."""
    known = panel(np.ones((1, 5)))
    mean = np.array([7.0, 14, 21])
    assert overridden(known, 0, mean, [override(70, 7)]).tolist() == [70, 14, 21]
    told = overridden(known, 0, mean, [override(100, 15, days=10)])
    assert told == pytest.approx([70, 30 + 14 * 4 / 7, 21])
    assert statistical(known, mean, date(2024, 2, 8), 7) == pytest.approx(7 * 4 / 7 + 14 * 3 / 7)


def test_periods_begin_where_calendars_say() -> None:
    """Weeks on Monday, months on the first; counting over a year's end."""
    assert period_start(date(2025, 1, 1), "week") == date(2024, 12, 30)
    assert advance(date(2024, 11, 1), "month", 3) == date(2025, 2, 1)
    assert between(date(2024, 11, 1), date(2025, 2, 27), "month") == 3


def test_a_table_is_read_with_its_drivers(tmp_path: Path) -> None:
    """Rows of a week add up, silence is no demand, drivers reach ahead and carry on."""
    path = tmp_path / "history.csv"
    path.write_text(
        "item,site,date,qty,price\n007,S1,2024-01-01,2,5\n007,S1,2024-01-03,1,7\n"
        "007,S1,2024-01-16,4,\n007,S1,2024-01-29,,9\n"
    )
    told = tables.read(path, "week")
    assert told.keys == (Key("007", "S1"),)
    assert told.values.tolist() == [[3, 0, 4]]
    assert told.drivers["price"].tolist() == [[6, 6, 6, 6, 9]]


def test_all_faults_of_a_table_are_told_at_once(tmp_path: Path) -> None:
    """File, row, column, what was found and what was wanted."""
    path = tmp_path / "bad.csv"
    path.write_text("series,date,qty,price\nA,yesterday,3,1\n,2024-01-02,-3,cheap\n")
    with pytest.raises(InputFaults) as caught:
        tables.read(path, "week")
    told = str(caught.value)
    assert len(caught.value.faults) == 4
    for text in ("row 2: date is 'yesterday'", "row 3: series", "qty is '-3'", "price is 'cheap'"):
        assert text in told
    with pytest.raises(InputFaults, match="series is missing"):
        path.write_text("date,qty\n")
        tables.read(path, "week")
    with pytest.raises(InputFaults, match="CSV or Parquet"):
        tables.read(tmp_path / "none.csv", "week")


def test_a_parquet_table_says_the_same(tmp_path: Path) -> None:
    """Typed columns are read as their texts."""
    import polars as pl

    path = tmp_path / "history.parquet"
    pl.DataFrame(
        {"series": ["A", "A"], "date": [date(2024, 1, 1), date(2024, 1, 9)], "qty": [2.5, 1.0]}
    ).write_parquet(path)
    assert tables.read(path, "week").values.tolist() == [[2.5, 1.0]]
