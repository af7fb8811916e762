"""What comes of it, and what of each answer: paired, ranked, with bands over time and fidelity."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from taktnet.app.simulation.question import Question
from taktnet.base.errors import InputFaults
from taktnet.ledger.fact import instant, micros
from taktnet.network import Network
from taktnet.twin.cold import BEGIN, find_warmup
from taktnet.twin.compare import Comparison, Goal, compare
from taktnet.twin.measures import MEASURES
from taktnet.twin.options import Option
from taktnet.twin.race import Rules
from taktnet.twin.ranking import Ranking, rank
from taktnet.twin.results import bands
from taktnet.twin.scenario import AS_IT_IS
from taktnet.twin.start import Start

if TYPE_CHECKING:
    from taktnet.app.parts import Parts
    from taktnet.app.simulation.fidelity import Fidelity

Progress = Callable[[int, int], None]
Stop = Callable[[], bool]
_SHOWN = ("stock", "service", "owed")
_POINTS = 60  # of a band


def ask(
    start: Start,
    question: Question,
    on_progress: Progress | None = None,
    stop: Stop | None = None,
    *,
    warmup: float = 0.0,
) -> dict[str, Any]:
    """The answer as plain values: every option with its measures, differences and bands.

    Raises InputFaults or NotPossible before anything runs.
    """
    question.check()
    every_h = max(1.0, question.days * 24 / _POINTS)
    how: dict[str, Any] = {
        "every_h": every_h, "on_progress": on_progress, "stop": stop, "warmup": warmup
    }  # fmt: skip
    if question.answers and question.half_width is None:
        most = max(8, question.replications)
        rules = Rules(8, most, question.error, question.indifference)
        found = rank(
            start, question.base, question.answers, question.days, question.measure,
            question.seed, rules=rules, **how,
        )  # fmt: skip
        rows, told, base = _ranked(found), _ranking(found), found.base
    else:
        width = question.half_width
        goals = () if width is None else (Goal(question.measure, width),)
        n = question.replications if width is None else min(16, question.replications)
        made = compare(
            start, question.base, question.answers, question.days, n, question.replications,
            question.seed, goals=goals, **how,
        )  # fmt: skip
        rows, told = _compared(made), {"goals_reached": made.reached, "stopped": made.stopped}
        base = made.base
    return {
        "at": instant(start.at),
        "live": start.state is not None,
        "seq": 0 if start.state is None else start.state.seq,
        "days": question.days,
        "seed": question.seed,
        "measure": question.measure,
        "currency": start.model.currency,
        **told,
        "options": rows,
        **(_planned(start, question, base, how) if question.base.changes else {}),
    }


def _planned(start: Start, question: Question, base: Option, how: dict[str, Any]) -> dict[str, Any]:
    """What would come if nothing happened, and what the base changes of it."""
    quiet: dict[str, Any] = {**how, "on_progress": None}
    n = max(2, len(base.runs))
    plain = compare(start, AS_IT_IS, (), question.days, n, n, question.seed, **quiet).base
    return {
        "planned": {m: plain.level(m).to_json() for m in MEASURES},
        "planned_bands": _option(plain, base=False)["bands"],
        "impact": {m: base.minus(plain, m).to_json() for m in MEASURES},
    }


def simulate(
    parts: Parts,
    question: Question,
    on_progress: Progress | None = None,
    stop: Stop | None = None,
    tell: Callable[[dict[str, Any]], None] | None = None,
) -> dict[str, Any]:
    """The same from the live state, with how far the twin can be trusted, and its advice.

    `tell` gets what there is before the KPIs are read, which takes longer, and the first of them.
    """
    from taktnet.app.simulation.fidelity import last_check
    from taktnet.app.simulation.kpis import on_record, read_kpis, up_to

    question.check()
    record = on_record(parts) if question.kpis else b""  # no row later than the start
    start = parts.forks.start(parts, question.days)
    found = ask(start, question, on_progress, stop)
    found |= trust(last_check(parts), parts.settings.twin_error_limit, found)
    if question.kpis:
        say = tell or (lambda _: None)
        say(found)

        def first(rows: list[dict[str, Any]]) -> None:
            say(found | {"kpis": rows})

        record = up_to(record, parts, start)
        found |= {"kpis": read_kpis(start, question, record, on_progress, stop, tell=first)}
    return found


def ask_cold(
    network: Network,
    question: Question,
    on_progress: Progress | None = None,
    stop: Stop | None = None,
) -> dict[str, Any]:
    """The same for a network that starts with full levels, its warm-up found and left out."""
    question.check()
    faults = network.check()
    if faults:
        raise InputFaults(faults)
    start = Start(network, micros(BEGIN), 2 * question.days)
    cut = find_warmup(start, question.days, question.seed, question.base, stop=stop)
    found = ask(start, question, on_progress, stop, warmup=cut.days)
    told = {"days": cut.days, "by": cut.by, "settled": cut.settled, "text": str(cut)}
    return found | {"warmup": told, "fidelity": None, "advice": _advice(found, "")}


def trust(
    fidelity: Fidelity | None, limit: float, found: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The figure of the last check beside an answer, and advice where it is good enough."""
    if fidelity is None:
        told: dict[str, Any] | None = None
        why = "the twin was never checked against what happened; run taktnet twin check"
    else:
        told = {
            "error": fidelity.error,
            "worst": fidelity.worst,
            "limit": limit,
            "start": instant(fidelity.start),
            "end": instant(fidelity.end),
            "days": fidelity.days,
            "seq": fidelity.seq,
        }
        why = (
            ""
            if fidelity.error <= limit
            else f"in its last check the twin was off by {fidelity.error:.0%} in {fidelity.worst},"
            f" more than the {limit:.0%} that are allowed"
        )
    return {"fidelity": told, "advice": _advice(found or {}, why)}


