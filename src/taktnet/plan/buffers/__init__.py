"""Where to put safety stock in a network, and how much: the guaranteed-service model."""

from taktnet.plan.buffers.place import Placed, Placement, place
from taktnet.plan.buffers.prices import Price, prices, reasons
from taktnet.plan.buffers.stage import Arc, Stage

__all__ = ["Arc", "Placed", "Placement", "Price", "Stage", "place", "prices", "reasons"]
