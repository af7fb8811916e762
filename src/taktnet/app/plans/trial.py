"""A plan tried in the twin beside today, with the same luck and with intervals, before anyone acts.

The result is kept with the proposal as `plan.tried`; a trial that was stopped is not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from taktnet.app.plans import answers
from taktnet.app.plans.draft import Draft
from taktnet.app.plans.proposal import Proposal
from taktnet.app.plans.verticals import vertical
from taktnet.app.simulation import Trial, trial
from taktnet.app.simulation.trial import TOLERANCE
from taktnet.base.errors import Fault, InputFaults, TaktnetError
from taktnet.network import Network

if TYPE_CHECKING:
    from taktnet.app.tower import Tower

#: Days and replications of a trial where nobody says otherwise, and their limits.
DAYS, REPLICATIONS = 28.0, 16
MOST_DAYS, MOST_REPLICATIONS = 366.0, 1000
Progress = Callable[[int, int], None]


def check_size(days: float, replications: int) -> None:
    """Raise InputFaults for a trial that is too long or too small."""
    faults: list[Fault] = []
    if not 1 <= days <= MOST_DAYS:
        faults.append(Fault("trial", 0, "days", f"{days:g}", f"1 to {MOST_DAYS:g}"))
    if not 2 <= replications <= MOST_REPLICATIONS:
        faults.append(
            Fault("trial", 0, "replications", str(replications), f"2 to {MOST_REPLICATIONS}")
        )
    if faults:
        raise InputFaults(faults)


def try_draft(
    place: Tower | Network,
    draft: Draft,
    *,
    days: float = DAYS,
    replications: int = REPLICATIONS,
    progress: Progress | None = None,
    stop: Callable[[], bool] | None = None,
) -> Trial:
    """The draft in the twin, from the live state or, for a network, from a cold start.

    Raises TaktnetError for a draft with nothing that the twin could do otherwise.
    """
    check_size(days, replications)
    network = place if isinstance(place, Network) else place.network
    plays = vertical(draft.kind).plays(network, draft)
    if not plays.changes:
        raise TaktnetError(plays.why or "the plan changes nothing that the twin could try")
    if plays.live and isinstance(place, Network):
        raise TaktnetError(plays.live)
    return trial(
        place, plays.changes, days, replications, 1, progress, stop, today=plays.today,
        notes=plays.notes, tolerance=draft.details.get("tolerance", TOLERANCE),
    )  # fmt: skip


def try_proposal(tower: Tower, id: str, **how: Any) -> Proposal:
    """Try an open proposal and keep the result with it; `how` as `try_draft` takes it."""
    found = try_draft(tower, tower.parts.proposals.get(id).draft, **how)
    if found.stopped:
        raise TaktnetError(f"the trial of {id} was stopped; nothing is kept of it")
    return answers.tried(tower.parts, id, msgspec.to_builtins(found))
