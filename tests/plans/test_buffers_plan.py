"""The plan for buffers: a network becomes a chain, and the answer its stock points and loops."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from support.browser import browser, need_chromium, serving, tab
from support.web_tower import World, small_network
from taktnet.app.plans.answers import check_effect
from taktnet.app.plans.chain import chain_of
from taktnet.app.plans.draft import Draft
from taktnet.app.plans.verticals import vertical
from taktnet.app.plans.view import PlanView
from taktnet.base.errors import InputFaults, TaktnetError
from taktnet.network import Network
from taktnet.network import components as c
from taktnet.web.api import create_app


def made(network: Network, **given: object) -> Draft:
    """The draft of the plan, without anybody watching."""
    one = vertical("buffers")
    view = PlanView(network)
    return one.make(
        view, one.asked({"seconds": 2, "twin": "no", **given}), lambda done, total: None
    )


def chain(network: Network, **given: object) -> Any:
    """The chain of a network."""
    return chain_of(network, PlanView(network).day(), vertical("buffers").asked(given))


def test_a_network_becomes_stages_with_the_quantities_of_its_bill_of_materials() -> None:
    """Two bearings to a motor, one motor to a drive; the customer's demand meets Porto's drives."""
    found = chain(small_network())
    at = {stage.id: stage for stage in found.stages}
    assert set(at) == {"OPO|DU-500", "OPO|MOT-36", "KRK|MOT-36", "KRK|BRG-608", "NGO|BRG-608"}
    assert ("KRK|BRG-608", "KRK|MOT-36", 2.0) in [
        (a, b, pytest.approx(q)) for a, b, q in found.arcs
    ]
    end = at["OPO|DU-500"]
    assert end.demand_mean == sum(row.rate_day for row in small_network().demand)
    assert end.max_service_time is not None
    assert all(stage.max_service_time is None for id, stage in at.items() if id != end.id)
    assert all(stage.time >= 0 for stage in found.stages)
    assert at["OPO|MOT-36"].holding == pytest.approx(0.2 * 48)
    assert all(stage.time_sd == 0 for stage in chain(small_network(), times="fixed").stages)


def test_a_customer_that_keeps_stock_is_the_end_of_the_chain() -> None:
    """Its own stock point, filled by a source, meets the demand; its supplier's does not."""
    plain = small_network()
    row = plain.demand[0]
    lane = plain.lanes_between(row.supplier, row.site)[0]
    kept = replace(
        plain,
        stock_points=(*plain.stock_points, c.StockPoint(site=row.site, item=row.item)),
        sources=(*plain.sources, c.Source(site=row.site, item=row.item, origin=row.supplier,
                                          lane=lane.id)),
    )  # fmt: skip
    at = {stage.id: stage for stage in chain(kept).stages}
    assert at[f"{row.site}|{row.item}"].demand_mean == row.rate_day
    assert at[f"{row.site}|{row.item}"].max_service_time == 0
    assert at[f"{row.supplier}|{row.item}"].demand_mean == 0


def test_the_plan_compares_positions_and_changes_loops_and_stock_points() -> None:
    """Kanban loops get cards, a fixed lot gets its reorder point; both say why."""
    network = small_network()
    draft = made(network)
    assert draft.details["gap"] <= 1e-6
    lines = {line.what: line for line in draft.lines}
    loop, lot = lines["OPO|MOT-36"], lines["KRK|BRG-608"]
    assert loop.today == sum(x.cards * x.container_qty for x in network.loops)
    assert lot.today == 2800
    assert isinstance(lot.proposed, float)
    assert all(line.why for line in draft.lines)
    by_key = {(change.table, change.key): change for change in draft.changes}
    (cards,) = (change.after for change in draft.changes if change.table == "loops")
    assert int(cards["cards"]) * 40 == loop.proposed
    point = by_key["stock_points", "KRK|BRG-608"]
    assert float(point.after["reorder_point"]) + 2000 == lot.proposed
    after = check_effect(network, draft)
    again = {line.what: line for line in made(after).lines}
    assert again["KRK|BRG-608"].today == lot.proposed
    assert not made(after).changes


def test_more_service_costs_more_and_a_longer_wait_less() -> None:
    """The demand bound and the promise move the cost as they should."""
    low, high = made(small_network(), service=90), made(small_network(), service=99)
    assert low.details["cost"] < high.details["cost"]
    network = small_network()
    patient = replace(
        network, demand=tuple(replace(d, lead_h=d.lead_h + 240) for d in network.demand)
    )
    assert made(patient, service=99).details["cost"] < high.details["cost"]
    assert high.details["prices"]


def test_a_promise_that_no_stock_can_keep_names_what_stands_against_it() -> None:
    """Without a stock point for drives their own making must fit into the customer's patience."""
    network = small_network()
    bare = replace(
        network,
        stock_points=tuple(p for p in network.stock_points if p.item != "DU-500"),
        demand=tuple(replace(d, lead_h=1) for d in network.demand),
    )
    with pytest.raises(InputFaults) as caught:
        made(bare)
    (fault,) = caught.value.faults
    assert fault.subject == 'stock point "OPO|DU-500"'
    assert fault.field == "max_service_time"
    assert "keeps no stock" in fault.remedy
    assert "row" not in str(fault)


def test_a_network_without_demand_has_no_plan() -> None:
    """There is nothing to serve."""
    with pytest.raises(TaktnetError, match="no customer"):
        made(replace(small_network(), demand=()))


@pytest.fixture(scope="module")
def place() -> Iterator[str]:
    """A tower served over HTTP."""
    need_chromium()
    world = World()
    with serving(create_app(world.tower)) as address:
        yield address
    world.close()


@pytest.mark.chromium
@pytest.mark.timeout(300)
@pytest.mark.parametrize("width", [1440, 430])
def test_the_page_shows_buffers_on_the_map_and_as_a_list(place: str, width: int) -> None:
    """Worked out from its form, without a reload, a complaint or a sideways scroll."""
    with browser() as running, tab(running, width) as one:
        one.page.goto(f"{place}/plan/buffers")
        one.page.fill("input[name=seconds]", "1")
        one.page.click("button.main")
        one.until("document.getElementById('st-h') !== null", 60)
        one.until("document.getElementById('map').dataset.ready === '1'", 30)
        text = one.page.inner_text("#plan")
        assert "nothing cheaper keeps these promises, proven by" in text
        assert "MOT-36" in text
        wide = one.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0
        assert not one.complaints
