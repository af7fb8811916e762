"""G1, on time in full to production: hits over lines due, in all declared variants."""

from __future__ import annotations

import numpy as np

from taktnet.kpi.definition import KpiValue, Window
from taktnet.kpi.exact import MILLION, Ints, Objects, Rows
from taktnet.kpi.line import LEFT_OUT
from taktnet.kpi.measure import Cells, Facet, Members, ratios


def otif(lines: Rows, members: Members, window: Window) -> list[KpiValue]:
    """Values of all line variants. `lines` are `line.LINE` rows; due by as-of counts."""
    lines = lines[lines["due"] <= window.as_of]
    members.of(lines)
    supply = Cells(members, window, *_of(lines[~lines["customer"]]))
    customer = Cells(members, window, *_of(lines[lines["customer"]]))
    out = _shares("", supply, ("strict.accepted", "strict.received", "contract"))
    out += _shares("customer.", customer, ("strict.accepted", "contract"))
    return [*out, *_weighted(supply), *_orders(lines, members, window)]


def _of(lines: Rows) -> tuple[Rows, Ints]:
    return lines, lines["time"]


_NET = {"strict.accepted": "strict.net", "contract": "contract.net"}
_CUSTOMER = {"strict.accepted": "customer", "contract": "customer.contract"}


def _shares(side: str, cells: Cells, variants: tuple[str, ...]) -> list[KpiValue]:
    rows = cells.rows
    counted = rows["out"] == 0
    gross, net = _facets(cells, False), _facets(cells, True)
    out: list[KpiValue] = []
    for name in variants:
        hit = rows[name.replace(".", "_")] & counted
        shown = _CUSTOMER[name] if side else name
        out += _ratio(shown, cells, cells.count(hit), cells.count(counted), gross)
        if not side and name in _NET:
            kept = counted & ~rows["excused"]
            out += _ratio(_NET[name], cells, cells.count(hit & kept), cells.count(kept), net)
    return out


def _weighted(cells: Cells) -> list[KpiValue]:
    rows = cells.rows
    counted, facets = rows["out"] == 0, _facets(cells, False)
    under = cells.sum(rows["qty"], counted)
    out: list[KpiValue] = []
    for what in ("accepted", "received"):
        over = cells.sum(rows[what], counted)
        key = ("otif", f"weighted.{what}")
        out += ratios(key, cells, over, under, facets, scale=MILLION)
    return out


def _orders(lines: Rows, members: Members, window: Window) -> list[KpiValue]:
    """Per order: all its due lines of the member and bucket are hits."""
    supply = lines[~lines["customer"] & (lines["out"] == 0)]
    cells = Cells(members, window, supply, supply["time"])
    keys = (cells.index << 32) | cells.rows["order"]
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    whole = np.ones(len(first), np.bool_)
    np.logical_and.at(whole, inverse, cells.rows["strict_accepted"])
    cells.index = cells.index[first]
    everything = np.ones(len(first), np.bool_)
    facets = _facets(Cells(members, window, supply, supply["time"]), False)
    return _ratio("orders", cells, cells.count(whole), cells.count(everything), facets)


def _ratio(
    variant: str,
    cells: Cells,
    over: Objects,
    under: Objects,
    facets: dict[int, Facet],
) -> list[KpiValue]:
    return ratios(("otif", variant), cells, over, under, facets)


def _facets(cells: Cells, net: bool) -> dict[int, Facet]:
    """Per member: lines counted, and lines left out by reason."""
    rows, count = cells.rows, len(cells.members)
    code = np.where(rows["out"] != 0, rows["out"], len(LEFT_OUT) * (rows["excused"] & net))
    width = len(LEFT_OUT) + 1
    table = np.bincount(cells.place * width + code, minlength=count * width)
    reasons = (*LEFT_OUT, "changed or cancelled by the buyer after freeze")
    return {
        place: Facet(
            inputs=int(row[0]),
            exclusions=tuple((reasons[c], int(row[c])) for c in np.flatnonzero(row).tolist() if c),
        )
        for place, row in enumerate(table.reshape(count, width))
    }
