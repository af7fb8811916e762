"""A live start: the twin begins where the ledger says the plants are."""

from __future__ import annotations

import weakref
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from twin_nets import MONDAY, chain

from taktnet.base.calendars import instant
from taktnet.base.names import Domain, Names
from taktnet.ledger import event as e
from taktnet.ledger.fact import FACT, Lowering
from taktnet.network import Network
from taktnet.network.generate import generate
from taktnet.state import State
from taktnet.twin import Model, Start, lower, patch, run
from taktnet.twin import live as twin_live
from taktnet.twin.layout import DAY, Table

NOW = instant(MONDAY)


def happened(names: Names, *events: e.Event) -> State:
    """A state of these events, recorded as they happened."""
    state, lowering = State(names), Lowering(names)
    for i, event in enumerate(events, start=1):
        facts = np.frombuffer(lowering.facts(event, MONDAY), FACT).copy()
        facts["seq"] = i
        state.fold(facts)
    return state


def base(id: str, hours: float = -100.0, **values: Any) -> dict[str, Any]:
    """What every event has."""
    return {"source": "wms", "id": id, "at": NOW + timedelta(hours=hours), **values}


def live(*events: e.Event, network: Network | None = None) -> Model:
    """A model of one point over a lane of five exponential days, after some events."""
    names = Names()
    net = network or chain(10.0, [(60, "exponential", 5.0)])
    return lower(net, happened(names, *events), names, MONDAY, 100)


def test_the_tables_stay_while_ages_on_the_road_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """What compiled code reads at an address is held as long as it reads."""
    held: list[weakref.ref[np.ndarray]] = []
    made, read = Model.sim, twin_live.passed

    def noted(model: Model) -> Any:
        sim = made(model)
        held.append(weakref.ref(sim._context))
        return sim

    def reading(address: int, *columns: np.ndarray) -> int:
        there = [context for one in held if (context := one()) is not None]
        assert address in [context.ctypes.data for context in there]
        return read(address, *columns)

    monkeypatch.setattr(Model, "sim", noted)
    monkeypatch.setattr(twin_live, "passed", reading)
    assert live(SHIP).fresh[Table.ROAD]["seen"].max() > 0


COUNT = e.StockCounted(**base("c", site="N0"), item="A", qty=37.0)
SHIP = e.GoodsShipped(
    **base("s", -72.0, site="S"), shipment="SH-1", to="N0", item="A", qty=12.0, lane="L0"
)


def test_stock_and_goods_on_the_road_are_where_the_ledger_says() -> None:
    """37 counted, 12 on the road for three days: they count as coming, and arrive once."""
    model = live(COUNT, SHIP)
    sim = model.sim()
    point, link = sim.tables[Table.POINT][0], sim.tables[Table.LINK][0]
    assert (point["onhand"], point["coming"], link["out"]) == (37e6, 12e6, 12e6)
    assert model.shipments == (("SH-1", "A"),)
    sim.begin(1, 0)
    assert sim.tables[Table.POINT]["coming"][0] == 23e6  # base stock of 60 orders the rest
    sim.run_to(99)
    assert sim.tables[Table.POINT]["received"][0] > 12e6


def arrivals(*, sd_h: float) -> np.ndarray:
    """Days until a shipment that left three days ago arrives, over 2,000 replications."""
    net = chain(0.0, [(12, "exponential", 5.0)])
    lane = net.lanes[0].__class__(
        id="L0", origin="S", destination="N0", transit_kind="gamma", transit_h=120.0,
        transit_sd_h=sd_h,
    )  # fmt: skip
    zero = e.StockCounted(**base("c", site="N0"), item="A", qty=0.0)
    names = Names()
    state = happened(names, zero, SHIP)
    model = lower(net.with_rows("lanes", [lane]), state, names, MONDAY, 400)
    runs = run(model, 300, 2000, 3, threads=2)
    return runs.points["lead_mean_d"][:, 0] - 3.0


def test_an_exponential_trip_has_no_memory() -> None:
    """After three days the rest of an exponential trip is as long as a new one: five days."""
    rest = arrivals(sd_h=120.0)
    assert abs(rest.mean() - 5.0) < 4 * 5.0 / np.sqrt(2000)
    assert (rest >= 0).all()


def test_a_gamma_trip_remembers_how_old_it_is() -> None:
    """Gamma of mean 5 d, sd 1 d: given 3 d the rest has mean E[T | T > 3] - 3 = 2.0403 d."""
    rest = arrivals(sd_h=24.0)
    grid = np.linspace(3, 30, 2_000_001)
    density = grid**24 * np.exp(-5 * grid)
    exact = (grid * density).sum() / density.sum() - 3
    assert abs(rest.mean() - exact) < 4 * rest.std() / np.sqrt(2000)


def test_a_shipment_can_be_delayed_or_lost() -> None:
    """Two days later is two days later in every replication; a lost one is ordered again."""
    model = live(COUNT, SHIP)
    late, lost = model.sim(), model.sim()
    late.patch([patch.Delay("SH-1", 48)])
    lost.patch([patch.Lose("SH-1")])
    assert late.tables[Table.ROAD]["delay"][0] == 48 * 3600 * 10**6
    lost.begin(1, 0)
    assert lost.tables[Table.POINT]["coming"][0] == 23e6
    assert lost.tables[Table.LINK]["ordinal"][0] == 1
    lost.run_to(90)
    late.begin(1, 0)
    late.run_to(90)
    assert lost.tables[Table.POINT]["received"][0] <= late.tables[Table.POINT]["received"][0] + 12e6


