"""Style sheets, scripts, fonts and the map, served from memory with a tag and compressed."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

STATIC = Path(__file__).resolve().parents[1] / "static"
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
}
_PACKED = frozenset((".woff2",))  # already compressed


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is sent; `gzip` is empty where compressing gains nothing."""

    type: str
    tag: str
    data: bytes
    gzip: bytes


@lru_cache(maxsize=1)
def names() -> frozenset[str]:
    """Every file that may be served, by its path below `static`."""
    files = (p for p in STATIC.rglob("*") if p.is_file() and p.suffix in TYPES)
    return frozenset(p.relative_to(STATIC).as_posix() for p in files)


@lru_cache(maxsize=256)
def asset(name: str) -> Asset:
    """The file called `name`; raises KeyError when there is none."""
    if name not in names():
        raise KeyError(name)
    path = STATIC / name
    content = path.read_bytes()
    packed = b"" if path.suffix in _PACKED else gzip.compress(content, 6, mtime=0)
    tag = hashlib.sha256(content).hexdigest()[:16]
    return Asset(TYPES[path.suffix], tag, content, packed)


def address(name: str) -> str:
    """The address of a file; it changes with the content, so that it may be kept for ever."""
    return f"/static/{name}?v={asset(name).tag}"
