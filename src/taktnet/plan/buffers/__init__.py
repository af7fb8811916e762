"""Where to put safety stock in a network, and how much: the guaranteed-service model."""

from taktnet.plan.buffers.chain import Arc, Stage
from taktnet.plan.buffers.place import Placed, Placement, place
from taktnet.plan.buffers.prices import Price, prices, reasons

__all__ = ["Arc", "Placed", "Placement", "Price", "Stage", "place", "prices", "reasons"]
