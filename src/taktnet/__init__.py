"""Taktnet: just-in-time manufacturing across plants that are far apart.

The public names are taken up when they are first used, so `import taktnet` is cheap.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from taktnet import kpi, plan, twin
    from taktnet.app.tower import Tower
    from taktnet.base.errors import TaktnetError
    from taktnet.ledger.event import DecisionTaken as Decision
    from taktnet.ledger.event import Event
    from taktnet.ledger.ledger import Ledger
    from taktnet.network import Network
    from taktnet.state import State

__version__ = "0.1.0"
#: Modules that are public names too.
_MODULES = ("kpi", "plan", "twin")
__all__ = [
    "Decision", "Event", "Ledger", "Network", "State", "TaktnetError", "Tower", "kpi", "plan",
    "twin",
]  # fmt: skip

_HOMES = {
    "Decision": ("taktnet.ledger.event", "DecisionTaken"),
    "Event": ("taktnet.ledger.event", "Event"),
    "Ledger": ("taktnet.ledger.ledger", "Ledger"),
    "Network": ("taktnet.network", "Network"),
    "State": ("taktnet.state", "State"),
    "TaktnetError": ("taktnet.base.errors", "TaktnetError"),
    "Tower": ("taktnet.app.tower", "Tower"),
}


def __getattr__(name: str) -> Any:
    """The public name, from the module that has it."""
    if name in _MODULES:
        return import_module(f"taktnet.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module 'taktnet' has no attribute {name!r}")
    module, attribute = _HOMES[name]
    return getattr(import_module(module), attribute)


def __dir__() -> list[str]:
    """The public names, whether taken up or not."""
    return sorted({*globals(), *__all__})
