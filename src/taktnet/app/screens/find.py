"""Search by the beginning or a part of a name."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that fits, and its page."""

    kind: str
    id: str
    name: str
    href: str
