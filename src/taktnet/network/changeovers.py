"""What resources are set up for, and how long it takes from one set-up to the next."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from taktnet.network import components as c
from taktnet.network.network import Network


def setup_of(row: c.Process) -> str:
    """What a process needs its resource to be set up for."""
    return row.setup_family or row.item


def changeovers(network: Network) -> dict[str, Mapping[tuple[str, str], float]]:
    """Seconds between any two set-ups of every resource, by (before, after).

    A row of `changeovers` says it; else it is `setup_s` of what comes next, whatever was made
    before. Nothing is changed over within a set-up.
    """
    usual: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for row in network.processes:
        usual[row.resource][setup_of(row)] = row.setup_s
    told = {(r.resource, r.before, r.after): r.setup_s for r in network.changeovers}
    return {
        resource: {
            (a, b): 0.0 if a == b else told.get((resource, a, b), seconds)
            for a in own
            for b, seconds in own.items()
        }
        for resource, own in usual.items()
    }


def depends_on_order(network: Network) -> set[str]:
    """Resources whose changeovers are more than one time for each item."""
    return {r.resource for r in network.changeovers} | {
        r.resource for r in network.processes if r.setup_family
    }
