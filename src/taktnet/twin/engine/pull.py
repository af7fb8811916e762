"""Pull: what a point orders, by the very rules of the live path, and where the order goes."""

# ruff: noqa: PLR0917  (compiled functions take their arguments by position)

from __future__ import annotations

from typing import Any

from taktnet.policy import rules
from taktnet.policy.choose import best_loop_by, furthest_behind_by, rank, release
from taktnet.policy.examine import needed
from taktnet.state.memory import kernel
from taktnet.twin.engine import note
from taktnet.twin.engine.access import (
    apart,
    break_at,
    cell_at,
    head_at,
    lane_at,
    link_at,
    place_at,
    point_at,
    site_at,
    traced,
    work_of,
)
from taktnet.twin.engine.goods import ask
from taktnet.twin.engine.hours import near_hours, worked
from taktnet.twin.engine.line import order_make
from taktnet.twin.engine.pool import free_cell, new_cell
from taktnet.twin.engine.road import dispatch
from taktnet.twin.engine.settle import EXPIRES, INSPECTED, LISTED, REVIEWED, may_order, touch
from taktnet.twin.layout import KEPT, MAKE, STANDBY, Kind
from taktnet.twin.queue import push

REQUEST = int(Kind.REQUEST)
NEVER = -(1 << 62)


@kernel
def drain(x: int) -> None:
    """Have all touched points order, first touched first, until nothing is left to decide.

    All that wait to be looked at decide, and a point until it needs nothing more, before the first
    order goes off, as they do live; then the orders go one after the other. The last one stands
    in no list: mostly it is the only one.
    """
    h = head_at(x, 0)
    while True:
        link, qty, ref = -1, 0, 0
        while h.work_head < h.work_tail:
            p = work_of(x, h.work_head & h.work_mask)
            h.work_head += 1
            a = point_at(x, p)
            a.flags &= ~LISTED
            while True:
                best, need = by_position(x, p, a) if a.policy else by_cards(x, p, a)
                if best < 0:
                    break
                if link >= 0:
                    keep(x, h, link, qty, ref)
                link, qty, ref = best, need, place(x, p, a, best, need)
                if a.policy or not may_order(a):  # a position is brought up at once
                    break
        if h.kept_head < h.kept_tail or h.order_head >= 0:
            if link >= 0:
                keep(x, h, link, qty, ref)
            link, qty, mark, ref = _first_kept(x, h)
        elif link >= 0:
            mark = _mark(x, link)
        else:
            return
        let_go(x, link, qty, mark, ref)


@kernel
def _mark(x: int, link: int) -> int:
    """The mark of the order that a link was asked last."""
    return link_at(x, link).ordinal << 6


@kernel
def keep(x: int, h: Any, link: int, qty: int, ref: int) -> None:
    """The last order of a link goes off when nothing is left to decide, behind those before it.

    A few are kept at hand, the others in a list of cells.
    """
    if h.order_head < 0 and h.kept_tail - h.kept_head < KEPT:
        k = h.kept_tail & (KEPT - 1)
        h.kept_tail += 1
        h.kept_link[k], h.kept_qty[k], h.kept_mark[k], h.kept_ref[k] = (
            link,
            qty,
            _mark(x, link),
            ref,
        )
    else:
        _keep_in_list(x, h, link, qty, ref)


@kernel
def _keep_in_list(x: int, h: Any, link: int, qty: int, ref: int) -> None:
    apart()
    i = new_cell(x)
    c = cell_at(x, i)
    c.qty, c.placed, c.mark, c.who, c.next = qty, h.now, _mark(x, link), link, -1
    note.name_cell(x, i, ref, 0)
    if h.order_head < 0:
        h.order_head = i
    else:
        cell_at(x, h.order_tail).next = i
    h.order_tail = i


@kernel
def _first_kept(x: int, h: Any) -> tuple[int, int, int, int]:
    """Take the order that was kept first: its link, quantity, mark and name."""
    k = h.kept_head & (KEPT - 1)
    if h.kept_head < h.kept_tail:
        h.kept_head += 1
        return h.kept_link[k], h.kept_qty[k], h.kept_mark[k], h.kept_ref[k]
    return _first_in_list(x, h)


@kernel
def _first_in_list(x: int, h: Any) -> tuple[int, int, int, int]:
    apart()
    i = h.order_head
    c = cell_at(x, i)
    first = c.who, c.qty, c.mark, note.order_of(x, i)
    h.order_head = c.next
    free_cell(x, i)
    return first


@kernel
def make_ready(x: int, p: int) -> None:
    """Note what every look at a point asks of its place and its rule.

    The highest position at which it may order is asked of the rule itself.
    """
    a, s = point_at(x, p), place_at(x, p)
    a.flags |= (
        (EXPIRES if s.shelf > 0 else 0)
        | (REVIEWED if s.review > 0 else 0)
        | (INSPECTED if s.inspect > 0 else 0)
    )
    a.trigger = NEVER
    if s.links == 0:
        return
    if a.policy == 0:
        capacity, nearest = _capacity(x, s), 1 << 62
        for i in range(s.first_link, s.first_link + s.links):
            nearest = min(nearest, _free_before_it_sends(link_at(x, i)))
        a.trigger = capacity - nearest
        return
    if needed(a, a.level - 1) > 0:
        a.trigger = a.level - 1
    if needed(a, a.reorder) > 0:
        a.trigger = max(a.trigger, a.reorder)


@kernel
def _free_before_it_sends(loop: Any) -> int:
    """How much of a loop's cards must be on no container before it sends any; endless: never."""
    apart()
    for empty in range(1, loop.cards + 1):
        if release(loop.rule, loop.cards, empty, loop.least, loop.signal_at, loop.lot) > 0:
            return empty * loop.container
    return 1 << 62


