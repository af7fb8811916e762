"""File drop: one file a message, complete or not there at all."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

_PLAIN = re.compile(r"[^A-Za-z0-9._+-]")


def name(id: str) -> str:
    """The file of message `id`: always the same, and no other id's, on every file system."""
    plain = _PLAIN.sub("_", id)[:100].lstrip(".")
    return f"{plain}-{sha256(id.encode()).hexdigest()[:12]}.json"


def drop(folder: Path, messages: Iterable[tuple[str, bytes]]) -> list[Path]:
    """Write messages (id, body) durably: temporary names, synced, renamed, the folder synced.

    The same id again replaces the file by itself. Raises OSError where the disk refuses.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written: list[tuple[Path, Path]] = []
    for id_, body in messages:
        target = folder / name(id_)
        part = target.with_suffix(".part")
        _write(part, body)
        written.append((part, target))
    for part, target in written:
        part.replace(target)
    _sync(folder)
    return [target for _, target in written]


def _write(path: Path, body: bytes) -> None:
    """A whole file, durably."""
    handle = os.open(
        path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o644
    )
    try:
        left = memoryview(body)
        while left:
            left = left[os.write(handle, left) :]
        os.fsync(handle)
    finally:
        os.close(handle)


def _sync(folder: Path) -> None:
    if os.name != "posix":
        return  # only there can a folder be synced, and must be
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
