"""A tower with forty weeks of orders and use, for forecasts."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from support.web_tower import NOW, World
from taktnet.ledger import event as e
from taktnet.ledger.fact import micros

WEEKS = 40


def with_history(world: World, weeks: int = WEEKS, seed: int = 8) -> World:
    """Drive units ordered in Leipzig, motors used in Porto; one order is a spike."""
    chance = np.random.default_rng(seed)
    events: list[e.AnyEvent] = []
    for day in range(7 * weeks):
        at = NOW - timedelta(days=7 * weeks - day)
        sold = int(chance.poisson(20)) if at.weekday() < 5 else 0
        if day == 7 * (weeks - 10) + 2:
            sold = 900
        if sold:
            values = {"order": f"SO-{day}", "party": "LEJ", "item": "DU-500", "qty": sold,
                      "window_start": at, "window_end": at + timedelta(hours=4)}  # fmt: skip
            events.append(world.make(e.OrderPlaced, at, "OPO", **values))
        if chance.random() < 0.2:
            qty = int(chance.integers(1, 6))
            events.append(world.make(e.StockConsumed, at, "KRK", item="BRG-608", qty=qty))
    for n in range(0, len(events), 100):
        world.tell(*events[n : n + 100])
    world.clock.reach(micros(NOW))
    return world