def _advice(found: dict[str, Any], withheld: str) -> dict[str, Any]:
    best = found.get("best", "")
    if withheld or not best:
        return {"given": False, "best": "", "text": withheld and f"No advice: {withheld}."}
    unit = MEASURES[found["measure"]].unit
    unit = found["currency"] if unit == "currency" else unit
    by = f" by more than {found['indifference']:,.6g} {unit}" if found["indifference"] else ""
    if found["sure"]:
        text = f"Take “{best}”: another is better{by} with a probability of {found['error']:.1%}."
    else:
        text = (
            f"“{best}” leads, but another is better{by} with a probability of up to"
            f" {found['error']:.0%}."
        )
    equal = [o["name"] for o in found["options"] if o["equal"] and o["name"] != best]
    if equal:
        names = ", ".join(f"“{name}”" for name in equal)
        text += f" {names} {'does' if len(equal) == 1 else 'do'} as well{by and ' within that'}."
    return {"given": True, "best": best, "text": text}


def _ranking(found: Ranking) -> dict[str, Any]:
    told = found.to_json()
    kept = ("error", "expected_loss", "error_asked", "indifference", "sure", "stopped")
    return {name: told[name] for name in kept} | {"best": found.best.name}


def _ranked(found: Ranking) -> list[dict[str, Any]]:
    """Options in their places, the base among them."""
    rows = found.to_json()["places"]
    return [
        row | _option(place.option, base=place.option is found.base)
        for row, place in zip(rows, found.places, strict=True)
    ]


def _compared(found: Comparison) -> list[dict[str, Any]]:
    rows = found.to_json()["options"]
    return [
        row | _option(option, base=option is found.base)
        for row, option in zip(rows, found.options, strict=True)
    ]


def _option(option: Option, *, base: bool) -> dict[str, Any]:
    shown = bands(option.runs, _SHOWN)
    return {"base": base, "bands": {name: band.to_json() for name, band in shown.items()}}
