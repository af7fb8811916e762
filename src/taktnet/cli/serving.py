"""`up`: the tower as a server, with an example or a history replayed live."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING, Annotated, Any

import typer

from taktnet.base.errors import TaktnetError
from taktnet.cli.show import Json, console, json_out, reporting

if TYPE_CHECKING:
    from taktnet.app.home import Home

_EXAMPLE = "drivetrain"
_SPEED = 600.0
_PATIENCE_S = 2.0


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(up)


@reporting
def up(
    path: Annotated[
        Path | None,
        typer.Argument(help="A tower's folder, or a network's folder or workbook."),
    ] = None,
    *,
    example: Annotated[
        str, typer.Option("--example", help="A shipped example by name, or a folder like one.")
    ] = "",
    replay: Annotated[
        list[Path] | None, typer.Option("--replay", help="A file of events to live through.")
    ] = None,
    speed: Annotated[
        float, typer.Option("--speed", min=0, help="Seconds of history a second; 0: no pause.")
    ] = _SPEED,
    live_days: Annotated[
        float,
        typer.Option(
            "--live-days", min=0, help="Days at its end that go at --speed; the rest now."
        ),
    ] = 7.0,
    port: Annotated[int | None, typer.Option("--port", help="Port; 0 takes any free one.")] = None,
    host: Annotated[
        str | None, typer.Option("--host", help="Address; beyond loopback it needs a token.")
    ] = None,
    token: Annotated[str | None, typer.Option("--token", help="API token for callers.")] = None,
    place: Annotated[
        Path | None, typer.Option("--place", "-p", help="Where the tower keeps its things.")
    ] = None,
    json: Json = False,
) -> None:
    """Start the tower and its web pages; without a path, on the shipped example.

    An example's history goes in without pause, then its live events at --speed; of a file to
    replay only the last --live-days go at --speed. Everything is kept: a second start goes on
    where the first one stopped.

    \b
    Examples:
      taktnet up
      taktnet up plants.xlsx
      taktnet up mytower --replay week.ndjson --speed 3600
      taktnet up --example drivetrain --port 9000
    """
    from taktnet.app import home
    from taktnet.app.clock import ReplayClock
    from taktnet.app.settings import Settings
    from taktnet.app.tower import Tower
    from taktnet.cli.player import Player, Source
    from taktnet.web import server

    found, sources = _where(path, example, place, bool(replay))
    sources += [Source(file, live_days) for file in replay or ()]
    file = found.place / home.SETTINGS
    settings = Settings.read(file, port=port, host=host, token=token)
    listener = server.bind(settings)
    clock = ReplayClock(0) if sources else None
    with _patience(json):
        tower = Tower.open(found.place, found.network, settings, clock=clock)
    with tower:
        player = Player(tower, sources, speed)
        url = server.address(listener, settings)
        note = home.mark_running(found.place, url)
        try:
            _tell(url, found, bool(settings.token), json)
            player.start()
            server.serve(tower, settings, listener)
        finally:
            note.unlink(missing_ok=True)
            player.close()
            listener.close()


@contextmanager
def _patience(json: bool) -> Iterator[None]:
    """Say what is going on where the tower is not open after a moment."""
    words = "Reading the record; what is not compiled on this machine yet is compiled, once."
    timer = Timer(_PATIENCE_S, lambda: console().print(words, style="dim"))
    timer.daemon = True
    if not json:
        timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _where(
    path: Path | None, example: str, place: Path | None, replay: bool
) -> tuple[Home, list[Any]]:
    """The tower's home, and the event files that belong to an example."""
    from taktnet.app import home
    from taktnet.cli.player import example_sources

    if path is not None and example:
        raise TaktnetError("name a path or an example, not both")
    if path is not None:
        found = home.resolve(path)
        if not (path.exists() or replay):
            raise TaktnetError(
                f"there is no {path}; name a tower's folder, or a network's folder or workbook"
            )
        return found._replace(place=place or found.place), []
    here = Path()
    if not example and ((here / home.LEDGER).exists() or home.network_in(here)):
        return home.resolve(here), []
    folder = home.example(example or _EXAMPLE)
    shipped = home.examples()
    root = shipped.parent if shipped is not None else here
    network = home.network_in(folder)
    if network is None:
        raise TaktnetError(f"{folder} holds no network; see its README for how to make one")
    kept = place or root / "var" / folder.resolve().name
    return home.Home(kept, network), example_sources(folder)


def _tell(url: str, found: Home, locked: bool, json: bool) -> None:
    if json:
        json_out({"url": url, "place": str(found.place), "network": str(found.network or "")})
        return
    out = console()
    out.print(f"The tower is at {url}", style="bold green")
    if locked:
        out.print(f"  in a browser, once: {url}/?token= and the token", markup=False)
    out.print(f"  kept in {found.place}; stop it with Ctrl-C")
