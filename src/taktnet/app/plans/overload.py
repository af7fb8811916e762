"""Demand that a line has no time for: the fewest items that conflict, in a planner's words."""

from __future__ import annotations

from collections.abc import Mapping

from taktnet.network.rates import NetworkTakt


def fewest(loads: Mapping[str, float], room: float) -> tuple[str, ...]:
    """The fewest names whose loads together are above `room`, the largest first; () where all fit.

    No smaller set is above it, so that without any one of them the others fit.
    """
    told: list[str] = []
    total = 0.0
    for name in sorted(loads, key=lambda name: (-loads[name], name)):
        total += loads[name]
        told.append(name)
        if total > room:
            return tuple(told)
    return ()


def overload(takt: NetworkTakt, resource: str) -> str:
    """The fewest items whose demand a line has no time for, in words; "" where it has."""
    line = takt.line(resource)
    if line is None or line.utilisation is None or line.utilisation <= 1:
        return ""
    time = line.available_s_day * line.count
    loads = {p.item: p.start_day * p.cycle_s / time for p in takt.processes
             if p.resource == resource}  # fmt: skip
    set_ups = line.utilisation - sum(loads.values())
    own = fewest(loads, 1.0)
    told = [f"{item} ({100 * loads[item]:.0f} %)" for item in own or fewest(loads, 1.0 - set_ups)]
    told += [] if own else [f"set-ups ({100 * set_ups:.0f} %)"]
    return (
        f"{resource} has no time for it: {' and '.join(told)} take more than all of its working "
        "time, and no number of cards serves that; give it more time, or make one elsewhere"
    )
