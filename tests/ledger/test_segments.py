"""Segments: closed stretches as Parquet that give exactly the ledger's facts, or refuse."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.happenings import START_US, happenings
from taktnet.ledger.chain import GENESIS, row_hash
from taktnet.ledger.fact import FACT, Flag
from taktnet.ledger.ledger import Row
from taktnet.ledger.memory import MemoryLedger
from taktnet.ledger.merkle import MerkleLog
from taktnet.store import columns
from taktnet.store import segments as module
from taktnet.store.segments import SegmentError, Segments, all_facts


def ledger_of(count: int) -> MemoryLedger:
    """A memory ledger with that many rows, in batches of 37."""
    ledger = MemoryLedger()
    for n in range(0, count, 37):
        ledger.append(happenings(min(37, count - n), first=n), ledger.stamp(START_US + n))
    return ledger


def joined(arrays: object) -> bytes:
    """All facts of an iterator as bytes."""
    return b"".join(a.tobytes() for a in arrays)  # pyright: ignore


@pytest.fixture(scope="module")
def ledger() -> MemoryLedger:
    """250 rows."""
    return ledger_of(250)


@pytest.fixture(scope="module")
def kept(ledger: MemoryLedger, tmp_path_factory: pytest.TempPathFactory) -> Segments:
    """Its first 240 rows in segments of 80."""
    segments = Segments(tmp_path_factory.mktemp("kept"))
    assert len(segments.export(ledger, rows=80)) == 3
    return segments


def test_only_full_stretches_are_exported_and_each_once(
    ledger: MemoryLedger, tmp_path: Path
) -> None:
    """250 rows are three segments of 80; asked again there is nothing to do; more rows, more."""
    segments = Segments(tmp_path / "new" / "folder")
    made = segments.export(ledger, rows=80)
    assert [(one.first, one.last) for one in made] == [(1, 80), (81, 160), (161, 240)]
    assert segments.export(ledger, rows=80) == []
    assert Segments(segments.folder).segments == tuple(made)
    grown = ledger_of(330)
    assert [s.last for s in Segments(segments.folder).export(grown, rows=80)] == [320]
    assert sorted(p.suffix for p in segments.folder.iterdir()) == [".json"] + [".parquet"] * 8


def test_the_facts_come_back_bit_for_bit(ledger: MemoryLedger, kept: Segments) -> None:
    """What a projection folds from Parquet is what it would fold from live rows."""
    assert joined(kept.facts()) == joined(ledger.facts(0, 240))
    assert joined(all_facts(ledger, kept)) == joined(ledger.facts())


@given(st.integers(0, 260), st.integers(0, 260))
def test_any_stretch_of_facts_is_cut_exactly(low: int, high: int) -> None:
    """after < seq <= until, across segments and the live tail, also when empty."""
    ledger, kept = _SHARED
    wanted = joined(ledger.facts(low, high)) if low < high else b""
    assert joined(all_facts(ledger, kept, low, high)) == wanted
    limit = min(high, 240)
    assert joined(kept.facts(low, limit)) == (
        joined(ledger.facts(low, limit)) if low < limit else b""
    )


_SHARED: tuple[MemoryLedger, Segments]


@pytest.fixture(autouse=True, scope="module")
def _share(ledger: MemoryLedger, kept: Segments) -> None:
    global _SHARED  # noqa: PLW0603 - a fixture for a property test
    _SHARED = ledger, kept


def test_no_event_is_parted(
    ledger: MemoryLedger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shipments have three facts; groups and blocks of any size end where an event ends."""
    for size in (1, 2, 3, 7, 40):
        monkeypatch.setattr(columns, "GROUP", 2 * size + 1)
        monkeypatch.setattr(columns, "BLOCK", size)
        segments = Segments(tmp_path / str(size))
        segments.export(ledger, rows=120)
        parts = list(segments.facts())
        assert joined(parts) == joined(ledger.facts(0, 240))
        assert all(part["flags"][0] & Flag.FIRST for part in parts)


