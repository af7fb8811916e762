"""Which parameters of a network matter to a measure (Morris' elementary effects)."""

# ruff: noqa: PLR0917  (a public call that is read by position)

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from taktnet.twin.batch import Span, Stop
from taktnet.twin.intervals import plain
from taktnet.twin.measures import Penalties, measure
from taktnet.twin.morris import Effects, morris
from taktnet.twin.options import NotPossible, known
from taktnet.twin.parameters import Parameter, check, scenario
from taktnet.twin.run import run_all
from taktnet.twin.scenario import AS_IT_IS, Scenario
from taktnet.twin.start import Start
from taktnet.twin.workers import Progress, Workers


@dataclass(frozen=True, eq=False)
class Sensitivity:
    """Effects of parameters on the mean of a measure, per whole range of each."""

    parameters: tuple[Parameter, ...]
    measure: str
    effects: Effects
    replications: int

    @property
    def order(self) -> list[int]:
        """Parameters from the one that matters most."""
        return sorted(range(len(self.parameters)), key=lambda i: -self.effects.mu_star[i])

    def to_json(self) -> dict[str, Any]:
        """Plain values, the parameter that matters most first."""
        e = self.effects
        return {
            "measure": self.measure,
            "trajectories": len(e.effects),
            "replications": self.replications,
            "parameters": [
                {
                    "name": self.parameters[i].name,
                    "mu": plain(e.mu[i]),
                    "mu_star": plain(e.mu_star[i]),
                    "sigma": plain(e.sigma[i]),
                    "standard_error": plain(e.error[i]),
                }
                for i in self.order
            ],
        }


def sensitivity(
    start: Start,
    parameters: Sequence[Parameter],
    base: Scenario = AS_IT_IS,
    days: float = 90.0,
    measured: str = "cost",
    trajectories: int = 10,
    replications: int = 8,
    seed: int = 1,
    *,
    levels: int = 4,
    penalties: Penalties | None = None,
    warmup: float = 0.0,
    workers: Workers | None = None,
    on_progress: Progress | None = None,
    stop: Stop | None = None,
) -> Sensitivity:
    """Elementary effects of parameters on the mean of a measure.

    All points share their luck, so that an effect is of the parameter alone. It takes
    `trajectories` x (parameters + 1) x `replications` replications; stopped, it tells of the
    trajectories that were done. Raises InputFaults or NotPossible before anything runs.
    """
    check(parameters)
    known(measured)
    if trajectories < 2 or replications < 1 or levels < 2 or levels % 2:
        raise NotPossible("wanted 2 trajectories, 1 replication and an even number of levels")
    for edge in ("low", "high"):
        start.sim(scenario(base, parameters, [getattr(p, edge) for p in parameters], edge))
    span = Span(seed, days, warmup)
    total, done = trajectories * (len(parameters) + 1) * replications, 0

    def evaluate(points: np.ndarray) -> np.ndarray:
        nonlocal done

        def told(so_far: int, _of: int) -> None:
            if on_progress is not None:
                on_progress(done + so_far, total)

        sims = [
            start.sim(scenario(base, parameters, [p.value(x) for p, x in zip(
                parameters, point, strict=True)], "point"))
            for point in points
        ]  # fmt: skip
        found = run_all(sims, span, replications, 0, workers, told)
        done += len(points) * replications
        return np.array([np.nanmean(measure(runs, penalties)[measured]) for runs in found])

    effects = morris(evaluate, len(parameters), trajectories, levels=levels, seed=seed, stop=stop)
    if len(effects.effects) == 0:
        raise NotPossible("stopped before the first trajectory was done")
    return Sensitivity(tuple(parameters), measured, effects, replications)
