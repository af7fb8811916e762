"""An order of cars: the best of several walks, what it breaks, and what no order can beat."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from taktnet.base.errors import Fault, InputFaults
from taktnet.plan.sequencing.arrays import Arrays, batched, lower, started
from taktnet.plan.sequencing.cars import Cars
from taktnet.plan.sequencing.conflict import conflicts
from taktnet.plan.sequencing.search import Phase, Search, Watch

MEASURES = ("excess", "windows")
AIMS = ("ratios", "colours")


@dataclass(frozen=True, slots=True)
class Score:
    """What an order breaks.

    `excess` is by option the sum over all whole windows of the cars above p (the count of the
    ROADEF challenge 2005), `windows` how many windows hold more than p (Gottlieb, Puchta & Solnon
    2003); both are 0 exactly where CSPLib's problem 1 is solved. `changes` of colour are between
    neighbours; `over_limit` windows hold more of a colour than the paint limit.
    """

    excess: Mapping[str, int]
    windows: Mapping[str, int]
    changes: int
    longest_batch: int
    over_limit: int


@dataclass(frozen=True, slots=True)
class Sequenced:
    """An order of cars by class, its score, its cost and a proven lower bound of each aim.

    `ratios` is the weighted sum of the measure chosen; no order has less than `lower` of it, or
    fewer changes of colour than `lower_changes`. `conflicts` say what no order can keep.
    """

    sequence: tuple[str, ...]
    score: Score
    measure: str
    ratios: int
    lower: int
    lower_changes: int
    moves: int
    conflicts: tuple[str, ...] = ()

    @property
    def proven(self) -> bool:
        """Whether no order breaks less of the ratios."""
        return self.ratios == self.lower


def sequence_cars(
    cars: Cars,
    *,
    seconds: float = 10.0,
    moves: int | None = None,
    workers: int = 2,
    seed: int = 0,
    measure: str = "excess",
    aims: Sequence[str] = AIMS,
    colour_weight: int | None = None,
    frozen: Sequence[str] = (),
    clock: Callable[[], float] = time.perf_counter,
    watch: Watch | None = None,
) -> Sequenced:
    """The order that breaks the ratios least and, among those, changes colour least.

    `aims` says which comes first; with `colour_weight` both are one sum in which a change costs
    so much. The paint limit is kept before either. `frozen` cars have been told to the plant and
    stay in front. The search ends after `seconds`, or after `moves` of each worker: then the
    answer depends on the seed alone. Raises InputFaults for arguments that cannot be.
    """
    head = _checked(cars, measure, aims, frozen)
    arrays = lower(cars, measure)
    search = Search(arrays, len(head), clock, watch)
    phases = _phases(cars, arrays, aims, colour_weight)
    chance = np.random.default_rng(seed)
    orders = [started(cars, head, chance) for _ in range(workers)]
    if aims[0] == "colours" and colour_weight is None and not head:
        orders = [batched(cars) for _ in range(workers)]
    begun = clock()
    quota = None if moves is None else moves // len(phases)
    for done, phase in enumerate(phases, 1):
        until = begun + seconds * done / len(phases)
        orders = search.run(orders, phase, until, quota, chance)
    best = orders[0]
    found = score(cars, [cars.classes[i].id for i in best])
    counted = found.excess if measure == "excess" else found.windows
    total = sum(o.weight * counted[o.id] for o in cars.options)
    names = tuple(cars.classes[i].id for i in best)
    return Sequenced(
        names, found, measure, total, arrays.lower, arrays.lower_changes, search.moves,
        conflicts(cars),
    )  # fmt: skip


def score(cars: Cars, sequence: Sequence[str]) -> Score:
    """What an order of classes breaks, counted window by window; raises InputFaults for others."""
    wanted = Counter({c.id: c.count for c in cars.classes if c.count})
    if Counter(sequence) != wanted:
        raise InputFaults([Fault("sequence", 0, "cars", "other cars", "every car of the day once")])
    by_id = {c.id: c for c in cars.classes}
    excess: dict[str, int] = {}
    windows: dict[str, int] = {}
    for o in cars.options:
        carry = np.array([o.id in by_id[name].options for name in sequence], np.int64)
        sums = np.concatenate([[0], np.cumsum(carry)])
        over = np.maximum(0, sums[o.window :] - sums[: max(0, len(sums) - o.window)] - o.most)
        excess[o.id], windows[o.id] = int(over.sum()), int((over > 0).sum())
    batches = [len(list(g)) for _, g in groupby(by_id[name].colour for name in sequence)]
    limit = cars.paint_limit or len(sequence)
    over_limit = sum(max(0, b - limit) for b in batches)
    return Score(excess, windows, len(batches) - 1, max(batches), over_limit)


def _phases(
    cars: Cars, arrays: Arrays, aims: Sequence[str], colour_weight: int | None
) -> list[Phase]:
    """What each phase of the search prices, one after another."""
    many = len(cars.colours) > 1
    if colour_weight is not None:
        goal = arrays.lower + (colour_weight * arrays.lower_changes if many else 0)
        return [Phase(1, colour_weight if many else 0, goal)]
    if aims[0] == "ratios":
        second = [Phase(cars.count, 1, cars.count * arrays.lower + arrays.lower_changes)]
        return [Phase(1, 0, arrays.lower), *(second if many and "colours" in aims else [])]
    # A change costs more than all ratios can, so that none is ever bought.
    dear = int((arrays.ratio.max(axis=1) * cars.count).sum()) + 1
    second = (
        [Phase(1, dear, arrays.lower + dear * arrays.lower_changes)] if "ratios" in aims else []
    )
    return [Phase(0, 1, arrays.lower_changes), *second]


def _checked(cars: Cars, measure: str, aims: Sequence[str], frozen: Sequence[str]) -> list[int]:
    """The classes of the frozen cars; raises InputFaults."""
    faults: list[Fault] = []
    if measure not in MEASURES:
        faults.append(Fault("cars", 0, "measure", measure, " or ".join(MEASURES)))
    if not aims or set(aims) - set(AIMS) or len(set(aims)) < len(aims):
        faults.append(Fault("cars", 0, "aims", ", ".join(aims), "ratios and colours, each once"))
    at = {c.id: i for i, c in enumerate(cars.classes)}
    used: Counter[str] = Counter()
    for row, name in enumerate(frozen, 1):
        used[name] += 1
        if name not in at or used[name] > cars.classes[at[name]].count:
            faults.append(Fault("frozen", row, "class", name, "a class with cars left"))
    if faults:
        raise InputFaults(faults)
    return [at[name] for name in frozen]
