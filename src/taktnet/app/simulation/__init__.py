"""What if: the twin started from the live state, its answers, and how far they can be trusted."""

from taktnet.app.simulation.trial import Effect, Spread, Trial, trial

__all__ = ["Effect", "Spread", "Trial", "trial"]
