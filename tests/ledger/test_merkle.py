"""The Merkle log: RFC 9162 hashing, and proofs that hold for the truth and for nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taktnet.ledger.merkle import (
    BLOCK,
    DIGEST,
    EMPTY_ROOT,
    MerkleLog,
    leaf_hash,
    node_hash,
    verify_consistency,
    verify_inclusion,
)

# The reference tree of the Certificate Transparency project (its merkle_tree_test): eight leaves
# and the root after each.
REFERENCE = [
    ("", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
    ("00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
    ("10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
    ("2021", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"),
    ("3031", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"),
    ("40414243", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"),
    ("5051525354555657", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"),
    (
        "606162636465666768696a6b6c6d6e6f",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ),
]


def hashes_of(count: int) -> list[bytes]:
    """Leaf hashes of that many rows."""
    return [leaf_hash(b"row %d" % i) for i in range(count)]


def log_of(hashes: list[bytes]) -> MerkleLog:
    """The log over these leaf hashes."""
    log = MerkleLog(lambda low, high: b"".join(hashes[low:high]))
    log.extend(b"".join(hashes))
    return log


def mth(hashes: list[bytes]) -> bytes:
    """The recursive definition of RFC 9162 2.1.1, word for word."""
    if not hashes:
        return EMPTY_ROOT
    if len(hashes) == 1:
        return hashes[0]
    k = 1
    while k * 2 < len(hashes):
        k *= 2
    return node_hash(mth(hashes[:k]), mth(hashes[k:]))


def test_roots_are_those_of_the_reference_tree() -> None:
    """The eight-leaf tree of Certificate Transparency has the published root at every size."""
    log = MerkleLog(lambda _low, _high: b"")
    assert log.root().hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    for size, (data, root) in enumerate(REFERENCE, start=1):
        log.extend(leaf_hash(bytes.fromhex(data)))
        assert (log.size, log.root().hex()) == (size, root)


def test_inclusion_of_every_leaf_at_every_size_up_to_70() -> None:
    """Each (leaf, size) proves, and an altered leaf, place, path or root does not."""
    hashes = hashes_of(70)
    log = log_of(hashes)
    for size in range(1, 71):
        root = log.root(size)
        for leaf in range(size):
            path = log.inclusion(leaf, size)
            assert verify_inclusion(hashes[leaf], leaf, size, path, root)
            assert not verify_inclusion(leaf_hash(b"altered"), leaf, size, path, root)
            assert not verify_inclusion(hashes[leaf], leaf, size, path, leaf_hash(root))
            assert not verify_inclusion(hashes[leaf], leaf, size, (*path, root), root)
            assert not verify_inclusion(hashes[leaf], leaf ^ 1, size, path, root) or size == 1
            if path:
                assert not verify_inclusion(hashes[leaf], leaf, size, path[:-1], root)
                assert not verify_inclusion(hashes[leaf], leaf, size, (*path[:-1], root), root)


def test_consistency_of_every_pair_of_sizes_up_to_70() -> None:
    """Each (m, n) proves, and a changed old root, new root or path does not."""
    log = log_of(hashes_of(70))
    roots = [log.root(n) for n in range(71)]
    for second in range(71):
        for first in range(second + 1):
            path = log.consistency(first, second)
            old, new = roots[first], roots[second]
            assert verify_consistency(first, second, path, old, new)
            assert not verify_consistency(first, second, path, leaf_hash(old), new)
            assert not verify_consistency(first, second, (*path, new), old, new)
            if 0 < first < second:
                assert not verify_consistency(first, second, path, old, leaf_hash(new))
                assert not verify_consistency(first, second, (*path[:-1], old), old, new)
                assert not verify_consistency(first, second, (), old, new)


def test_a_changed_row_breaks_consistency_with_every_earlier_checkpoint() -> None:
    """Whoever keeps an old root sees that a row under it was altered."""
    hashes = hashes_of(70)
    old = log_of(hashes)
    forged = log_of([*hashes[:20], leaf_hash(b"altered"), *hashes[21:]])
    for first in range(21, 70):
        path = forged.consistency(first, 70)
        assert not verify_consistency(first, 70, path, old.root(first), forged.root(70))


@pytest.mark.parametrize("size", [BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 7 * BLOCK + 3])
def test_roots_and_proofs_hold_across_blocks(size: int) -> None:
    """Beyond one block of 256 the tree is still the recursive definition's."""
    hashes = hashes_of(size)
    log = log_of(hashes)
    assert log.root() == mth(hashes)
    for leaf in {0, size // 3, size // 2, max(0, size - BLOCK), size - 1}:
        for at in {leaf + 1, size}:
            path = log.inclusion(leaf, at)
            assert verify_inclusion(hashes[leaf], leaf, at, path, mth(hashes[:at]))
        path = log.consistency(leaf, size)
        assert verify_consistency(leaf, size, path, mth(hashes[:leaf]), mth(hashes))


@given(st.lists(st.integers(0, 700), min_size=1, max_size=6), st.data())
def test_the_log_does_not_depend_on_how_it_was_fed(pieces: list[int], data: st.DataObject) -> None:
    """Any batching, with or without a restart in between, gives the same root and proofs."""
    hashes = hashes_of(sum(pieces))
    whole = log_of(hashes)

    def read(low: int, high: int) -> bytes:
        return b"".join(hashes[low:high])

    log, fed = MerkleLog(read), 0
    for piece in pieces:
        log.extend(b"".join(hashes[fed : fed + piece]))
        fed += piece
        if data.draw(st.booleans()):
            log = MerkleLog.from_bytes(log.to_bytes(), read)
    assert (log.size, log.root()) == (whole.size, whole.root())
    if hashes:
        leaf = data.draw(st.integers(0, len(hashes) - 1))
        assert log.inclusion(leaf) == whole.inclusion(leaf)
        assert log.consistency(leaf) == whole.consistency(leaf)


def test_sizes_and_leaves_outside_the_log_are_refused() -> None:
    """No root or proof is made up for rows that are not there."""
    log = log_of(hashes_of(5))
    for ask in (
        lambda: log.root(6),
        lambda: log.inclusion(5),
        lambda: log.inclusion(-1),
        lambda: log.inclusion(3, 3),
        lambda: log.consistency(4, 3),
        lambda: log.consistency(1, 6),
        lambda: log.extend(b"short"),
        lambda: MerkleLog.from_bytes(b"\x00\x00\x00\x00odd", lambda _l, _h: b""),
        lambda: MerkleLog.from_bytes(b"\xff\x00\x00\x00", lambda _l, _h: b""),
    ):
        with pytest.raises(ValueError, match=r"\w"):
            ask()


def test_a_store_that_gives_too_few_hashes_is_noticed() -> None:
    """A missing row cannot shorten a proof silently."""
    hashes = hashes_of(2 * BLOCK)
    log = MerkleLog(lambda low, high: b"".join(hashes[low : high - 1]))
    log.extend(b"".join(hashes))
    with pytest.raises(ValueError, match="hashes of leaves"):
        log.inclusion(3)


def test_paths_with_entries_of_a_wrong_length_are_refused() -> None:
    """33 bytes are not a hash, whatever they hash to."""
    hashes = hashes_of(4)
    log = log_of(hashes)
    path = log.inclusion(1)
    assert all(len(p) == DIGEST for p in path)
    assert not verify_inclusion(hashes[1], 1, 4, (path[0] + b"x", path[1]), log.root())
    assert not verify_consistency(2, 4, (log.consistency(2)[0] + b"x",), log.root(2), log.root())
