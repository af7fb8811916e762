"""Demand that a line has no time for: the fewest items that conflict, in a planner's words."""

from __future__ import annotations

from taktnet.network.rates import NetworkTakt


def overload(takt: NetworkTakt, resource: str) -> str:
    """The fewest items whose demand a line has no time for, in words; "" where it has.

    The largest loads first: no smaller set takes more than the time there is.
    """
    line = takt.line(resource)
    if line is None or line.utilisation is None or line.utilisation <= 1:
        return ""
    time = line.available_s_day * line.count
    loads = sorted(
        ((p.start_day * p.cycle_s / time, p.item) for p in takt.processes
         if p.resource == resource), reverse=True,
    )  # fmt: skip
    told: list[str] = []
    total = 0.0
    for load, item in loads:
        total += load
        told.append(f"{item} ({100 * load:.0f} %)")
        if total > 1:
            break
    else:
        told.append(f"set-ups ({100 * (line.utilisation - total):.0f} %)")
    return (
        f"{resource} has no time for it: {' and '.join(told)} take more than all of its working "
        "time, and no number of cards serves that; give it more time, or make one elsewhere"
    )
