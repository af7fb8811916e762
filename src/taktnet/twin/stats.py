"""What a run tells: statistics per point, customer, lane, process and resource."""

from __future__ import annotations

import math

import numpy as np

from taktnet.twin.layout import DAY, SKETCH, Table
from taktnet.twin.sim import Model, Sim

MILLION = 1e6
#: Stock (millionths) of an outside supplier who has all that is asked for.
UNLIMITED = 1 << 54
_POINT = ("wanted filled fill stock owed final_stock final_owed stockouts orders received made used"
          " shipped expired leads lead_mean_d lead_sd_d holding_eur spend_eur"
          " premium_eur waste_eur stock_eur")  # fmt: skip
POINT = np.dtype([(n, "<f8") for n in _POINT.split()])
_DEMAND = "lines units on_time_lines on_time_units late_h revenue_eur late_eur_d overdue_units"
DEMAND = np.dtype([(n, "<f8") for n in _DEMAND.split()])
_LANE = "shipments freight_eur kg m3 co2_kg"
LANE = np.dtype([(n, "<f8") for n in _LANE.split()])
PROCESS = np.dtype([(n, "<f8") for n in ("made", "scrapped", "starved_h", "queued")])
RESOURCE = np.dtype([(n, "<f8") for n in ("busy_h", "down_h", "setups")])


def window(sim: Sim) -> float:
    """Microseconds that statistics cover."""
    return float(sim.head["now"] - sim.head["warm"])


def of_points(sim: Sim, ordered: np.ndarray | None = None) -> np.ndarray:
    """Quantities in units, `stock` and `owed` time-weighted means, `fill` nan without demand.

    `premium_eur` is what was paid above the item's cost, for supplies that have a price;
    `waste_eur` what expired or was scrapped, `stock_eur` the mean stock, both at cost. `ordered`
    is `LINK.given` when counting began; None: when the run began.
    """
    a, t, links = (sim.tables[n] for n in (Table.POINT, Table.TALLY, Table.LINK))
    s, model = sim.model.static[Table.PLACE], sim.model
    span, rest = window(sim), (sim.head["now"] - a["last"]).astype(float)
    out = np.zeros(len(a), POINT)
    for name in ("wanted", "filled"):
        out[name] = a[name] / MILLION
    out["fill"] = np.divide(a["filled"], a["wanted"], where=a["wanted"] > 0,
                            out=np.full(len(a), math.nan))  # fmt: skip
    out["stock"] = (a["stock_area"] + rest * a["onhand"]) / (span * MILLION)
    out["owed"] = (a["owed_area"] + rest * a["queued"]) / (span * MILLION)
    out["final_stock"], out["final_owed"] = a["onhand"] / MILLION, a["queued"] / MILLION
    out["orders"] = np.bincount(links["dest"], links["decisions"], len(a))
    out["stockouts"], out["leads"] = t["stockouts"], a["leads"]
    for name in ("received", "made", "used", "shipped"):
        out[name] = a[name] / MILLION
    out["expired"] = t["expired"] / MILLION
    n = np.maximum(a["leads"], 1)
    mean = a["lead_sum"] / n
    out["lead_mean_d"] = mean
    out["lead_sd_d"] = np.sqrt(np.maximum(0.0, a["lead_squares"] / n - mean * mean))
    years = span / DAY / 365.25
    out["holding_eur"] = out["stock"] * MILLION * s["cost"] * s["holding"] * years
    out["spend_eur"] = np.bincount(links["dest"], links["spend"], len(model.points))
    _money(sim, out, ordered)
    return out


