"""The Merkle log over the rows of a ledger: roots, inclusion and consistency proofs (RFC 9162).

A leaf's hash is SHA-256(0x00 || data) and a node's is SHA-256(0x01 || left || right), so the hash
of a row, which already is SHA-256(0x00 || ...), is its leaf hash. Leaves are numbered from 0: row
`seq` is leaf `seq - 1`. The log keeps in memory one hash per block of 256 rows and the nodes above
it (0.25 byte a row); what lies below is hashed again from the stored row hashes when a proof needs
it, so there is no second copy of the tree to keep true.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256

DIGEST = 32
BLOCK = 256
_BLOCK_BYTES = BLOCK * DIGEST
EMPTY_ROOT = sha256(b"").digest()

#: Gives the leaf hashes with lo <= leaf < hi, 32 bytes each, joined.
Leaves = Callable[[int, int], bytes]


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf (RFC 9162, 2.1.1)."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node (RFC 9162, 2.1.1)."""
    return sha256(b"\x01" + left + right).digest()


def root_of(hashes: bytes) -> bytes:
    """The root over joined leaf hashes: pairs level by level, an odd last one moves up as it is."""
    if not hashes:
        return EMPTY_ROOT
    while len(hashes) > DIGEST:
        pairs = len(hashes) // (2 * DIGEST) * 2 * DIGEST
        above = b"".join(
            [sha256(b"\x01" + hashes[i : i + 64]).digest() for i in range(0, pairs, 64)]
        )
        hashes = above + hashes[pairs:]
    return hashes


def _split(count: int) -> int:
    """The largest power of two smaller than `count` (> 1): where RFC 9162 splits a tree."""
    return 1 << (count - 1).bit_length() - 1


