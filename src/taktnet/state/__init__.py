"""What is true now: projections folded from facts and from nothing else."""

from taktnet.state.state import State

__all__ = ["State"]
