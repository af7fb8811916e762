"""A simulated history: what a traced run wrote, told as if it had come to the ledger.

`Sim.begin(..., trace=True)` has a run write the facts that the live path would lower its events
to. Numbered behind the position it started from, they are folded by `State` and measured by
`Kpis` like any others; its new orders, decisions and shipments have names of their own.
"""

from __future__ import annotations

import numpy as np

from taktnet.base.names import Domain, Names
from taktnet.twin.layout import Table
from taktnet.twin.sim import Sim

#: What the names of simulated orders, decisions and shipments begin with.
MARK = "sim-"


def numbered(facts: np.ndarray, after: int) -> np.ndarray:
    """A copy of a trace (dtype FACT, n rows), each an event of its own from `after` + 1 on."""
    out = facts.copy()
    out["seq"] = np.arange(after + 1, after + 1 + len(out))
    return out


def names_of(sim: Sim, names: Names) -> Names:
    """The names of the ledger that the model was lowered from, and those of its simulated history.

    Names of orders and shipments that the ledger has got since the lowering are left out.
    """
    first, end = int(sim.model.fresh[Table.HEAD]["ref"][0]), int(sim.head["ref"])
    out = names.copy()
    counts = list(out.counts())
    counts[Domain.REF] = first
    out.truncate(tuple(counts))
    out.load((int(Domain.REF), i, f"{MARK}{i}") for i in range(first, end))
    return out
