"""File drop: one file a message, complete or not there at all."""

from __future__ import annotations

import ctypes
import os
import re
import sys
from collections.abc import Callable, Sequence
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
    together = len(messages) >= _MANY and _SYNCFS is not None
    for part, (_, body) in zip(parts, messages, strict=True):
        _write(part, body, sync=not together)
    if together:
        _sync(folder, whole=True)
    for part, target in zip(parts, targets, strict=True):
        part.replace(target)
    _sync(folder)
    return targets


def _write(path: Path, body: bytes, *, sync: bool) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _BINARY, 0o644)
    try:
        left = memoryview(body)
        while left:
            left = left[os.write(handle, left) :]
        if sync:
            os.fsync(handle)
    finally:
        os.close(handle)


def _sync(folder: Path, *, whole: bool = False) -> None:
    """Make the folder's entries durable; with `whole` everything on its file system."""
    if os.name != "posix":
        return  # only there can a folder be synced, and must be
    handle = os.open(folder, os.O_RDONLY)
    try:
        if not whole:
            os.fsync(handle)
        elif _SYNCFS is not None and _SYNCFS(handle) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(folder))
    finally:
        os.close(handle)


def _find_syncfs() -> Callable[[int], int] | None:
    """Linux's syncfs: one flush for many files, so that signals leave the ledger's disk alone."""
    if sys.platform != "linux":
        return None
    return getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)


_BINARY = getattr(os, "O_BINARY", 0)
_MANY = 4  # files from which on one flush of the file system is cheaper than one each
_SYNCFS = _find_syncfs()
