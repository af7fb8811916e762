"""Overall equipment effectiveness: availability x performance x quality.

Methods B3: A = run / planned, P = sum(ideal cycle x made) / run, Q = good / made; directly, OEE =
sum(ideal cycle x good) / planned. For mixed products Q weighs each by its ideal cycle, so that
A P Q is the direct form. Rework is not good: a part counts once, as it came out first. Planned
time is the shift without its breaks.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from taktnet.base.errors import Fault, InputFaults


@dataclass(frozen=True, slots=True)
class Made:
    """Units of one product: `ideal_s` seconds each, `total` made, `good` first time right."""

    ideal_s: float
    total: float
    good: float


@dataclass(frozen=True, slots=True)
class Oee:
    """The three factors and their product; None where there is no data (nothing planned or run).

    The sums in seconds are kept so that machines can be added up; `cycle_wrong` says that more
    was made than the ideal cycle allows: the cycle is wrong, and nothing is capped to hide it.
    """

    planned_s: float
    run_s: float
    made_s: float
    good_s: float

    @property
    def availability(self) -> float | None:
        """A: share of planned time that ran."""
        return _ratio(self.run_s, self.planned_s)

    @property
    def performance(self) -> float | None:
        """P: share of run time that the ideal cycle needs; above 1 the ideal cycle is wrong."""
        return _ratio(self.made_s, self.run_s)

    @property
    def quality(self) -> float | None:
        """Q: share that was good first time, weighed by ideal cycle."""
        return _ratio(self.good_s, self.made_s)

    @property
    def oee(self) -> float | None:
        """Good parts at the ideal cycle over planned time."""
        return _ratio(self.good_s, self.planned_s)

    @property
    def cycle_wrong(self) -> bool:
        """Whether more was made than run time allows at the ideal cycle."""
        return self.made_s > self.run_s


def oee(planned_s: float, run_s: float, made: Sequence[Made]) -> Oee:
    """The effectiveness of one machine over a period, in seconds and units.

    Raises InputFaults for times or counts that cannot be: run beyond planned, good beyond made.
    """
    faults = _time_faults(planned_s, run_s)
    for row, m in enumerate(made, 2):
        if not (math.isfinite(m.ideal_s) and m.ideal_s > 0):
            faults.append(Fault("made", row, "ideal_s", str(m.ideal_s), "seconds above 0"))
        if not (math.isfinite(m.total) and m.total >= 0):
            faults.append(Fault("made", row, "total", str(m.total), "0 or more"))
        elif not 0 <= m.good <= m.total:
            faults.append(Fault("made", row, "good", str(m.good), f"0 to the {m.total:g} made"))
    if faults:
        raise InputFaults(faults)
    made_s = math.fsum(m.ideal_s * m.total for m in made)
    return Oee(planned_s, run_s, made_s, math.fsum(m.ideal_s * m.good for m in made))


def together(machines: Iterable[Oee]) -> Oee:
    """Several machines as one: sum(good x ideal) / sum(planned), never a mean of ratios."""
    rows = tuple(machines)
    return Oee(
        math.fsum(m.planned_s for m in rows),
        math.fsum(m.run_s for m in rows),
        math.fsum(m.made_s for m in rows),
        math.fsum(m.good_s for m in rows),
    )


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None


def _time_faults(planned_s: float, run_s: float) -> list[Fault]:
    if not (math.isfinite(planned_s) and planned_s >= 0):
        return [Fault("oee", 0, "planned_s", str(planned_s), "seconds, 0 or more")]
    if not 0 <= run_s <= planned_s:
        wanted = f"0 to the {planned_s:g} s planned"
        remedy = "Planned time is the shift without breaks; run time is planned time without stops."
        return [Fault("oee", 0, "run_s", str(run_s), wanted, remedy)]
    return []
