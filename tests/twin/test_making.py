"""What is made takes the parts, the scrap, the lines and the times that the tables say."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
from twin_nets import chain, model, point, simulate, site

from taktnet.network import Network
from taktnet.network import components as c
from taktnet.twin import Sim
from taktnet.twin.layout import Table


def works(**tables: Any) -> Network:
    """P makes 40 A a day to a base stock, of parts B and C which it has without limit nearby."""
    base: dict[str, Any] = {
        "sites": (site("S", "supplier"), site("P"), site("K", "customer")),
        "items": tuple(c.Item(id=i, cost=1.0) for i in "ABC"),
        "stock_points": (
            c.StockPoint(site="P", item="A", policy="base_stock", base_stock=80.0),
            *(c.StockPoint(site="P", item=i, policy="base_stock", base_stock=900.0) for i in "BC"),
        ),
        "lanes": (c.Lane(id="SP", origin="S", destination="P", transit_h=1.0),),
        "sources": tuple(c.Source(site="P", item=i, origin="S", lane="SP") for i in "BC"),
        "resources": (c.Resource(id="M", site="P", count=9), c.Resource(id="N", site="P", count=9)),
        "processes": (c.Process(site="P", item="A", resource="M", cycle_s=60.0),),
        "demand": (c.Demand(site="K", item="A", supplier="P", rate_day=40.0),),
    }  # fmt: skip
    return Network(**{**base, **tables})


def ran(net: Network, days: float = 60.0) -> Sim:
    """A run of so many days."""
    sim = model(net, days).sim()
    sim.begin(1, 0)
    sim.run_to(days)
    return sim


def used(sim: Sim, item: str) -> float:
    """Units of a part that were used."""
    return sim.tables[Table.POINT]["used"][sim.model.find("points", ("P", item))] / 1e6


def test_scrap_of_a_part_is_used_too() -> None:
    """Two B to an A, a fifth of which is lost: 2 / (1 - 0.2) = 2.5 for each that was started."""
    line = c.BomLine(parent="A", component="B", qty=2.0, scrap=0.2)
    sim = ran(works(bom=(line,)))
    assert used(sim, "B") == 2.5 * sim.tables[Table.PROC]["started"][0] / 1e6 > 5000


def test_each_day_has_the_bill_of_its_date() -> None:
    """From Monday 5 January B, which goes into A until the 19th; C from the 20th on."""
    old = c.BomLine(parent="A", component="B", qty=1.0, valid_to=date(2026, 1, 19))
    new = c.BomLine(parent="A", component="C", qty=1.0, valid_from=date(2026, 1, 20))
    net = works(bom=(old, new))
    before, after, later = ran(net, 14.999), ran(net, 15.001), ran(net, 30)
    assert used(before, "C") == 0
    assert used(before, "B") > 500
    assert abs(used(later, "B") - used(before, "B")) < 2
    assert used(after, "C") < 10
    assert used(later, "C") > 500


def test_lines_of_one_item_share_it_by_their_rate() -> None:
    """A minute a unit on M and three on N: three of four are made on M."""
    slow = c.Process(site="P", item="A", resource="N", cycle_s=180.0)
    net = works()
    sim = ran(replace(net, processes=(*net.processes, slow)))
    made = dict(zip((name[2] for name in sim.model.processes),
                    (sim.tables[Table.PROC]["given"] / 1e6).tolist(), strict=True))  # fmt: skip
    assert made["M"] / (made["M"] + made["N"]) == pytest.approx(0.75, abs=0.001)


def test_a_loop_that_names_its_line_is_made_there() -> None:
    """Of two equal lines only the one that the cards name makes anything."""
    net = works()
    other = replace(net.processes[0], resource="N")
    loop = c.Loop(id="L", kind="production", site="P", item="A", origin="P", resource="N", cards=10,
                  container_qty=4.0)  # fmt: skip
    kanban = replace(net.stock_points[0], policy="kanban")
    sim = ran(replace(net, processes=(*net.processes, other), loops=(loop,),
                      stock_points=(kanban, *net.stock_points[1:])))  # fmt: skip
    made = dict(zip((name[2] for name in sim.model.processes),
                    sim.tables[Table.PROC]["made"].tolist(), strict=True))  # fmt: skip
    assert made["N"] > 1000e6
    assert made["M"] == 0


def test_what_is_no_whole_unit_loses_its_share_too() -> None:
    """Jobs of 2.5 kg at a yield of 0.9 give 2.25 kg each, and the rest is made again."""
    net = works()
    loop = c.Loop(id="L", kind="production", site="P", item="A", origin="P", cards=30,
                  container_qty=2.5)  # fmt: skip
    making = replace(net.processes[0], yield_rate=0.9, lot_qty=2.5)
    kanban = replace(net.stock_points[0], policy="kanban")
    sim = ran(replace(net, processes=(making,), loops=(loop,),
                      stock_points=(kanban, *net.stock_points[1:])))  # fmt: skip
    (row,) = sim.tables[Table.PROC]
    assert row["made"] > 2000e6
    assert row["scrapped"] / (row["made"] + row["scrapped"]) == pytest.approx(0.1, abs=1e-3)


def test_transit_by_quantiles_has_those_quantiles() -> None:
    """A tenth within 10 h, half within 20, nine tenths within 60."""
    net = chain(10.0, [(60, "fixed", 1.0)])
    way = replace(net.lanes[0], transit_kind="quantiles", quantiles="0.1:10;0.5:20;0.9:60")
    runs = simulate(replace(net, lanes=(way,)), 100, 40)
    for days, share in ((10 / 24, 0.1), (20 / 24, 0.5), (60 / 24, 0.9)):
        sketch = runs.sketch[0]
        edges = 2.0 ** ((np.arange(len(sketch))) / 8) / 1440  # days, an eighth of an octave apart
        below = sketch[edges <= days].sum() / sketch.sum()
        assert below == pytest.approx(share, abs=0.06)
    assert point(runs, "N0")["leads"].mean() > 900
