"""Working time around a live start: what was worked on running lots, when orders are prepared."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from taktnet.base.calendars import WorkingTime
from taktnet.base.timetable import spans
from taktnet.network import Network
from taktnet.twin.layout import DAY, Table
from taktnet.twin.sim import Model

Rows = np.ndarray[Any, np.dtype[Any]]
_REACH = 60 * DAY


def ready_at(network: Network, model: Model, link: Rows, placed: Rows) -> Rows:
    """Microseconds after the start for orders of links, placed at instants; 0 if ready by then.

    As for the orders of a run: the next collection of the loop, then working time of the origin.
    """
    links = model.fresh[Table.LINK][link]
    collect, prep, works = links["collect"], links["prep"], links["works"]
    at = np.where(collect > 0, -(-placed // np.maximum(1, collect)) * collect, placed)
    done = at + prep
    for calendar in np.unique(works[(prep > 0) & (works >= 0)]).tolist():
        mine = (works == calendar) & (prep > 0)
        site = model.sites[int(links["origin_site"][mine][0])]
        times, worked = _hand(network, model.at, site, "")
        if len(times):
            so_far = np.interp(at[mine], times, worked)
            done[mine] = np.interp(so_far + prep[mine], worked, times)
    return np.maximum(0, done - model.at)


def worked_on(network: Network, model: Model, res: Rows, since: Rows, until: Rows) -> Rows:
    """Microseconds of working time that resources had between instants, up to the start."""
    calendars = model.static[Table.RES0]["cal"][res]
    until = np.minimum(until, model.at)
    spent = np.maximum(0, until - since)
    for calendar in np.unique(calendars[calendars >= 0]).tolist():
        mine = calendars == calendar
        name = model.resources[int(res[mine][0])]
        times, worked = _hand(network, model.at, network.resource(name).site, name)
        if len(times):
            begun, ended = (np.interp(at[mine], times, worked) for at in (since, until))
            spent[mine] = np.maximum(0, ended - begun)
    return spent


def _hand(network: Network, at: int, site: str, resource: str) -> tuple[Rows, Rows]:
    """Instants at which working time begins or ends, and how much of it has passed by then."""
    return _of_day(network.working_time(site, resource), at // DAY)


@lru_cache(maxsize=512)
def _of_day(working: WorkingTime, day: int) -> tuple[Rows, Rows]:
    """The same for a day, as live starts come one after the other."""
    start = day * DAY - _REACH
    on, off, before = spans(working, start, day * DAY + _REACH).T
    times = np.column_stack((on, off)).ravel() + start
    return times, np.column_stack((before, before + off - on)).ravel()
