"""Cards issued and withdrawn when a proposal changes how many a scanned loop has.

A card that is attached to stock is never withdrawn (methods A1): only those that hang on the board
go now, the others stay until they come back empty and a later plan withdraws them.
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


def _of_loop(loop: str, wanted: int, cards: list[Any], common: dict[str, Any]) -> list[AnyEvent]:
    """A loop whose cards were never named has none to issue or withdraw by name."""
    live = [card for card in cards if card.status != "withdrawn"]
    if not live:
        return []
    gone = [card.card for card in live if card.status == "empty"][: max(0, len(live) - wanted)]
    names = {card.card for card in cards}
    new: list[str] = []
    number = len(cards) + 1
    while len(live) + len(new) < wanted:
        name = f"{loop[:180]}-{number:03d}"
        if name not in names:
            new.append(name)
        number += 1

    def key(card: str) -> dict[str, Any]:
        return {**common, "id": about("plan:", f"{common['correlation']}:{loop}:{card}")}

    made: list[AnyEvent] = [e.CardIssued(**key(c), loop=loop, card=c, empty=True) for c in new]
    made += [e.CardWithdrawn(**key(c), loop=loop, card=c) for c in gone]
    return made
