"""No run reads what nobody wrote: what lay in memory before makes no difference."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from twin_nets import model, site

from taktnet.network import Network
from taktnet.network import components as c
from taktnet.network.generate import generate
from taktnet.twin import sim as sims
from taktnet.twin.layout import LINE, Table


def far() -> Network:
    """A works and its supplier, each with hours of its own, and a customer with a window."""
    return Network(
        sites=(site("S", "supplier", calendar="early"),
               site("W", calendar="late"), site("K", "customer")),
        items=(c.Item(id="A", cost=1.0, weight_kg=2.0),),
        stock_points=(c.StockPoint(site="W", item="A", policy="base_stock", base_stock=40.0),),
        calendars=(c.Calendar(id="early", days="Mon-Fri", shifts="06:00-14:00"),
                   c.Calendar(id="late", days="Mon-Fri", shifts="12:00-20:00")),
        lanes=(c.Lane(id="L", origin="S", destination="W", transit_h=13.0),
               c.Lane(id="OUT", origin="W", destination="K", transit_h=6.0)),
        sources=(c.Source(site="W", item="A", origin="S", lane="L", prep_h=5.0),),
        demand=(c.Demand(site="K", item="A", supplier="W", rate_day=6.0, lead_h=72.0),),
    )  # fmt: skip


def outcome(network: Network, traced: bool) -> tuple[np.ndarray, np.ndarray]:
    """The points after ten days, and the facts."""
    sim = model(network, 30).sim()
    sim.begin(3, 0, trace=traced)
    sim.run_to(10)
    return sim.tables[Table.POINT].copy(), sim.trace()


@pytest.mark.parametrize("traced", [False, True])
@pytest.mark.parametrize("network", [far(), generate(30, 4)], ids=["far", "generated"])
def test_what_lay_in_memory_makes_no_difference(
    network: Network, traced: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Runs in memory of zeros, of ones and of large negative numbers have the same bits."""
    found: list[Any] = []
    for byte in (0x00, 0x01, 0xFE, 0xFF):

        def filled(size: int, byte: int = byte) -> np.ndarray:
            raw = np.full(size + LINE, byte, np.uint8)
            skip = -raw.ctypes.data % LINE
            return raw[skip : skip + size]

        monkeypatch.setattr(sims, "room", filled)
        points, facts = outcome(network, traced)
        found.append((points.tobytes(), facts.tobytes()))
    assert len(set(found)) == 1


def test_every_calendar_has_a_hand() -> None:
    """Those by which only due times go, too."""
    made = model(far(), 30)
    assert len(made.static[Table.CAL0]) == len(made.fresh[Table.CAL]) == 2
