"""The problem for CP-SAT: its bound, and orders that the search did not think of.

Starts are tied to ends through the shifts: from a start in one of some domains, an operation takes
its working minutes and the idle ones it lies over. Set-ups are arcs of a circuit, their minutes
counted by the clock, which is never more than they take in shifts, and ways wait for no departure:
so the model is a relaxation, its bound holds for the problem, and its answers are decoded like any
other order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from itertools import product
from typing import Any

import numpy as np

from taktnet.plan.schedule.repair import Turn, times
from taktnet.plan.schedule.shop import HARD, Shop

#: Most operations on one resource whose set-ups become a circuit; its arcs are their square.
MOST_ARCS = 60


def starts(
    spans: Sequence[tuple[int, int]], minutes: int, first: int, last: int
) -> dict[int, list[list[int]]]:
    """Idle minutes that an operation lies over -> the starts in [first, last] for which it does."""
    found: defaultdict[int, list[list[int]]] = defaultdict(list)
    for k, (low, high) in enumerate(spans):
        if high <= first or low > last:
            continue
        idle, reach, start = 0, high - minutes, max(low, first)
        for j in range(k, len(spans)):
            if j > k:
                idle += spans[j][0] - spans[j - 1][1]
                reach += spans[j][1] - spans[j][0]
            # Starts up to `reach` end in span j at the latest.
            until = min(high - 1, reach, last)
            if start <= until:
                found[idle].append([start, until])
                start = until + 1
            if start > min(high - 1, last):
                break
    return dict(found)


class TimeUp(Exception):
    """The time was over before the model stood."""


class Model:
    """The model of a problem in which only `free` operations may change; the rest is as in `turn`.

    `horizon` is the last minute that an operation may end at; `hard` forbids to pass a must-end,
    which is priced otherwise;
    without `priced` any plan will do. Raises TimeUp when `stop` says so while it is built.
    """

    def __init__(
        self,
        s: Shop,
        turn: Turn,
        free: Collection[int],
        horizon: int,
        *,
        hard: bool = False,
        priced: bool = True,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        from ortools.sat.python import cp_model

        self.s, self.turn, self.free, self.horizon, self.hard = s, turn, set(free), horizon, hard
        self.model = cp_model.CpModel()
        self.solver: Any = None
        _, self._start, self._end = times(s, turn)
        self.begin: dict[int, Any] = {}
        self.finish: dict[int, Any] = {}
        #: Operation and mode -> whether it is chosen; 1 for what is given.
        self.chosen: dict[tuple[int, int], Any] = {}
        self.constant = 0.0
        self._on: defaultdict[int, list[tuple[int, Any, Any]]] = defaultdict(list)
        everything = range(len(turn.order))
        lines = {int(s.resource[k]) for i in self.free for k in self._modes(i)}
        begins = min((int(s.floor[i]) for i in self.free), default=0)
        for i in everything:
            if stop():
                raise TimeUp
            if i in self.free:
                self._operation(i)
            else:
                self._given(i, lines, begins)
        for r, rows in self._on.items():
            self.model.add_no_overlap([interval for _, interval, _ in rows])
            self._set_ups(r, rows)
            if stop():
                raise TimeUp
        for i in everything:
            self._behind(i)
        if priced:
            self.model.minimize(sum(self._prices(i) for i in everything))

    def solve(
        self,
        seconds: float,
        workers: int,
        seed: int,
        heard: Callable[[Turn], None],
        stop: Callable[[], bool],
    ) -> tuple[str, float]:
        """Search; `heard` is told every order found. The status, and the bound in thousandths."""
        from ortools.sat.python import cp_model

        outer = self

        class Listen(cp_model.CpSolverSolutionCallback):
            def on_solution_callback(self) -> None:
                heard(outer._turn(self.value, self.boolean_value))
                if stop():
                    self.stop_search()

        solver = self.solver = cp_model.CpSolver()
        solver.parameters.max_time_in_seconds = max(0.01, seconds)
        solver.parameters.num_workers = workers
        solver.parameters.random_seed = seed
        self._hint()
        solver.best_bound_callback = lambda _: solver.stop_search() if stop() else None
        status = solver.solve(self.model, Listen())
        return solver.status_name(status), solver.best_objective_bound + self.constant

    def halt(self) -> None:
        """End a search that goes on in another thread."""
        if self.solver is not None:
            self.solver.stop_search()

    def _modes(self, i: int) -> list[int]:
        if i not in self.free:
            return [int(self.turn.mode[i])]
        return list(range(int(self.s.first[i]), int(self.s.first[i + 1])))

    def _given(self, i: int, lines: Collection[int], begins: int) -> None:
        """What stays; only where what is free might come does it take room."""
        a, b, k = int(self._start[i]), int(self._end[i]), int(self.turn.mode[i])
        self.begin[i], self.finish[i], self.chosen[i, k] = a, b, 1
        r = int(self.s.resource[k])
        if r in lines and a < self.horizon and b >= begins:
            interval = self.model.new_fixed_size_interval_var(a, b - a, "")
            self._on[r].append((i, interval, 1))

    def _operation(self, i: int) -> None:
        s, m, first = self.s, self.model, int(self.s.floor[i])
        last = min(self.horizon, int(s.must[i])) if self.hard else self.horizon
        begin = self.begin[i] = m.new_int_var(first, max(first, last), "")
        finish = self.finish[i] = m.new_int_var(first, max(first, last), "")
        choices: list[Any] = []
        for k in self._modes(i):
            r = int(s.resource[k])
            ways = starts(self._spans(r), int(s.minutes[k]), first, last)
            lits = [self._way(i, int(s.minutes[k]) + idle, where) for idle, where in ways.items()]
            choices += lits
            used = self.chosen[i, k] = m.new_bool_var("")
            m.add(sum(lits) == used)
            size = m.new_int_var(0, self.horizon, "")
            interval = m.new_optional_interval_var(begin, size, finish, used, "")
            self._on[r].append((i, interval, used))
        m.add_exactly_one(choices)

    def _way(self, i: int, length: int, where: list[list[int]]) -> Any:
        from ortools.sat.python import cp_model

        lit = self.model.new_bool_var("")
        domain = cp_model.Domain.from_intervals(where)
        self.model.add_linear_expression_in_domain(self.begin[i], domain).only_enforce_if(lit)
        self.model.add(self.finish[i] == self.begin[i] + length).only_enforce_if(lit)
        return lit

    def _spans(self, r: int) -> list[tuple[int, int]]:
        a, b = int(self.s.span_first[r]), int(self.s.span_first[r + 1])
        return list(zip(self.s.low[a:b].tolist(), self.s.high[a:b].tolist(), strict=True))

    def _behind(self, i: int) -> None:
        """Behind what it waits for, by the way between the sites that are chosen."""
        s = self.s
        for j in s.before[int(s.before_first[i]) : int(s.before_first[i + 1])].tolist():
            if i not in self.free and j not in self.free:
                continue
            ways = {
                (a, b): int(s.least[s.site[s.resource[a]], s.site[s.resource[b]]])
                for a, b in product(self._modes(j), self._modes(i))
            }
            least = min(ways.values())
            self.model.add(self.begin[i] >= self.finish[j] + least)
            for (a, b), way in ways.items():
                if way > least:
                    lits = [self.chosen[j, a], self.chosen[i, b]]
                    self.model.add(self.begin[i] >= self.finish[j] + way).only_enforce_if(
                        [x for x in lits if not isinstance(x, int)]
                    )

    def _set_ups(self, r: int, rows: Sequence[tuple[int, Any, Any]]) -> None:
        s, at, kinds = self.s, int(self.s.setup_first[r]), int(self.s.kinds[r])
        table = s.setups[at : at + kinds * kinds].reshape(kinds, kinds)
        if not table.any() or len(rows) > MOST_ARCS:
            return
        needs = {i: self._needs(i, r) for i, _, _ in rows}
        arcs: list[tuple[int, int, Any]] = [(0, 0, self.model.new_bool_var(""))]
        for x, (i, _, used) in enumerate(rows, 1):
            first, last = self.model.new_bool_var(""), self.model.new_bool_var("")
            arcs += [(0, x, first), (x, 0, last)]
            change = int(table[s.set_for[r], needs[i]])
            if change and i in self.free:
                self.model.add(self.begin[i] >= s.now + change).only_enforce_if(first)
            if i in self.free:
                arcs.append((x, x, used.negated()))
            for y, (j, _, _) in enumerate(rows, 1):
                if i == j:
                    continue
                follows = self.model.new_bool_var("")
                arcs.append((x, y, follows))
                if i in self.free or j in self.free:
                    change = int(table[needs[i], needs[j]])
                    self.model.add(self.begin[j] >= self.finish[i] + change).only_enforce_if(
                        follows
                    )
        self.model.add_circuit(arcs)

    def _needs(self, i: int, r: int) -> int:
        """The set-up that an operation needs on a resource."""
        s = self.s
        modes = range(int(s.first[i]), int(s.first[i + 1]))
        return next(int(s.needs[k]) for k in modes if s.resource[k] == r)

    def _prices(self, i: int) -> Any:
        """What an operation costs, in whole thousandths; of what is given, a constant."""
        s, m = self.s, self.model
        late, must = int(s.late[i]), int(s.must[i])
        moves = s.old_start[i] >= s.now
        if i not in self.free:
            a, b = int(self._start[i]), int(self._end[i])
            self.constant += late * max(0, b - int(s.due[i])) + HARD * max(0, b - must)
            if moves:
                self.constant += int(s.move) * abs(a - int(s.old_start[i]))
                gone = s.resource[self.turn.mode[i]] != s.old_resource[i]
                self.constant += int(s.change) * int(gone)
            return 0
        total: Any = 0
        for weight, due in ((late, int(s.due[i])), (0 if self.hard else HARD, must)):
            if weight and due < self.horizon:
                over = m.new_int_var(0, self.horizon, "")
                m.add(over >= self.finish[i] - due)
                total += weight * over
        if moves and s.move:
            off = m.new_int_var(0, self.horizon, "")
            m.add_abs_equality(off, self.begin[i] - int(s.old_start[i]))
            total += int(s.move) * off
        if moves and s.change:
            others = [k for k in self._modes(i) if s.resource[k] != s.old_resource[i]]
            total += int(s.change) * sum(self.chosen[i, k] for k in others)
        return total

    def _hint(self) -> None:
        for i in self.free:
            if self._end[i] <= self.horizon:
                self.model.add_hint(self.begin[i], int(self._start[i]))
            for k in self._modes(i):
                self.model.add_hint(self.chosen[i, k], int(k == self.turn.mode[i]))

    def _turn(self, value: Callable[[Any], int], true: Callable[[Any], bool]) -> Turn:
        """The order of a solution: by start, frozen work first as it was."""
        mode, start = self.turn.mode.copy(), self._start.copy()
        for i in self.free:
            start[i] = value(self.begin[i])
            mode[i] = next(k for k in self._modes(i) if true(self.chosen[i, k]))
        locked = self.turn.locked
        rest = self.turn.order[locked:]
        place = {int(i): n for n, i in enumerate(self.turn.order)}
        ends = start.copy()
        for i in self.free:
            ends[i] = value(self.finish[i])
        ranked = sorted(rest.tolist(), key=lambda i: (start[i], ends[i], place[i]))
        old = np.where(start >= self.s.old_start, self.s.old_start, self.s.floor)
        floor = np.maximum(self.s.floor, old)
        floor[self.turn.order[:locked]] = self.turn.floor[self.turn.order[:locked]]
        order = np.array([*self.turn.order[:locked].tolist(), *ranked], np.int64)
        return Turn(order, mode, floor, locked)
