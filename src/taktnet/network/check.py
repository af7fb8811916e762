"""The checks of a whole network: keys, references, currencies, rows against one another.

Each check is a function from a draft to faults; `CHECKS` lists them. What one
cell must be is checked with its column, in `network.cells`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from taktnet.base.errors import Fault
from taktnet.network.cells import did_you_mean, quoted
from taktnet.network.check_rows import ROW_CHECKS
from taktnet.network.check_structure import (
    check_alternatives,
    check_bom_cycles,
    check_cards,
    check_shares,
    check_sourcing_cycles,
    check_supply,
)
from taktnet.network.column import Field
from taktnet.network.draft import Draft, Key, Part, draft_of_network, told
from taktnet.network.network import KEY_SEPARATOR, Network

#: Different dangling names of one column that are compared with all known ones.
MAX_HINTS = 20


def check(network: Network) -> tuple[Fault, ...]:
    """See `Network.check`."""
    draft = draft_of_network(network)
    return tuple(told([*draft.faults, *check_draft(draft)]))


def check_draft(draft: Draft) -> list[Fault]:
    """All faults of a draft beyond those of its single cells.

    Rows with dangling names are set aside before the later checks, so that a name is blamed
    where it is wrong and not in every row that relies on that row.
    """
    faults = [fault for one in FIRST_CHECKS for fault in one(draft)]
    for part in draft.parts.values():
        part.demote({f.row for f in faults if f.where == part.where and f.row})
    return faults + [fault for one in CHECKS for fault in one(draft)]


def check_some_sites(draft: Draft) -> Iterator[Fault]:
    """A network has at least one site."""
    part = draft.parts["sites"]
    if not part.keys and not part.unreadable:
        yield Fault(part.where, 0, "", "no site", "at least one site", "Begin with your plants.")


def check_keys(draft: Draft) -> Iterator[Fault]:
    """No two rows of a table have the same key."""
    for part in draft.parts.values():
        first: dict[Key, int] = {}
        for number, key in part.keys:
            if not all(key[:1]):
                continue
            if key in first:
                column = part.table.key[0] if len(key) == 1 else ", ".join(part.table.key)
                found = quoted(KEY_SEPARATOR.join(key)) + " again"
                remedy = f"It is used in row {first[key]}."
                yield part.fault_at((number, key), column, found, "a key used once", remedy)
            else:
                first[key] = number


def check_references(draft: Draft) -> Iterator[Fault]:
    """Every name refers to a row that exists."""
    known = {name: draft.names(name) for name in draft.parts}
    for part in draft.parts.values():
        for f in part.table.references:
            if not draft.parts[f.rules.refers].unreadable:
                yield from _dangling(part, f, known[f.rules.refers])


def _dangling(part: Part, f: Field, known: set[str]) -> Iterator[Fault]:
    hints: dict[str, str] = {}
    names = sorted(known)
    add = f"Add it to {f.rules.refers}."
    for i, row in enumerate(part.rows):
        name = getattr(row, f.name)
        if not name or name in known:
            continue
        if name not in hints:
            # A hint looks through all names, so only the first wrong ones get one.
            hints[name] = (did_you_mean(name, names) if len(hints) < MAX_HINTS else "") or add
        yield part.fault(i, f.name, quoted(name), f.wanted, hints[name])


def check_currencies(draft: Draft) -> Iterator[Fault]:
    """Every currency has a rate; one euro is one euro."""
    rates = draft.parts["rates"]
    if rates.unreadable:
        return
    known = draft.names("rates") | {"EUR"}
    for i, rate in draft.each("rates"):
        if rate.currency == "EUR" and rate.per_eur != 1:
            yield rates.fault(i, "per_eur", f"{rate.per_eur:g}", "1 for EUR", "Write 1.")
    for part in draft.parts.values():
        if part is rates or "currency" not in part.table.by_name:
            continue
        for i, row in enumerate(part.rows):
            if row.currency not in known:
                wanted = "a currency with a rate"
                remedy = did_you_mean(row.currency, sorted(known)) or f"Add it to {rates.where}."
                yield part.fault(i, "currency", quoted(row.currency), wanted, remedy)


FIRST_CHECKS: tuple[Callable[[Draft], Iterator[Fault]], ...] = (
    check_some_sites,
    check_keys,
    check_references,
)
CHECKS: tuple[Callable[[Draft], Iterator[Fault]], ...] = (
    check_currencies,
    *ROW_CHECKS,
    check_bom_cycles,
    check_alternatives,
    check_shares,
    check_sourcing_cycles,
    check_supply,
    check_cards,
)
