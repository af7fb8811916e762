"""Which tower a command means, and how it gets at it: by its folder, or through its server."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from taktnet.base.errors import Fault, InputFaults, TaktnetError

if TYPE_CHECKING:
    from taktnet.app.settings import Settings
    from taktnet.app.tower import Tower
    from taktnet.app.verify import Books

Place = Annotated[
    Path,
    typer.Option(
        "--place",
        "-p",
        envvar="TAKTNET_PLACE",
        help="The tower's folder, or its network's folder or workbook.",
    ),
]
HERE = Path()


def settings_of(place: Path) -> Settings:
    """The settings of the tower at `place`."""
    from taktnet.app import home
    from taktnet.app.settings import Settings

    return Settings.read(home.resolve(place).place / home.SETTINGS)


def _kept(place: Path) -> Path:
    """The folder of the tower at `place`; raises TaktnetError where there is none."""
    from taktnet.app import home

    folder = home.resolve(place).place
    if not settings_of(place).ledger and not (folder / home.LEDGER).exists():
        raise TaktnetError(
            f"there is no tower in {folder.resolve()}; start one with `taktnet up`, put events "
            "into one with `taktnet ingest`, or name another folder with --place"
        )
    return folder


@contextmanager
def books(place: Path) -> Iterator[Books]:
    """The books of the tower at `place`, whatever was done to them; it may be running."""
    from taktnet.app.verify import books

    with books(_kept(place), settings_of(place)) as found:
        yield found


@contextmanager
def reading(place: Path) -> Iterator[Tower]:
    """The tower at `place` to look at; it may be running."""
    from taktnet.app.tower import Tower

    with Tower.open(_kept(place), settings=settings_of(place), read_only=True) as tower:
        yield tower


@contextmanager
def writing(place: Path) -> Iterator[Tower]:
    """The tower at `place`, made if it is not there; it must not be running."""
    from taktnet.app import home
    from taktnet.app.tower import Tower

    found = home.resolve(place)
    with Tower.open(found.place, found.network, settings_of(place)) as tower:
        yield tower


class Remote:
    """The server of a running tower."""

    def __init__(self, url: str, token: str) -> None:
        import httpx

        headers = {"authorization": f"Bearer {token}"} if token else {}
        self._client = httpx.Client(base_url=url, headers=headers, timeout=60.0, trust_env=False)
        self._error = httpx.HTTPError

    def call(self, method: str, path: str, **how: Any) -> dict[str, Any]:
        """The JSON of an answer; raises what the server told as a TaktnetError."""
        try:
            answer = self._client.request(method, path, **how)
        except self._error as error:
            raise TaktnetError(f"{self._client.base_url}: {error}") from error
        told = answer.json() if "json" in answer.headers.get("content-type", "") else {}
        if answer.status_code == 409 and "receipts" in told:
            return told
        if answer.status_code >= 400:
            faults = [Fault(**{k: v for k, v in f.items() if k != "text"})
                      for f in told.get("faults", ())]  # fmt: skip
            if faults:
                raise InputFaults(faults)
            raise TaktnetError(told.get("detail") or f"the server answered {answer.status_code}")
        return told


def remote(place: Path, url: str = "") -> Remote | None:
    """The server at `url`, or of the tower that runs at `place`; None if none does."""
    from taktnet.app import home

    token = os.environ.get("TAKTNET_TOKEN", "") if url else settings_of(place).token
    address = url or home.running_at(home.resolve(place).place)
    return Remote(address, token) if address else None
