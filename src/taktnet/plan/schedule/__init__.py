"""The finite schedule: what is done where and when, within shifts, set-ups, ways and a fence."""

from taktnet.plan.schedule.plan import Break, Cost, check, price
from taktnet.plan.schedule.problem import Mode, Operation, Placed, Problem, Resource
from taktnet.plan.schedule.solve import Progress, Scheduled, repair, schedule

__all__ = [
    "Break", "Cost", "Mode", "Operation", "Placed", "Problem", "Progress", "Resource", "Scheduled",
    "check", "price", "repair", "schedule",
]  # fmt: skip
