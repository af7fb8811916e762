"""What a run tells: statistics per point, customer, lane, process and resource."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from taktnet.twin.layout import DAY, SKETCH, Table
from taktnet.twin.sim import Model, Sim

MILLION = 1e6
_POINT = ("wanted filled fill stock owed final_stock final_owed stockouts orders received made used"
          " shipped expired leads lead_mean_d lead_sd_d holding_eur spend_eur")  # fmt: skip
POINT = np.dtype([(n, "<f8") for n in _POINT.split()])
_DEMAND = "lines units on_time_lines on_time_units late_h revenue_eur"
DEMAND = np.dtype([(n, "<f8") for n in _DEMAND.split()])
_LANE = "shipments freight_eur kg m3 co2_kg"
LANE = np.dtype([(n, "<f8") for n in _LANE.split()])
PROCESS = np.dtype([(n, "<f8") for n in ("made", "scrapped", "starved_h", "queued")])
RESOURCE = np.dtype([(n, "<f8") for n in ("busy_h", "down_h", "setups")])


def window(sim: Sim) -> float:
    """Microseconds that statistics cover."""
    return float(sim.head["now"] - sim.head["warm"])


def of_points(sim: Sim) -> np.ndarray:
    """Quantities in units, `stock` and `owed` time-weighted means, `fill` nan without demand."""
    a, t = sim.tables[Table.POINT], sim.tables[Table.TALLY]
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
    out["orders"], out["stockouts"], out["leads"] = a["orders"], t["stockouts"], t["leads"]
    for name in ("received", "made", "used", "shipped", "expired"):
        out[name] = t[name] / MILLION
    n = np.maximum(t["leads"], 1)
    mean = t["lead_sum"] / n
    out["lead_mean_d"] = mean
    out["lead_sd_d"] = np.sqrt(np.maximum(0.0, t["lead_squares"] / n - mean * mean))
    years = span / DAY / 365.25
    out["holding_eur"] = out["stock"] * MILLION * s["cost"] * s["holding"] * years
    links = sim.tables[Table.LINK]
    out["spend_eur"] = np.bincount(links["dest"], links["spend"], len(model.points))
    return out


def of_demand(sim: Sim) -> np.ndarray:
    """What customers got; `late_h` the sum over late lines."""
    d, s = sim.tables[Table.DEMAND], sim.model.static[Table.DEMAND0]
    out = np.zeros(len(d), DEMAND)
    out["lines"], out["on_time_lines"] = d["lines"], d["on_time_lines"]
    out["units"], out["on_time_units"] = d["units"] / MILLION, d["on_time_units"] / MILLION
    out["late_h"] = d["late_sum"] / 3600
    out["revenue_eur"] = d["units"] * s["price"]
    return out


def of_lanes(sim: Sim) -> np.ndarray:
    """What lanes carried and cost."""
    rows = sim.tables[Table.LANE]
    out = np.zeros(len(rows), LANE)
    out["shipments"], out["freight_eur"] = rows["shipments"], rows["cost"]
    out["kg"], out["m3"], out["co2_kg"] = rows["kg"], rows["m3"], rows["co2_t"]
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


def lead_quantile(sketch: Any, q: float) -> float | None:
    """Days that a share q of lead times does not exceed, to an eighth of an octave; None: none."""
    total = int(np.sum(sketch))
    if total == 0:
        return None
    place = int(np.searchsorted(np.cumsum(sketch), q * total))
    octave, eighth = divmod(min(place, SKETCH - 1), 8)
    return 2.0**octave * (1 + eighth / 8) / 1440


__all__ = ["Model", "lead_quantile", "of_demand", "of_lanes", "of_points", "of_resources"]
