"""Names that a command is given: what bears none of them is told, with the nearest that exists."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from taktnet.base.errors import TaktnetError

if TYPE_CHECKING:
    from taktnet.app.tower import Tower

_MOST = 12


def known(tower: Tower, *, site: str = "", item: str = "", kind: str = "") -> None:
    """Raises TaktnetError for a site or an item of which neither network nor record speaks.

    Also for a `kind` with which no kind of event begins.
    """
    from taktnet.base.names import Domain
    from taktnet.ledger.wording import BY_NAME

    network = tower.network
    for what, name, domain, rows in (
        ("site", site, Domain.SITE, network.sites),
        ("item", item, Domain.ITEM, network.items),
    ):
        if name and tower.names.find(domain, name) < 0:
            one_of(what, name, [row.id for row in rows])
    if not any(name.startswith(kind) for name in BY_NAME):
        one_of("kind of event", kind, BY_NAME)


def one_of(what: str, name: str, names: Collection[str]) -> None:
    """Raises TaktnetError for a name that is not among `names`."""
    from taktnet.network.cells import did_you_mean

    if not name or name in names:
        return
    told = f"there is no {what} {name!r}"
    if len(names) <= _MOST:
        raise TaktnetError(f"{told}; there are {', '.join(names) or 'none'}")
    near = did_you_mean(name, list(names))
    raise TaktnetError(f"{told}. {near}" if near else told)


def free(path: Path) -> None:
    """Raises TaktnetError where something would be written over."""
    if path.is_file() or (path.is_dir() and any(path.iterdir())):
        raise TaktnetError(f"{path} is there already; name another, or remove it first")
