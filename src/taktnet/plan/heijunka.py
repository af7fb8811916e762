"""Heijunka box: one slot per container, levelled, and an andon for a slot that was missed.

Methods B1 and B5: takt = available time / demand, pitch = takt x pack-out quantity. Products with
other pack-outs take slots of their own length; the columns of the box are the greatest common
divisor of the pitches wide. A slot that passes unmade is told, never moved.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from taktnet.base.errors import Fault, InputFaults
from taktnet.base.exact import ceil_div, exact
from taktnet.plan.levelling import level_greatest


@dataclass(frozen=True, slots=True)
class Slot:
    """One container to make: `start_s` and `end_s` count working seconds from the shift's start."""

    number: int
    product: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Box:
    """The box of one period.

    `takt_s` is by demand; `pace_s` by what the box makes, whole containers (`surplus` units of
    each product above its demand). `column_s` is the pitch interval, `columns` how many fit.
    `deviation` is the greatest distance of any product from its even share, in containers.
    """

    takt_s: float
    pace_s: float
    column_s: float
    columns: int
    slots: tuple[Slot, ...]
    surplus: Mapping[str, int]
    deviation: Fraction


@dataclass(frozen=True, slots=True)
class SlotState:
    """Where a slot stands: `waiting`, `running`, `made`, `late` (andon) or `made_late`.

    `late_s` is how long ago its pitch passed, until it was made or until now; 0 if it has not.
    """

    slot: Slot
    state: str
    late_s: float

    @property
    def andon(self) -> bool:
        """Whether somebody must come."""
        return self.state == "late"


def heijunka_box(demand: Mapping[str, int], packs: Mapping[str, int], available_s: float) -> Box:
    """Level a period's demand in units over `available_s` working seconds, container by container.

    Raises InputFaults for a product without pack-out quantity, time or demand that is none.
    """
    _check(demand, packs, available_s)
    wanted = {p: d for p, d in sorted(demand.items()) if d}
    containers = {p: ceil_div(d, packs[p]) for p, d in wanted.items()}
    planned = sum(n * packs[p] for p, n in containers.items())
    time = exact(available_s)
    pace = time / planned
    order = level_greatest(containers)
    at, slots = Fraction(0), []
    for number, product in enumerate(order.sequence, 1):
        end = at + pace * packs[product]
        slots.append(Slot(number, product, float(at), float(end)))
        at = end
    width = math.gcd(*(packs[p] for p in wanted))
    return Box(
        float(time / sum(wanted.values())),
        float(pace),
        float(pace * width),
        planned // width,
        tuple(slots),
        {p: n * packs[p] - demand[p] for p, n in containers.items()},
        order.deviation,
    )


def board(box: Box, made_s: Mapping[int, float], now_s: float) -> tuple[SlotState, ...]:
    """Every slot at `now_s` working seconds; `made_s` tells by number when containers were full."""
    states: list[SlotState] = []
    for slot in box.slots:
        made = made_s.get(slot.number)
        over = (now_s if made is None else made) - slot.end_s
        if made is not None:
            state = "made_late" if over > 0 else "made"
        elif over > 0:
            state = "late"
        else:
            state = "running" if slot.start_s <= now_s else "waiting"
        states.append(SlotState(slot, state, max(0.0, over)))
    return tuple(states)


def _check(demand: Mapping[str, int], packs: Mapping[str, int], available_s: float) -> None:
    faults: list[Fault] = []
    if not (math.isfinite(available_s) and available_s > 0):
        faults.append(Fault("box", 0, "available_s", str(available_s), "seconds above 0"))
    for product, d in demand.items():
        if d < 0 or d != int(d):
            wanted = "a whole number, 0 or more"
            faults.append(Fault("demand", 0, "units", str(d), wanted, subject=product))
        pack = packs.get(product, 0)
        if d and (pack < 1 or pack != int(pack)):
            wanted = "whole units in a container, 1 or more"
            faults.append(Fault("packs", 0, "pack", str(pack), wanted, subject=product))
    if not any(demand.values()):
        faults.append(Fault("demand", 0, "units", "0", "at least one unit", "No demand, no takt."))
    if faults:
        raise InputFaults(faults)
