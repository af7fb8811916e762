"""A question to the twin, as doors take it: what happens, which answers, how long, how surely."""

from __future__ import annotations

from typing import Any, cast

import msgspec

from taktnet.base.errors import Fault, InputFaults
from taktnet.twin.measures import MEASURES
from taktnet.twin.scenario import AS_IT_IS, Scenario
from taktnet.twin.scenario_file import parse_scenarios

MOST_ANSWERS, MOST_REPLICATIONS, LONGEST_D = 50, 10_000, 3660


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is asked: what happens (`base`), which answers, for how many days, how surely.

    Each option runs at most `replications` times; the race among answers ends sooner, once the
    probability that another is better by more than `indifference`, in the unit of `measure`, is
    at most `error`. `half_width` asks for more replications instead, until the 95 % interval of
    `measure` is as narrow. `kpis` asks for the six KPIs of the simulated days as well.
    """

    base: Scenario = AS_IT_IS
    answers: tuple[Scenario, ...] = ()
    days: float = 14.0
    replications: int = 64
    seed: int = 1
    measure: str = "cost"
    half_width: float | None = None
    error: float = 0.05
    indifference: float = 0.0
    kpis: bool = False

    def check(self) -> None:
        """Raise InputFaults for numbers out of range, all at once."""
        n, most = self.replications, MOST_REPLICATIONS
        wide = self.half_width
        rules: tuple[tuple[str, float, bool, str], ...] = (
            ("days", self.days, 0 < self.days <= LONGEST_D, f"more than 0, at most {LONGEST_D}"),
            ("replications", n, 2 <= n <= most, f"2 to {most}"),
            ("seed", self.seed, 0 <= self.seed < 1 << 62, "0 or more, below 2^62"),
            ("error", self.error, 0 < self.error < 1, "more than 0 and less than 1"),
            ("indifference", self.indifference, 0 <= self.indifference < float("inf"),
             "0 or more"),
            ("half_width", wide or 0, wide is None or 0 < wide < float("inf"), "more than 0"),
            ("answers", len(self.answers), len(self.answers) <= MOST_ANSWERS,
             f"at most {MOST_ANSWERS}"),
        )  # fmt: skip
        faults = [
            Fault("simulation", 0, name, f"{value:g}", wanted)
            for name, value, good, wanted in rules
            if not good
        ]
        if self.measure not in MEASURES:
            known = ", ".join(MEASURES)
            faults.append(Fault("simulation", 0, "measure", f'"{self.measure}"', f"one of {known}"))
        if faults:
            raise InputFaults(faults)


def read_question(text: bytes, where: str = "request") -> Question:
    """A question from JSON; raises InputFaults for everything that is wrong with it."""
    try:
        raw = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise InputFaults([Fault(where, 0, "", str(error), "JSON")]) from None
    if not isinstance(raw, dict):
        raise InputFaults([Fault(where, 0, "", "no object", "an object with base, answers, ...")])
    asked = cast("dict[str, Any]", raw)
    answers = asked.pop("answers", [])
    if not isinstance(answers, list):
        raise InputFaults([Fault(where, 0, "answers", "no list", "a list of scenarios")])
    base = asked.pop("base", None)
    scenarios = [*([base] if base is not None else []), *cast("list[Any]", answers)]
    read: list[Scenario] = []
    if scenarios:
        held = parse_scenarios(msgspec.json.encode({"scenarios": scenarios}), where)
        read = [held.get(name) for name in held.names]
    try:
        numbers = msgspec.convert(asked, Question)
    except msgspec.ValidationError as error:
        raise InputFaults([Fault(where, 0, "", str(error), "a question", _FIELDS)]) from None
    first = read.pop(0) if base is not None else AS_IT_IS
    question = msgspec.structs.replace(numbers, base=first, answers=tuple(read))
    question.check()
    return question


_FIELDS = f"Fields: {', '.join(f.name for f in msgspec.structs.fields(Question))}."
