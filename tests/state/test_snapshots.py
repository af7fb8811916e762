"""Snapshots: what is saved is what comes back, or it is refused with a reason."""

from __future__ import annotations

from random import Random

import pytest

from support.plants import Plants, event, history
from taktnet.base.names import Domain, Names
from taktnet.ledger import event as e
from taktnet.state import State
from taktnet.state.snapshot import BadSnapshot


@pytest.fixture(scope="module")
def plants() -> Plants:
    """A state of three hundred events."""
    made = Plants()
    made.happen(*history(Random(3), 300))
    return made


def test_a_snapshot_gives_the_state_back(plants: Plants) -> None:
    """Same digest, same number, same views, same bytes again."""
    blob = plants.state.to_bytes()
    again = State.from_bytes(blob, plants.names)
    assert again.digest() == plants.state.digest()
    assert (again.seq, again.recorded) == (plants.state.seq, plants.state.recorded)
    assert again.stock() == plants.state.stock()
    assert again.orders(closed=True) == plants.state.orders(closed=True)
    assert again.to_bytes() == blob


def test_an_empty_state_has_a_snapshot_too() -> None:
    """Before the first event."""
    names = Names()
    assert State.from_bytes(State(names).to_bytes(), names).digest() == State(names).digest()


def test_a_copy_is_on_its_own(plants: Plants) -> None:
    """What happens to the copy does not happen to the original."""
    copy, before = plants.state.copy(), plants.state.digest()
    facts = plants.lower(event(e.StockReceived, "more", item="CELL", qty=1)).copy()
    facts["seq"] = copy.seq + 1
    copy.fold(facts)
    assert copy.digest() != before == plants.state.digest()


@pytest.mark.parametrize("at", [0, 30, 5_000, -1])
def test_a_damaged_snapshot_is_refused(plants: Plants, at: int) -> None:
    """One flipped bit anywhere."""
    blob = bytearray(plants.state.to_bytes())
    blob[at] ^= 1
    with pytest.raises(BadSnapshot):
        State.from_bytes(bytes(blob), plants.names)


def test_a_torn_or_foreign_snapshot_is_refused(plants: Plants) -> None:
    """Cut short, empty, or of a ledger with other names."""
    blob = plants.state.to_bytes()
    for torn in (b"", b"TAKT", blob[:-100]):
        with pytest.raises(BadSnapshot):
            State.from_bytes(torn, plants.names)
    with pytest.raises(BadSnapshot, match="another ledger"):
        State.from_bytes(blob, Names())
    other = Names()
    other.load(plants.names.since((1,) * len(Domain)))
    State.from_bytes(blob, other)
    swapped = Names()
    rows = plants.names.since((1,) * len(Domain))
    swapped.load((d, i, text + "x") for d, i, text in rows)
    with pytest.raises(BadSnapshot, match="names are not the same"):
        State.from_bytes(blob, swapped)
