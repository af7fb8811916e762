"""The twin: a network simulated event by event, from a cold start or from the live state."""

from taktnet.twin.lower import lower
from taktnet.twin.run import Runs, run
from taktnet.twin.sim import Model, Sim

__all__ = ["Model", "Runs", "Sim", "lower", "run"]
