"""Compiles the kernels once and keeps them on disk, so that tests and first starts need not wait.

Two processes that start together would otherwise both compile the same.
"""

from datetime import UTC, datetime

from taktnet.app.tower import Tower
from taktnet.ledger.event import StockConsumed, StockCounted
from taktnet.network.generate import generate

network = generate(sites=10, seed=1)
with Tower.open(None, network) as tower:
    loop = network.loops[0]
    about = {"source": "warm", "site": loop.site, "item": loop.item, "at": datetime.now(UTC)}
    tower.ingest([StockCounted(id="1", qty=loop.cards * loop.container_qty, **about)])
    tower.ingest([StockConsumed(id="2", qty=2 * loop.container_qty, **about)])
    tower.kpis()
    tower.takt()
    tower.flow()
    print(f"kernels are compiled; {tower.signals().total} decisions")
