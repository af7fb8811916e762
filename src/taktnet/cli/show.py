"""How commands speak: tables for people, one JSON document for machines, faults as a table."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, ParamSpec, TypeVar

import typer

from taktnet.base.errors import InputFaults, TaktnetError

if TYPE_CHECKING:
    from rich.console import Console

P = ParamSpec("P")
R = TypeVar("R")
Json = Annotated[bool, typer.Option("--json", help="One JSON document instead of tables.")]
_MOST_FAULTS = 200


def console(error: bool = False) -> Console:
    """Where people read; wide enough for a table when it is no terminal."""
    from rich.console import Console

    made = Console(stderr=error, highlight=False)
    if not made.is_terminal:
        made.width = 160
    return made


def json_out(value: Any) -> None:
    """Print a value of the product as JSON."""
    import msgspec

    from taktnet.app.encode import to_json

    sys.stdout.write(msgspec.json.format(to_json(value), indent=2).decode() + "\n")


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table; columns of numbers are set to the right."""
    from rich.table import Table

    lines = [[cell(value) for value in row] for row in rows]
    drawn = Table(header_style="bold", box=None)
    for n, name in enumerate(columns):
        numbers = bool(lines) and all(_is_number(line[n]) for line in lines)
        drawn.add_column(name, justify="right" if numbers else "left", overflow="fold")
    for line in lines:
        drawn.add_row(*(_plain(text) for text in line))
    if title:  # above the table, not in its width: a path may be longer than both columns
        console().print(_plain(title), style="italic", soft_wrap=True)
    console().print(drawn)
    if not lines:
        console().print("  nothing")


def objects(title: str, rows: Sequence[Any], columns: str) -> None:
    """Print the named attributes of objects as a table."""
    names = columns.split()
    table(title, names, [[getattr(row, name) for name in names] for row in rows])


def cell(value: object) -> str:
    """A value as short text; nothing for None."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.6g}" if abs(value) < 1e6 else f"{value:,.0f}"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, list | tuple):
        return ", ".join(map(cell, value))
    return str(value)


def _plain(text: str) -> Any:
    from rich.text import Text

    return Text(text)  # not markup: names may hold brackets


def _is_number(text: str) -> bool:
    return not text or text.replace(",", "").replace(".", "").lstrip("-").isdigit()


def reporting(command: Callable[P, R]) -> Callable[P, R]:
    """Errors of the product and of files in words and exit code 1; as JSON if that was asked."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except TaktnetError as error:
            _told(error, kwargs)
            raise typer.Exit(1) from None
        except OSError as error:
            if error.filename is None:  # as of a pipe whose reader has enough
                raise
            _told(TaktnetError(f"{error.filename}: {error.strerror}"), kwargs)
            raise typer.Exit(1) from None

    return run


def _told(error: TaktnetError, given: Mapping[str, object]) -> None:
    if given.get("json"):
        _fail_json(error)
    else:
        _fail(error)


def _fail_json(error: TaktnetError) -> None:
    from taktnet.base.errors import Fault

    faults: tuple[Fault, ...] = error.faults if isinstance(error, InputFaults) else ()
    rows = [{"text": str(f), **_fields(f)} for f in faults]
    json_out({"error": str(error) if not faults else f"{len(faults)} faults", "faults": rows})


def _fields(fault: Any) -> dict[str, Any]:
    names = ("where", "row", "field", "found", "wanted", "remedy", "subject")
    return {name: getattr(fault, name) for name in names}


def _fail(error: TaktnetError) -> None:
    from rich.table import Table

    out = console(error=True)
    if not isinstance(error, InputFaults):
        out.print(_plain(str(error)), style="red")
        return
    drawn = Table(header_style="bold", box=None)
    for name in ("where", "row", "what", "field", "found", "wanted", "remedy"):
        drawn.add_column(name, overflow="fold")
    for f in error.faults[:_MOST_FAULTS]:
        row = (f.where, str(f.row or ""), f.subject, f.field, f.found, f.wanted, f.remedy)
        drawn.add_row(*map(_plain, row))
    out.print(drawn)
    count = len(error.faults)
    out.print(f"{count} fault{'s' * (count > 1)}; nothing was applied", style="red")


@contextmanager
def progress(what: str, json: bool = False) -> Iterator[Callable[[int, int], None]]:
    """A bar for long work, on a terminal only; the caller reports (done, total)."""
    if json or not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=console(error=True)) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total or None)
