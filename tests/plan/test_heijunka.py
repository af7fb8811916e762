"""Heijunka box: takt, pitch and columns of the books; every slot in its share; the andon."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taktnet.base.errors import InputFaults
from taktnet.network.rates import pitch_s, takt_s
from taktnet.plan.heijunka import board, heijunka_box


def test_acme_has_a_takt_of_a_minute_and_a_pitch_of_twenty() -> None:
    """Rother & Shook: 55,200 s for 920 a day is 60 s; 20 in a tray is 1,200 s, 46 columns."""
    box = heijunka_box({"left": 600, "right": 320}, {"left": 20, "right": 20}, 55_200)
    assert (box.takt_s, box.pace_s, box.column_s, box.columns) == (60, 60, 1200, 46)
    assert takt_s(55_200, 920) == box.takt_s
    assert pitch_s(60, 20) == box.column_s
    assert box.surplus == {"left": 0, "right": 0}


def test_the_toyota_pattern_repeats_every_eight_pieces() -> None:
    """Toyota Way Fieldbook: 28,800 s / 400 is 72 s a piece, eight pieces 576 s."""
    box = heijunka_box({"A": 200, "B": 100, "C": 50, "D": 50}, dict.fromkeys("ABCD", 1), 28_800)
    assert box.takt_s == 72
    made = [s.product for s in box.slots]
    assert box.slots[8].start_s == 576
    assert {p: made[:8].count(p) for p in "ABCD"} == {"A": 4, "B": 2, "C": 1, "D": 1}
    assert box.deviation < 1


def test_other_pack_outs_take_slots_of_their_own_length() -> None:
    """Packs of 4 and 6 at 10 s: slots of 40 s and 60 s in columns of 20 s, the gcd."""
    box = heijunka_box({"A": 12, "B": 12}, {"A": 4, "B": 6}, 240)
    assert box.column_s == 20
    assert box.columns == 12
    assert {s.product: s.end_s - s.start_s for s in box.slots} == {"A": 40, "B": 60}


def test_a_part_of_a_container_is_made_full_and_told() -> None:
    """21 units in packs of 10 make three containers, nine above the demand."""
    box = heijunka_box({"A": 21}, {"A": 10}, 630)
    assert len(box.slots) == 3
    assert box.surplus == {"A": 9}
    assert (box.takt_s, box.pace_s) == (30, 21)


packs = st.dictionaries(st.sampled_from("ABCDE"), st.tuples(st.integers(0, 60), st.integers(1, 12)))


@given(packs.filter(lambda d: any(n for n, _ in d.values())), st.integers(1, 10**5))
def test_the_box_is_full_and_level(rows: dict[str, tuple[int, int]], available: int) -> None:
    """Slots touch, end with the shift, cover the demand, and every prefix is within one."""
    demand = {p: n for p, (n, _) in rows.items()}
    pack = {p: q for p, (_, q) in rows.items()}
    box = heijunka_box(demand, pack, available)
    assert [s.number for s in box.slots] == list(range(1, len(box.slots) + 1))
    assert box.slots[0].start_s == 0
    assert box.slots[-1].end_s == pytest.approx(available)
    assert all(a.end_s == b.start_s for a, b in zip(box.slots, box.slots[1:], strict=False))
    made = [s.product for s in box.slots]
    for p, n in demand.items():
        count = made.count(p)
        assert 0 <= count * pack[p] - n < pack[p]
        for k in range(len(made) + 1):
            assert abs(made[:k].count(p) - k * count / len(made)) < 1


def test_a_missed_slot_raises_the_andon_and_stays_where_it_is() -> None:
    """At 130 s of 60 s slots: one made, one missed for 10 s, one running, one waiting."""
    box = heijunka_box({"A": 4}, {"A": 1}, 240)
    states = board(box, {1: 55.0}, 130.0)
    assert [s.state for s in states] == ["made", "late", "running", "waiting"]
    assert [s.andon for s in states] == [False, True, False, False]
    assert states[1].late_s == 10
    assert [s.slot for s in states] == list(box.slots)
    caught_up = board(box, {1: 55.0, 2: 140.0}, 150.0)
    assert caught_up[1].state == "made_late"
    assert caught_up[1].late_s == 20
    assert not any(s.andon for s in caught_up)


def test_a_slot_is_not_late_at_the_stroke() -> None:
    """The pitch must have passed: at its end exactly there is still no andon."""
    box = heijunka_box({"A": 2}, {"A": 1}, 120)
    assert [s.state for s in board(box, {}, 60.0)] == ["running", "running"]


def test_every_fault_of_a_box_is_told_at_once() -> None:
    """No time, a demand below zero, a product without pack-out quantity."""
    with pytest.raises(InputFaults) as caught:
        heijunka_box({"A": 5, "B": -1}, {"B": 2}, 0)
    assert [f.field for f in caught.value.faults] == ["available_s", "pack", "units"]
    with pytest.raises(InputFaults, match="No demand, no takt"):
        heijunka_box({"A": 0}, {"A": 1}, 100)
