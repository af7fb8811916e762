"""A problem and a plan as plain lists, for a draft that is kept and for machines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple
from typing import Any

from taktnet.plan.schedule.problem import Mode, Operation, Placed, Problem, Resource


def to_plain(p: Problem) -> dict[str, Any]:
    """The problem as dictionaries and lists of text and numbers."""
    return {
        "resources": [astuple(r) for r in p.resources],
        "operations": [astuple(o) for o in p.operations],
        "setups": [(a, b, m) for (a, b), m in p.setups.items()],
        "setups_at": {
            r: [(a, b, m) for (a, b), m in table.items()] for r, table in p.setups_at.items()
        },
        "transport": [(a, b, m) for (a, b), m in p.transport.items()],
        "departures": [(a, b, rows) for (a, b), rows in p.departures.items()],
        "old": plan_to_plain(p.old),
        "now": p.now,
        "fence": p.fence,
        "move_price": p.move_price,
        "change_price": p.change_price,
    }


def from_plain(raw: Mapping[str, Any]) -> Problem:
    """The problem of `to_plain`; raises InputFaults where it is none."""
    return Problem(
        tuple(
            Resource(i, s, _spans(spans), setup, _spans(down))
            for i, s, spans, setup, down in raw["resources"]
        ),
        tuple(
            Operation(i, tuple(Mode(r, m) for r, m in modes), tuple(after), *rest)
            for i, modes, after, *rest in raw["operations"]
        ),
        _table(raw["setups"]),
        {r: _table(rows) for r, rows in raw["setups_at"].items()},
        _table(raw["transport"]),
        plan_from_plain(raw["old"]),
        raw["now"],
        raw["fence"],
        raw["move_price"],
        raw["change_price"],
        {(a, b): _spans(rows) for a, b, rows in raw.get("departures", ())},
    )


def plan_to_plain(plan: Sequence[Placed]) -> list[tuple[str, str, int, int]]:
    """(operation, resource, start, end) of every row."""
    return [(x.operation, x.resource, x.start, x.end) for x in plan]


def plan_from_plain(rows: Sequence[Sequence[Any]]) -> tuple[Placed, ...]:
    """The plan of `plan_to_plain`."""
    return tuple(Placed(o, r, a, b) for o, r, a, b in rows)


def _spans(rows: Sequence[Sequence[int]]) -> tuple[tuple[int, int], ...]:
    return tuple((a, b) for a, b in rows)


def _table(rows: Sequence[Sequence[Any]]) -> dict[tuple[str, str], int]:
    return {(a, b): m for a, b, m in rows}
