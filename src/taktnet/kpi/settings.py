"""What has to be declared before a KPI means anything: every choice that has no standard."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Basis = Literal["received", "accepted"]


class KpiSettings(Struct, frozen=True, kw_only=True):
    """The declared choices behind the KPIs; they are printed with the values that use them.

    Shares are parts per million, so that tolerances of whole quantities are exact.
    """

    #: Contract variant of OTIF: how much earlier and later than the window still counts (minutes).
    early_min: int = 30
    late_min: int = 0
    #: Contract variant: allowed short and over delivery, parts per million of the quantity.
    under_ppm: int = 50_000
    over_ppm: int = 50_000
    #: Contract variant: quantities as received, or as accepted at receipt.
    basis: Basis = "received"
    #: A line is frozen when placed, but not earlier than this before its window opens (hours).
    freeze_h: int = 48
    #: Width of the window of a decision that names only its end (hours).
    decision_window_h: int = 24
    #: An order is the part of the line's name before the last separator.
    order_separator: str = "/"
    #: A line is complete for lead time at this share of its quantity, parts per million.
    complete_ppm: int = 950_000
    #: Share of open lines above which P95 of lead time is estimated by Kaplan-Meier (ppm).
    open_ppm: int = 50_000
    #: A schedule lot is attained within this share of its quantity, parts per million.
    attainment_ppm: int = 50_000
    #: Yearly cost of stock where no stock point says it, parts per million of its cost.
    holding_ppm: int = 200_000
    #: Use the carrying cost computed from stock; charged carrying cost is then left out.
    computed_carrying: bool = True
    #: Goods on the road from outside parties to own sites belong to us (FCA, FOB).
    own_inbound: bool = False
