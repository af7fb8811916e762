"""A model that starts later: its calendars and timetables move on, nothing is lowered again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from taktnet.base.names import Domain, Names
from taktnet.twin.layout import DAY, DTYPES, Table
from taktnet.twin.places import NEVER
from taktnet.twin.sim import Model

Rows = np.ndarray[Any, np.dtype[Any]]


def start_later(model: Model, names: Names, at: int) -> Model:
    """A cold model without plans as `lower` would make it at a later instant (us since 1970 UTC).

    It reaches as far as before. `names` have those of the model and what was named since.
    """
    by = at - model.at
    static = {**model.static, **_timetables(model, by), **_calendars(model, by)}
    editions = model.static[Table.EDITION].copy()
    editions["until"][editions["until"] < NEVER] -= by
    head = model.fresh[Table.HEAD].copy()
    head["start"] = head["at"] = at
    head["ref"] = names.count(Domain.REF)
    return replace(
        model,
        at=at,
        days=model.days - by / DAY,
        static={**static, Table.EDITION: editions},
        fresh={**model.fresh, Table.HEAD: head},
    )


def _calendars(model: Model, by: int) -> dict[Table, Rows]:
    """Working spans that are not over, cut at the new start."""
    calendars, spans = model.static[Table.CAL0].copy(), model.static[Table.SPAN]
    laid, count = [np.zeros(0, DTYPES[Table.SPAN])], 0
    for row in calendars:
        mine = spans[row["first"] : row["first"] + row["spans"]].copy()
        mine = mine[mine["off"] > by]
        mine["on"] = np.maximum(mine["on"] - by, 0)
        mine["off"] -= by
        length = mine["off"] - mine["on"]
        mine["done"] = np.cumsum(length) - length
        row["first"], row["spans"] = count, len(mine)
        laid.append(mine)
        count += len(mine)
    return {Table.CAL0: calendars, Table.SPAN: np.concatenate(laid)}


def _timetables(model: Model, by: int) -> dict[Table, Rows]:
    """Departures that are still to come."""
    lanes, links = (model.static[t].copy() for t in (Table.LANE0, Table.LINK_ID))
    times, laid, count = model.static[Table.LEAVE], [np.zeros(0, np.int64)], 0
    moved: dict[int, tuple[int, int]] = {}
    used = lanes[lanes["leaves"] > 0]
    pairs = zip(used["first_leave"].tolist(), used["leaves"].tolist(), strict=True)
    for first, n in sorted(set(pairs)):
        mine = times[first : first + n]
        mine = mine[mine >= by] - by
        moved[first] = count, len(mine)
        laid.append(mine)
        count += len(mine)
    for rows in (lanes, links):
        leaving = np.flatnonzero(rows["leaves"] > 0)
        places = [moved[first] for first in rows["first_leave"][leaving].tolist()]
        rows["first_leave"][leaving], rows["leaves"][leaving] = (
            np.array(places, np.int64).reshape(-1, 2).T
        )
    return {Table.LANE0: lanes, Table.LINK_ID: links, Table.LEAVE: np.concatenate(laid)}
