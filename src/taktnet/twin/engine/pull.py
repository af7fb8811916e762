"""Pull: what a point orders, by the very rules of the live path, and where the order goes."""

# ruff: noqa: PLR0917  (compiled functions take their arguments by position)

from __future__ import annotations

from typing import Any

from taktnet.policy import rules
from taktnet.policy.choose import best_loop_by, furthest_behind_by
from taktnet.policy.examine import needed
from taktnet.state.memory import kernel
from taktnet.twin.engine import note
from taktnet.twin.engine.access import (
    break_at,
    cell_at,
    head_at,
    link_at,
    place_at,
    point_at,
    site_at,
    traced,
    work_of,
)
from taktnet.twin.engine.goods import ask
from taktnet.twin.engine.line import order_make
from taktnet.twin.engine.pool import new_cell
from taktnet.twin.engine.road import dispatch
from taktnet.twin.engine.settle import LISTED, touch
from taktnet.twin.layout import MAKE, Kind
from taktnet.twin.queue import push

REQUEST = int(Kind.REQUEST)


@kernel
def drain(x: int) -> None:
    """Examine every touched point, first touched first, until nothing is left to decide.

    A point that ordered is looked at again behind those that its order touched, as it is live.
    """
    h = head_at(x, 0)
    while h.work_head < h.work_tail:
        p = work_of(x, h.work_head & h.work_mask)
        h.work_head += 1
        a = point_at(x, p)
        a.flags &= ~LISTED
        if by_position(x, p, a) if a.policy else by_cards(x, p, a):
            touch(x, p)


@kernel
def loop_terms(x: int, y: int, p: int, i: int) -> tuple[int, int, int, int, int, int, int]:
    """What `best_loop` reads of a loop."""
    k = link_at(x, i)
    used = (k.out + k.container - 1) // k.container
    return k.cards, k.container, used, k.rule, k.least, k.signal_at, k.lot


best_loop = best_loop_by(loop_terms)


@kernel
def by_cards(x: int, p: int, a: Any) -> bool:
    """Kanban: the loop with the largest free part, if any has a card that may go."""
    s = place_at(x, p)
    if s.links == 0:
        return False
    position = rules.position(a.onhand, a.inspecting, a.coming, 0, 0, 0)
    capacity, least = 0, 1 << 62
    for i in range(s.first_link, s.first_link + s.links):
        loop = link_at(x, i)
        capacity += loop.cards * loop.container
        least = min(least, loop.container)
    if capacity - position < least:  # no container is empty
        return False
    best, n, _ = best_loop(x, 0, p, s.first_link, s.links, capacity, position)
    if best < 0:
        return False
    place(x, p, a, best, n * link_at(x, best).container)
    return True


@kernel
def source_terms(x: int, y: int, p: int, i: int) -> tuple[float, int]:
    """What `furthest_behind` reads of a source; a backup that is idle is passed over."""
    k = link_at(x, i)
    return k.share if k.active else -1.0, k.given


furthest_behind = furthest_behind_by(source_terms)


@kernel
def by_position(x: int, p: int, a: Any) -> bool:
    """Base stock, (s,S), (R,Q): order when the inventory position says so."""
    s, h = place_at(x, p), head_at(x, 0)
    if s.links == 0 or not rules.due_review(h.now + h.start, a.decided, s.review):
        return False
    position = rules.position(a.onhand, a.inspecting, a.coming, 0, 0, a.reserved)
    need = needed(a, position)
    if need <= 0:
        return False
    best = furthest_behind(x, 0, p, s.first_link, s.links, need)
    source = link_at(x, best)
    place(x, p, a, best, rules.whole(need, source.moq, source.container))
    return True


@kernel
def place(x: int, p: int, a: Any, link: int, qty: int) -> None:
    """Order: at once from a line, else after the next collection and the time to get ready."""
    k, h = link_at(x, link), head_at(x, 0)
    k.ordinal += 1
    k.decisions += 1
    k.given += qty
    k.out += qty
    a.coming += qty
    a.orders += 1
    a.decided = h.now + h.start
    price = _price(x, k, qty)
    k.spend += qty * price
    ref = note.new_ref(x)
    if traced(x):
        note.decided(x, link, qty, ref, price)
    wait = k.prep
    if k.collect > 0:
        at = h.now + h.start
        wait += -(-at // k.collect) * k.collect - at
    if k.way != MAKE and k.origin >= 0:
        point_at(x, k.origin).reserved += qty
        touch(x, k.origin)
    if wait > 0:
        i = new_cell(x)
        c = cell_at(x, i)
        c.qty, c.placed, c.mark, c.who, c.next = qty, h.now, k.ordinal << 6, link, -1
        note.name_cell(x, i, ref, 0)
        push(x, h.now + wait, REQUEST, link, k.ordinal, i)
    else:
        forward(x, link, qty, h.now, k.ordinal << 6, ref)


@kernel
def _price(x: int, k: Any, qty: int) -> float:
    """Price per millionth at an order's quantity."""
    price = k.price
    for i in range(k.first_break, k.first_break + k.breaks):
        if qty >= break_at(x, i).qty:
            price = break_at(x, i).price
    return price


@kernel
def forward(x: int, link: int, qty: int, placed: int, mark: int, ref: int) -> None:
    """An order is at its origin: to its line, its stock, or an outside supplier who has all."""
    k = link_at(x, link)
    if k.way == MAKE:
        order_make(x, k.dest, link, qty, placed, ref)
    elif k.origin >= 0:
        ask(x, k.origin, link, qty, placed, mark, ref)
    elif site_at(x, k.origin_site).down:
        _hold(x, k.origin_site, link, qty, placed, mark, ref)
    else:
        dispatch(x, k.dest, link, qty, placed, head_at(x, 0).now, mark, ref)


@kernel
def _hold(x: int, site: int, link: int, qty: int, placed: int, mark: int, ref: int) -> None:
    """An outside supplier is down: the order waits there."""
    t = site_at(x, site)
    i = new_cell(x)
    c = cell_at(x, i)
    c.qty, c.placed, c.mark, c.who, c.next = qty, placed, mark, link, -1
    note.name_cell(x, i, ref, 0)
    if t.held_head < 0:
        t.held_head = i
    else:
        cell_at(x, t.held_tail).next = i
    t.held_tail = i
