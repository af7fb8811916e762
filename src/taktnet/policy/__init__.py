"""What should be done: pull rules as compiled pure functions, and the loop that applies them."""

from taktnet.policy.step import Rules, Step

__all__ = ["Rules", "Step"]
