"""The pull rules: small pure functions of numbers, called live and by the twin alike.

Quantities are int64 millionths, cards and containers whole numbers; nothing here rounds but up,
and exactly. A rule answers how many containers or how much to order now, 0 for nothing.
"""

# ruff: noqa: PLR0917  (compiled functions take their arguments by position)

from __future__ import annotations

from taktnet.state.memory import kernel


@kernel
def detached(cards: int, container: int, position: int) -> int:
    """Cards of a loop that are on no container: all but those that the position still fills.

    `position` is what is on hand, on order, in process and in transit. A container is emptied,
    and its card detached, when the position falls by a whole one: N a - position >= a.
    """
    return min(cards, max(0, cards * container - position) // container)


@kernel
def kanban(empty: int, least: int) -> int:
    """Production, withdrawal and two-bin kanban: every detached card is an order.

    `least` is how many must come together (a supplier's least order), normally 1. Two-bin is a
    loop of two cards, each for a bin of demand over the replenishment time and safety.
    """
    return empty if empty >= least else 0


@kernel
def signal(cards: int, empty: int, signal_at: int, lot: int) -> int:
    """Signal (triangle) kanban: when `signal_at` containers are left, one lot of `lot` cards.

    The triangle hangs at the reorder point; most stock is signal_at + lot.
    """
    if empty == 0 or cards - empty > signal_at:
        return 0
    return min(lot, empty)


@kernel
def conwip(cards: int, in_line: int) -> int:
    """CONWIP: a job may be released for each that has left, so that `cards` jobs are in the line.

    Hopp & Spearman: the card stays with its job from release until the finished unit is used.
    """
    return max(0, cards - in_line)


@kernel
def base_stock(level: int, position: int) -> int:
    """Base stock: order up to the level whenever the position is below it."""
    return max(0, level - position)


@kernel
def order_up_to(reorder: int, up_to: int, position: int) -> int:
    """(s,S): at or below s, order up to S."""
    return max(0, up_to - position) if position <= reorder else 0


@kernel
def fixed_lot(reorder: int, lot: int, position: int) -> int:
    """(R,Q): at or below R, order the fewest lots of Q that bring the position above R."""
    if position > reorder or lot <= 0:
        return 0
    return ((reorder - position) // lot + 1) * lot


@kernel
def position(available: int, inspection: int, on_order: int, in_process: int, in_transit: int,
             reserved: int) -> int:  # fmt: skip
    """Inventory position: what is here and coming, less what is promised and not yet shipped."""
    return available + inspection + on_order + in_process + in_transit - reserved


@kernel
def whole(need: int, least: int, container: int) -> int:
    """The least whole number of containers that covers a need and a least order quantity."""
    qty = max(need, least)
    if qty == container:  # mostly: a division takes as long as all the rest
        return qty
    return -(-qty // container) * container


@kernel
def behind(share: float, total: int, given: int) -> float:
    """How far an origin is behind its share of all that was ordered so far; the most gets next."""
    return share * total - given


@kernel
def due_review(now: int, decided: int, review: int) -> bool:
    """Whether a periodic review may decide: once in each period, always when continuous (0)."""
    if review == 0 or decided == 0:
        return True
    return now // review > decided // review
