"""File drop: one file a message, complete or not there at all."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

_PLAIN = re.compile(r"[^A-Za-z0-9._+-]")


def name(id: str) -> str:
    """The file of message `id`: always the same, and no other id's, on every file system."""
    plain = _PLAIN.sub("_", id)[:100].lstrip(".")
    return f"{plain}-{sha256(id.encode()).hexdigest()[:12]}.json"


def drop(folder: Path, messages: Sequence[tuple[str, bytes]]) -> list[Path]:
    """Write messages (id, body) durably: temporary names, synced, renamed, the folder synced.

    The same id again replaces the file by itself. Raises OSError where the disk refuses.
    """
    folder.mkdir(parents=True, exist_ok=True)
    targets = [folder / name(id_) for id_, _ in messages]
    parts = [target.with_suffix(".part") for target in targets]
    for part, (_, body) in zip(parts, messages, strict=True):
        _write(part, body)
    for part, target in zip(parts, targets, strict=True):
        part.replace(target)
    _sync(folder)
    return targets


def _write(path: Path, body: bytes) -> None:
    # One flush a file: a flush of the whole disk would hold up the ledger's commits for as long.
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _BINARY, 0o644)
    try:
        left = memoryview(body)
        while left:
            left = left[os.write(handle, left) :]
        os.fsync(handle)
    finally:
        os.close(handle)


def _sync(folder: Path) -> None:
    """Make the folder's entries durable."""
    if os.name != "posix":
        return  # only there can a folder be synced, and must be
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


_BINARY = getattr(os, "O_BINARY", 0)
