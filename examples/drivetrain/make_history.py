"""Writes eight weeks of history of Kestrel Drives: `history.ndjson.gz`, and the week after it.

Run: `python examples/drivetrain/make_history.py`. The world (`world.py`) answers the decisions of
Taktnet's own rules, so the history is what a plant that follows its signals would have reported.
"""

from __future__ import annotations

import gzip
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from diary import Diary
from making import Making
from moving import Moving
from selling import Selling
from trouble import plan
from world import DAY, World

from taktnet.base.names import Names
from taktnet.ledger.event import AnyEvent, DecisionTaken
from taktnet.ledger.fact import FACT, Lowering, micros
from taktnet.network import Network
from taktnet.network.components import StockPoint
from taktnet.policy import Rules
from taktnet.state import State

HERE = Path(__file__).parent
START = datetime(2026, 9, 7, tzinfo=UTC)  # a Monday
DAYS = 56
LIVE_DAYS = 7
SEED = 20260907


class Arrivals:
    """Events arrive one by one; recorded time is the newest business time so far."""

    def __init__(self, network: Network) -> None:
        names = Names()
        self.lowering = Lowering(names)
        self.state = State(names)
        self.rules = Rules(network, names)
        self.now = 0
        self.decisions = 0

    def take(self, event: AnyEvent) -> list[DecisionTaken]:
        """Fold one event; the decisions it causes."""
        self.now = max(self.now + 1, micros(event.at))
        facts = np.frombuffer(bytearray(self.lowering.facts(event, self.now)), FACT)
        step = self.rules.step(self.state, facts, self.now)
        self.decisions += len(step.decisions)
        return list(step.decisions)


def opening(world: World) -> None:
    """Counted stock: every card full, every point at the top of its policy."""
    network = world.network
    level = {(p.site, p.item): _top(p) for p in network.stock_points}
    for loop in network.loops:
        level[loop.site, loop.item] = loop.cards * loop.container_qty
    for (site, item), qty in level.items():
        world.have[site, item] = qty
        world.tell("stock.counted/1", site, "wms", item=item, qty=qty)


def _top(point: StockPoint) -> float:
    return {
        "sS": point.order_up_to,
        "RQ": point.reorder_point + point.order_qty,
        "base_stock": point.base_stock,
    }.get(point.policy, 0.0)


def play(network: Network, days: int) -> tuple[Diary, Arrivals, list[int]]:
    """Run the world; the diary, the receiving end, and the number of lines after each day."""
    arrivals = Arrivals(network)
    diary = Diary(arrivals.take, SEED)
    world = World(network, START, SEED, diary)
    making, moving = Making(world), Moving(world)

    def on_decision(d: DecisionTaken) -> None:
        (making if d.action == "produce" else moving).order(d)

    def on_stock(site: str, item: str) -> None:
        making.stock_came(site, item)
        moving.stock_came(site, item)

    world.on_decision, world.on_stock = on_decision, on_stock
    opening(world)
    Selling(world, moving, days)
    plan(world, moving)
    marks = []
    for day in range(1, days + 1):
        world.run(day * DAY)
        marks.append(len(diary.lines))
        print(f"\rday {day} of {days}: {len(diary.lines)} events", end="", file=sys.stderr)
    print(file=sys.stderr)
    return diary, arrivals, marks


def save(path: Path, lines: list[bytes]) -> None:
    """One event a line, compressed the same on every run."""
    path.write_bytes(gzip.compress(b"\n".join(lines) + b"\n", compresslevel=9, mtime=0))


def main(folder: Path = HERE) -> None:
    """Write the history and the week that the tower replays as live."""
    network = Network.read(folder / "network")
    diary, arrivals, marks = play(network, DAYS + LIVE_DAYS)
    cut = marks[DAYS - 1]
    save(folder / "history.ndjson.gz", diary.lines[:cut])
    save(folder / "live.ndjson.gz", diary.lines[cut:])
    print(f"{cut} events of history, {len(diary.lines) - cut} live, {arrivals.decisions} decisions")


if __name__ == "__main__":
    main()