class MerkleLog:
    """An append-only Merkle tree that answers for every size it has had."""

    def __init__(self, leaves: Leaves) -> None:
        self._read = leaves
        self._levels: list[bytearray] = [bytearray()]  # [k]: nodes over 256 * 2^k leaves
        self._tail = bytearray()  # leaf hashes of the block not yet full

    @property
    def size(self) -> int:
        """How many leaves the log has."""
        return len(self._levels[0]) // DIGEST * BLOCK + len(self._tail) // DIGEST

    def extend(self, hashes: bytes) -> None:
        """Append leaf hashes, 32 bytes each, joined."""
        if len(hashes) % DIGEST:
            raise ValueError(f"{len(hashes)} bytes are not whole hashes of {DIGEST}")
        self._tail += hashes
        full = len(self._tail) // _BLOCK_BYTES * _BLOCK_BYTES
        if not full:
            return
        tail = bytes(self._tail[:full])
        for start in range(0, full, _BLOCK_BYTES):
            self._push(root_of(tail[start : start + _BLOCK_BYTES]))
        del self._tail[:full]

    def _push(self, block: bytes) -> None:
        level, index = 0, len(self._levels[0]) // DIGEST
        self._levels[0] += block
        while index & 1:
            block = node_hash(bytes(self._levels[level][-64:-32]), block)
            level, index = level + 1, index >> 1
            if level == len(self._levels):
                self._levels.append(bytearray())
            self._levels[level] += block

    def root(self, size: int | None = None) -> bytes:
        """The root over the first `size` leaves (all of them by default)."""
        return self._span(0, self._bounded(size))

    def inclusion(self, leaf: int, size: int | None = None) -> tuple[bytes, ...]:
        """The audit path of a leaf in the tree of `size` leaves, from the leaf up (2.1.3.1)."""
        high = self._bounded(size)
        if not 0 <= leaf < high:
            raise ValueError(f"leaf {leaf} is not in a log of {high}")
        low, path = 0, list[bytes]()
        while high - low > 1:
            cut = low + _split(high - low)
            if leaf < cut:
                path.append(self._span(cut, high))
                high = cut
            else:
                path.append(self._span(low, cut))
                low = cut
        return tuple(reversed(path))

    def consistency(self, first: int, second: int | None = None) -> tuple[bytes, ...]:
        """The proof that the tree of `first` leaves is the start of that of `second` (2.1.4.1)."""
        high = self._bounded(second)
        if not 0 <= first <= high:
            raise ValueError(f"no consistency proof from {first} to {high} leaves")
        if first in (0, high):
            return ()
        low, path = 0, list[bytes]()
        while first != high:
            cut = low + _split(high - low)
            if first <= cut:
                path.append(self._span(cut, high))
                high = cut
            else:
                path.append(self._span(low, cut))
                low = cut
        if low:  # otherwise the verifier holds this node already: it is the first root
            path.append(self._span(low, high))
        return tuple(reversed(path))

    def _bounded(self, size: int | None) -> int:
        if size is None:
            return self.size
        if not 0 <= size <= self.size:
            raise ValueError(f"the log has {self.size} leaves, not {size}")
        return size

    def _span(self, low: int, high: int) -> bytes:
        """The root over leaves low..high of a subtree, which starts at a multiple of its width."""
        count = high - low
        if count <= BLOCK:
            level = self._levels[0]
            at = low // BLOCK * DIGEST
            if count == BLOCK and at < len(level):
                return bytes(level[at : at + DIGEST])
            return root_of(self._leaves(low, high))
        if count & (count - 1) == 0:
            level = self._levels[(count // BLOCK).bit_length() - 1]
            at = low // count * DIGEST
            return bytes(level[at : at + DIGEST])
        cut = low + _split(count)
        return node_hash(self._span(low, cut), self._span(cut, high))

    def _leaves(self, low: int, high: int) -> bytes:
        kept = len(self._levels[0]) // DIGEST * BLOCK
        if low >= kept:
            return bytes(self._tail[(low - kept) * DIGEST : (high - kept) * DIGEST])
        found = self._read(low, high)
        if len(found) != (high - low) * DIGEST:
            raise ValueError(f"{len(found)} bytes for the hashes of leaves {low} to {high}")
        return found

    def to_bytes(self) -> bytes:
        """What a restart needs: one hash per full block, then those of the last block."""
        return len(self._tail).to_bytes(4, "little") + bytes(self._levels[0]) + bytes(self._tail)

    @classmethod
    def from_bytes(cls, blob: bytes, leaves: Leaves) -> MerkleLog:
        """The log as it was at `to_bytes`; raises ValueError for bytes that are not one."""
        kept = len(blob) - 4 - int.from_bytes(blob[:4], "little")
        if kept < 0 or kept % DIGEST or (len(blob) - 4) % DIGEST:
            raise ValueError("not a stored Merkle log")
        log = cls(leaves)
        for start in range(4, 4 + kept, DIGEST):
            log._push(blob[start : start + DIGEST])
        log._tail += blob[4 + kept :]
        return log


def verify_inclusion(
    leaf_hash: bytes, leaf: int, size: int, path: Sequence[bytes], root: bytes
) -> bool:
    """Whether `path` proves that this is leaf number `leaf` under `root` (RFC 9162, 2.1.3.2)."""
    if not 0 <= leaf < size or any(len(p) != DIGEST for p in path):
        return False
    node, last, found = leaf, size - 1, leaf_hash
    for p in path:
        if last == 0:
            return False
        if node & 1 or node == last:
            found = node_hash(p, found)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            found = node_hash(found, p)
        node, last = node >> 1, last >> 1
    return last == 0 and found == root


def verify_consistency(
    first: int, second: int, path: Sequence[bytes], first_root: bytes, second_root: bytes
) -> bool:
    """Whether `path` proves that nothing of the first tree changed (RFC 9162, 2.1.4.2)."""
    if not 0 <= first <= second or any(len(p) != DIGEST for p in path):
        return False
    if first == second:
        return not path and first_root == second_root
    if first == 0:
        return not path and first_root == EMPTY_ROOT
    hashes = [first_root, *path] if first & (first - 1) == 0 else list(path)
    if not path or not hashes:
        return False
    node, last = first - 1, second - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = hashes[0]
    for p in hashes[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            old, new = node_hash(p, old), node_hash(p, new)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            new = node_hash(new, p)
        node, last = node >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root
