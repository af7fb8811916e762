"""File drop: one file a message, complete or not there at all."""

from __future__ import annotations

import os
import re
from hashlib import sha256
from pathlib import Path

_PLAIN = re.compile(r"[^A-Za-z0-9._+-]")


def name(id: str) -> str:
    """The file of message `id`: always the same, and no other id's, on every file system."""
    plain = _PLAIN.sub("_", id)[:100].lstrip(".")
    return f"{plain}-{sha256(id.encode()).hexdigest()[:12]}.json"


def drop(folder: Path, id: str, body: bytes) -> Path:
    """Write message `id` durably: to a temporary name, synced, renamed, the folder synced.

    The same id again replaces the file by itself. Raises OSError where the disk refuses.
    """
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / name(id)
    part = target.with_suffix(".part")
    with part.open("wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    part.replace(target)
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    return target
