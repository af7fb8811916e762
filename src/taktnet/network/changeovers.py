"""What resources are set up for, and how long it takes from one set-up to the next."""

from __future__ import annotations

from collections import defaultdict

from taktnet.network import components as c
from taktnet.network.network import Network


def setup_of(row: c.Process) -> str:
    """What a process needs its resource to be set up for."""
    return row.setup_family or row.item


class Changeovers:
    """Seconds between the set-ups of every resource.

    A row of `changeovers` says it; else it is `setup_s` of what comes next, whatever was made
    before. Nothing is changed over within a set-up.
    """

    def __init__(self, network: Network) -> None:
        self._usual: defaultdict[str, dict[str, float]] = defaultdict(dict)
        for row in network.processes:
            self._usual[row.resource][setup_of(row)] = row.setup_s
        self._told = {(r.resource, r.before, r.after): r.setup_s for r in network.changeovers}
        #: Resources whose changeovers are more than one time for each item.
        self.ordered = {r.resource for r in network.changeovers} | {
            r.resource for r in network.processes if r.setup_family
        }

    def setups(self, resource: str) -> tuple[str, ...]:
        """The set-ups of a resource, in order of name."""
        return tuple(sorted(self._usual[resource]))

    def seconds(self, resource: str, before: str, after: str) -> float:
        """Seconds from one set-up of a resource to another."""
        if before == after:
            return 0.0
        return self._told.get((resource, before, after), self._usual[resource][after])
