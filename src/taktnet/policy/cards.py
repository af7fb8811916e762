"""How many cards a loop needs: the published formulas, in exact arithmetic.

Every number may be an int, a Fraction, a Decimal or a decimal text such as "0.15"; a float is
taken at the decimal it prints as. Nothing is rounded but the last step, and that one up.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil

Number = int | float | str | Decimal | Fraction


def exact(value: Number) -> Fraction:
    """A number as the decimal it was written as: 0.1 is one tenth."""
    return Fraction(str(value)) if isinstance(value, float) else Fraction(value)


def _positive(**values: Fraction) -> None:
    for name, value in values.items():
        if value <= 0:
            raise ValueError(f"{name} is {value}, wanted > 0")


def kanban_cards(demand: Number, lead: Number, safety: Number, container: Number) -> int:
    """Toyota formula N = ceil(D (Tw + Tp) (1 + alpha) / a).

    D demand per unit of time, `lead` = Tw + Tp in that unit (waiting, collection and transport,
    and processing), alpha >= 0, a container quantity. Sugimori, Kusunoki, Cho & Uchikawa, IJPR
    15(6), 1977. A loop where one container is used while the other is filled needs at least 2.
    """
    d, t, alpha, a = exact(demand), exact(lead), exact(safety), exact(container)
    _positive(container=a)
    if d < 0 or t < 0 or alpha < 0:
        raise ValueError("demand, lead and safety must not be negative")
    return ceil(d * t * (1 + alpha) / a)


def two_bin(demand: Number, lead: Number, safety_stock: Number, container: Number) -> Fraction:
    """Quantity of one bin: B = ceil((d L + SS) / a) a. The most in the system is 2 B."""
    a = exact(container)
    _positive(container=a)
    return ceil((exact(demand) * exact(lead) + exact(safety_stock)) / a) * a


@dataclass(frozen=True, slots=True)
class Triangle:
    """A signal kanban in containers: order `lot` when `signal_at` are left."""

    signal_at: int
    lot: int

    @property
    def cards(self) -> int:
        """The most containers in the loop."""
        return self.signal_at + self.lot


def signal_kanban(
    demand: Number, lead: Number, safety_stock: Number, epei: Number, container: Number
) -> Triangle:
    """Signal (triangle) kanban: ROP = ceil((d L + SS) / a), Q = ceil(d EPEI / a).

    EPEI is the interval in which every part is made once, in the unit of time of `demand`.
    """
    d, a = exact(demand), exact(container)
    _positive(container=a)
    return Triangle(ceil((d * exact(lead) + exact(safety_stock)) / a), ceil(d * exact(epei) / a))


def polca_cards(
    *,
    lead_a: Number,
    move: Number,
    lead_b: Number,
    back: Number,
    jobs: Number,
    horizon: Number,
    safety: Number = 0,
) -> int:
    """POLCA cards of a pair of cells: ceil((LT_A + MT + LT_B + RT) NUM / D (1 + S)).

    Lead times of the cells with their authorised queues, move and card return, jobs through the
    pair in a horizon D of the same unit. Suri, The Practitioner's Guide to POLCA, 2018.
    """
    days = exact(horizon)
    _positive(horizon=days)
    around = exact(lead_a) + exact(move) + exact(lead_b) + exact(back)
    return ceil(around * exact(jobs) / days * (1 + exact(safety)))


@dataclass(frozen=True, slots=True)
class Line:
    """A CONWIP line: bottleneck rate rb (jobs per hour) and raw process time T0 (hours).

    Hopp & Spearman, Factory Physics. Throughputs are jobs per hour, cycle times hours, for w
    jobs in the line. The practical worst case takes balanced single-machine stations with
    exponential times.
    """

    rate: Fraction
    raw_time: Fraction

    @property
    def critical_wip(self) -> Fraction:
        """W0 = rb T0: the fewest jobs that let the ideal line run at full rate."""
        return self.rate * self.raw_time

    def best(self, w: int) -> tuple[Fraction, Fraction]:
        """Throughput min(w / T0, rb) and cycle time max(T0, w / rb)."""
        _positive(w=Fraction(w))
        return min(w / self.raw_time, self.rate), max(self.raw_time, w / self.rate)

    def worst(self, w: int) -> tuple[Fraction, Fraction]:
        """Throughput 1 / T0 and cycle time w T0."""
        _positive(w=Fraction(w))
        return 1 / self.raw_time, w * self.raw_time

    def practical_worst(self, w: int) -> tuple[Fraction, Fraction]:
        """Throughput w / (W0 + w - 1) rb and cycle time T0 + (w - 1) / rb."""
        _positive(w=Fraction(w))
        return w / (self.critical_wip + w - 1) * self.rate, self.raw_time + (w - 1) / self.rate

    def cards(self, share: Number) -> int:
        """Cards for a share p of the bottleneck rate in the practical worst case.

        w = p (W0 - 1) / (1 - p), rounded up, at least 1.
        """
        p = exact(share)
        if not 0 <= p < 1:
            raise ValueError(f"share is {p}, wanted at least 0 and below 1")
        return max(1, ceil(p * (self.critical_wip - 1) / (1 - p)))


def conwip(rate: Number, raw_time: Number) -> Line:
    """The line of a bottleneck rate (jobs per hour) and a raw process time (hours)."""
    rb, t0 = exact(rate), exact(raw_time)
    _positive(rate=rb, raw_time=t0)
    return Line(rb, t0)