def test_bodies_and_hashes_rebuild_the_chain_without_the_ledger(
    ledger: MemoryLedger, kept: Segments
) -> None:
    """From the two files alone every row's hash follows, up to the manifest's end hash."""
    facts = np.concatenate(list(kept.facts()))
    starts = np.flatnonzero(np.diff(facts["seq"], prepend=0))
    parts = [part.tobytes() for part in np.split(facts, starts[1:])]
    previous, ends = GENESIS, {one.last: one.end_hash for one in kept.segments}
    seen = 0
    for (seq, recorded, body, digest), packed in zip(kept.bodies(), parts, strict=True):
        previous = row_hash(previous, seq, recorded, packed, body)
        assert digest == previous
        assert ends.get(seq, digest.hex()) == digest.hex()
        seen = seq
    assert seen == 240
    assert [row[0] for row in kept.bodies(after=157)] == list(range(158, 241))
    assert next(kept.bodies(after=9))[2] == ledger.read(9, 1)[0].body


def test_the_manifest_names_end_hash_and_merkle_root(ledger: MemoryLedger, kept: Segments) -> None:
    """A segment can be held against a signed checkpoint of that size."""
    log = MerkleLog(ledger.hashes)
    log.extend(ledger.hashes())
    for one in kept.segments:
        assert one.end_hash == ledger.rows(one.last - 1, 1)[0].hash.hex()
        assert one.root == log.root(one.last).hex()


def test_other_tools_read_the_facts_as_plain_columns(kept: Segments) -> None:
    """Any Parquet reader sees one typed column per slot."""
    table = pq.read_table(kept.folder / kept.segments[0].facts.name)
    assert table.column_names == list(FACT.names or ())
    assert table.column("qty").to_pylist()[:2] == [1_000_000, 1_250_000]


def test_a_changed_file_is_refused_when_read(ledger: MemoryLedger, tmp_path: Path) -> None:
    """One flipped byte, a swapped or a missing file: an error with the file's name, no facts."""
    segments = Segments(tmp_path)
    first, second, _ = segments.export(ledger, rows=80)
    path = tmp_path / first.facts.name
    good = path.read_bytes()
    for bad in (good[:200] + bytes([good[200] ^ 1]) + good[201:], good[:-1], b""):
        path.write_bytes(bad)
        with pytest.raises(SegmentError, match="facts-000000000001"):
            list(Segments(tmp_path).facts())
    path.write_bytes((tmp_path / second.facts.name).read_bytes())
    with pytest.raises(SegmentError, match="SHA-256"):
        list(Segments(tmp_path).facts())
    path.unlink()
    with pytest.raises(SegmentError, match="missing"):
        list(Segments(tmp_path).facts())
    (tmp_path / first.bodies.name).write_bytes(b"x")
    with pytest.raises(SegmentError, match="bodies-000000000001"):
        list(Segments(tmp_path).bodies())


def test_any_flipped_byte_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    """The facts up to the row group of the flipped byte come as they were; no more come."""
    ledger = ledger_of(120)
    segments = Segments(tmp_path)
    (one,) = segments.export(ledger, rows=120)
    path, whole = tmp_path / one.facts.name, joined(ledger.facts())
    assert [part.end for part in one.facts.parts][-1] == path.stat().st_size
    good = path.read_bytes()
    for at in range(0, len(good), 61):
        path.write_bytes(good[:at] + bytes([good[at] ^ 4]) + good[at + 1 :])
        came = list[np.ndarray]()
        with pytest.raises(SegmentError, match=r"SHA-256 of bytes \d+ to \d+ is .* wanted"):
            came.extend(segments.facts())
        assert whole.startswith(joined(came))
    path.write_bytes(good + b"x")
    with pytest.raises(SegmentError, match=f"{len(good) + 1} bytes, wanted {len(good)}"):
        list(segments.facts())


