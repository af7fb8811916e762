"""Cards issued and withdrawn when a proposal changes how many a scanned loop has.

A card that is attached to stock is never withdrawn (methods A1): only those that hang on the board
go now. `surplus` withdraws the others when they hang there.
"""

from __future__ import annotations

from typing import Any

from taktnet.app.ids import about
from taktnet.app.plans.proposal import Proposal
from taktnet.ledger import event as e
from taktnet.ledger.event import AnyEvent
from taktnet.network import Network
from taktnet.state import State


def card_events(
    proposal: Proposal, network: Network, state: State, common: dict[str, Any]
) -> list[AnyEvent]:
    """The cards to issue (empty: each pulls a container) and to withdraw, loop by loop."""
    wanted = {
        change.key: int(change.after["cards"])
        for change in proposal.draft.changes
        if change.table == "loops" and change.before and "cards" in change.after
    }
    scanned = {loop.id for loop in network.loops if loop.id in wanted and loop.trigger == "scan"}
    if not scanned:
        return []
    known: dict[str, list[Any]] = {}
    for card in state.cards():
        if card.loop in scanned:
            known.setdefault(card.loop, []).append(card)
    made: list[AnyEvent] = []
    for loop in sorted(scanned):
        made += _of_loop(loop, wanted[loop], known.get(loop, []), common)
    return made


def surplus(network: Network, state: State, common: dict[str, Any]) -> list[AnyEvent]:
    """Cards on the board of scanned loops that have more cards than the network says."""
    wanted = {loop.id: loop.cards for loop in network.loops if loop.trigger == "scan"}
    over = {
        row.loop: min(row.empty, row.issued - wanted[row.loop])
        for row in state.loops(network)
        if row.loop in wanted and row.issued > wanted[row.loop] and row.empty > 0
    }
    made: list[AnyEvent] = []
    for card in state.cards() if over else ():
        if card.status == "empty" and over.get(card.loop, 0) > 0:
            over[card.loop] -= 1
            id = about("plan:", f"surplus:{card.loop}:{card.card}:{state.seq}")
            made.append(e.CardWithdrawn(**{**common, "id": id}, loop=card.loop, card=card.card))
    return made


def _of_loop(loop: str, wanted: int, cards: list[Any], common: dict[str, Any]) -> list[AnyEvent]:
    """A loop whose cards were never named has none to issue or withdraw by name."""
    if not cards:
        return []
    gone = [card.card for card in cards if card.status == "empty"][: max(0, len(cards) - wanted)]
    names = {card.card for card in cards}
    new: list[str] = []
    number = len(cards) + 1
    while len(cards) + len(new) < wanted:
        name = f"{loop[:180]}-{number:03d}"
        if name not in names:
            new.append(name)
        number += 1

    def key(card: str) -> dict[str, Any]:
        return {**common, "id": about("plan:", f"{common['correlation']}:{loop}:{card}")}

    made: list[AnyEvent] = [e.CardIssued(**key(c), loop=loop, card=c, empty=True) for c in new]
    made += [e.CardWithdrawn(**key(c), loop=loop, card=c) for c in gone]
    return made
