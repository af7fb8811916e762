"""Which loop goes first, and who gets an order: the choices that plant and twin make alike.

Each walks over rows that only its caller knows; `terms` is the caller's compiled function
(x, y, point, row) -> what the choice reads of a row.
"""

# ruff: noqa: PLR0917  (compiled functions take their arguments by position)

from __future__ import annotations

from typing import Any

from taktnet.ledger.fact import RULE
from taktnet.policy import rules
from taktnet.state.memory import kernel

SIGNAL, CONWIP = RULE["signal"], RULE["conwip"]
#: Ranks of a row for `furthest_behind`: it serves, steps in for those that cannot, or cannot now.
SERVES, STEPS_IN, CLOSED = 0, 1, 2


@kernel
def release(rule: int, cards: int, empty: int, least: int, signal_at: int, lot: int) -> int:
    """How many of the detached cards a loop sends off now."""
    if rule == SIGNAL:
        return rules.signal(cards, empty, signal_at, lot)
    if rule == CONWIP:
        return rules.conwip(cards, cards - empty)
    return rules.kanban(empty, least)


@kernel
def rank(backup: bool, closed: bool) -> int:
    """The rank of a source for `furthest_behind`: by its role, and whether its way is closed."""
    if closed:
        return -1 if backup else CLOSED
    return STEPS_IN if backup else SERVES


def best_loop_by(terms: Any) -> Any:
    """A compiled (x, y, point, first, n, capacity, position) -> (row, cards to send, detached).

    The loop with the largest free part that may send cards; row -1 for none. Several loops of one
    point share its position. `terms` gives cards, container, cards that are under way, rule,
    least, signal_at and lot; a loop without cards is passed over.
    """

    @kernel
    def best_loop(x: int, y: int, p: int, first: int, n: int, capacity: int, position: int) -> Any:
        best, sends, detached, most = -1, 0, 0, 0.0
        for i in range(first, first + n):
            cards, container, used, rule, least, signal_at, lot = terms(x, y, p, i)
            free = cards - used
            if free > most * cards:
                others = capacity - cards * container
                empty = min(free, rules.detached(cards, container, position - others))
                now = release(rule, cards, empty, least, signal_at, lot)
                if now > 0:
                    best, sends, detached, most = i, now, empty, free / cards
        return best, sends, detached

    return best_loop


def furthest_behind_by(terms: Any) -> Any:
    """A compiled (x, y, point, first, n, need) -> the row furthest behind its share of all orders.

    The first of equals among the rows of the lowest rank: a backup is asked only while no row that
    serves is open, and one that is closed only while no other is left. `terms` gives the rank,
    below 0 for a row that is passed over, the share, and what the row was given so far.
    """

    @kernel
    def furthest_behind(x: int, y: int, p: int, first: int, n: int, need: int) -> int:
        if n == 1:
            return first
        total = need
        for i in range(first, first + n):
            total += terms(x, y, p, i)[2]
        best, most, least = first, -1e300, CLOSED + 1
        for i in range(first, first + n):
            rank, share, given = terms(x, y, p, i)
            lag = rules.behind(share, total, given)
            if rank >= 0 and (rank < least or (rank == least and lag > most)):
                best, most, least = i, lag, rank
        return best

    return furthest_behind
