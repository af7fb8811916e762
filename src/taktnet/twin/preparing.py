"""When orders that are open at a live start have been collected and prepared at their origins."""

from __future__ import annotations

from typing import Any

import numpy as np

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
        start = int(at[mine].min()) - DAY
        on, off, before = spans(network.working_time(site), start, model.at + _REACH).T
        times = np.column_stack((on, off)).ravel() + start
        worked = np.column_stack((before, before + off - on)).ravel()
        if len(times):
            so_far = np.interp(at[mine], times, worked)
            done[mine] = np.interp(so_far + prep[mine], worked, times)
    return np.maximum(0, done - model.at)
