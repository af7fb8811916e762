"""The twin: a network simulated event by event, from a cold start or from the live state."""

from taktnet.twin.changes import AnyChange
from taktnet.twin.cold import Cold, simulate
from taktnet.twin.compare import Comparison, Goal, compare
from taktnet.twin.lower import lower
from taktnet.twin.measures import MEASURES, Penalties, measure
from taktnet.twin.options import NotPossible, Option
from taktnet.twin.parameters import Parameter
from taktnet.twin.race import Rules
from taktnet.twin.ranking import Ranking, rank
from taktnet.twin.run import Runs, run
from taktnet.twin.scenario import AS_IT_IS, Scenario, Scenarios
from taktnet.twin.scenario_file import parse_scenarios, read_scenarios
from taktnet.twin.sensitivity import Sensitivity, sensitivity
from taktnet.twin.sim import Model, Sim, TooMuchMemory
from taktnet.twin.start import Start
from taktnet.twin.tune import Tuned, tune
from taktnet.twin.workers import Threads

__all__ = [
    "AS_IT_IS",
    "MEASURES",
    "AnyChange",
    "Cold",
    "Comparison",
    "Goal",
    "Model",
    "NotPossible",
    "Option",
    "Parameter",
    "Penalties",
    "Ranking",
    "Rules",
    "Runs",
    "Scenario",
    "Scenarios",
    "Sensitivity",
    "Sim",
    "Start",
    "Threads",
    "TooMuchMemory",
    "Tuned",
    "compare",
    "lower",
    "measure",
    "parse_scenarios",
    "rank",
    "read_scenarios",
    "run",
    "sensitivity",
    "simulate",
    "tune",
]
