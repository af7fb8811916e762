"""The hash chain: each row's hash fixes the row and, through the one before, all earlier rows.

hash(n) = SHA-256(0x00 || hash(n-1) || seq || recorded || facts || body), `seq` and `recorded` as 8
bytes each, big-endian; hash(0) is 32 zero bytes. `facts` holds every column that a projection
reads. The leading 0x00 is the leaf prefix of RFC 9162, so a row's hash is also its leaf in the
Merkle log.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from struct import Struct

GENESIS = bytes(32)
_NUMBERS = Struct(">QQ").pack


def row_hash(previous: bytes, seq: int, recorded: int, facts: bytes, body: bytes) -> bytes:
    """The hash of one row, 32 bytes."""
    numbers = _NUMBERS(seq, recorded)
    return sha256(b"".join((b"\0", previous, numbers, facts, body))).digest()


def chain(
    previous: bytes, first: int, recorded: int, rows: Iterable[tuple[bytes, bytes]]
) -> list[bytes]:
    """The hashes of consecutive rows (facts, body) of one batch, the first numbered `first`."""
    found: list[bytes] = []
    for seq, (facts, body) in enumerate(rows, start=first):
        numbers = _NUMBERS(seq, recorded)
        previous = sha256(b"".join((b"\0", previous, numbers, facts, body))).digest()
        found.append(previous)
    return found
