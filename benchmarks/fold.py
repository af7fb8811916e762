"""How fast the state folds facts: `uv run python benchmarks/fold.py [facts]`.

A mixed stream of a network of 200 sites with 20 items each, from memory, on one core; then one
fact at a time, with all that Python adds; then snapshot and start. The best of five runs counts,
in CPU time but for the first fold and the single fact.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import numpy as np

from taktnet.base.names import Domain, Names
from taktnet.ledger import event as e
from taktnet.ledger.event import NUMBER
from taktnet.ledger.fact import FACT, MILLION
from taktnet.state import State

SITES, ITEMS = 200, 20
START = 1_772_427_600_000_000
#: Kinds of the stream and how many of 100 facts they are.
MIX = {
    e.StockConsumed: 46,
    e.StockProduced: 18,
    e.GoodsShipped: 10,
    e.GoodsReceived: 10,
    e.OrderPlaced: 5,
    e.StockCounted: 3,
    e.StockMoved: 2,
    e.StockScrapped: 2,
    e.GoodsPosition: 2,
    e.LotStarted: 1,
    e.LotFinished: 1,
}


def names(facts: np.ndarray) -> Names:
    """As many names as the stream uses."""
    made = Names()
    for i in range(int(facts["ref"].max())):
        made.intern(Domain.REF, f"R{i}")
    for domain, count in ((Domain.SITE, SITES), (Domain.ITEM, ITEMS), (Domain.SOURCE, 4)):
        for i in range(count):
            made.intern(domain, f"{domain.name}{i}")
    return made


def stream(n: int, seed: int = 7) -> np.ndarray:
    """`n` events of one fact each, ten seconds apart: goods arrive that were shipped before."""
    rng = np.random.default_rng(seed)
    kinds = np.repeat([NUMBER[k] for k in MIX], list(MIX.values()))
    facts = np.zeros(n, FACT)
    facts["kind"] = rng.choice(kinds, n)
    facts["seq"] = np.arange(1, n + 1)
    facts["at"] = facts["recorded"] = START + 10 * np.arange(n) * MILLION
    facts["site"] = rng.integers(1, SITES + 1, n)
    facts["item"] = rng.integers(1, ITEMS + 1, n)
    facts["to"] = facts["site"] % SITES + 1
    facts["qty"] = rng.integers(1, 40, n) * MILLION
    facts["source"] = facts["site"] % 4 + 1
    facts["flags"] = 1
    shipped = np.flatnonzero(facts["kind"] == NUMBER[e.GoodsShipped])
    facts["ref"][shipped] = np.arange(1, len(shipped) + 1)
    facts["t1"][shipped] = facts["at"][shipped] + 86_400 * MILLION
    for kind, link in ((e.GoodsReceived, True), (e.GoodsPosition, False)):
        rows = np.flatnonzero(facts["kind"] == NUMBER[kind])
        lag = rng.integers(200, 2_000, len(rows))
        which = np.searchsorted(shipped, rows) - lag
        rows, which = rows[which >= 0], which[which >= 0]
        facts["ref"][rows] = which + 1
        if link:
            facts["item"][rows] = facts["item"][shipped[which]]
            facts["site"][rows] = facts["to"][shipped[which]]
            facts["qty"][rows] = facts["qty"][shipped[which]]
    base = len(shipped) + 1
    for kind in (e.OrderPlaced, e.LotStarted, e.LotFinished):
        rows = np.flatnonzero(facts["kind"] == NUMBER[kind])
        offset = base if kind is not e.LotFinished else base - len(rows)
        facts["ref"][rows] = offset + np.arange(len(rows))
        base += len(rows) if kind is not e.LotFinished else 0
    return facts


def best(run: Callable[[], object], times: int = 5) -> float:
    """CPU seconds of the fastest of some runs."""
    results: list[float] = []
    for _ in range(times):
        begin = time.process_time()
        run()
        results.append(time.process_time() - begin)
    return min(results)


def main() -> None:
    """Measure and print the table."""
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000_000
    facts = stream(n)
    known = names(facts)
    begin = time.perf_counter()
    State(known).fold(facts[:1])
    start = time.perf_counter() - begin
    many = best(lambda: State(known).fold(facts))
    state = State(known)
    state.fold(facts[:-2_000])
    rest = [facts[i : i + 1] for i in range(n - 2_000, n)]
    begin = time.perf_counter()
    for one in rest:
        state.fold(one)
    single = (time.perf_counter() - begin) / len(rest)
    blob = state.to_bytes()
    rows = [
        ("facts folded per second, mixed stream from memory", f"{n / many / 1e6:.1f} million"),
        ("one fact, with Python", f"{single * 1e6:.1f} us"),
        ("snapshot to bytes", f"{best(state.to_bytes) * 1e3:.0f} ms, {len(blob) / 1e6:.1f} MB"),
        ("state from bytes", f"{best(lambda: State.from_bytes(blob, known)) * 1e3:.0f} ms"),
        ("copy", f"{best(state.copy) * 1e3:.1f} ms"),
        ("canonical digest", f"{best(state.digest, 1) * 1e3:.0f} ms"),
        ("first fold of a process, kernels compiled or loaded", f"{start:.2f} s"),
    ]
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        print(f"{name:<{width}}  {value}")


if __name__ == "__main__":
    main()
