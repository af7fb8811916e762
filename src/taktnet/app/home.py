"""A tower's folder: what lies where, and which network and example belong to it."""

from __future__ import annotations

import json
import os
import re
import socket
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from taktnet.base.errors import TaktnetError
from taktnet.network import Network

LEDGER = "ledger.sqlite"
KEY = "key"
SETTINGS = "tower.toml"
RUNNING = "running.json"
NETWORK = "network"
SEGMENTS = "segments"
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


class Home(NamedTuple):
    """Where a tower keeps its things, and where its network's files are (None: only recorded)."""

    place: Path
    network: Path | None


def is_network(path: Path) -> bool:
    """Whether `path` is a workbook, or a folder with the table of sites."""
    if path.is_file():
        return path.suffix == ".xlsx"
    return any((path / f"sites.{ext}").exists() for ext in ("csv", "parquet"))


def network_in(place: Path) -> Path | None:
    """The network's files in a tower folder: `network/`, or `network.xlsx`."""
    for path in (place / NETWORK, place / f"{NETWORK}.xlsx"):
        if is_network(path):
            return path
    return None


def resolve(path: Path) -> Home:
    """The tower of a path: a tower folder, or a network's folder or workbook.

    A tower over a network's own files keeps its things in `tower` beside them.
    """
    if is_network(path):
        beside = path.parent / f"{path.stem}-tower" if path.is_file() else path / "tower"
        return Home(beside, path)
    if path.exists() and not path.is_dir():
        raise TaktnetError(f"{path} is neither a folder nor an .xlsx workbook")
    return Home(path, network_in(path))


def examples() -> Path | None:
    """The folder of the shipped examples: in this checkout, or in the folder we are in."""
    for root in (Path(__file__).resolve().parents[3], Path.cwd()):
        if (root / "examples").is_dir() and (root / "pyproject.toml").is_file():
            return root / "examples"
    return None


def example(name: str) -> Path:
    """The folder of an example by name or path; raises TaktnetError where there is none."""
    shipped = examples()
    for path in (Path(name), *([shipped / name] if shipped else [])):
        if path.is_dir():
            return path
    known = sorted(p.name for p in shipped.iterdir() if p.is_dir()) if shipped else []
    told = f"; there are: {', '.join(known)}" if known else "; examples are in the repository"
    raise TaktnetError(f"there is no example {name!r}{told}")


def origin_name(tenant: str) -> str:
    """The name under which a tower signs: no spaces and no plus signs."""
    return f"taktnet/{_UNSAFE.sub('-', tenant)}"


def mark_running(place: Path, url: str) -> Path:
    """Leave a note that a tower runs here and where it answers, for other commands."""
    path = place / RUNNING
    part = path.with_suffix(".part")
    part.write_text(json.dumps({"url": url, "pid": os.getpid()}), "utf-8")
    part.replace(path)
    return path


def running_at(place: Path) -> str | None:
    """The address of the tower that runs on this folder, by its note; None if there is none."""
    try:
        note = json.loads((place / RUNNING).read_text("utf-8"))
        url = urlsplit(str(note["url"]))
        with socket.create_connection((url.hostname or "", url.port or 80), timeout=1.0):
            return url.geturl()
    except (OSError, ValueError, KeyError, TypeError):
        return None


def find_network(place: Path | None, given: Network | str | Path | None) -> Network | None:
    """The network a tower is opened with: the one given, or that of its folder; None if none."""
    if isinstance(given, Network):
        return given
    path = Path(given) if given is not None else network_in(place) if place else None
    return None if path is None else Network.read(path)
