"""Demand-driven buffers: red, yellow and green zones, and when to order.

Source: Demand Driven Institute's definitions as methods D5 gives them. All arithmetic is exact
before rounding; nothing here rounds but `order`, which goes up to whole multiples.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from taktnet.base.exact import Number, ceil_to, exact


@dataclass(frozen=True, slots=True)
class Buffer:
    """Zones of one buffer in units; tops are cumulative."""

    red_base: Fraction
    red_safety: Fraction
    yellow: Fraction
    green: Fraction
    green_rule: str
    green_days: Fraction | None

    @property
    def top_of_red(self) -> Fraction:
        """TOR: red base and red safety."""
        return self.red_base + self.red_safety

    @property
    def top_of_yellow(self) -> Fraction:
        """TOY: order at or below it."""
        return self.top_of_red + self.yellow

    @property
    def top_of_green(self) -> Fraction:
        """TOG: order up to it."""
        return self.top_of_yellow + self.green


@dataclass(frozen=True, slots=True)
class Answer:
    """What the net flow asks for: `order` units (0: none) and two colours of urgency.

    `priority` is net flow over TOG, `execution` on hand over TOR; None where the zone is empty.
    """

    net_flow: Fraction
    order: Fraction
    priority: Fraction | None
    execution: Fraction | None


def buffer(use: Number, lead: Number, lead_factor: Number, variability: Number, *,
           cycle: Number = 0, moq: Number = 0, adjust: Number = 1) -> Buffer:  # fmt: skip
    """Zones of a buffer: `use` units a day (ADU), `lead` days (DLT, the longest unprotected leg).

    Yellow ADU DLT; red base ADU DLT LTF; red safety red base VF; green the most of ADU DLT LTF,
    ADU `cycle` and `moq`. `adjust` multiplies ADU for planned changes (DAF). Factors are 0 to 1.
    """
    adu = exact(use) * exact(adjust)
    days, ltf, vf = exact(lead), exact(lead_factor), exact(variability)
    if min(adu, days, exact(cycle), exact(moq)) < 0:
        raise ValueError("use, lead, cycle and moq must not be negative")
    if not (0 <= ltf <= 1 and 0 <= vf <= 1):
        raise ValueError("lead-time and variability factors lie between 0 and 1")
    base = adu * days * ltf
    rules = {"lead time": base, "order cycle": adu * exact(cycle), "minimum order": exact(moq)}
    rule = max(rules, key=lambda name: rules[name])
    green = rules[rule]
    return Buffer(base, base * vf, adu * days, green, rule, green / adu if adu else None)


def net_flow(zones: Buffer, on_hand: Number, open_supply: Number, demand: Number, *,
             multiple: Number | None = None) -> Answer:  # fmt: skip
    """On hand + open supply - qualified demand; at or below TOY order up to TOG.

    `multiple` rounds the order up to whole containers.
    """
    flow = exact(on_hand) + exact(open_supply) - exact(demand)
    order = zones.top_of_green - flow if flow <= zones.top_of_yellow else Fraction(0)
    if multiple is not None and order:
        order = ceil_to(order, multiple)
    top, red = zones.top_of_green, zones.top_of_red
    return Answer(flow, order, flow / top if top else None, exact(on_hand) / red if red else None)


def qualified(due: Number, later: tuple[Number, ...], zones: Buffer, *,
              spike: Number = "0.5") -> Fraction:  # fmt: skip
    """Qualified demand: what is past due or due today, and days to come above the spike threshold.

    `later` are the days inside the spike horizon; a day counts whole when it exceeds `spike` of
    the red zone.
    """
    threshold = exact(spike) * zones.top_of_red
    return exact(due) + sum((exact(d) for d in later if exact(d) > threshold), Fraction(0))
