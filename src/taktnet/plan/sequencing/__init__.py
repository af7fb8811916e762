"""Car sequencing: an order of cars that keeps ratios of options and batches of paint."""

from taktnet.plan.sequencing.cars import CarClass, Cars, Option, read_cars
from taktnet.plan.sequencing.sequence import Sequenced, score, sequence_cars

__all__ = ["CarClass", "Cars", "Option", "Sequenced", "read_cars", "score", "sequence_cars"]
