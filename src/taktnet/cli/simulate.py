"""`simulate`, `compare`, `twin check`: what if, from a live tower or a network in files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING, Annotated, Any

import typer

from taktnet.base.errors import TaktnetError
from taktnet.cli.places import settings_of
from taktnet.cli.show import Json, cell, console, json_out, progress, reporting, table

if TYPE_CHECKING:
    from taktnet.app.simulation.question import Question
    from taktnet.app.tower import Tower
    from taktnet.twin.scenario import Scenario

Progress = Callable[[int, int], None]
Where = Annotated[
    Path,
    typer.Argument(help="A tower's folder (live), or a network's folder or workbook (cold)."),
]
Days = Annotated[float, typer.Option("--days", min=0.01, help="Days that are simulated.")]
Replications = Annotated[
    int, typer.Option("--replications", "-r", min=2, help="Most runs of each option.")
]
Seed = Annotated[int, typer.Option("--seed", min=0, help="The same seed, the same bits.")]
Cold = Annotated[
    bool, typer.Option("--cold", help="Start with full levels although there is a tower.")
]
HERE = Path()
_PATIENCE_S = 2.0  # a warm start is quicker; whoever waits longer is told why


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(simulate)
    app.command()(compare)


@reporting
def simulate(
    place: Where = HERE,
    *,
    scenario: Annotated[
        str, typer.Option("--scenario", "-s", help="FILE or FILE:NAME; NAME may be a + b.")
    ] = "",
    days: Days = 14.0,
    replications: Replications = 32,
    half_width: Annotated[
        float | None,
        typer.Option("--half-width", help="Run until the 95 % interval of --measure is +- this."),
    ] = None,
    measure: Annotated[
        str, typer.Option("--measure", help="What --half-width is about.")
    ] = "service",
    seed: Seed = 1,
    cold: Cold = False,
    kpis: Annotated[
        bool, typer.Option("--kpis", help="Read the six KPIs of the simulated days as well.")
    ] = False,
    trace: Annotated[
        Path | None,
        typer.Option("--trace", help="Write one simulated run as a tower to this new folder."),
    ] = None,
    json: Json = False,
) -> None:
    """Simulate what comes: from the live state of a tower, or a network from full levels.

    A tower may be running. With --trace, `taktnet up FOLDER` opens the simulated days in every
    screen.

    \b
    Examples:
      taktnet simulate plants --days 28
      taktnet simulate plants --scenario storms.json:port-closed --json
      taktnet simulate plants --half-width 0.01 --measure service
      taktnet simulate plants --days 7 --trace next-week && taktnet up next-week
      taktnet simulate examples/drivetrain/network --cold --days 90
    """
    from taktnet.app.simulation.question import Question

    base = _scenario(scenario)
    question = Question(
        base=base, days=days, replications=replications if half_width is None else 10_000,
        seed=seed, measure=measure, half_width=half_width, kpis=kpis,
    )  # fmt: skip
    question.check()
    if trace is not None and trace.exists():
        raise TaktnetError(f"{trace} is there already; name a folder that is not")
    found = _ask(place, question, cold=cold, json=json, trace=trace)
    if json:
        json_out(found)
        return
    _tell_start(found)
    (option,) = found["options"]
    rows = [
        (name, _number(one["mean"]), _number(one["low"]), _number(one["high"]), unit, words)
        for name, one, unit, words in _measured(option["measures"], found["currency"])
    ]
    title = f"{option['name']}: {days:g} days, {option['replications']} runs"
    table(title, ("measure", "mean", "low", "high", "unit", "meaning"), rows)
    _tell_kpis(found)
    _tell_trust(found)
    if trace is not None:
        console().print(f"One run is in {trace}; look at it with: taktnet up {trace}")


@reporting
def compare(
    place: Where = HERE,
    *,
    answer: Annotated[
        list[str],
        typer.Option("--answer", "-a", help="FILE (all of it) or FILE:NAME; several times."),
    ],
    scenario: Annotated[
        str, typer.Option("--scenario", "-s", help="What happens: FILE or FILE:NAME.")
    ] = "",
    days: Days = 14.0,
    replications: Replications = 128,
    measure: Annotated[
        str, typer.Option("--measure", help="What the ranking is by: cost, service, stock, ...")
    ] = "cost",
    error: Annotated[
        float, typer.Option("--error", help="Probability that another answer is better.")
    ] = 0.05,
    indifference: Annotated[
        float,
        typer.Option(
            "--indifference", min=0, help="Differences of --measure up to this do not matter."
        ),
    ] = 0.0,
    seed: Seed = 1,
    cold: Cold = False,
    kpis: Annotated[
        bool, typer.Option("--kpis", help="Read the six KPIs of the simulated days as well.")
    ] = False,
    json: Json = False,
) -> None:
    """Compare answers to what happens: paired, with intervals, ranked with a stated error.

    Doing nothing is always among them. Each answer comes on top of --scenario and meets the same
    luck, so that small differences show.

    \b
    Examples:
      taktnet compare plants --scenario storms.json:port-closed --answer answers.json
      taktnet compare plants -a cards.json:more -a cards.json:fewer --measure stock
      taktnet compare plants -s storms.json:late -a answers.json --indifference 500
    """
    from taktnet.app.simulation.question import Question

    base = _scenario(scenario)
    question = Question(
        base=base, answers=tuple(s for spec in answer for s in _scenarios(spec)), days=days,
        replications=replications, seed=seed, measure=measure, error=error,
        indifference=indifference, kpis=kpis,
    )  # fmt: skip
    question.check()
    found = _ask(place, question, cold=cold, json=json)
    if json:
        json_out(found)
        return
    _tell_start(found)
    _tell_options(found)
    _tell_kpis(found)
    _tell_trust(found)


def _tell_options(found: dict[str, Any]) -> None:
    """The options in their places, each beside doing nothing."""
    measure = found["measure"]
    shown = [m for m in ("service", "stock", "cost") if m != measure]
    rows: list[tuple[object, ...]] = []
    for option in found["options"]:
        gap = option["differences"].get(measure)
        rows.append((
            option["rank"], option["name"], option["replications"],
            _number(option["measures"][measure]["mean"]),
            "base" if gap is None else f"{_number(gap['mean'])} ({_number(gap['low'])} to"
            f" {_number(gap['high'])})",
            *(_number(option["measures"][m]["mean"]) for m in shown),
            "equal" if option["equal"] and option["rank"] > 1
            else f"{option['better_probability']:.1%}", option["note"],
        ))  # fmt: skip
    names = ("", "answer", "runs", measure, "difference, 95 %", *shown, "better?", "note")
    sure = "" if found["sure"] else ", not as sure as was asked"
    by = f" by more than {_number(found['indifference'])}" if found["indifference"] else ""
    title = (
        f"{found['days']:g} days; probability that another than “{found['best']}” is better{by}:"
        f" {found['error']:.1%}{sure}"
    )
    table(title, names, rows)


def _ask(
    place: Path, question: Question, *, cold: bool, json: bool, trace: Path | None = None
) -> dict[str, Any]:
    """Ask the tower at a place, or the network there when there is no tower."""
    from taktnet.app.simulation import answers

    with _opened(place, cold=cold) as (tower, network), told_as_it_runs("runs", json=json) as at:
        if tower is None and trace is not None:
            told = "a run is written behind a tower's record, and this one starts from full levels"
            raise TaktnetError(f"--trace: {told}; name a tower's folder (taktnet up makes one)")
        if tower is None:
            return answers.ask_cold(network, question, at)
        found = answers.simulate(tower.parts, question, at)
        if trace is not None:
            from taktnet.app.simulation.opened import write_run

            write_run(tower.parts, trace, question)
        return found


@contextmanager
def _opened(place: Path, *, cold: bool) -> Iterator[tuple[Tower | None, Any]]:
    from taktnet.app import home
    from taktnet.network import Network

    found = home.resolve(place)
    has_tower = (found.place / home.LEDGER).exists() or bool(settings_of(place).ledger)
    if has_tower and not cold:
        from taktnet.cli.places import reading

        with reading(place) as tower:
            yield tower, tower.network
    elif found.network is not None:
        yield None, Network.read(found.network)
    else:
        raise TaktnetError(
            f"there is neither a tower nor a network in {place.resolve()}; name the folder of one"
        )


@contextmanager
def told_as_it_runs(what: str, *, json: bool) -> Iterator[Progress]:
    """Progress; and who waits for the first of it is told what for."""
    words = (
        "Getting the twin ready; its first run on a machine compiles it, in half a minute or so."
    )
    note = Timer(_PATIENCE_S, lambda: console(error=True).print(words))
    note.daemon = True
    note.start()
    try:
        with progress(what, json) as at:

            def told(done: int, total: int) -> None:
                note.cancel()
                at(done, total)

            yield told
    finally:
        note.cancel()


def _scenario(spec: str) -> Scenario:
    """The one scenario that FILE or FILE:NAME names; nothing changes for a blank."""
    from taktnet.twin.scenario import AS_IT_IS

    if not spec:
        return AS_IT_IS
    found = _scenarios(spec)
    if len(found) > 1:
        names = ", ".join(s.name for s in found)
        raise TaktnetError(f"{spec} holds several scenarios; name one as {spec}:NAME ({names})")
    return found[0]


def _scenarios(spec: str) -> list[Scenario]:
    from taktnet.twin.scenario_file import read_scenarios

    path, _, name = spec, "", ""
    if not Path(spec).exists() and ":" in spec:
        path, _, name = spec.rpartition(":")
    read = read_scenarios(path)
    return [read.get(name)] if name else [read.get(one) for one in read.names]


def _measured(
    measures: dict[str, Any], currency: str
) -> Sequence[tuple[str, dict[str, Any], str, str]]:
    from taktnet.twin.measures import MEASURES

    return [
        (name, measures[name], currency if m.unit == "currency" else m.unit, m.meaning)
        for name, m in MEASURES.items()
    ]


def _number(value: float | None) -> str:
    """A figure in four digits; no data where there is none."""
    if value is None:
        return "no data"
    if abs(value) < 1e-9:  # what rounding leaves of a sum
        return "0"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _tell_start(found: dict[str, Any]) -> None:
    from_ = f"from row {found['seq']:,}" if found["live"] else "from full levels"
    told = f"Simulated {from_}, {cell(found['at'])} UTC"
    if found.get("warmup"):
        told += f"; {found['warmup']['text']}"
    console().print(told, markup=False, soft_wrap=True)


def _tell_kpis(found: dict[str, Any]) -> None:
    rows = [
        (kpi["key"], kpi["variant"], name, _number(one["mean"]), _number(one["low"]),
         _number(one["high"]), kpi["unit"])
        for kpi in found.get("kpis", ())
        for name, one in kpi["options"].items()
    ]  # fmt: skip
    if rows:
        names = ("kpi", "variant", "option", "mean", "low", "high", "unit")
        table("KPIs of the simulated days", names, rows)


def _tell_trust(found: dict[str, Any]) -> None:
    if not found["live"]:
        return
    checked, advice = found["fidelity"], found["advice"]
    out = console()
    if checked is not None:
        out.print(
            f"Fidelity: the largest error was {checked['error']:.0%} ({checked['worst']}) over the"
            f" {checked['days']} days to {cell(checked['end'])}; the limit is"
            f" {checked['limit']:.0%}",
            markup=False,
            soft_wrap=True,
        )
    if advice["text"]:
        out.print(advice["text"], markup=False, soft_wrap=True)