def test_an_open_customers_order_is_served_first() -> None:
    """An order of 5 that stands in the ledger is owed from the start."""
    order = e.OrderPlaced(
        **base("o", -5.0, site="N0"), order="O-1", party="K", item="A", qty=5.0,
        window_start=NOW, window_end=NOW + timedelta(hours=20),
    )  # fmt: skip
    two = e.StockCounted(**base("c", site="N0"), item="A", qty=2.0)
    sim = live(two, order).sim()
    assert sim.tables[Table.POINT]["reserved"][0] == 5e6
    sim.begin(1, 0)
    assert sim.tables[Table.POINT]["queued"][0] == 5e6
    assert sim.tables[Table.POINT]["coming"][0] == 63e6


def test_what_is_closed_opens_when_that_is_expected_and_is_told_only_then() -> None:
    """Closed two days ago until the day after tomorrow: nothing leaves the supplier till then."""
    until = NOW + timedelta(hours=48)
    closed = e.SiteClosed(**base("x", -48.0, site="S"), until=until)
    for unknown in (False, True):
        event = e.SiteClosed(**base("x", -48.0, site="S")) if unknown else closed
        model = live(COUNT, event)
        sim = model.sim()
        sim.begin(1, 0, trace=True)
        sim.run_to(30)
        facts = sim.trace()
        turned = facts[facts["kind"] >= e.NUMBER[e.SiteClosed]]
        supplier = model.static[Table.SITE0]["name"][model.find("sites", "S")]
        sent = (facts["kind"] == e.NUMBER[e.GoodsShipped]) & (facts["site"] == supplier)
        shipped = facts[sent]
        if unknown:
            assert len(turned) == len(shipped) == 0
        else:
            assert turned["at"].tolist() == [MONDAY + 48 * 3600 * 10**6]
            assert shipped["at"][0] == turned["at"][0]


def test_shares_go_on_where_the_ledger_stands() -> None:
    """What each source was asked for so far counts at a live start."""
    asked = e.DecisionTaken(
        **base("d", -10.0, site="N0"), decision="d", rule="base_stock", action="buy", item="A",
        qty=5.0, origin="S", lane="L0", reason="r",
    )  # fmt: skip
    sim = live(COUNT, asked).sim()
    assert sim.tables[Table.LINK]["given"][0] == 5e6
    assert sim.tables[Table.POINT]["decided"][0] == MONDAY - 10 * 3600 * 10**6


HOUR_US = 3600 * 10**6


def test_a_later_start_is_as_if_lowered_anew() -> None:
    """Calendars, departures and bills of material have moved on; runs are equal bit for bit."""
    network, names = generate(40, 3), Names()
    point = network.stock_points[0]
    count = e.StockCounted(**base("c", site=point.site), item=point.item, qty=7.0)
    state, at = happened(names, count), MONDAY + 41 * HOUR_US + 12_345
    made = Start(network, MONDAY, 30, None, names).later(at, state)
    assert made is not None
    assert made.days == 30 - (at - MONDAY) / DAY
    anew = lower(network, state, names.copy(), at, made.days)
    for mine, theirs in ((made.model.static, anew.static), (made.model.fresh, anew.fresh)):
        for table in theirs:
            for name in theirs[table].dtype.names or ():
                assert np.array_equal(mine[table][name], theirs[table][name]), (table, name)
    assert np.array_equal(made.model.static[Table.LEAVE], anew.static[Table.LEAVE])
    a, b = run(made.model, 20, 2, 1), run(anew, 20, 2, 1)
    assert a.points.tobytes() == b.points.tobytes()
    assert a.events.tolist() == b.events.tolist()


def test_the_network_is_lowered_again_where_its_numbers_have_another_meaning() -> None:
    """The ledger has since given a number to another name, the time is up, or there are plans."""
    network, names = chain(10.0, [(60, "exponential", 5.0)]), Names()
    state, start = happened(names, COUNT), Start(network, MONDAY, 30, None, names)
    assert start.later(MONDAY + HOUR_US, state) is not None
    assert start.later(MONDAY + 30 * DAY, state) is None
    assert start.later(MONDAY - HOUR_US, state) is None
    planned = Start(network, MONDAY, 30, None, names, plans={("K", "A", "N0"): []})
    assert planned.later(MONDAY + HOUR_US, state) is None
    assert names.find(Domain.LANE, "L0") < 0, "the lane was named by the lowering alone"
    names.intern(Domain.REF, "O-1")
    assert start.later(MONDAY + HOUR_US, state) is not None
    names.intern(Domain.LANE, "another lane")
    assert start.later(MONDAY + HOUR_US, state) is None


def test_a_site_that_was_never_heard_of_starts_full() -> None:
    """Without any balance of a site its levels are full; nothing is known of it."""
    assert live().sim().tables[Table.POINT]["onhand"][0] == 60e6
