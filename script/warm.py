"""Compiles once and keeps it on disk, so that tests and first starts need not wait.

Kernels: two processes that start together would otherwise both compile the same. Bytecode: where
Python may not write it (PYTHONDONTWRITEBYTECODE), each start would translate every module anew.
"""

import compileall
import sys
from datetime import timedelta
from importlib import import_module

from taktnet.app.plans.verticals import vertical
from taktnet.app.plans.view import PlanView
from taktnet.app.ready import small_tower, use
from taktnet.app.simulation.answers import simulate
from taktnet.app.simulation.question import Question
from taktnet.app.tower import Tower
from taktnet.ledger.event import OrderPlaced
from taktnet.ledger.fact import instant

#: Plans that wait for their own kernels; a schedule answers before its are compiled.
PLANS = ("cards", "buffers", "forecast")
WEEKS = 60


def kernels() -> int:
    """Run what is compiled on a small network; how many decisions came of it."""
    with small_tower() as tower:
        use(tower, lambda done, total: None)
        simulate(tower.parts, Question(days=1.0, replications=2, kpis=True))
        orders(tower)
        for kind in PLANS:
            plan = vertical(kind)
            plan.make(PlanView.of(tower), plan.asked({}), lambda done, total: None)
        return tower.signals().total


def orders(tower: Tower) -> None:
    """Weeks of a customer's orders, for a forecast."""
    row, now = tower.network.demand[0], instant(tower.clock.now())
    for n in range(WEEKS, 0, -1):
        at = now - timedelta(weeks=n)
        order = OrderPlaced(
            source="warm", id=f"o{n}", at=at, site=row.supplier, order=f"O{n}", party=row.site,
            item=row.item, qty=5.0 + n % 3, window_start=at, window_end=at,
        )  # fmt: skip
        tower.ingest([order])


def bytecode() -> int:
    """Translate every module that the commands, or what ran, import; how many."""
    for name in ("taktnet.cli.main", "rich.table", "rich.progress"):
        import_module(name)
    files = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    sources = sorted(f for f in files if f and f.endswith(".py"))
    return sum(compileall.compile_file(f, quiet=2) for f in sources)


if __name__ == "__main__":
    print(f"kernels are compiled; {kernels()} decisions")
    print(f"{bytecode()} modules are translated")