@kernel
def _capacity(x: int, s: Any) -> int:
    """What fills all cards of a point's loops."""
    capacity = 0
    for i in range(s.first_link, s.first_link + s.links):
        loop = link_at(x, i)
        capacity += loop.cards * loop.container
    return capacity


@kernel
def loop_terms(x: int, y: int, p: int, i: int) -> tuple[int, int, int, int, int, int, int]:
    """What `best_loop` reads of a loop."""
    k = link_at(x, i)
    used = (k.out + k.container - 1) // k.container
    return k.cards, k.container, used, k.rule, k.least, k.signal_at, k.lot


best_loop = best_loop_by(loop_terms)


@kernel
def by_cards(x: int, p: int, a: Any) -> tuple[int, int]:
    """Kanban: the loop with the largest free part (-1 for none), and what its cards ask for."""
    position = rules.position(a.onhand, a.inspecting, a.coming, 0, 0, 0)
    s = place_at(x, p)
    capacity = _capacity(x, s)
    best, n, _ = best_loop(x, 0, p, s.first_link, s.links, capacity, position)
    if best < 0:
        return -1, 0
    qty = n * link_at(x, best).container
    if s.backups > 0:
        capacity = link_at(x, best).cards * link_at(x, best).container
        best = stand_in(x, best, p, s.first_link, s.links, qty)
        if qty < min(link_at(x, best).moq, capacity):
            return -1, 0
    return best, qty


@kernel
def source_terms(x: int, y: int, p: int, i: int) -> tuple[int, float, int]:
    """What `furthest_behind` reads of a source; one whose site or lane is down is closed."""
    k = link_at(x, i)
    closed = site_at(x, k.origin_site).down > 0 or (k.lane >= 0 and lane_at(x, k.lane).down > 0)
    return rank(k.active == STANDBY, closed) if k.active else -1, k.share, k.given


furthest_behind = furthest_behind_by(source_terms)


@kernel
def card_terms(x: int, y: int, p: int, i: int) -> tuple[int, float, int]:
    """The loop y that may send cards, and who may fill them in its place: not the other loops."""
    terms = source_terms(x, 0, p, i)
    if link_at(x, i).rule == 0:
        return terms
    return terms[0] if i == y else -1, 1.0, _given(x, p, i) if i == y else 0


@kernel
def _given(x: int, p: int, i: int) -> int:
    """What was asked for by all links of a point that come the same way as one of them."""
    s, k, total = place_at(x, p), link_at(x, i), 0
    for j in range(s.first_link, s.first_link + s.links):
        other = link_at(x, j)
        if other.origin_site == k.origin_site and other.lane == k.lane:
            total += other.given
    return total


stand_in = furthest_behind_by(card_terms)


@kernel
def by_position(x: int, p: int, a: Any) -> tuple[int, int]:
    """Base stock, (s,S), (R,Q): whom the position has asked (-1 for no one), and for how much."""
    position = rules.position(a.onhand, a.inspecting, a.coming, 0, 0, a.reserved)
    s, h = place_at(x, p), head_at(x, 0)
    if not rules.due_review(h.now + h.start, a.decided, s.review):
        return -1, 0
    need = needed(a, position)
    if need <= 0:
        return -1, 0
    best = furthest_behind(x, 0, p, s.first_link, s.links, need)
    source = link_at(x, best)
    return best, rules.whole(need, source.moq, source.container)


@kernel
def place(x: int, p: int, a: Any, link: int, qty: int) -> int:
    """Write an order down, here and at its origin; returns its name."""
    k, h = link_at(x, link), head_at(x, 0)
    k.ordinal += 1
    k.decisions += 1
    k.given += qty
    k.out += qty
    a.coming += qty
    a.decided = h.now + h.start
    price = _price(x, k, qty)
    k.spend += qty * price
    ref = note.new_ref(x)
    if traced(x):
        note.decided(x, link, qty, ref, price)
    if k.way != MAKE and k.origin >= 0:
        point_at(x, k.origin).reserved += qty
        touch(x, k.origin)
    return ref


@kernel
def let_go(x: int, link: int, qty: int, mark: int, ref: int) -> None:
    """An order goes off: at once to a line, else after the next collection and its preparation."""
    k, h = link_at(x, link), head_at(x, 0)
    wait = 0
    if k.collect > 0:
        at = h.now + h.start
        wait = -(-at // k.collect) * k.collect - at
    if k.prep > 0 or k.works >= 0:
        first, spans = near_hours(x, k.works, h.now + wait, k.prep)
        wait = worked(x, first, spans, h.now + wait, k.prep) - h.now
    if wait > 0:
        request_at(x, h.now + wait, link, qty, h.now, mark, ref)
    else:
        forward(x, link, qty, h.now, mark, ref)


@kernel
def request_at(x: int, at: int, link: int, qty: int, placed: int, mark: int, ref: int) -> None:
    """An order is at its origin at a later time."""
    i = new_cell(x)
    c = cell_at(x, i)
    c.qty, c.placed, c.mark, c.who, c.next = qty, placed, mark, link, -1
    note.name_cell(x, i, ref, 0)
    push(x, at, REQUEST, link, mark >> 6, i)


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
        order_make(x, k.dest, link, qty, placed, mark, ref)
    elif k.origin >= 0:
        ask(x, k.origin, link, qty, placed, mark, ref)
    elif site_at(x, k.origin_site).down:
        _hold(x, k.origin_site, link, qty, placed, mark, ref)
    else:
        dispatch(x, k.dest, link, qty, placed, head_at(x, 0).now, mark, ref)


@kernel
def _hold(x: int, site: int, link: int, qty: int, placed: int, mark: int, ref: int) -> None:
    """An outside supplier is down: the order waits there."""
    apart()
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
