"""Kanban cards by simulation on 20 generated networks: `uv run python benchmarks/cards.py`.

For every loop of every network the count found is judged again under luck of its own: its service
must reach the target within the interval, with no more stock than the cheapest formula that
reaches it. Loops with neither spread of demand nor of lead time must have the exact minimum, where
pieces are taken one by one and a card goes off with the first (Toyota's formula).
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field, replace

from taktnet.app.plans.cards import VERTICAL
from taktnet.app.plans.loops import Sized, size_loop
from taktnet.app.plans.view import PlanView
from taktnet.base.exact import exact
from taktnet.network import Network
from taktnet.network.generate import generate
from taktnet.plan.cards import judge, size

NETWORKS, SITES, LOOPS = 20, 12, 40


@dataclass
class Tally:
    """How many loops did what they must."""

    loops: int = 0
    reached: int = 0
    by_formula: int = 0
    not_above: int = 0
    saved: float = 0.0
    exact: int = 0
    minimum: int = 0
    worst: float = field(default=1.0)


def loops_of(network: Network) -> list[Sized]:
    """Every loop of a network that has something to do, at most `LOOPS`."""
    view, asked = PlanView(network), VERTICAL.asked({})
    found = [size_loop(view, loop, asked, {}) for loop in network.loops[:LOOPS]]
    return [one for one in found if one.sizing is not None]


def examine(one: Sized, seed: int, tally: Tally) -> None:
    """Judge one loop under luck of its own, beside the formulas, and without any spread."""
    assert one.sizing is not None and one.need is not None
    found, target = one.sizing, one.sizing.target
    again = judge(one.need, found.simulated.cards, seed=seed)
    margin = again.fill + again.fill_half + found.simulated.fill_half - target
    tally.loops += 1
    tally.reached += margin >= 0
    tally.worst = min(tally.worst, margin)
    reaching = [c for c in found.formulas if found.served(c)]
    if reaching:
        cheapest = min(reaching, key=lambda c: c.stock)
        tally.by_formula += 1
        tally.not_above += found.simulated.stock <= cheapest.stock
        tally.saved += 1 - found.simulated.stock / cheapest.stock
    still = replace(one.need, demand_sd=0.0, lead_sd=0.0, lead_seen=(), collection=0.0, lump=0.0,
                    emptied=False)  # fmt: skip
    least = max(1, math.ceil(exact(still.demand) * exact(still.lead) / exact(still.container)))
    tally.exact += 1
    tally.minimum += size(still, 1.0).simulated.cards == least


def main() -> None:
    """Print one line a network and the sums."""
    tally, begun = Tally(), time.process_time()
    for seed in range(1, NETWORKS + 1):
        before = tally.loops
        for one in loops_of(generate(SITES, seed)):
            examine(one, 1000 + seed, tally)
        print(f"network {seed}: {tally.loops - before} loops", flush=True)
    print(
        f"{tally.loops} loops: {tally.reached} reach the target within the interval "
        f"(worst margin {100 * tally.worst:+.2f} points); a formula reaches it in "
        f"{tally.by_formula}, of those {tally.not_above} take no more stock, on average "
        f"{100 * tally.saved / max(1, tally.by_formula):.1f} % less; without spread "
        f"{tally.minimum} of {tally.exact} are the exact minimum; "
        f"{time.process_time() - begun:.0f} CPU s"
    )


if __name__ == "__main__":
    main()