def test_row_groups_before_a_bad_one_are_given(
    ledger: MemoryLedger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that whoever reads on from the ledger's rows has lost nothing."""
    monkeypatch.setattr(columns, "GROUP", 50)
    segments = Segments(tmp_path)
    (one,) = segments.export(ledger, rows=240)
    path = tmp_path / one.facts.name
    data, third = bytearray(path.read_bytes()), one.facts.parts[2].end
    data[third - 1] ^= 1
    path.write_bytes(data)
    came = list[np.ndarray]()
    with pytest.raises(SegmentError, match=f"to {third} is"):
        came.extend(segments.facts())
    assert 50 < sum(map(len, came)) <= 100
    assert joined(ledger.facts()).startswith(joined(came))


def test_segments_written_without_parts_are_read(
    ledger: MemoryLedger, kept: Segments, tmp_path: Path
) -> None:
    """Manifests of old know a digest of each whole file alone."""
    for file in kept.folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    manifest = json.loads((tmp_path / "manifest.json").read_bytes())
    for one in manifest["segments"]:
        del one["facts"]["parts"], one["bodies"]["parts"]
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    old = Segments(tmp_path)
    assert joined(old.facts()) == joined(kept.facts()) == joined(ledger.facts(0, 240))
    assert list(old.bodies()) == list(kept.bodies())
    path = tmp_path / old.segments[0].facts.name
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(SegmentError, match="SHA-256 is"):
        list(old.facts())


def test_whoever_stops_reading_leaves_no_thread_behind(kept: Segments) -> None:
    """What was asked for ahead is given up."""
    before = threading.active_count()
    for _ in kept.facts():
        break
    assert threading.active_count() == before


def test_segments_of_another_ledger_are_refused(ledger: MemoryLedger, tmp_path: Path) -> None:
    """Neither read together with, nor continued from, a ledger they are not of."""
    Segments(tmp_path).export(ledger, rows=80)
    other = MemoryLedger()
    other.append(happenings(400, source="wms"), START_US)
    with pytest.raises(SegmentError, match="do not end in this ledger"):
        list(all_facts(other, Segments(tmp_path)))
    with pytest.raises(SegmentError, match="another ledger"):
        Segments(tmp_path).export(other, rows=80)


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"segments": "x"},
        {"segments": []},
    ],
)
def test_a_broken_manifest_is_refused_in_words(
    ledger: MemoryLedger, tmp_path: Path, change: dict[str, object]
) -> None:
    """Newer, unreadable, or with a hole."""
    Segments(tmp_path).export(ledger, rows=80)
    path = tmp_path / "manifest.json"
    manifest = json.loads(path.read_bytes())
    if change == {"segments": []}:
        del manifest["segments"][1]
    else:
        manifest |= change
    path.write_text(json.dumps(manifest))
    with pytest.raises(SegmentError, match=r"manifest\.json"):
        Segments(tmp_path)


def test_an_export_cut_off_leaves_whole_segments_only(
    ledger: MemoryLedger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped at any of its file operations, the folder still reads as before or one further."""
    real = module.replace
    for stop in range(3):
        folder = tmp_path / str(stop)
        calls = 0

        def cut(path: Path, data: bytes, stop: int = stop) -> None:
            nonlocal calls
            calls += 1
            if calls > stop:
                raise OSError("power cut")
            real(path, data)

        monkeypatch.setattr(module, "replace", cut)
        with pytest.raises(OSError, match="power cut"):
            Segments(folder).export(ledger, rows=80)
        monkeypatch.setattr(module, "replace", real)
        left = Segments(folder)
        assert left.last == 80 * stop
        assert joined(all_facts(ledger, left)) == joined(ledger.facts())
        left.export(ledger, rows=80)
        assert Segments(folder).last == 240


def test_a_ledger_that_gives_a_hole_is_not_exported(tmp_path: Path) -> None:
    """Rows that are missing are an error, not a shorter file; no draft stays behind."""

    class Holey(MemoryLedger):
        def rows(self, after: int = 0, limit: int = 1000) -> list[Row]:
            return [row for row in super().rows(after, limit) if row.seq != 60]

    holey = Holey()
    holey.append(happenings(100), START_US)
    with pytest.raises(SegmentError, match="missing from the ledger"):
        Segments(tmp_path).export(holey, rows=80)
    assert [p.name for p in tmp_path.glob("*.tmp")] == []
    assert Segments(tmp_path).last == 0