def _money(sim: Sim, out: np.ndarray, ordered: np.ndarray | None) -> None:
    """Premiums, waste and the value of stock."""
    model, links = sim.model, sim.tables[Table.LINK]
    n, cost = len(model.points), model.static[Table.PLACE]["cost"]
    first = model.fresh[Table.LINK]["given"] if ordered is None else ordered
    worth = cost[links["dest"]] * (links["given"] - first)
    paid = np.where(links["spend"] > 0, links["spend"] - worth, 0.0)
    out["premium_eur"] = np.bincount(links["dest"], paid, n)
    made_at = model.static[Table.PROC0]["point"]
    scrapped = np.bincount(made_at, sim.tables[Table.PROC]["scrapped"], n)
    out["waste_eur"] = cost * (sim.tables[Table.TALLY]["expired"] + scrapped)
    unlimited = model.fresh[Table.POINT]["onhand"] >= UNLIMITED
    out["stock_eur"] = np.where(unlimited, 0.0, out["stock"] * MILLION * cost)


def of_demand(sim: Sim) -> np.ndarray:
    """What customers got; `late_h` the sum over late lines, `late_eur_d` days late x value.

    The value of a unit is its price, or its cost where no price is given. Orders that stand in
    line beyond their date are `overdue_units`, and late so far, once the run is closed
    (`Sim.close`).
    """
    d, s = sim.tables[Table.DEMAND], sim.model.static[Table.DEMAND0]
    out = np.zeros(len(d), DEMAND)
    out["lines"], out["on_time_lines"] = d["lines"], d["on_time_lines"]
    out["units"], out["on_time_units"] = d["units"] / MILLION, d["on_time_units"] / MILLION
    out["late_h"] = d["late_sum"] / 3600
    out["revenue_eur"] = d["units"] * s["price"]
    cost = sim.model.static[Table.PLACE]["cost"][s["point"]]
    out["overdue_units"] = d["overdue"] / MILLION
    out["late_eur_d"] = d["late_area"] * np.where(s["price"] > 0, s["price"], cost) / DAY
    return out


def of_lanes(sim: Sim) -> np.ndarray:
    """What lanes carried and cost."""
    rows = sim.tables[Table.LANE]
    out = np.zeros(len(rows), LANE)
    out["shipments"], out["freight_eur"] = rows["shipments"], rows["cost"]
    out["kg"], out["m3"], out["co2_kg"] = rows["kg"], rows["m3"], 1000 * rows["co2_t"]
    return out


def of_processes(sim: Sim) -> np.ndarray:
    """What processes made, and how long they starved for a part."""
    rows = sim.tables[Table.PROC]
    out = np.zeros(len(rows), PROCESS)
    waits = np.where(rows["blocked"] > 0, sim.head["now"] - rows["starved_at"], 0)
    out["made"], out["scrapped"] = rows["made"] / MILLION, rows["scrapped"] / MILLION
    out["starved_h"] = (rows["starved"] + waits) / 3600e6
    out["queued"] = rows["queued"] / MILLION
    return out


def of_resources(sim: Sim) -> np.ndarray:
    """Hours of work begun, hours down and set-ups, summed over the machines of a resource."""
    rows = sim.tables[Table.SERVER]
    n = len(sim.model.resources)
    out = np.zeros(n, RESOURCE)
    down = rows["down"] + np.where(rows["hold"] > 0, sim.head["now"] - rows["down_at"], 0)
    out["busy_h"] = np.bincount(rows["res"], rows["busy"] / 3600e6, n)
    out["down_h"] = np.bincount(rows["res"], down / 3600e6, n)
    out["setups"] = np.bincount(rows["res"], rows["setups"], n)
    return out


def lead_quantile(sketch: np.ndarray, q: float) -> float | None:
    """Days that a share q of lead times does not exceed, to an eighth of an octave; None: none."""
    total = int(np.sum(sketch))
    if total == 0:
        return None
    place = int(np.searchsorted(np.cumsum(sketch), q * total))
    octave, eighth = divmod(min(place, SKETCH - 1), 8)
    return 2.0**octave * (1 + eighth / 8) / 1440


__all__ = ["Model", "lead_quantile", "of_demand", "of_lanes", "of_points", "of_resources"]
