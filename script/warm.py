"""Compiles once and keeps it on disk, so that tests and first starts need not wait.

Kernels: two processes that start together would otherwise both compile the same. Bytecode: where
Python may not write it (PYTHONDONTWRITEBYTECODE), each start would translate every module anew.
"""

import compileall
import sys
from importlib import import_module

from taktnet.app.ready import small_tower, use
from taktnet.app.simulation.answers import simulate
from taktnet.app.simulation.question import Question


def kernels() -> int:
    """Run what is compiled on a small network; how many decisions came of it."""
    with small_tower() as tower:
        use(tower, lambda done, total: None)
        simulate(tower.parts, Question(days=1.0, replications=2, kpis=True))
        return tower.signals().total


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
