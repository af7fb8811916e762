"""Just in sequence: who can still deliver in order, whether calls come in order, how racks load.

Methods A6: the freeze horizon must cover H = message + pick or make + load + transit (P95) +
unload + line side + buffer; jobs on the way = H / takt. Sequence adherence is the longest
increasing subsequence over the scheduled units; sequence error counts parts in wrong positions.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields

from taktnet.base.errors import Fault, InputFaults
from taktnet.base.exact import ceil_div


@dataclass(frozen=True, slots=True)
class Way:
    """The minutes between a call and its part at the line, but for picking or making it."""

    message_min: float
    load_min: float
    transit_p95_min: float
    unload_min: float
    line_side_min: float
    buffer_min: float = 0.0


@dataclass(frozen=True, slots=True)
class Eligibility:
    """What a supplier can do inside a freeze of `freeze_min`.

    `how` is `make` (builds in sequence), `pick` (from stock) or `none`; the horizons are what
    each needs, `jobs` the units under way at the chosen one; `short_min` is missing for `none`.
    """

    how: str
    freeze_min: float
    make_horizon_min: float | None
    pick_horizon_min: float
    jobs: int | None
    short_min: float


def jobs_in_pipeline(horizon_min: float, takt_s: float) -> int | None:
    """Units between call and line: H / takt, rounded up; None without a takt."""
    if not (math.isfinite(takt_s) and takt_s > 0):
        return None
    return ceil_div(horizon_min * 60, takt_s)


def eligibility(
    way: Way, freeze_min: float, takt_s: float, pick_min: float, make_min: float | None = None
) -> Eligibility:
    """Whether a supplier may make in sequence, only pick in sequence, or neither.

    `make_min` None: the supplier does not make in sequence. Raises InputFaults for minutes that
    are none.
    """
    given = {f.name: getattr(way, f.name) for f in fields(way)}
    given |= {"freeze_min": freeze_min, "pick_min": pick_min}
    if make_min is not None:
        given["make_min"] = make_min
    faults = [
        Fault("jis", 0, name, str(value), "minutes, 0 or more")
        for name, value in given.items()
        if not (math.isfinite(value) and value >= 0)
    ]
    if faults:
        raise InputFaults(faults)
    road = math.fsum(getattr(way, f.name) for f in fields(way))
    pick = road + pick_min
    make = None if make_min is None else road + make_min
    if make is not None and make <= freeze_min:
        return Eligibility("make", freeze_min, make, pick, jobs_in_pipeline(make, takt_s), 0.0)
    if pick <= freeze_min:
        return Eligibility("pick", freeze_min, make, pick, jobs_in_pipeline(pick, takt_s), 0.0)
    least = pick if make is None else min(pick, make)
    return Eligibility("none", freeze_min, make, pick, None, least - freeze_min)


@dataclass(frozen=True, slots=True)
class Call:
    """One call-off: a line's sequence number for a job; `replaces` marks a scrap replacement."""

    line: str
    number: int
    job: str
    replaces: bool = False


@dataclass(frozen=True, slots=True)
class Irregular:
    """A call that did not follow the last: `gap`, `duplicate`, `late` or `resequence`.

    `numbers` are the missing numbers of a gap, else the number concerned.
    """

    kind: str
    line: str
    job: str
    numbers: tuple[int, ...]


class Calls:
    """Watches the calls of all lines; numbers must rise by one on each.

    What is out of order is told and never swallowed. A number that was missing and comes later
    is `late`; the same number for another job is a `resequence`, for the same job a `duplicate`.
    """

    def __init__(self) -> None:
        self._last: dict[str, int] = {}
        self._jobs: dict[tuple[str, int], str] = {}

    def receive(self, call: Call) -> tuple[Irregular, ...]:
        """Take one call in; whatever is irregular about it. A replacement repeats its number."""
        key = (call.line, call.number)
        known = self._jobs.get(key)
        if known is not None:
            if call.replaces and known == call.job:
                return ()
            kind = "duplicate" if known == call.job else "resequence"
            self._jobs[key] = call.job
            return (Irregular(kind, call.line, call.job, (call.number,)),)
        self._jobs[key] = call.job
        last = self._last.get(call.line)
        if last is not None and call.number < last:
            return (Irregular("late", call.line, call.job, (call.number,)),)
        self._last[call.line] = call.number
        missing = () if last is None else tuple(range(last + 1, call.number))
        return (Irregular("gap", call.line, call.job, missing),) if missing else ()

    def missing(self, line: str) -> tuple[int, ...]:
        """Numbers of a line that were passed over and never came."""
        seen = {n for name, n in self._jobs if name == line}
        return tuple(n for n in range(min(seen), max(seen)) if n not in seen) if seen else ()


def queue(calls: Iterable[Call]) -> tuple[Call, ...]:
    """The order to pick in: replacements first, as the line waits for them, then by number."""
    return tuple(sorted(calls, key=lambda c: (not c.replaces, c.number)))


def load_racks(jobs: Sequence[str], places: int) -> tuple[tuple[str, ...], ...]:
    """Racks in the order they are sent, each loaded last job first: what is used first is outside.

    `places` is how many parts a rack takes.
    """
    if places < 1:
        raise InputFaults([Fault("racks", 0, "places", str(places), "1 or more")])
    return tuple(tuple(reversed(jobs[i : i + places])) for i in range(0, len(jobs), places))


def unload(racks: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """The order in which a line takes parts out of racks: last in, first out."""
    return tuple(job for rack in racks for job in reversed(rack))


def adherence(scheduled: Sequence[str], built: Sequence[str]) -> float | None:
    """Sequence adherence: units built in rising order over units scheduled; 1.0 is perfect.

    What was built without being scheduled does not count; None where nothing was scheduled.
    """
    place: Mapping[str, int] = {job: i for i, job in enumerate(scheduled)}
    if len(place) < len(scheduled):
        raise InputFaults([Fault("scheduled", 0, "job", "a job twice", "every job once")])
    if not scheduled:
        return None
    ends: list[int] = []  # the least place that a rising row of each length can end with
    for job in built:
        at = place.get(job)
        if at is None:
            continue
        i = bisect_left(ends, at)
        ends[i : i + 1] = [at]
    return len(ends) / len(scheduled)


def sequence_error_ppm(scheduled: Sequence[str], delivered: Sequence[str]) -> float | None:
    """Parts in the wrong position per million delivered; None where nothing was delivered."""
    if not delivered:
        return None
    wrong = sum(i >= len(scheduled) or scheduled[i] != job for i, job in enumerate(delivered))
    return wrong / len(delivered) * 1e6
